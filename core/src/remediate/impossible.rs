//! What the host said it has no way to do. A plan that needs it is not tried again: the next rung is.
//!
//! The core cannot know the adapters of its host; the host says so by the result `unsupported` of a command. That holds
//! until the host starts anew, the policy changes, or the target is registered anew or removed.

use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::incident::Incident;
use crate::policy::playbook::{OnFailure, Playbook};
use crate::primitives::name::Name;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::plan::{self, Plan, PlannedStep};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use serde::{Deserialize, Serialize};

/// Pairs that are remembered at most; 100 bytes each. Past it the first by name is forgotten, and tried once more.
const KEPT: usize = 1_000;

/// Actions that the host has no way to do, with the targets it said it of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impossible {
    pairs: BTreeSet<(Name, Name)>,
}

impl Impossible {
    /// The host has no way to do `action` to `target`.
    pub fn learn(&mut self, action: &Name, target: &Name) {
        if self.pairs.len() >= KEPT {
            self.pairs.pop_first();
        }
        self.pairs.insert((action.clone(), target.clone()));
    }

    /// Forgets what may be otherwise now.
    pub fn forget(&mut self, event: Option<&Event>, said: &[Fact]) {
        if self.pairs.is_empty() {
            return;
        }
        if matches!(event, Some(Event::Started { .. })) {
            self.pairs.clear();
        }
        for fact in said {
            match &fact.said {
                Conclusion::PolicyReplaced { .. } => self.pairs.clear(),
                Conclusion::ComponentRegistered {} | Conclusion::ComponentRemoved {} => {
                    self.pairs.retain(|(_, target)| Some(target) != fact.component.as_ref());
                }
                _ => {}
            }
        }
    }

    /// Why `plan` cannot be carried out to its end on this host, if that is known.
    pub fn hinders(&self, plan: &Plan) -> Option<String> {
        let known =
            |planned: &&PlannedStep| self.pairs.contains(&(planned.step.action.clone(), planned.target.clone()));
        let step = plan.steps.iter().filter(|planned| is_needed(planned)).find(known)?;
        Some(format!("step `{}`: the host has no way to do `{}` to `{}`", step.id, step.step.action, step.target))
    }
}

impl Remediate {
    /// Whether the host has no way to carry out any playbook that fits besides the one on standby.
    pub fn only_restart_is_left(
        &self,
        incident: &Incident,
        fitting: &[Arc<Playbook>],
        standby: &Playbook,
        desk: &Desk<'_>,
    ) -> bool {
        let policy = desk.context.policy;
        fitting.iter().filter(|playbook| playbook.id != standby.id).all(|playbook| {
            let actions = plan::definitions(playbook, policy);
            let planned = plan::plan(playbook, &actions, (incident, 0), policy, desk.knowledge);
            planned.is_ok_and(|plan| self.memory.impossible.hinders(&plan).is_some())
        })
    }
}

/// Whether the plan comes to nothing without the step.
fn is_needed(planned: &PlannedStep) -> bool {
    planned.fallback_of.is_none() && planned.step.condition.is_none() && planned.step.on_failure == OnFailure::Abort
}
