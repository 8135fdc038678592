//! What becomes of a command that undoes. One that never began has done nothing: its step is as it was before it, and a
//! command of its own undoes it later, by order, or where its time is over by itself (SPEC R8, G1).

use super::Way;
use crate::model::command::{Execution, Purpose};
use crate::model::event::{Outcome, OutcomeResult};
use crate::model::ids::CommandId;
use crate::primitives::time::Time;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Run, Status};
use alloc::format;
use serde::{Deserialize, Serialize};

/// The commands that undo a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    /// The number of the last one; no two have the same.
    attempt: u32,
    /// How many began, or may have.
    began: u32,
    /// The one by which it counts as undone.
    by: Option<CommandId>,
    /// When it was to be reverted before that.
    revert_at: Option<Time>,
}

impl Back {
    /// Whether none was given yet.
    pub fn is_unused(&self) -> bool {
        *self == Back::default()
    }
}

impl Run {
    /// The number of the next command that undoes step `index`.
    pub(super) fn attempt_to_undo(&self, index: u32) -> u32 {
        let by_degree = self.degree().map_or(1, |stage| stage.saturating_add(1));
        self.step(index).map_or(by_degree, |(_, progress)| by_degree.max(progress.back.attempt.saturating_add(1)))
    }

    /// How often it was looked at the checkpoint before going back to it.
    pub(super) fn looks_at_checkpoint(&self, index: u32) -> u32 {
        self.step(index).map_or(0, |(_, progress)| progress.back.attempt)
    }

    /// The next look at the checkpoint, if there is one, is another than those before.
    pub(super) fn look_anew(&mut self, index: u32) {
        if let Some(progress) = self.progress(index) {
            progress.back.attempt = progress.back.attempt.saturating_add(1);
        }
    }

    /// Takes note that `execution` undoes step `index`; with a checkpoint each is undone, by degrees at the last.
    pub(super) fn note_undone(&mut self, index: u32, execution: &Execution) {
        let whole_run = matches!(self.way(), Some(Way::Checkpoint { .. }));
        let in_part = self.degree().is_some_and(|stage| !self.is_last_degree(stage));
        for (at, progress) in (0..).zip(&mut self.steps) {
            if at == index {
                progress.back.attempt = execution.attempt;
                progress.back.began = progress.back.began.saturating_add(1);
            }
            if !in_part && (at == index || (whole_run && progress.started)) {
                progress.back.by = Some(execution.id);
                progress.back.revert_at = progress.revert_at.take();
                progress.undone = true;
            }
        }
    }

    /// The command `id`, which was to undo step `index`, never began: what it was about is as it was before.
    fn take_back(&mut self, index: u32, id: CommandId) {
        for (at, progress) in (0..).zip(&mut self.steps) {
            // An earlier version did not write down by what a step is undone.
            let by_it = progress.back.by == Some(id) || at == index && progress.back.is_unused();
            if at == index {
                progress.back.began = progress.back.began.saturating_sub(1);
            }
            if by_it {
                progress.back.by = None;
                progress.revert_at = progress.back.revert_at.take();
                progress.undone = false;
            }
        }
    }
}

impl Work<'_, '_> {
    /// The end of a command that undoes.
    pub fn undone(&mut self, run: &mut Run, outcome: &Outcome) {
        let Status::RollingBack { flight, left, failed, not_begun, .. } = &mut run.status else { return };
        let sent = flight.take();
        match outcome.result {
            OutcomeResult::Succeeded => {}
            OutcomeResult::NotStarted => {
                left.clear();
                *not_begun = Some(outcome.detail.clone());
                let of = |planned: &PlannedStep| sent.as_ref().is_some_and(|sent| sent.execution.step == planned.id);
                let index = (0..).zip(&run.plan.steps).find_map(|(index, planned)| of(planned).then_some(index));
                if let Some(index) = index {
                    self.never_undone(run, index, outcome.command);
                }
            }
            OutcomeResult::Failed | OutcomeResult::Unknown | OutcomeResult::Unsupported => {
                *failed = true;
                left.clear();
                self.undo_failed(run, &outcome.detail);
            }
        }
    }

    /// The end of a command that undid step `index` after the run itself was over.
    pub fn reverted(&mut self, run: &mut Run, index: u32, outcome: &Outcome, purpose: Purpose) {
        let how = match outcome.result {
            OutcomeResult::Succeeded => "succeeded",
            OutcomeResult::Failed | OutcomeResult::NotStarted | OutcomeResult::Unsupported => "failed",
            OutcomeResult::Unknown => "unknown",
        };
        self.end(run, index, how, outcome.detail.clone());
        if let Some(progress) = run.progress(index) {
            progress.revert_at = None;
        }
        match outcome.result {
            OutcomeResult::Succeeded => {}
            OutcomeResult::NotStarted => {
                self.never_undone(run, index, outcome.command);
                if purpose == Purpose::Revert {
                    self.revert_later(run, index);
                } else if run.half_done.is_none() {
                    self.note_half_done(run, &format!("undoing never began: {}", outcome.detail), true);
                }
            }
            OutcomeResult::Failed | OutcomeResult::Unknown | OutcomeResult::Unsupported => {
                self.undo_failed(run, &outcome.detail);
                self.tell_not_reverted(run, "");
            }
        }
    }

    /// Nothing was done by the last command that was to undo step `index`: where nothing was by any, the place that the run
    /// had in the reserve is free.
    fn never_undone(&mut self, run: &mut Run, index: u32, command: CommandId) {
        run.take_back(index, command);
        if run.steps.iter().all(|progress| progress.back.began == 0) {
            self.memory.rates.give_back_reserve(run.id);
        }
    }
}
