//! Budgets (SPEC B3): what the group of a target can bear. The counting is in `safety/budget.rs`.

use super::{more, number};
use crate::model::value::Value;
use crate::primitives::time::Span;
use crate::remediate::run::hold::passes_by_itself;
use crate::remediate::safety::budget;
use crate::remediate::safety::question::{Answer, Chain, View};
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn budgets(&self) -> Answer {
        let View { knowledge, runs, memory, .. } = self.view;
        let Some(broken) = budget::broken(self.question, knowledge, runs, memory, self.safety) else {
            let room = budget::room(self.question, knowledge, runs, self.safety);
            return match room {
                Some((group, spare)) => Answer::pass("budgets.within").unless(more(
                    spare.saturating_add(1),
                    "member",
                    &format!("of `{group}` out"),
                )),
                None => Answer::pass("budgets.within"),
            };
        };
        let remedy = match broken.rule {
            "budgets.target_frozen" => {
                format!("a person has to look at `{0}`, where undoing failed, and reset `{0}`", broken.group)
            }
            "budgets.target_half_done" => format!(
                "what a run left half done on `{0}` undone by a person, or left so by a reset of `{0}`",
                broken.group
            ),
            "budgets.target_busy" => format!("the end of the run on `{}`", broken.group),
            "budgets.max_unhealthy" => {
                format!("at most {} of {} unhealthy in `{}`", broken.limit, broken.size, broken.group)
            }
            "budgets.dependency" => format!("the end of the run on `{}`, the other end of a dependency", broken.group),
            "budgets.failure_domain" => {
                format!("the end of the run on `{}`, which fails together with it", broken.group)
            }
            "budgets.max_in_flight" => format!("the end of another run in `{}`", broken.group),
            _ => format!("{} healthy besides in `{}`", broken.limit, broken.group),
        };
        let answer = Answer::refuse(broken.rule, remedy)
            .with("group", Value::text(broken.group.as_str()))
            .with("would_be", number(broken.would_be))
            .with("limit", number(broken.limit))
            .with("size", number(broken.size));
        let passing = passes_by_itself(broken.rule);
        if passing { answer.again(self.view.context.now.after(Span::from_secs(5))) } else { answer }
    }
}
