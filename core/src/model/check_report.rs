//! What a check found, as the host reports it.

use crate::model::health::CheckVerdict;
use crate::model::ids::EventId;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::string::String;
use core::fmt::Write;
use serde::{Deserialize, Serialize};

/// Room for what an id has besides names.
const ROOM: usize = 32;

/// The answer of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    /// The component.
    pub component: Name,
    /// The check.
    pub check: Name,
    /// The instant the engine asked, from the request; unset for a report nobody asked for.
    pub asked_at: Option<Time>,
    /// When the evidence was taken.
    pub taken_at: Time,
    /// What it found.
    pub verdict: CheckVerdict,
    /// In a few words.
    #[serde(default)]
    pub detail: String,
    /// Epoch of the request.
    pub epoch: u64,
}

impl CheckReport {
    /// `check/<component>/<check>@<ms>`: most events are such, so that it is put together in one piece of memory.
    pub(super) fn event_id(&self) -> EventId {
        let (component, check) = (self.component.as_str(), self.check.as_str());
        let at = self.asked_at.unwrap_or(self.taken_at).ms();
        let mut text = String::with_capacity(component.len().saturating_add(check.len()).saturating_add(ROOM));
        let written = write!(text, "check/{component}/{check}@{at}");
        debug_assert!(written.is_ok(), "memory takes all that is written to it");
        EventId::from_text(&text)
    }
}
