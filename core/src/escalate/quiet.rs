//! About what people are not told now, because they are at work on it themselves: they are told when that ends.

use crate::escalate::Escalate;
use crate::knowledge::Knowledge;
use crate::model::ids::IncidentId;
use crate::model::severity::Severity;
use alloc::collections::BTreeSet;

impl Escalate {
    /// The incidents of which every member is under a maintenance window that holds notifications back. SEV0 is told all
    /// the same: whoever is at work there did not mean that.
    pub(super) fn quiet(&self, knowledge: &Knowledge) -> BTreeSet<IncidentId> {
        if !knowledge.windows.iter().any(|(_, opening)| opening.terms.contains("notify")) {
            return BTreeSet::new();
        }
        let ids = self.ladders.keys().chain(self.watched.keys()).chain(self.calls.keys());
        ids.copied().filter(|id| is_quiet(*id, knowledge)).collect()
    }
}

fn is_quiet(id: IncidentId, knowledge: &Knowledge) -> bool {
    let maintained = |name| {
        let component = knowledge.topology.component(name);
        component.is_some_and(|component| knowledge.windows.holding_back("notify", component).is_some())
    };
    let incident = knowledge.incidents.get(id).filter(|incident| incident.severity != Severity::Sev0);
    incident.is_some_and(|incident| incident.members.unordered().all(maintained))
}
