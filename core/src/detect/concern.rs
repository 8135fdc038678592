//! Which conditions an event may have changed.

use crate::detect::Detect;
use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::knowledge::topology::Topology;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::policy::condition::{Condition, Path};
use crate::policy::groups::SYSTEM;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The facts that follow from health.
const OF_HEALTH: [&str; 4] = ["degraded", "healthy", "state", "unhealthy"];

/// What one pass works with.
pub(super) struct View<'a> {
    pub context: &'a Context<'a>,
    pub knowledge: &'a Knowledge,
}

impl Detect {
    /// The pairs of component and playbook to evaluate, by component and in the order of the ladder.
    pub(super) fn touched<'a>(&self, view: &View<'a>, said: &[Fact]) -> Vec<(Name, &'a Playbook)> {
        let mut pairs = BTreeSet::new();
        let playbooks = view.context.policy.playbooks();
        let changed = said.iter().filter(|fact| matches!(fact.said, Conclusion::HealthChanged { .. }));
        let changed: Vec<&Name> = changed.filter_map(|fact| fact.component.as_ref()).collect();
        let regrouped = said.iter().any(regroups);
        for (place, playbook) in (0u32..).zip(playbooks).filter(|(_, one)| one.trigger.condition.is_some()) {
            let mut found = BTreeSet::new();
            if let Some(Event::SampleReported { component, metric, .. }) = view.context.event() {
                self.concerned(playbook, component, view, |path| path.name == metric.as_str(), &mut found);
            }
            for component in &changed {
                let of_health = |path: &Path| OF_HEALTH.contains(&path.name.as_str());
                self.concerned(playbook, component, view, of_health, &mut found);
                if playbook.trigger.state.is_some() && concerns(playbook, component, view) {
                    found.insert((*component).clone());
                }
            }
            if regrouped && condition_of(playbook).iter().any(|path| path.component.is_some()) {
                let begun = self.begun(playbook);
                found.extend(begun.filter(|one| concerns(playbook, one, view)).cloned());
            }
            if self.next.is_some_and(|at| at <= view.context.now) {
                found.extend(self.complete(playbook, view));
            }
            pairs.extend(found.into_iter().map(|component| (component, place)));
        }
        let playbook = |place: u32| playbooks.get(place as usize);
        pairs.into_iter().filter_map(|(component, place)| Some((component, &**playbook(place)?))).collect()
    }

    /// The components whose condition has held its time by now.
    fn complete(&self, playbook: &Playbook, view: &View<'_>) -> Vec<Name> {
        let due = self.episodes.iter().filter(|(_, episodes)| {
            let completes = episodes.get(&playbook.id).and_then(|episode| episode.completes());
            completes.is_some_and(|at| at <= view.context.now)
        });
        due.map(|(component, _)| component.clone()).collect()
    }

    /// The components for which it has begun to hold.
    fn begun(&self, playbook: &Playbook) -> impl Iterator<Item = &Name> {
        let begun = self.episodes.iter().filter(|(_, episodes)| episodes.contains_key(&playbook.id));
        begun.map(|(component, _)| component)
    }

    /// The components for which the condition is to be evaluated again, now that something `about` this one is new.
    fn concerned(
        &self,
        playbook: &Playbook,
        component: &Name,
        view: &View<'_>,
        about: impl Fn(&Path) -> bool,
        found: &mut BTreeSet<Name>,
    ) {
        let paths: Vec<&Path> = condition_of(playbook).into_iter().filter(|path| about(path)).collect();
        let named = paths.iter().any(|path| speaks_of(path, component, &view.knowledge.topology));
        let own = paths.iter().any(|path| path.component.is_none());
        if (own || named) && concerns(playbook, component, view) {
            found.insert(component.clone());
        }
        if named {
            // Said of this component, it may decide for others: those the trigger names, and those it has begun for.
            let listed = playbook.trigger.components.iter().flat_map(|name| view.knowledge.topology.members(name));
            let others = listed.chain(self.begun(playbook).cloned());
            found.extend(others.filter(|one| concerns(playbook, one, view)));
        }
    }
}

/// The names in the condition that the playbook waits for.
fn condition_of(playbook: &Playbook) -> Vec<&Path> {
    playbook.trigger.condition.as_ref().map(Condition::paths).unwrap_or_default()
}

/// Whether groups may have other members since.
fn regroups(fact: &Fact) -> bool {
    matches!(fact.said, Conclusion::ComponentRegistered {} | Conclusion::ComponentRemoved {})
}

/// Whether `path` is about `component`, or about a group that it is in.
fn speaks_of(path: &Path, component: &Name, topology: &Topology) -> bool {
    let Some(named) = path.component.as_deref() else { return false };
    let group = Name::new(named);
    group == *component
        || topology.component(&group).is_none() && (named == SYSTEM || topology.is_member(component, &group))
}

/// Whether the trigger of the playbook is about the component, as that is now.
pub(super) fn concerns(playbook: &Playbook, component: &Name, view: &View<'_>) -> bool {
    let component = view.knowledge.topology.component(component);
    component.is_some_and(|component| playbook.trigger.concerns(component))
}
