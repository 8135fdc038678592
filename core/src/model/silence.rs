//! What people are not called for, for a time.

use crate::model::ids::IncidentId;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeSet;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Whatever fits all of it is not told, until it ends. It belongs to nobody's incident and survives the end of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Only incidents on one of these components, services or groups; empty: on any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub of: BTreeSet<Name>,
    /// Only these issues; empty: any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub issues: BTreeSet<Name>,
    /// Only this incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Only incidents as mild as this or milder. SEV0 is silenced only where this says `SEV0`.
    #[serde(default = "all_but_the_worst")]
    pub at_most: Severity,
    /// Until when, exclusively.
    pub until: Time,
    /// Why.
    pub reason: String,
}

fn all_but_the_worst() -> Severity {
    Severity::Sev1
}
