//! Policies as people write them: what they come to, and what is said about their mistakes.

use homeostat_core::model::health::Tier;
use homeostat_core::policy::components::{Ask, Check, Component};
use homeostat_core::policy::mode::Mode;
use homeostat_core::policy::problem::{Problem, render};
use homeostat_core::policy::safety::Share;
use homeostat_core::policy::{Loaded, Policy, Source};
use homeostat_core::primitives::time::Span;

const SMALLEST: &str = include_str!("policy/smallest.yaml");
const REAL: &str = include_str!("policy/real.yaml");

fn source(text: &str) -> [Source; 1] {
    [Source { name: "homeostat.yaml".into(), text: text.into() }]
}

fn load(text: &str) -> Loaded {
    Policy::load(&source(text)).unwrap_or_else(|problems| panic!("{}", report(&problems, text)))
}

fn report(problems: &[Problem], text: &str) -> String {
    let rendered: Vec<String> = problems.iter().map(|problem| render(problem, |_| Some(text))).collect();
    rendered.join("\n")
}

/// What is said about a policy with mistakes, one line each: place, message, label.
fn refusals(text: &str) -> Vec<String> {
    let problems = Policy::load(&source(text)).expect_err("this policy has mistakes");
    problems.iter().map(|it| format!("{}:{} {} {}", it.place.line, it.place.column, it.message, it.label)).collect()
}

fn component<'p>(policy: &'p Policy, name: &str) -> &'p Component {
    policy.components().iter().find(|component| component.name.as_str() == name).expect("the component is there")
}

/// The first check of a component `c` with these checks.
fn check(checks: &str) -> Check {
    let loaded = load(&format!("components: {{ c: {{ checks: [{checks}] }} }}"));
    Check::clone(component(&loaded.policy, "c").checks.first().expect("one check"))
}

#[test]
fn the_smallest_policy_gets_every_default() {
    let policy = load(SMALLEST).policy;
    let web = component(&policy, "web");
    assert_eq!(policy.mode(), Mode::Auto);
    assert_eq!((web.kind.as_str(), web.service().as_str()), ("process", "web"));
    assert_eq!(web.run.as_ref().map(|run| run.argv.len()), Some(4));
    let check = &web.checks[0];
    assert_eq!((check.tier, check.interval, check.timeout), (Tier::Shallow, Span::from_secs(10), Span::from_secs(1)));
    assert_eq!((check.degraded_threshold, check.failure_threshold, check.success_threshold), (2, 3, 2));
    assert_eq!(check.recheck_interval, Span::from_secs(5));
    let ladder: Vec<&str> = policy.ladder(web).map(|playbook| playbook.id.as_str()).collect();
    assert_eq!(ladder, ["library/restart"], "what is supervised and has no playbook gets the shipped ladder");
    assert_eq!(policy.channels().len(), 1);
    assert_eq!(policy.chains().len(), 1);
    assert_eq!((policy.objective().detect, policy.objective().recover), (Span::from_mins(1), Span::from_mins(20)));
    let safety = policy.safety();
    assert_eq!((safety.rates.per_component, safety.rates.total, safety.attempts.per_incident), (10, 100, 3));
    assert_eq!(safety.default_budget.max_unhealthy, Share::Percent(40));
}

