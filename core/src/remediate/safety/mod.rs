//! The safety kernel: one gate chain before every Execute, and what its links remember.

pub mod approval;
pub mod breaker;
pub mod budget;
pub mod cooldown;
pub mod doubt;
pub mod effect;
pub mod frozen;
pub mod gate;
mod links;
pub mod moved;
pub mod question;
pub mod rate;
pub mod trust;

#[cfg(test)]
pub(crate) mod tests;

pub(in crate::remediate) use links::{NOT_ALONE, has_effect};

use crate::primitives::name::Name;
use crate::remediate::impossible::Impossible;
use crate::remediate::inquiry::Inquiries;
use crate::remediate::safety::frozen::{Freeze, Frozen};
use alloc::sync::Arc;
use serde::{Deserialize, Serialize};

/// How many frozen components are remembered by name; 500 bytes each.
const MOST_FROZEN: usize = 10_000;

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
    #[serde(deserialize_with = "frozen::read")]
    pub frozen: Frozen,
    /// Whether there are more of them than are remembered: then everything is frozen, until all of these were looked at.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    all_frozen: bool,
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

impl Memory {
    /// Nothing may touch these any more. Why something was frozen before stays: nobody has looked at that yet.
    pub fn freeze(&mut self, components: impl Iterator<Item = Name>, by: &Arc<Freeze>) {
        for component in components {
            if self.frozen.len() < MOST_FROZEN || self.frozen.contains_key(&component) {
                self.frozen.entry(component).or_insert_with(|| Some(Arc::clone(by)));
            } else {
                self.all_frozen = true;
            }
        }
    }

    /// Whether nothing may touch it.
    pub fn is_frozen(&self, component: &Name) -> bool {
        self.all_frozen || self.frozen.contains_key(component)
    }

    /// Whether nothing may touch anything, as there are more of them than are remembered.
    pub fn is_all_frozen(&self) -> bool {
        self.all_frozen
    }

    /// A person has looked at it; whether it was frozen by its name.
    pub fn thaw(&mut self, component: &Name) -> bool {
        let thawed = self.frozen.remove(component).is_some();
        self.all_frozen &= !self.frozen.is_empty();
        thawed
    }
}

#[cfg(test)]
mod frozen_tests {
    use super::*;
    use crate::primitives::time::Time;
    use crate::remediate::fixtures;
    use alloc::format;

    #[test]
    fn r8_what_is_frozen_is_never_forgotten_past_the_limit_everything_is() {
        let mut memory = Memory::default();
        let by = Freeze::by(&fixtures::run("web", 1), Time::ZERO, "failed");
        let names = |from: usize, to: usize| (from..to).map(|n| Name::new(&format!("c-{n}")));
        memory.freeze(names(0, MOST_FROZEN), &by);
        memory.freeze(names(0, MOST_FROZEN), &by);
        assert!(memory.is_frozen(&"c-0".into()) && !memory.is_frozen(&"other".into()), "as many as the limit");
        assert!(!memory.is_all_frozen());
        memory.freeze(names(MOST_FROZEN, MOST_FROZEN + 1), &by);
        assert!(memory.frozen.len() == MOST_FROZEN && memory.is_frozen(&"other".into()), "past it");
        assert!(memory.is_all_frozen());
        assert!(!memory.thaw(&"other".into()), "not by its name");
        names(1, MOST_FROZEN).for_each(|name| assert!(memory.thaw(&name)));
        assert!(memory.is_frozen(&"other".into()), "one was not looked at");
        assert!(memory.thaw(&"c-0".into()) && !memory.is_frozen(&"other".into()));
    }
}
