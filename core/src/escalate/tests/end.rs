//! How calling ends: what is over is told, what is not goes to people.

use super::*;

#[test]
fn s3_a_failure_while_people_are_called_is_one_level_up_and_news_reaches_those_who_acknowledged() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.say(10, "web", Conclusion::PlaybooksExhausted { tried: Vec::new(), detail: "no playbook fits".into() });
    assert_eq!(world.told(), ["lead over phone"]);
    world.answer(11, true);
    world.acknowledge(12, "web", "operator");
    let said = Conclusion::SeverityChanged { from: Severity::Sev1, to: Severity::Sev0, by: "x".into() };
    world.say(20, "web", said);
    assert_eq!(world.told(), ["lead over phone", "lead over log", "lead over page"]);
}

#[test]
fn s4_what_is_over_is_told_and_what_comes_back_goes_on_where_it_was() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.until(300);
    world.moved(310, "web", Phase::Resolved);
    assert_eq!(world.told(), ["ann over page", "lead over phone"], "as they were told");
    assert!(world.sent.iter().all(|one| one.title.starts_with("over: ")));
    world.answer(311, true);
    assert!(world.until(600).is_empty(), "no level fires meanwhile");
    world.moved(610, "web", Phase::Analyzing);
    assert_eq!(world.told(), ["lead over phone"], "at the level it had reached");
    world.answer(611, true);
    assert_eq!(pairs(&world.until(1_300)), [(1_200, "boss over page")], "five minutes of quiet do not count");
}

#[test]
fn s4_a_closed_incident_that_reopens_continues_its_chain() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.moved(10, "web", Phase::Resolved);
    world.answer(11, true);
    world.moved(20, "web", Phase::Closed);
    assert!(world.told().is_empty(), "they know already");
    world.say(30, "web", Conclusion::IncidentReopened {});
    assert_eq!(world.told(), ["ann over page"]);
    world.answer(31, true);
    assert_eq!(pairs(&world.until(400)), [(320, "lead over phone")]);
}

#[test]
fn live_2_an_incident_goes_to_people_after_two_hours_whatever_happens() {
    let mut world = world();
    world.open(0, "web", Severity::Sev3);
    for minute in 1..120 {
        let to = if minute % 2 == 1 { Phase::Analyzing } else { Phase::Escalated };
        let from = world.knowledge.incidents.get(id("web")).unwrap().phase;
        let phase = if to == Phase::Escalated { Phase::Remediating } else { to };
        world.say(minute * 60, "web", Conclusion::IncidentMoved { from, to: phase, detail: "again".into() });
        assert!(world.told().is_empty());
    }
    assert_eq!(world.stage.deadline(), Some(Deadline { at: second(7_200), reason: "hand_off" }));
    world.step(second(7_200), None, &[]);
    assert_eq!(world.rules(), ["escalate.overdue", "escalate.level"]);
}

#[test]
fn s4_what_is_over_in_the_pass_it_is_called_for_is_told_once_and_does_not_climb() {
    let mut world = world();
    let opened = Conclusion::IncidentOpened {
        issue: "x".into(),
        severity: Severity::Sev1,
        onset: second(0),
        recurrence_of: None,
    };
    let resolved = Conclusion::IncidentMoved { from: Phase::Open, to: Phase::Resolved, detail: "test".into() };
    let facts = [opened, resolved].map(|said| about("web", second(0), said));
    world.step(second(0), None, &facts);
    assert_eq!(world.told(), ["ann over page", "ann over page"]);
    world.answer(1, true);
    assert_eq!(pairs(&world.until(7_199)), []);
    assert_eq!(
        pairs(&world.until(100_000)),
        [(7_200, "ann over page"), (7_200, "ann over page")],
        "once at the ceiling"
    );
}

#[test]
fn live_2_an_incident_nothing_happens_with_goes_to_people_soon() {
    let mut world = world();
    world.open(0, "web", Severity::Sev3);
    world.moved(1, "web", Phase::Analyzing);
    assert_eq!(world.stage.deadline().map(|deadline| deadline.at), Some(second(601)));
    world.step(second(86_400), None, &[]);
    assert_eq!(world.rules(), ["escalate.overdue", "escalate.level"], "a jump fires once");
}

#[test]
fn r6_a_kill_switch_hands_what_is_open_to_people() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    let said = Conclusion::ControlChanged { what: "kill".into(), to: "drill".into(), detail: "ann".into() };
    let fact = Fact::new(second(5), "control.kill", said).because([event("kill")]);
    world.step(second(5), None, &[fact]);
    assert_eq!(world.rules(), ["escalate.killed", "escalate.level"]);
}
