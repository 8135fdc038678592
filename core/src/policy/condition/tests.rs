use super::*;
use std::string::{String, ToString};
use std::vec::Vec;

/// The canonical text of a condition under the open schema.
fn canonical(text: &str) -> String {
    Condition::parse(text, &Open).unwrap_or_else(|errors| panic!("`{text}`: {errors:?}")).to_string()
}

/// Every condition the seed documents write, with how it is read.
#[test]
fn the_conditions_of_the_seeds_are_read() {
    let seeds = [
        ("disk_usage_percent > 85", "disk_usage_percent > 85%"),
        ("disk_usage_percent < 75", "disk_usage_percent < 75%"),
        ("writable_filesystem", "writable_filesystem"),
        ("no_active_backups", "no_active_backups"),
        ("sufficient_permissions", "sufficient_permissions"),
        ("replication_lag < 10s", "replication_lag < 10s"),
        ("broker_gateway.unhealthy", "broker_gateway.unhealthy"),
        ("expiry > 30_days", "expiry > 30d"),
        ("age < 90_days", "age < 90d"),
        ("age < 7_days", "age < 7d"),
        ("score > 0.9", "score > 0.9"),
        ("not_acknowledged", "not_acknowledged"),
        ("not_resolved", "not_resolved"),
        ("remediation_attempts >= 3", "remediation_attempts >= 3"),
        ("affected_services > initial_count * 2", "affected_services > initial_count * 2"),
        ("time_since_detection > 1h AND state == degraded", "time_since_detection > 1h AND state == \"degraded\""),
        ("customer_reports > 10 OR vip_customer_affected", "customer_reports > 10 OR vip_customer_affected"),
        ("data_consistency_check == failed", "data_consistency_check == \"failed\""),
        ("security_alert == true", "security_alert == true"),
        ("instances > 10", "instances > 10"),
        ("radius.regions > 1", "radius.regions > 1"),
        ("failure_rate > 50% in last 10 attempts", "avg(failure_rate, 10 samples) > 50%"),
        ("consecutive_failures >= 3", "consecutive_failures >= 3"),
        ("error_rate_increase > 5%", "error_rate_increase > 5%"),
        ("unknown_root_cause", "unknown_root_cause"),
        ("new_type_of_incident", "new_type_of_incident"),
        ("recent_major_deployment", "recent_major_deployment"),
        ("error_rate > 2x baseline", "error_rate > 2x * baseline(error_rate)"),
        ("critical_metric_threshold_exceeded", "critical_metric_threshold_exceeded"),
        ("health_check_failures > 50%", "health_check_failures > 50%"),
        ("error_rate < acceptable_threshold", "error_rate < acceptable_threshold"),
        ("metrics_return_to_baseline", "metrics_return_to_baseline"),
        ("partial_degradation", "partial_degradation"),
        ("uncertain_cause", "uncertain_cause"),
        ("cpu_usage < 80%", "cpu_usage < 80%"),
        ("error_rate < 0.1%", "error_rate < 0.1%"),
        ("p95_latency < 500ms", "p95_latency < 500ms"),
        ("disk_usage < 75%", "disk_usage < 75%"),
        ("metrics_worse_than_before", "metrics_worse_than_before"),
        ("conflicting_signals", "conflicting_signals"),
        ("detection_accuracy < 90% for 1_hour", "detection_accuracy < 90% for 1h"),
        ("remediation_success_rate < 70% for 30_minutes", "remediation_success_rate < 70% for 30m"),
        ("false_positive_rate > 20% for 1_hour", "false_positive_rate > 20% for 1h"),
        ("false_positive_rate > 0.2", "false_positive_rate > 0.2"),
    ];
    for (text, read) in seeds {
        assert_eq!(canonical(text), read, "{text}");
        assert_eq!(canonical(read), read, "{text}");
    }
}