#[test]
fn a_real_policy_comes_to_what_it_says() {
    let loaded = load(REAL);
    let policy = &loaded.policy;
    let names: Vec<&str> = policy.components().iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["checkout-1", "checkout-2", "checkout-3", "orders-db", "orders-db-replica"]);
    let second = component(policy, "checkout-2");
    assert_eq!(second.service().as_str(), "shop");
    assert_eq!(second.depends_on.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["orders-db"]);
    let asked: Vec<String> = second.checks.iter().map(|check| check.ask.to_string()).collect();
    assert_eq!(asked, ["http http://checkout-2:8080/health", "exec ./probe-checkout checkout-2"]);
    assert_eq!((second.checks[1].failure_threshold, second.checks[1].degraded_threshold), (3, 3));
    let replica = component(policy, "orders-db-replica");
    assert!(replica.critical && replica.stateful && replica.kind.as_str() == "postgres");
    assert_ne!(replica.checks, component(policy, "orders-db").checks);
    let shop = policy.safety().budgets.get("shop").expect("its budget");
    assert_eq!((shop.max_in_flight, shop.keep_healthy_at_least), (Share::Count(1), Share::Count(2)));
    let playbooks: Vec<&str> = policy.playbooks().iter().map(|playbook| playbook.id.as_str()).collect();
    assert_eq!(playbooks, ["library/restart", "disk-cleanup"]);
    let chains: Vec<&str> = policy.chains().iter().map(|chain| chain.name.as_str()).collect();
    assert_eq!(chains, ["chain-1", "default"], "the chain of last resort catches what the policy's own does not");
    let said: Vec<&str> = loaded.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(said.iter().any(|said| said.starts_with("`never` is kept")), "{said:?}");
    assert!(said.iter().any(|said| said.starts_with("channel `pagerduty`")), "{said:?}");
}

/// The golden text is what a person sees. When it changes on purpose, run with `UPDATE=1` and review the difference.
#[test]
fn ten_mistakes_are_reported_together_with_line_column_and_suggestion() {
    let text = include_str!("policy/ten-mistakes.yaml");
    let problems = Policy::load(&source(text)).expect_err("this policy has mistakes");
    let found = report(&problems, text);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy/ten-mistakes.txt"), &found).unwrap();
    }
    assert_eq!(found, include_str!("policy/ten-mistakes.txt"));
    assert_eq!(problems.len(), 10);
}

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

#[test]
fn every_limit_holds_at_its_edge_and_not_past_it() {
    let c = |inner: &str| format!("components: {{ c: {{ {inner} }} }}");
    let http = |inner: &str| c(&format!("checks: [{{ http: http://a/, {inner} }}]"));
    let name = |length: usize| format!("components: {{ {}: {{ checks: [{{ heartbeat: 1s }}] }} }}", "n".repeat(length));
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
        ("safety: { breaker: { consecutive: 1 } }".into(), "safety: { breaker: { consecutive: 0 } }".into()),
        ("safety: { breaker: { sample: 1000 } }".into(), "safety: { breaker: { sample: 1001 } }".into()),
        (
            "safety: { cooldown: { initial: 10m, cap: 10m } }".into(),
            "safety: { cooldown: { initial: 10m, cap: 9m } }".into(),
        ),
        ("safety: { approval: { expires: 1m } }".into(), "safety: { approval: { expires: 59s } }".into()),
        ("safety: { approval: { any_of: [cto] } }".into(), "safety: { approval: { any_of: [] } }".into()),
        ("limits: { text_bytes: 256 }".into(), "limits: { text_bytes: 255 }".into()),
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
    ];
    for (within, past) in edges {
        load(&within);
        let refusals = refusals(&past);
        assert_eq!(refusals.iter().filter(|it| !it.contains("has no")).count(), 1, "{past}: {refusals:?}");
    }
}

#[test]
fn dependencies_name_components_entries_and_services() {
    let text = "
components:
  front: { depends_on: [back, shared], checks: [{ heartbeat: 1m }] }
  back: { instances: 2, checks: [{ heartbeat: 1m }] }
  cache: { service: shared, checks: [{ heartbeat: 1m }] }";
    let policy = load(text).policy;
    let needs: Vec<&str> = component(&policy, "front").depends_on.iter().map(|name| name.as_str()).collect();
    assert_eq!(needs, ["back-1", "back-2", "cache"]);
}

