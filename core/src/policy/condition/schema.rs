//! What is known about names when a condition is checked.

use super::ast::Path;
use super::unit::Unit;
use alloc::vec::Vec;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameType {
    /// True or false.
    Boolean,
    /// A number whose values come in this unit.
    Number(Unit),
    /// An incident's severity.
    Severity,
    /// A component's health state.
    State,
    /// One of these words, or any text if none are given.
    Text(&'static [&'static str]),
    /// It may exist, but nothing is known about it: what it is compared with decides.
    Undeclared,
}

/// The names a condition may use.
pub trait Schema {
    /// What the name stands for; nothing if there is no such name.
    fn lookup(&self, path: &Path) -> Option<NameType>;

    /// Names to suggest for one that does not exist.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// The schema of a system of which nothing is declared: the engine's facts, and any other name, with the unit its
/// ending tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Schema for Open {
    fn lookup(&self, path: &Path) -> Option<NameType> {
        Some(by_convention(&path.name))
    }

    fn names(&self) -> Vec<&str> {
        FACTS.iter().map(|(name, _)| *name).collect()
    }
}

/// What a name stands for if nothing declares it: a fact of the engine, a metric whose ending tells its unit, or
/// [`NameType::Undeclared`].
pub fn by_convention(name: &str) -> NameType {
    match FACTS.iter().find(|(known, _)| *known == name) {
        Some((_, kind)) => *kind,
        None => unit_by_name(name).map_or(NameType::Undeclared, NameType::Number),
    }
}

const CHECK: &[&str] = &["passed", "failed", "unknown"];
const COUNT: NameType = NameType::Number(Unit::None);
const RATIO: NameType = NameType::Number(Unit::Ratio);
const WORD: NameType = NameType::Text(&[]);

/// The facts the engine itself can answer for, or asks its host for by these names.
pub const FACTS: &[(&str, NameType)] = &[
    ("acknowledged", NameType::Boolean),
    ("affected_components", COUNT),
    ("affected_services", COUNT),
    ("attempts", COUNT),
    ("class", WORD),
    ("consecutive_failures", COUNT),
    ("critical", NameType::Boolean),
    ("customer_reports", COUNT),
    ("data_consistency_check", NameType::Text(CHECK)),
    ("degraded", NameType::Boolean),
    ("duration", NameType::Number(Unit::Millisecond)),
    ("environment", WORD),
    ("error_rate_increase", RATIO),
    ("health_check_failures", RATIO),
    ("healthy", NameType::Boolean),
    ("initial_count", COUNT),
    ("instances", COUNT),
    ("issue", WORD),
    ("not_acknowledged", NameType::Boolean),
    ("not_resolved", NameType::Boolean),
    ("recurrences", COUNT),
    ("remediation_attempts", COUNT),
    ("revenue_per_hour", COUNT),
    ("rollback_failed", NameType::Boolean),
    ("security_alert", NameType::Boolean),
    ("service_is_critical", NameType::Boolean),
    ("severity", NameType::Severity),
    ("state", NameType::State),
    ("stateful", NameType::Boolean),
    ("time_since_detection", NameType::Number(Unit::Millisecond)),
    ("type", WORD),
    ("unhealthy", NameType::Boolean),
    ("users", COUNT),
    ("vip_customer_affected", NameType::Boolean),
];

/// Words that say what a `…_rate` is a share of: these run from 0 to 1. Any other rate may be a rate per time.
const SHARES: [&str; 15] = [
    "drop",
    "error",
    "errors",
    "failed",
    "failure",
    "hit",
    "loss",
    "miss",
    "negative",
    "pass",
    "positive",
    "rejection",
    "success",
    "timeout",
    "win",
];

/// The unit that a metric's last word tells.
fn unit_by_name(name: &str) -> Option<Unit> {
    let mut words = name.rsplit('_');
    let last = words.next()?;
    let before = words.next();
    Some(match last {
        "percent" | "pct" | "usage" | "utilization" => Unit::Percent,
        "ratio" | "fraction" | "share" | "accuracy" => Unit::Ratio,
        "rate" if before.is_some_and(|word| SHARES.contains(&word)) => Unit::Ratio,
        "baseline" if before == Some("vs") => Unit::Times,
        "ms" | "millis" | "milliseconds" => Unit::Millisecond,
        "s" | "sec" | "seconds" => Unit::Second,
        "minutes" => Unit::Minute,
        "hours" => Unit::Hour,
        "days" => Unit::Day,
        "age" | "delay" | "duration" | "expiry" | "lag" | "latency" | "uptime" => Unit::Millisecond,
        "time" if before.is_some() => Unit::Millisecond,
        "bytes" => Unit::Byte,
        "kb" => Unit::Kilobyte,
        "mb" => Unit::Megabyte,
        "gb" => Unit::Gigabyte,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_units_and_a_rate_only_when_it_is_a_share() {
        assert_eq!(by_convention("disk_usage_percent"), NameType::Number(Unit::Percent));
        assert_eq!(by_convention("cpu_usage"), NameType::Number(Unit::Percent));
        assert_eq!(by_convention("error_rate"), NameType::Number(Unit::Ratio));
        assert_eq!(by_convention("request_rate"), NameType::Undeclared);
        assert_eq!(by_convention("p95_latency"), NameType::Number(Unit::Millisecond));
        assert_eq!(by_convention("uptime_seconds"), NameType::Number(Unit::Second));
        assert_eq!(by_convention("time"), NameType::Undeclared);
        assert_eq!(by_convention("state"), NameType::State);
    }

    #[test]
    fn facts_are_sorted_and_once_only() {
        assert!(FACTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
