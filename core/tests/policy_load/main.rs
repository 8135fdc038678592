//! Policies as people write them: what they come to, and what is said about their mistakes.

mod checks;
mod groups;
mod limits;
mod mistakes;
mod outside;

use homeostat_core::model::health::Tier;
use homeostat_core::policy::components::{Ask, Check, Component};
use homeostat_core::policy::mode::Mode;
use homeostat_core::policy::problem::{Problem, render};
use homeostat_core::policy::safety::Share;
use homeostat_core::policy::{Loaded, Policy, Source};
use homeostat_core::primitives::time::Span;

const SMALLEST: &str = include_str!("../policy/smallest.yaml");
const REAL: &str = include_str!("../policy/real.yaml");

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

const SHIPPED_CHAINS: [&str; 6] =
    ["default-sev0", "critical-infrastructure", "application-services", "default-sev1", "default-sev2", "default"];

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
    let chains: Vec<&str> = policy.chains().iter().map(|chain| chain.name.as_str()).collect();
    assert_eq!(chains, SHIPPED_CHAINS);
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
    assert_eq!(chains[0], "chain-1");
    assert_eq!(chains[1..], SHIPPED_CHAINS, "they catch what the policy's own does not");
    let said: Vec<&str> = loaded.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(said.iter().any(|said| said.starts_with("`never` is kept")), "{said:?}");
    assert!(said.iter().any(|said| said.starts_with("channel `pagerduty`")), "{said:?}");
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
        (
            "safety: { sev0_allow: [restart_pods] }",
            "1:24 there is no action `restart_pods` did you mean `restart_pod`?",
        ),
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
