//! Harm by what is checked (SPEC R8): more than half of the checks of what a run has acted on fail, and among them one that
//! did not when it began. What counts is which checks are known to fail, not when that became known.

use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State};
use crate::model::incident::Incident;
use crate::policy::components::{Ask, Check as Asked};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::blast::Grip;
use crate::remediate::desk::Desk;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A check of a component.
type Check = (Name, Name);

/// Which checks fail, and which of them are no harm of the run. One entry for each check of what it acts on at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Those that failed when it began, or may have.
    before: BTreeSet<Check>,
    /// Those that have failed as often in a row as it takes, and not passed after that.
    now: BTreeSet<Check>,
    /// Those of which that was seen only while their component was expected to be out of service.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    excused: BTreeSet<Check>,
}

/// What a check came to.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    of: &'a Name,
    check: &'a Asked,
    verdict: CheckVerdict,
    /// How many alike in a row, and how many it takes to change something; unset: one more than is worth a word.
    count: Option<(u32, u32)>,
    /// Whether it may have been so when the run began.
    old: bool,
    /// Whether its component may be out of service because it is acted on, or was when this was seen.
    expected: bool,
}

impl Failing {
    /// What fails as `run` begins. What has failed in an incident that is open is no harm of the run; neither is anything of
    /// what is not known to be healthy, and of what is unhealthy nobody can tell by what.
    pub fn of(run: &Run, incident: &Incident, desk: &Desk<'_>) -> Failing {
        let (knowledge, mut failing) = (desk.knowledge, Failing::default());
        let looked_at = run.plan.targets.keys().chain([&run.component]).filter(|name| run.looks_at(name));
        let looked_at: BTreeSet<&Name> = looked_at.collect();
        let open = looked_at.iter().flat_map(|name| knowledge.incidents.open_with(name)).map(|open| open.id);
        let open: BTreeSet<_> = open.chain([incident.id]).collect();
        let told = open.into_iter().flat_map(|id| knowledge.timeline.of(id));
        let told = told.chain(looked_at.iter().flat_map(|name| knowledge.timeline.prelude(name))).chain(desk.said);
        let mut told: Vec<&Fact> = told.collect();
        told.sort_by_key(|fact| fact.at);
        for (of, check, verdict, count) in told.into_iter().filter_map(|fact| found(run, desk, fact)) {
            let count = Some(count);
            failing.note(Found { of, check, verdict, count, old: true, expected: false });
        }
        let unclear = |name: &Name| {
            let state = knowledge.health.of(name, &knowledge.topology).state;
            let known = failing.before.iter().any(|(of, _)| of == name);
            let seen = *name == run.component && (state < State::Unhealthy || known);
            state != State::Healthy && !seen
        };
        let unclear = looked_at.into_iter().filter(|name| unclear(name));
        let unclear: Vec<_> = unclear.filter_map(|name| knowledge.topology.component(name)).collect();
        for one in unclear {
            failing.before.extend(one.checks.iter().map(|check| (one.name.clone(), check.name.clone())));
        }
        failing
    }

    /// Takes in what a check came to.
    fn note(&mut self, found: Found<'_>) {
        let key = (found.of.clone(), found.check.name.clone());
        match found.verdict {
            CheckVerdict::Pass => self.forget(&key),
            // Nothing is known of it any more, and what fails is counted anew.
            CheckVerdict::Error if found.count.is_some_and(|(count, needed)| count >= needed) => self.forget(&key),
            CheckVerdict::Error => {}
            CheckVerdict::Fail => {
                if found.old {
                    self.before.insert(key.clone());
                }
                match found.count {
                    // Counted anew since.
                    Some((count, _)) if count < found.check.failure_threshold => self.forget(&key),
                    Some(_) if !found.expected => self.confirm(key),
                    Some(_) if !self.now.contains(&key) => drop(self.excused.insert(key)),
                    None if !found.expected && self.excused.contains(&key) => self.confirm(key),
                    Some(_) | None => {}
                }
            }
        }
    }

    /// What fails now is no harm of the run.
    pub fn excuse_all(&mut self) {
        self.before.extend(self.now.iter().cloned());
    }

    fn confirm(&mut self, key: Check) {
        self.excused.remove(&key);
        self.now.insert(key);
    }

    fn forget(&mut self, key: &Check) {
        self.now.remove(key);
        self.excused.remove(key);
    }

    /// Whether any fails that did not before.
    fn has_news(&self) -> bool {
        self.now.difference(&self.before).next().is_some()
    }

    /// How many fail of all of `acted`, and which of them did not before, where they are more than half.
    fn too_many<'a>(&self, acted: impl Iterator<Item = (&'a Name, &'a [Arc<Asked>])>) -> Option<String> {
        let (mut of, mut fail, mut news) = (0_u64, 0_u64, None);
        for (name, checks) in acted {
            for check in checks {
                let key = (name.clone(), check.name.clone());
                let fails = self.now.contains(&key);
                (of, fail) = (of.saturating_add(1), fail.saturating_add(u64::from(fails)));
                if fails && !self.before.contains(&key) {
                    news = news.or(Some(key));
                }
            }
        }
        let (name, check) = news.filter(|_| fail.saturating_mul(2) > of)?;
        Some(format!("{fail} of {of} checks fail, among them `{check}` of `{name}`, which did not before"))
    }
}

