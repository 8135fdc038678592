//! Flapping (SPEC H4, SAFE-21): no run is started on a component that changes its state too often.

use super::at;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    /// The component that is sick, or one that would be touched, flaps.
    pub(in crate::remediate::safety) fn flapping(&self) -> Answer {
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
}