#[test]
fn what_components_need_and_are_like_must_make_sense() {
    let known = [
        ("a: { depends_on: [a] }", "component `a` depends on itself"),
        ("a: { depends_on: [s], service: s }", "component `a` depends on itself"),
        (
            "a: { depends_on: [b] }, b: { depends_on: [c] }, c: { depends_on: [a] }",
            "dependencies go in a circle: a → b → c → a",
        ),
        ("a: { like: a }", "component `a` is like itself"),
        ("a: { like: b }, b: { like: a }", "is like itself"),
        ("a: { like: bb }, bbb: {}", "component `a` is like `bb`, which is unknown did you mean `bbb`?"),
        ("a: { instances: [x] }, x: {}", "component `x` is also made by `a`"),
        ("a: { instances: [x, x] }", "component `x` is also made by `a`"),
        ("a b: {}", "`a b` is no name"),
        ("a: { checks: [{ http: \"http://${instnace}/\" }] }", "did you mean `${instance}`?"),
        ("a: { checks: [{ process: {} }] }", "does not say which process"),
        ("a: { checks: [{ http: http://a/, tcp: \"a:1\" }] }", "has both `http` and `tcp`"),
        ("a: { checks: [{ name: x, heartbeat: 1m }, { name: x, heartbeat: 1m }] }", "already has a check named `x`"),
        ("a: { interval: 5s, checks: [{ heartbeat: 1m }] }", "`interval` belongs to `check`"),
    ];
    for (components, message) in known {
        let refusals = refusals(&format!("components: {{ {components} }}"));
        assert!(refusals.iter().any(|refusal| refusal.contains(message)), "{components}: {refusals:?}");
    }
}

#[test]
fn a_mistake_in_a_template_or_in_many_instances_is_reported_once() {
    let text = "components: { a: { class: x, depends_on: [nobody], instances: 9 }, b: { like: a }, c: { like: b } }";
    assert_eq!(refusals(text).len(), 2, "{:?}", refusals(text));
}

#[test]
fn the_older_form_of_escalation_is_read() {
    let text = "
escalation_policies:
  policy_001:
    name: Critical
    applies_to: [database_cluster]
    escalation_chain:
      - { level: 1, delay: 0m, notify: on_call_sre, method: phone_call }
      - { level: 2, delay: 15m, condition: not_resolved, notify: cto, method: phone_call + sms }";
    let policy = load(text).policy;
    let chain = &policy.chains()[0];
    let by: Vec<Vec<&str>> =
        chain.levels.iter().map(|level| level.by.iter().map(|name| name.as_str()).collect()).collect();
    assert_eq!(by, [vec!["phone"], vec!["phone", "sms"]]);
    assert_eq!(chain.levels[1].after, Span::from_mins(15));
}

#[test]
fn people_channels_and_secrets_are_read_with_care() {
    let text = "
people: { ann: operator, bob: [sre_lead, on-call], eve: { roles: cto } }
escalation: [{ chain: [{ notify: on-call }] }]
channels:
  log:
  ops: { webhook: { url: https://hooks.example.org/x, secret_from: OPS_SECRET } }";
    let policy = load(text).policy;
    assert_eq!(policy.people().get("bob").map(|roles| roles.len()), Some(2));
    assert_eq!(policy.channels().len(), 2);
    let known = [
        ("people: { ann: operatr }", "did you mean `operator`?"),
        ("people: { ann: [king] }", "1:17 unknown role `king`"),
        ("people: { ann: { roles: [operator, king] } }", "1:36 unknown role `king`"),
        ("safety: { approval: { any_of: [operater] } }", "1:32 unknown role `operater` did you mean `operator`?"),
        ("channels: { ops: { webhook: { url: ops.example.org } } }", "expects an absolute URL"),
        ("channels: { ops: { webhook: { url: http://a/, secret_from: hunter2 } } }", "environment variable"),
        (
            "channels: { pager: { webhook: http://a/ } }\nescalation: [{ chain: [{ notify: a, by: pagr }] }]",
            "did you mean `pager`?",
        ),
        ("escalation: [{ when: { severity: SEV1 }, chain: [{ notify: a }] }]", "does not say on which side"),
        (
            "escalation: [{ when: { groups: shp }, chain: [{ notify: a }] }]",
            "no component, service or group is called `shp`",
        ),
    ];
    for (text, message) in known {
        let refusals = refusals(text);
        assert!(refusals.iter().any(|refusal| refusal.contains(message)), "{text}: {refusals:?}");
        assert!(!refusals.iter().any(|refusal| refusal.contains("hunter2")), "a secret is not repeated");
    }
}

#[test]
fn own_severity_rules_come_before_the_shipped_ones() {
    let own = "severity: [{ id: mine, when: users > 5, severity: high }, { when: critical, severity: SEV2 }]";
    let (policy, shipped) = (load(own).policy, load("mode: auto").policy);
    let ids: Vec<&str> = policy.severity().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids[..2], ["mine", "rule-2"]);
    assert_eq!(policy.severity()[2..], *shipped.severity());
    assert!(shipped.severity().len() > 10);
}

#[test]
fn a_component_is_registered_from_json_like_one_in_a_policy() {
    let definition = serde_json::json!({
        "name": "late", "type": "http", "depends_on": ["db"], "checks": [{ "http": "http://late/" }], "instances": 2
    });
    let components = Component::from_json(&definition).expect("it is well-formed");
    let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["late-1", "late-2"]);
    assert!(components[0].depends_on.contains("db"));
    assert!(matches!(components[0].checks[0].ask, Ask::Probe(_)));
    let wrong = serde_json::json!({ "name": "late", "checks": [{ "htp": "http://late/" }], "depends_on": ["late"] });
    assert!(Component::from_json(&wrong).is_err_and(|problems| problems.len() >= 2));
    assert!(Component::from_json(&serde_json::json!([1])).is_err());
}

