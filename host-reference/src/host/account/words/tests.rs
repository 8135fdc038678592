use super::*;
use serde_json::{Value as Json, from_value, json};

const ID: &str = "05657c1dca06a2cf4eafb3d5a39f3aa0";
const DIGEST: &str = "8959973e2a4abe9e4b759d682b0dc7c30ec7bd10757ad4d83d4080b09f12843e";

/// One of each kind of conclusion, with as little in it as there can be.
fn samples() -> Vec<Json> {
    vec![
        json!({ "type": "approval_granted", "plan": DIGEST, "by": "ann" }),
        json!({ "type": "approval_lost", "plan": DIGEST, "how": "expired" }),
        json!({ "type": "approval_requested", "plan": DIGEST, "expires": 9, "any_of": ["a"], "all_of": [] }),
        json!({ "type": "blast_assessed", "of": "extent", "reach": { "level": "single_instance", "instances": 1, "services": 1, "clusters": 0, "regions": 0, "score": 7 } }),
        json!({ "type": "breaker_changed", "to": "half_open", "playbook": "p" }),
        json!({ "type": "check_found", "check": "c", "verdict": "pass", "count": 1, "needed": 2, "detail": "" }),
        json!({ "type": "check_found", "check": "c", "verdict": "fail", "count": 1, "needed": 2, "detail": "" }),
        json!({ "type": "check_found", "check": "c", "verdict": "error", "count": 1, "needed": 2, "detail": "" }),
        json!({ "type": "command_ended", "command": ID, "result": "succeeded", "detail": "" }),
        json!({ "type": "component_registered" }),
        json!({ "type": "component_removed" }),
        json!({ "type": "control_changed", "what": "epoch", "to": "2", "detail": "" }),
        json!({ "type": "delivery_failed", "notification": ID, "channel": "c", "recipient": "r", "detail": "" }),
        json!({ "type": "escalation_reached", "chain": "c", "level": 1, "round": 0, "notified": ["ann"] }),
        json!({ "type": "escalation_started", "chain": "c", "reason": "it is SEV0" }),
        json!({ "type": "escalation_wanted", "by": "degraded-too-long" }),
        json!({ "type": "evidence_asked", "id": ID, "part": "before", "of": ["web"], "until": 5_007 }),
        json!({ "type": "evidence_found", "id": ID, "part": "after", "items": [], "left_out": 0 }),
        json!({ "type": "evidence_missed", "id": ID, "part": "before", "waited": 5_000 }),
        json!({ "type": "fault_latched", "what": "x" }),
        json!({ "type": "flapping_began", "held": "unhealthy", "changes": 6, "calm": 600_000 }),
        json!({ "type": "flapping_ended" }),
        json!({ "type": "grace_opened", "change": "deploy", "until": 300_007 }),
        json!({ "type": "gate_decided", "occasion": "retry", "playbook": "p", "step": null, "links": [], "refused": null, "trial": false }),
        json!({ "type": "health_changed", "from": "healthy", "to": "degraded", "detail": "" }),
        json!({ "type": "incident_acknowledged", "by": "ann", "until": 9 }),
        json!({ "type": "incident_joined", "issue": "down", "relation": "same" }),
        json!({ "type": "incident_moved", "from": "open", "to": "analyzing", "detail": "" }),
        json!({ "type": "incident_opened", "issue": "down", "severity": "SEV2", "onset": 1, "recurrence_of": null }),
        json!({ "type": "incident_reopened" }),
        json!({ "type": "incident_unacknowledged", "by": "ann" }),
        json!({ "type": "input_refused", "reason": "unknown" }),
        json!({ "type": "message_wanted", "channel": null, "recipient": null, "text": "" }),
        json!({ "type": "notification_withheld", "level": 1, "by": ID }),
        json!({ "type": "on_call_changed", "rotation": "r", "who": "ann", "until": 9, "by": "bob" }),
        json!({ "type": "outcome_recorded", "playbook": "p", "runs": 2, "successes": 1 }),
        json!({ "type": "overloaded", "limit": "l", "dropped": "d" }),
        json!({ "type": "playbooks_exhausted", "tried": [] }),
        json!({ "type": "policy_replaced", "digest": DIGEST }),
        json!({ "type": "report_received", "what": "vip" }),
        json!({ "type": "rollback_moved", "how": "started" }),
        json!({ "type": "rollout_moved", "stage": 1, "of": 4, "how": "began", "targets": ["a"], "detail": "" }),
        json!({ "type": "run_ended", "playbook": "p", "end": "succeeded", "detail": "" }),
        json!({ "type": "run_planned", "playbook": "p", "attempt": 1, "plan": DIGEST, "targets": ["a"], "steps": [], "trial": true }),
        json!({ "type": "run_started", "playbook": "p", "attempt": 1 }),
        json!({ "type": "severity_changed", "from": "SEV2", "to": "SEV1", "by": "x" }),
        json!({ "type": "signal_changed", "issue": "i", "playbook": null, "raised": true, "severity": null, "detail": "" }),
        json!({ "type": "silence_changed", "id": ID, "silence": null, "by": "ann" }),
        json!({ "type": "silence_changed", "id": ID, "silence": { "of": ["web"], "until": 9, "reason": "known" }, "by": "ann" }),
        json!({ "type": "step_ended", "step": "s", "how": "succeeded", "detail": "" }),
        json!({ "type": "step_paused", "step": "s", "why": "wait", "until": 3_007 }),
        json!({ "type": "step_started", "step": "s", "attempt": 1, "action": "a", "target": "t", "command": ID }),
        json!({ "type": "storm_changed", "area": "all", "active": true, "root": null, "detail": "3 of 4 are down" }),
        json!({ "type": "suppressed", "by": "db", "detail": "" }),
        json!({ "type": "verdict_reached", "verdict": "failed", "provisional": false, "detail": "" }),
        json!({ "type": "verification_started", "step": "s", "from": 1, "within": 8_000 }),
        json!({ "type": "verification_started", "from": 1, "within": 8_000 }),
        json!({ "type": "verification_weighed", "part": "trend", "found": "passed", "detail": "" }),
        json!({ "type": "window_changed", "window": "w", "change": "opened", "detail": "ann", "opening": { "kind": "maintenance", "over": ["web"], "terms": ["notify"], "until": 9, "reason": "disk", "by": "ann" } }),
        json!({ "type": "warm_up_began", "until": 60_007, "awaited": 3 }),
        json!({ "type": "warm_up_ended", "missing": 0, "silent": [] }),
        json!({ "type": "warm_up_ended", "missing": 9, "silent": ["db"] }),
    ]
}

