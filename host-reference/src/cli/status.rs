//! `homeostat status` for a person: whether it is ready, how things stand, what is open, what waits, and how each is ended.

mod ends;
mod head;
mod open;

use super::obstacle::quoted;
use super::print::{clean, counted};
use super::{frozen, half_done};
use crate::host::at_work;
use crate::local_time::{day_and_time, time_of_day};
use homeostat_core::engine::at_work::AtWork;
use homeostat_core::engine::frozen::FrozenTarget;
use homeostat_core::engine::half_done::Unfinished;
use homeostat_core::primitives::time::Time;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is listed of one kind at most.
const MOST: usize = 20;

/// The status of a host that can write, as its socket gives it: it is ready, or stopped. `db` names its store in the
/// commands to type, with a space before it.
pub(super) fn text(data: &Value, db: &str) -> String {
    let engine = data.get("engine").unwrap_or(&Value::Null);
    let mut out = head::text(data, engine, db);
    out += &standing(engine);
    out += &open::text(data, engine);
    out += &waiting(engine, db);
    out += &under_way(data, engine, db);
    out += &storms(engine, db);
    out += &breakers(engine);
    out += &ends::windows(&list(engine, "windows"), db);
    out += &ends::silences(&list(engine, "silences"), db);
    out + "\n"
}

fn list(of: &Value, name: &str) -> Vec<Value> {
    of.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// What `name` lists, as the engine has it.
fn parsed<T: DeserializeOwned>(engine: &Value, name: &str) -> Vec<T> {
    list(engine, name).into_iter().filter_map(|it| serde_json::from_value(it).ok()).collect()
}

fn word(value: &Value, name: &str) -> String {
    clean(value.get(name).and_then(Value::as_str).unwrap_or("?"))
}

/// Components and groups that are not well, and the health scores.
fn standing(engine: &Value) -> String {
    let components = list(engine, "components");
    let healthy = components.iter().filter(|component| word(component, "state") == "healthy").count();
    let mut out = format!("\n{healthy} of {} healthy", counted(components.len(), "component"));
    for component in components.iter().filter(|component| word(component, "state") != "healthy").take(MOST) {
        out += &format!("\n  {:<18} {}", word(component, "component"), word(component, "state"));
    }
    out += &scores(&list(engine, "scores"));
    let well = |group: &Value| matches!(word(group, "state").as_str(), "healthy" | "unknown");
    for group in list(engine, "groups").iter().filter(|group| !well(group)).take(MOST) {
        out += &format!("\n  {:<18} {} as a group", word(group, "group"), word(group, "state"));
    }
    out
}

/// Plans that wait for a person.
fn waiting(engine: &Value, db: &str) -> String {
    let open = list(engine, "open");
    let mode = word(engine, "mode");
    let line = |plan: &Value| {
        let short: String = word(plan, "plan").chars().take(8).collect();
        let incident = open.iter().find(|incident| incident.get("id") == plan.get("incident"));
        let on = incident.map(|incident| format!(" for {}", word(incident, "component"))).unwrap_or_default();
        let playbook = word(plan, "playbook");
        match mode.as_str() {
            "off" | "observe" => format!("\n  {playbook}{on} waits, and is not begun while the mode is `{mode}`"),
            _ => format!("\n  {playbook}{on} waits for approval: `homeostat approve {short}{db}`"),
        }
    };
    list(engine, "awaiting").iter().map(line).collect()
}

/// What is at work, what was left half done, and what is frozen.
fn under_way(data: &Value, engine: &Value, db: &str) -> String {
    let now = engine.get("now").and_then(Value::as_i64).map(Time::from_ms).unwrap_or_default();
    let at_work =
        parsed::<AtWork>(engine, "at_work").into_iter().map(|it| format!("at work: {}", at_work::one(&it, now)));
    let mut lines: Vec<String> = at_work.collect();
    for left in parsed::<Unfinished>(engine, "half_done") {
        lines.extend(half_done::lines(&left, db));
    }
    let frozen = parsed::<FrozenTarget>(engine, "frozen");
    for one in frozen.iter().take(MOST) {
        lines.extend(frozen::lines(one, &open::number_of(data, one.by.as_ref().map(|by| by.incident)), db));
    }
    if frozen.len() > MOST {
        lines.push(format!("and {} more are frozen: `homeostat status --json` names them", frozen.len() - MOST));
    }
    if engine.get("all_frozen").and_then(Value::as_bool) == Some(true) {
        lines.push(frozen::ALL.to_owned());
    }
    lines.iter().map(|line| format!("\n  {}", clean(line))).collect()
}

fn storms(engine: &Value, db: &str) -> String {
    let line = |storm: &Value| {
        let area = word(storm, "area");
        let began = storm.get("began").and_then(Value::as_i64).map(Time::from_ms);
        let since = began.map_or_else(String::new, |at| format!(" since {}", day_and_time(at)));
        let root = storm.get("root").and_then(Value::as_str).map(clean);
        let root = root.map_or_else(|| "no common root is known".to_owned(), |root| format!("root {root}"));
        format!("\n  storm over {area}{since}, {root}: `homeostat storm end {}{db}`", quoted(&area))
    };
    list(engine, "storms").iter().map(line).collect()
}

fn breakers(engine: &Value) -> String {
    let line = |breaker: &Value| {
        let name = |field: &str| breaker.get(field).and_then(Value::as_str).map(clean);
        let playbook = name("playbook").unwrap_or_else(|| "every playbook".to_owned());
        let on = name("component").map(|component| format!(" on {component}")).unwrap_or_default();
        let until = breaker.get("until").and_then(Value::as_i64);
        let how = until.map_or("lets one run through, on trial".to_owned(), |until| {
            format!("open until {}: it is not tried", time_of_day(Time::from_ms(until)))
        });
        format!("\n  breaker of {playbook}{on} {how}")
    };
    list(engine, "breakers").iter().map(line).collect()
}

/// The health scores on one line: of all, with what it was, and of each class. Nothing where nothing is known.
fn scores(all: &[Value]) -> String {
    let number = |score: &Value, name: &str| score.get(name).and_then(Value::as_u64);
    let one = |score: &Value| {
        let points = number(score, "score")?;
        let class = score.get("class").and_then(Value::as_str).map_or_else(|| "health score".to_owned(), clean);
        let was = number(score, "before").filter(|before| *before != points);
        let then =
            score.get("then").and_then(Value::as_i64).map_or_else(String::new, |at| time_of_day(Time::from_ms(at)));
        let was = was.map_or_else(String::new, |before| format!(", {before} at {then}"));
        let known = number(score, "coverage").filter(|known| *known < 100);
        let known = known.map_or_else(String::new, |known| format!(", {known} % known"));
        Some(format!("{class} {points}{was}{known}"))
    };
    let known: Vec<String> = all.iter().filter_map(one).collect();
    if known.is_empty() { String::new() } else { format!("\n{}", known.join(" · ")) }
}

#[cfg(test)]
mod tests;
