//! What people are at work on is not touched by anything (SPEC G5, H7, SAFE-18).

use super::at;
use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::collections::BTreeSet;
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn maintenance(&self) -> Answer {
        self.under_maintenance().or_else(|| self.grace()).unwrap_or_else(|| Answer::pass("maintenance.none"))
    }

    /// What maintenance is asked about: the component that is sick, and all that the plan is about. Undoing asks about what
    /// it may touch, of what is there: what is gone keeps nothing else from being undone.
    fn about(&self) -> BTreeSet<&Name> {
        let sick = &self.question.incident.component;
        if self.question.occasion == Occasion::Rollback {
            let touched = self.question.acting.keys().chain([sick]);
            return touched.filter(|name| self.view.knowledge.topology.component(name).is_some()).collect();
        }
        let plan = self.question.plan;
        plan.steps.iter().map(|planned| &planned.target).chain(plan.targets.keys()).chain([sick]).collect()
    }

    /// Any of that is under maintenance.
    fn under_maintenance(&self) -> Option<Answer> {
        let knowledge = self.view.knowledge;
        self.about().into_iter().find_map(|name| {
            let Some(component) = knowledge.topology.component(name) else {
                let remedy = format!("`{name}` registered: whether people are at work on it is not known");
                return Some(
                    Answer::refuse("maintenance.unknown", remedy).with("component", Value::text(name.as_str())),
                );
            };
            let (window, opening) = knowledge.windows.holding_back("remediate", component)?;
            let remedy = format!("the end of the maintenance window `{window}` over `{name}`");
            let answer = Answer::refuse("maintenance.window", remedy)
                .with("component", Value::text(name.as_str()))
                .with("window", Value::text(window.as_str()));
            Some(answer.with("until", at(opening.until)).again(opening.until))
        })
    }

    /// The component that is sick, or one that would be touched, was changed on purpose a short while ago.
    fn grace(&self) -> Option<Answer> {
        if self.question.occasion == Occasion::Rollback {
            return None;
        }
        let now = self.view.context.now;
        let touched = self.question.plan.targets.iter().filter(|(_, grip)| **grip > Grip::None).map(|(name, _)| name);
        let until = |name: &Name| self.view.knowledge.grace.grace_until(name).filter(|until| now < *until);
        let all = touched.chain([&self.question.incident.component]);
        let (until, name) = all.filter_map(|name| Some((until(name)?, name))).max()?;
        let remedy = format!("waiting {} more, until the grace period of `{name}` is over", until.since(now));
        let answer = Answer::refuse("maintenance.grace", remedy).with("component", Value::text(name.as_str()));
        Some(answer.with("until", at(until)).again(until))
    }
}
