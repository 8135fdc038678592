//! Verification: a verdict by observation, never by exit code (SPEC R7).
//!
//! Evidence counts from the end of the settle time. Immediate checks make the incident RESOLVED, for the time being;
//! only the end of the stability time makes it SUCCESS; a relapse in between is FAILED. No evidence is UNCERTAIN: the
//! time is extended once, then it is a matter for people.

mod parts;

use parts::{Trend, stability};

use crate::knowledge::evaluate::Truth;
use crate::model::event::Event;
use crate::model::fact::Conclusion;
use crate::model::health::{CheckVerdict, State, Tier};
use crate::model::incident::Incident;
use crate::policy::components::Component;
use crate::policy::condition::Condition;
use crate::policy::playbook::Verification;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::asked;
use crate::remediate::desk::Desk;
use crate::remediate::evidence::{Tally, Weighed};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What is seen of a component after a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// From when evidence counts.
    from: Time,
    /// Until when the present phase may take.
    until: Time,
    /// Whether that was extended already.
    extended: bool,
    /// Since when it looks well, once it does.
    stable_since: Option<Time>,
    /// What each check said since `from`.
    checks: BTreeMap<Name, Evidence>,
    /// Metrics measured since `from`.
    metrics: BTreeSet<Name>,
    /// For how long evidence is awaited at first, and once more; zero where that was not remembered yet.
    #[serde(default)]
    within: Span,
    /// What the metrics came to that a trend or a baseline is about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tallies: BTreeMap<Name, Tally>,
    /// Until when it looks well and the trend is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    awaited: Option<Time>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Evidence {
    passes: u32,
    /// Failures since the last pass.
    failures: u32,
    last: Time,
    /// Failures in all.
    #[serde(default)]
    failed: u32,
    /// The last of them.
    #[serde(default)]
    failed_at: Option<Time>,
    /// When the first of the passes since was taken.
    #[serde(default)]
    since: Option<Time>,
}

/// What has been found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No evidence: the time is extended, once.
    Extended,
    /// It did not help; `worse` than before.
    Failed {
        /// Whether it is worse than before.
        worse: bool,
        /// In a few words.
        detail: String,
    },
    /// It helped somewhat.
    Partial {
        /// In a few words.
        detail: String,
    },
    /// It looks well; that has to last.
    Resolved,
    /// It has lasted.
    Success,
    /// Nobody can say.
    Uncertain {
        /// In a few words.
        detail: String,
    },
}

/// The run that is verified.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The component that was sick.
    pub component: &'a Component,
    /// How it was before the run.
    pub before: State,
    /// The condition that the run answers, whose end is evidence.
    pub trigger: Option<&'a Condition>,
    /// How success is recognised.
    pub verification: &'a Verification,
}

impl Watch {
    /// Watches `component` from the end of the settle time on, at least as long as it takes to be seen to be healthy.
    pub fn new(now: Time, verification: &Verification, component: Option<&Component>) -> Watch {
        let from = now.after(verification.settle);
        let within = verification.within.max(component.map_or(Span::ZERO, time_to_be_seen));
        Watch {
            from,
            until: from.after(within),
            extended: false,
            stable_since: None,
            checks: BTreeMap::new(),
            metrics: BTreeSet::new(),
            within,
            tallies: BTreeMap::new(),
            awaited: None,
        }
    }

    /// For how long evidence is awaited at first.
    pub fn within(&self) -> Span {
        self.within
    }

    /// From when evidence counts.
    pub fn from(&self) -> Time {
        self.from
    }

    /// When there is something to decide even if nothing is heard.
    pub fn deadline(&self) -> Time {
        self.awaited.unwrap_or(self.until)
    }

    /// Since when it has been well without a break.
    pub fn healthy_since(&self) -> Option<Time> {
        let runs: Option<Vec<Time>> = self.checks.values().map(|seen| seen.since).collect();
        runs.filter(|runs| !runs.is_empty()).map_or(self.stable_since, |runs| runs.into_iter().max())
    }

    /// Whether it looks well already and only has to stay so.
    pub fn is_stable_phase(&self) -> bool {
        self.stable_since.is_some()
    }

