//! What cannot be undone runs alone only at low risk.

use crate::model::gate::Occasion;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, Reversal};
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;
use alloc::sync::Arc;

impl Chain<'_> {
    /// What cannot be undone runs alone only at low risk: beyond that the approval link has to be passed.
    pub(in crate::remediate::safety) fn reversibility(&self) -> Answer {
        let risky = |action: &&Arc<Action>| action.reversal == Reversal::Irreversible && action.risk > Risk::Low;
        if self.question.occasion == Occasion::Rollback {
            return match self.question.action {
                None => unknown("the undoing action"),
                Some(action) if action.reversal == Reversal::Irreversible && action.risk > Risk::Low => {
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
        match self.question.actions.values().find(risky) {
            Some(action) => {
                Answer::pass("reversibility.needs_approval").with("action", Value::text(action.name.as_str()))
            }
            None => Answer::pass("reversibility.reversible"),
        }
    }
}

fn unknown(action: &str) -> Answer {
    Answer::refuse("reversibility.unknown", format!("the definition of `{action}`: nobody knows how it is undone"))
        .with("action", Value::text(action))
}
