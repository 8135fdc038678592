//! Outcomes: late, twice, out of order or for an unknown id, they are harmless; no answer is unknown, never a blind retry.

use crate::model::command::Purpose;
use crate::model::event::{Outcome, OutcomeResult};
use crate::model::fact::Conclusion;
use crate::model::ids::CommandId;
use crate::policy::playbook::OnFailure;
use crate::primitives::time::Time;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run, Status};
use alloc::string::String;

/// Where the command of an outcome stands in a run.
enum Place {
    Step(u32),
    Undoing,
}

impl Work<'_, '_> {
    /// Takes the end of a command of this run. Returns why the run cannot go forward, if it cannot.
    pub fn outcome(&mut self, run: &mut Run, outcome: &Outcome) -> Result<(), String> {
        let Some((place, purpose)) = place(run, outcome.command) else { return Ok(()) };
        if !run.awaits(outcome.command, outcome.result) {
            return Ok(());
        }
        let said = Conclusion::CommandEnded {
            command: outcome.command,
            result: outcome.result,
            detail: outcome.detail.clone(),
        };
        self.desk.say_of(run, "remediate.outcome", said);
        if outcome.result == OutcomeResult::Unknown && hold(run, outcome, self.desk.now()) {
            return Ok(());
        }
        self.over(run, outcome, place, purpose)
    }

    /// The command is over, or was in doubt until the end of its lease.
    fn over(&mut self, run: &mut Run, outcome: &Outcome, place: Place, purpose: Purpose) -> Result<(), String> {
        match (place, purpose) {
            (Place::Undoing, Purpose::Capture) => {
                self.looked_at_checkpoint(run, outcome);
                Ok(())
            }
            (Place::Undoing, _) => {
                self.undone(run, outcome);
                Ok(())
            }
            (Place::Step(index), Purpose::Capture) => self.captured(run, index, outcome),
            (Place::Step(index), Purpose::Forward) => self.ended(run, index, outcome),
            (Place::Step(index), Purpose::Revert | Purpose::Rollback) => {
                self.reverted(run, index, outcome, purpose);
                Ok(())
            }
        }
    }

    /// Takes every command as unknown whose answer is overdue.
    pub fn overdue(&mut self, run: &mut Run) -> Result<(), String> {
        let now = self.desk.now();
        loop {
            let overdue = run.flights().find(|flight| now >= flight.answer_by).cloned();
            let Some(flight) = overdue else { return Ok(()) };
            let outcome = Outcome {
                command: flight.execution.id,
                epoch: self.desk.context.epoch,
                result: OutcomeResult::Unknown,
                detail: flight.doubt.clone().unwrap_or_else(|| "no answer in time".into()),
                outputs: Default::default(),
            };
            match place(run, outcome.command).filter(|_| flight.doubt.is_some()) {
                // That it is in doubt was said when its host said so.
                Some((place, purpose)) => self.over(run, &outcome, place, purpose)?,
                None => self.outcome(run, &outcome)?,
            }
        }
    }

    /// The state was read; it is kept before anything is changed. Unread, nothing is changed.
    fn captured(&mut self, run: &mut Run, index: u32, outcome: &Outcome) -> Result<(), String> {
        let now = self.desk.now();
        let wanted =
            run.flights().find(|flight| flight.execution.id == outcome.command).and_then(|flight| {
                match &flight.execution.means {
                    crate::model::command::Means::Capture(names) => Some(names.clone()),
                    _ => None,
                }
            });
        let complete = wanted.unwrap_or_default().iter().all(|name| outcome.outputs.contains_key(name.as_str()));
        if outcome.result == OutcomeResult::Succeeded && complete {
            if let Some(progress) = run.progress(index) {
                progress.before.clone_from(&outcome.outputs);
                progress.captured = true;
                progress.at = At::Until(now);
            }
            return Ok(());
        }
        if outcome.result == OutcomeResult::Unsupported {
            return self.impossible(run, index, outcome);
        }
        if outcome.result == OutcomeResult::NotStarted && self.waits_for_warmth(run, outcome.command) {
            if let Some(progress) = run.progress(index) {
                // Another reading has an id of its own.
                progress.tries = progress.tries.saturating_add(1);
            }
            self.never_began(run, index);
            self.hold_for_warmth(run, index);
            return Ok(());
        }
        self.failed(run, index, "the state to restore could not be captured; nothing was changed".into())
    }

    fn ended(&mut self, run: &mut Run, index: u32, outcome: &Outcome) -> Result<(), String> {
        match outcome.result {
            OutcomeResult::Succeeded => {
                if let Some(progress) = run.progress(index) {
                    progress.outputs.clone_from(&outcome.outputs);
                }
                self.end(run, index, "succeeded", outcome.detail.clone());
                Ok(())
            }
            OutcomeResult::Failed => self.failed(run, index, outcome.detail.clone()),
            OutcomeResult::Unsupported => self.impossible(run, index, outcome),
            OutcomeResult::NotStarted => {
                let too_early = self.waits_for_warmth(run, outcome.command);
                self.never_began(run, index);
                if too_early {
                    self.hold_for_warmth(run, index);
                    return Ok(());
                }
                self.note_cut(run, index);
                self.end(run, index, "failed", outcome.detail.clone());
                let step = run.step(index).map(|(planned, _)| planned.id.clone()).unwrap_or_default();
                Err(alloc::format!("step `{step}` never began: {}", outcome.detail))
            }
            OutcomeResult::Unknown => {
                self.end(run, index, "unknown", outcome.detail.clone());
                Ok(())
            }
        }
    }

    /// The host has no way to do it: that is remembered, and no further try is made.
    fn impossible(&mut self, run: &mut Run, index: u32, outcome: &Outcome) -> Result<(), String> {
        self.never_began(run, index);
        let Some((planned, _)) = run.step(index) else { return Ok(()) };
        self.memory.impossible.learn(&planned.step.action, &planned.target);
        let (step, on_failure) = (planned.id.clone(), planned.step.on_failure.clone());
        self.end(run, index, "failed", outcome.detail.clone());
        match on_failure {
            OnFailure::Abort => Err(alloc::format!("step `{step}` cannot be done here: {}", outcome.detail)),
            OnFailure::Branch(_) | OnFailure::Continue => Ok(()),
        }
    }

    /// Nothing was done by the last try of the step; what the run had taken it gives back, if nothing was done by any.
    fn never_began(&mut self, run: &mut Run, index: u32) {
        if let Some(progress) = run.progress(index) {
            progress.never = progress.never.saturating_add(1);
            progress.started = progress.began() > 0;
        }
        if !run.steps.iter().any(|progress| progress.started) {
            self.memory.rates.give_back(run.id);
        }
    }
}

/// Keeps a command that may still be at work, whatever its host knows of it, where it is until the end of its lease:
/// its target is held until then, and a late answer still counts. `false`: the lease is over.
fn hold(run: &mut Run, outcome: &Outcome, now: Time) -> bool {
    let flight = run.flight_mut(outcome.command).filter(|flight| now < flight.answer_by);
    flight.map(|flight| flight.doubt = Some(outcome.detail.clone())).is_some()
}

fn place(run: &Run, command: CommandId) -> Option<(Place, Purpose)> {
    if let Status::RollingBack { flight: Some(flight), .. } = &run.status
        && flight.execution.id == command
    {
        return Some((Place::Undoing, flight.execution.purpose));
    }
    (0..).zip(&run.steps).find_map(|(index, progress)| match &progress.at {
        At::Flight(flight) if flight.execution.id == command => Some((Place::Step(index), flight.execution.purpose)),
        _ => None,
    })
}
