use super::super::obstacle::tests::{explanation, typing};
use super::*;
use homeostat_core::model::ids::RunId;
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
    assert!(!said.contains("by itself"), "{said}");
    assert!(said.contains("  a person closes it:  homeostat close 7 'mended by hand' --db 'x.db'"), "{said}");
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

/// Facts of the run of [`acting`], each at its second.
fn of_the_run(facts: &[(i64, &str, Json)]) -> Json {
    let run = acting(json!([]), "remediating").attempts[0].run;
    let fact = |(second, rule, said): &(i64, &str, Json)| {
        let with = if *rule == "remediate.undo" { json!([["with", { "text": "file=/tmp/two" }]]) } else { json!([]) };
        json!({ "at": second * 1_000, "rule": rule, "run": run, "values": with, "said": said })
    };
    facts.iter().map(fact).collect()
}

#[test]
fn r8_which_step_is_undone_is_told_from_what_was_done() {
    let id = "0".repeat(32);
    let started = |step: &str, action: &str| json!({ "type": "step_started", "step": step, "attempt": 1, "action": action, "target": "web", "command": id });
    let ended = json!({ "type": "command_ended", "command": id, "result": "succeeded", "detail": "" });
    let facts = of_the_run(&[
        (1, "remediate.execute", started("put-2", "put")),
        (2, "remediate.outcome", ended.clone()),
        (3, "remediate.undo", started("put-2", "drop")),
        (4, "remediate.outcome", ended),
    ]);
    let twice = of_the_run(&[
        (1, "remediate.execute", started("put-1", "put")),
        (2, "remediate.execute", started("put-2", "put")),
        (3, "remediate.execute", started("put-2", "put")),
        (4, "remediate.execute", started("mend-3", "mend")),
    ]);
    let all = told(&acting(twice, "escalated"), &typing());
    let steps = "  `put-1`: put on web · `put-2`: put on web · `put-2`: put on web · mend on web\n";
    assert!(all.contains(steps), "{all}");
    let said = told(&acting(facts, "escalated"), &typing());
    let expected =
        "put on web: done (it succeeded) · undoes `put-2` by drop on web (file=/tmp/two): done (it succeeded)\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_wait_says_how_long_it_was() {
    let paused = json!({ "type": "step_paused", "step": "wait-1", "why": "wait", "until": 3_000_000 });
    let over = |step: &str| json!({ "type": "step_ended", "step": step, "how": "succeeded", "detail": "" });
    let ended = json!({ "type": "run_ended", "playbook": "slow", "end": "not_started", "detail": "too long" });
    let shown = |after: &[(i64, &str, Json)], end: Option<RunEnd>| {
        let facts = [&[(0, "r", paused.clone())], after].concat();
        let mut it = acting(of_the_run(&facts), "escalated");
        it.attempts[0].end = end;
        told(&it, &typing())
    };
    let cut = shown(&[(20, "r", ended.clone())], Some(RunEnd::NotStarted));
    assert!(cut.contains("restart changed nothing · too long\n            waited 20 s of 50 m\n"), "{cut}");
    assert!(shown(&[(3_000, "r", over("wait-1"))], None).contains("  waited 50 m\n"));
    let goes_on = shown(&[(9, "r", over("other"))], None);
    let until = time_of_day(Time::from_ms(3_000_000));
    assert!(goes_on.contains(&format!("  waits 50 m, until {until}\n")), "{goes_on}");
    let mut none = acting(of_the_run(&[(1, "r", ended)]), "escalated");
    none.attempts[0].end = Some(RunEnd::NotStarted);
    assert!(told(&none, &typing()).contains("restart never began · too long\n"));
}
