use super::*;
use crate::knowledge::fixtures::{event, fleet, health, pass, person, policy, second};
use crate::model::event::IncidentOrder;
use crate::model::fact::Conclusion;
use crate::model::health::State;
use crate::model::ids::RunId;
use crate::model::incident::{Incident, Phase};
use crate::model::severity::Severity;
use crate::policy::Policy;
use alloc::format;
use alloc::vec::Vec;
use std::string::{String, ToString};

/// One stage, what it knows and the policy.
struct World {
    stage: Analyze,
    knowledge: Knowledge,
    policy: Policy,
}

impl World {
    fn new(components: &[(&str, &[&str])]) -> World {
        let rules = [
            ("many", "affected_components > 2", Severity::Sev1),
            ("prolonged", "duration > 1h", Severity::Sev1),
            ("outage", "state at_unhealthy", Severity::Sev2),
        ];
        let rules = rules.map(|(id, when, severity)| (id, when.replace("state at_unhealthy", "unhealthy"), severity));
        let rules: Vec<(&str, &str, Severity)> = rules.iter().map(|(id, when, s)| (*id, when.as_str(), *s)).collect();
        World { stage: Analyze::default(), knowledge: fleet(components), policy: policy(&rules) }
    }

    /// One pass; a snapshot of the stage is taken and restored before it.
    fn step(&mut self, at: i64, input: Option<Event>, before: &[Fact]) -> Vec<Fact> {
        let saved = serde_json::to_string(&self.stage).unwrap();
        self.stage = serde_json::from_str::<Analyze>(&saved).unwrap().restored();
        let stage = &mut self.stage;
        let advance = |context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft| {
            stage.advance(context, knowledge, said, out);
        };
        pass(&mut self.knowledge, &self.policy, second(at), input, before, advance).facts
    }

    fn turn(&mut self, at: i64, component: &str, to: State) -> Vec<String> {
        rules(&self.step(at, None, &[health(second(at), component, to)]))
    }

    fn incidents(&self) -> Vec<&Incident> {
        self.knowledge.incidents.iter().collect()
    }

    fn only(&self) -> Incident {
        let [incident] = self.incidents()[..] else { panic!("expected one incident: {:?}", self.incidents()) };
        incident.clone()
    }

    /// Moves an incident as remediation would.
    fn moved(&self, at: i64, to: Phase) -> Fact {
        let incident = self.only();
        let said = Conclusion::IncidentMoved { from: incident.phase, to, detail: "recovered".into() };
        Fact::new(second(at), "remediate.test", said).incident(incident.id).component(&incident.component)
    }
}

fn rules(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(|fact| fact.rule.to_string()).collect()
}

#[test]
fn i1_an_outage_opens_an_incident_with_the_deciding_event_and_the_onset() {
    let mut world = World::new(&[("web", &[])]);
    assert!(world.turn(1, "web", State::Degraded).is_empty(), "degraded is not yet confirmed");
    assert_eq!(world.turn(9, "web", State::Unhealthy), ["analyze.opened"]);
    let incident = world.only();
    assert_eq!(incident.id, IncidentId::derive(&"web".into(), &"down".into(), &event("web-unhealthy-9000")));
    assert_eq!((incident.onset, incident.detected), (second(1), second(9)));
    assert_eq!(incident.severity, Severity::Sev2);
    let opened = &world.knowledge.timeline.of(incident.id).last().unwrap();
    assert!(opened.values.iter().any(|(name, rule)| name == "severity_rule" && rule.as_text() == Some("outage")));
}