fn words(sample: &Json) -> Said {
    let fact = json!({ "at": 7, "rule": "test.words", "component": "web", "said": sample });
    of(&from_value(fact).unwrap_or_else(|error| panic!("{sample}: {error}")))
}

#[test]
fn every_kind_of_fact_is_a_sentence() {
    let unknown = from_value::<Conclusion>(json!({ "type": "?" })).expect_err("no such kind").to_string();
    let kinds: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
    assert!(kinds.len() > 30 && kinds.contains(&"step_paused"), "{unknown}");
    for kind in kinds {
        let mut of_kind = samples().into_iter().filter(|sample| sample["type"] == kind).peekable();
        assert!(of_kind.peek().is_some(), "there is no sample of `{kind}`");
        for sample in of_kind {
            let said = words(&sample);
            assert!(!said.word.is_empty() && !said.text.trim().is_empty(), "{sample}: {said:?}");
            assert!(!said.text.contains(sample["type"].as_str().expect("a text")), "{sample}: {said:?}");
        }
    }
}

#[test]
fn a_check_within_a_run_and_the_verification_of_the_whole_run_are_told_apart() {
    let step = words(&json!({ "type": "verification_started", "step": "verify-4", "from": 1, "within": 8_000 }));
    let whole = words(&json!({ "type": "verification_started", "from": 1, "within": 8_000 }));
    assert_ne!(step.word, whole.word);
    assert_eq!(step.text, "step verify-4: whether it is well yet, for at most 8 s");
    assert_eq!(whole.text, "whether the whole run helped, for at most 8 s");
}

