//! Undoing by going back to a checkpoint (SPEC R8): it is named before the first step changes anything, and known to be
//! whole before anything is put back. Where that is not known nothing is changed, and a person is called.

use super::{Undone, Way};
use crate::model::command::{Execution, Means, Purpose};
use crate::model::event::{Outcome, OutcomeResult};
use crate::model::gate::Occasion;
use crate::model::ids::CommandId;
use crate::model::value::Value;
use crate::policy::actions::{Argument, Undo};
use crate::policy::playbook::Strategy;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Run, Status};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What the checkpoint is called among what is read before the first step.
pub const CHECKPOINT: &str = "checkpoint";
/// What a host answers `verified` to when it has looked at the whole checkpoint.
const INTEGRITY: &str = "checkpoint_integrity";

impl Run {
    /// Whether it goes back to a checkpoint.
    pub fn has_checkpoint(&self) -> bool {
        self.playbook.rollback && matches!(self.playbook.strategy, Strategy::Checkpoint { .. })
    }

    /// What puts its component back to the checkpoint.
    pub fn restore(&self) -> Option<Undo> {
        let Strategy::Checkpoint { restore } = &self.playbook.strategy else { return None };
        let reference = Argument::Reference(Name::new(&format!("before.{CHECKPOINT}")));
        let parameters = BTreeMap::from([(Arc::from(CHECKPOINT), reference)]);
        Some(Undo { action: restore.clone(), parameters, capture: Vec::new() })
    }

    /// The step before which the checkpoint was named, if anything was started.
    pub fn to_checkpoint(&self) -> Vec<u32> {
        if !self.steps.iter().any(|progress| progress.started && !progress.undone) {
            return Vec::new();
        }
        let named = (0..).zip(&self.steps).find(|(_, progress)| progress.before.contains_key(CHECKPOINT));
        Vec::from([named.map_or(0, |(index, _)| index)])
    }
}

impl Work<'_, '_> {
    /// The command that looks whether the checkpoint is whole.
    pub(super) fn look_at_checkpoint(&mut self, run: &mut Run, index: u32) -> Result<Arc<Execution>, Undone> {
        let Some((undo, (planned, progress))) = run.restore().zip(run.step(index)) else { return Err(Undone::Whole) };
        let (planned, checkpoint) = (planned.clone(), progress.before.get(CHECKPOINT).cloned());
        let Some((checkpoint, action)) = checkpoint.zip(run.actions.get(&undo.action).cloned()) else {
            self.undo_failed(run, "no checkpoint was named before the first step");
            return Err(Undone::Failed);
        };
        let decision = self.gate(run, Occasion::Rollback, Some(&action), Some(index));
        self.report(run, Occasion::Rollback, Some(&planned.id), &decision);
        if decision.refusal().is_some() {
            return Err(Undone::Refused);
        }
        let purpose = Purpose::Capture;
        // Readings before a step count its tries from 1.
        let attempt = u32::MAX.saturating_sub(run.looks_at_checkpoint(index));
        let execution = Arc::new(Execution {
            id: CommandId::derive(run.id, index, attempt, purpose.as_str()),
            epoch: self.desk.context.epoch,
            purpose,
            incident: run.incident,
            run: run.id,
            step: planned.id.clone(),
            attempt: 1,
            action: action.name.clone(),
            target: planned.target.clone(),
            parameters: BTreeMap::from([(Arc::from(CHECKPOINT), checkpoint)]),
            means: Means::Capture(Vec::from([Name::new(INTEGRITY)])),
            idempotent: true,
            plan: run.plan.digest,
            not_after: self.desk.now().after(Span::from_secs(30)),
            timeout: action.timeout,
        });
        self.say_started(run, &execution);
        Ok(execution)
    }

    /// What the host found of the checkpoint.
    pub fn looked_at_checkpoint(&mut self, run: &mut Run, outcome: &Outcome) {
        let found = outcome.outputs.get(INTEGRITY);
        let whole = outcome.result == OutcomeResult::Succeeded
            && found.is_some_and(|value| value.as_text() == Some("verified") || *value == Value::Bool(true));
        let again = run.to_checkpoint();
        if let (OutcomeResult::NotStarted, Status::RollingBack { flight, left, not_begun, .. }) =
            (outcome.result, &mut run.status)
        {
            (*flight, *not_begun) = (None, Some(outcome.detail.clone()));
            left.clear();
            again.iter().for_each(|index| run.look_anew(*index));
            return;
        }
        if let Status::RollingBack { flight, left, failed, way, .. } = &mut run.status {
            *flight = None;
            *failed = !whole;
            *left = if whole { again } else { Vec::new() };
            *way = Some(Way::Checkpoint { whole });
        }
        if !whole {
            self.undo_failed(run, "the checkpoint is not known to be whole; nothing was put back");
        }
    }
}
