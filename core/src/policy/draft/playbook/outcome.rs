//! How a playbook's success is recognised, and what follows where there is none.

use crate::policy::actions::{Action, Proof};
use crate::policy::condition::{Condition, MAX_COST, MAX_DEPTH, Schema};
use crate::policy::document::{Fields, Item};
use crate::policy::draft::action::either;
use crate::policy::draft::condition::condition;
use crate::policy::playbook::{Node, Verification};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

const SETTLE: Span = Span::from_secs(5);
const WITHIN: Span = Span::from_secs(30);
const STABILITY: Span = Span::from_mins(5);

const VERIFY: [&str; 12] = [
    "check",
    "condition",
    "functional",
    "retry",
    "settle",
    "settle_seconds",
    "stability",
    "stability_seconds",
    "wait_time",
    "wait_time_seconds",
    "within",
    "within_seconds",
];

/// What holds for a playbook that does not say how its success is recognised: all that its actions say shows that they
/// worked, the longest times of all of them.
pub(super) fn as_actions_say(nodes: &[Node], actions: &BTreeMap<Name, Arc<Action>>, item: &Item<'_>) -> Verification {
    let proofs: Vec<&Proof> =
        super::all_steps(nodes).filter_map(|step| actions.get(&step.action)).map(|action| &action.verify).collect();
    let longest = |pick: fn(&Proof) -> Option<Span>| proofs.iter().filter_map(|proof| pick(proof)).max();
    let usual = default_verification();
    let settle = longest(|proof| proof.settle).unwrap_or(usual.settle);
    let within = longest(|proof| proof.within).unwrap_or(usual.within);
    let conditions: Vec<&Condition> = proofs.iter().filter_map(|proof| proof.condition.as_ref()).collect();
    let condition = Condition::all(&conditions);
    if condition.as_ref().is_some_and(|all| all.expr().cost() > MAX_COST || all.expr().depth() > MAX_DEPTH) {
        let problem =
            item.key_error("what its actions say shows that they worked is too much to look at, taken together");
        item.report(problem.help("give the playbook a `verify` of its own"));
    }
    Verification {
        settle,
        within: if within < settle { settle.times(2) } else { within },
        condition,
        stability: longest(|proof| proof.stability).unwrap_or(usual.stability),
        ..usual
    }
}

/// What holds where nothing is said.
fn default_verification() -> Verification {
    Verification {
        settle: SETTLE,
        within: WITHIN,
        condition: None,
        stability: STABILITY,
        functional: Vec::new(),
        critical: None,
    }
}

/// `{ condition, settle, within, stability }`; the seeds' `{ check, wait_time, retry }`, which looks `retry` times with
/// `wait_time` before each look; or a condition alone.
pub(super) fn verification(item: &Item<'_>, schema: &dyn Schema) -> Option<Verification> {
    if item.is_scalar() {
        return Some(Verification { condition: Some(condition(item, schema)?), ..default_verification() });
    }
    let fields = item.fields("`verify`", &VERIFY)?;
    let given = either(&fields, "condition", "check", |item| condition(item, schema));
    let looks = fields.get("retry", |item| item.integer(1..=100));
    let wait = fields.duration("wait_time");
    if looks.is_some() && wait.is_none() && !fields.has("wait_time") && !fields.has("wait_time_seconds") {
        item.report(item.key_error("`retry` needs `wait_time`, the time before each look"));
    }
    let (settle, within) = match wait {
        Some(wait) => {
            report_beside_wait(&fields);
            (Some(wait), Some(wait.times(looks.unwrap_or(1))))
        }
        None => (fields.duration("settle"), fields.duration("within")),
    };
    let within = within.unwrap_or_else(|| WITHIN.max(settle.unwrap_or(SETTLE).times(2)));
    let settle = settle.unwrap_or_else(|| SETTLE.min(Span::from_ms(within.ms() / 2)));
    let stability = fields.duration("stability").unwrap_or(STABILITY);
    if within < settle || within == Span::ZERO {
        let problem =
            item.key_error("impossible timing: evidence counts only after `settle`, and `within` ends before");
        item.report(problem.help("both count from the end of the last step: make `within` longer than `settle`"));
    }
    if stability == Span::ZERO {
        let problem = item.key_error("impossible timing: an incident closes only after it has stayed well for a while");
        item.report(problem.help("`stability` must be longer than nothing; it is 5m unless given"));
    }
    let functional = fields.one_or_many("functional", |item| item.name().map(|name| Name::new(&name)));
    Some(Verification { settle, within, condition: given, stability, functional, critical: None })
}

fn report_beside_wait(fields: &Fields<'_>) {
    for name in ["settle", "settle_seconds", "within", "within_seconds"] {
        fields.get::<()>(name, |item| {
            item.report(item.key_error("`wait_time` already says when to look").help("keep one of the two"));
            None
        });
    }
}

/// Whom to tell: the short form's `on_failure`, or the full form's `escalation`.
pub(super) fn escalation(fields: &Fields<'_>) -> Vec<Name> {
    let read = either(fields, "on_failure", "escalation", |item| {
        if !item.is_map() {
            return item.one_or_many(contact);
        }
        let inner = item.fields("`escalation`", &["create_incident", "escalate_to", "notify", "on_failure"])?;
        inner.get("create_incident", |item| {
            if !item.boolean()? {
                let problem = item.warning("`create_incident: false` has no effect");
                item.report(problem.help("a playbook runs for an incident, so there always is one"));
            }
            Some(())
        });
        let contacts = either(&inner, "escalate_to", "notify", |item| item.one_or_many(contact)).unwrap_or_default();
        let wanted = inner.get("on_failure", |item| item.boolean()).unwrap_or(true);
        Some(if wanted { contacts } else { Vec::new() })
    });
    read.unwrap_or_default()
}

fn contact(item: &Item<'_>) -> Option<Name> {
    item.name().map(|text| Name::new(&text))
}
