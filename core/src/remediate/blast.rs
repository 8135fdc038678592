//! How much a plan can hit, by the targets it resolved to (SPEC B1).
//!
//! A first form, for the ceiling that a playbook may set: what depends on a target is not followed.

use crate::knowledge::topology::Topology;
use crate::model::radius::Level;
use crate::policy::actions::Touches;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// More services than this are as much as a cluster.
const MOST_SERVICES: usize = 5;

/// How a plan touches a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grip {
    /// It is named, nothing of it is changed.
    #[default]
    None,
    /// It is changed while it goes on serving.
    Gentle,
    /// It is out of service for a while.
    Disruptive,
}

/// The level of what `targets` says is touched.
pub fn level(targets: &BTreeMap<Name, Grip>, topology: &Topology) -> Level {
    let touched = targets.iter().filter(|(_, grip)| **grip > Grip::None);
    let touched: Vec<&Arc<Component>> = touched.filter_map(|(name, _)| topology.component(name)).collect();
    let distinct = |pick: fn(&Component) -> Option<&Name>| -> BTreeSet<&Name> {
        touched.iter().filter_map(|component| pick(component)).collect()
    };
    let services = distinct(|component| Some(component.service()));
    let clusters = distinct(|component| component.place.cluster.as_ref());
    if distinct(|component| component.place.region.as_ref()).len() > 1 {
        return Level::MultiRegion;
    }
    let much = clusters.iter().any(|cluster| is_half(&touched, cluster, topology));
    if clusters.len() > 1 || services.len() > MOST_SERVICES || much {
        return Level::ClusterWide;
    }
    if services.len() > 1 {
        return Level::MultipleServices;
    }
    let is_dear = |component: &Arc<Component>| component.stateful || component.critical;
    let alone = |component: &Arc<Component>| topology.members(component.service()).len() <= 1;
    match touched.as_slice() {
        [] => Level::SingleInstance,
        [single] if !(is_dear(single) && alone(single)) => Level::SingleInstance,
        _ => Level::SingleService,
    }
}

/// The least that an action can hit which touches so much, whatever its target.
pub const fn least(touches: Touches) -> Level {
    match touches {
        Touches::Nothing | Touches::Instance => Level::SingleInstance,
        Touches::Service => Level::SingleService,
        Touches::Cluster => Level::ClusterWide,
    }
}

/// Whether half of a cluster is touched. One component is never much of a cluster, however small that is.
fn is_half(touched: &[&Arc<Component>], cluster: &Name, topology: &Topology) -> bool {
    let is_in = |component: &Component| component.place.cluster.as_ref() == Some(cluster);
    let here = touched.iter().filter(|component| is_in(component)).count();
    let all = topology.iter().filter(|(_, component)| is_in(component)).count();
    here > 1 && here.saturating_mul(2) >= all
}

#[cfg(test)]
mod tests {
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
        level(&targets.iter().map(|name| ((*name).into(), Grip::Gentle)).collect(), &topology)
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
    fn what_is_only_named_is_not_touched() {
        let mut topology = Topology::default();
        let loaded = Policy::load(&[Source {
            name: "a.yaml".into(),
            text: "components: { a: { region: e }, b: { region: w } }".into(),
        }]);
        let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
        for component in policy.components() {
            topology.register(component.clone());
        }
        let targets = BTreeMap::from([("a".into(), Grip::None), ("b".into(), Grip::Disruptive)]);
        assert_eq!(level(&targets, &topology), Level::SingleInstance);
    }
}
