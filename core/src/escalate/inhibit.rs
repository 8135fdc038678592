//! While people have an incident, they are not called besides for what is mild and only follows from it: what is open on
//! a component that depends, also over others, on one of that incident. They are when that one is over, and in any case
//! after two hours.

use crate::escalate::{Desk, Escalate};
use crate::knowledge::topology::Topology;
use crate::model::ids::IncidentId;
use crate::model::incident::Incident;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// The longest that anything is kept back by another incident.
pub(super) const LONGEST: Span = Span::from_mins(120);
/// The most components that are looked at behind one.
const MOST_BEHIND: usize = 1_000;

impl Escalate {
    /// The incidents for which somebody would be called now, each with the one that it is kept back by.
    pub(super) fn inhibited(&self, desk: &Desk<'_>, quiet: &BTreeSet<IncidentId>) -> BTreeMap<IncidentId, IncidentId> {
        if !desk.context.policy.notifications().inhibit {
            return BTreeMap::new();
        }
        let due = self.ladders.iter().filter(|(id, ladder)| !quiet.contains(id) && ladder.is_due(desk.now()));
        due.filter_map(|(id, _)| Some((*id, self.inhibitor(*id, desk)?))).collect()
    }

    fn inhibitor(&self, id: IncidentId, desk: &Desk<'_>) -> Option<IncidentId> {
        let incidents = &desk.knowledge.incidents;
        let incident = incidents.get(id).filter(|incident| !incident.severity.at_least(Severity::Sev1))?;
        let topology = &desk.knowledge.topology;
        let holds = |other: &&Incident| {
            other.id != id
                && desk.silenced(other).is_none()
                && other.severity.at_least(incident.severity)
                && self.ladders.get(&other.id).is_some_and(|ladder| ladder.is_heard())
                // Where each depends on the other, neither keeps the other back.
                && !behind(&other.component, topology).contains(&incident.component)
        };
        behind(&incident.component, topology)
            .iter()
            .flat_map(|name| incidents.open_with(name))
            .filter(holds)
            .map(|other| other.id)
            .min()
    }
}

/// What `name` depends on, also over others, the nearest first.
fn behind(name: &Name, topology: &Topology) -> Vec<Name> {
    let mut known = BTreeSet::from([name.clone()]);
    let mut found: Vec<Name> = Vec::new();
    let mut next = 0;
    let mut at = Some(name.clone());
    while let Some(name) = at {
        let needs = topology.component(&name).into_iter().flat_map(|component| &component.depends_on);
        for member in needs.flat_map(|dependency| topology.members(dependency)) {
            if found.len() < MOST_BEHIND && known.insert(member.clone()) {
                found.push(member);
            }
        }
        at = found.get(next).cloned();
        next = next.saturating_add(1);
    }
    found
}
