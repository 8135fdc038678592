//! The one gate chain (SPEC R6): asked before every Execute, manual runs, retries, fallbacks and undoing included.
//!
//! All links are asked and each leaves its result; the first refusal in the fixed order is the reason. What is not known
//! does not pass. Which links are asked on which occasion says [`TABLE`], and `docs/gate.md`, which is made from it.

use crate::model::gate::{Link, LinkResult, Occasion};
use crate::primitives::time::Time;
use crate::remediate::safety::approval::Need;
use crate::remediate::safety::question::{Answer, Chain, Question, View};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
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
///
/// What somebody ordered or approved counts by the roles that he has by the policy in force (SPEC P7), but for undoing:
/// that is the way out of what was begun while he had them.
pub fn ask(question: &Question<'_>, view: &View<'_>) -> Decision {
    let policy = view.context.policy;
    let in_force = policy.safety();
    let forward = question.occasion != Occasion::Rollback;
    let by = question.by.filter(|_| forward).map(|by| policy.in_force(by));
    let grant = question.grant.filter(|_| forward).map(|grant| grant.in_force(policy));
    let (by, grant) = (by.as_ref().or(question.by), grant.as_ref().or(question.grant));
    let question = &Question { by, grant, ..*question };
    let mut decision = Chain { question, view, safety: in_force }.ask();
    if question.pinned != in_force {
        let pinned = Chain { question, view, safety: question.pinned }.ask();
        decision = stricter(decision, pinned);
    }
    decision
}

fn stricter(a: Decision, b: Decision) -> Decision {
    let links = a.links.into_iter().zip(b.links).map(|(a, b)| if a.allowed { b } else { a }).collect();
    Decision { links, again: a.again.max(b.again), need: a.need.and(b.need) }
}

/// When a link is asked, and what it asks.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The link.
    pub link: Link,
    /// What has to be so for it to let a plan through.
    pub asks: &'static str,
    /// Whether the first step of a run is held against it.
    pub first_step: Asked,
    /// Whether a later step is.
    pub later_step: Asked,
    /// Whether another execution of a step that failed is.
    pub retry: Asked,
    /// Whether undoing is.
    pub rollback: Asked,
    /// Whether the first step of a run that a person ordered is.
    pub manual: Asked,
}

/// Whether a link is asked on an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It is, about less or in another way.
    Partly(&'static str),
}

use Asked::{No, Partly, Yes};

const fn row(link: Link, asks: &'static str, [first_step, later_step, retry, rollback, manual]: [Asked; 5]) -> Row {
    Row { link, asks, first_step, later_step, retry, rollback, manual }
}

