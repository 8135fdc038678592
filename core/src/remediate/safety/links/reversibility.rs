//! What cannot be undone runs alone only at low risk.

use crate::model::gate::Occasion;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, Reversal};
use crate::remediate::safety::question::{Answer, Chain};
use alloc::sync::Arc;

impl Chain<'_> {
    /// What cannot be undone runs alone only at low risk: beyond that the approval link has to be passed.
    pub(in crate::remediate::safety) fn reversibility(&self) -> Answer {
        let risky = |action: &&Arc<Action>| action.reversal == Reversal::Irreversible && action.risk > Risk::Low;
        if self.question.occasion == Occasion::Rollback {
            return match self.question.action {
                Some(action) if action.reversal == Reversal::Irreversible && action.risk > Risk::Low => {
                    Answer::refuse("reversibility.undo_is_irreversible", "a person has to undo it".into())
                        .with("action", Value::text(action.name.as_str()))
                }
                _ => Answer::pass("reversibility.undo"),
            };
        }
        match self.question.actions.values().find(risky) {
            Some(action) => {
                Answer::pass("reversibility.needs_approval").with("action", Value::text(action.name.as_str()))
            }
            None => Answer::pass("reversibility.reversible"),
        }
    }
}
