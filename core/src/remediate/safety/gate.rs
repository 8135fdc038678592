//! The one gate chain (SPEC R6): asked before every Execute, manual runs, retries, fallbacks and undoing included.
//!
//! All links are asked and each leaves its result; the first refusal in the fixed order is the reason. What is not known
//! does not pass. Which links apply on which occasion:
//!
//! | link | first step | later step | retry | rollback |
//! |---|---|---|---|---|
//! | mode | yes | yes | yes | – |
//! | kill switch | yes | yes | yes | yes |
//! | budgets | yes | yes | yes | capacity floor only |
//! | preconditions | yes | yes | yes | – |
//! | reversibility | yes | yes | yes | yes |
//! | rate limits | yes | – | – | own reserve |
//! | breaker | yes | – | – | – |
//! | cooldown | yes | – | – | – |
//! | approval | yes, but for planning | yes | yes | – |
//!
//! Links that join later stand between these: warm-up and maintenance after the kill switch, then severity and blast
//! before budgets; ineffectiveness, change window, safe mode, flapping and storm after cooldown; role after approval.

use crate::model::gate::{Link, LinkResult, Occasion};
use crate::primitives::time::Time;
use crate::remediate::safety::approval::Need;
use crate::remediate::safety::question::{Answer, Chain, Question, View};
use alloc::vec::Vec;

/// What the gate said.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What each link said, in the fixed order.
    pub links: Vec<LinkResult>,
    /// When to ask again, where a refusal ends by itself.
    pub again: Option<Time>,
    /// Whose approval the plan needs.
    pub need: Need,
}

impl Decision {
    /// The first refusal.
    pub fn refusal(&self) -> Option<&LinkResult> {
        self.links.iter().find(|result| !result.allowed)
    }
}

/// Asks all links. Where the policy in force and the one the run began under differ, the stricter holds.
pub fn ask(question: &Question<'_>, view: &View<'_>) -> Decision {
    let in_force = view.context.policy.safety();
    let mut decision = Chain { question, view, safety: in_force }.ask();
    if question.pinned != in_force {
        let pinned = Chain { question, view, safety: question.pinned }.ask();
        decision = stricter(decision, pinned);
    }
    decision
}

fn stricter(a: Decision, b: Decision) -> Decision {
    let links = a.links.into_iter().zip(b.links).map(|(a, b)| if a.allowed { b } else { a }).collect();
    let mut need = a.need;
    need.reasons.extend(b.need.reasons.iter().filter(|reason| !need.reasons.contains(reason)).collect::<Vec<_>>());
    need.all_of.extend(b.need.all_of);
    if !need.any_of.is_empty() && !b.need.any_of.is_empty() {
        need.any_of = need.any_of.intersection(&b.need.any_of).cloned().collect();
    }
    Decision { links, again: a.again.max(b.again), need }
}

impl Chain<'_> {
    fn ask(&self) -> Decision {
        let need = self.need();
        let mut again = None;
        let links = Link::ALL.map(|link| {
            let answer = if self.applies(link) { self.link(link, &need) } else { Answer::pass(not_asked(link)) };
            if !answer.allowed {
                again = again.max(answer.again);
            }
            let Answer { allowed, rule, values, remedy, .. } = answer;
            LinkResult { link, allowed, rule, values, remedy }
        });
        Decision { links: links.into(), again, need }
    }

    /// The table at the top of this file.
    fn applies(&self, link: Link) -> bool {
        let rollback = self.question.occasion == Occasion::Rollback;
        let first = self.question.occasion == Occasion::FirstStep;
        match link {
            Link::KillSwitch | Link::Budgets | Link::Reversibility => true,
            Link::Mode | Link::Preconditions => !rollback,
            Link::RateLimits => first || rollback,
            Link::Breaker | Link::Cooldown => first,
            Link::Approval => !rollback && !self.question.planning,
        }
    }

    fn link(&self, link: Link, need: &Need) -> Answer {
        match link {
            Link::Mode => self.mode(),
            Link::KillSwitch => self.kill_switch(),
            Link::Budgets => self.budgets(),
            Link::Preconditions => self.preconditions(),
            Link::Reversibility => self.reversibility(),
            Link::RateLimits => self.rate_limits(),
            Link::Breaker => self.breaker(),
            Link::Cooldown => self.cooldown(),
            Link::Approval => self.approval(need),
        }
    }
}

fn not_asked(link: Link) -> &'static str {
    match link {
        Link::Mode => "mode.not_asked",
        Link::KillSwitch => "kill_switch.not_asked",
        Link::Budgets => "budgets.not_asked",
        Link::Preconditions => "preconditions.not_asked",
        Link::Reversibility => "reversibility.not_asked",
        Link::RateLimits => "rate_limits.not_asked",
        Link::Breaker => "breaker.not_asked",
        Link::Cooldown => "cooldown.not_asked",
        Link::Approval => "approval.not_asked",
    }
}