#[test]
fn i1_the_same_issue_is_noted_in_the_open_incident_and_critical_is_the_same_outage() {
    let mut world = World::new(&[("web", &[])]);
    world.turn(1, "web", State::Unhealthy);
    assert_eq!(world.turn(2, "web", State::Critical), ["analyze.same_issue"]);
    world.turn(3, "web", State::Degraded);
    assert_eq!(world.turn(4, "web", State::Unhealthy), ["analyze.same_issue"]);
    assert_eq!(world.incidents().len(), 1);
    let alert = |issue: &str| Event::AlertRaised {
        component: "web".into(),
        issue: issue.into(),
        severity: Some(Severity::Sev0),
        summary: "x".into(),
    };
    assert_eq!(rules(&world.step(5, Some(alert("disk")), &[])), ["analyze.opened"], "another issue");
    assert_eq!(rules(&world.step(6, Some(alert("disk")), &[])), ["analyze.same_issue"]);
    assert_eq!(world.incidents().len(), 2);
    assert!(world.incidents().iter().any(|incident| incident.severity == Severity::Sev0), "the alert's is the least");
}

#[test]
fn i1_degraded_is_an_incident_once_it_has_lasted_and_not_before() {
    let mut world = World::new(&[("web", &[])]);
    world.policy.safety.storm.members = 100;
    world.turn(1, "web", State::Degraded);
    assert_eq!(world.stage.deadline().map(|due| (due.at, due.reason)), Some((second(61), "degraded")));
    assert!(world.step(60, None, &[]).is_empty());
    assert_eq!(rules(&world.step(61, None, &[])), ["analyze.opened"]);
    let incident = world.only();
    assert_eq!(incident.id, IncidentId::derive(&"web".into(), &"degraded".into(), &event("web-degraded-1000")));
    assert_eq!((incident.issue.as_str(), incident.onset, incident.detected), ("degraded", second(1), second(61)));
    assert_eq!(incident.evidence, Some(crate::model::incident::Evidence::Health), "it is seen, and so is its end");
    assert!(world.step(121, None, &[]).is_empty(), "it is in hand");
    assert_eq!(world.turn(122, "web", State::Unhealthy)[0], "analyze.same_issue", "one outage, however deep");
    assert_eq!(world.only().id, incident.id);
}

#[test]
fn i1_what_is_degraded_no_more_is_waited_for_no_more() {
    for to in [State::Healthy, State::Unknown] {
        let mut world = World::new(&[("web", &[])]);
        world.turn(1, "web", State::Degraded);
        world.turn(60, "web", to);
        assert!(world.step(61, None, &[]).is_empty() && world.incidents().is_empty(), "{to}");
        assert_eq!(world.stage.deadline(), None);
        world.turn(70, "web", State::Degraded);
        assert!(world.step(129, None, &[]).is_empty(), "{to}: counted from when it turned");
        assert_eq!(rules(&world.step(130, None, &[])), ["analyze.opened"]);
    }
    let mut world = World::new(&[("web", &[])]);
    world.turn(1, "web", State::Degraded);
    let gone = Fact::new(second(2), "monitor.test", Conclusion::ComponentRemoved {}).component(&"web".into());
    world.knowledge.topology.remove(&"web".into());
    world.step(2, None, &[gone]);
    assert!(world.step(61, None, &[]).is_empty());
    assert_eq!(world.stage.deadline(), None);
}

#[test]
fn i1_what_is_degraded_and_part_of_another_incident_is_looked_at_again() {
    let mut world = World::new(&[("web", &[])]);
    let alert =
        Event::AlertRaised { component: "web".into(), issue: "disk".into(), severity: None, summary: String::new() };
    world.step(1, Some(alert), &[]);
    world.turn(2, "web", State::Degraded);
    assert!(world.step(62, None, &[]).is_empty(), "people have one already");
    let id = world.only().id;
    let moved = world.moved(63, Phase::Escalated);
    world.step(63, None, &[moved]);
    let said = Event::IncidentOrdered {
        incident: id,
        order: IncidentOrder::Close { resolution: "full".into() },
        by: person("ann", "operator"),
    };
    world.step(64, Some(said), &[]);
    assert_eq!(world.only().phase, Phase::Closed);
    let opened = rules(&world.step(124, None, &[]));
    assert!(opened.contains(&"analyze.opened".to_string()), "{opened:?}");
    assert_eq!(world.incidents().len(), 2);
}

