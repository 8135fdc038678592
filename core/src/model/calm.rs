//! What is concluded about whether it is time to act: flapping, grace after a change, warm-up.

use crate::model::health::State;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A component changes its state too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapped {
    /// The state that is held.
    pub held: State,
    /// How often it changed.
    pub changes: u32,
    /// For how long nothing must change.
    pub calm: Span,
}

/// A component was changed on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `deploy`, `config`, `reboot` or another word.
    pub change: Name,
    /// Until when it is only observed.
    pub until: Time,
}

/// Everything is taken in and nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warming {
    /// Until then at the latest.
    pub until: Time,
    /// How many components are waited for.
    pub awaited: u32,
}

/// The warm-up is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warm {
    /// How many components were not heard of in its time.
    pub missing: u32,
    /// The first of them by name.
    pub silent: Vec<Name>,
}
