//! Flapping (SPEC H4, SAFE-21): no run is started on a component that changes its state too often, and what was moved to
//! another place is not moved back within its hold-down, unless people approved it.

use super::at;
use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use crate::remediate::blast::Grip;
use crate::remediate::safety::moved::way_back;
use crate::remediate::safety::question::{Answer, Chain, Question};
use alloc::format;

impl Chain<'_> {
    /// The component that is sick, or one that would be touched, flaps.
    pub(in crate::remediate::safety) fn flapping(&self) -> Answer {
        if self.question.occasion == Occasion::Rollback {
            return self.moving_back();
        }
        let touched = self.question.plan.targets.iter().filter(|(_, grip)| **grip > Grip::None).map(|(name, _)| name);
        let mut all = [&self.question.incident.component].into_iter().chain(touched);
        let since = |name: &Name| self.view.knowledge.flapping.since(name);
        let Some((name, since)) = all.find_map(|name| Some((name, since(name)?))) else {
            return Answer::pass("flapping.calm");
        };
        let calm = self.view.context.policy.health().flapping_of(name).calm;
        Answer::refuse("flapping.held", format!("`{name}` in the same state for {calm}"))
            .with("component", Value::text(name.as_str()))
            .with("since", at(since))
    }

    /// Undoing moves back at once what was just moved: that is for whoever approved the plan, if anybody did.
    fn moving_back(&self) -> Answer {
        let Question { run, actions, acting, grant, action, .. } = self.question;
        let Some(moves) = action.and_then(|action| Some((&action.name, way_back(action, actions)?))) else {
            return Answer::pass("flapping.moves_nothing");
        };
        let (hold, now) = (self.safety.hold_down, self.view.context.now);
        let held = |name: &Name| self.view.memory.moves.held(*run, moves, name, hold, now);
        match acting.keys().find_map(|name| Some((name, held(name)?))) {
            Some((name, until)) if grant.is_none() => {
                Answer::refuse("flapping.moved_lately", format!("an approval, or waiting {} more", until.since(now)))
                    .with("component", Value::text(name.as_str()))
                    .with("until", at(until))
                    .again(until)
            }
            Some(_) => Answer::pass("flapping.move_approved"),
            None => Answer::pass("flapping.long_ago"),
        }
    }

    /// Whether a step of the plan moves back what was moved within the hold-down, or what the plan itself moves.
    pub(in crate::remediate::safety) fn moves_back(&self) -> bool {
        let Question { run, actions, plan, .. } = self.question;
        let (hold, now) = (self.safety.hold_down, self.view.context.now);
        plan.steps.iter().enumerate().any(|(at, planned)| {
            let Some(action) = actions.get(&planned.step.action) else { return false };
            let Some(back) = way_back(action, actions) else { return false };
            let before = plan.steps.iter().take(at);
            let mut moved = before.filter(|earlier| earlier.target == planned.target);
            let held = self.view.memory.moves.held(*run, (&action.name, back), &planned.target, hold, now);
            held.is_some() || hold > Span::ZERO && moved.any(|earlier| earlier.step.action == *back)
        })
    }
}
