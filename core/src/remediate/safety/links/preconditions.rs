//! Preconditions: known to be true now, or it does not begin (SPEC C2).

use crate::knowledge::evaluate::Truth;
use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::policy::actions::Precondition;
use crate::remediate::asked;
use crate::remediate::safety::question::{Answer, Chain, Question};
use alloc::format;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn preconditions(&self) -> Answer {
        let Question { playbook, actions, action, incident, .. } = self.question;
        let of_actions: Vec<&Precondition> = match action {
            Some(action) => action.preconditions.iter().collect(),
            None => actions.values().flat_map(|action| &action.preconditions).collect(),
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