#[test]
fn the_keyed_conditions_of_the_seeds_are_read() {
    let seeds = [
        ("cpu_usage", "<90%", "cpu_usage < 90%"),
        ("expected_p95_latency", "<500ms", "expected_p95_latency < 500ms"),
        ("expected_error_rate", "<0.1%", "expected_error_rate < 0.1%"),
        ("replica_healthy", "true", "replica_healthy"),
        ("service_is_critical", "true", "service_is_critical"),
        ("all_checks_passed", "false", "NOT all_checks_passed"),
        ("status_code", "200", "status_code == 200"),
        ("response_time", "<1s", "response_time < 1s"),
        ("data_integrity", "valid", "data_integrity == \"valid\""),
        ("error_rate_vs_baseline", "<110%", "error_rate_vs_baseline < 110%"),
        ("latency_vs_baseline", "<1.2", "latency_vs_baseline < 1.2x"),
        ("throughput_vs_baseline", ">90%", "throughput_vs_baseline > 90%"),
    ];
    for (key, text, read) in seeds {
        let condition = Condition::parse_keyed(&Path::own(key), text, &Open);
        assert_eq!(condition.map(|condition| condition.to_string()).as_deref(), Ok(read), "{key}: {text}");
    }
}

/// What the seeds write that is refused, with the reason a person is given.
#[test]
fn what_the_seeds_leave_ambiguous_is_refused_with_the_reason() {
    let refused = [
        ("severity < SEV1", "severities have no `<`", "severity at_most SEV1"),
        ("severity == \"SEV0\"", "severities have no `<`", "severity at_least SEV0"),
        ("cache_fill > 85%", "nothing says in which unit `cache_fill` comes", "`_percent` (0 to 100) or `_ratio`"),
        ("queue_wait < 500ms", "nothing says in which unit `queue_wait` comes", "`_ms` or `_seconds`"),
    ];
    for (text, message, suggestion) in refused {
        let errors = Condition::parse(text, &Open).unwrap_err();
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].message.contains(message), "{text}: {errors:?}");
        assert!(errors[0].suggestion.as_ref().is_some_and(|said| said.contains(suggestion)), "{text}: {errors:?}");
    }
    for prose in [
        "playbook_disabled due to consecutive failures",
        "no_updates to knowledge_base for 7_days",
        "error_rate not increased",
    ] {
        assert!(Condition::parse(prose, &Open).is_err(), "{prose}");
    }
}

/// A system that declares all its names.
struct Closed;

const NAMES: [(&str, NameType); 5] = [
    ("cpu_percent", NameType::Number(Unit::Percent)),
    ("disk_bytes", NameType::Number(Unit::Byte)),
    ("healthy", NameType::Boolean),
    ("severity", NameType::Severity),
    ("state", NameType::State),
];

impl Schema for Closed {
    fn lookup(&self, path: &Path) -> Option<NameType> {
        NAMES.iter().find(|(name, _)| *name == path.name).map(|(_, kind)| *kind)
    }

    fn names(&self) -> Vec<&str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }
}

#[test]
fn all_mistakes_of_one_text_are_found_at_their_places() {
    let text = "cpu_pecent > 5 AND state == degradd OR disk_bytes > 5s AND avg(disk_bytes) > 1MB AND (severity < SEV1) \
                AND 3 OR healthy > true AND cpu_percent > 5M AND AND medain(disk_bytes, 5m) > 1";
    let errors = Condition::parse(text, &Closed).unwrap_err();
    let found: Vec<(&str, Option<&str>)> = errors
        .iter()
        .map(|error| {
            let (start, length) = (error.offset as usize, error.length as usize);
            (&text[start..start + length], error.suggestion.as_deref())
        })
        .collect();
    let expected = [
        ("cpu_pecent", Some("did you mean `cpu_percent`?")),
        ("degradd", Some("did you mean `degraded`?")),
        ("disk_bytes > 5s", None),
        (")", Some("did you mean `avg(disk_bytes, 5m)`?")),
        ("severity < SEV1", Some("if you mean graver or milder than `SEV1`, write `severity at_most SEV1`")),
        ("3", None),
        ("healthy > true", None),
        ("5M", Some("did you mean `m` (minutes) or `MB`?")),
        ("AND", None),
        ("medain", None),
    ];
    assert_eq!(found, expected, "{errors:#?}");
}

