//! SPEC R2: every action of the registry says all of what the deciding needs to know of it.
#![cfg(feature = "yaml")]

mod common;

use common::{Actions, problems, shipped};
use homeostat_core::model::severity::Risk;
use homeostat_core::model::value::Value;
use homeostat_core::policy::actions::{Action, ActionClass, Adapter, ParameterKind, Reversal, Touches};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::draft::action::Registry;
use homeostat_core::policy::problem::Problems;
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::time::Span;
use std::collections::BTreeSet;

/// The actions that SPEC R2 names, in its order.
const NAMED: &str = "
    notify restart failover verify scale wait restart_service cleanup_temp_files rotate_logs package_manager_clean
    archive increase_resource_limit expand_volume restart_vm restart_pod scale_deployment drain_node
    clear_evicted_pods replace_node rollback_deployment shift_traffic switch_traffic disable_feature
    restore_checkpoint clear_cache circuit_breaker_reset kill_long_running_queries vacuum_database rebuild_indexes
    create_index tune_connection_pool promote_replica flush_dns_cache restart_network_interface
    update_firewall_rules reset_firewall_rules update_routing_table renew_certificate apply_patch isolate_resource
    reconcile_configuration repair_lockfile clear_ci_cache retry_job create_ticket http exec";

/// The actions as an own document changes or adds to them.
fn with(text: &str) -> Actions {
    let problems = Problems::new();
    let mut registry = Registry::shipped(&Open, &problems);
    common::clean("actions.yaml", text, |root| registry.read_file(root, &Open));
    let actions = registry.finish(&problems);
    assert_eq!(problems.into_sorted(), []);
    actions
}

fn own(actions: &Actions) -> impl Iterator<Item = &Action> {
    actions.iter().filter(|(name, action)| **name == action.name).map(|(_, action)| &**action)
}

#[test]
fn r2_every_action_says_what_it_does_takes_touches_and_shows() {
    let actions = shipped();
    for name in NAMED.split_whitespace() {
        assert!(actions.get(name).is_some_and(|action| action.name.as_str() == name), "{name} is an action of its own");
    }
    for action in own(&actions) {
        let name = &action.name;
        assert!(!action.documentation.is_empty() && action.category.as_str() != "custom", "{name}");
        assert!(!action.verify.shows.is_empty(), "{name} does not say what shows that it worked");
        let engine = action.adapter == Adapter::Engine;
        let timed = action.verify.settle.is_some() && action.verify.within.is_some();
        assert!(timed || engine || action.touches == Touches::Nothing, "{name} does not say when that can be seen");
        for (parameter, definition) in &action.parameters {
            let vague = definition.kind == ParameterKind::Any;
            // What a host's adapter gave out before it takes back as it is.
            let known = ["limit", "max_limit", "rules", "routes", "status"].contains(&&**parameter);
            assert!(!vague || known, "{name}.{parameter} takes anything");
        }
    }
}