#[test]
fn the_shipped_ladder_is_for_those_supervised_components_that_have_no_other() {
    let text = "
components:
  a: { run: [a] }
  b: { run: [b] }
  c: { checks: [{ heartbeat: 1m }] }
playbooks:
  - { name: own, trigger: a.unhealthy, steps: [restart: {}] }
  - { name: disk, trigger: { condition: disk_usage_percent > 85 }, steps: [notify: { message: full }] }";
    let policy = load(text).policy;
    let ladder = |name: &str| -> Vec<String> {
        policy.ladder(component(&policy, name)).map(|playbook| playbook.id.to_string()).collect()
    };
    assert_eq!(ladder("a"), ["own", "disk"]);
    assert_eq!(ladder("b"), ["disk", "library/restart"]);
    assert_eq!(ladder("c"), ["disk"]);
}

#[test]
fn playbooks_are_included_from_other_documents_and_their_mistakes_stand_there() {
    let policy = "components: { a: { run: [a] } }\nplaybooks: [{ include: more.yaml }, { include: library/scale }]";
    let with = |text: &str| {
        let more = Source { name: "more.yaml".into(), text: text.into() };
        Policy::load(&[source(policy)[0].clone(), more])
    };
    let more = "- { name: x, trigger: a.unhealthy, steps: [restart: {}] }\n- { name: y, trigger: a.degraded, steps: [restart: {}] }";
    let ids: Vec<String> = with(more).unwrap().policy.playbooks().iter().map(|it| it.id.to_string()).collect();
    assert_eq!(ids, ["x", "y", "library/scale"]);
    let problems = with("name: x\ntrigger: a.unhealthy\nsteps:\n  - restart_servise: {}").unwrap_err();
    let found: Vec<_> =
        problems.iter().map(|it| (&*it.place.file, it.place.line, it.place.column, it.label.as_str())).collect();
    assert_eq!(found, [("more.yaml", 4, 5, "did you mean `restart_service`?")]);
    let known = [
        ("playbooks: [{ include: mor.yaml }]", "the document `mor.yaml` was not given"),
        ("playbooks: [{ include: library/restrt }]", "did you mean `library/restart`?"),
        ("playbooks: [{ include: library/restart }, { include: library/restart }]", "is there twice"),
        (
            "playbooks: [{ name: x, trigger: web.unhealthy, steps: [restart: {}] }]\ncomponents: { wbe: {} }",
            "did you mean `wbe`?",
        ),
    ];
    for (text, message) in known {
        assert!(refusals(text).iter().any(|refusal| refusal.contains(message)), "{text}: {:?}", refusals(text));
    }
    let unused = Policy::load(&[source(SMALLEST)[0].clone(), Source { name: "x.yaml".into(), text: String::new() }]);
    assert!(unused.unwrap().warnings.iter().any(|it| it.message == "`x.yaml` was given but nothing includes it"));
}

