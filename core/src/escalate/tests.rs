use super::*;
use crate::knowledge::fixtures::{event, fleet, pass, person, policy, second};
use crate::model::command::Notification;
use crate::model::ids::{NotificationId, RunId};
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::model::severity::Severity;
use crate::policy::Policy;
use crate::policy::escalation::{Chain, ChainLevel, Channel, ChannelKind, LevelCondition};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use std::string::ToString;

struct World {
    stage: Escalate,
    knowledge: Knowledge,
    policy: Policy,
    /// The last pass.
    facts: Vec<Fact>,
    sent: Vec<Arc<Notification>>,
}

fn level(after_m: i64, condition: LevelCondition, notify: &str, by: &[&str], repeat_m: Option<i64>) -> ChainLevel {
    ChainLevel {
        after: Span::from_mins(after_m),
        condition,
        notify: notify.split(',').map(Name::from).collect(),
        by: by.iter().map(|channel| Name::new(channel)).collect(),
        repeat: repeat_m.map(Span::from_mins),
    }
}

fn world() -> World {
    let mut policy = policy(&[]);
    let chain = |name: &str, applies_to: &[&str], at_least, levels| Chain {
        name: name.into(),
        applies_to: applies_to.iter().map(|group| Name::new(group)).collect(),
        at_least,
        levels,
    };
    let main = [
        level(0, LevelCondition::NotResolved, "ann", &["page"], None),
        level(5, LevelCondition::NotAcknowledged, "lead", &["phone"], None),
        level(15, LevelCondition::NotResolved, "boss", &["page"], Some(60)),
    ];
    let quiet = [level(0, LevelCondition::NotResolved, "team", &["log"], None)];
    policy.chains = [
        chain("databases", &["db"], Severity::Sev1, quiet.to_vec()),
        chain("main", &[], Severity::Sev3, main.to_vec()),
    ]
    .into();
    let channel = |name: &str, kind| Channel { name: name.into(), kind };
    let custom = |name: &str| channel(name, ChannelKind::Custom(name.into()));
    policy.channels = [channel("log", ChannelKind::Log), custom("page"), custom("phone")].into();
    policy.people = [("pat".into(), ["operator".into()].into()), ("vic".into(), ["viewer".into()].into())].into();
    let knowledge = fleet(&[("web", &[]), ("db", &[])]);
    World { stage: Escalate::default(), knowledge, policy, facts: Vec::new(), sent: Vec::new() }
}

fn id(component: &str) -> IncidentId {
    IncidentId::derive(&component.into(), &"down".into(), &event("e"))
}

fn about(component: &str, at: Time, said: Conclusion) -> Fact {
    let rule = "test.rule";
    Fact::new(at, rule, said).incident(id(component)).component(&component.into()).because([event("e")])
}

impl World {
    /// One pass; what is remembered goes through a snapshot before it.
    fn step(&mut self, at: Time, input: Option<Event>, before: &[Fact]) {
        let saved = serde_json::to_string(&self.stage).unwrap();
        self.stage = serde_json::from_str(&saved).unwrap();
        let stage = &mut self.stage;
        let out = pass(&mut self.knowledge, &self.policy, at, input, before, |context, knowledge, said, out| {
            stage.advance(context, knowledge, said, out);
        });
        if let Some(deadline) = self.stage.deadline() {
            assert!(deadline.at > at, "{deadline:?} is not after {at:?}");
        }
        let notify = |command: &Command| match command {
            Command::Notify(notification) => Some(notification.clone()),
            _ => None,
        };
        self.sent = out.commands.iter().filter_map(notify).collect();
        self.facts = out.facts;
    }

    fn open(&mut self, at: i64, component: &str, severity: Severity) {
        let said =
            Conclusion::IncidentOpened { issue: "down".into(), severity, onset: second(at), recurrence_of: None };
        let fact = about(component, second(at), said);
        self.step(second(at), None, &[fact]);
    }

    fn moved(&mut self, at: i64, component: &str, to: Phase) {
        let from = self.knowledge.incidents.get(id(component)).unwrap().phase;
        let fact = about(component, second(at), Conclusion::IncidentMoved { from, to, detail: "test".into() });
        self.step(second(at), None, &[fact]);
    }

    fn say(&mut self, at: i64, component: &str, said: Conclusion) {
        let fact = about(component, second(at), said);
        self.step(second(at), None, &[fact]);
    }

    /// `recipient over channel` of everything sent in the last pass.
    fn told(&self) -> Vec<String> {
        self.sent.iter().map(|one| format!("{} over {}", one.recipient, one.channel)).collect()
    }

