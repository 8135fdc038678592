//! Typed parameter values. They are substituted as values; nothing ever parses them again.

use crate::primitives::finite::Finite;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A value of a parameter, an output or a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A length of time, in milliseconds.
    Duration(Span),
    /// Several values.
    List(Vec<Value>),
    /// A number.
    Number(Finite),
    /// A text, taken as it is.
    Text(Arc<str>),
}

/// Parameters by name.
pub type Parameters = BTreeMap<Arc<str>, Value>;

impl Value {
    /// The value of a text.
    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<Finite> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Duration(span) => write!(f, "{}ms", span.ms()),
            Value::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}
