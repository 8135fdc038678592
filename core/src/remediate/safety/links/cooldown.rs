//! The pause after each run, doubling (SPEC G3). It begins with the end of the run, whenever that is.

use super::{at, number};
use crate::primitives::time::Span;
use crate::remediate::run::Run;
use crate::remediate::safety::question::{Answer, Chain};
use crate::remediate::telling::only_tells;
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn cooldown(&self) -> Answer {
        if only_tells(self.question.actions) {
            return Answer::pass("cooldown.only_tells");
        }
        let component = &self.question.incident.component;
        let now = self.view.context.now;
        let is_before = |run: &&Run| run.id != self.question.run && run.component == *component && run.is_active();
        if self.view.runs.values().any(|run| is_before(&run)) {
            return Answer::refuse("cooldown.run_not_over", format!("the end of the run on `{component}`"))
                .again(now.after(Span::from_secs(5)));
        }
        match self.view.memory.cooldowns.until(component, &self.safety.cooldown, now) {
            Some((until, runs)) => Answer::refuse("cooldown.pausing", format!("waiting {} more", until.since(now)))
                .with("runs", number(runs))
                .with("until", at(until))
                .again(until),
            None => Answer::pass("cooldown.over"),
        }
    }
}
