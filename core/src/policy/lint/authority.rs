//! Whether those whom the policy names can do what it will ask of them. Where it names nobody, that is for the host to say.

use super::Lint;
use crate::model::severity::Risk;
use crate::policy::actions::{Action, Reversal};
use crate::policy::authority::Verb;
use crate::policy::draft::playbook::all_steps;
use crate::policy::mode::Mode;
use crate::policy::playbook::Playbook;
use crate::policy::problem::listed;
use crate::primitives::name::Name;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Without whose approval nothing of critical risk is done.
const FOR_CRITICAL: &str = "sre_lead";

impl Lint<'_> {
    /// Plans that wait for an approval which nobody can give.
    pub(super) fn without_approvers(&self) {
        let Some(people) = self.people() else { return };
        let roles = &self.policy.safety.approval.any_of;
        if self.policy.mode >= Mode::Approve && !self.anybody_holds(|role| roles.contains(role)) {
            let roles: Vec<&str> = roles.iter().map(Name::as_str).collect();
            let warning = people.warning(format!("nobody under `people` can approve: {}", listed(roles.into_iter())));
            let end = "until its approval expires, then a person is called";
            (self.report)(match self.that_ask().as_slice() {
                _ if self.policy.mode == Mode::Approve => warning.help(format!("every plan waits {end}")),
                [] => warning.help(format!("what the limits do not allow without a person waits {end}")),
                asking => warning.help(format!("each plan of {} waits {end}", listed(asking.iter().copied()))),
            });
        }
        let high: Vec<&str> =
            self.acting().filter(|it| self.risks(it, |action| action.risk >= Risk::High)).map(id).collect();
        let approvers = self.policy.people.values().filter(|held| held.iter().any(|role| roles.contains(role))).count();
        if approvers == 1 && !high.is_empty() {
            let what = listed(high.into_iter());
            let warning = people.warning(format!("one person under `people` can approve, and {what} takes two"));
            (self.report)(warning.help("what is of high risk waits for two people, none of them who ordered it"));
        }
        let critical: Vec<&str> =
            self.acting().filter(|it| self.risks(it, |action| action.risk == Risk::Critical)).map(id).collect();
        if !critical.is_empty() && !self.anybody_holds(|role| role.as_str() == FOR_CRITICAL) {
            let what = listed(critical.into_iter());
            let warning = people.warning(format!("nobody under `people` is an {FOR_CRITICAL}, to approve {what}"));
            (self.report)(warning.help("what is of critical risk is never done without one"));
        }
    }

    /// A stop, or a lowered mode, that nobody can take back.
    pub(super) fn without_release(&self) {
        let Some(people) = self.people() else { return };
        let roles = Verb::Resume.roles();
        if !self.anybody_holds(|role| roles.contains(&role.as_str())) {
            let what = "nobody under `people` can let go on what was stopped, or raise a mode that was lowered";
            let help = format!("it stays so until the policy names one of {}", listed(roles.iter().copied()));
            (self.report)(people.warning(what).help(help));
        }
    }

    fn people(&self) -> Option<&crate::policy::document::Origin> {
        self.places.parts.people.as_ref().filter(|_| !self.policy.people.is_empty())
    }

    fn anybody_holds(&self, role: impl Fn(&Name) -> bool) -> bool {
        self.policy.people.values().flatten().any(role)
    }

    /// The playbooks that carry out plans.
    fn acting(&self) -> impl Iterator<Item = &Playbook> {
        let mode = |it: &Playbook| it.safety.mode.map_or(self.policy.mode, |mode| mode.min(self.policy.mode));
        let concerned = |it: &Playbook| self.policy.components.iter().any(|component| it.trigger.concerns(component));
        self.policy.playbooks.iter().map(Arc::as_ref).filter(move |it| mode(it) >= Mode::Approve && concerned(it))
    }

    /// The playbooks that need an approval whatever happens.
    fn that_ask(&self) -> Vec<&str> {
        let risky = |action: &Action| {
            action.risk >= Risk::High || action.reversal == Reversal::Irreversible && action.risk > Risk::Low
        };
        let asks = |it: &&Playbook| {
            it.safety.require_approval || it.safety.mode == Some(Mode::Approve) || self.risks(it, risky)
        };
        self.acting().filter(asks).map(id).collect()
    }

    fn risks(&self, playbook: &Playbook, is: impl Fn(&Action) -> bool) -> bool {
        all_steps(&playbook.steps).filter_map(|step| self.policy.actions.get(&step.action)).any(|action| is(action))
    }
}

fn id(playbook: &Playbook) -> &str {
    playbook.id.as_str()
}
