//! What a policy says without meaning it: allowed, but worth a second look (SPEC H8).

mod authority;
mod contradiction;
mod ladder;
mod limits;
mod reach;

use crate::policy::document::Origin;
use crate::policy::mode::Mode;
use crate::policy::problem::{Near, Problem, listed};
use crate::policy::{Origins, Policy};
use crate::primitives::name::Name;
use alloc::format;
use alloc::vec::Vec;

/// Where the parts of a policy stand.
pub(in crate::policy) struct Places<'l> {
    /// Where it begins.
    pub whole: &'l Origin,
    /// The parts that a host can ask for too.
    pub parts: &'l Origins,
    /// Every type that a component gives itself.
    pub types: &'l [(Name, Origin)],
    /// Each chain that the policy holds, in order.
    pub chains: &'l [Origin],
    /// The section `safety`.
    pub safety: Option<Origin>,
    /// Everybody whom a chain tells.
    pub told: &'l [(Name, Origin)],
}

/// Reports what is worth a second look. Each finding is one warning, whatever the number of components it is about.
pub(in crate::policy) fn lint(policy: &Policy, places: &Places<'_>, report: &dyn Fn(Problem)) {
    let lint = Lint { policy, places, report, near: Near::new() };
    lint.without_components();
    lint.without_checks();
    lint.slow_detection();
    lint.without_playbook();
    lint.without_escalation();
    lint.long_ladders();
    lint.idle_limits();
    lint.idle_flapping();
    lint.misspelled_types();
    lint.idle_playbooks();
    lint.contradictions();
    lint.covered_chains();
    lint.late_levels();
    lint.odd_windows();
    lint.misspelled_people();
    lint.without_approvers();
    lint.without_release();
}

struct Lint<'l> {
    policy: &'l Policy,
    places: &'l Places<'l>,
    report: &'l dyn Fn(Problem),
    near: Near,
}

impl Lint<'_> {
    fn without_components(&self) {
        if self.policy.components.is_empty() {
            let warning = self.places.whole.warning("this policy has no components: nothing is watched");
            (self.report)(warning.help("add them under `components`, or register them at run time"));
        }
    }

    fn without_checks(&self) {
        let found = self.those(|at| self.policy.components.get(at).is_some_and(|it| it.checks.is_empty()));
        self.warn(&found, "no check", "nothing will ever be known there: add `checks`");
    }

    fn slow_detection(&self) {
        let wanted = self.policy.objective.detect;
        let slow =
            |at: usize| self.policy.components.get(at).and_then(|it| it.detection()).filter(|it| it.worst > wanted);
        let found = self.those(|at| slow(at).is_some());
        if let Some(time) = found.iter().filter_map(|at| slow(*at)).max_by_key(|time| time.worst) {
            let what = format!("detection slower than the objective of {wanted}");
            let help = format!(
                "at worst {}, on average {}: shorten `interval`, or lower `failure_threshold`",
                time.worst, time.mean
            );
            self.warn(&found, &what, &help);
        }
    }

    fn without_playbook(&self) {
        if self.policy.mode == Mode::Off {
            return;
        }
        let answered = |at: usize| {
            self.policy.components.get(at).is_none_or(|component| {
                component.checks.is_empty() || self.policy.ladder(component).any(|it| it.trigger.answers_health())
            })
        };
        let found = self.those(|at| !answered(at));
        self.warn(
            &found,
            "no playbook that answers a failure",
            "a person is called at once: add one under `playbooks`",
        );
    }

    /// The components that `is` true of, by place.
    fn those(&self, is: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.policy.components.len()).filter(|at| is(*at)).collect()
    }

    /// One warning about all of `found`, at the first of them.
    fn warn(&self, found: &[usize], what: &str, help: &str) {
        let names =
            found.iter().filter_map(|at| self.policy.components.get(*at)).map(|component| component.name.as_str());
        let names: Vec<&str> = names.collect();
        let (Some(origin), Some(first)) =
            (found.first().and_then(|at| self.places.parts.components.get(*at)), names.first())
        else {
            return;
        };
        let warning = match names.len() {
            1 => origin.warning(format!("component `{first}` has {what}")).help(help),
            many => origin
                .warning(format!("{many} components have {what}"))
                .help(format!("they are {}", listed(names.iter().copied())))
                .help(help),
        };
        (self.report)(warning);
    }
}
