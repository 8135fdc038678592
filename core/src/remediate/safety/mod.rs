//! The safety kernel: one gate chain before every Execute, and what its links remember.

pub mod approval;
pub mod breaker;
pub mod budget;
pub mod cooldown;
pub mod doubt;
pub mod effect;
pub mod gate;
mod links;
pub mod moved;
pub mod question;
pub mod rate;
pub mod trust;

#[cfg(test)]
pub(crate) mod tests;

pub(in crate::remediate) use links::has_effect;

use crate::primitives::name::Name;
use crate::remediate::impossible::Impossible;
use crate::remediate::inquiry::Inquiries;
use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};

/// What the links of the gate remember. Part of the snapshot: windows and counters survive a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Runs in their windows.
    pub rates: rate::Rates,
    /// Results of playbooks.
    pub breakers: breaker::Breakers,
    /// Pauses of components.
    pub cooldowns: cooldown::Cooldowns,
    /// What is familiar, and what was deployed lately.
    #[serde(default)]
    pub doubts: doubt::Doubts,
    /// What runs did, and whether it lasted.
    #[serde(default)]
    pub effects: effect::Effects,
    /// How far what is done alone is trusted.
    #[serde(default)]
    pub trust: trust::Trust,
    /// Components that nothing may touch, because undoing failed on them.
    pub frozen: BTreeSet<Name>,
    /// What was moved lately.
    #[serde(default)]
    pub moves: moved::Moves,
    /// What the host has no way to do.
    #[serde(default)]
    pub impossible: Impossible,
    /// What was asked about incidents before anything was done; no link reads it.
    #[serde(default)]
    pub inquiries: Inquiries,
}
