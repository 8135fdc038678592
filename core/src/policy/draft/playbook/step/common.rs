//! The fields that every step has, whatever its action.

use crate::policy::actions::{Argument, ParameterKind, Undo};
use crate::policy::condition::Condition;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::draft::action::reversal;
use crate::policy::draft::argument::{Position, argument};
use crate::policy::draft::condition::condition;
use crate::policy::draft::playbook::draft::{Draft, Slot};
use crate::policy::playbook::{OnFailure, Retry};
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

/// Their names.
pub(super) const COMMON: [&str; 14] = [
    "delay",
    "delay_seconds",
    "expected_recovery",
    "id",
    "if",
    "name",
    "on_failure",
    "retry",
    "revert_after",
    "step",
    "target",
    "timeout",
    "timeout_seconds",
    "undo",
];

/// Their values, as far as given.
#[derive(Default)]
pub(super) struct Common {
    pub condition: Option<Condition>,
    pub delay: Option<Span>,
    pub expected_recovery: Option<String>,
    pub id: Option<(Name, Origin)>,
    pub name: Option<String>,
    pub number: Option<u32>,
    pub on_failure: Option<OnFailure>,
    pub retry: Option<Retry>,
    /// `None` within: never.
    pub revert_after: Option<Option<Span>>,
    pub target: Option<Argument>,
    pub timeout: Option<Span>,
    pub undo: Option<Undo>,
}

/// 5 s, doubling to 5 min.
pub(super) fn retry_defaults() -> Retry {
    Retry { executions: 1, initial: Span::from_secs(5), factor: 2, cap: Span::from_mins(5) }
}

impl Common {
    /// Reads them, but not those whose names are `taken` by parameters of the action.
    pub fn read(fields: &Fields<'_>, taken: &[&str], draft: &Draft<'_>, slot: &Slot<'_>) -> Common {
        let free = |name: &str| !taken.contains(&name);
        let scope = draft.scope(slot);
        let span = |name: &str| if free(name) { fields.duration(name) } else { None };
        let timeout = span("timeout");
        if timeout == Some(Span::ZERO) {
            let item = fields.item();
            item.report(item.error("impossible timing: a step needs a timeout longer than nothing"));
        }
        Common {
            condition: free("if").then(|| fields.get("if", |item| condition(item, draft.context.schema))).flatten(),
            delay: span("delay"),
            expected_recovery: free("expected_recovery")
                .then(|| fields.get("expected_recovery", |i| i.string()))
                .flatten(),
            id: free("id").then(|| fields.get("id", id)).flatten(),
            name: free("name").then(|| fields.get("name", |item| item.name())).flatten(),
            number: free("step").then(|| fields.get("step", number)).flatten(),
            on_failure: free("on_failure").then(|| fields.get("on_failure", |i| on_failure(i, draft, slot))).flatten(),
            retry: free("retry").then(|| fields.get("retry", retry)).flatten(),
            revert_after: free("revert_after").then(|| fields.get("revert_after", revert_after)).flatten(),
            target: free("target")
                .then(|| fields.get("target", |item| argument(item, &ParameterKind::Component, &scope)))
                .flatten(),
            timeout,
            undo: free("undo").then(|| fields.get("undo", undo)).flatten(),
        }
    }

