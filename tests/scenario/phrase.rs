//! How the parts of a line are written.

use homeostat_core::model::command::Notification;
use homeostat_core::model::gate::LinkResult;
use homeostat_core::model::health::State;
use homeostat_core::model::radius::Reach;
use homeostat_core::model::value::Value;
use homeostat_core::primitives::time::Time;

pub fn notification(message: &Notification) -> String {
    let mut text = format!("TELL {} by {}: {}", message.recipient, message.channel, message.title);
    for line in &message.lines {
        text.push_str(&format!(" | {line}"));
    }
    format!("{text} · {}", message.reason)
}

pub fn loud(state: State) -> String {
    state.as_str().to_uppercase()
}

pub fn quoted(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" \"{detail}\"") }
}

/// Links that pass for a reason worth knowing.
pub fn is_telling(link: &LinkResult) -> bool {
    let usual =
        ["mode.allows", "kill_switch.released", "budgets.within", "preconditions.hold", "reversibility.reversible"];
    let plain = [
        "ineffectiveness.none",
        "safe_mode.not_engaged",
        "severity.milder",
        "maintenance.none",
        "change_window.not_needed_or_open",
        "reversibility.undo",
        "rate_limits.within",
        "breaker.closed",
        "cooldown.over",
        "storm.none",
        "approval.not_needed",
        "blast.alone",
        "role.automation",
        "role.may",
        "blast.with_approval",
    ];
    let quiet = ["flapping.calm", "flapping.moves_nothing", "maintenance.none", "warm_up.over"];
    let mut all = usual.iter().chain(&plain).chain(&quiet);
    link.allowed && !link.rule.ends_with(".not_asked") && !all.any(|rule| *rule == link.rule)
}

pub fn link_values(link: &LinkResult) -> String {
    format!("{}{}", link.rule, values(&link.values))
}

pub fn values<K: AsRef<str>>(values: &[(K, Value)]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let all: Vec<String> = values
        .iter()
        .map(|(name, value)| {
            let text = written(value);
            let instant = matches!(name.as_ref(), "free_at" | "since" | "until").then(|| text.parse().ok()).flatten();
            let text = instant.map_or(text, |ms| clock(Time::from_ms(ms)));
            format!("{} {text}", name.as_ref())
        })
        .collect();
    format!(" ({})", all.join(", "))
}

pub fn written(value: &Value) -> String {
    match value {
        Value::Duration(span) => span.to_string(),
        Value::List(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => value.to_string(),
    }
}

/// An event id, its instant as a clock shows it.
pub fn readable(event: &str) -> String {
    match event.rsplit_once('@') {
        Some((what, ms)) => ms.parse().map_or(event.to_owned(), |ms| format!("{what}@{}", clock(Time::from_ms(ms)))),
        None => event.to_owned(),
    }
}

/// `mm:ss.mmm`, with hours where there are any.
pub fn clock(at: Time) -> String {
    let ms = at.ms();
    let (hours, minutes, seconds, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}.{rest:03}")
    } else {
        format!("{minutes:02}:{seconds:02}.{rest:03}")
    }
}

/// Whose approval is asked.
pub fn approvers(any_of: &str, all_of: &str, people: Option<u32>) -> String {
    let any = if any_of.is_empty() { String::new() } else { format!(" one of {any_of}") };
    let and = if any.is_empty() || all_of.is_empty() { "" } else { " and" };
    let all = if all_of.is_empty() { String::new() } else { format!("{and} each of {all_of}") };
    format!("{any}{all}{}", people.map_or_else(String::new, |people| format!(", {people} people")))
}

/// How far something reaches.
pub fn far(Reach { level, instances, services, clusters, regions, score }: &Reach) -> String {
    format!(
        "{level}: instances {instances}, services {services}, clusters {clusters}, regions {regions}, score {score}"
    )
}
