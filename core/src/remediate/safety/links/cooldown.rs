//! The pause after each run, doubling (SPEC G3).

use super::{at, number};
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn cooldown(&self) -> Answer {
        let component = &self.question.incident.component;
        let now = self.view.context.now;
        match self.view.memory.cooldowns.until(component, &self.safety.cooldown, now) {
            Some((until, runs)) => Answer::refuse("cooldown.pausing", format!("waiting {} more", until.since(now)))
                .with("runs", number(runs))
                .with("until", at(until))
                .again(until),
            None => Answer::pass("cooldown.over"),
        }
    }
}
