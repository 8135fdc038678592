use super::super::obstacle::tests::{explanation, typing};
use super::*;
use homeostat_core::primitives::time::Time;
use serde_json::{Value as Json, json};

/// An incident in `phase` with a run that has begun.
fn acting(facts: Json, phase: &str) -> Explanation {
    let mut it = explanation(facts, phase);
    let run = RunId::derive(it.incident.id, 0, &"restart".into(), 1);
    let started = Some(Time::from_ms(3));
    let (because, unless) = (Vec::new(), Vec::new());
    it.attempts = vec![Tried { run, playbook: "restart".into(), started, ended: None, end: None, because, unless }];
    it
}

fn told(it: &Explanation, typing: &Typing) -> String {
    text(it, &BTreeMap::from([(it.incident.id, 7)]), typing)
}

#[test]
fn a_run_that_helped_is_not_under_way_while_it_is_watched_whether_that_lasts() {
    let mut it = acting(json!([]), "resolved");
    it.next = vec![Next { at: Time::from_ms(65_000), reason: "stable".to_owned() }];
    let until = time_of_day(Time::from_ms(65_000));
    let said = told(&it, &typing());
    assert!(
        said.contains(&format!("restart helped so far: whether it stays well is watched until {until}\n")),
        "{said}"
    );
    let said = told(&acting(json!([]), "remediating"), &typing());
    assert!(said.contains("restart is under way") && said.contains("homeostat kill 'why' --db 'x.db'"), "{said}");
}

#[test]
fn without_a_host_it_is_said_how_it_stood_and_no_order_is_offered_that_nobody_would_take() {
    let last = Time::from_ms(9_000);
    let typing = Typing { silent_since: Some(last), ..typing() };
    let said = told(&acting(json!([]), "remediating"), &typing);
    assert!(
        said.contains(&format!("no host is running on this store: this is how it stood at {}", day_and_time(last)))
    );
    assert!(said.contains("restart was under way when the host ended"), "{said}");
    assert!(said.contains("homeostat run POLICY --db 'x.db'"), "{said}");
    assert!(!said.contains("homeostat kill") && !said.contains("homeostat ack"), "{said}");
    let over = told(&explanation(json!([]), "closed"), &typing);
    assert!(!over.contains("no host"), "what is over is the same without one: {over}");
}

#[test]
fn what_was_only_said_from_outside_does_not_close_by_itself() {
    let mut it = Explanation { left_to_people: true, ..explanation(json!([]), "escalated") };
    assert!(told(&it, &typing()).contains("well again, it closes by itself"));
    it.incident.evidence = Some(Evidence::Word);
    let said = told(&it, &typing());
    assert!(!said.contains("by itself") && said.contains("  a person closes it:  homeostat close "), "{said}");
}

#[test]
fn who_has_taken_it_is_named() {
    let taken = |by: &str, until: i64| {
        let said = json!({ "type": "incident_acknowledged", "by": by, "until": until });
        json!({ "at": 3, "rule": "r", "said": said })
    };
    let mut it = explanation(json!([taken("ann", 50_000), taken("bob", 90_000)]), "escalated");
    it.incident.acknowledged_until = Some(Time::from_ms(90_000));
    let said = told(&it, &typing());
    assert!(said.contains(&format!("  bob has taken it, until {}\n", time_of_day(Time::from_ms(90_000)))), "{said}");
    assert!(!said.contains("homeostat ack"), "{said}");
}

#[test]
fn no_text_from_outside_makes_a_line_of_its_own() {
    let detail = "down\n12:00:00  web  closed\u{1b}[2J\r\u{85}it is well";
    let facts = json!([{
        "at": 3, "rule": "r", "component": "web",
        "said": { "type": "incident_moved", "from": "open", "to": "escalated", "detail": detail },
    }]);
    let mut it = explanation(facts, "escalated");
    it.incident.resolution = Some("x\nIncident 8 · CLOSED".into());
    let said = told(&it, &typing());
    assert!(said.contains("down 12:00:00  web  closed"), "{said}");
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    assert!(!said.lines().any(|line| line.starts_with("12:00:00") || line.starts_with("Incident 8")), "{said}");
}

#[test]
fn r8_what_is_frozen_stands_there_with_the_incident_by_its_number() {
    let mut it = explanation(json!([]), "escalated");
    let id = it.incident.id;
    let by = json!({ "since": 0, "run": id, "incident": id, "playbook": "tune", "why": "undoing failed: no route" });
    it.frozen = vec![serde_json::from_value(json!({ "component": "web", "by": by })).expect("one")];
    let said = told(&it, &typing());
    assert!(said.contains("\nWhat is frozen\n  frozen by tune since "), "{said}");
    assert!(said.contains("undoing failed: no route (incident 7)\n"), "{said}");
    assert!(said.contains("homeostat reset-breaker 'tune' 'web' --db 'x.db'"), "{said}");
}

#[test]
fn other_incidents_are_named_by_their_numbers_too() {
    let mut it = explanation(json!([]), "closed");
    it.incident.resolution = Some(format!("part of incident {}: many failed together", it.incident.id));
    assert!(told(&it, &typing()).contains("part of incident 7: many"));
}
