//! The open incidents, a line for each, the worst first: what a person must know before he looks at one.

use super::{MOST, list};
use crate::cli::print::{clean, counted};
use crate::local_time::time_of_day;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::{Incident, Phase};
use serde_json::Value;

/// How many are open, and which.
pub(super) fn text(data: &Value, engine: &Value) -> String {
    let all = list(engine, "open");
    let mut out = format!("\n{} open", counted(all.len(), "incident"));
    let mut open: Vec<Incident> = all.into_iter().filter_map(|it| serde_json::from_value(it).ok()).collect();
    open.sort_by_key(|it| (it.phase == Phase::Resolved, it.severity.rank(), it.detected, it.id));
    let width = open.iter().take(MOST).map(|it| number_of(data, Some(it.id)).chars().count()).max().unwrap_or(0);
    for it in open.iter().take(MOST) {
        let phase = it.phase.as_str().replace('_', " ");
        let (number, severity) = (number_of(data, Some(it.id)), it.severity.as_str());
        let about = clean(&format!("{} {}", it.component, it.issue));
        out += &format!("\n  {number:>width$}  {severity}  {phase}  {about} · {}", whose(data, it));
    }
    if open.len() > MOST {
        out += &format!("\n  and {} more: `homeostat incidents --open`", open.len() - MOST);
    }
    out
}

/// What people call the incident: its number, or the first digits of its id.
pub(super) fn number_of(data: &Value, id: Option<IncidentId>) -> String {
    let Some(id) = id else { return String::new() };
    let number = of(data, id).and_then(|it| it.get("number")?.as_i64());
    number.map_or_else(|| crate::host::account::short(id), |number| number.to_string())
}

/// What the host knows of the incident beside what the engine does.
fn of(data: &Value, id: IncidentId) -> Option<&Value> {
    let id = id.to_string();
    data.get("incidents")?.as_array()?.iter().find(|it| it.get("id").and_then(Value::as_str) == Some(id.as_str()))
}

/// Who has it. What is well again is nobody's to do: it is watched.
fn whose(data: &Value, it: &Incident) -> String {
    match it.acknowledged_until {
        _ if it.phase == Phase::Resolved => "well again, watched whether it stays so".to_owned(),
        Some(until) => {
            let by = of(data, it.id).and_then(|it| it.get("taken_by")?.as_str()).unwrap_or("somebody");
            format!("{} has it, until {}", clean(by), time_of_day(until))
        }
        None => "nobody has it".to_owned(),
    }
}