#[test]
fn a_description_says_what_everything_came_to() {
    let described = serde_json::to_value(load(REAL).policy.describe()).unwrap();
    let check = &described["components"][1]["checks"][1];
    assert_eq!(check["asks"], "exec ./probe-checkout checkout-2");
    assert_eq!((&check["degraded_after"], &check["confirmed_after"]), (&serde_json::Value::Null, &3.into()));
    assert_eq!(check["detection"], serde_json::json!({ "mean": 29_500, "worst": 47_000 }));
    assert_eq!(described["components"][1]["detection"], serde_json::json!({ "mean": 15_500, "worst": 21_000 }));
    assert_eq!(described["playbooks"][1]["mode"], "approve");
    assert_eq!(described["may"], serde_json::Value::Null, "it names nobody");
    let named = load("people: { ann: operator, bob: [sre_lead, viewer], eve: viewer, zoe: cto }").policy.describe();
    let may =
        serde_json::json!({ "approve": ["ann", "bob"], "stop": ["ann", "bob", "zoe"], "let_go_on": ["bob", "zoe"] });
    assert_eq!(serde_json::to_value(named.may).unwrap(), may);
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let known = [
        ("components: { a: { critical: true } }", "component `a` has no check"),
        (
            "components: { a: { checks: [{ http: http://a/, interval: 5m }] } }",
            "component `a` has detection slower than the objective of 1 m",
        ),
        (
            "components: { a: { checks: [{ http: http://a/ }] }, b: { like: a } }",
            "2 components have no playbook that answers a failure",
        ),
        ("mode: approve\npeople: { ann: viewer }", "nobody under `people` can approve: operator, sre_lead"),
        (
            "mode: suggest\npeople: { ann: operator }",
            "nobody under `people` can let go on what was stopped, or raise a mode that was lowered",
        ),
        (
            "mode: auto\npeople: { ann: operator }\ncomponents: { a: { run: [a] } }\n\
             playbooks: [{ name: p, trigger: a.unhealthy, steps: [x] }]\nactions: { x: { risk: critical } }",
            "nobody under `people` is an sre_lead, to approve p",
        ),
        ("safety: { approval: { any_of: [king] } }", "unknown role `king`, which nobody under `people` holds"),
        ("mode: off", "this policy has no components: nothing is watched"),
        ("components: {}", "this policy has no components: nothing is watched"),
        ("components:", "this policy has no components: nothing is watched"),
        (
            "components: { a: { type: postgress, checks: [tcp: 'a:1'] } }",
            "`postgress` is nearly the type `postgres`, but not it",
        ),
        (
            "components: { a: { type: kafkaa, run: [a] } }\n\
             playbooks: [{ name: p, trigger: { type: kafka }, steps: [restart] }]",
            "`kafkaa` is nearly the type `kafka`, but not it",
        ),
        (
            "components: { a: { type: kafkaa, run: [a] } }\n\
             playbooks: [{ name: p, trigger: { type: kafka }, steps: [restart] }]",
            "the trigger of `p` fits no component of this policy",
        ),
        (
            "escalation: [{ chain: [{ notify: a }] }, { name: late, chain: [{ notify: b }] }]",
            "the escalation chain `late` is never reached",
        ),
        (
            "people: { alice: sre_lead }\nescalation: [{ chain: [{ notify: alcie }] }]",
            "nobody under `people` is called `alcie`",
        ),
        (
            "components: { a: { checks: [{ http: { url: http://a/, latency: 2s } }] } }",
            "a `latency` of 2s never counts: the timeout is 1s",
        ),
        (
            "components: { a: { checks: [{ exec: [ps, '|', grep] }] } }",
            "`|` is handed to the program as an argument: no shell is involved",
        ),
        (
            "components: { a: { run: [a], service: s } }\nsafety: { budgets: { s: { keep_healthy_at_least: 2 } } }",
            "`s` has 1 members, it can never keep 2 healthy",
        ),
    ];
    for (text, message) in known {
        let said: Vec<String> = load(text).warnings.into_iter().map(|warning| warning.message).collect();
        assert!(said.iter().any(|said| said == message), "{text}: {said:?}");
    }
    for quiet in [
        format!("{SMALLEST}people: {{ ann: [operator, sre_lead] }}"),
        "components: { a: { type: cluster, run: [a] }, b: { type: nodejs, run: [b] } }".into(),
        "components: { a: { type: postgress, run: [a] } }\n\
         playbooks: [{ name: p, trigger: { type: postgress, state: unhealthy }, steps: [restart] }]"
            .into(),
        "components: { a: { run: [a] } }\n\
         escalation: [{ when: { severity: { at_least: SEV1 } }, chain: [{ notify: a }] }, { chain: [{ notify: b }] }]"
            .into(),
        "people: { ann: [boss, cto] }\nsafety: { approval: { any_of: [boss] } }\ncomponents: { a: { run: [a] } }"
            .into(),
    ] {
        let said = load(&quiet).warnings;
        assert!(said.is_empty(), "{quiet}: {said:?}");
    }
}