#[test]
fn what_can_only_be_guessed_or_makes_no_sense_is_refused() {
    let refused = [
        ("a > 1 AND b > 2 for 5m", "`for` could mean"),
        ("1 < a < 5", "cannot be chained"),
        ("a > 1 for 5m AND b", "cannot stand here"),
        ("error_rate > 5", "runs from 0 to 1"),
        ("latency_ms > 5MB", "is a duration and `5MB` is an amount of data"),
        ("security_alert == 1", "is true or false and `1` is a plain number"),
        ("state > degraded", "no order"),
        ("state at_least degraded", "severities only"),
        ("latency_ms", "is a duration"),
        ("a > 1 OR 5", "is a plain number"),
        ("rate(disk_usage, 5m) > 1", "needs a counter"),
        ("disk_bytes * latency_ms > 1", "has no meaning here"),
        ("free_bytes / rate(used_bytes, 5m) < 60", "has no unit"),
        ("avg(a, 5) > 1", "is no duration"),
        ("avg(a, 0 samples) > 1", "no number of samples"),
        ("avg(state, 5m) > 1", "is a state"),
        ("baseline(a, 5m) > 1", "chooses its own time"),
        ("a + b > 2x baseline", "nothing says whose baseline"),
        ("a > 1 for 0s", "cannot be kept"),
        ("(a > 1", "never closed"),
        ("a > 1)", "never opened"),
        ("a > \"x", "has no end"),
        ("`a > 1", "has no end"),
        ("a > 1 # b", "no part of a condition"),
        ("", "ends too early"),
        ("data_consistency_check == faild", "unknown word"),
    ];
    for (text, message) in refused {
        let errors = Condition::parse(text, &Open).expect_err(text);
        assert!(errors.iter().any(|error| error.message.contains(message)), "{text}: {errors:?}");
    }
}

#[test]
fn bare_numbers_take_the_unit_of_what_they_meet() {
    let read = [
        ("latency_ms < 500", "latency_ms < 500ms"),
        ("uptime_seconds > 40 + 20", "uptime_seconds > 40s + 20s"),
        ("avg(heap_mb, 5m) > -1 * 5", "avg(heap_mb, 5m) > -1MB * 5"),
        ("rate(requests, 1m) > 5", "rate(requests, 1m) > 5/s"),
        ("errors / requests > 0.05", "errors / requests > 0.05"),
        ("errors / requests > 5%", "errors / requests > 5%"),
        ("free_bytes / rate(used_bytes, 5m) < 3h", "free_bytes / rate(used_bytes, 5m) < 3h"),
        ("count(latency_ms, 5m) >= 10", "count(latency_ms, 5m) >= 10"),
        ("change(cpu_usage, 1m) > 30", "change(cpu_usage, 1m) > 30%"),
        ("severity at_least critical", "severity at_least \"SEV0\""),
        ("DEGRADED == state", "\"degraded\" == state"),
        ("a = = b", ""),
    ];
    for (text, expected) in read {
        let condition = Condition::parse(text, &Open).map(|condition| condition.to_string());
        assert_eq!(condition.unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn the_limits_hold_at_their_edge_and_not_beyond() {
    let padded = |bytes: usize| std::format!("a{}", " ".repeat(bytes - 1));
    let nots = |n: usize| "NOT ".repeat(n) + "a";
    let brackets = |n: usize| "(".repeat(n) + "a" + &")".repeat(n);
    let names = |n: usize| std::vec!["a"; n].join(" OR ");
    let samples = |n: usize| std::format!("count(a, {n} samples) > 1");
    let edges: [(String, String, &str); 5] = [
        (padded(4096), padded(4097), "4097 bytes"),
        (nots(31), nots(32), "too deep: 33"),
        (brackets(32), brackets(33), "nested deeper than 32"),
        (names(255), names(256), "more than 256 parts"),
        (samples(9_998), samples(9_999), "too costly: 10001"),
    ];
    for (edge, beyond, message) in edges {
        let kept = Condition::parse(&edge, &Open);
        assert!(kept.is_ok(), "{kept:?}");
        let errors = Condition::parse(&beyond, &Open).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].message.contains(message), "{errors:?}");
    }
    for hostile in ["(", "-", "!", "a+", "a.", "NOT ", "avg(", "1m", "`", "\u{2264}"] {
        let errors = Condition::parse(&hostile.repeat(4096 / hostile.len()), &Open).unwrap_err();
        assert!(!errors.is_empty(), "{hostile}");
    }
}

#[test]
fn a_tree_of_the_greatest_depth_survives_json() {
    let deep = "NOT (".repeat(15) + "a" + &")".repeat(15);
    let condition = Condition::parse(&deep, &Open).unwrap();
    let deepest = Condition::parse(&("NOT ".repeat(31) + "a"), &Open).unwrap();
    let sum = Condition::parse(&std::format!("a{} > 1", " + a".repeat(30)), &Open).unwrap();
    assert_eq!(sum.expr().depth(), MAX_DEPTH);
    for condition in [condition, deepest, sum] {
        let json = serde_json::to_string(&condition).unwrap();
        assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition, "{json}");
    }
}
