//! Preconditions: known to be true now, or it does not begin (SPEC C2).

use crate::knowledge::evaluate::Truth;
use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::policy::actions::{Action, Precondition};
use crate::policy::condition::{Condition, Path};
use crate::primitives::name::Name;
use crate::remediate::asked;
use crate::remediate::plan::PlannedStep;
use crate::remediate::safety::question::{Answer, Chain, Question};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn preconditions(&self) -> Answer {
        let Question { playbook, actions, action, incident, plan, .. } = self.question;
        let of_actions: Vec<&Precondition> = match action {
            Some(action) => action.preconditions.iter().collect(),
            None => plan.steps.iter().flat_map(|planned| asked_beforehand(planned, actions)).collect(),
        };
        let trigger = playbook.trigger.condition.as_ref().filter(|_| self.question.occasion == Occasion::FirstStep);
        if let Some(condition) = trigger
            && asked::ask(condition, self.view.knowledge, self.view.context, incident).truth != Truth::True
        {
            let remedy = format!("`{condition}`, which it answers, known to hold still");
            return Answer::refuse("preconditions.trigger", remedy);
        }
        for precondition in playbook.preconditions.iter().chain(of_actions) {
            let found = asked::ask(&precondition.condition, self.view.knowledge, self.view.context, incident);
            if found.truth == Truth::True {
                continue;
            }
            let rule = if found.truth == Truth::False { "preconditions.false" } else { "preconditions.unknown" };
            let remedy = format!("`{}` known to be true", precondition.condition);
            return Answer::refuse(rule, remedy).with("precondition", Value::text(precondition.name.as_str()));
        }
        Answer::pass("preconditions.hold")
    }
}

/// What is asked about a step before the run begins. That a later step finds the component healthy, as failing back
/// demands, is what those before it are for: it is asked when its time has come.
fn asked_beforehand<'q>(
    planned: &PlannedStep,
    actions: &'q BTreeMap<Name, Arc<Action>>,
) -> impl Iterator<Item = &'q Precondition> {
    let later = planned.stage > 0;
    let of_action = actions.get(&planned.step.action).into_iter().flat_map(|action| &action.preconditions);
    of_action.filter(move |precondition| !(later && is_about_health(&precondition.condition)))
}

fn is_about_health(condition: &Condition) -> bool {
    let health = |path: &Path| {
        path.component.is_none() && matches!(path.name.as_str(), "degraded" | "healthy" | "state" | "unhealthy")
    };
    condition.paths().into_iter().any(health)
}
