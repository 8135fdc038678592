//! A run that is stopped halfway by what says nothing about its playbook: people who stop everything or lower the mode, a
//! window, an approval that is over, a target that is gone. It has neither helped nor failed to help, whatever its undoing
//! is allowed to do; harm that was seen, and a step that failed itself, count all the same.

use crate::model::gate::{Link, LinkResult, Occasion};
use crate::policy::playbook::OnFailure;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::run::rollout::Rolling;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Grant, Run};
use crate::remediate::safety::NOT_ALONE;
use crate::remediate::safety::approval::BY_MODE;
use crate::remediate::safety::gate::Decision;
use alloc::format;
use alloc::string::String;

/// Whether a refusal by `link` is about what people decided or what time it is, not about how things go.
const fn is_by(link: Link) -> bool {
    matches!(link, Link::Mode | Link::KillSwitch | Link::WarmUp | Link::Maintenance | Link::ChangeWindow | Link::Role)
}

/// Whether what the gate decided cuts the run. That people must approve does so where the mode was lowered, or who ordered
/// it may not any more, or what they approved would be enough still and is over, or has lost its role; not where things
/// have come to need more.
fn cuts(decision: &Decision, grant: Option<&Grant>) -> bool {
    let Some(refusal) = decision.refusal() else { return false };
    if refusal.link != Link::Approval && refusal.rule != NOT_ALONE {
        return is_by(refusal.link);
    }
    let lowered = decision.need.reasons.iter().all(|reason| *reason == BY_MODE);
    let may_not = decision.links.iter().any(|result| !result.allowed && result.link == Link::Role);
    lowered || may_not || grant.is_some_and(|grant| decision.need.is_covered(Some(grant), Time::ZERO))
}

impl Run {
    /// Why it ends: `decision`, which refuses step `index`, called `step`, by `refusal`.
    pub(super) fn refused(&mut self, index: u32, step: &Name, decision: &Decision, refusal: &LinkResult) -> String {
        self.cut = Some(index).filter(|_| cuts(decision, self.approval.as_ref()));
        format!("step `{step}` was refused by {}", refusal.rule)
    }

    /// Whether it was stopped halfway, and nothing was seen that speaks against its playbook.
    pub fn was_cut(&self) -> bool {
        let Some(cut) = self.cut else { return false };
        let harmed = self.guard.harmed || self.rolling.as_ref().is_some_and(|rolling| Rolling::is_worse(rolling));
        let steps = (0..).zip(self.plan.steps.iter().zip(&self.steps)).filter(|(index, _)| *index != cut);
        let mut failed = steps.filter(|(_, (planned, progress))| {
            progress.ended_as("unknown")
                || (progress.ended_as("failed") && planned.step.on_failure != OnFailure::Continue)
        });
        !harmed && failed.next().is_none()
    }
}

impl Work<'_, '_> {
    /// The host did not begin step `index`: because of what would cut the run, if that is so still.
    pub(super) fn note_cut(&self, run: &mut Run, index: u32) {
        let Some((planned, _)) = run.step(index) else { return };
        let gone = self.desk.knowledge.topology.component(&planned.target).is_none();
        let action = run.actions.get(&planned.step.action).cloned();
        let decision = self.gate(run, Occasion::LaterStep, action.as_deref(), Some(index));
        run.cut = Some(index).filter(|_| gone || cuts(&decision, run.approval.as_ref()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use crate::remediate::safety::approval::Need;
    use alloc::vec::Vec;

    #[test]
    fn g2_what_things_come_to_excuses_nothing() {
        let cutting: Vec<Link> = Link::ALL.iter().copied().filter(|link| is_by(*link)).collect();
        let expected = [Link::Mode, Link::KillSwitch, Link::WarmUp, Link::Maintenance, Link::ChangeWindow, Link::Role];
        assert_eq!(cutting, expected);
    }

    #[test]
    fn g2_an_approval_that_is_missing_excuses_only_where_people_or_the_time_took_it_away() {
        let refused = |link: Link, rule: &'static str| {
            let (values, remedy) = (Vec::new(), String::new());
            LinkResult { link, allowed: false, rule: rule.into(), values, remedy }
        };
        let decision = |reasons: &[&'static str], people: u32| {
            let refusal = refused(Link::Approval, "approval.required");
            let any_of = ["operator".into()].into();
            let need = Need { reasons: reasons.to_vec(), any_of, people, ..Need::default() };
            Decision { links: [refusal].into(), again: None, need }
        };
        let given = |role: &str| Grant { by: [("ann".into(), [role.into()].into())].into(), until: second(9) };
        assert!(cuts(&decision(&[BY_MODE], 1), None), "people lowered the mode");
        assert!(!cuts(&decision(&[BY_MODE, "safe_mode"], 1), None), "and things have come to need one");
        assert!(!cuts(&decision(&["severity"], 1), None));
        assert!(cuts(&decision(&["severity"], 1), Some(&given("operator"))), "it was given, and is over");
        assert!(!cuts(&decision(&["severity"], 2), Some(&given("operator"))), "it needs more than was given");
        assert!(!cuts(&decision(&["severity"], 1), Some(&given("viewer"))));
        let at_sev0 = |people: u32| {
            let mut decision = decision(&["severity"], people);
            decision.links.insert(0, refused(Link::Severity, NOT_ALONE));
            decision
        };
        assert!(cuts(&at_sev0(1), Some(&given("operator"))), "at SEV0, too");
        assert!(!cuts(&at_sev0(2), Some(&given("operator"))) && !cuts(&at_sev0(1), None));
        let refusal = |link: Link, allowed: bool| {
            let result = LinkResult { link, allowed, rule: "x".into(), values: Vec::new(), remedy: String::new() };
            Decision { links: [result].into(), again: None, need: Need::default() }
        };
        assert!(cuts(&refusal(Link::Maintenance, false), None) && !cuts(&refusal(Link::Blast, false), None));
        assert!(!cuts(&refusal(Link::Maintenance, true), None), "nothing was refused");
    }
}
