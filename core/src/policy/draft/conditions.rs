//! Conditions within a document: their mistakes are shown where they stand.

use crate::policy::condition::{Condition, ConditionError, NameType, Path, Schema, by_convention};
use crate::policy::document::{Item, Origin};
use alloc::format;
use alloc::vec::Vec;

/// Reads a condition, each of its mistakes reported under the words that make it.
pub(in crate::policy) fn condition(item: &Item<'_>, schema: &dyn Schema) -> Option<Condition> {
    let text = item.text()?;
    match Condition::parse(text, schema) {
        Ok(condition) => Some(condition),
        Err(errors) => {
            let origin = item.origin();
            errors.into_iter().for_each(|error| item.report(located(&origin, text, error)));
            None
        }
    }
}

fn located(origin: &Origin, text: &str, error: ConditionError) -> crate::policy::problem::Problem {
    let start = usize::try_from(error.offset).unwrap_or(usize::MAX).min(text.len());
    let end = start.saturating_add(usize::try_from(error.length).unwrap_or(0)).min(text.len());
    let problem = origin.error_within(text, start..end, error.message).help(format!("expected {}", error.expected));
    match error.suggestion {
        Some(suggestion) => problem.label(suggestion),
        None => problem,
    }
}

/// A scope with these names and no others.
pub(in crate::policy) struct Scope(pub &'static [&'static str]);

impl Schema for Scope {
    fn lookup(&self, path: &Path) -> Option<NameType> {
        let known = path.component.is_none() && self.0.contains(&path.name.as_str());
        known.then(|| match path.name.as_str() {
            "class" | "environment" | "type" => NameType::Text(&[]),
            "rollback_failed" | "stateful" => NameType::Boolean,
            name => by_convention(name),
        })
    }

    fn names(&self) -> Vec<&str> {
        self.0.to_vec()
    }
}
