use super::*;
use crate::policy::{Policy, Source};
use std::format;

/// The level of an action on `targets` in a fleet of two regions, of which one has a small and a large cluster.
fn of(targets: &[&str]) -> Level {
    let mut lines = std::string::String::from("components:\n");
    let mut add = |name: &str, place: &str| {
        lines.push_str(&format!("  {name}: {{ {place}, checks: [{{ tcp: 'x:1' }}] }}\n"));
    };
    for i in 0..4 {
        add(&format!("web-{i}"), "service: web, cluster: large, region: east");
        add(&format!("api-{i}"), "service: api, cluster: large, region: east");
        add(&format!("job-{i}"), &format!("service: job-{i}, cluster: large, region: east"));
    }
    add("cache-0", "cluster: small, region: east");
    add("cache-1", "cluster: small, region: east");
    add("db", "critical: true, region: east");
    add("replica-0", "service: replica, stateful: true, region: east");
    add("replica-1", "service: replica, stateful: true, region: east");
    add("far", "region: west");
    let loaded = Policy::load(&[Source { name: "fleet.yaml".into(), text: lines }]);
    let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
    let mut topology = Topology::default();
    for component in policy.components() {
        topology.register(component.clone());
    }
    let targets: Vec<Name> = targets.iter().map(|name| (*name).into()).collect();
    reach(&targets, &topology).level
}

#[test]
fn b1_the_level_follows_from_the_targets() {
    assert_eq!(of(&[]), Level::SingleInstance);
    assert_eq!(of(&["web-0"]), Level::SingleInstance);
    assert_eq!(of(&["web-0", "web-1"]), Level::SingleService);
    assert_eq!(of(&["web-0", "api-0"]), Level::MultipleServices);
    assert_eq!(of(&["web-0", "far"]), Level::MultiRegion);
    assert_eq!(of(&["web-0", "cache-0"]), Level::ClusterWide, "two clusters");
}

/// `db`, `replica` and `far` say of no cluster in which they are.
#[test]
fn b1_a_place_that_is_not_known_may_be_another_one() {
    assert_eq!(of(&["web-0", "db"]), Level::ClusterWide, "it may be another cluster");
    assert_eq!(of(&["db", "replica-0"]), Level::ClusterWide, "so may each of them");
    assert_eq!(of(&["replica-0"]), Level::SingleInstance, "one is in one place, wherever that is");
    assert_eq!(of(&["replica-0", "replica-1"]), Level::SingleService, "one service is taken to be in one");
    let reach_of = |places: &[(&str, &str)]| {
        let mut topology = Topology::default();
        for (at, (cluster, region)) in places.iter().enumerate() {
            let mut one = crate::knowledge::fixtures::component(&format!("c-{at}"), &[]);
            let said = |place: &str| (!place.is_empty()).then(|| Name::new(place));
            (one.place.cluster, one.place.region) = (said(cluster), said(region));
            topology.register(Arc::new(one));
        }
        let names: Vec<Name> = ["c-0".into(), "c-1".into()].into();
        let reach = reach(&names, &topology);
        (reach.level, reach.clusters, reach.regions)
    };
    assert_eq!(reach_of(&[("", ""), ("", "")]), (Level::MultipleServices, 0, 0), "no places at all");
    assert_eq!(reach_of(&[("", ""), ("", ""), ("a", "")]), (Level::ClusterWide, 2, 0), "others have clusters");
    assert_eq!(reach_of(&[("", ""), ("", ""), ("", "r")]), (Level::MultiRegion, 0, 2), "others have regions");
    assert_eq!(reach_of(&[("", "r"), ("", "")]), (Level::MultiRegion, 0, 2));
    assert_eq!(reach_of(&[("", "r"), ("", "r")]), (Level::MultipleServices, 0, 1));
    let mut topology = Topology::default();
    let mut one = crate::knowledge::fixtures::component("c", &[]);
    (one.place.host, one.place.cluster, one.place.region) = (Some("h".into()), Some("k".into()), Some("r".into()));
    topology.register(Arc::new(one.clone()));
    topology.register(Arc::new(one));
    assert!(topology.knows_hosts() && topology.knows_clusters() && topology.knows_regions());
    topology.remove(&"c".into());
    assert!(!(topology.knows_hosts() || topology.knows_clusters() || topology.knows_regions()), "counted once");
}

#[test]
fn b1_the_only_instance_of_what_is_dear_is_its_service() {
    assert_eq!(of(&["db"]), Level::SingleService);
    assert_eq!(of(&["replica-0"]), Level::SingleInstance, "there is another");
}

#[test]
fn b1_half_of_a_cluster_or_more_than_five_services_are_as_much_as_a_cluster() {
    assert_eq!(of(&["cache-0"]), Level::SingleInstance, "one of two is not much");
    assert_eq!(of(&["cache-0", "cache-1"]), Level::ClusterWide);
    assert_eq!(of(&["web-0", "web-1", "web-2", "web-3", "api-0"]), Level::MultipleServices, "5 of 12");
    assert_eq!(of(&["web-0", "web-1", "web-2", "web-3", "api-0", "api-1"]), Level::ClusterWide, "6 of 12");
    assert_eq!(of(&["job-0", "job-1", "job-2", "job-3", "web-0"]), Level::MultipleServices, "5 services");
    assert_eq!(of(&["job-0", "job-1", "job-2", "job-3", "web-0", "db"]), Level::ClusterWide, "6 services");
}

#[test]
fn b1_the_score_is_the_share_of_users_services_instances_and_revenue_and_what_is_not_known_is_all() {
    let lines = "components:\n  web: { instances: 2, users: 450, revenue_per_hour: 100 }\n  \
                 db: { users: 0, revenue_per_hour: 0.5 }\n  job: { users: 100, revenue_per_hour: 199.5 }\n";
    let of = |text: &str, names: &[&str]| {
        let loaded = Policy::load(&[Source { name: "fleet.yaml".into(), text: text.into() }]);
        let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
        let mut topology = Topology::default();
        policy.components().iter().for_each(|component| {
            topology.register(component.clone());
        });
        // Registered again, it is not counted twice; what is gone is not counted at all.
        policy.components().iter().for_each(|component| {
            topology.register(component.clone());
        });
        let gone = crate::knowledge::fixtures::component("gone", &[]);
        topology.register(Arc::new(gone));
        topology.remove(&"gone".into());
        let names: Vec<Name> = names.iter().map(|name| (*name).into()).collect();
        reach(&names, &topology).score
    };
    assert_eq!(of(lines, &[]), 0);
    assert_eq!(of(lines, &["web-1"]), 34, "13.5 of users, 8.4 of services, 5 of instances, 6.25 of revenue");
    assert_eq!(of(lines, &["db"]), 14, "a third of the services, a quarter of the instances, next to no revenue");
    assert_eq!(of(lines, &["web-1", "web-2", "db", "job"]), 100);
    assert_eq!(of(lines, &["nobody"]), 0, "what is not there cannot be hit");
    let unsaid = lines.replace("users: 450, ", "");
    assert_eq!(of(&unsaid, &["web-1"]), 50, "how many users it has is not said: it could be all");
    assert_eq!(of(&unsaid, &["job"]), 56, "its users are all that is said");
    assert_eq!(of("components: { a: { users: 0 }, b: { users: 0 } }", &["a"]), 78, "of nothing it is all");
}
