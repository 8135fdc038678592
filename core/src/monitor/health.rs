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
mod tests {
    use super::*;
    use crate::policy::components::Ask;
    use std::format;

    fn check(tier: Tier, thresholds: (u32, u32, u32)) -> Check {
        let (degraded_threshold, failure_threshold, success_threshold) = thresholds;
        Check {
            name: "c".into(),
            tier,
            ask: Ask::Heartbeat { within: Span::from_secs(1) },
            interval: Span::from_secs(10),
            timeout: Span::from_secs(1),
            initial_delay: Span::ZERO,
            failure_threshold,
            degraded_threshold,
            success_threshold,
            recheck_interval: Span::from_secs(2),
            consistency: false,
        }
    }

    /// The states after each answer, one letter each way: `F`, `P`, `E` in; `-` for never heard, `HDUC?` out.
    fn states(check: &Check, answers: &str) -> std::string::String {
        let mut tally = Tally::NEW;
        let letter = |(second, answer): (i64, char)| {
            feed(&mut tally, check, answer, second, None);
            match tally.state() {
                None => '-',
                Some(State::Healthy) => 'H',
                Some(State::Unknown) => '?',
                Some(State::Degraded) => 'D',
                Some(State::Unhealthy) => 'U',
                Some(State::Critical) => 'C',
            }
        };
        (0..).zip(answers.chars()).map(letter).collect()
    }

    fn feed(tally: &mut Tally, check: &Check, answer: char, second: i64, acted: Option<i64>) -> Option<Finding> {
        let verdict = match answer {
            'F' => CheckVerdict::Fail,
            'P' => CheckVerdict::Pass,
            _ => CheckVerdict::Error,
        };
        let at = |second: i64| Time::from_ms(second * 1_000);
        let around = Circumstances { now: at(second), acted: acted.map(at), healthy_delay: Span::from_secs(30) };
        tally.observe(check, verdict, || EventId::from_text(&format!("e{second}")), around)
    }

    #[test]
    fn a_shallow_check_goes_by_its_thresholds() {
        let shallow = check(Tier::Shallow, (2, 3, 2));
        assert_eq!(states(&shallow, "PFFFFPP"), "HHDUUUH");
        assert_eq!(states(&shallow, "FFFPP"), "-DUUH", "also as the first thing it says");
        assert_eq!(states(&shallow, "PFPFPF"), "HHHHHH", "failures must be in a row");
        assert_eq!(states(&shallow, "PFFPFPFPP"), "HHDDDDDDH", "passes must be in a row");
        assert_eq!(states(&shallow, "PFFPFFF"), "HHDDDDU", "and counting starts over");
    }

    #[test]
    fn eager_deep_and_comprehensive_differ_by_thresholds_and_tier() {
        assert_eq!(states(&check(Tier::Shallow, (1, 3, 2)), "PFFF"), "HDDU");
        assert_eq!(states(&check(Tier::Deep, (3, 3, 2)), "PFFF"), "HHHU", "one failure confirmed by two rechecks");
        assert_eq!(states(&check(Tier::Comprehensive, (1, 1, 2)), "PFPP"), "HCCH");
    }

    #[test]
    fn four_errors_in_a_row_give_unknown_and_are_never_a_failure() {
        let shallow = check(Tier::Shallow, (2, 3, 2));
        assert_eq!(states(&shallow, "PEEEEEP"), "HHHH??H");
        assert_eq!(states(&shallow, "PEEEPEEEE"), "HHHHHHHH?", "in a row");
        assert_eq!(states(&shallow, "EEEE"), "---?");
        assert_eq!(states(&shallow, "PFEF"), "HHHD", "an error neither counts nor interrupts");
        assert_eq!(states(&shallow, "PFFFEEEEFPPF"), "HHDUUUU???HH", "then all is counted anew");
    }

    #[test]
    fn nothing_is_said_of_a_pass_while_all_is_well() {
        let shallow = check(Tier::Shallow, (2, 3, 2));
        let mut tally = Tally::NEW;
        let first = feed(&mut tally, &shallow, 'P', 1, None).unwrap();
        assert!(!first.telling, "the change of state says it");
        assert_eq!(feed(&mut tally, &shallow, 'P', 2, None), None);
        let failed = feed(&mut tally, &shallow, 'F', 3, None).unwrap();
        assert!(failed.telling && failed.first_failure);
        assert_eq!((failed.count, failed.needed), (1, 2));
        let worse = feed(&mut tally, &shallow, 'F', 4, None).unwrap();
        assert_eq!((worse.count, worse.needed, worse.first_failure), (2, 2, false));
        assert_eq!(worse.because, [EventId::from_text("e4"), EventId::from_text("e3")], "the latest first");
        assert_eq!(feed(&mut tally, &shallow, 'F', 5, None).map(|found| found.needed), Some(3));
        let told: std::vec::Vec<bool> =
            [6, 7, 8].map(|second| feed(&mut tally, &shallow, 'P', second, None).is_some_and(|f| f.telling)).into();
        assert_eq!(told, [true, true, false], "the first pass and the recovery");
        feed(&mut tally, &shallow, 'E', 9, None);
        assert!(feed(&mut tally, &shallow, 'P', 10, None).is_some_and(|found| found.telling));
        assert!(tally.is_well());
    }

    #[test]
    fn after_an_action_it_must_pass_for_the_healthy_delay() {
        let shallow = check(Tier::Shallow, (2, 3, 2));
        let recovered_at = |acted: Option<i64>| {
            let mut tally = Tally::NEW;
            (0..3).for_each(|second| drop(feed(&mut tally, &shallow, 'F', 10 + second, acted)));
            (20..120).find(|second| {
                feed(&mut tally, &shallow, 'P', *second, acted);
                tally.is_well()
            })
        };
        assert_eq!(recovered_at(None), Some(21));
        assert_eq!(recovered_at(Some(15)), Some(50), "from its first pass");
        assert_eq!(recovered_at(Some(25)), Some(55), "from the action, if that was later");
        assert_eq!(recovered_at(Some(10)), Some(50), "an action in the same instant counts");
        assert_eq!(recovered_at(Some(9)), Some(21), "what was done before is of no account");
    }

    #[test]
    fn silence_is_unknown_and_a_sick_check_must_still_recover_in_full() {
        let shallow = check(Tier::Shallow, (2, 3, 2));
        let mut tally = Tally::NEW;
        (0..3).for_each(|second| drop(feed(&mut tally, &shallow, 'F', second, None)));
        tally.silence();
        assert!(tally.is_unknown() && tally.is_sick());
        feed(&mut tally, &shallow, 'P', 9, None);
        assert_eq!(tally.state(), Some(State::Unknown));
        feed(&mut tally, &shallow, 'P', 10, None);
        assert_eq!(tally.state(), Some(State::Healthy));
    }

    #[test]
    fn the_evidence_that_is_kept_is_bounded() {
        let shallow = check(Tier::Shallow, (2, 100, 2));
        let mut tally = Tally::NEW;
        let last = (0..100).map(|second| feed(&mut tally, &shallow, 'F', second, None)).last();
        let because = last.flatten().unwrap().because;
        assert_eq!((because.len(), because[0].as_str()), (EVIDENCE, "e99"));
    }
}