#[test]
fn unknown_triggers_nothing_and_an_alert_about_nothing_known_is_refused_once() {
    let mut world = World::new(&[("web", &[])]);
    assert!(world.turn(1, "web", State::Unknown).is_empty());
    let alert =
        Event::AlertRaised { component: "ghost".into(), issue: "down".into(), severity: None, summary: String::new() };
    let facts = world.step(2, Some(alert.clone()), &[]);
    assert!(matches!(&facts[..], [Fact { said: Conclusion::InputRefused { reason }, .. }] if reason.contains("ghost")));
    assert!(world.step(3, Some(alert), &facts).is_empty(), "a stage before has said so");
}

#[test]
fn h5_what_needs_a_failed_component_joins_its_incident_and_is_suppressed() {
    let mut world = World::new(&[("db", &[]), ("api", &["db"]), ("web", &["api"])]);
    world.policy.safety.storm.members = 100;
    world.turn(1, "db", State::Unhealthy);
    assert_eq!(world.turn(2, "api", State::Unhealthy), ["analyze.dependency", "analyze.root_first"]);
    assert_eq!(
        world.turn(3, "web", State::Unhealthy),
        ["analyze.dependency", "analyze.root_first", "analyze.severity_raised"]
    );
    let incident = world.only();
    assert_eq!((incident.component.as_str(), incident.members.len()), ("db", 3));
    assert_eq!(incident.severity, Severity::Sev1, "more than two are affected");
}

#[test]
fn h5_in_one_pass_the_root_comes_first_whatever_the_order() {
    let mut world = World::new(&[("db", &[]), ("web", &["db"])]);
    let both = [health(second(1), "web", State::Unhealthy), health(second(1), "db", State::Unhealthy)];
    assert_eq!(rules(&world.step(1, None, &both)), ["analyze.opened", "analyze.dependency", "analyze.root_first"]);
    assert_eq!(world.only().component.as_str(), "db");
}

#[test]
fn h5_a_dependency_that_fails_shortly_after_becomes_the_root() {
    let mut world = World::new(&[("db", &[]), ("web", &["db"]), ("api", &["db"])]);
    world.turn(0, "web", State::Unhealthy);
    world.turn(5, "api", State::Unhealthy);
    assert_eq!(world.incidents().len(), 2);
    let facts = world.turn(120, "db", State::Unhealthy);
    assert_eq!(facts[..3], ["analyze.root_first", "analyze.root_first", "analyze.root"]);
    let first = world.incidents().into_iter().find(|incident| incident.members.contains(&"web".into())).unwrap();
    assert_eq!((first.component.as_str(), first.members.len()), ("db", 2));

    let mut late = World::new(&[("db", &[]), ("web", &["db"])]);
    late.turn(0, "web", State::Unhealthy);
    assert_eq!(late.turn(121, "db", State::Unhealthy), ["analyze.opened"], "two minutes are over");
}

#[test]
fn h5_a_dependent_that_stays_bad_gets_its_own_incident_when_the_roots_is_resolved() {
    let mut world = World::new(&[("db", &[]), ("web", &["db"])]);
    world.turn(1, "db", State::Unhealthy);
    world.turn(2, "web", State::Unhealthy);
    assert!(world.turn(30, "db", State::Healthy).is_empty(), "the incident is not resolved yet");
    let resolved = world.moved(31, Phase::Resolved);
    world.knowledge.apply(&[resolved], &world.policy.limits);
    assert_eq!(rules(&world.step(32, None, &[])), ["analyze.opened"]);
    let own = world.incidents().into_iter().find(|incident| incident.component.as_str() == "web").cloned();
    assert_eq!(own.map(|incident| incident.detected), Some(second(32)));
    assert!(world.step(33, None, &[]).is_empty(), "once");
}

