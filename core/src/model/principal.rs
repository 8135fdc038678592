//! Who asks something of the engine.

use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};

/// Who asks, as the host authenticated him.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// Unique id.
    pub id: Name,
    /// The roles he holds.
    pub roles: BTreeSet<Name>,
}