    /// Takes in what was said and measured of `component`; evidence taken before `from` does not count.
    pub fn observe(&mut self, component: &Name, desk: &Desk<'_>) {
        match desk.context.event() {
            Some(Event::CheckReported(report)) if report.taken_at < self.from => return,
            Some(Event::SampleReported { component: of, metric, value, taken_at })
                if of == component && taken_at.unwrap_or(desk.now()) >= self.from =>
            {
                self.metrics.insert(metric.clone());
                let taken = taken_at.unwrap_or(desk.now()).min(desk.now());
                let before = self.tallies.get(metric).copied();
                self.tallies.insert(metric.clone(), Tally::with(before, taken, *value));
            }
            _ => {}
        }
        for fact in desk.said {
            let Conclusion::CheckFound { check, verdict, .. } = &fact.said else { continue };
            if fact.component.as_ref() != Some(component) || fact.at < self.from {
                continue;
            }
            let seen = self.checks.entry(check.clone()).or_default();
            match verdict {
                CheckVerdict::Pass => {
                    let (passes, since) = (seen.passes.saturating_add(1), seen.since.or(Some(taken(desk, fact.at))));
                    *seen = Evidence { passes, failures: 0, last: fact.at, since, ..*seen };
                }
                CheckVerdict::Fail => {
                    let (failures, failed) = (seen.failures.saturating_add(1), seen.failed.saturating_add(1));
                    *seen =
                        Evidence { failures, failed, last: fact.at, failed_at: Some(fact.at), since: None, ..*seen };
                }
                CheckVerdict::Error => {}
            }
        }
    }

    /// What can be said now, if anything new can.
    ///
    /// What each part of the verification came to goes to `weighed`.
    pub fn judge(&mut self, subject: Subject<'_>, desk: &Desk<'_>, weighed: &mut Vec<Weighed>) -> Option<Finding> {
        let now = desk.now();
        let state = desk.knowledge.health.of(&subject.component.name, &desk.knowledge.topology).state;
        let truth = self.condition(subject, desk);
        let signal = desk.knowledge.incidents.signal_holds(&subject.component.name, &subject.incident.issue);
        let checked =
            subject.component.checks.is_empty() || (state == State::Healthy && self.all_passed(subject.component));
        // Where there is nothing to see, nothing is seen to be well.
        let evident = !subject.component.checks.is_empty()
            || subject.verification.condition.is_some()
            || subject.trigger.is_some();
        let well = evident && checked && truth == Truth::True && !signal && self.functional(subject) == Truth::True;
        let trend = if self.stable_since.is_none() { self.trend(subject, now, well, weighed) } else { Trend::Over };
        match (self.stable_since, trend) {
            (None, Trend::Awaited) => None,
            (None, Trend::Worse(detail)) => Some(Finding::Failed { worse: false, detail }),
            (None, Trend::Over) => self.judge_immediate(subject, now, state, truth, well),
            (Some(_), _) if signal => {
                Some(Finding::Failed { worse: false, detail: "the signal that it answers is back".into() })
            }
            (Some(since), _) => {
                let found = self.judge_stability(since, now, state, truth, checked)?;
                Some(if found == Finding::Success { self.at_the_end(subject, desk, weighed) } else { found })
            }
        }
    }

    fn judge_immediate(
        &mut self,
        subject: Subject<'_>,
        now: Time,
        state: State,
        truth: Truth,
        well: bool,
    ) -> Option<Finding> {
        if now < self.from {
            return None;
        }
        if well {
            self.stable_since = Some(now);
            self.until = now.after(stability(subject));
            self.extended = false;
            return Some(Finding::Resolved);
        }
        if state > subject.before {
            return Some(Finding::Failed { worse: true, detail: format!("{state}, was {}", subject.before) });
        }
        if let Some((check, failures)) = self.confirmed_failure(subject.component) {
            return Some(Finding::Failed { worse: false, detail: format!("{check} failed {failures} times in a row") });
        }
        if now < self.until {
            return None;
        }
        let heard = !self.checks.is_empty() || !self.metrics.is_empty();
        let undecided = state == State::Unknown
            || ([truth, self.functional(subject)].contains(&Truth::Unknown)
                && self.confirmed_failure(subject.component).is_none());
        if !heard || (undecided && self.no_failures()) {
            let detail = if heard { "what was seen does not decide it" } else { "no evidence came in" };
            return Some(self.extend_or(self.within.max(subject.verification.within), now, detail));
        }
        let improved = state < subject.before || self.checks.values().any(|seen| seen.passes > 0 && seen.failures == 0);
        if improved {
            return Some(Finding::Partial { detail: format!("better, not well: {state}, was {}", subject.before) });
        }
        Some(Finding::Failed { worse: false, detail: format!("still {state}") })
    }

