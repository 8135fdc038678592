//! Short forms of what the engine knows.

use super::half_done;
use super::local_time;
use super::obstacle::quoted;
use super::print::{clean, counted};
use crate::host::at_work;
use homeostat_core::engine::at_work::AtWork;
use homeostat_core::engine::half_done::Unfinished;
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
        clean(incident.component.as_str()),
        clean(&incident.issue.to_string())
    );
    if let Some(recovered) = incident.recovered {
        text += &format!(" · well after {}", recovered.since(incident.onset));
    }
    if let Some(resolution) = &incident.resolution {
        text += &format!(" · {}", clean(resolution));
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

/// The status of a host that can write, as its socket gives it: it is ready, or stopped. `db` names its store in the
/// commands to type, with a space before it.
pub(super) fn status(data: &Value, db: &str) -> String {
    let engine = data.get("engine").unwrap_or(&Value::Null);
    let list = |name: &str| engine.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let components = list("components");
    let text = |value: &Value, name: &str| clean(value.get(name).and_then(Value::as_str).unwrap_or("?"));
    let how = if data.get("why").is_some() { text(data, "why") } else { "ready".to_owned() };
    let mut out = format!("{how} · mode {}", text(engine, "mode"));
    let kills = data.get("kills").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match kills {
        [] => {}
        [_] => out += &format!("\n  `homeostat resume{db}` releases it"),
        several => {
            for reason in several.iter().filter_map(Value::as_str) {
                out += &format!("\n  `homeostat resume {}{db}` releases one reason", quoted(&clean(reason)));
            }
        }
    }
    let healthy = components.iter().filter(|component| text(component, "state") == "healthy").count();
    out += &format!("\n{healthy} of {} healthy", counted(components.len(), "component"));
    for component in components.iter().filter(|component| text(component, "state") != "healthy").take(20) {
        out += &format!("\n  {:<18} {}", text(component, "component"), text(component, "state"));
    }
    out += &scores(&list("scores"));
    let well = |group: &Value| matches!(text(group, "state").as_str(), "healthy" | "unknown");
    for group in list("groups").iter().filter(|group| !well(group)).take(20) {
        out += &format!("\n  {:<18} {} as a group", text(group, "group"), text(group, "state"));
    }
    out += &format!("\n{} open", counted(list("open").len(), "incident"));
    let open = list("open");
    for plan in list("awaiting") {
        let short: String = text(&plan, "plan").chars().take(8).collect();
        let component = open.iter().find(|incident| incident.get("id") == plan.get("incident"));
        let on = component.map(|incident| format!(" for {}", text(incident, "component"))).unwrap_or_default();
        let playbook = text(&plan, "playbook");
        let mode = text(engine, "mode");
        out += &match mode.as_str() {
            "off" | "observe" => format!("\n  {playbook}{on} waits, and is not begun while the mode is `{mode}`"),
            _ => format!("\n  {playbook}{on} waits for approval: `homeostat approve {short}{db}`"),
        };
    }
    let now = engine.get("now").and_then(Value::as_i64).map(Time::from_ms).unwrap_or_default();
    for command in list("at_work").into_iter().filter_map(|it| serde_json::from_value::<AtWork>(it).ok()) {
        out += &format!("\n  at work: {}", clean(&at_work::one(&command, now)));
    }
    for left in list("half_done").into_iter().filter_map(|it| serde_json::from_value::<Unfinished>(it).ok()) {
        half_done::lines(&left, db).iter().for_each(|line| out += &format!("\n  {}", clean(line)));
    }
    for storm in list("storms") {
        let area = text(&storm, "area");
        out += &format!(
            "\n  storm over {area}, root {}: `homeostat storm end {}{db}`",
            text(&storm, "root"),
            quoted(&area)
        );
    }
    for breaker in list("breakers") {
        let name = |field: &str| breaker.get(field).and_then(Value::as_str).map(clean);
        let playbook = name("playbook").unwrap_or_else(|| "every playbook".to_owned());
        let on = name("component").map(|component| format!(" on {component}")).unwrap_or_default();
        let until = breaker.get("until").and_then(Value::as_i64);
        let how = until.map_or("lets one run through, on trial".to_owned(), |until| {
            format!("open until {}: it is not tried", time_of_day(Time::from_ms(until)))
        });
        out += &format!("\n  breaker of {playbook}{on} {how}");
    }
    out += &windows(&list("windows"), db);
    out += &silences(&list("silences"), db);
    out + "\n"
}

/// The windows that are open, and how each is closed.
fn windows(open: &[Value], db: &str) -> String {
    let line = |window: &Value| {
        let of = |name: &str| window.get(name).and_then(Value::as_str).map_or_else(|| "?".to_owned(), clean);
        let (kind, name) = (of("kind"), of("window"));
        let (does, command) = match kind.as_str() {
            "change" => (listed(window, "terms", "all that waits for one"), "change-window"),
            _ => (format!("no {}", listed(window, "terms", "nothing")), "maintenance"),
        };
        let (over, until) = (listed(window, "over", "everything"), until(window));
        format!(
            "\n  {kind} window {name} over {over}, until {until}: {does}; `homeostat {command} close {}{db}`",
            quoted(&name)
        )
    };
    open.iter().map(line).collect()
}

/// What is not told, and how it is told again.
fn silences(all: &[Value], db: &str) -> String {
    let line = |it: &Value| {
        let silence = it.get("silence").unwrap_or(&Value::Null);
        let of =
            |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map_or_else(|| "?".to_owned(), clean);
        let short: String = of(it, "id").chars().take(8).collect();
        let what = [listed(silence, "of", ""), listed(silence, "issues", "")];
        let what: Vec<String> = what.into_iter().filter(|words| !words.is_empty()).collect();
        let what = if what.is_empty() { "one incident".to_owned() } else { what.join(": ") };
        let how = match it.get("declared").and_then(Value::as_bool) {
            Some(true) => "by the policy".to_owned(),
            _ => format!("`homeostat silence end {short}{db}`"),
        };
        format!("\n  silent about {what}, until {}, {}: {how}", until(silence), of(silence, "reason"))
    };
    all.iter().map(line).collect()
}

fn until(value: &Value) -> String {
    day_and_time(Time::from_ms(value.get("until").and_then(Value::as_i64).unwrap_or_default()))
}

fn listed(value: &Value, name: &str, none: &str) -> String {
    let names = value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(Value::as_str).map(clean).collect();
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
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
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_host_that_is_stopped_says_all_reasons_and_how_each_is_released_and_nothing_moves_the_cursor() {
        let data = |kills: &[&str]| {
            let why = format!("STOPPED: {}", kills.join("; "));
            json!({ "ready": false, "why": why, "kills": kills, "engine": { "mode": "auto" } })
        };
        let one = status(&data(&["a\u{1b}[2J\nready"]), "");
        assert!(
            one.starts_with("STOPPED: a\u{fffd}[2J\u{fffd}ready · mode auto\n  `homeostat resume` releases it\n"),
            "{one}"
        );
        let two = status(&data(&["a", "it's"]), " --db 'x.db'");
        let expected = "STOPPED: a; it's · mode auto\n  `homeostat resume 'a' --db 'x.db'` releases one reason\n  \
                        `homeostat resume 'it'\\''s' --db 'x.db'` releases one reason\n";
        assert!(two.starts_with(expected), "{two}");
        assert!(
            status(&json!({ "ready": true, "kills": [], "engine": { "mode": "off" } }), "")
                .starts_with("ready · mode off\n")
        );
    }

    #[test]
    fn what_waits_says_for_whom_and_a_breaker_that_is_not_closed_is_seen() {
        let engine = json!({
            "mode": "auto", "components": [],
            "open": [{ "id": "1f", "component": "web" }],
            "awaiting": [{ "incident": "1f", "playbook": "library/restart", "plan": "26fff1b79431" }],
            "breakers": [
                { "playbook": "library/restart", "component": "web", "until": 0 },
                { "playbook": null, "component": null, "until": null },
            ],
        });
        let shown = status(&json!({ "ready": true, "kills": [], "engine": engine }), "");
        for line in [
            "\n  library/restart for web waits for approval: `homeostat approve 26fff1b7`\n",
            "\n  breaker of library/restart on web open until ",
            "\n  breaker of every playbook lets one run through, on trial\n",
        ] {
            assert!(shown.contains(line), "`{line}` in {shown}");
        }
    }

    #[test]
    fn windows_and_silences_are_seen_with_how_they_end() {
        let engine = json!({
            "mode": "off", "components": [], "open": [],
            "awaiting": [{ "incident": "1f", "playbook": "library/restart", "plan": "26fff1b79431" }],
            "windows": [
                { "window": "it's", "kind": "maintenance", "over": ["web"], "terms": ["notify", "remediate"], "until": 0 },
                { "window": "w", "kind": "change", "over": [], "terms": [], "until": 0 },
            ],
            "silences": [
                { "id": "26fff1b79431", "silence": { "of": ["web"], "issues": ["slow"], "until": 0, "reason": "known" } },
                { "id": "a", "declared": true, "silence": { "issues": ["disk"], "until": 0, "reason": "old" } },
            ],
        });
        let shown = status(&json!({ "ready": true, "kills": [], "engine": engine }), " --db 'x.db'");
        for line in [
            "\n  library/restart waits, and is not begun while the mode is `off`\n",
            "\n  maintenance window it's over web, until ",
            ": no notify, remediate; `homeostat maintenance close 'it'\\''s' --db 'x.db'`\n",
            "\n  change window w over everything, until ",
            ": all that waits for one; `homeostat change-window close 'w' --db 'x.db'`\n",
            "\n  silent about web: slow, until ",
            ", known: `homeostat silence end 26fff1b7 --db 'x.db'`\n",
            ", old: by the policy\n",
        ] {
            assert!(shown.contains(line), "`{line}` in {shown}");
        }
    }

    #[test]
    fn the_health_score_is_one_line_and_nothing_where_nothing_is_known() {
        let score = |class: Option<&str>, score: Option<u32>, coverage: u32, before: Option<u32>| json!({ "class": class, "score": score, "coverage": coverage, "components": 4, "before": before, "then": 0 });
        let shown = |all: Vec<Value>| {
            let engine = json!({ "mode": "auto", "scores": all, "groups": [
                { "group": "web", "state": "degraded" }, { "group": "db", "state": "unknown" },
            ] });
            status(&json!({ "ready": true, "kills": [], "engine": engine }), "")
        };
        let known = shown(vec![
            score(None, Some(80), 75, Some(100)),
            score(Some("compute"), Some(60), 100, Some(60)),
            score(Some("storage"), None, 0, None),
        ]);
        assert!(known.contains("\nhealth score 80, 100 at "), "{known}");
        assert!(known.contains(", 75 % known · compute 60\n"), "{known}");
        assert!(known.contains("\n  web                degraded as a group\n") && !known.contains("db "), "{known}");
        assert!(!shown(vec![score(None, None, 0, None)]).contains("score"));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in
            [(0, (1, 1)), (58, (2, 28)), (59, (3, 1)), (789, (2, 29)), (20_759, (11, 2)), (-1, (12, 31))]
        {
            assert_eq!(month_and_day(days), expected, "{days}");
        }
    }
}