    fn rules(&self) -> Vec<String> {
        self.facts.iter().map(|fact| fact.rule.to_string()).collect()
    }

    /// Answers the last notifications.
    fn answer(&mut self, at: i64, delivered: bool) {
        for notification in self.sent.clone() {
            let detail = "503".into();
            let report = Event::DeliveryReported { notification: notification.id, delivered, detail };
            self.step(second(at), Some(report), &[]);
        }
    }

    /// Lets time pass as a host would that only calls at the deadline, and delivers everything; who was told when.
    fn until(&mut self, end: i64) -> Vec<(i64, String)> {
        let mut told = Vec::new();
        while let Some(deadline) = self.stage.deadline().filter(|deadline| deadline.at <= second(end)) {
            self.step(deadline.at, None, &[]);
            told.extend(self.told().into_iter().map(|who| (deadline.at.ms() / 1_000, who)));
            let ms = deadline.at;
            for notification in self.sent.clone() {
                let report =
                    Event::DeliveryReported { notification: notification.id, delivered: true, detail: "".into() };
                self.step(ms, Some(report), &[]);
            }
        }
        told
    }

    fn acknowledge(&mut self, at: i64, component: &str, role: &str) {
        let by = person("ann", role);
        self.step(second(at), Some(Event::Acknowledged { incident: id(component), by }), &[]);
    }
}

fn pairs(told: &[(i64, String)]) -> Vec<(i64, &str)> {
    told.iter().map(|(at, who)| (*at, who.as_str())).collect()
}

#[test]
fn s4_a_severe_incident_pages_at_once_and_climbs_until_the_end() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    assert_eq!(world.rules(), ["escalate.severe", "escalate.level"]);
    assert_eq!(world.told(), ["ann over page"]);
    let page = world.sent.first().unwrap().clone();
    assert_eq!(page.title, "SEV1 web down");
    assert!(page.lines.iter().any(|line| line == "next: lead, 5 m after the first call, unless it is acknowledged"));
    assert_eq!(page.not_after, second(30));
    world.answer(1, true);
    let told = world.until(2 * 3_600);
    assert_eq!(pairs(&told), [(300, "lead over phone"), (900, "boss over page"), (4_500, "boss over page")]);
}

#[test]
fn s4_a_mild_incident_waits_for_a_reason() {
    let mut world = world();
    world.open(0, "web", Severity::Sev2);
    assert!(world.told().is_empty());
    world.say(
        5,
        "web",
        Conclusion::PlaybooksExhausted { tried: ["restart".into()].into(), detail: "all were tried: restart".into() },
    );
    assert_eq!(world.rules(), ["escalate.exhausted", "escalate.level"]);
    assert_eq!(world.told(), ["ann over page"]);
    assert!(world.sent.iter().all(|page| page.lines.iter().any(|line| line.contains("all were tried: restart"))));
}

#[test]
fn s4_every_reason_calls_people() {
    let ended = Conclusion::RunEnded { playbook: "restart".into(), end: RunEnd::Uncertain, detail: "".into() };
    let plan = Digest::of(b"");
    let moved = Conclusion::IncidentMoved { from: Phase::Open, to: Phase::Escalated, detail: "mode suggest".into() };
    let reasons = [
        ("escalate.approval_lost", Conclusion::ApprovalLost { plan, how: "expired".into(), by: None }),
        ("escalate.handed_over", moved),
        ("escalate.rollback_failed", Conclusion::RollbackMoved { how: "failed".into() }),
        ("escalate.severe", Conclusion::SeverityChanged { from: Severity::Sev2, to: Severity::Sev1, by: "x".into() }),
        ("escalate.uncertain", ended),
    ];
    for (rule, said) in reasons {
        let mut world = world();
        world.open(0, "web", Severity::Sev2);
        world.say(1, "web", said);
        assert_eq!(world.rules(), [rule, "escalate.level"]);
        assert!(world.knowledge.incidents.get(id("web")).unwrap().escalated, "{rule}");
    }
}

#[test]
fn s4_the_first_chain_that_fits_is_taken_and_stays_when_the_policy_changes() {
    let mut world = world();
    world.open(0, "db", Severity::Sev1);
    assert_eq!(world.told(), ["team over log"]);
    let mut other = self::world();
    other.open(0, "db", Severity::Sev2);
    other.say(1, "db", Conclusion::PlaybooksExhausted { tried: Vec::new(), detail: "no playbook fits".into() });
    assert_eq!(other.told(), ["ann over page"], "the chain for databases is for SEV1 and worse");
    other.answer(2, true);
    other.policy.chains.clear();
    assert_eq!(pairs(&other.until(400)), [(301, "lead over phone")]);
}

