//! How an action is undone, as documents write it.

use crate::policy::actions::{Action, Argument, Reversal, Undo};
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::draft::argument::{Scope, argument};
use crate::policy::problem::{Problems, shown, suggest};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

const WORDS: [(&str, Reversal); 2] = [("not_needed", Reversal::NotNeeded), ("irreversible", Reversal::Irreversible)];

/// `not_needed`, `irreversible`, or what undoes it: `{ undo: scale, with: { … }, capture: [replicas] }`; where the
/// effect can only be made good, `make_good` in the place of `undo`.
pub(super) fn read(item: &Item<'_>, parameters: &BTreeSet<&str>) -> Option<Reversal> {
    if !item.is_map() {
        return item.one_of(&WORDS);
    }
    let fields = item.fields("a reversal", &["capture", "make_good", "undo", "with"])?;
    let word = fields.exactly_one(&["undo", "make_good"])?;
    let undo = undo(&fields, word, parameters)?;
    Some(if word == "undo" { Reversal::Reversible(undo) } else { Reversal::Compensable(undo) })
}

/// The undoing action that the field `word` names, with its parameters and what is captured before.
pub(in crate::policy::draft) fn undo(fields: &Fields<'_>, word: &str, parameters: &BTreeSet<&str>) -> Option<Undo> {
    let action = fields.need(word, Item::name);
    let capture: Vec<Name> = fields.list("capture", |item| item.name().map(|text| Name::new(&text)));
    let before = capture.iter().map(|name| format!("before.{name}"));
    let names: Vec<String> = before.chain(parameters.iter().map(|name| format!("parameters.{name}"))).collect();
    let scope = Scope { names, components: None, outputs: None, at: Default::default() };
    let with = fields.map("with", |item| argument(item, &crate::policy::actions::ParameterKind::Any, &scope));
    let parameters: BTreeMap<Arc<str>, Argument> =
        with.into_iter().map(|(name, argument)| (Arc::from(name), argument)).collect();
    Some(Undo { action: Name::new(&action?), parameters, capture })
}

/// Whether what undoes `action` exists and gets what it needs.
pub(super) fn check(action: &Action, origin: &Origin, actions: &BTreeMap<Name, Arc<Action>>, problems: &Problems) {
    if let Some(undo) = action.reversal.undo() {
        for fault in faults(action, undo, actions) {
            problems.push(origin.error(fault.message).did_you_mean(fault.near.as_deref()));
        }
    }
}

/// Something wrong with the way to undo a step.
pub(in crate::policy::draft) struct Fault {
    pub message: String,
    pub near: Option<String>,
}

/// What is wrong with `undo` as the way to undo a step of `action`. What it does not give are the step's own parameters.
pub(in crate::policy::draft) fn faults(
    action: &Action,
    undo: &Undo,
    actions: &BTreeMap<Name, Arc<Action>>,
) -> Vec<Fault> {
    let Some(undoing) = actions.get(&undo.action) else {
        let near = suggest(undo.action.as_str(), actions.keys().map(Name::as_str)).map(String::from);
        let message = format!("`{}` is undone by the unknown action `{}`", action.name, shown(undo.action.as_str()));
        return Vec::from([Fault { message, near }]);
    };
    let strange = undo.parameters.keys().filter(|name| !undoing.parameters.contains_key(*name)).map(|name| Fault {
        message: format!("`{}`, which undoes `{}`, takes no parameter `{}`", undoing.name, action.name, shown(name)),
        near: suggest(name, undoing.parameters.keys().map(|known| &**known)).map(String::from),
    });
    let missing = undoing.parameters.iter().filter(|(name, parameter)| {
        let given = undo.parameters.contains_key(*name) || action.parameters.contains_key(*name);
        parameter.required && !given
    });
    let missing = missing.map(|(name, _)| Fault {
        message: format!("`{}`, which undoes `{}`, lacks its parameter `{name}`", undoing.name, action.name),
        near: None,
    });
    strange.chain(missing).collect()
}
