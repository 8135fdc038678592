//! SPEC R1: every complete playbook and every action definition of the seeds loads unmodified.

mod common;

use common::{Actions, clean, playbook, shipped};
use homeostat_core::policy::actions::{ParameterKind, Reversal};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::draft::action::Registry;
use homeostat_core::policy::problem::Problems;
use std::fs;
use std::path::PathBuf;

fn seeds(what: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/seeds");
    let mut found: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().contains(what))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    found
}

fn with_seeds() -> Actions {
    let problems = Problems::new();
    let mut registry = Registry::shipped(&Open, &problems);
    for (file, text) in seeds("-actions-") {
        clean(&file, &text, |root| registry.read_file(root, &Open));
    }
    let actions = registry.finish(&problems);
    assert_eq!(problems.into_sorted(), []);
    actions
}

#[test]
fn every_playbook_of_the_seeds_loads_unmodified_and_means_what_it_says() {
    let files = seeds("-playbook-");
    assert_eq!(files.len(), 2, "the seeds hold two complete playbooks");
    for (file, text) in files {
        let read = playbook(&file, &text, &shipped());
        insta::assert_snapshot!(file.trim_end_matches(".yaml"), serde_json::to_string_pretty(&read).unwrap());
        let again = playbook(&file, &text, &with_seeds());
        assert_eq!(read, again, "the seeds' own definitions of the actions change nothing about the plan");
    }
}

#[test]
fn every_action_definition_of_the_seeds_refines_the_shipped_action_of_that_name() {
    assert_eq!(seeds("-actions-").len(), 5, "the seeds define actions in five categories");
    let (before, after) = (shipped(), with_seeds());
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "no seed defines an unknown action"
    );
    let mut refined = 0;
    for (name, action) in after.iter().filter(|(name, action)| **name == action.name) {
        let base = &before[name];
        assert_eq!((&action.risk, &action.category), (&base.risk, &base.category), "{name}");
        assert_eq!(action.adapter, base.adapter, "the shell text of a seed gives `{name}` no adapter");
        assert_eq!(action.reversal, base.reversal, "{name}");
        refined += usize::from(action.documentation.contains("never executed"));
    }
    assert_eq!(refined, 15, "the seeds define 15 actions");
}

#[test]
fn a_seed_definition_keeps_types_and_adds_its_own_demands() {
    let actions = with_seeds();
    let scale = &actions["scale_deployment"];
    assert!(scale.parameters["max_replicas"].required, "required in the seed, optional as shipped");
    assert!(matches!(scale.parameters["replicas"].kind, ParameterKind::Number { .. }));
    assert!(matches!(scale.reversal, Reversal::Reversible(_)));
    let restart = &actions["restart_service"];
    assert_eq!(restart.timeout.ms(), 300_000, "the parameter `timeout` is the timeout of the action");
    assert!(!restart.parameters.contains_key("timeout"));
    assert_eq!(restart.parameters["service_name"].kind, ParameterKind::Component);
    let names = |name: &str| -> Vec<String> {
        actions[name].preconditions.iter().map(|precondition| precondition.condition.to_string()).collect()
    };
    assert_eq!(names("promote_replica"), ["replication_lag < 10s", "replica_healthy"]);
    let queries = &actions["kill_long_running_queries"];
    assert_eq!(queries.parameters["exclude_users"].kind, ParameterKind::List);
    assert!(actions["restart_pod"].documentation.contains("kubectl delete pod"));
}

#[test]
fn the_registry_knows_every_action_the_specification_and_the_seeds_name() {
    let named = "
        notify restart failover verify scale wait restart_service cleanup_temp_files rotate_logs package_manager_clean
        archive increase_resource_limit expand_volume restart_vm restart_pod scale_deployment drain_node
        clear_evicted_pods replace_node rollback_deployment shift_traffic switch_traffic disable_feature
        restore_checkpoint clear_cache circuit_breaker_reset kill_long_running_queries vacuum_database rebuild_indexes
        create_index tune_connection_pool promote_replica flush_dns_cache restart_network_interface
        update_firewall_rules reset_firewall_rules update_routing_table renew_certificate apply_patch isolate_resource
        reconcile_configuration repair_lockfile clear_ci_cache retry_job create_ticket http exec
        archive_to_s3 vm_restart service_restart pod_restart node_drain_and_replace clear_application_cache
        vacuum_tables failover_to_replica scale_horizontally scale_replicas restore_previous_limit
        switch_traffic_to_previous create_post_mortem";
    let actions = shipped();
    let missing: Vec<&str> = named.split_whitespace().filter(|name| !actions.contains_key(*name)).collect();
    assert_eq!(missing, [""; 0]);
}