/// Which links are asked on which occasion, in the fixed order.
pub const TABLE: &[Row] = &[
    row(
        Link::Mode,
        "the mode in force is `approve` or `auto`",
        [Yes, Yes, Yes, No, Partly("`suggest` is enough, for its later steps too")],
    ),
    row(
        Link::KillSwitch,
        "nothing is stopped, and no fault is latched",
        [Yes, Yes, Yes, Partly("unless `kill.allow_rollback`"), Yes],
    ),
    row(
        Link::WarmUp,
        "every component with checks was heard of since the start, or the time for it is over",
        [Yes, Yes, Yes, No, Yes],
    ),
    row(
        Link::Maintenance,
        "neither people nor a change are at work on the component, nor on anything that would be touched",
        [Yes, Yes, Yes, Partly("windows, and no change"), Yes],
    ),
    row(
        Link::Severity,
        "the incident is not SEV0, or all of it is of the few things done alone then, or a person has approved or ordered it",
        [Yes, Yes, Yes, No, Yes],
    ),
    row(
        Link::Blast,
        "it reaches no further than planned, and what nobody may do alone that far is ordered by a person",
        [Yes, Partly("what depends on its targets has borne it already"), Partly("like a later step"), No, Yes],
    ),
    row(
        Link::Budgets,
        "the group can bear it: enough is healthy, little enough is under action, no target is taken or frozen",
        [Yes, Yes, Yes, Partly("capacity floor and targets only"), Yes],
    ),
    row(
        Link::Preconditions,
        "trigger and preconditions are known to hold",
        [Yes, Partly("without the trigger"), Partly("without the trigger"), No, Partly("without the trigger")],
    ),
    row(Link::Reversibility, "it can be undone, or the approval says it need not be", [Yes, Yes, Yes, Yes, Yes]),
    row(Link::RateLimits, "runs and attempts are left", [Yes, No, No, Partly("a reserve of its own"), Yes]),
    row(Link::Breaker, "no breaker of the playbook is open", [Yes, No, No, No, Yes]),
    row(Link::Cooldown, "the pause after the last run is over", [Yes, No, No, No, Yes]),
    row(
        Link::Ineffectiveness,
        "its actions have not been done again and again there without lasting effect",
        [Yes, No, No, No, Yes],
    ),
    row(
        Link::ChangeWindow,
        "what is only done in a change window is done in one that is open long enough",
        [Yes, Partly("for its action alone"), Partly("for its action alone"), No, Yes],
    ),
    row(
        Link::SafeMode,
        "nothing is in doubt, or one instance of one service is touched at most (and a person approves it)",
        [Yes, Yes, Yes, No, Yes],
    ),
    row(
        Link::Flapping,
        "the component does not change its state too often; what was moved lately is not moved back without approval",
        [Yes, No, No, Partly("only what moves back"), Yes],
    ),
    row(Link::Storm, "not many fail together, or it is the one canary", [Yes, Yes, Yes, No, Yes]),
    row(
        Link::Approval,
        "whoever must approve exactly this plan has done so",
        [Partly("not while it is planned"), Yes, Yes, No, Partly("not while it is planned")],
    ),
    row(Link::Role, "whoever ordered it may", [Yes, Yes, Yes, Yes, Yes]),
];

impl Row {
    /// Whether the link is asked on `occasion`; `planning` where only a plan is made.
    pub fn is_asked(&self, occasion: Occasion, planning: bool) -> bool {
        let asked = match occasion {
            Occasion::FirstStep => self.first_step,
            Occasion::LaterStep => self.later_step,
            Occasion::Retry => self.retry,
            Occasion::Manual => self.manual,
            Occasion::Rollback => self.rollback,
        };
        asked != No && !(planning && self.link == Link::Approval)
    }
}

impl Chain<'_> {
    fn ask(&self) -> Decision {
        let need = self.need();
        let mut again = None;
        let mut links = Vec::with_capacity(TABLE.len());
        for row in TABLE {
            let link = row.link;
            if !row.is_asked(self.question.occasion, self.question.planning) {
                links.push(not_asked(link));
                continue;
            }
            let Answer { allowed, rule, values, remedy, again: until } = self.link(link, &need);
            if !allowed {
                again = again.max(until);
            }
            links.push(LinkResult { link, allowed, rule, values, remedy });
        }
        Decision { links, again, need }
    }

    fn link(&self, link: Link, need: &Need) -> Answer {
        match link {
            Link::Mode => self.mode(),
            Link::KillSwitch => self.kill_switch(),
            Link::WarmUp => self.warm_up(),
            Link::Maintenance => self.maintenance(),
            Link::Severity => self.severity(),
            Link::Blast => self.blast(),
            Link::Budgets => self.budgets(),
            Link::Preconditions => self.preconditions(),
            Link::Reversibility => self.reversibility(),
            Link::RateLimits => self.rate_limits(),
            Link::Breaker => self.breaker(),
            Link::Cooldown => self.cooldown(),
            Link::Ineffectiveness => self.ineffectiveness(),
            Link::ChangeWindow => self.change_window(),
            Link::SafeMode => self.safe_mode(),
            Link::Flapping => self.flapping(),
            Link::Storm => self.storm(),
            Link::Approval => self.approval(need),
            Link::Role => self.role(),
        }
    }
}

fn not_asked(link: Link) -> LinkResult {
    let rule = Cow::Owned(format!("{link}.not_asked"));
    LinkResult { link, allowed: true, rule, values: Vec::new(), remedy: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_the_table_has_every_link_once_in_the_fixed_order() {
        let links: Vec<Link> = TABLE.iter().map(|row| row.link).collect();
        assert_eq!(links, Link::ALL);
        assert!(links.is_sorted(), "the order of the variants is the order in which the first refusal is the reason");
    }
}
