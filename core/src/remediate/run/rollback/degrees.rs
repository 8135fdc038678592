//! Undoing by degrees: what was set as a percentage goes back a share at a time, with a wait and a look between, and the
//! rest of what was done with the last of them (SPEC R8). It never goes further away from what was there before, and at
//! the first sign of harm all that is left goes at once.

use super::{Way, undo_of};
use crate::model::fact::Conclusion;
use crate::model::health::State;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::{Argument, ParameterKind, Undo};
use crate::policy::playbook::Strategy;
use crate::primitives::finite::Finite;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Run, Status};
use alloc::borrow::Cow;
use alloc::format;

/// What comes after the steps of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Degree {
    /// Nothing: that was the last.
    Last,
    /// The next stage, which has begun.
    Next,
    /// Its wait.
    Waits,
}

impl Run {
    /// The stage of undoing by degrees, from 0.
    pub(super) fn degree(&self) -> Option<u32> {
        match self.way() {
            Some(Way::Degrees { stage, .. }) => Some(*stage),
            _ => None,
        }
    }

    /// Whether nothing of the change is left after `stage`.
    pub(super) fn is_last_degree(&self, stage: u32) -> bool {
        self.share_after(stage) == 0
    }

    /// How much of the change is left after `stage`, in percent.
    fn share_after(&self, stage: u32) -> u32 {
        match &self.playbook.strategy {
            Strategy::Gradual { stages, .. } => stages.get(stage as usize).copied().unwrap_or(0),
            Strategy::Checkpoint { .. } | Strategy::Immediate => 0,
        }
    }

    /// What `before.<key>` stands for in this stage: the share of the way back that it goes.
    pub(super) fn by_degree(&self, index: u32, undo: &Undo, key: &str, before: &Parameters) -> Option<Value> {
        let share = self.degree().map(|stage| self.share_after(stage)).filter(|share| *share > 0)?;
        let (set, then) = self.change(index, undo, key, before)?;
        let value = then.value() + (set.value() - then.value()) * f64::from(share) / 100.0;
        Finite::new(value).map(Value::Number)
    }

    /// The percentage that step `index` set and the one that was there before, where undoing it sets that one again.
    fn change(&self, index: u32, undo: &Undo, key: &str, before: &Parameters) -> Option<(Finite, Finite)> {
        let (planned, _) = self.step(index)?;
        let takes = &self.actions.get(&undo.action)?.parameters;
        let name = undo.parameters.iter().find_map(|(name, argument)| {
            let kind = takes.get(name).map(|parameter| &parameter.kind);
            let means = matches!(argument, Argument::Reference(of) if of.as_str().strip_prefix("before.") == Some(key));
            (means && matches!(kind, Some(ParameterKind::Percentage { .. }))).then_some(name)
        })?;
        let Some(Argument::Value(set)) = planned.step.parameters.get(name) else { return None };
        Some((set.as_number()?, before.get(key)?.as_number()?))
    }

    /// Whether anything that was started goes back by degrees.
    pub(super) fn goes_by_degrees(&self) -> bool {
        self.to_undo().into_iter().any(|index| self.is_graded(index))
    }

    /// Whether step `index` set a percentage that undoing it sets again.
    fn is_graded(&self, index: u32) -> bool {
        let Some((undo, (_, progress))) = undo_of(self, index).zip(self.step(index)) else { return false };
        undo.parameters.values().any(|argument| match argument {
            Argument::Reference(name) => name.as_str().strip_prefix("before.").is_some_and(|key| {
                self.change(index, &undo, key, &progress.before).is_some_and(|(set, then)| set != then)
            }),
            _ => false,
        })
    }
}

impl Work<'_, '_> {
    /// Begins `stage`: what it undoes is put before the run, and said.
    pub(super) fn begin_degree(&mut self, run: &mut Run, stage: u32) {
        let last = run.is_last_degree(stage);
        let mut all = run.to_undo();
        all.retain(|index| last || run.is_graded(*index));
        if let Status::RollingBack { left, way, .. } = &mut run.status {
            *left = all;
            *way = Some(Way::Degrees { stage, until: None });
        }
        let how = Cow::Owned(format!("to {} %", run.share_after(stage)));
        self.desk.say_of(run, "remediate.rollback_stage", Conclusion::RollbackMoved { how });
    }

    /// What comes after the steps of a stage have been undone: a wait, the next stage, or nothing.
    pub(super) fn next_degree(&mut self, run: &mut Run) -> Degree {
        let Strategy::Gradual { stages, wait } = &run.playbook.strategy else { return Degree::Last };
        let now = self.desk.now();
        let next = match &mut run.status {
            Status::RollingBack { way: Some(Way::Degrees { stage, until }), failed: false, .. } => match until {
                Some(until) if now < *until => return Degree::Waits,
                Some(_) => stage.saturating_add(1),
                None if stages.get(*stage as usize).is_none_or(|share| *share == 0) => return Degree::Last,
                None => {
                    *until = Some(now.after(*wait));
                    return Degree::Waits;
                }
            },
            _ => return Degree::Last,
        };
        self.begin_degree(run, next);
        Degree::Next
    }

    /// While it waits between two stages: at the first sign of harm all that is left is undone at once.
    pub fn hurry(&mut self, run: &mut Run) {
        let waits = matches!(&run.status, Status::RollingBack { way: Some(Way::Degrees { until: Some(_), .. }), .. });
        if !waits {
            return;
        }
        let state = self.desk.knowledge.health.of(&run.component, &self.desk.knowledge.topology).state;
        let worse = (state >= State::Unhealthy).then(|| format!("{state} while it was undone by degrees"));
        let Some(reason) = self.harm(run).or(worse) else { return };
        let Strategy::Gradual { stages, .. } = &run.playbook.strategy else { return };
        let last = u32::try_from(stages.len().saturating_sub(1)).unwrap_or(u32::MAX);
        if let Status::RollingBack { then, .. } = &mut run.status {
            then.escalate = true;
            then.reason = reason;
        }
        self.begin_degree(run, last);
    }
}
