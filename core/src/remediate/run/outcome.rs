//! Outcomes: late, twice, out of order or for an unknown id, they are harmless; no answer is unknown, never a blind retry.

use crate::model::command::Purpose;
use crate::model::event::{Outcome, OutcomeResult};
use crate::model::fact::Conclusion;
use crate::model::ids::CommandId;
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
        let said = Conclusion::CommandEnded {
            command: outcome.command,
            result: outcome.result,
            detail: outcome.detail.clone(),
        };
        self.desk.say_of(run, "remediate.outcome", said);
        match (place, purpose) {
            (Place::Undoing, _) => {
                self.undone(run, outcome.result, &outcome.detail);
                Ok(())
            }
            (Place::Step(index), Purpose::Capture) => self.captured(run, index, outcome),
            (Place::Step(index), Purpose::Forward) => self.ended(run, index, outcome),
            (Place::Step(index), Purpose::Revert | Purpose::Rollback) => {
                self.reverted(run, index, outcome);
                Ok(())
            }
        }
    }

    /// Takes every command as unknown whose answer is overdue.
    pub fn overdue(&mut self, run: &mut Run) -> Result<(), String> {
        let now = self.desk.now();
        loop {
            let overdue = run.flights().find(|flight| now >= flight.answer_by).map(|flight| flight.execution.id);
            let Some(command) = overdue else { return Ok(()) };
            let outcome = Outcome {
                command,
                epoch: self.desk.context.epoch,
                result: OutcomeResult::Unknown,
                detail: "no answer in time".into(),
                outputs: Default::default(),
            };
            self.outcome(run, &outcome)?;
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
            OutcomeResult::NotStarted => {
                if let Some(progress) = run.progress(index) {
                    progress.started = progress.tries > 1;
                }
                if !run.steps.iter().any(|progress| progress.started) {
                    self.memory.rates.give_back(run.id);
                }
                self.end(run, index, "failed", outcome.detail.clone());
                Err(alloc::format!("never began: {}", outcome.detail))
            }
            OutcomeResult::Unknown => {
                self.end(run, index, "unknown", outcome.detail.clone());
                Ok(())
            }
        }
    }
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

/// Whether a step ended as unknown: nothing goes forward any more; what can be seen decides.
pub fn is_in_doubt(run: &Run) -> Option<String> {
    let unknown = run.plan.steps.iter().zip(&run.steps).find(|(_, progress)| progress.ended_as("unknown"));
    unknown.map(|(planned, _)| alloc::format!("nobody knows whether step `{}` ran", planned.id))
}
