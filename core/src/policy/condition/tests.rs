use super::*;
use std::string::{String, ToString};

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
