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
    let services: BTreeSet<&Name> = hit.iter().map(|component| component.service()).collect();
    let cluster = |component: &Component| component.place.cluster.clone();
    let known: BTreeSet<Name> = hit.iter().filter_map(|component| cluster(component)).collect();
    let much = known.iter().any(|cluster| is_half(&hit, cluster, topology));
    let clusters = places(&hit, topology.knows_clusters(), cluster);
    let regions = places(&hit, topology.knows_regions(), |component| component.place.region.clone());
    let services = count(services.len());
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

/// In how many places what is hit may be. Where the fleet knows such places, a service of which it is not said may be in
/// one of its own; where nothing says it, all of it is in one.
fn places(hit: &[&Arc<Component>], known: bool, of: impl Fn(&Component) -> Option<Name>) -> u32 {
    let places: BTreeSet<Name> = hit.iter().filter_map(|component| of(component)).collect();
    let unsaid = hit.iter().filter(|component| known && of(component).is_none());
    let unsaid: BTreeSet<&Name> = unsaid.map(|component| component.service()).collect();
    count(places.len().saturating_add(unsaid.len()))
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
