//! A run that is stopped halfway by what says nothing about its playbook: people who stop everything or lower the mode, a
//! window, an approval that is over, a target that is gone. It has neither helped nor failed to help, whatever its undoing
//! is allowed to do; harm that was seen, and a step that failed itself, count all the same.

use crate::model::gate::{Link, LinkResult, Occasion};
use crate::policy::playbook::OnFailure;
use crate::primitives::name::Name;
use crate::remediate::run::Run;
use crate::remediate::run::rollout::Rolling;
use crate::remediate::run::step::Work;
use alloc::format;
use alloc::string::String;

/// Whether a refusal by `link` is about what people decided or what time it is, not about how things go.
const fn is_by(link: Link) -> bool {
    matches!(
        link,
        Link::Mode
            | Link::KillSwitch
            | Link::WarmUp
            | Link::Maintenance
            | Link::ChangeWindow
            | Link::Approval
            | Link::Role
    )
}

impl Run {
    /// Why it ends: `refusal` of step `index`, which is called `step`.
    pub(super) fn refused(&mut self, index: u32, step: &Name, refusal: &LinkResult) -> String {
        self.cut = Some(index).filter(|_| is_by(refusal.link));
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
        run.cut = Some(index).filter(|_| gone || decision.refusal().is_some_and(|refusal| is_by(refusal.link)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn g2_what_things_come_to_excuses_nothing() {
        let cutting: Vec<Link> = Link::ALL.iter().copied().filter(|link| is_by(*link)).collect();
        let expected = [
            Link::Mode,
            Link::KillSwitch,
            Link::WarmUp,
            Link::Maintenance,
            Link::ChangeWindow,
            Link::Approval,
            Link::Role,
        ];
        assert_eq!(cutting, expected);
    }
}
