//! What people are not told, or not yet.

use crate::model::ids::{IncidentId, NotificationId, SilenceId};
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The longest silence.
pub const LONGEST: Span = Span::from_secs(30 * 86_400);

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

/// A silence began, or was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// Which.
    pub id: SilenceId,
    /// What it says; unset where it was ended.
    pub silence: Option<Silence>,
    /// Who ordered it.
    pub by: Name,
}

/// A notification that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Which.
    pub notification: NotificationId,
    /// The channel.
    pub channel: Name,
    /// The recipient.
    pub recipient: Name,
    /// Why.
    pub detail: String,
}

/// Somebody is not told, or not yet; the rule says why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The level of the chain, from 1; 0 where it is none.
    pub level: u32,
    /// The silence that it waits for the end of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<SilenceId>,
    /// The incident that it waits for the end of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<IncidentId>,
    /// Whom and over which channel; unset: everybody of the level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<(Name, Name)>,
    /// Until when at the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Silence {
    /// Whether it says of anything in particular that it is not told.
    pub fn is_particular(&self) -> bool {
        !self.of.is_empty() || !self.issues.is_empty() || self.incident.is_some()
    }
}

fn all_but_the_worst() -> Severity {
    Severity::Sev1
}
