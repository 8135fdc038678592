//! Somebody stands in for whoever would be on call.

use crate::primitives::name::Name;
use crate::primitives::time::Time;
use serde::{Deserialize, Serialize};

/// Who stands in, as it was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    /// The rotation.
    pub rotation: Name,
    /// Who stands in.
    pub who: Name,
    /// Until when.
    pub until: Time,
    /// Who ordered it.
    pub by: Name,
}
