//! The levels of blast: how much an action can hit.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How much an action can hit. Ordered from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One instance of several. A playbook may also call it `single_host`.
    #[default]
    SingleInstance,
    /// A whole service, or the only instance of a stateful or critical component.
    SingleService,
    /// More than one service.
    MultipleServices,
    /// A whole cluster, more than five services, or half of a cluster.
    ClusterWide,
    /// More than one region.
    MultiRegion,
}

impl Level {
    /// The name as policies spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::SingleInstance => "single_instance",
            Level::SingleService => "single_service",
            Level::MultipleServices => "multiple_services",
            Level::ClusterWide => "cluster_wide",
            Level::MultiRegion => "multi_region",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
