//! Harm by what is checked (SPEC R8): more than half of the checks of what a run has acted on fail, and among them one that
//! did not when it began.

use crate::model::fact::Conclusion;
use crate::model::health::{CheckVerdict, State};
use crate::model::incident::Incident;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::desk::Desk;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A check of a component.
type Check = (Name, Name);

/// Which checks fail, and which of them are no harm of the run. One entry for each check of what it acts on at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Those that failed when it began, or may have.
    before: BTreeSet<Check>,
    /// Those that have failed since as often in a row as it takes, and not passed after that.
    now: BTreeSet<Check>,
}

impl Failing {
    /// What fails as `run` begins: of its component what has failed in an incident that is open; of what else is not known
    /// to be healthy, and of what is unhealthy nobody can tell by what, everything.
    pub fn of(run: &Run, incident: &Incident, desk: &Desk<'_>) -> Failing {
        let (knowledge, mut before) = (desk.knowledge, BTreeSet::new());
        let open = knowledge.incidents.open_with(&run.component).map(|open| open.id).chain([incident.id]);
        let told = open.flat_map(|id| knowledge.timeline.of(id)).chain(desk.said);
        for fact in told.filter(|fact| fact.component.as_ref().is_some_and(|of| run.looks_at(of))) {
            if let Conclusion::CheckFound { check, verdict: CheckVerdict::Fail, .. } = &fact.said {
                before.extend(fact.component.clone().map(|of| (of, check.clone())));
            }
        }
        let unclear = |name: &Name| {
            let state = knowledge.health.of(name, &knowledge.topology).state;
            let seen = *name == run.component && (state < State::Unhealthy || before.iter().any(|(of, _)| of == name));
            state != State::Healthy && !seen
        };
        let unclear = run.plan.targets.keys().chain([&run.component]).filter(|name| unclear(name));
        let unclear: Vec<_> = unclear.filter_map(|name| knowledge.topology.component(name)).collect();
        for one in unclear {
            before.extend(one.checks.iter().map(|check| (one.name.clone(), check.name.clone())));
        }
        Failing { before, now: BTreeSet::new() }
    }
}

impl Failing {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Failing::default()
    }
}

impl Run {
    /// Whether it changes `name`, or is for it.
    pub fn looks_at(&self, name: &Name) -> bool {
        *name == self.component || self.plan.targets.get(name).is_some_and(|grip| *grip > Grip::None)
    }

    /// Whether it has acted on `name`, or is for it.
    pub fn has_acted_on(&self, name: &Name) -> bool {
        let started =
            |(planned, progress): (&crate::remediate::plan::PlannedStep, &crate::remediate::run::Progress)| {
                progress.started && planned.target == *name
            };
        *name == self.component || (self.looks_at(name) && self.plan.steps.iter().zip(&self.steps).any(started))
    }
}

impl Work<'_, '_> {
    /// More than half of the checks fail, and not all of them did before.
    pub(super) fn too_many_fail(&self, run: &mut Run) -> Option<String> {
        let news = self.desk.said.iter().any(|fact| matches!(fact.said, Conclusion::CheckFound { .. }));
        if !news {
            return None;
        }
        self.note_checks(run);
        let topology = &self.desk.knowledge.topology;
        let acted = run.plan.targets.keys().filter(|name| **name != run.component).chain([&run.component]);
        let acted = acted.filter(|name| run.has_acted_on(name)).filter_map(|name| topology.component(name));
        let all = acted.map(|component| component.checks.len()).fold(0, usize::saturating_add);
        let failing = &run.guard.failing;
        let (fail, of) = (failing.now.len(), all);
        let (name, check) = failing.now.difference(&failing.before).next()?;
        (fail.saturating_mul(2) > of)
            .then(|| format!("{fail} of {of} checks fail, among them `{check}` of `{name}`, which did not before"))
    }

    fn note_checks(&self, run: &mut Run) {
        for fact in self.desk.said {
            let Conclusion::CheckFound { check, verdict, count, .. } = &fact.said else { continue };
            let Some(name) = fact.component.as_ref().filter(|name| run.looks_at(name)) else { continue };
            let Some(component) = self.desk.knowledge.topology.component(name) else { continue };
            match verdict {
                CheckVerdict::Pass => {
                    run.guard.failing.now.remove(&(name.clone(), check.clone()));
                }
                CheckVerdict::Fail if is_confirmed(component, check, *count) && !self.is_expected(run, name) => {
                    run.guard.failing.now.insert((name.clone(), check.clone()));
                }
                CheckVerdict::Fail | CheckVerdict::Error => {}
            }
        }
    }

    /// Whether `name` may be out of service because it is acted on just now, or was within the settle time.
    fn is_expected(&self, run: &Run, name: &Name) -> bool {
        let at_work = run.plan.steps.iter().zip(&run.steps);
        let mut at_work = at_work.filter(|(_, progress)| matches!(progress.at, At::Flight(_)));
        let settles = |at| self.desk.now().since(at) < run.playbook.verification.settle;
        at_work.any(|(planned, _)| planned.target == *name)
            || self.desk.knowledge.watches.acted(name).is_some_and(settles)
    }
}

/// Whether `check` has failed as often in a row as makes its component unhealthy.
fn is_confirmed(component: &Component, check: &Name, count: u32) -> bool {
    component.checks.iter().any(|known| known.name == *check && count >= known.failure_threshold)
}
