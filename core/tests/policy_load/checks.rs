//! Checks and their times, in their long, short and older forms.

use super::*;

#[test]
fn recheck_comes_from_timeout_and_interval() {
    let known = [
        ("http: http://a/", 5_000),
        ("http: http://a/, interval: 30s, timeout: 10s", 11_000),
        ("http: http://a/, interval: 2s, timeout: 500ms", 2_000),
        ("http: http://a/, recheck_interval: 3s", 3_000),
    ];
    for (text, ms) in known {
        assert_eq!(check(&format!("{{ {text} }}")).recheck_interval.ms(), ms, "{text}");
    }
}

#[test]
fn a_usual_timeout_gives_way_to_a_short_interval() {
    let check = check("{ http: http://a/, interval: 500ms }");
    assert_eq!((check.interval.ms(), check.timeout.ms()), (500, 250));
}

#[test]
fn eager_turns_degraded_at_the_first_failure() {
    for text in ["{ preset: eager, http: http://a/ }", "{ preset: eager, tier: deep, http: http://a/ }"] {
        assert_eq!((check(text).degraded_threshold, check(text).failure_threshold), (1, 3), "{text}");
    }
}

#[test]
fn the_older_form_of_a_check_has_its_own_timing() {
    let text = "
components:
  - name: db
    type: postgres
    check: connection
  - { name: api, type: http, check: endpoint, url: http://api/, interval_seconds: 30, timeout_seconds: 3 }";
    let policy = load(text).policy;
    let timing = |name: &str| {
        component(&policy, name).checks.iter().map(|it| (it.interval.ms(), it.timeout.ms())).collect::<Vec<_>>()
    };
    assert_eq!(timing("db"), [(60_000, 5_000)]);
    assert_eq!(timing("api"), [(30_000, 3_000)]);
    assert_eq!(component(&policy, "db").checks[0].ask.to_string(), "postgres");
}

#[test]
fn short_forms_of_checks_are_read() {
    let known = [
        ("{ tcp: \"[::1]:80\" }", "tcp [::1]:80"),
        ("{ tcp: { host: a, port: 65535 } }", "tcp a:65535"),
        ("{ heartbeat: 30s }", "a heartbeat every 30 s"),
        ("{ exec: [ls, -l] }", "exec ls -l"),
        ("{ process: { program: nginx } }", "process nginx"),
        ("{ metric: \"cpu_usage < 90%\" }", "metric cpu_usage < 90%"),
        ("{ custom: { kind: ldap, base: x } }", "ldap"),
    ];
    for (text, asks) in known {
        assert_eq!(check(text).ask.to_string(), asks);
    }
}