#[test]
fn what_a_check_or_a_step_asks_is_looked_at_as_far_as_it_can_be_known() {
    let check = |text: &str| format!("components: {{ c: {{ run: [c], checks: [{text}] }} }}");
    let step = |text: &str| {
        format!(
            "components: {{ c: {{ run: [c] }} }}\nplaybooks: [{{ name: p, trigger: c.unhealthy, steps: [{text}] }}]"
        )
    };
    let adapter =
        |text: &str| format!("components: {{ c: {{ run: [c] }} }}\nactions: {{ x: {{ risk: low, adapter: {text} }} }}");
    let known = [
        (check("{ exec: { argv: 'ls -la' } }"), "as a list, found `ls -la` did you mean `[ls, -la]`?"),
        (check("{ exec: 'ps | wc' }"), "did you mean `[sh, -c, \"ps | wc\"]`?"),
        (step("{ exec: { argv: 'ls -la' } }"), "2:70 `argv` expects a program and its arguments as a list"),
        (step("{ action: exec, argv: 'ls -la' }"), "as a list, found `ls -la` did you mean `[ls, -la]`?"),
        (step("{ exec: 'ls -la' }"), "`exec` expects a program and its arguments as a list"),
        (adapter("{ exec: 'ls -la' }"), "`exec` expects a program and its arguments as a list"),
        (check("{ http: { url: nope } }"), "`nope` does not begin with `http://`"),
        (check("{ http: 'http://a:99999/' }"), "has a port that is not from 1 to 65535"),
        (check("{ http: 'http://a;b/' }"), "a character that no host has"),
        (check("{ http: { url: 'http://a/', method: HEAD, contains: ok } }"), "the answer to HEAD has no text"),
        (step("{ http: { url: nope } }"), "`url` expects an absolute URL, but `nope` does not begin"),
        (step("{ http: nope }"), "`http` expects an absolute URL, but `nope` does not begin"),
        (step("{ http: { url: 'http://${component}/' } }"), "a value would name the host"),
        (step("{ http: { url: 'host/${component}' } }"), "`host/…` does not begin with `http://`"),
        (adapter("{ http: nope }"), "`http` expects an absolute URL, but `nope` does not begin"),
        (check("{ tcp: localhost }"), "has no port"),
        (check("{ tcp: 'http://a:80' }"), "has a scheme, and a tcp address has none"),
        (check("{ tcp: '::1:80' }"), "has several colons: write `[address]:port`"),
        (check("{ tcp: '[::1]' }"), "has no port"),
        (check("{ tcp: { host: 'a:80', port: 80 } }"), "a character that no host has"),
        (check("{ tcp: { host: 'http://a', port: 80 } }"), "a blank or a slash"),
        (check("{ process: { program: /usr/sbin/nginx } }"), "found the path `/usr/sbin/nginx` did you mean `nginx`?"),
        (
            check("{ http: 'http://a/', recheck_interval: 1s }"),
            "`recheck_interval` must be longer than the timeout, which is `1s`, found `1s`",
        ),
    ];
    for (text, message) in known {
        let refusals = refusals(&text);
        assert!(refusals.len() == 1 && refusals[0].contains(message), "{text}: {refusals:?}");
    }
    for good in [
        step("{ exec: { argv: 'ls -la | wc', shell: true } }"),
        step("{ exec: ./fix }"),
        step("{ http: { url: 'https://a/x/${component}' } }"),
        adapter("{ exec: 'ls -la', shell: true }"),
        adapter("{ http: 'http://a/${component}' }"),
        check("{ tcp: { host: '::1', port: 80 } }"),
    ] {
        load(&good);
    }
}

