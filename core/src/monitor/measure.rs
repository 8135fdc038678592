//! Checks that the engine decides itself: heartbeats, and conditions over metrics.

use crate::knowledge::evaluate::{self, Explanation, Sustained, Truth};
use crate::knowledge::scope::Known;
use crate::model::health::CheckVerdict;
use crate::monitor::record::Desk;
use crate::monitor::roster::Post;
use crate::policy::components::Ask;
use crate::policy::condition::Condition;
use crate::primitives::time::{Span, Time};
use alloc::format;
use alloc::string::{String, ToString};

/// What the check says now; nothing where it is too early to say anything.
pub(super) fn decide(post: &mut Post, desk: &Desk<'_>) -> Option<(CheckVerdict, String)> {
    let check = post.check.clone();
    match &check.ask {
        Ask::Heartbeat { within } => heartbeat(post, *within, desk.now()),
        Ask::Metric(condition) => {
            // Two asks must connect also where one of them is a recheck.
            let patience = check.interval.max(check.recheck_interval).times(2);
            metric(post, condition, patience, desk)
        }
        Ask::Probe(_) => None,
    }
}

fn heartbeat(post: &Post, within: Span, now: Time) -> Option<(CheckVerdict, String)> {
    let silent = now.since(post.asked_at);
    if silent > within {
        return Some((CheckVerdict::Fail, format!("no heartbeat for {silent}, expected one within {within}")));
    }
    (!post.unanswered).then(|| (CheckVerdict::Pass, String::new()))
}

/// True is a pass, false a failure, unknown an error. With `for`, what is true but has not been for long enough says nothing.
fn metric(post: &mut Post, condition: &Condition, patience: Span, desk: &Desk<'_>) -> Option<(CheckVerdict, String)> {
    let component = post.component.clone();
    let groups = desk.context.policy.groups();
    let scope = Known { knowledge: desk.knowledge, groups, component: &component, incident: None, now: desk.now() };
    let truth = evaluate::truth(condition.expr(), &scope);
    let held = match condition.sustained() {
        Some(needed) => {
            let held = post.held.get_or_insert_default();
            Sustained::observe(held, desk.now(), truth, needed, patience)
        }
        None => truth,
    };
    match (truth, held) {
        (_, Truth::True) => Some((CheckVerdict::Pass, String::new())),
        (Truth::True, _) => None,
        (Truth::False, _) => Some((CheckVerdict::Fail, account(condition, &scope))),
        (Truth::Unknown, _) => Some((CheckVerdict::Error, account(condition, &scope))),
    }
}

/// What decided it, in words.
fn account(condition: &Condition, scope: &Known<'_>) -> String {
    let Explanation { truth, compared, .. } = evaluate::evaluate(condition.expr(), scope);
    let decisive = compared.iter().find(|compared| compared.truth == truth);
    decisive.map_or_else(|| format!("`{condition}` is {}", truth.as_str()), ToString::to_string)
}
