//! Short forms of what the engine knows.

use super::local_time;
use super::print::counted;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Incident;
use homeostat_core::primitives::time::Time;
use serde_json::Value;
use std::collections::BTreeMap;

/// One line about an incident.
pub(super) fn incident(incident: &Incident, numbers: &BTreeMap<IncidentId, i64>) -> String {
    let number = numbers.get(&incident.id).map_or_else(|| "?".to_owned(), ToString::to_string);
    let phase = incident.phase.as_str().replace('_', " ");
    let mut text = format!(
        "{number:>4}  {}  {}  {phase:<18} {} {}",
        day_and_time(incident.detected),
        incident.severity.as_str(),
        incident.component,
        incident.issue
    );
    if let Some(recovered) = incident.recovered {
        text += &format!(" · well after {}", recovered.since(incident.onset));
    }
    if let Some(resolution) = &incident.resolution {
        text += &format!(" · {resolution}");
    }
    text + "\n"
}

/// `12:04:10`, in the reader's time.
pub(super) fn time_of_day(at: Time) -> String {
    let (_, seconds) = local(at);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `11-03 12:04:10`, in the reader's time.
pub(super) fn day_and_time(at: Time) -> String {
    let (days, _) = local(at);
    let (month, day) = month_and_day(days);
    format!("{month:02}-{day:02} {}", time_of_day(at))
}

fn local(at: Time) -> (i64, i64) {
    let seconds = at.ms().div_euclid(1_000) + i64::from(local_time::utc_offset_s());
    (seconds.div_euclid(86_400), seconds.rem_euclid(86_400))
}

/// Month and day of a day counted from 1970-01-01, in the Gregorian calendar, whose 400 years have 146,097 days.
fn month_and_day(days: i64) -> (i64, i64) {
    let of_era = (days + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years begin in March here, so that the leap day is their last.
    let month = (5 * of_year + 2) / 153;
    (if month < 10 { month + 3 } else { month - 9 }, of_year - (153 * month + 2) / 5 + 1)
}

/// The status of a host that is ready, as its socket gives it.
pub(super) fn status(data: &Value) -> String {
    let engine = data.get("engine").unwrap_or(&Value::Null);
    let word = |name: &str| engine.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let list = |name: &str| engine.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let components = list("components");
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let mut out = format!("ready · mode {}", word("mode"));
    if let Some(why) = engine.get("stopped").and_then(Value::as_str) {
        out += &format!(" · STOPPED: {why} (`homeostat resume`)");
    }
    let healthy = components.iter().filter(|component| text(component, "state") == "healthy").count();
    out += &format!("\n{healthy} of {} healthy", counted(components.len(), "component"));
    for component in components.iter().filter(|component| text(component, "state") != "healthy").take(20) {
        out += &format!("\n  {:<18} {}", text(component, "component"), text(component, "state"));
    }
    out += &format!("\n{} open", counted(list("open").len(), "incident"));
    for plan in list("awaiting") {
        let short: String = text(&plan, "plan").chars().take(8).collect();
        out += &format!("\n  {} waits for approval: `homeostat approve {short}`", text(&plan, "playbook"));
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in
            [(0, (1, 1)), (58, (2, 28)), (59, (3, 1)), (789, (2, 29)), (20_759, (11, 2)), (-1, (12, 31))]
        {
            assert_eq!(month_and_day(days), expected, "{days}");
        }
    }
}
