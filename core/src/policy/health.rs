//! What health is taken for beyond single checks: flapping, grace after a change, warm-up after a start.

use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// The rules of the section `health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthRules {
    /// When a component flaps.
    pub flapping: Flapping,
    /// When one of these components does, where it has its own word for it.
    pub flapping_of: BTreeMap<Name, Flapping>,
    /// How long a change holds back what would be done about its component.
    pub grace: Grace,
    /// How long after a start, or a new policy, nothing is done before every component was heard of; 60 s.
    pub warm_up: Span,
}

impl HealthRules {
    /// When `component` flaps.
    pub fn flapping_of(&self, component: &Name) -> &Flapping {
        self.flapping_of.get(component).unwrap_or(&self.flapping)
    }
}

/// When a component flaps (SPEC H4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapping {
    /// So many changes of state make it flap; 6. Getting worse step by step is one change.
    pub changes: u32,
    /// Within this time; 10 min.
    pub window: Span,
    /// It ends when nothing has changed for this long; 10 min.
    pub calm: Span,
}

/// How long after a change of it a component is only observed (SPEC H7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// After another configuration; 2 min.
    pub config: Span,
    /// After another version, and after any change of another kind; 5 min.
    pub deploy: Span,
    /// After a reboot; 10 min.
    pub reboot: Span,
    /// Changes one after the other hold back for so long together; 30 min.
    pub at_most: Span,
}

impl Grace {
    /// How long it is after a change of this kind.
    pub fn after(&self, change: &str) -> Span {
        match change {
            "config" => self.config,
            "reboot" => self.reboot,
            _ => self.deploy,
        }
    }
}
