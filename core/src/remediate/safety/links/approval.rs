//! A person's decision about exactly this plan (SPEC G6). Whose is asked is in `safety/approval.rs`.

use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::remediate::safety::approval::Need;
use crate::remediate::safety::breaker::State as BreakerState;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn need(&self) -> Need {
        let half_open = self.breakers().any(|(_, state)| state == BreakerState::HalfOpen);
        let half_open = half_open && self.safety.breaker.manual_reset && self.question.occasion == Occasion::FirstStep;
        let question = self.question;
        Need::of(question.playbook, question.actions, self.effective_mode(), half_open, self.safety)
    }

    pub(in crate::remediate::safety) fn approval(&self, need: &Need) -> Answer {
        let now = self.view.context.now;
        if !need.is_needed() {
            return Answer::pass("approval.not_needed");
        }
        let roles = |roles: &alloc::collections::BTreeSet<Name>| {
            Value::List(roles.iter().map(|role| Value::text(role.as_str())).collect())
        };
        let answer = if need.is_covered(self.question.grant, now) {
            Answer::pass("approval.granted")
        } else {
            let plan = self.question.plan.digest.short();
            Answer::refuse("approval.required", format!("an approval of plan {plan} by {}", need.in_words()))
        };
        answer
            .with("because", Value::text(&need.reasons.join(", ")))
            .with("any_of", roles(&need.any_of))
            .with("all_of", roles(&need.all_of))
    }
}
