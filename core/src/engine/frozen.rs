//! What nothing may touch because undoing failed there, for people to look at and to free.

use crate::engine::Engine;
use crate::primitives::name::Name;
use crate::remediate::safety::frozen::Freeze;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A component that nothing may touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenTarget {
    /// The component.
    pub component: Name,
    /// What froze it, and when; unset where an earlier version did.
    pub by: Option<Freeze>,
}

impl Engine {
    /// What is frozen, by name.
    pub fn frozen(&self) -> Vec<FrozenTarget> {
        let frozen = self.remediate.memory().frozen.iter();
        frozen
            .map(|(component, by)| FrozenTarget { component: component.clone(), by: by.as_deref().cloned() })
            .collect()
    }
}
