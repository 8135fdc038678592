//! The mode ladder: how much may happen without a person.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How much may happen without a person. Ordered: a ceiling is the lesser of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is planned.
    Off,
    /// Everything is decided, nothing executed or counted.
    Observe,
    /// The plan is put to a person, who carries it out.
    #[default]
    Suggest,
    /// The plan runs once a person approves it.
    Approve,
    /// The plan runs.
    Auto,
}

impl Mode {
    /// All modes, least first.
    pub const ALL: [Mode; 5] = [Mode::Off, Mode::Observe, Mode::Suggest, Mode::Approve, Mode::Auto];

    /// The name as policies spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Observe => "observe",
            Mode::Suggest => "suggest",
            Mode::Approve => "approve",
            Mode::Auto => "auto",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
