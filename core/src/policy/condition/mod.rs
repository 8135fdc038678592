//! Conditions: the one language of triggers, preconditions, verification, rollback and escalation. `docs/conditions.md`
//! describes it to its users.
//!
//! A text becomes a [`Condition`] once, when the policy loads: parsed, type-checked, every mistake found. What it is
//! worth at a moment is decided by `knowledge::evaluate`.

mod ast;
mod display;
mod error;
mod parse;
mod schema;
mod token;
mod types;
mod unit;
mod window;
mod words;

pub use ast::{Comparator, Expr, Extent, Function, Kind, Operation, Path, Window};
pub use error::{At, ConditionError};
pub use schema::{FACTS, NameType, Open, Schema, by_convention};
pub use unit::{Dimension, Unit};

use crate::primitives::time::Span;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The longest text of a condition, in bytes.
pub const MAX_TEXT_BYTES: u32 = 4096;
/// The deepest tree, and the deepest nesting of brackets.
pub const MAX_DEPTH: u32 = 32;
/// The most nodes of a tree; each takes about 100 bytes.
pub const MAX_NODES: u32 = 256;
/// The most that one evaluation may cost; see [`Expr::cost`].
pub const MAX_COST: u32 = 10_000;

/// A checked condition; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    expr: Arc<Expr>,
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    sustained: Option<Span>,
}

impl Condition {
    /// Reads a text such as `cpu_usage > 85% for 5m`; on failure all its mistakes, in the order of the text.
    pub fn parse(text: &str, schema: &dyn Schema) -> Result<Condition, Vec<ConditionError>> {
        Condition::read(text, None, schema)
    }

    /// Reads what is written behind a key, as in `cpu_usage: <90%`, `replica_healthy: true` or `status_code: 200`.
    pub fn parse_keyed(key: &Path, text: &str, schema: &dyn Schema) -> Result<Condition, Vec<ConditionError>> {
        Condition::read(text, Some(key), schema)
    }

    /// The condition that a name known to be true or false is true: `writable_filesystem`.
    pub fn named(name: Path) -> Condition {
        let expr = Expr { kind: Kind::Name(name, Unit::None), at: At::default() };
        Condition { expr: Arc::new(expr), sustained: None }
    }

    /// The same condition, to hold for this long; for playbooks that write `duration: 5m` beside it.
    #[must_use]
    pub fn sustained_for(self, span: Span) -> Condition {
        Condition { sustained: (span > Span::ZERO).then_some(span), ..self }
    }

    /// That all of `conditions` are true, each as long as the longest of them asks; none where there is none.
    pub fn all(conditions: &[&Condition]) -> Option<Condition> {
        let mut different: Vec<&Condition> = Vec::new();
        for condition in conditions {
            if !different.iter().any(|known| known == condition) {
                different.push(condition);
            }
        }
        match different.as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            several => {
                let parts = several.iter().map(|condition| condition.expr().clone()).collect();
                let expr = Expr { kind: Kind::And(parts), at: At::default() };
                let sustained = several.iter().filter_map(|condition| condition.sustained).max();
                Some(Condition { expr: Arc::new(expr), sustained })
            }
        }
    }

    /// What must be true.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// How long it must be true.
    pub fn sustained(&self) -> Option<Span> {
        self.sustained
    }

    /// Every name it reads, itself or through a window, from left to right.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.expr.visit(&mut |expr| match &expr.kind {
            Kind::Name(path, _) => paths.push(path),
            Kind::Window(window) => paths.push(&window.path),
            _ => {}
        });
        paths
    }

    /// Every window it looks at, from left to right: what must be remembered for it.
    pub fn windows(&self) -> Vec<&Window> {
        let mut windows = Vec::new();
        self.expr.visit(&mut |expr| {
            if let Kind::Window(window) = &expr.kind {
                windows.push(window);
            }
        });
        windows
    }

    fn read(text: &str, key: Option<&Path>, schema: &dyn Schema) -> Result<Condition, Vec<ConditionError>> {
        let whole = At::new(0, text.len());
        if whole.length > MAX_TEXT_BYTES {
            let message = format!("the condition has {} bytes", text.len());
            return Err(vec![ConditionError::new(whole, message, format!("at most {MAX_TEXT_BYTES}"))]);
        }
        let mut errors = Vec::new();
        let mut parsed = parse::parse(text, key, &mut errors);
        if let Some(expr) = &mut parsed.expr {
            types::check(expr, schema, &mut errors);
            limit("deep", expr.depth(), MAX_DEPTH, whole, &mut errors);
            limit("costly", expr.cost(), MAX_COST, whole, &mut errors);
        }
        errors.sort_by_key(|error| error.offset);
        match parsed.expr {
            Some(expr) if errors.is_empty() => Ok(Condition { expr: Arc::new(expr), sustained: parsed.sustained }),
            _ => Err(errors),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sustained {
            Some(span) if matches!(self.expr.kind, Kind::And(_) | Kind::Or(_)) => {
                write!(f, "({}) for {}", self.expr, display::Literal(span))
            }
            Some(span) => write!(f, "{} for {}", self.expr, display::Literal(span)),
            None => write!(f, "{}", self.expr),
        }
    }
}

fn limit(what: &str, found: u32, most: u32, at: At, errors: &mut Vec<ConditionError>) {
    if found > most {
        let message = format!("the condition is too {what}: {found}");
        errors.push(ConditionError::new(at, message, format!("at most {most}")));
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
