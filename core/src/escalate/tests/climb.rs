//! Who is called, when, and until when.

use super::*;

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
