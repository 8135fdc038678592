//! Waiting for the gate: what refuses a step of a run that has begun, and ends by itself, holds the run and does not end it.

use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::CommandId;
use crate::primitives::time::{Span, Time};
use crate::remediate::run::command::START_WITHIN;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run, Status};
use alloc::borrow::Cow;

/// How often a refusal that has no end of its own is looked at again.
pub const LOOK_AGAIN: Span = Span::from_secs(15);

impl Work<'_, '_> {
    /// Asks the gate again about step `index` at `until`.
    pub(super) fn hold(&mut self, run: &mut Run, index: u32, until: Time) {
        let now = self.desk.now();
        let until = until.max(now.after(Span::from_ms(1)));
        if let Some(progress) = run.progress(index) {
            progress.at = At::Held { since: now, until };
        }
        if let Some((planned, _)) = run.step(index) {
            let said = Conclusion::StepPaused { step: planned.id.clone(), why: Cow::Borrowed("gate"), until };
            self.desk.say_of(run, "remediate.step_held", said);
        }
    }

    /// Whether a host may not have begun `command` because it had heard too little yet: it was given before the warm-up
    /// was over, which may have come to its end while the host's answer was on its way.
    pub(super) fn waits_for_warmth(&self, run: &Run, command: CommandId) -> bool {
        let warm_up = self.desk.knowledge.warm_up;
        let flight = run.flights().find(|flight| flight.execution.id == command);
        let given = flight.map(|flight| flight.execution.not_after.before(START_WITHIN));
        let too_early = given.zip(warm_up.ended()).is_some_and(|(given, ended)| given <= ended);
        run.status == Status::Running && !run.is_in_doubt() && (!warm_up.is_over() || too_early)
    }

    /// Holds a step until enough was heard.
    pub(super) fn hold_for_warmth(&mut self, run: &mut Run, index: u32) {
        let (warm_up, now) = (self.desk.knowledge.warm_up, self.desk.now());
        let until = if warm_up.is_over() { now } else { warm_up.until().unwrap_or_else(|| now.after(LOOK_AGAIN)) };
        self.hold(run, index, until);
    }

    /// The run goes on after it stood still for so long: its time ends as much later, however many steps were held.
    pub(super) fn resume(&mut self, run: &mut Run, held_for: Span) {
        let now = self.desk.now();
        run.ends_by = run.ends_by.after(held_for);
        for progress in &mut run.steps {
            if let At::Held { since, .. } = &mut progress.at {
                *since = now;
            }
        }
    }
}

/// Refusals of a step that end by themselves, whatever is done meanwhile.
pub fn ends_by_itself(rule: &str) -> bool {
    matches!(rule, "maintenance.grace" | "warm_up.not_over")
}

/// What may end before it was expected to.
pub fn ends_a_hold(fact: &Fact) -> bool {
    matches!(fact.said, Conclusion::WarmUpEnded(_))
}

/// Refusals of a plan that end by themselves soon, and about which nobody has to be called.
pub fn passes_by_itself(rule: &str) -> bool {
    matches!(
        rule,
        "breaker.half_open"
            | "budgets.dependency"
            | "budgets.failure_domain"
            | "budgets.max_in_flight"
            | "budgets.target_busy"
            | "cooldown.pausing"
            | "cooldown.run_not_over"
            | "maintenance.grace"
            | "warm_up.not_over"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_that_end_soon_are_waited_for() {
        assert!(passes_by_itself("cooldown.pausing"));
        for rule in
            ["mode.suggest", "kill_switch.engaged", "breaker.open", "preconditions.unknown", "rate_limits.total"]
        {
            assert!(!passes_by_itself(rule), "{rule}");
        }
    }
}
