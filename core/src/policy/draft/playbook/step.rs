//! One step, in any of its spellings: `action:` with its parameters beside it or under `with:`, `name: { … }`,
//! `name: value` for an action that needs one value, or the name alone.

mod common;
mod parameters;

use super::draft::{Draft, Slot, keys};
use crate::policy::actions::{Action, Argument};
use crate::policy::document::Item;
use crate::policy::draft::action::{find, reversal};
use crate::policy::playbook::{OnFailure, Retry, Step};
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use common::{COMMON, Common};

/// Arguments by parameter.
type Given = BTreeMap<Arc<str>, Argument>;

/// How long a scale-up stands unless its step says otherwise.
const SCALED_FOR: Span = Span::from_mins(30);
/// Actions that are executed up to three times unless their step says otherwise.
const RESTARTS: [&str; 4] = ["restart", "restart_pod", "restart_service", "restart_vm"];

/// A step.
pub(super) fn read(item: &Item<'_>, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<Step> {
    let number = draft.next();
    if item.is_scalar() {
        let action = find(item.text()?, draft.context.actions, item, false)?;
        return finish(item, action, Common::default(), Given::new(), draft, slot, number);
    }
    let (word, at_key) = word(item, draft)?;
    let mut found = None;
    item.map(|entry| {
        if entry.key() == word {
            let name = if at_key { Some(word.as_str()) } else { entry.text() };
            found = name.and_then(|name| find(name, draft.context.actions, entry, at_key));
        }
        Some(())
    });
    let action = found?;
    let read = if at_key { keyed(item, &word, action, draft, slot) } else { named(item, action, draft, slot) };
    let (common, given) = read?;
    finish(item, action, common, given, draft, slot, number)
}

/// The key that names the action, and whether by itself; else its value does.
fn word(item: &Item<'_>, draft: &Draft<'_>) -> Option<(String, bool)> {
    item.map(|_| Some(()))?;
    let keys = keys(item);
    if keys.iter().any(|key| key == "action") {
        return Some((String::from("action"), false));
    }
    let strange = || keys.iter().filter(|key| !COMMON.contains(&key.as_str()));
    let registered = strange().find(|key| draft.context.actions.contains_key(key.as_str()));
    let word = registered.or_else(|| strange().next()).cloned();
    if word.is_none() {
        let problem = item.error("a step needs an action");
        item.report(problem.help("write `- restart: { … }`, or `action: restart` with its parameters beside it"));
    }
    Some((word?, true))
}

/// `name: { … }`: parameters and step fields within, step fields beside.
fn keyed(item: &Item<'_>, word: &str, action: &Action, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<(Common, Given)> {
    let what = format!("the step `{}`", shown(word));
    let names: Vec<&str> = action.parameters.keys().map(|name| &**name).collect();
    let mut known: Vec<&str> = COMMON.to_vec();
    known.push(word);
    let mut within = names.clone();
    within.extend(COMMON.iter().filter(|field| !names.contains(*field)));
    let fields = item.fields(&what, &known)?;
    let beside = Common::read(&fields, &[], draft, slot);
    let inner = fields.get(word, |inner| {
        if !inner.is_map() {
            return Some((Common::default(), parameters::only(inner, action, draft, slot)?));
        }
        let fields = inner.fields(&what, &within)?;
        let given = parameters::read(&fields, &names, action, draft, slot);
        Some((Common::read(&fields, &names, draft, slot), given))
    });
    match inner {
        Some((common, given)) => Some((beside.merged(common, item), given)),
        None if fields.has(word) => None,
        None => Some((beside, Given::new())),
    }
}

/// `action: name` with parameters beside it, under `with`, or both.
fn named(item: &Item<'_>, action: &Action, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<(Common, Given)> {
    let what = format!("the step `{}`", action.name);
    let under = format!("the parameters of `{}`", action.name);
    let names: Vec<&str> = action.parameters.keys().map(|name| &**name).collect();
    let taken = |name: &&str| COMMON.contains(name) || matches!(*name, "action" | "with");
    let beside: Vec<&str> = names.iter().copied().filter(|name| !taken(name)).collect();
    let mut known: Vec<&str> = COMMON.to_vec();
    known.extend(["action", "with"]);
    known.extend(&beside);
    let fields = item.fields(&what, &known)?;
    let common = Common::read(&fields, &[], draft, slot);
    let mut given = parameters::read(&fields, &beside, action, draft, slot);
    fields.get("with", |inner| {
        let inner_fields = inner.fields(&under, &names)?;
        for (name, argument) in parameters::read(&inner_fields, &names, action, draft, slot) {
            if given.insert(name.clone(), argument).is_some() {
                inner.report(inner.key_error(format!("`{name}` is given twice")).help("keep one of the two"));
            }
        }
        Some(())
    });
    Some((common, given))
}

/// The step, its parts checked against each other.
fn finish(
    item: &Item<'_>,
    action: &Action,
    common: Common,
    given: Given,
    draft: &Draft<'_>,
    slot: &Slot<'_>,
    number: u32,
) -> Option<Step> {
    let (id, written) = match common.id {
        Some((id, origin)) => (id, origin),
        None => (Name::new(&format!("{}-{}", action.name, common.number.unwrap_or(number))), item.key_origin()),
    };
    draft.claim(&id, slot, &written, item);
    if let Some(expected) = common.expected_recovery {
        draft.note(Name::new(&format!("{id}.expected_recovery")), expected);
    }
    let timeout = common.timeout.unwrap_or(Span::ZERO);
    let completed = parameters::complete(item, action, common.target, given, timeout);
    for fault in common.undo.iter().flat_map(|undo| reversal::faults(action, undo, draft.context.actions)) {
        item.report(item.error(fault.message).did_you_mean(fault.near.as_deref()));
    }
    let on_failure = common.on_failure.unwrap_or_default();
    if slot.at.branch > 0 && matches!(on_failure, OnFailure::Branch(_)) {
        item.report(item.error("steps that run after a failure cannot have such steps of their own"));
    }
    let (target, parameters) = completed?;
    parameters::check_undo(item, action, common.undo.as_ref(), &parameters, draft);
    let usual = parameters::scales_up(action, &parameters).then_some(SCALED_FOR);
    let revert_after = common.revert_after.unwrap_or(usual);
    if revert_after.is_some() && common.undo.is_none() && action.reversal.undo().is_none() {
        let problem = item.error(format!("`{}` cannot be reverted: nothing undoes it", action.name));
        item.report(problem.help("leave `revert_after` out, or say with `undo` what does"));
    }
    Some(Step {
        name: common.name.unwrap_or_else(|| id.to_string()),
        id,
        action: action.name.clone(),
        parameters,
        target,
        condition: common.condition,
        delay: common.delay.unwrap_or(Span::ZERO),
        timeout,
        retry: common.retry.unwrap_or_else(|| usual_retry(action)),
        on_failure,
        revert_after,
        undo: common.undo,
    })
}

fn usual_retry(action: &Action) -> Retry {
    let executions = if RESTARTS.contains(&action.name.as_str()) { 3 } else { 1 };
    Retry { executions, ..common::retry_defaults() }
}
