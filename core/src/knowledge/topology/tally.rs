//! What the whole fleet comes to, counted as components come and go: nothing has to look at all of them.

use crate::policy::components::Component;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};

/// What the whole fleet comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    instances: u32,
    /// Members by cluster.
    clusters: BTreeMap<Name, u32>,
    /// How many say in which region they are.
    in_regions: u32,
    /// How many say on which host they are.
    on_hosts: u32,
    /// Members by service, of those that name one.
    services: BTreeMap<Name, u32>,
    /// Components that are a service of their own.
    alone: u32,
    users: Sum,
    /// In hundredths.
    revenue: Sum,
}

/// A sum over those who say how much, and how many they are.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    total: u128,
    said: u32,
}

/// How much of the fleet something is, in hundredths of a percent: 10,000 is all of it, or not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Of the users.
    pub users: u32,
    /// Of the services.
    pub services: u32,
    /// Of the instances.
    pub instances: u32,
    /// Of what an hour is worth.
    pub revenue: u32,
}

/// All of it.
const WHOLE: u32 = 10_000;

impl Tally {
    pub fn in_cluster(&self, cluster: &Name) -> u32 {
        self.clusters.get(cluster).copied().unwrap_or(0)
    }

    /// Whether anything says on which host it is.
    pub fn knows_hosts(&self) -> bool {
        self.on_hosts > 0
    }

    /// Whether anything says in which cluster it is.
    pub fn knows_clusters(&self) -> bool {
        !self.clusters.is_empty()
    }

    /// Whether anything says in which region it is.
    pub fn knows_regions(&self) -> bool {
        self.in_regions > 0
    }

    pub fn add(&mut self, component: &Component) {
        self.instances = self.instances.saturating_add(1);
        self.in_regions = self.in_regions.saturating_add(u32::from(component.place.region.is_some()));
        self.on_hosts = self.on_hosts.saturating_add(u32::from(component.place.host.is_some()));
        for (counts, name) in self.places(component) {
            let count = counts.entry(name).or_insert(0);
            *count = count.saturating_add(1);
        }
        self.alone = self.alone.saturating_add(u32::from(component.place.service.is_none()));
        self.users.add(component.users);
        self.revenue.add(hundredths(component));
    }

    pub fn take_out(&mut self, component: &Component) {
        self.instances = self.instances.saturating_sub(1);
        self.in_regions = self.in_regions.saturating_sub(u32::from(component.place.region.is_some()));
        self.on_hosts = self.on_hosts.saturating_sub(u32::from(component.place.host.is_some()));
        for (counts, name) in self.places(component) {
            if let Some(count) = counts.get_mut(&name) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    counts.remove(&name);
                }
            }
        }
        self.alone = self.alone.saturating_sub(u32::from(component.place.service.is_none()));
        self.users.take_out(component.users);
        self.revenue.take_out(hundredths(component));
    }

    fn places(&mut self, component: &Component) -> impl Iterator<Item = (&mut BTreeMap<Name, u32>, Name)> {
        let cluster = component.place.cluster.clone().map(|name| (&mut self.clusters, name));
        let service = component.place.service.clone().map(|name| (&mut self.services, name));
        cluster.into_iter().chain(service)
    }

    pub fn share_of<'a>(&self, components: impl Iterator<Item = &'a Component>) -> Share {
        let (mut instances, mut services) = (0_u32, BTreeSet::new());
        let (mut users, mut revenue) = (Sum::default(), Sum::default());
        for component in components {
            instances = instances.saturating_add(1);
            services.insert(component.service());
            users.add(component.users);
            revenue.add(hundredths(component));
        }
        let known = u32::try_from(self.services.len()).unwrap_or(u32::MAX).saturating_add(self.alone);
        let services = u32::try_from(services.len()).unwrap_or(u32::MAX);
        Share {
            users: self.users.share(users, instances),
            services: part(services.into(), known.into()),
            instances: part(instances.into(), self.instances.into()),
            revenue: self.revenue.share(revenue, instances),
        }
    }
}

impl Sum {
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.total = self.total.saturating_add(value.into());
            self.said = self.said.saturating_add(1);
        }
    }

    fn take_out(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.total = self.total.saturating_sub(value.into());
            self.said = self.said.saturating_sub(1);
        }
    }

    /// How much of it `part` is, which `of` components came to. Where one of them does not say, it could be all.
    fn share(self, part: Sum, of: u32) -> u32 {
        if part.said < of { WHOLE } else { self::part(part.total, self.total) }
    }
}

/// `part` of `total`, rounded up; of nothing it is all.
fn part(part: u128, total: u128) -> u32 {
    if total == 0 {
        return WHOLE;
    }
    let share = part.min(total).saturating_mul(WHOLE.into()).div_ceil(total);
    u32::try_from(share).unwrap_or(WHOLE)
}

fn hundredths(component: &Component) -> Option<u64> {
    // What is negative, or more than can be counted, saturates.
    component.revenue_per_hour.map(|revenue| (revenue.value() * 100.0) as u64)
}
