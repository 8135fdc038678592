//! The mode ladder (SPEC R10): nothing is executed below `approve`.

use crate::model::value::Value;
use crate::policy::mode::Mode;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(super) fn effective_mode(&self) -> Mode {
        let control = &self.view.knowledge.control;
        let mode = control.mode(self.view.context.policy.mode(), self.question.playbook.safety.mode);
        // What was lost in this very pass is not in the knowledge yet.
        mode.min(self.view.memory.trust.ceiling().unwrap_or(Mode::Auto))
    }

    pub(in crate::remediate::safety) fn mode(&self) -> Answer {
        let mode = self.effective_mode();
        let rule = match mode {
            Mode::Off => "mode.off",
            Mode::Observe => "mode.observe",
            Mode::Suggest if self.question.by.is_none() => "mode.suggest",
            Mode::Suggest | Mode::Approve | Mode::Auto => {
                return Answer::pass("mode.allows")
                    .with("mode", Value::text(mode.as_str()))
                    .unless("mode `suggest` or lower".into());
            }
        };
        let places = self.lowered_by();
        let words: Vec<&str> = places.iter().map(|(_, words)| *words).collect();
        let by = places.iter().map(|(place, _)| Value::text(place)).collect();
        Answer::refuse(rule, format!("mode `approve` or `auto` {}", words.join(" and ")))
            .with("mode", Value::text(mode.as_str()))
            .with("by", Value::List(by))
    }

    /// Where the mode is held below `approve`, with words for it.
    fn lowered_by(&self) -> Vec<(&'static str, &'static str)> {
        let ceilings = [self.view.knowledge.control.ceiling, self.view.memory.trust.ceiling()];
        let ceiling = ceilings.into_iter().flatten().min();
        let low = |mode: Option<Mode>| mode.is_some_and(|mode| mode < Mode::Approve);
        [
            (Some(self.view.context.policy.mode()), ("policy", "in the policy")),
            (ceiling, ("run_time", "set at run time")),
            (self.question.playbook.safety.mode, ("playbook", "for this playbook")),
        ]
        .into_iter()
        .filter(|(mode, _)| low(*mode))
        .map(|(_, place)| place)
        .collect()
    }
}
