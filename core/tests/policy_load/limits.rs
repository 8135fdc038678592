//! Limits, at their edge and past it.

use super::*;

#[test]
fn every_limit_holds_at_its_edge_and_not_past_it() {
    let c = |inner: &str| format!("components: {{ c: {{ {inner} }} }}");
    let http = |inner: &str| c(&format!("checks: [{{ http: http://a/, {inner} }}]"));
    let name = |length: usize| format!("components: {{ {}: {{ checks: [{{ heartbeat: 1s }}] }} }}", "n".repeat(length));
    let chains = |number: u32| {
        let chain = |n: u32| format!("  - {{ name: c{n}, when: {{ components: c }}, chain: [{{ notify: a }}] }}\n");
        c("checks: [{ heartbeat: 1m }]") + "\nescalation:\n" + &(0..number).map(chain).collect::<String>()
    };
    let told = |number: u32| {
        let all: Vec<String> = (0..number).map(|n| format!("p{n}")).collect();
        format!("escalation: [{{ chain: [{{ notify: [{}] }}] }}]", all.join(", "))
    };
    let notifications = |inner: &str| format!("notifications: {{ {inner} }}");
    let silence = |of: &str, until: &str, reason: &str| {
        let one = format!("{{ {of}, from: 2026-01-05, until: {until}, reason: {reason} }}");
        c("checks: [{ heartbeat: 1m }]") + &format!("\nnotifications: {{ silences: [{one}] }}")
    };
    let silences = |number: usize| {
        let one = "{ issues: x, from: 2026-01-05, until: 2026-01-06, reason: why }";
        format!("notifications: {{ silences: [{}] }}", vec![one; number].join(", "))
    };
    let edges = [
        (name(128), name(129)),
        (http("interval: 100ms"), http("interval: 99ms")),
        (http("interval: 30d"), http("interval: 31d")),
        (http("interval: 5s, timeout: 4999ms"), http("interval: 5s, timeout: 5s")),
        (http("timeout: 1ms"), http("timeout: 0s")),
        (http("interval: 2h, timeout: 1h"), http("interval: 2h, timeout: 3601s")),
        (http("initial_delay: 1d"), http("initial_delay: 25h")),
        (http("failure_threshold: 1"), http("failure_threshold: 0")),
        (http("failure_threshold: 100"), http("failure_threshold: 101")),
        (http("degraded_threshold: 100"), http("degraded_threshold: 101")),
        (http("success_threshold: 100"), http("success_threshold: 101")),
        (http("recheck_interval: 1001ms"), http("recheck_interval: 1s")),
        (c("checks: [{ heartbeat: 100ms }]"), c("checks: [{ heartbeat: 99ms }]")),
        (c("checks: [{ tcp: \"a:65535\" }]"), c("checks: [{ tcp: \"a:65536\" }]")),
        (c("instances: 1000"), c("instances: 1001")),
        (c("instances: 1"), c("instances: 0")),
        (c("healthy_delay: 1h"), c("healthy_delay: 3601s")),
        (c("users: 9007199254740991"), c("users: 9007199254740992")),
        (c("run: { argv: [a], instances: 100 }"), c("run: { argv: [a], instances: 101 }")),
        ("seed: 9007199254740991".into(), "seed: 9007199254740992".into()),
        ("objective: { detect: 1s }".into(), "objective: { detect: 999ms }".into()),
        (
            "safety: { default_budget: { max_in_flight: 1 } }".into(),
            "safety: { default_budget: { max_in_flight: 0 } }".into(),
        ),
        (
            "safety: { default_budget: { max_unhealthy: 100% } }".into(),
            "safety: { default_budget: { max_unhealthy: 101% } }".into(),
        ),
        (
            "safety: { default_budget: { max_unhealthy: 33% } }".into(),
            "safety: { default_budget: { max_unhealthy: 33.3% } }".into(),
        ),
        ("safety: { rates: { total: 10000 } }".into(), "safety: { rates: { total: 10001 } }".into()),
        ("safety: { rates: { window: 1m } }".into(), "safety: { rates: { window: 59s } }".into()),
        ("safety: { attempts: { per_incident: 100 } }".into(), "safety: { attempts: { per_incident: 101 } }".into()),
        (
            "safety: { safe_mode: { after_deployment: 7d } }".into(),
            "safety: { safe_mode: { after_deployment: 169h } }".into(),
        ),
        ("safety: { trust: { sample: 1 } }".into(), "safety: { trust: { sample: 0 } }".into()),
        ("safety: { trust: { sample: 1000 } }".into(), "safety: { trust: { sample: 1001 } }".into()),
        ("safety: { trust: { window: 1d } }".into(), "safety: { trust: { window: 25h } }".into()),
        ("safety: { trust: { window: 1m } }".into(), "safety: { trust: { window: 59s } }".into()),
        ("safety: { trust: { warn: 70% } }".into(), "safety: { trust: { warn: 69% } }".into()),
        ("safety: { trust: { suggest: 70% } }".into(), "safety: { trust: { suggest: 71% } }".into()),
        ("safety: { trust: { last: 1000 } }".into(), "safety: { trust: { last: 1001 } }".into()),
        ("safety: { trust: { last: 1 } }".into(), "safety: { trust: { last: 0 } }".into()),
        ("safety: { trust: { cascades: 100 } }".into(), "safety: { trust: { cascades: 101 } }".into()),
        ("safety: { trust: { cascades: 1 } }".into(), "safety: { trust: { cascades: 0 } }".into()),
        ("safety: { trust: { availability: 100% } }".into(), "safety: { trust: { availability: 101% } }".into()),
        ("safety: { trust: { availability_over: 1h } }".into(), "safety: { trust: { availability_over: 59m } }".into()),
        ("safety: { trust: { availability_over: 7d } }".into(), "safety: { trust: { availability_over: 8d } }".into()),
        ("safety: { breaker: { consecutive: 1 } }".into(), "safety: { breaker: { consecutive: 0 } }".into()),
        ("safety: { breaker: { sample: 1000 } }".into(), "safety: { breaker: { sample: 1001 } }".into()),
        (
            "safety: { cooldown: { initial: 10m, cap: 10m } }".into(),
            "safety: { cooldown: { initial: 10m, cap: 9m } }".into(),
        ),
        ("safety: { approval: { expires: 1m } }".into(), "safety: { approval: { expires: 59s } }".into()),
        ("safety: { approval: { any_of: [cto] } }".into(), "safety: { approval: { any_of: [] } }".into()),
        ("limits: { text_bytes: 256 }".into(), "limits: { text_bytes: 255 }".into()),
        ("limits: { evidence_bytes: 0 }".into(), "limits: { evidence_bytes: -1 }".into()),
        ("limits: { evidence_bytes: 1048576 }".into(), "limits: { evidence_bytes: 1048577 }".into()),
        ("limits: { samples: 100000 }".into(), "limits: { samples: 100001 }".into()),
        (
            "limits: { components: 2 }\ncomponents: { c: { instances: 2 } }".into(),
            "limits: { components: 2 }\ncomponents: { c: { instances: 3 } }".into(),
        ),
        (
            "escalation: [{ chain: [{ after: 5m, notify: a }, { after: 5m, notify: b }] }]".into(),
            "escalation: [{ chain: [{ after: 5m, notify: a }, { after: 4m, notify: b }] }]".into(),
        ),
        (
            "escalation: [{ chain: [{ notify: a, repeat: 10s }] }]".into(),
            "escalation: [{ chain: [{ notify: a, repeat: 9s }] }]".into(),
        ),
        (notifications("group_wait: 10m"), notifications("group_wait: 601s")),
        (notifications("group_interval: 1h"), notifications("group_interval: 3601s")),
        (notifications("repeat_interval: 1m"), notifications("repeat_interval: 59s")),
        (notifications("repeat_interval: 7d"), notifications("repeat_interval: 8d")),
        (notifications("rate_limit: { messages: 1 }"), notifications("rate_limit: { messages: 0 }")),
        (notifications("rate_limit: { messages: 1000 }"), notifications("rate_limit: { messages: 1001 }")),
        (notifications("rate_limit: { within: 10s }"), notifications("rate_limit: { within: 9s }")),
        (notifications("rate_limit: { within: 1d }"), notifications("rate_limit: { within: 25h }")),
        (silence("issues: x", "2026-02-04", "why"), silence("issues: x", "2026-02-05", "why")),
        (silence("issues: x", "2026-01-06", "why"), silence("issues: x", "2026-01-05", "why")),
        (silence("issues: x", "2026-01-06", "why"), silence("issues: x", "2026-01-06", "' '")),
        (silence("issues: x", "2026-01-06", "why"), silence("at_most: SEV0", "2026-01-06", "why")),
        (silence("of: c", "2026-01-06", "why"), silence("of: d", "2026-01-06", "why")),
        (silences(256), silences(257)),
        ("limits: { messages: 100000 }".into(), "limits: { messages: 100001 }".into()),
        (chains(1_000), chains(1_001)),
        (told(100), told(101)),
    ];
    for (within, past) in edges {
        load(&within);
        let refusals = refusals(&past);
        assert_eq!(refusals.iter().filter(|it| !it.contains("has no")).count(), 1, "{past}: {refusals:?}");
    }
}

