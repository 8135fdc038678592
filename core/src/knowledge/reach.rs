//! How far something reaches over the fleet (SPEC B1): what is sick in an incident, or what an action can hit.

use crate::knowledge::topology::{Share, Topology};
use crate::model::radius::{Level, Reach};
use crate::policy::components::Component;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// More services than this are as much as a cluster.
const MOST_SERVICES: u32 = 5;

/// How far `names` reach together.
pub fn reach<'a>(names: impl IntoIterator<Item = &'a Name>, topology: &Topology) -> Reach {
    let names: BTreeSet<&Name> = names.into_iter().collect();
    let hit: Vec<&Arc<Component>> = names.into_iter().filter_map(|name| topology.component(name)).collect();
    let distinct = |pick: fn(&Component) -> Option<&Name>| -> BTreeSet<&Name> {
        hit.iter().filter_map(|component| pick(component)).collect()
    };
    let services = distinct(|component| Some(component.service()));
    let clusters = distinct(|component| component.place.cluster.as_ref());
    let regions = distinct(|component| component.place.region.as_ref());
    let much = clusters.iter().any(|cluster| is_half(&hit, cluster, topology));
    let (services, clusters, regions) = (count(services.len()), count(clusters.len()), count(regions.len()));
    let level = if regions > 1 {
        Level::MultiRegion
    } else if clusters > 1 || services > MOST_SERVICES || much {
        Level::ClusterWide
    } else if services > 1 {
        Level::MultipleServices
    } else {
        of_one_service(&hit, topology)
    };
    let share = topology.share_of(hit.iter().map(|component| component.as_ref()));
    Reach { level, instances: count(hit.len()), services, clusters, regions, score: score(&share, hit.is_empty()) }
}

fn of_one_service(hit: &[&Arc<Component>], topology: &Topology) -> Level {
    let is_dear = |component: &Arc<Component>| component.stateful || component.critical;
    let alone = |component: &Arc<Component>| topology.members(component.service()).len() <= 1;
    match hit {
        [] => Level::SingleInstance,
        [single] if !(is_dear(single) && alone(single)) => Level::SingleInstance,
        _ => Level::SingleService,
    }
}

/// Whether it is half of a cluster. One component is never much of a cluster, however small that is.
fn is_half(hit: &[&Arc<Component>], cluster: &Name, topology: &Topology) -> bool {
    let here = hit.iter().filter(|component| component.place.cluster.as_ref() == Some(cluster)).count();
    here > 1 && count(here).saturating_mul(2) >= topology.in_cluster(cluster)
}

/// Users 30, services 25, instances 20, revenue 25, each by its share of the fleet; rounded up.
fn score(share: &Share, nothing: bool) -> u32 {
    if nothing {
        return 0;
    }
    let parts = [(share.users, 30), (share.services, 25), (share.instances, 20), (share.revenue, 25)];
    parts.iter().map(|(share, weight)| share * weight).sum::<u32>().div_ceil(10_000)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