#[test]
fn a_pause_says_how_long_and_what_for() {
    for (why, text) in [
        ("wait", "3 s (step s)"),
        ("delay", "3 s before step s"),
        ("gate", "3 s, then step s may be let through"),
        ("retry", "3 s, then step s is tried again"),
    ] {
        let said = words(&json!({ "type": "step_paused", "step": "s", "why": why, "until": 3_007 }));
        assert_eq!((said.word, said.text.as_str()), ("waits", text));
    }
}

#[test]
fn i3_what_was_seen_is_counted_and_what_was_not_is_no_reason_to_wait() {
    let items = json!([
        { "kind": "logs", "component": "web", "text": "one" },
        { "kind": "metrics", "component": "web", "text": "cpu 9" },
        { "kind": "logs", "component": "web", "text": "two" },
    ]);
    let found = |left_out: u32| {
        words(&json!({ "type": "evidence_found", "id": ID, "part": "before", "items": items, "left_out": left_out }))
            .text
    };
    assert_eq!(found(0), "2 of logs, 1 of metrics, before it acted");
    assert_eq!(found(7), "2 of logs, 1 of metrics, 7 more left out, before it acted");
    let missed =
        |part: &str| words(&json!({ "type": "evidence_missed", "id": ID, "part": part, "waited": 5_000 })).text;
    assert_eq!(missed("before"), "nothing came within 5 s of what was there: it acts without");
    assert_eq!(missed("after"), "nothing came within 5 s of what was there");
    let off = words(&json!({ "type": "evidence_missed", "id": ID, "part": "before", "waited": 0 }));
    assert_eq!(off.text, "nothing is looked for: `limits: evidence_bytes` is 0");
}

#[test]
fn what_a_link_compared_names_one_or_another_and_nothing_that_is_empty() {
    let roles = |roles: &[&str]| Value::List(roles.iter().map(|role| Value::text(role)).collect());
    let values = [("any_of", roles(&["operator", "sre_lead"])), ("all_of", roles(&[])), ("also", roles(&["a", "b"]))];
    let link = LinkResult {
        link: Link::Approval,
        allowed: false,
        rule: "approval.required".into(),
        values: values.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        remedy: String::new(),
    };
    assert_eq!(super::values(&link), "any of operator or sre lead, also a and b");
}

#[test]
fn what_a_command_is_for_is_the_word() {
    let said = |rule: &str, attempt: u32| {
        let sample = json!({ "type": "step_started", "step": "put-2", "attempt": attempt, "action": "drop", "target": "web", "command": ID });
        let fact = json!({ "at": 7, "rule": rule, "values": [["with", { "text": "file=a" }]], "said": sample });
        let said = of(&from_value(fact).expect("a fact"));
        format!("{} {}", said.word, said.text)
    };
    assert_eq!(said("remediate.execute", 2), "does drop on web · try 2");
    assert_eq!(said("remediate.capture", 1), "reads the state before drop on web");
    assert_eq!(said("remediate.undo", 1), "undoes `put-2` by drop on web (file=a)");
    assert_eq!(said("remediate.revert", 1), "undoes `put-2`, as its time is over, by drop on web (file=a)");
}

#[test]
fn what_waits_says_for_what() {
    let said = |rule: &str| {
        let sample = json!({ "type": "suppressed", "by": "web", "detail": "later" });
        let said =
            of(&from_value(json!({ "at": 7, "rule": rule, "component": "web", "said": sample })).expect("a fact"));
        format!("{} {}", said.word, said.text)
    };
    assert_eq!(said("analyze.root_first"), "waits web comes first · later");
    assert_eq!(said("analyze.maintenance"), "waits maintenance window web · later");
    assert_eq!(said("select.maintenance"), "waits maintenance window web · later");
    assert_eq!(said("select.no_adapter"), "cannot web: later");
    assert_eq!(said("select.no_plan"), "no plan of web: later");
}

#[test]
fn a_time_among_the_values_is_one_that_people_can_read() {
    let values = [("area", Value::text("all")), ("began", Value::text("1000")), ("since", Value::text("soon"))];
    let link = LinkResult {
        link: Link::Storm,
        allowed: false,
        rule: "storm.many_fail".into(),
        values: values.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        remedy: String::new(),
    };
    let began = day_and_time(Time::from_ms(1_000));
    assert_eq!(super::values(&link), format!("area all, began {began}, since soon"));
}
