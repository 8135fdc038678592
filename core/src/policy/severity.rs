//! The severity rule table: read from top to bottom, the first rule that is known to hold decides.

use crate::model::severity::Severity;
use crate::policy::condition::Condition;
use crate::primitives::name::Name;
use serde::{Deserialize, Serialize};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityRule {
    /// Stable id, as facts name it.
    pub id: Name,
    /// When it applies.
    pub when: Condition,
    /// The severity it gives.
    pub severity: Severity,
}
