//! What has been done again and again without lasting effect is not done once more (SPEC G3). The counting is in
//! `safety/effect.rs`.

use super::number;
use crate::model::value::Value;
use crate::policy::actions::{Action, Adapter, Touches};
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn ineffectiveness(&self) -> Answer {
        let (incident, limits) = (self.question.incident, &self.safety.ineffectiveness);
        let since = incident.detected.before(limits.window);
        for planned in &self.question.plan.steps {
            let Some(action) = self.question.actions.get(&planned.step.action).filter(|action| has_effect(action))
            else {
                continue;
            };
            let times = self.view.memory.effects.fruitless(incident, (&action.name, &planned.target), since);
            if times < limits.after {
                continue;
            }
            let (name, target, issue) = (&action.name, &planned.target, &incident.issue);
            let remedy = format!(
                "a person has to find the cause: `{name}` on `{target}` was done {times} times, and `{issue}` stayed or came back"
            );
            return Answer::refuse("ineffectiveness.same_again", remedy)
                .with("action", Value::text(name.as_str()))
                .with("target", Value::text(target.as_str()))
                .with("times", number(times))
                .with("limit", number(limits.after));
        }
        Answer::pass("ineffectiveness.none")
    }
}

/// Whether an action is meant to change anything: looking, waiting and telling are not.
pub(in crate::remediate) fn has_effect(action: &Action) -> bool {
    action.adapter != Adapter::Engine && action.touches != Touches::Nothing
}
