//! Evidence: what was seen around the onset of an incident, asked for before anything is done about it; what lies in the
//! future then is asked for once it exists.

use crate::model::ids::{EvidenceId, IncidentId};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which part of the time around the onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What came after the first action, asked for once all of that exists.
    After,
    /// What was there before the first action.
    Before,
}

impl Part {
    /// The name as ids and facts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Part::After => "after",
            Part::Before => "before",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Whatever else bears on it: processes, results of checks, changes.
    Context,
    /// Lines that components wrote.
    Logs,
    /// What was measured.
    Metrics,
    /// Traces of requests.
    Traces,
}

impl EvidenceKind {
    /// All kinds, by name.
    pub const ALL: [EvidenceKind; 4] =
        [EvidenceKind::Context, EvidenceKind::Logs, EvidenceKind::Metrics, EvidenceKind::Traces];

    /// The name as facts and people spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::Context => "context",
            EvidenceKind::Logs => "logs",
            EvidenceKind::Metrics => "metrics",
            EvidenceKind::Traces => "traces",
        }
    }

    /// How far from the onset it is looked for, on either side.
    pub const fn reach(self) -> Span {
        match self {
            EvidenceKind::Logs => Span::from_mins(5),
            EvidenceKind::Context | EvidenceKind::Metrics | EvidenceKind::Traces => Span::from_mins(10),
        }
    }
}

/// From when until when one kind is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceWindow {
    /// What.
    pub kind: EvidenceKind,
    /// From this instant.
    pub from: Time,
    /// Until this one.
    pub until: Time,
}

/// A request for evidence. It changes nothing in the world, and may be answered in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRequest {
    /// Its id.
    pub id: EvidenceId,
    /// The incident it serves.
    pub incident: IncidentId,
    /// The epoch it was decided in.
    pub epoch: u64,
    /// What was there before the first action, or what came after it.
    pub part: Part,
    /// Of which components, the sick one first.
    pub components: Vec<Name>,
    /// What, from when until when.
    pub windows: Vec<EvidenceWindow>,
    /// Nothing waits for the answer from this instant on.
    pub not_after: Time,
}

/// The answer to a request for evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceReport {
    /// Which request.
    pub id: EvidenceId,
    /// The epoch it carried.
    pub epoch: u64,
    /// What was found, of each kind the oldest first.
    #[serde(default)]
    pub items: Vec<EvidenceItem>,
}

impl EvidenceReport {
    /// Whether a text of it has more than `longest` bytes.
    pub fn has_longer(&self, longest: usize) -> bool {
        self.items.iter().any(|item| item.text.len() > longest)
    }
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceItem {
    /// What it is.
    pub kind: EvidenceKind,
    /// Of which component.
    pub component: Name,
    /// When it was seen, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// What. Data only.
    pub text: String,
}

/// Evidence was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceAsked {
    /// The request.
    pub id: EvidenceId,
    /// Which part.
    pub part: Part,
    /// Of which components.
    pub of: Vec<Name>,
    /// What, from when until when.
    #[serde(default)]
    pub windows: Vec<EvidenceWindow>,
    /// Until when it is waited for.
    pub until: Time,
}

/// Evidence came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFound {
    /// The request.
    pub id: EvidenceId,
    /// Which part.
    pub part: Part,
    /// What is kept of it, without secrets.
    pub items: Vec<EvidenceItem>,
    /// How many more there were, for which there is no room or which nobody asked for.
    pub left_out: u32,
}

/// Evidence did not come in time, or none is collected: it is acted without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceMissed {
    /// The request.
    pub id: EvidenceId,
    /// Which part.
    pub part: Part,
    /// How long it was waited for; not at all where none is collected.
    pub waited: Span,
}
