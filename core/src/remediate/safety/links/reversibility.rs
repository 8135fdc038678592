//! What cannot be undone runs alone only at low risk.

use crate::model::gate::Occasion;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, Reversal};
use crate::policy::playbook::Strategy;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    /// What cannot be undone runs alone only at low risk: beyond that the approval link has to be passed.
    pub(in crate::remediate::safety) fn reversibility(&self) -> Answer {
        if self.question.occasion == Occasion::Rollback {
            return match self.question.action {
                None => unknown("the undoing action"),
                // Going back to a checkpoint is part of the plan that people approved.
                Some(action) if is_risky(action) && self.goes_to_checkpoint() => {
                    Answer::pass("reversibility.approved").with("action", Value::text(action.name.as_str()))
                }
                Some(action) if is_risky(action) => {
                    Answer::refuse("reversibility.undo_is_irreversible", "a person has to undo it".into())
                        .with("action", Value::text(action.name.as_str()))
                }
                Some(_) => Answer::pass("reversibility.undo"),
            };
        }
        let mut wanted = self.question.plan.steps.iter().map(|planned| &planned.step.action);
        if let Some(action) = wanted.find(|action| !self.question.actions.contains_key(*action)) {
            return unknown(action.as_str());
        }
        match self.question.actions.values().find(|action| is_risky(action)) {
            Some(action) => {
                Answer::pass("reversibility.needs_approval").with("action", Value::text(action.name.as_str()))
            }
            None => Answer::pass("reversibility.reversible"),
        }
    }
}

impl Chain<'_> {
    fn goes_to_checkpoint(&self) -> bool {
        let Strategy::Checkpoint { restore } = &self.question.playbook.strategy else { return false };
        self.question.grant.is_some() && self.question.action.is_some_and(|action| action.name == *restore)
    }
}

fn is_risky(action: &Action) -> bool {
    action.reversal == Reversal::Irreversible && action.risk > Risk::Low
}

fn unknown(action: &str) -> Answer {
    Answer::refuse("reversibility.unknown", format!("the definition of `{action}`: nobody knows how it is undone"))
        .with("action", Value::text(action))
}