#[test]
fn r2_the_bounds_are_those_of_the_specification() {
    let actions = shipped();
    let percentage = |most: i32| ParameterKind::Percentage { max: Some(Finite::from(most)) };
    for (action, most) in [("increase_resource_limit", 50), ("expand_volume", 20), ("tune_connection_pool", 25)] {
        let by = &actions[action].parameters["increase_by"];
        assert_eq!((&by.kind, &by.default), (&percentage(most), &Some(Value::Number(most.into()))), "{action}");
    }
    for (action, parameter) in [("scale", "replicas"), ("scale_deployment", "replicas")] {
        let bounds = ParameterKind::Number { min: Some(1.into()), max: Some(10.into()) };
        assert_eq!(actions[action].parameters[parameter].kind, bounds, "{action}");
    }
    for text in ["expand_volume: { increase_by: 21% }", "scale: { replicas: 11 }", "scale: { replicas: 0 }"] {
        let found = problems(&format!("name: p\ntrigger: {{ state: unhealthy }}\nsteps:\n  - {text}\n"));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
}

#[test]
fn r2_what_is_sensitive_says_so() {
    let actions = shipped();
    let of = |class: ActionClass| -> Vec<&str> {
        own(&actions).filter(|action| action.classes.contains(&class)).map(|action| action.name.as_str()).collect()
    };
    assert_eq!(of(ActionClass::SchemaChange), ["create_index", "drop_index"]);
    assert_eq!(of(ActionClass::Upgrade), ["apply_patch"]);
    assert!(of(ActionClass::DatabaseChange).contains(&"promote_replica"));
    assert!(of(ActionClass::SecurityPolicyChange).contains(&"update_firewall_rules"));
    assert!(of(ActionClass::NetworkReconfiguration).contains(&"update_routing_table"));
    assert!(of(ActionClass::Deletion).contains(&"cleanup_temp_files"));
    for action in own(&actions).filter(|action| action.category.as_str() == "database") {
        let reads = action.name.as_str() == "kill_long_running_queries";
        assert!(reads || action.classes.contains(&ActionClass::DatabaseChange), "{}", action.name);
    }
    let words: BTreeSet<&str> = ActionClass::ALL.iter().map(|class| class.as_str()).collect();
    assert_eq!(words.len(), ActionClass::ALL.len());
    for class in ActionClass::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
}

#[test]
fn r2_what_cannot_be_undone_is_known() {
    let actions = shipped();
    for action in own(&actions).filter(|action| action.risk == Risk::Critical) {
        assert_eq!(action.reversal, Reversal::Irreversible, "{}", action.name);
    }
    for action in own(&actions) {
        let Some(undo) = action.reversal.undo() else { continue };
        assert!(actions.contains_key(&undo.action), "{}", action.name);
    }
    let before: Vec<String> =
        actions["failback"].preconditions.iter().map(|condition| condition.name.to_string()).collect();
    assert_eq!(before, ["healthy"], "work goes back only to what is healthy again");
}

#[test]
fn r2_a_change_keeps_what_it_does_not_say() {
    let actions = with(
        "actions: { restart_pod: { risk: high, classes: [upgrade, deletion] }, clear_cache: { verify: { shows: x } } }",
    );
    let (restart, clear) = (&actions["restart_pod"], &actions["clear_cache"]);
    assert_eq!(restart.classes, BTreeSet::from([ActionClass::Deletion, ActionClass::Upgrade]));
    assert_eq!(restart.verify, shipped()["restart_pod"].verify);
    assert_eq!(clear.classes, shipped()["clear_cache"].classes);
    assert_eq!((clear.verify.shows.as_str(), clear.verify.settle), ("x", None));
}

#[test]
fn r2_a_playbook_that_does_not_say_is_judged_by_all_its_actions() {
    let mine = "actions:
  a: { risk: low, verify: { condition: miss_rate < 20%, settle: 40s, within: 50s } }
  b: { risk: low, verify: queue_length < 10 }
  c: { risk: low, verify: { condition: miss_rate < 20%, within: 45s, stability: 9m } }
  d: { risk: low }
";
    let actions = with(mine);
    let verification = |steps: &str| {
        let text = format!("name: p\ntrigger: {{ state: unhealthy }}\nsteps: [{steps}]\n");
        common::playbook("p.yaml", &text, &actions).verification
    };
    let (seconds, minutes) = (Span::from_secs, Span::from_mins);
    let all = verification("a, b, c, d");
    assert_eq!((all.settle, all.within, all.stability), (seconds(40), seconds(50), minutes(9)));
    assert_eq!(all.condition.unwrap().to_string(), "miss_rate < 20% AND queue_length < 10");
    let none = verification("d");
    assert_eq!((none.settle, none.within, none.stability), (seconds(5), seconds(30), minutes(5)));
    assert_eq!(none.condition, None);
    let one = verification("b");
    assert_eq!(one.condition.unwrap().to_string(), "queue_length < 10");
    // What settles late is looked at for as long again.
    let late = with("actions: { a: { risk: low, verify: { settle: 40s } } }");
    let text = "name: p\ntrigger: { state: unhealthy }\nsteps: [a]\n";
    let late = common::playbook("p.yaml", text, &late).verification;
    assert_eq!((late.settle, late.within), (seconds(40), seconds(80)));
    let own = common::playbook("p.yaml", &format!("{text}verify: {{ settle: 1s, within: 9s }}\n"), &actions);
    assert_eq!((own.verification.settle, own.verification.condition), (seconds(1), None));
}

#[test]
fn r2_what_is_wrong_with_a_verification_of_an_action_is_found() {
    let text = "actions:
  a: { risk: low, verify: { settle: 3s, within: 2s } }
  b: { risk: low, verify: { within: 0s } }
  c: { risk: low, verify: { stability: 0s } }
  d: { risk: low, verify: queue_length < }
  e: { risk: low, classes: [upgrades] }
";
    let problems = Problems::new();
    let mut registry = Registry::shipped(&Open, &problems);
    let (_, found) = common::read("actions.yaml", text, |root| registry.read_file(root, &Open));
    let found: Vec<(u32, &str)> = found.iter().map(|problem| (problem.place.line, problem.message.as_str())).collect();
    let impossible = "impossible timing: evidence counts only after `settle`, and `within` ends before";
    assert_eq!(found[..2], [(2, impossible), (3, impossible)]);
    assert_eq!(found[2].0, 4);
    assert_eq!(found[3].0, 5);
    assert_eq!(found[4..], [(6, "element 0 of `classes` is unknown: `upgrades`")]);
    let fits = |verify: &str| with(&format!("actions: {{ a: {{ risk: low, verify: {verify} }} }}"));
    fits("{ settle: 2s, within: 2s }");
}
