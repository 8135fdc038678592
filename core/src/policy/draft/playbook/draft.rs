//! What is known while a plan is read: its steps so far, and what they say of each other.

use super::Context;
use crate::policy::document::{Item, Origin};
use crate::policy::draft::argument::{Mention, Position, Scope};
use crate::policy::problem::{shown, suggest};
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

/// What is known while a plan is read.
pub(super) struct Draft<'c> {
    pub context: &'c Context<'c>,
    notes: RefCell<Vec<(Name, String)>>,
    mentions: RefCell<Vec<Mention>>,
    /// Steps by id.
    known: RefCell<BTreeMap<Name, Known>>,
    /// Steps read so far, for ids.
    count: Cell<u32>,
}

/// Where a step stands.
struct Known {
    at: Position,
    group: Group,
}

/// What kind of node a step belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Loop,
    Parallel,
    Single,
}

/// Where a step stands in its plan.
pub(super) struct Slot<'s> {
    pub at: Position,
    pub group: Group,
    pub variable: Option<&'s str>,
}

impl<'c> Draft<'c> {
    /// Nothing read yet.
    pub(super) fn new(context: &'c Context<'c>) -> Draft<'c> {
        Draft {
            context,
            notes: RefCell::default(),
            mentions: RefCell::default(),
            known: RefCell::default(),
            count: Cell::new(0),
        }
    }

    /// What is said about the steps for people only.
    pub(super) fn into_notes(self) -> Vec<(Name, String)> {
        self.notes.into_inner()
    }

    /// Keeps something that is said about a step for people only.
    pub(super) fn note(&self, key: Name, text: String) {
        self.notes.borrow_mut().push((key, text));
    }

    /// What an argument may refer to at `slot`.
    pub(super) fn scope<'s>(&'s self, slot: &Slot<'_>) -> Scope<'s> {
        Scope {
            names: slot.variable.map(String::from).into_iter().collect(),
            components: self.context.components,
            outputs: Some(&self.mentions),
            at: slot.at,
        }
    }

    /// The number of the next step, from 1.
    pub(super) fn next(&self) -> u32 {
        self.count.set(self.count.get().saturating_add(1));
        self.count.get()
    }

    /// Takes `id` for the step at `slot`; a second step of that id is a problem.
    pub(super) fn claim(&self, id: &Name, slot: &Slot<'_>, origin: &Origin, item: &Item<'_>) {
        let known = Known { at: slot.at, group: slot.group };
        if self.known.borrow_mut().insert(id.clone(), known).is_some() {
            let problem = origin.error(format!("two steps have the id `{}`", shown(id.as_str())));
            item.report(problem.help("give one of them another `id`, or another `step` number"));
        }
    }

    /// Reports mentions of outputs that no step before has.
    pub(super) fn check_mentions(&self, item: &Item<'_>) {
        let known = self.known.borrow();
        for mention in self.mentions.borrow().iter() {
            let (origin, step) = (&mention.origin, shown(&mention.step));
            let Some(found) = known.get(&*mention.step) else {
                let near = suggest(&mention.step, known.keys().map(Name::as_str));
                item.report(origin.error(format!("no step has the id `{step}`")).did_you_mean(near));
                continue;
            };
            if found.group == Group::Loop && found.at.node != mention.at.node {
                let message = format!("step `{step}` is in a loop, so its outputs exist once for each target");
                item.report(origin.error(message).help("use them within the loop"));
            } else if !found.is_before(mention.at) {
                let problem = origin.error(format!("step `{step}` has not run by then"));
                item.report(problem.help("a step can use the outputs of those before it"));
            }
        }
    }
}

impl Known {
    fn is_before(&self, at: Position) -> bool {
        if self.at.node != at.node {
            return self.at.node < at.node;
        }
        if self.at.step == at.step {
            return self.at.branch < at.branch;
        }
        self.group != Group::Parallel && self.at.step < at.step
    }
}

/// The keys of a map, in the order written; none of anything else.
pub(super) fn keys(item: &Item<'_>) -> Vec<String> {
    if !item.is_map() {
        return Vec::new();
    }
    let all = item.map(|entry| Some(entry.key())).unwrap_or_default();
    all.into_iter().map(|(key, _)| key).collect()
}
