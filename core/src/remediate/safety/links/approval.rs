//! People's decision about exactly this plan (SPEC G6). Whose is asked is in `safety/approval.rs`.

use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::policy::authority::starts_alone;
use crate::policy::blast;
use crate::policy::mode::Mode;
use crate::primitives::name::Name;
use crate::remediate::safety::approval::{BY_MODE, Need};
use crate::remediate::safety::breaker::State as BreakerState;
use crate::remediate::safety::question::{Answer, Chain};
use crate::remediate::telling::only_tells;
use alloc::collections::BTreeSet;
use alloc::format;

impl Chain<'_> {
    /// Whose approval the plan needs, all links together.
    pub(in crate::remediate::safety) fn need(&self) -> Need {
        let approval = &self.safety.approval;
        let question = self.question;
        let mut need = Need::default();
        // A message needs no approval, and a run that a person ordered is that person's decision as far as the mode goes.
        let tells = only_tells(question.actions);
        if self.effective_mode() == Mode::Approve && question.by.is_none() && !tells {
            need.person(BY_MODE, approval);
        }
        if question.playbook.safety.require_approval {
            need.person("playbook", approval);
        }
        let half_open = self.breakers().any(|(_, state)| state == BreakerState::HalfOpen);
        if half_open && self.safety.breaker.manual_reset && question.occasion.is_first() && !tells {
            need.person("breaker", approval);
        }
        if question.occasion != Occasion::Rollback {
            if question.by.is_none() && self.is_beyond_sev0() {
                need.person("severity", approval);
            }
            if self.doubt().is_some() {
                need.person("safe_mode", approval);
            }
        }
        if question.occasion != Occasion::Rollback && self.moves_back() {
            need.person("hold_down", approval);
        }
        let case = self.case();
        if question.by.is_some_and(|by| !starts_alone(by, &case)) {
            need.person("role", approval);
        }
        blast::fitting(&case).for_each(|rule| need.rule(rule, approval));
        need
    }

    pub(in crate::remediate::safety) fn approval(&self, need: &Need) -> Answer {
        let now = self.view.context.now;
        if !need.is_needed() {
            return Answer::pass("approval.not_needed");
        }
        let roles = |roles: &BTreeSet<Name>| Value::List(roles.iter().map(|role| Value::text(role.as_str())).collect());
        let answer = if need.is_covered(self.question.grant, now) {
            Answer::pass("approval.granted")
        } else {
            let plan = self.question.plan.digest.short();
            Answer::refuse("approval.required", format!("an approval of plan {plan} by {}", need.in_words()))
        };
        let answer = answer
            .with("because", Value::text(&need.reasons.join(", ")))
            .with("any_of", roles(&need.any_of))
            .with("all_of", roles(&need.all_of));
        let answer = need.besides.iter().fold(answer, |answer, besides| answer.with("and_any_of", roles(besides)));
        if need.people > 1 { answer.with("people", super::number(need.people)) } else { answer }
    }
}