#[test]
fn s4_without_any_chain_somebody_hears_all_the_same() {
    let mut world = world();
    world.policy.chains.clear();
    world.policy.channels.clear();
    world.open(0, "web", Severity::Sev0);
    assert_eq!(world.told(), ["on-call over log"]);
}

#[test]
fn s4_an_acknowledgement_stops_only_what_waits_for_it_and_lapses() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.acknowledge(60, "web", "viewer");
    assert_eq!(world.rules(), ["escalate.acknowledgement_refused"]);
    world.acknowledge(60, "web", "responder");
    assert_eq!(world.rules(), ["escalate.acknowledged"]);
    assert_eq!(world.knowledge.incidents.get(id("web")).unwrap().acknowledged_until, Some(second(1_860)));
    let told = world.until(3_000);
    assert_eq!(pairs(&told), [(900, "boss over page"), (1_860, "lead over phone")], "what waited goes on, once");
    let late = world.knowledge.timeline.of(id("web")).iter().rev().find_map(|fact| match fact.said {
        Conclusion::EscalationReached { level, round, .. } => Some((level, round)),
        _ => None,
    });
    assert_eq!(late, Some((2, 1)), "late: a round of its own, so that rounds and levels only rise");
}

#[test]
fn s4_when_an_acknowledgement_lapses_and_nobody_waited_the_last_ones_hear_again() {
    let mut world = world();
    world.policy.chains = world.policy.chains.drain(1..).collect();
    world.policy.chains.first_mut().unwrap().levels.truncate(1);
    world.open(0, "web", Severity::Sev1);
    world.answer(1, true);
    world.acknowledge(60, "web", "operator");
    assert_eq!(pairs(&world.until(4_000)), [(1_860, "ann over page")]);
}

#[test]
fn s4_a_failed_delivery_goes_to_the_next_channel_and_then_to_the_next_level_at_once() {
    let mut world = world();
    world.open(0, "web", Severity::Sev1);
    let first = world.sent.first().unwrap().id;
    world.answer(1, false);
    assert_eq!(world.rules(), ["escalate.delivery_failed"]);
    assert_eq!(world.told(), ["ann over log"]);
    assert_ne!(world.sent.first().unwrap().id, first);
    world.step(second(30), None, &[]);
    assert!(world.told().is_empty(), "the second has until 31 s");
    world.step(second(31), None, &[]);
    assert_eq!(world.told(), ["ann over phone"], "no answer is a failure");
    world.answer(32, false);
    assert_eq!(world.rules(), ["escalate.delivery_failed", "escalate.level"]);
    assert_eq!(world.told(), ["lead over phone"], "nobody of the first level was reached");
}

#[test]
fn s4_when_nobody_at_all_is_reached_the_last_level_is_tried_again() {
    let mut world = world();
    world.policy.chains = world.policy.chains.drain(1..).collect();
    world.policy.chains.first_mut().unwrap().levels.truncate(1);
    world.policy.channels.truncate(1);
    world.open(0, "web", Severity::Sev1);
    let ids: Vec<NotificationId> = world.sent.iter().map(|one| one.id).collect();
    world.answer(1, false);
    assert_eq!(world.told(), ["ann over log"], "the policy's other channel");
    world.answer(2, false);
    assert!(world.told().is_empty());
    assert_eq!(world.stage.deadline(), Some(Deadline { at: second(62), reason: "escalation_level" }));
    world.step(second(62), None, &[]);
    assert_eq!(world.told(), ["ann over page"]);
    assert!(world.sent.iter().all(|one| !ids.contains(&one.id)), "another round is another notification");
}

#[test]
fn live_5_sev0_goes_over_every_channel_at_once() {
    let mut world = world();
    world.open(0, "web", Severity::Sev0);
    assert_eq!(world.told(), ["ann over page", "ann over log", "ann over phone"]);
    let mut rising = self::world();
    rising.open(0, "web", Severity::Sev1);
    rising.answer(1, true);
    rising.say(5, "web", Conclusion::SeverityChanged { from: Severity::Sev1, to: Severity::Sev0, by: "x".into() });
    assert_eq!(rising.told(), ["ann over page", "ann over log", "ann over phone"], "also when it becomes SEV0");
    rising.step(second(6), None, &[]);
    assert!(rising.told().is_empty(), "once");
}

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
            },
        );
        assert_eq!(world.told(), ["pat over page"]);
        ids.insert(world.sent[0].id);
    }
    assert_eq!(ids.len(), 2);
}
