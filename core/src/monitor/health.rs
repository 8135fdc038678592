//! How one check moves between its states (SPEC H2, H3). Only what is observed moves it.
//!
//! | found | and then | becomes |
//! |---|---|---|
//! | fail | the first one | suspect: asked faster, state unchanged |
//! | fail | `degraded_threshold` in a row | DEGRADED |
//! | fail | `failure_threshold` in a row | UNHEALTHY; for the comprehensive tier CRITICAL |
//! | pass | nothing had failed | HEALTHY at once |
//! | pass | `success_threshold` in a row, and `healthy_delay` after an action | HEALTHY |
//! | error | 4 in a row | UNKNOWN, counted anew from there |
//! | nothing | for 3 intervals | UNKNOWN, counted anew from there |
//!
//! A state never gets better but through HEALTHY or UNKNOWN. An error between two failures says nothing about either.

use crate::model::health::{CheckVerdict, State, Tier};
use crate::model::ids::EventId;
use crate::policy::components::Check;
use crate::primitives::time::{Span, Time};
use alloc::boxed::Box;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Errors in a row after which nothing is known.
pub(super) const ERRORS_TO_UNKNOWN: u32 = 4;
/// Intervals without any answer after which nothing is known.
pub(super) const SILENT_INTERVALS: u32 = 3;
/// Events of one row that are remembered, the latest ones; 16 bytes each and their text.
const EVIDENCE: usize = 16;

/// What one check has said so far. Nothing is allocated while it passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    state: State,
    /// Whether nothing was found yet, so that the component's state does not wait for this check.
    #[serde(default, skip_serializing_if = "is_false")]
    pending: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<Box<Trouble>>,
}

/// What is counted while not all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Trouble {
    since: Time,
    /// Whether anything failed, not only the checker.
    sick: bool,
    failures: u32,
    passes: u32,
    passing_since: Time,
    /// The events of the present row of failures or passes.
    events: Vec<EventId>,
    errors: u32,
    error_events: Vec<EventId>,
}

/// What matters besides the answer itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    pub(super) now: Time,
    /// When the component was last acted on.
    pub(super) acted: Option<Time>,
    /// How long it must pass after that.
    pub(super) healthy_delay: Span,
}

/// What an answer that says something new comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) verdict: CheckVerdict,
    /// How many alike in a row.
    pub(super) count: u32,
    /// How many in a row change the state.
    pub(super) needed: u32,
    /// Whether it is worth a fact of its own.
    pub(super) telling: bool,
    /// Whether it is the first failure.
    pub(super) first_failure: bool,
    /// The events counted, the latest first.
    pub(super) because: Vec<EventId>,
}

impl Tally {
    /// Nothing found yet.
    pub(super) const NEW: Tally = Tally { state: State::Unknown, pending: true, trouble: None };

    /// The state; nothing while the check has never said anything.
    pub(super) fn state(&self) -> Option<State> {
        (!self.pending).then_some(self.state)
    }

    /// Whether another pass would change nothing.
    pub(super) fn is_well(&self) -> bool {
        self.trouble.is_none() && self.state == State::Healthy
    }