    fn judge_stability(&mut self, since: Time, now: Time, state: State, truth: Truth, holds: bool) -> Option<Finding> {
        if state >= State::Degraded {
            return Some(Finding::Failed { worse: false, detail: format!("{state} again after {}", now.since(since)) });
        }
        if truth == Truth::False {
            return Some(Finding::Failed { worse: false, detail: "the condition holds no more".into() });
        }
        if now < self.until {
            return None;
        }
        let heard = self.checks.values().any(|seen| seen.last > since) || self.checks.is_empty();
        if holds && heard && truth == Truth::True {
            return Some(Finding::Success);
        }
        Some(self.extend_or(self.until.since(since), now, "nothing was heard while it should stay well"))
    }

    fn extend_or(&mut self, by: Span, now: Time, detail: &str) -> Finding {
        if self.extended {
            return Finding::Uncertain { detail: detail.into() };
        }
        self.extended = true;
        self.until = now.after(by.max(Span::from_secs(1)));
        Finding::Extended
    }

    /// Whether there are checks, and each has passed since `from` and not failed after that.
    pub fn has_passed(&self, component: &Component) -> bool {
        component.checks.iter().any(|check| check.tier != Tier::Comprehensive) && self.all_passed(component)
    }

    /// Whether each check has passed since `from` and not failed after that. The comprehensive tier is too slow to ask.
    fn all_passed(&self, component: &Component) -> bool {
        let asked = component.checks.iter().filter(|check| check.tier != Tier::Comprehensive);
        asked
            .map(|check| self.checks.get(&check.name))
            .all(|seen| seen.is_some_and(|s| s.passes > 0 && s.failures == 0))
    }

    /// A check that failed as often in a row as it takes, and how often.
    pub fn confirmed_failure(&self, component: &Component) -> Option<(Name, u32)> {
        component.checks.iter().find_map(|check| {
            let failures = self.checks.get(&check.name)?.failures;
            (failures >= check.failure_threshold.max(1)).then(|| (check.name.clone(), failures))
        })
    }

    fn no_failures(&self) -> bool {
        self.checks.values().all(|seen| seen.failures == 0)
    }

    /// Whether the playbook's own condition holds, on samples taken since `from`. True where there is none.
    fn condition(&self, subject: Subject<'_>, desk: &Desk<'_>) -> Truth {
        let Some(condition) = &subject.verification.condition else { return Truth::True };
        if !self.is_fresh(condition, subject, desk) {
            return Truth::Unknown;
        }
        asked::ask(condition, desk.knowledge, desk.context, subject.incident).truth
    }

    /// Whether each metric of the component that the condition names was measured since `from`.
    fn is_fresh(&self, condition: &Condition, subject: Subject<'_>, desk: &Desk<'_>) -> bool {
        let component = subject.component.name.as_str();
        let own =
            condition.paths().into_iter().filter(|path| path.component.is_none()).map(|path| Name::new(&path.name));
        let mut measured = own.filter(|name| desk.knowledge.metrics.of(component).any(|metric| metric == name));
        measured.all(|name| self.metrics.contains(&name))
    }
}

/// When the result that is reported now was taken.
fn taken(desk: &Desk<'_>, at: Time) -> Time {
    match desk.context.event() {
        Some(Event::CheckReported(report)) => report.taken_at.min(at),
        _ => at,
    }
}

/// How long a component that was mended takes to count as healthy: it must pass for its `healthy_delay`, and is asked only
/// so often.
fn time_to_be_seen(component: &Component) -> Span {
    let checks = component.checks.iter().filter(|check| check.tier != Tier::Comprehensive);
    let slowest = checks.map(|check| check.recheck_interval).max().unwrap_or(Span::ZERO);
    component.healthy_delay.plus(slowest.times(2))
}
