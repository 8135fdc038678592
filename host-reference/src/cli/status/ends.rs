//! What holds until a time, and how it ends before: windows and silences.

use crate::cli::obstacle::quoted;
use crate::cli::print::clean;
use crate::local_time::day_and_time;
use homeostat_core::primitives::time::Time;
use serde_json::Value;

/// The windows that are open, and how each is closed.
pub(super) fn windows(open: &[Value], db: &str) -> String {
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
pub(super) fn silences(all: &[Value], db: &str) -> String {
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
