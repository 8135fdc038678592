//! Undoing while something of the run is still at work (SPEC R8, SAFE-1, SAFE-16): harm does not wait for the end of every
//! step. What is at work cannot be called back; it is undone once it has ended, and so is all that came before it. What is
//! beside it is undone at once.

use super::Way;
use crate::model::fact::Conclusion;
use crate::primitives::name::Name;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run, Status};
use crate::remediate::safety::budget::collide;
use alloc::format;
use alloc::vec::Vec;

impl Run {
    /// Steps with a command that is out.
    fn at_work(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.steps).filter(|(_, progress)| matches!(progress.at, At::Flight(_))).map(|(index, _)| index)
    }

    /// Whether the playbook puts neither of two steps before the other: they are in two branches of one stage.
    fn are_beside(&self, one: u32, other: u32) -> bool {
        let steps = self.step(one).map(|(planned, _)| planned).zip(self.step(other).map(|(planned, _)| planned));
        steps.is_some_and(|(one, other)| one.stage == other.stage && one.branch != other.branch)
    }
}

impl Work<'_, '_> {
    /// Takes the next step to undo from what is left, the last first. What may still be at work holds back itself, what
    /// came before it, and what must not be acted on beside it. `None`: nothing can be undone now; `Some(None)`: nothing is
    /// left.
    pub(super) fn take_left(&self, run: &mut Run) -> Option<Option<u32>> {
        let Status::RollingBack { left, .. } = &run.status else { return None };
        if left.is_empty() {
            return Some(None);
        }
        let place = left.iter().rposition(|index| self.is_free(run, *index))?;
        let Status::RollingBack { left, .. } = &mut run.status else { return None };
        Some(Some(left.remove(place)))
    }

    fn is_free(&self, run: &Run, index: u32) -> bool {
        let whole = matches!(run.way(), Some(Way::Checkpoint { .. }));
        run.at_work().all(|other| !whole && run.are_beside(index, other) && !self.collides(run, index, other))
    }

    /// Whether two steps must not be acted on side by side: on one target, on what fails together, on both ends of a
    /// dependency, or on what nothing is known of.
    fn collides(&self, run: &Run, one: u32, other: u32) -> bool {
        let topology = &self.desk.knowledge.topology;
        let component = |index| run.step(index).and_then(|(planned, _)| topology.component(&planned.target));
        let both = component(one).zip(component(other));
        both.is_none_or(|(one, other)| one.name == other.name || collide(one, other, topology))
    }

    /// Harm was seen while steps are at work: people hear of it now, not at the end of them.
    pub(in crate::remediate) fn tell_of_harm(&mut self, run: &Run, reason: &str) {
        let flights: Vec<(Name, Name)> =
            run.flights().map(|flight| (flight.execution.action.clone(), flight.execution.target.clone())).collect();
        let Some(last) = run.flights().map(|flight| flight.answer_by).max() else { return };
        let works: Vec<_> = flights.iter().map(|(action, target)| format!("{action} on {target}")).collect();
        let within = last.since(self.desk.now());
        let text = format!(
            "{}: {reason} while it is at work: {}, which cannot be called back; what can be undone is, what is at work once \
             it has ended, within {within}",
            run.playbook.name,
            works.join(", ")
        );
        let said = Conclusion::MessageWanted { channel: None, recipient: None, text };
        self.desk.say_of(run, "remediate.harm_told", said);
    }
}
