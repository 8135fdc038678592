//! The components in force, where they are and what they depend on.

mod counts;
mod tally;

pub use crate::knowledge::topology::counts::Counts;
pub use crate::knowledge::topology::tally::Share;
use crate::knowledge::topology::tally::Tally;
use crate::model::area::Area;
use crate::model::health::State;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::primitives::table::Table;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hashbrown::HashTable;

/// The place of a component in the tables that are kept by component. Never shown: names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// The index into a table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The components in force.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    components: Vec<Option<Arc<Component>>>,
    free: Vec<Slot>,
    index: HashTable<Slot>,
    /// Services and groups of more than the component itself.
    groups: BTreeMap<Name, Group>,
    /// The state of the component in each slot, as it is counted.
    states: Vec<State>,
    /// How many components there are in each state.
    all: Counts,
    dependents: BTreeMap<Name, BTreeSet<Name>>,
    /// Those with a check of consistency.
    consistency: BTreeSet<Name>,
    /// How many components there are in each place, service and group.
    sizes: Table<Area, u32>,
    tally: Tally,
}

/// A service or group.
#[derive(Clone, Debug, Default)]
struct Group {
    members: BTreeSet<Name>,
    counts: Counts,
}

impl Topology {
    /// How many components there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many slots a table by component needs.
    pub fn slots(&self) -> usize {
        self.components.len()
    }

    /// The slot of `name`.
    pub fn slot(&self, name: &Name) -> Option<Slot> {
        let same = |slot: &Slot| self.at(*slot).is_some_and(|component| component.name == *name);
        self.index.find(name.hash(), same).copied()
    }

    /// The component in `slot`.
    pub fn at(&self, slot: Slot) -> Option<&Arc<Component>> {
        self.components.get(slot.index())?.as_ref()
    }

    /// The component called `name`.
    pub fn component(&self, name: &Name) -> Option<&Arc<Component>> {
        self.at(self.slot(name)?)
    }

