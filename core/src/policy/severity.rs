//! The severity rule table. Rows that give a severity are read from top to bottom: the first that is known to hold
//! decides. Rows that raise hold beside them, wherever they stand, and only ever make it worse.

use crate::model::severity::Severity;
use crate::policy::condition::Condition;
use crate::primitives::name::Name;
use core::fmt;
use serde::{Deserialize, Serialize};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityRule {
    /// Stable id, as facts name it.
    pub id: Name,
    /// When it applies.
    pub when: Condition,
    /// What follows.
    pub gives: Gives,
}

/// What follows from a row that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    /// People are called one level up their chain, once for an incident.
    OneLevelUp,
    /// At least this severity, whatever other rows give.
    Raise(Severity),
    /// This severity, unless a row above has given one.
    Severity(Severity),
}

impl fmt::Display for Gives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gives::OneLevelUp => f.pad("one level up"),
            Gives::Raise(least) => write!(f, "at least {least}"),
            Gives::Severity(severity) => write!(f, "{severity}"),
        }
    }
}
