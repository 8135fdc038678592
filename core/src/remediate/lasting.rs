//! Whether what a run did lasted: remembered at its end, and again when the same state is back.

use crate::knowledge::Knowledge;
use crate::model::fact::{Conclusion, Fact};
use crate::model::run::RunEnd;
use crate::remediate::Remediate;
use crate::remediate::run::Run;
use crate::remediate::run::step::Work;
use crate::remediate::safety::effect::{Deed, Effect};
use crate::remediate::safety::has_effect;
use alloc::vec::Vec;

impl Remediate {
    /// What had helped did not last where the same state is back.
    pub fn note_comebacks(&mut self, knowledge: &Knowledge, said: &[Fact]) {
        for fact in said {
            let back = matches!(fact.said, Conclusion::IncidentOpened { .. } | Conclusion::IncidentReopened {});
            let incident = fact.incident.filter(|_| back).and_then(|id| knowledge.incidents.get(id));
            if let Some(incident) = incident {
                self.memory.effects.came_back(&incident.component, &incident.issue);
            }
        }
    }
}

impl Work<'_, '_> {
    /// Remembers what `run` did, and whether it helped. What failed itself, or was called off, says nothing about that.
    pub fn remember_effect(&mut self, run: &Run, end: RunEnd) {
        let effect = match end {
            RunEnd::Failed | RunEnd::Partial => Effect::None,
            RunEnd::Succeeded => Effect::Helped,
            RunEnd::Cancelled | RunEnd::NotStarted | RunEnd::Told | RunEnd::Uncertain => return,
        };
        let component = self.desk.knowledge.topology.component(&self.incident.component);
        if let (Effect::Helped, Some(component)) = (effect, component) {
            self.memory.doubts.remedied(&self.incident.issue, &component.kind);
        }
        let carried_out =
            run.steps.iter().all(|progress| progress.ended_as("succeeded") || progress.ended_as("skipped"));
        if carried_out {
            let now = self.desk.now();
            self.memory.effects.record(self.incident, deeds(run), effect, now);
        }
    }
}

/// What the run did that was meant to change anything.
fn deeds(run: &Run) -> Vec<Deed> {
    let done = run.plan.steps.iter().zip(&run.steps).filter(|(_, progress)| progress.started);
    let changing = done.filter(|(planned, _)| run.actions.get(&planned.step.action).is_some_and(|a| has_effect(a)));
    changing.map(|(planned, _)| (planned.step.action.clone(), planned.target.clone())).collect()
}
