//! What a policy says without meaning it: allowed, but worth a second look (SPEC H8).

use crate::policy::Policy;
use crate::policy::document::Origin;
use crate::policy::mode::Mode;
use crate::policy::problem::{Problem, listed};
use alloc::format;
use alloc::vec::Vec;

/// Reports what is worth a second look. `origins` says where each component stands, `whole` where the policy begins.
/// Each finding is one warning, whatever the number of components it is about.
pub(in crate::policy) fn lint(policy: &Policy, origins: &[Origin], whole: &Origin, report: &dyn Fn(Problem)) {
    let lint = Lint { policy, origins, report };
    lint.without_checks();
    lint.slow_detection();
    lint.without_playbook();
    lint.without_approvers(whole);
}

struct Lint<'l> {
    policy: &'l Policy,
    origins: &'l [Origin],
    report: &'l dyn Fn(Problem),
}

impl Lint<'_> {
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

    /// Where nobody is named at all, who may approve is for the host to say.
    fn without_approvers(&self, whole: &Origin) {
        let roles = &self.policy.safety.approval.any_of;
        let anybody = self.policy.people.values().any(|held| held.intersection(roles).next().is_some());
        if self.policy.mode == Mode::Approve && !anybody && !self.policy.people.is_empty() {
            let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            let warning = whole.warning(format!("nobody under `people` can approve: {}", listed(roles.into_iter())));
            (self.report)(warning.help("every plan waits until its approval expires, then a person is called"));
        }
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
        let (Some(origin), Some(first)) = (found.first().and_then(|at| self.origins.get(*at)), names.first()) else {
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
