//! The parts of a verification beside its first checks: trend, functional checks, stability by tier, baseline.

use super::{Finding, Subject, Watch};
use crate::knowledge::evaluate::Truth;
use crate::model::health::Tier;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::desk::Desk;
use crate::remediate::evidence::{self, Weighed};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How long metrics are looked at before it counts as well for the time being.
const TREND: Span = Span::from_mins(1);
/// For how long each tier must have passed before it counts as well; shorter where the playbook says.
const SHALLOW: Span = Span::from_mins(2);
const DEEP: Span = Span::from_mins(5);
const COMPREHENSIVE: Span = Span::from_mins(10);

/// What the minute after a run says.
pub(super) enum Trend {
    Awaited,
    Over,
    Worse(String),
}

impl Watch {
    /// Whether what is measured gets worse in the minute after the run, where it looks well otherwise.
    pub(super) fn trend(&mut self, subject: Subject<'_>, now: Time, well: bool, weighed: &mut Vec<Weighed>) -> Trend {
        let directions = evidence::directions(subject.trigger, subject.verification.condition.as_ref());
        self.awaited = None;
        if !well || now < self.from || directions.is_empty() {
            return Trend::Over;
        }
        let end = self.from.after(TREND.min(subject.verification.stability));
        if now < end {
            self.awaited = Some(end);
            return Trend::Awaited;
        }
        let found = evidence::trend(&directions, &self.tallies);
        let worse = found.found == "failed";
        let detail = format!("it gets worse: {}", found.detail);
        weighed.push(found);
        if worse { Trend::Worse(detail) } else { Trend::Over }
    }

    /// Whether the checks that the playbook names have passed. Of what is not there nothing is known.
    pub(super) fn functional(&self, subject: Subject<'_>) -> Truth {
        let seen = |name: &Name| match self.checks.get(name) {
            Some(seen) if seen.failures > 0 => Truth::False,
            Some(seen) if seen.passes > 0 => Truth::True,
            _ => Truth::Unknown,
        };
        subject.verification.functional.iter().fold(Truth::True, |all, name| all.and(seen(name)))
    }

    /// At the end of the stability time: each tier has passed for as long as it takes, and nothing is off its baseline.
    pub(super) fn at_the_end(&mut self, subject: Subject<'_>, desk: &Desk<'_>, weighed: &mut Vec<Weighed>) -> Finding {
        if let Some((detail, until)) = self.broken_run(subject, desk.now()) {
            weighed.push(Weighed { part: "stability", found: "failed", detail: detail.clone() });
            if self.extended {
                return Finding::Partial { detail };
            }
            self.extended = true;
            self.until = until;
            return Finding::Extended;
        }
        if !subject.verification.functional.is_empty() {
            let names: Vec<&str> = subject.verification.functional.iter().map(Name::as_str).collect();
            weighed.push(Weighed { part: "functional", found: "passed", detail: names.join(", ") });
        }
        let found = evidence::baseline(&subject.component.name, &self.tallies, desk.knowledge, desk.now());
        let off = found.as_ref().filter(|found| found.found == "failed").map(|found| found.detail.clone());
        weighed.extend(found);
        match off {
            Some(detail) => Finding::Partial { detail: format!("better, not as usual: {detail}") },
            None => Finding::Success,
        }
    }

    /// A check that has not passed for as long as its tier takes, and when it will have.
    fn broken_run(&self, subject: Subject<'_>, now: Time) -> Option<(String, Time)> {
        subject.component.checks.iter().find_map(|check| {
            let seen = self.checks.get(&check.name)?;
            let need = match check.tier {
                Tier::Shallow => SHALLOW,
                Tier::Deep => DEEP,
                Tier::Comprehensive => COMPREHENSIVE,
            };
            let need = need.min(stability(subject));
            let failed = seen.failed_at.filter(|at| now.since(*at) < need)?;
            let rate = u64::from(seen.passes) * 100;
            let enough = rate >= u64::from(seen.passes.saturating_add(seen.failed)) * 95;
            let forgiven = check.tier == Tier::Comprehensive && enough;
            (!forgiven).then(|| (format!("`{}` has not passed for {need}", check.name), failed.after(need)))
        })
    }
}

/// How long it must stay well: a comprehensive check takes longer, unless the playbook says it is to be shorter.
pub(super) fn stability(subject: Subject<'_>) -> Span {
    let given = subject.verification.stability;
    let slow = subject.component.checks.iter().any(|check| check.tier == Tier::Comprehensive);
    if slow && given >= DEEP { given.max(COMPREHENSIVE) } else { given }
}
