//! Escalation chains and notification channels.

use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Who is told, in which order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its name.
    pub name: Name,
    /// Incidents on components of these groups, services or names only; empty: any.
    pub applies_to: BTreeSet<Name>,
    /// Incidents at least this severe only.
    pub at_least: Severity,
    /// Its levels, delays never falling.
    pub levels: Vec<ChainLevel>,
}

/// One level of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLevel {
    /// From the start of the chain.
    pub after: Span,
    /// Whether it still fires.
    pub condition: LevelCondition,
    /// Whom.
    pub notify: Vec<Name>,
    /// Over which channels: a failed delivery moves to the next at once. Empty: every channel of the policy.
    pub by: Vec<Name>,
    /// Again every so often while its condition holds.
    pub repeat: Option<Span>,
}

/// What keeps a level from firing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelCondition {
    /// Nothing.
    Always,
    /// An acknowledgement, while it lasts.
    NotAcknowledged,
    /// The end of the incident.
    #[default]
    NotResolved,
}

/// A way to reach people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name: `log`, `pagerduty` …
    pub name: Name,
    /// How it is reached.
    pub kind: ChannelKind,
}

/// How a channel is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A kind only a host knows, by its name.
    Custom(Name),
    /// The host's own log.
    Log,
    /// A signed HTTP request.
    Webhook {
        /// Absolute URL.
        url: String,
        /// Environment variable that holds the signing secret.
        secret_from: Option<String>,
    },
}
