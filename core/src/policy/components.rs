//! Components and their checks, as the policy declares them.

use crate::model::health::Tier;
use crate::model::probe::Probe;
use crate::policy::condition::Condition;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One monitored thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Unique name.
    pub name: Name,
    /// What it is: `postgres`, `redis`, `http`, `tcp`, `process`, `custom`, `external` or any other word.
    pub kind: Name,
    /// For the health score: compute, network, storage, database or security.
    pub class: Option<Name>,
    /// Free labels.
    pub labels: BTreeMap<Name, Name>,
    /// Where it is.
    pub place: Place,
    /// `production`, `staging` …; unset counts as production.
    pub environment: Option<Name>,
    /// Groups for budgets and escalation chains, besides its service.
    pub groups: BTreeSet<Name>,
    /// Whether its loss is a major outage.
    pub critical: bool,
    /// Whether it holds state that a restart can endanger.
    pub stateful: bool,
    /// How many users it serves.
    pub users: Option<u64>,
    /// What an hour without it costs.
    pub revenue_per_hour: Option<Finite>,
    /// What it needs; when one of these is down, it is not acted on.
    pub depends_on: BTreeSet<Name>,
    /// How it is asked how it is.
    pub checks: Vec<Arc<Check>>,
    /// The process the host starts and keeps, if this component is one.
    pub run: Option<Supervise>,
    /// How long it must pass after an action before it counts as healthy.
    pub healthy_delay: Span,
}

impl Component {
    /// The service it belongs to: as given, else itself.
    pub fn service(&self) -> &Name {
        self.place.service.as_ref().unwrap_or(&self.name)
    }

    /// Whether it depends on `other`, by its name or by that of a service or group it is of: what is registered at run time
    /// names those as they are written.
    pub fn needs(&self, other: &Component) -> bool {
        other.names().any(|name| self.depends_on.contains(name))
    }

    /// The names by which others can depend on it: its own, its service's and its groups'.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        let service = self.place.service.as_ref().filter(|service| **service != self.name);
        [&self.name].into_iter().chain(service).chain(&self.groups)
    }

    /// Whether it is part of what people live on. What does not say so otherwise is.
    pub fn is_production(&self) -> bool {
        let said = self.environment.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        said.is_none_or(|said| matches!(said.as_str(), "" | "production" | "prod" | "live"))
    }
}

/// Where a component is: instance < service < host < cluster < region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The service it is an instance of.
    pub service: Option<Name>,
    /// The host it runs on.
    pub host: Option<Name>,
    /// The cluster.
    pub cluster: Option<Name>,
    /// The region.
    pub region: Option<Name>,
}

/// A process the host supervises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervise {
    /// Program and arguments; `${instance}` is the number of the instance, from 1.
    pub argv: Vec<String>,
    /// Environment added to the host's own.
    pub env: BTreeMap<String, String>,
    /// Working directory.
    pub directory: Option<String>,
    /// How many instances are started at first.
    pub instances: u32,
}

/// One way to ask a component how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Unique within the component.
    pub name: Name,
    /// How deep it looks.
    pub tier: Tier,
    /// What is asked.
    pub ask: Ask,
    /// From one ask to the next.
    pub interval: Span,
    /// How long an answer may take.
    pub timeout: Span,
    /// From start to the first ask.
    pub initial_delay: Span,
    /// Failures in a row until UNHEALTHY (for the comprehensive tier: CRITICAL).
    pub failure_threshold: u32,
    /// Failures in a row until DEGRADED; at or above `failure_threshold` there is no DEGRADED.
    pub degraded_threshold: u32,
    /// Passes in a row until HEALTHY.
    pub success_threshold: u32,
    /// From one ask to the next after a first failure, and until the check has recovered.
    pub recheck_interval: Span,
    /// Whether its failure means that data is wrong.
    #[serde(default)]
    pub consistency: bool,
}

/// What is asked of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The component itself reports; the engine takes silence for a failure.
    Heartbeat {
        /// How old the last beat may be.
        within: Span,
    },
    /// A condition over metrics, decided in the engine: true is a pass, unknown is an error, not a failure.
    Metric(Condition),
    /// A question for the host to put.
    Probe(Arc<Probe>),
}
