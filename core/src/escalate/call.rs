//! A reason to call people, kept until it is acted upon.

use crate::model::ids::EventId;
use crate::primitives::text::one_line;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A reason to call people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The rule.
    pub rule: Cow<'static, str>,
    /// In words.
    pub reason: String,
    /// What decided it.
    pub because: Vec<EventId>,
    /// Whether it is one level up for those who have been called.
    pub up: bool,
}

/// As much of a reason as is told, on one line.
pub(super) fn reason(text: &str) -> String {
    one_line(text, 200)
}