/// Without a bound this would compare 10,000 × 20,000 names, and take minutes.
#[test]
fn ten_thousand_mistakes_cost_no_more_than_they_should() {
    let entry = |n: u32| format!("  c{n}: {{ depends_on: [cc{n}], like: cl{n} }}\n");
    let text: String = std::iter::once("components:\n".into()).chain((0..10_000).map(entry)).collect();
    let refusals = refusals(&text);
    assert_eq!(refusals.len(), 1_001, "a thousand, and how many more there are");
    assert!(refusals[0].contains("did you mean"), "{}", refusals[0]);
}

/// Without a bound this would compare a thousand long names with a thousand others.
#[test]
fn a_thousand_people_who_are_nearly_told_cost_no_more_than_they_should() {
    let people: String = (0..1_000).map(|n| format!("  \"p{n:0>58}a\": operator\n")).collect();
    let level = |n: u32| {
        let all: Vec<String> = (0..100).map(|at| format!("\"p{:0>58}b\"", n * 100 + at)).collect();
        format!("    - notify: [{}]\n", all.join(", "))
    };
    let levels: String = (0..10).map(level).collect();
    let component = "components: { a: { checks: [{ heartbeat: 1m }] } }";
    let loaded = load(&format!("{component}\npeople:\n{people}escalation:\n  - chain:\n{levels}"));
    let doubted = loaded.warnings.iter().filter(|warning| warning.message.starts_with("nobody under `people`")).count();
    assert!((1..100).contains(&doubted), "the first of them are doubted, and not all a thousand: {doubted}");
}

#[test]
fn ten_thousand_components_that_share_everything_stay_small() {
    let mut text = String::from("components:\n  base: { checks: [{ http: http://a/ }] }\n");
    for n in 0..9_999 {
        text.push_str(&format!("  c{n}: {{ like: base, depends_on: [base] }}\n"));
    }
    let policy = load(&text).policy;
    assert_eq!(policy.components().len(), 10_000);
    let first = &component(&policy, "c0").checks[0];
    let shared = policy.components().iter().filter(|it| std::sync::Arc::ptr_eq(&it.checks[0], first)).count();
    assert_eq!(shared, 10_000, "a check that says the same is kept once");
}
