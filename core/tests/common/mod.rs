//! What the tests of shipped and seed documents share.
#![allow(dead_code)]

use homeostat_core::policy::actions::Action;
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::document::{Item, Limits, load};
use homeostat_core::policy::draft::action::Registry;
use homeostat_core::policy::draft::playbook::{self, Context};
use homeostat_core::policy::playbook::Playbook;
use homeostat_core::policy::problem::{Problem, Problems, render};
use homeostat_core::primitives::name::Name;
use std::collections::BTreeMap;
use std::sync::Arc;

pub type Actions = BTreeMap<Name, Arc<Action>>;

/// What `read` makes of a document, and every problem with it.
pub fn read<T>(file: &str, text: &str, read: impl FnOnce(&Item<'_>) -> T) -> (Option<T>, Vec<Problem>) {
    let problems = Problems::new();
    let document = load(file, text.as_bytes(), &Limits::default(), &problems);
    let result = document.map(|document| read(&Item::root(&document, &problems)));
    (result, problems.into_sorted())
}

/// What `read` makes of a document that must be without any problem.
pub fn clean<T>(file: &str, text: &str, take: impl FnOnce(&Item<'_>) -> T) -> T {
    let (result, problems) = read(file, text, take);
    let found: Vec<String> = problems.iter().map(|problem| render(problem, |_| Some(text))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    result.unwrap()
}

/// The shipped registry.
pub fn shipped() -> Actions {
    let problems = Problems::new();
    let actions = Registry::shipped(&Open, &problems).finish(&problems);
    assert_eq!(problems.into_sorted(), []);
    actions
}

/// A playbook that must be without any problem.
pub fn playbook(file: &str, text: &str, actions: &Actions) -> Playbook {
    let context = Context { actions, components: None, schema: &Open };
    clean(file, text, |root| playbook::read(root, &context)).unwrap()
}

/// What is wrong with a playbook, one line for each problem: line, message, label.
pub fn problems(text: &str) -> Vec<String> {
    let actions = shipped();
    let context = Context { actions: &actions, components: None, schema: &Open };
    let (_, problems) = read("playbook.yaml", text, |root| playbook::read(root, &context));
    let shown = problems.iter().map(|problem| {
        let label = if problem.label.is_empty() { String::new() } else { format!(" ({})", problem.label) };
        format!("{}:{} {}{label}", problem.place.line, problem.place.column, problem.message)
    });
    shown.collect()
}