    /// These and `other`; a field in both is a problem.
    pub fn merged(self, other: Common, item: &Item<'_>) -> Common {
        let twice = |name: &str, both: bool| {
            if both {
                item.report(item.error(format!("`{name}` is given twice")).help("keep one of the two"));
            }
        };
        twice("if", self.condition.is_some() && other.condition.is_some());
        twice("delay", self.delay.is_some() && other.delay.is_some());
        twice("id", self.id.is_some() && other.id.is_some());
        twice("name", self.name.is_some() && other.name.is_some());
        twice("on_failure", self.on_failure.is_some() && other.on_failure.is_some());
        twice("retry", self.retry.is_some() && other.retry.is_some());
        twice("revert_after", self.revert_after.is_some() && other.revert_after.is_some());
        twice("step", self.number.is_some() && other.number.is_some());
        twice("target", self.target.is_some() && other.target.is_some());
        twice("timeout", self.timeout.is_some() && other.timeout.is_some());
        twice("undo", self.undo.is_some() && other.undo.is_some());
        Common {
            condition: self.condition.or(other.condition),
            delay: self.delay.or(other.delay),
            expected_recovery: self.expected_recovery.or(other.expected_recovery),
            id: self.id.or(other.id),
            name: self.name.or(other.name),
            number: self.number.or(other.number),
            on_failure: self.on_failure.or(other.on_failure),
            retry: self.retry.or(other.retry),
            revert_after: self.revert_after.or(other.revert_after),
            target: self.target.or(other.target),
            timeout: self.timeout.or(other.timeout),
            undo: self.undo.or(other.undo),
        }
    }
}

fn id(item: &Item<'_>) -> Option<(Name, Origin)> {
    let text = item.text()?;
    let fits =
        (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !fits {
        let problem = item.error(format!("`{}` is no id for a step", shown(text)));
        item.report(
            problem.help("an id is at most 64 letters, digits, `_` and `-`, so that `${steps.<id>.…}` can name it"),
        );
    }
    fits.then(|| (Name::new(text), item.origin()))
}

fn number(item: &Item<'_>) -> Option<u32> {
    item.integer(1..=1_000).and_then(|n| u32::try_from(n).ok())
}

/// `abort`, `continue`, or steps that run before the run fails.
fn on_failure(item: &Item<'_>, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<OnFailure> {
    if !item.is_list() {
        return item.one_of(&[("abort", OnFailure::Abort), ("continue", OnFailure::Continue)]);
    }
    let mut branch = slot.at.branch;
    let steps = item.list(|item| {
        branch += 1;
        let at = Position { branch, ..slot.at };
        super::read(item, draft, &Slot { at, group: slot.group, variable: slot.variable })
    })?;
    Some(OnFailure::Branch(Box::from(steps)))
}

/// Further executions as a number, or `{ executions: 3, initial: 5s, factor: 2, cap: 5m }`.
fn retry(item: &Item<'_>) -> Option<Retry> {
    if item.is_scalar() {
        let more = item.integer(0..=9).and_then(|n| u32::try_from(n).ok())?;
        return Some(Retry { executions: more.saturating_add(1), ..retry_defaults() });
    }
    let usual = retry_defaults();
    let fields =
        item.fields("`retry`", &["cap", "cap_seconds", "executions", "factor", "initial", "initial_seconds"])?;
    let count = |item: &Item<'_>| item.integer(1..=10).and_then(|n| u32::try_from(n).ok());
    let read = Retry {
        executions: fields.need("executions", count)?,
        initial: fields.duration("initial").unwrap_or(usual.initial),
        factor: fields.get("factor", count).unwrap_or(usual.factor),
        cap: fields.duration("cap").unwrap_or(usual.cap.max(fields.duration("initial").unwrap_or(Span::ZERO))),
    };
    if read.cap < read.initial {
        item.report(item.key_error("impossible timing: the longest pause `cap` is shorter than the first, `initial`"));
    }
    Some(read)
}

fn revert_after(item: &Item<'_>) -> Option<Option<Span>> {
    if item.is_scalar() && item.text() == Some("never") {
        return Some(None);
    }
    let after = item.duration()?;
    if after == Span::ZERO {
        let problem = item.error("impossible timing: a step cannot be reverted as soon as it is done");
        item.report(problem.help("write a duration such as `30m`, or `never`"));
    }
    Some(Some(after))
}

/// `{ action: scale, with: { replicas: "${before.replicas}" }, capture: [replicas] }`.
fn undo(item: &Item<'_>) -> Option<Undo> {
    let fields = item.fields("`undo`", &["action", "capture", "with"])?;
    reversal::undo(&fields, "action", &BTreeSet::new())
}
