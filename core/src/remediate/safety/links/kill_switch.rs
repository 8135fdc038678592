//! The kill switch and the fault latch: whatever else holds, nothing begins while one is engaged.

use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn kill_switch(&self) -> Answer {
        let undoing = self.question.occasion == Occasion::Rollback && self.safety.kill_allows_rollback;
        let control = &self.view.knowledge.control;
        match control.stopped() {
            Some(_) if undoing && control.fault.is_none() => Answer::pass("kill_switch.allows_rollback"),
            Some(reason) if control.fault.is_some() => {
                Answer::refuse("kill_switch.fault_latch", "a person has to find out what contradicts itself".into())
                    .with("reason", Value::text(&reason))
            }
            Some(reason) => Answer::refuse("kill_switch.engaged", format!("release of the kill switch `{reason}`"))
                .with("reason", Value::text(&reason)),
            None => Answer::pass("kill_switch.released"),
        }
    }
}