/// What `fact` says of a check that there is, of what `run` looks at.
fn found<'a>(run: &Run, desk: &Desk<'a>, fact: &'a Fact) -> Option<(&'a Name, &'a Asked, CheckVerdict, (u32, u32))> {
    let Conclusion::CheckFound { check, verdict, count, needed, .. } = &fact.said else { return None };
    let name = fact.component.as_ref().filter(|name| run.looks_at(name))?;
    let component = desk.knowledge.topology.component(name)?;
    let known = component.checks.iter().find(|known| known.name == *check)?;
    Some((name, known, *verdict, (*count, *needed)))
}

impl Run {
    /// Whether it changes `name`, or is for it.
    pub fn looks_at(&self, name: &Name) -> bool {
        *name == self.component || self.plan.targets.get(name).is_some_and(|grip| *grip > Grip::None)
    }

    /// Whether it has acted on `name`, or is for it.
    pub fn has_acted_on(&self, name: &Name) -> bool {
        *name == self.component || (self.looks_at(name) && self.has_touched(name))
    }

    /// Whether a step of it on `name` was started.
    fn has_touched(&self, name: &Name) -> bool {
        let mut steps = self.plan.steps.iter().zip(&self.steps);
        steps.any(|(planned, progress)| progress.started && planned.target == *name)
    }

    /// Whether any step of it was started.
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(|progress| progress.started)
    }

    /// Whether what is found of `check` for the first time now may have been so when the run began. Before its first step
    /// nothing is by it. On a component that it has not touched, what was not asked since may only have come to light.
    fn may_be_old(&self, name: &Name, check: &Asked, count: u32, now: Time) -> bool {
        let seen_by = self.started.map(|started| started.after(check.interval).after(check.timeout));
        !self.has_begun() || (count == 1 && !self.has_touched(name) && seen_by.is_none_or(|by| now <= by))
    }
}

impl Work<'_, '_> {
    /// More than half of the checks fail, and not all of them did before. Where it is not known what failed before, nothing
    /// can be told.
    pub(super) fn too_many_fail(&self, run: &mut Run) -> Option<String> {
        let mut failing = run.guard.failing.take()?;
        self.note_checks(run, &mut failing);
        let topology = &self.desk.knowledge.topology;
        let acted = run.plan.targets.keys().filter(|name| **name != run.component).chain([&run.component]);
        let acted = acted.filter(|name| run.has_acted_on(name)).filter_map(|name| topology.component(name));
        let acted = acted.map(|component| (&component.name, component.checks.as_slice()));
        let harm = if run.has_begun() && failing.has_news() { failing.too_many(acted) } else { None };
        run.guard.failing = Some(failing);
        harm
    }

    fn note_checks(&self, run: &Run, failing: &mut Failing) {
        let now = self.desk.now();
        let report = match self.desk.context.event() {
            Some(Event::CheckReported(report)) => Some(report),
            _ => None,
        };
        let seen = report.map_or(now, |report| report.asked_at.unwrap_or(report.taken_at).min(now));
        for (of, check, verdict, count) in self.desk.said.iter().filter_map(|fact| found(run, self.desk, fact)) {
            let (old, expected) = (run.may_be_old(of, check, count.0, now), self.is_expected(run, of, now));
            failing.note(Found { of, check, verdict, count: Some(count), old, expected });
        }
        if failing.excused.is_empty() {
            return;
        }
        // What has failed often enough is not said again each time.
        let said = |fact: &Fact| matches!(fact.said, Conclusion::CheckFound { .. } | Conclusion::InputRefused { .. });
        let silent = !self.desk.said.iter().any(said);
        let report = report.filter(|report| silent && report.verdict == CheckVerdict::Fail);
        for (of, name) in failing.excused.clone() {
            let component = self.desk.knowledge.topology.component(&of);
            let check = component.and_then(|component| component.checks.iter().find(|check| check.name == name));
            let Some(check) = check else { continue };
            let reported = report.is_some_and(|report| report.component == of && report.check == name);
            let at = match check.ask {
                // Nobody reports that nothing comes, nor what the engine decides itself.
                Ask::Heartbeat { within } => now.before(within),
                Ask::Metric(_) => now.before(check.interval),
                _ if reported => seen,
                _ => continue,
            };
            let expected = self.is_expected(run, &of, at);
            failing.note(Found { of: &of, check, verdict: CheckVerdict::Fail, count: None, old: false, expected });
        }
    }

    /// Whether `name` may be out of service because it is acted on just now, or was within the settle time before `at`.
    fn is_expected(&self, run: &Run, name: &Name, at: Time) -> bool {
        let at_work = run.plan.steps.iter().zip(&run.steps);
        let mut at_work = at_work.filter(|(_, progress)| matches!(progress.at, At::Flight(_)));
        let settles = |acted: Time| at < acted.after(run.playbook.verification.settle);
        at_work.any(|(planned, _)| planned.target == *name)
            || self.desk.knowledge.watches.acted(name).is_some_and(settles)
    }
}

#[cfg(test)]
mod tests;
