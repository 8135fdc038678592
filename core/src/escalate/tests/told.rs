//! What is told besides: requests for approval, faults, news of a run, and what is outstanding.

use super::*;

#[test]
fn a_thousand_calls_are_answered_in_portions() {
    let mut world = world();
    let open = |n: u32| {
        let severity = Severity::Sev1;
        let said = Conclusion::IncidentOpened { issue: "down".into(), severity, onset: second(0), recurrence_of: None };
        let id = IncidentId::derive(&"web".into(), &"down".into(), &event(&n.to_string()));
        Fact::new(second(0), "test.rule", said).incident(id).component(&"web".into())
    };
    let facts: Vec<Fact> = (0..100).map(open).collect();
    world.step(second(0), None, &facts);
    assert_eq!(world.sent.len(), CALLS_PER_PASS);
    let next = world.stage.deadline().unwrap();
    assert_eq!(next.at, Time::from_ms(1));
    world.step(next.at, None, &[]);
    assert_eq!(world.sent.len(), 100 - CALLS_PER_PASS);
}

#[test]
fn g6_approvers_are_told_what_exactly_they_are_asked() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    let (plan, run) = (Digest::of(b"plan"), RunId::derive(id("web"), 0, &"restart".into(), 1));
    let planned = Conclusion::RunPlanned {
        playbook: "restart".into(),
        attempt: 1,
        plan,
        targets: ["web".into()].into(),
        steps: ["restart web\u{1b}[2J".into()].into(),
        trial: false,
    };
    let asked = Conclusion::ApprovalRequested {
        plan,
        expires: second(1_801),
        any_of: ["operator".into()].into(),
        all_of: Vec::new(),
        people: None,
    };
    let facts = [planned, asked].map(|said| about("web", second(1), said).run(run));
    world.step(second(1), None, &facts);
    assert_eq!(world.told(), ["pat over page"], "whoever holds the role, and nobody else");
    let [page] = &world.sent[..] else { panic!("one page") };
    assert_eq!(page.plan, Some(plan));
    assert_eq!(page.title, "approval asked: SEV2 web down");
    let lines: Vec<&str> = page.lines.iter().map(String::as_str).collect();
    let short = &plan.to_string()[..8];
    let now = format!("now: `homeostat approve {short}` or `homeostat deny {short}`, within 30 m");
    let other =
        format!("if nobody does: nothing is done, and people are called; see `homeostat explain {}`", id("web"));
    let expected = ["what: restart on web", "restart web [2J", "needs operator", &now, &other];
    assert_eq!(lines, expected);
    for at in [2, 3, 4] {
        world.answer(at, false);
    }
    assert_eq!(world.rules()[..2], ["escalate.delivery_failed", "escalate.approver_unreached"]);
}

#[test]
fn p8_a_fault_is_one_page_over_every_channel() {
    let mut world = world();
    let fact = Fact::new(second(1), "engine.fault", Conclusion::FaultLatched { what: "sum\noverflowed".into() });
    world.step(second(1), None, &[fact]);
    assert_eq!(world.told(), ["ann over log", "ann over page", "ann over phone"]);
    assert!(world.sent.iter().all(|one| one.severity == Some(Severity::Sev0)));
    assert!(world.sent.iter().all(|one| one.lines.iter().any(|line| line == "found: sum overflowed")));
}

#[test]
fn p5_what_is_outstanding_survives_a_restart_with_the_new_epoch_and_strange_answers_are_refused() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    let mut commands = Vec::new();
    let saved = serde_json::to_string(&world.stage).unwrap();
    serde_json::from_str::<Escalate>(&saved).unwrap().outstanding(8, &mut commands);
    let [Command::Notify(again)] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((again.id, again.epoch), (world.sent.first().unwrap().id, 8));
    world.answer(1, true);
    let strange = Event::DeliveryReported { notification: again.id, delivered: false, detail: "late".into() };
    world.step(second(2), Some(strange), &[]);
    assert_eq!(world.rules(), ["escalate.delivery_refused"]);
    assert!(world.sent.is_empty());
}

#[test]
fn news_from_remediation_wakes_the_stages_before_it() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    world.say(5, "web", Conclusion::RollbackMoved { how: "failed".into() });
    let next = Deadline { at: Time::from_ms(5_001), reason: "remediation_news" };
    assert_eq!(world.stage.deadline(), Some(next));
}

#[test]
fn nothing_is_pending_when_everything_is_over() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.moved(10, "web", Phase::Resolved);
    world.answer(11, true);
    world.moved(20, "web", Phase::Closed);
    world.step(Time::from_ms(20_001), None, &[]);
    assert_eq!(world.stage.deadline(), None);
}

#[test]
fn s4_a_level_that_names_no_channel_is_told_over_every_one() {
    let mut world = world();
    world.policy.chains = [Chain {
        name: "all".into(),
        applies_to: [].into(),
        at_least: Severity::Sev3,
        levels: [level(0, LevelCondition::NotResolved, "ann", &[], None)].into(),
    }]
    .into();
    world.open(0, "web", Severity::Sev1);
    assert_eq!(world.told(), ["ann over log", "ann over page", "ann over phone"]);
}

#[test]
fn r4_what_a_step_wants_told_is_told() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    let wanted = |channel: Option<&str>| Conclusion::MessageWanted {
        channel: channel.map(Name::new),
        recipient: Some("zoe".into()),
        text: "hello".into(),
    };
    world.say(1, "web", wanted(Some("page")));
    assert_eq!(world.told(), ["zoe over page"]);
    assert_eq!(world.sent[0].lines, ["hello"]);
    let first = world.sent[0].id;
    world.say(1, "web", wanted(Some("page")));
    assert_ne!(world.sent[0].id, first, "the same words again are another message");
    world.answer(2, false);
    assert_eq!(world.told(), ["zoe over log"], "what fails goes over the next channel");
    world.say(3, "web", wanted(None));
    assert_eq!(world.told(), ["zoe over log", "zoe over page", "zoe over phone"]);
}

#[test]
fn g6_the_same_plan_asked_again_is_another_message() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    let mut ids = std::collections::BTreeSet::new();
    for at in [1, 20] {
        world.say(
            at,
            "web",
            Conclusion::ApprovalRequested {
                plan: Digest::of(b"plan"),
                expires: second(at + 60),
                any_of: ["operator".into()].into(),
                all_of: [].into(),
                people: None,
            },
        );
        assert_eq!(world.told(), ["pat over page"]);
        ids.insert(world.sent[0].id);
    }
    assert_eq!(ids.len(), 2);
}