    /// All components with their slots, in no order that may be shown.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Arc<Component>)> {
        (0u32..).zip(&self.components).filter_map(|(i, component)| Some((Slot(i), component.as_ref()?)))
    }

    /// All components by name.
    pub fn by_name(&self) -> Vec<&Arc<Component>> {
        let mut all: Vec<_> = self.components.iter().flatten().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The members of the service or group `name`, by name; a component alone is a service of one.
    pub fn members(&self, name: &Name) -> Vec<Name> {
        match self.groups.get(name) {
            Some(group) => group.members.iter().cloned().collect(),
            None => self.component(name).map(|component| component.name.clone()).into_iter().collect(),
        }
    }

    /// The services and groups, by name; a component alone is none.
    pub fn groups(&self) -> impl Iterator<Item = &Name> {
        self.groups.keys()
    }

    /// Whether `component` is of the service or group `group`.
    pub fn is_member(&self, component: &Name, group: &Name) -> bool {
        self.groups.get(group).map_or(component == group, |group| group.members.contains(component))
    }

    /// How many members of the service or group `name` are in each state; a component alone is a service of one.
    pub fn counts(&self, name: &Name) -> Option<Counts> {
        match self.groups.get(name) {
            Some(group) => Some(group.counts),
            None => self.component(name).map(|_| Counts::one(self.state(name))),
        }
    }

    /// How many components are in each state.
    pub fn all(&self) -> Counts {
        self.all
    }

    /// The state of `name` as it is counted.
    pub fn state(&self, name: &Name) -> State {
        self.slot(name).map(|slot| self.state_in(slot)).unwrap_or_default()
    }

    /// Counts the component in `slot` as being in `state` from here on.
    pub fn observe(&mut self, slot: Slot, state: State) {
        let before = self.state_in(slot);
        let Some(component) = self.at(slot).filter(|_| before != state).cloned() else { return };
        for group in groups_of(&component) {
            if let Some(group) = self.groups.get_mut(group) {
                group.counts.take_out(before);
                group.counts.add(state);
            }
        }
        self.all.take_out(before);
        self.all.add(state);
        if let Some(place) = self.states.get_mut(slot.index()) {
            *place = state;
        }
    }

    fn state_in(&self, slot: Slot) -> State {
        self.states.get(slot.index()).copied().unwrap_or_default()
    }

    /// What depends directly on `name`, or on a service or group that it is of, by name.
    pub fn dependents(&self, name: &Name) -> BTreeSet<&Name> {
        self.all_dependents(name).collect()
    }

    /// Whether any depend on it, or on its service.
    pub fn has_dependents(&self, name: &Name) -> bool {
        self.all_dependents(name).next().is_some()
    }

    fn all_dependents<'a: 'n, 'n>(&'a self, name: &'n Name) -> impl Iterator<Item = &'a Name> {
        let known = self.component(name).into_iter().flat_map(|component| component.names());
        let names = known.chain([name]);
        names.filter_map(|name| self.dependents.get(name)).flatten().filter(move |one| *one != name)
    }

    /// The components of which a check looks whether their data is consistent, by name.
    pub fn checked_for_consistency(&self) -> impl Iterator<Item = &Name> {
        self.consistency.iter()
    }

    /// Whether a check of `component` looks whether its data are consistent.
    pub fn is_checked_for_consistency(&self, component: &Name) -> bool {
        self.consistency.contains(component)
    }

    /// How many components are in `area`.
    pub fn size(&self, area: &Area) -> u32 {
        match area {
            Area::All => u32::try_from(self.len()).unwrap_or(u32::MAX),
            area => self.sizes.get(area).copied().unwrap_or(0),
        }
    }

    /// How many components are in `cluster`.
    pub fn in_cluster(&self, cluster: &Name) -> u32 {
        self.tally.in_cluster(cluster)
    }

    /// Whether anything says on which host it is: where nothing does, hosts are no matter of this fleet; else they are not
    /// known of what does not say so.
    pub fn knows_hosts(&self) -> bool {
        self.tally.knows_hosts()
    }

    /// Whether anything says in which cluster it is.
    pub fn knows_clusters(&self) -> bool {
        self.tally.knows_clusters()
    }

    /// Whether anything says in which region it is.
    pub fn knows_regions(&self) -> bool {
        self.tally.knows_regions()
    }

    /// How much of the fleet `components` are.
    pub fn share_of<'a>(&self, components: impl Iterator<Item = &'a Component>) -> Share {
        self.tally.share_of(components)
    }

    /// Adds a component, or puts it in the place of the one with its name.
    pub fn register(&mut self, component: Arc<Component>) -> Slot {
        if let Some(slot) = self.slot(&component.name) {
            let state = self.state_in(slot);
            self.unlink(slot);
            self.link(&component, state);
            if let Some(place) = self.components.get_mut(slot.index()) {
                *place = Some(component);
            }
            return slot;
        }
        self.link(&component, State::Unknown);
        let hash = component.name.hash();
        let slot = self.free.pop().unwrap_or_else(|| {
            self.components.push(None);
            self.states.push(State::Unknown);
            Slot(u32::try_from(self.components.len().saturating_sub(1)).unwrap_or(u32::MAX))
        });
        if let Some(place) = self.components.get_mut(slot.index()) {
            *place = Some(component);
        }
        let components = &self.components;
        let rehash = |slot: &Slot| {
            components.get(slot.index()).and_then(Option::as_ref).map_or(0, |component| component.name.hash())
        };
        self.index.insert_unique(hash, slot, rehash);
        slot
    }

    /// Takes a component out.
    pub fn remove(&mut self, name: &Name) -> Option<Slot> {
        let slot = self.slot(name)?;
        self.unlink(slot);
        if let Ok(entry) = self.index.find_entry(name.hash(), |found| *found == slot) {
            entry.remove();
        }
        if let Some(place) = self.components.get_mut(slot.index()) {
            *place = None;
        }
        if let Some(place) = self.states.get_mut(slot.index()) {
            *place = State::Unknown;
        }
        self.free.push(slot);
        Some(slot)
    }

    fn link(&mut self, component: &Component, state: State) {
        self.tally.add(component);
        if component.checks.iter().any(|check| check.consistency) {
            self.consistency.insert(component.name.clone());
        }
        self.all.add(state);
        for group in groups_of(component) {
            let group = self.groups.entry(group.clone()).or_default();
            group.members.insert(component.name.clone());
            group.counts.add(state);
        }
        for needed in &component.depends_on {
            self.dependents.entry(needed.clone()).or_default().insert(component.name.clone());
        }
        for area in areas(component) {
            let size = self.sizes.or_insert_with(&area, || 0);
            *size = size.saturating_add(1);
        }
    }

    fn unlink(&mut self, slot: Slot) {
        let Some(component) = self.at(slot).cloned() else { return };
        let state = self.state_in(slot);
        self.tally.take_out(&component);
        self.consistency.remove(&component.name);
        self.all.take_out(state);
        for name in groups_of(&component) {
            let Some(group) = self.groups.get_mut(name) else { continue };
            group.members.remove(&component.name);
            group.counts.take_out(state);
            if group.members.is_empty() {
                self.groups.remove(name);
            }
        }
        for needed in &component.depends_on {
            take_out(&mut self.dependents, needed, &component.name);
        }
        for area in areas(&component) {
            let left = self.sizes.get(&area).map_or(0, |size| size.saturating_sub(1));
            match left {
                0 => drop(self.sizes.remove(&area)),
                left => drop(self.sizes.insert(&area, left)),
            }
        }
    }
}

/// What `component` has in common with others, from the nearest on; [`Area::All`] besides.
pub fn areas(component: &Component) -> Vec<Area> {
    let place = &component.place;
    let near =
        place.service.iter().cloned().map(Area::Service).chain(component.groups.iter().cloned().map(Area::Group));
    let far = [
        place.host.clone().map(Area::Host),
        place.cluster.clone().map(Area::Cluster),
        place.region.clone().map(Area::Region),
    ];
    near.chain(far.into_iter().flatten()).collect()
}

/// The services and groups that `component` is in, each once.
fn groups_of(component: &Component) -> impl Iterator<Item = &Name> {
    let service = component.place.service.as_ref();
    service.into_iter().chain(component.groups.iter().filter(move |group| Some(*group) != service))
}

fn take_out(sets: &mut BTreeMap<Name, BTreeSet<Name>>, key: &Name, member: &Name) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(member);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
