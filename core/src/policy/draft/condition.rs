//! Conditions and preconditions as they stand in documents.

use crate::policy::actions::Precondition;
use crate::policy::condition::{Condition, ConditionError, Path, Schema};
use crate::policy::document::Item;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

/// A condition; its mistakes are reported where they stand in the document.
pub(super) fn condition(item: &Item<'_>, schema: &dyn Schema) -> Option<Condition> {
    let text = item.text()?;
    taken(item, text, Condition::parse(text, schema))
}

/// A condition and how long it must have held: the `for` within its text is taken out of it.
pub(super) fn held(item: &Item<'_>, schema: &dyn Schema) -> Option<(Condition, Span)> {
    let condition = condition(item, schema)?;
    let hold = condition.sustained().unwrap_or(Span::ZERO);
    Some((condition.sustained_for(Span::ZERO), hold))
}

/// A precondition: `writable_filesystem`, `check: …`, `replica_healthy: true` or `replication_lag < 10s`.
pub(super) fn precondition(item: &Item<'_>, schema: &dyn Schema) -> Option<Precondition> {
    if !item.is_map() {
        return checked(item, schema);
    }
    let keys = item.map(|entry| Some(entry.key())).unwrap_or_default();
    if keys.iter().any(|(key, _)| key == "check" || key == "name") {
        let fields = item.fields("a precondition", &["check", "name"])?;
        let given = fields.get("name", Item::name);
        let found = fields.need("check", |item| checked(item, schema))?;
        return Some(Precondition { name: given.map_or(found.name, |name| Name::new(&name)), ..found });
    }
    let entry = item.single("a precondition such as `check: writable_filesystem`")?;
    let key = entry.key();
    let path = match key.rsplit_once('.') {
        Some((component, name)) => Path::of(component, name),
        None => Path::own(&key),
    };
    let text = entry.text()?;
    let condition = taken(&entry, text, Condition::parse_keyed(&path, text, schema))?;
    Some(Precondition { name: Name::new(&condition.to_string()), condition })
}

fn checked(item: &Item<'_>, schema: &dyn Schema) -> Option<Precondition> {
    let condition = condition(item, schema)?;
    Some(Precondition { name: Name::new(item.text()?.trim()), condition })
}

fn taken(item: &Item<'_>, text: &str, parsed: Result<Condition, Vec<ConditionError>>) -> Option<Condition> {
    let errors = match parsed {
        Ok(condition) => return Some(condition),
        Err(errors) => errors,
    };
    let origin = item.origin();
    for error in errors {
        let start = usize::try_from(error.offset).unwrap_or(0);
        let end = start.saturating_add(usize::try_from(error.length).unwrap_or(0));
        let problem = origin.error_within(text, start..end, error.message);
        let problem = problem.help(format!("expected {}", error.expected));
        item.report(match error.suggestion {
            Some(suggestion) => problem.label(suggestion),
            None => problem,
        });
    }
    None
}
