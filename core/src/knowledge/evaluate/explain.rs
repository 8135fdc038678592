//! What was compared with what: for facts, and for `explain`.

use super::{Known, Operand, Truth};
use crate::policy::condition::{Dimension, Expr};
use crate::primitives::finite::Finite;
use crate::primitives::time::Time;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The outcome of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Whether the whole holds.
    pub truth: Truth,
    /// When it was evaluated.
    pub at: Time,
    /// Every comparison in it, from left to right, inner before outer.
    pub compared: Vec<Compared>,
}

/// One comparison, or one name that is itself true or false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// As written in canonical text.
    pub text: String,
    /// The left side, or the name.
    pub left: Shown,
    /// The right side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Shown>,
    /// Whether it holds.
    pub truth: Truth,
    /// Why that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// As written.
    pub text: String,
    /// Its value, as a person reads it: `91.2%`, `340ms`, `degraded`; nothing if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Why something is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// This divides by zero.
    DivisionByZero(String),
    /// Nothing was ever heard of this.
    Missing(String),
    /// The result is beyond the finite numbers.
    OutOfRange(String),
    /// This is too old to be believed.
    Stale {
        /// What.
        name: String,
        /// When it was last heard of.
        since: Time,
    },
    /// The component's own state is UNKNOWN.
    StateUnknown(String),
    /// The window of this is not filled: too few samples, or a gap.
    Uncovered(String),
    /// This condition, used as a value, is itself unknown.
    Undecided(String),
    /// The value that arrived is not of the kind the condition asks for.
    WrongKind(String),
}

impl Explanation {
    /// What is missing, stale or otherwise unknown; each once.
    pub fn reasons(&self) -> Vec<&Reason> {
        let mut reasons: Vec<&Reason> = Vec::new();
        for reason in self.compared.iter().filter_map(|compared| compared.reason.as_ref()) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }
}

impl Shown {
    pub(super) fn of(known: &Known<'_>, expr: &Expr) -> Shown {
        let value = match known {
            Ok(Operand::Boolean(value)) => Some(value.to_string()),
            Ok(Operand::Number(value, dimension)) => Some(readable(*value, *dimension)),
            Ok(Operand::Literal(text)) => Some((*text).to_string()),
            Ok(Operand::Text(text)) => Some(text.to_string()),
            Err(_) => None,
        };
        Shown { text: expr.to_string(), value }
    }
}

impl fmt::Display for Compared {
    /// `cpu_usage > 85% is true: cpu_usage = 91.2%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", self.text, self.truth.as_str())?;
        let mut before = ": ";
        for side in [Some(&self.left), self.right.as_ref()].into_iter().flatten() {
            // A literal says its own value.
            if let Some(value) = side.value.as_ref().filter(|value| **value != side.text.trim_matches('"')) {
                write!(f, "{before}{} = {value}", side.text)?;
                before = ", ";
            }
        }
        match &self.reason {
            Some(reason) => write!(f, "{before}{reason}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::DivisionByZero(text) => write!(f, "`{text}` divides by zero"),
            Reason::Missing(name) => write!(f, "`{name}` is missing"),
            Reason::OutOfRange(text) => write!(f, "`{text}` is beyond the finite numbers"),
            Reason::Stale { name, since } => write!(f, "`{name}` is stale: last known at {} ms", since.ms()),
            Reason::StateUnknown(name) => write!(f, "`{name}` is UNKNOWN"),
            Reason::Uncovered(name) => write!(f, "`{name}` has too few samples or a gap"),
            Reason::Undecided(text) => write!(f, "`{text}` is unknown"),
            Reason::WrongKind(text) => write!(f, "`{text}` met a value of another kind"),
        }
    }
}

/// A number of a dimension's base as a person writes it, to six decimals of its unit.
fn readable(value: Finite, dimension: Dimension) -> String {
    const SECONDS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s")];
    const BYTES: [(f64, &str); 5] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"), (1.0, "B")];
    let value = value.value();
    match dimension {
        Dimension::Bytes => largest(value, &BYTES, (1.0, "B")),
        Dimension::ByteRate => format!("{}/s", largest(value, &BYTES, (1.0, "B"))),
        Dimension::Duration => largest(value, &SECONDS, (0.001, "ms")),
        Dimension::Plain => decimals(value),
        Dimension::Rate => format!("{}/s", decimals(value)),
        Dimension::Share => format!("{}%", decimals(value * 100.0)),
    }
}

fn largest(value: f64, units: &[(f64, &str)], smallest: (f64, &str)) -> String {
    let (size, unit) = units.iter().copied().find(|(size, _)| value.abs() >= *size).unwrap_or(smallest);
    format!("{}{unit}", decimals(value / size))
}

fn decimals(value: f64) -> String {
    let shown = format!("{value:.6}");
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    if shown == "-0" { "0".into() } else { shown.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        let shown = |value: f64, dimension| readable(Finite::new(value).unwrap(), dimension);
        assert_eq!(shown(0.912, Dimension::Share), "91.2%");
        assert_eq!(shown(0.34, Dimension::Duration), "340ms");
        assert_eq!(shown(5_400.0, Dimension::Duration), "1.5h");
        assert_eq!(shown(2_500_000.0, Dimension::ByteRate), "2.5MB/s");
        assert_eq!(shown(-0.000_000_01, Dimension::Plain), "0");
        assert_eq!(shown(120.0, Dimension::Plain), "120");
    }
}