#[test]
fn i2_within_an_hour_the_same_incident_reopens_and_later_it_recurs() {
    for (gap, same) in [(3_600, true), (3_601, false)] {
        let mut world = World::new(&[("web", &[])]);
        world.turn(1, "web", State::Unhealthy);
        world.turn(5, "web", State::Healthy);
        for (at, to) in [(6, Phase::Resolved), (10, Phase::Closed)] {
            let fact = world.moved(at, to);
            world.step(at, None, &[fact]);
        }
        let first = world.only().id;
        let facts = world.turn(10 + gap, "web", State::Critical);
        if same {
            assert_eq!(facts, ["analyze.reopened"]);
            assert_eq!((world.only().id, world.only().epoch, world.only().phase), (first, 1, Phase::Open));
        } else {
            assert_eq!(facts, ["analyze.opened"]);
            let recurred = world.incidents().into_iter().find(|incident| incident.id != first).unwrap();
            assert_eq!(recurred.recurrence_of, Some(first));
        }
    }
}

#[test]
fn s1_severity_rises_with_time_alone_at_the_deadline_and_falls_only_on_recovery() {
    let mut world = World::new(&[("web", &[])]);
    world.turn(0, "web", State::Unhealthy);
    let mut at = second(0);
    while world.only().severity == Severity::Sev2 {
        let deadline = world.stage.deadline().unwrap();
        assert!(deadline.at > at, "a deadline is in the future");
        at = deadline.at;
        world.step(at.ms() / 1_000, None, &[]);
    }
    assert_eq!(at, second(3_660), "the first look after an hour");
    assert!(world.turn(3_661, "web", State::Degraded).is_empty(), "better is not well");
    assert_eq!(world.turn(3_662, "web", State::Unhealthy), ["analyze.same_issue"]);
    assert!(world.turn(3_664, "web", State::Healthy).is_empty(), "the whole is well: it keeps the severity it had");
    assert_eq!(world.only().severity, Severity::Sev1);
}

#[test]
fn s1_severity_falls_when_a_part_recovers() {
    let mut world = World::new(&[("db", &[]), ("web", &["db"])]);
    world.turn(0, "db", State::Unhealthy);
    let signal = |raised: bool| {
        let (issue, severity) = ("slow".into(), Some(Severity::Sev0));
        let said = Conclusion::SignalChanged { issue, playbook: None, raised, severity, detail: String::new() };
        Fact::new(second(1), "detect.test", said).component(&"web".into()).because([event("signal")])
    };
    let facts = ["analyze.dependency", "analyze.root_first", "analyze.severity_raised"];
    assert_eq!(rules(&world.step(1, None, &[signal(true)])), facts);
    assert_eq!(world.only().severity, Severity::Sev0);
    assert_eq!(rules(&world.step(2, None, &[signal(false)])), ["analyze.severity_lowered"]);
    assert_eq!(world.only().severity, Severity::Sev2);
}

#[test]
fn s3_a_failed_rollback_is_sev0() {
    let mut world = World::new(&[("web", &[])]);
    world.turn(0, "web", State::Unhealthy);
    world.policy.severity.insert(
        0,
        crate::policy::severity::SeverityRule {
            id: "rollback_failed".into(),
            when: crate::policy::condition::Condition::parse(
                "rollback_failed == true",
                &crate::policy::condition::Open,
            )
            .unwrap(),
            gives: crate::policy::severity::Gives::Raise(Severity::Sev0),
        },
    );
    let (incident, run) = (world.only().id, RunId::derive(world.only().id, 0, &"restart".into(), 1));
    let planned = Conclusion::RunPlanned {
        playbook: "restart".into(),
        attempt: 1,
        plan: crate::primitives::digest::Digest::of(b""),
        targets: Vec::new(),
        steps: Vec::new(),
        trial: false,
    };
    let failed = Conclusion::RollbackMoved { how: "failed".into() };
    let facts = [planned, failed].map(|said| Fact::new(second(1), "remediate.test", said).incident(incident).run(run));
    world.knowledge.apply(&facts, &world.policy.limits);
    assert_eq!(rules(&world.step(2, None, &[])), ["analyze.severity_raised"]);
    assert_eq!(world.only().severity, Severity::Sev0);
}