    /// Whether something failed and the check has not recovered since.
    pub(super) fn is_sick(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.sick)
    }

    /// Whether there is nothing left to forget when answers fail to come.
    pub(super) fn is_unknown(&self) -> bool {
        !self.pending && self.state == State::Unknown
    }

    /// Takes in an answer. Nothing comes of a pass while all is well.
    pub(super) fn observe(
        &mut self,
        check: &Check,
        verdict: CheckVerdict,
        event: impl FnOnce() -> EventId,
        circumstances: Circumstances,
    ) -> Option<Finding> {
        match verdict {
            CheckVerdict::Pass if self.is_well() => None,
            CheckVerdict::Pass => Some(self.pass(check, event(), circumstances)),
            CheckVerdict::Fail => Some(self.fail(check, event(), circumstances.now)),
            CheckVerdict::Error => Some(self.error(event(), circumstances.now)),
        }
    }

    /// Nothing was heard for too long.
    pub(super) fn silence(&mut self) {
        self.pending = false;
        self.state = State::Unknown;
        if let Some(trouble) = &mut self.trouble {
            trouble.count_anew();
        }
    }

    fn pass(&mut self, check: &Check, event: EventId, circumstances: Circumstances) -> Finding {
        let needed = check.success_threshold.max(1);
        let mut finding = Finding {
            verdict: CheckVerdict::Pass,
            count: 1,
            needed: 1,
            telling: self.trouble.is_some(),
            first_failure: false,
            because: Vec::new(),
        };
        match &mut self.trouble {
            Some(trouble) if trouble.sick => {
                let after_errors = trouble.errors > 0;
                trouble.passed(event, circumstances.now);
                (finding.count, finding.needed) = (trouble.passes, needed);
                finding.because = latest_first(&trouble.events);
                let recovered = trouble.passes >= needed && trouble.has_waited(circumstances);
                finding.telling = trouble.passes == 1 || after_errors || recovered;
                if !recovered {
                    return finding;
                }
            }
            _ => finding.because.push(event),
        }
        *self = Tally { state: State::Healthy, pending: false, trouble: None };
        finding
    }

    fn fail(&mut self, check: &Check, event: EventId, now: Time) -> Finding {
        let first_failure = !self.is_sick();
        let trouble = self.trouble.get_or_insert_default();
        trouble.failed(event, now);
        let confirmed = check.failure_threshold.max(1);
        let degraded = check.degraded_threshold.max(1);
        let reached = if trouble.failures >= confirmed {
            Some(if check.tier == Tier::Comprehensive { State::Critical } else { State::Unhealthy })
        } else {
            (trouble.failures >= degraded).then_some(State::Degraded)
        };
        if let Some(reached) = reached {
            self.state = self.state.max(reached);
            self.pending = false;
        }
        Finding {
            verdict: CheckVerdict::Fail,
            count: trouble.failures,
            needed: if trouble.failures <= degraded && degraded < confirmed { degraded } else { confirmed },
            // Beyond the threshold a further failure says nothing new.
            telling: trouble.failures <= confirmed,
            first_failure,
            because: latest_first(&trouble.events),
        }
    }

    fn error(&mut self, event: EventId, now: Time) -> Finding {
        let trouble = self.trouble.get_or_insert_with(|| Box::new(Trouble { since: now, ..Trouble::default() }));
        trouble.errors = trouble.errors.saturating_add(1);
        remember(&mut trouble.error_events, event);
        let finding = Finding {
            verdict: CheckVerdict::Error,
            count: trouble.errors,
            needed: ERRORS_TO_UNKNOWN,
            telling: trouble.errors <= ERRORS_TO_UNKNOWN,
            first_failure: false,
            because: latest_first(&trouble.error_events),
        };
        if trouble.errors >= ERRORS_TO_UNKNOWN {
            self.silence();
        }
        finding
    }
}

impl Trouble {
    fn failed(&mut self, event: EventId, now: Time) {
        if !self.sick {
            self.since = now;
        }
        if self.failures == 0 {
            self.events.clear();
        }
        self.sick = true;
        self.passes = 0;
        self.failures = self.failures.saturating_add(1);
        self.no_error();
        remember(&mut self.events, event);
    }

    fn passed(&mut self, event: EventId, now: Time) {
        if self.passes == 0 {
            self.events.clear();
            self.passing_since = now;
        }
        self.failures = 0;
        self.passes = self.passes.saturating_add(1);
        self.no_error();
        remember(&mut self.events, event);
    }

    /// Whether it has passed for `healthy_delay`, if something was done about this trouble.
    fn has_waited(&self, circumstances: Circumstances) -> bool {
        let acted = circumstances.acted.filter(|acted| *acted >= self.since);
        acted.is_none_or(|acted| circumstances.now.since(acted.max(self.passing_since)) >= circumstances.healthy_delay)
    }

    fn no_error(&mut self) {
        self.errors = 0;
        self.error_events.clear();
    }

    fn count_anew(&mut self) {
        (self.failures, self.passes) = (0, 0);
        self.events.clear();
    }
}

fn remember(events: &mut Vec<EventId>, event: EventId) {
    if events.len() >= EVIDENCE {
        events.remove(0);
    }
    events.push(event);
}

fn latest_first(events: &[EventId]) -> Vec<EventId> {
    events.iter().rev().cloned().collect()
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