#[test]
fn a_document_without_anything_in_it_is_called_empty() {
    for text in ["", "# only a comment\n", "---\n", "null"] {
        let refusals = refusals(text);
        assert!(refusals.len() == 1 && refusals[0].contains("the document is empty"), "{text:?}: {refusals:?}");
    }
}

#[test]
fn what_is_written_out_of_habit_is_understood_and_put_right() {
    let with = |text: &str| format!("components: {{ web: {{ run: [sh] }} }}\n{text}");
    let known = [
        (
            "components: { web: { command: [sh] } }".to_owned(),
            "unknown field `command` in a component did you mean `run`?",
        ),
        ("components: { web: { run: { argv: [sh], cwd: /tmp } } }".to_owned(), "did you mean `directory`?"),
        (
            "components: { web: { check: { http: http://a/ } } }".to_owned(),
            "takes one word, `connection` or `endpoint` did you mean `checks`?",
        ),
        ("components: [web]".to_owned(), "element 0 of `components` expects a component, found `web`"),
        (with("objective: 60s"), "`objective` expects a map, found `60s`"),
        (
            with("playbooks: [restart]"),
            "`restart` is no playbook, only a name did you mean `include: library/restart`?",
        ),
        (with("playbooks: [{ include: restart }]"), "did you mean `library/restart`?"),
        (
            with("playbooks: [{ name: p, trigger: web, steps: [restart] }]"),
            "the trigger names `web` and no state of it",
        ),
        (with("playbooks: [{ name: p, trigger: web.down, steps: [restart] }]"), "`down` is no state of `web`"),
        (
            with("playbooks: [{ name: p, trigger: web.unhealthy, steps: [{ restart: web }] }]"),
            "`restart` expects its parameters as a map",
        ),
        (with("people: [ann]"), "`people` says of each person what he may, as a map"),
        (with("people: { ann: }"), "`ann` has no role"),
        (with("escalation: [{ notify: ann }]"), "did you mean `chain`?"),
        (with("channels: { ops: https://a/x }"), "did you mean `{ webhook: \"https://a/x\" }`?"),
        (with("channels: { ops: { url: https://a/x } }"), "did you mean `webhook`?"),
    ];
    for (text, message) in known {
        let refusals = refusals(&text);
        assert!(refusals.iter().any(|refusal| refusal.contains(message)), "{text}: {refusals:?}");
    }
    for good in ["metric_of_its_own", "web.queue_depth > 5", "disk.full"] {
        load(&with(&format!("playbooks: [{{ name: p, trigger: {good}, steps: [restart] }}]")));
    }
}

#[test]
fn what_is_there_twice_is_reported_once_and_also_beside_other_mistakes() {
    let twice = refusals("components: { a: { run: [x] }, a: { run: [y] } }");
    assert_eq!(twice, ["1:32 duplicate key `a` "]);
    let listed = refusals("components: [{ name: a, run: [x] }, { name: a, run: [y] }]");
    assert_eq!(listed, ["1:37 component `a` is declared twice "]);
    let playbooks = |second: &str| {
        let first = "{ name: f, trigger: a.unhealthy, steps: [restart] }";
        refusals(&format!("components: {{ a: {{ run: [x] }} }}\nplaybooks: [{first}, {second}]"))
    };
    for second in ["{ name: f, trigger: a.unhealthy, steps: [restrat] }", "{ playbook_id: f, steps: [restrat] }"] {
        let found = playbooks(second);
        assert!(found.iter().any(|it| it.contains("the playbook `f` is there twice")), "{found:?}");
        assert!(found.iter().any(|it| it.contains("did you mean `restart`?")), "{found:?}");
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
