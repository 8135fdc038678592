//! Who is there for an incident: somebody stands in on call, or gives back what he took.

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

/// Nobody has an incident any more who had taken it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    /// Who gave it back.
    pub by: Name,
}
