//! The levels of blast: how much an action can hit.

use alloc::borrow::Cow;
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

/// How far something reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Its level.
    pub level: Level,
    /// How many instances.
    pub instances: u32,
    /// How many services.
    pub services: u32,
    /// How many clusters.
    pub clusters: u32,
    /// How many regions.
    pub regions: u32,
    /// The risk score, 0 to 100.
    pub score: u32,
}

/// What reaches so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessed {
    /// `extent`: what is sick in an incident; `blast`: what a plan can hit.
    pub of: Cow<'static, str>,
    /// How far.
    pub reach: Reach,
}

impl Assessed {
    /// That `of` reaches as far as `reach`.
    pub const fn new(of: &'static str, reach: Reach) -> Assessed {
        Assessed { of: Cow::Borrowed(of), reach }
    }
}
