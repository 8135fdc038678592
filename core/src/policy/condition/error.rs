//! What is wrong with a condition, at which bytes of its text.

use crate::policy::problem::suggest;
use alloc::format;
use alloc::string::String;
use core::fmt;

/// A region of a condition's text. It says where a thing was read, not what it is: any two are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct At {
    /// The first byte.
    pub offset: u32,
    /// How many bytes.
    pub length: u32,
}

impl At {
    pub(super) fn new(start: usize, end: usize) -> At {
        let offset = u32::try_from(start).unwrap_or(u32::MAX);
        At { offset, length: u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX) }
    }

    /// The smallest region with both in it.
    pub(super) fn to(self, other: At) -> At {
        let offset = self.offset.min(other.offset);
        At { offset, length: self.end().max(other.end()) - offset }
    }

    fn end(self) -> u32 {
        self.offset.saturating_add(self.length)
    }
}

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

impl Eq for At {}

/// One mistake in a condition. The loader adds the file, the line and the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// The first byte of the mistake within the condition's text.
    pub offset: u32,
    /// How many bytes of text are meant; 0 where something is missing.
    pub length: u32,
    /// What is wrong.
    pub message: String,
    /// What would have been right.
    pub expected: String,
    /// What was probably meant, or what to do.
    pub suggestion: Option<String>,
}

impl ConditionError {
    pub(super) fn new(at: At, message: String, expected: impl Into<String>) -> ConditionError {
        ConditionError { offset: at.offset, length: at.length, message, expected: expected.into(), suggestion: None }
    }

    pub(super) fn suggest(mut self, suggestion: Option<String>) -> ConditionError {
        self.suggestion = suggestion;
        self
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; expected {}", self.message, self.expected)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for ConditionError {}

/// "did you mean `…`?" for the candidate nearest to `word`, if one is near.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest(word, candidates).map(|found| format!("did you mean `{found}`?"))
}