#[test]
fn r11_a_person_with_the_role_sets_severity_and_closes_and_others_do_not() {
    let mut world = World::new(&[("web", &[])]);
    world.turn(0, "web", State::Unhealthy);
    let incident = world.only().id;
    let order = |order: IncidentOrder, role: &str| Event::IncidentOrdered { incident, order, by: person("ann", role) };
    let lower = IncidentOrder::SetSeverity { severity: Severity::Sev3 };
    let close = IncidentOrder::Close { resolution: "cable\nplugged in".into() };
    for denied in [lower.clone(), close.clone()] {
        assert_eq!(rules(&world.step(1, Some(order(denied, "viewer")), &[])), ["analyze.order_refused"]);
    }
    assert_eq!(rules(&world.step(2, Some(order(lower, "operator")), &[])), ["analyze.severity_ordered"]);
    assert!(world.step(3, None, &[health(second(3), "web", State::Critical)]).len() == 1, "no rule has become worse");
    assert_eq!(world.only().severity, Severity::Sev3, "what a person lowered stays until something worse is known");
    let closed = ["analyze.closed_by_person", "analyze.closed_by_person"];
    assert_eq!(rules(&world.step(4, Some(order(close.clone(), "operator")), &[])), closed);
    assert_eq!(world.only().phase, Phase::Closed);
    assert_eq!(world.only().resolution.as_deref(), Some("closed by ann: cable plugged in"));
    assert_eq!(rules(&world.step(5, Some(order(close, "operator")), &[])), ["analyze.order_refused"]);
    let again = world.stage.deadline().map(|deadline| deadline.reason);
    assert_eq!(again, Some("closed_by_person"), "nothing is open any more, but it fails still");
}

#[test]
fn the_incident_of_a_removed_component_is_closed() {
    let mut world = World::new(&[("web", &[])]);
    world.turn(0, "web", State::Unhealthy);
    let removed = Fact::new(second(1), "monitor.removed", Conclusion::ComponentRemoved {}).component(&"web".into());
    world.step(1, None, &[removed]);
    assert_eq!(world.only().phase, Phase::Closed);
}

#[test]
fn p8_beyond_the_limit_everything_joins_one_storm_that_is_the_worst_there_is() {
    let names: Vec<String> = (0..10).map(|i| i.to_string()).collect();
    let components: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let mut world = World::new(&components);
    world.policy.limits.open_incidents = 4;
    world.policy.safety.storm.members = 100;
    for name in &names {
        world.turn(1, name, State::Unhealthy);
    }
    assert_eq!(world.knowledge.incidents.open().count(), 4);
    let storm = world.incidents().into_iter().find(|incident| incident.issue.as_str() == "storm").unwrap();
    assert_eq!((storm.members.len(), storm.severity), (7, Severity::Sev0));
}

#[test]
fn s1_a_large_incident_is_judged_once_a_second_where_only_checks_of_its_members_speak() {
    let names: Vec<String> = (0..80).map(|i| format!("w-{i:02}")).collect();
    let root: &[&str] = &["db"];
    let mut components: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), root)).collect();
    components.push(("db", &[]));
    let mut world = World::new(&components);
    world.policy.safety.storm.members = 1_000;
    let many = ("crowd", "affected_components > 70", Severity::Sev0);
    world.policy.severity = policy(&[many, ("outage", "unhealthy", Severity::Sev2)]).severity;
    world.turn(1, "db", State::Unhealthy);
    for name in &names[..69] {
        world.turn(2, name, State::Unhealthy);
    }
    assert_eq!(world.only().members.len(), 70);
    let raised = |said: &[String]| said.iter().any(|rule| rule == "analyze.severity_raised");
    assert!(!raised(&world.turn(2, &names[69], State::Unhealthy)), "it is large, and was judged in this second");
    assert_eq!(world.stage.deadline().map(|deadline| deadline.at), Some(second(3)), "and is again when that is over");
    let vip = Event::CustomerReported { component: names[0].as_str().into(), vip: true };
    let mut other =
        World { stage: world.stage.clone(), knowledge: world.knowledge.clone(), policy: world.policy.clone() };
    assert!(raised(&rules(&other.step(2, Some(vip), &[]))), "what is no check is judged at once");
    assert!(raised(&rules(&world.step(3, None, &[]))));
    assert_eq!(world.only().severity, Severity::Sev0);
}
