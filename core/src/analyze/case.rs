//! What analyze remembers of one open incident, besides what everybody knows.

use crate::model::incident::is_outage;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use serde::{Deserialize, Serialize};

/// One open incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Case {
    /// Its issues by component.
    pub issues: BTreeMap<Name, BTreeMap<Name, Issue>>,
    /// What the rules said when it was assessed last; only something worse than that raises it again.
    pub basis: Severity,
    /// The rows of the table that raised it and hold still: each raises again only once it has ceased to.
    #[serde(default)]
    pub raised: BTreeSet<Name>,
    /// The rows that called people one level up: each does once.
    #[serde(default)]
    pub called: BTreeSet<Name>,
    /// Whether its severity is what a person said: no recovery of a part makes it milder.
    #[serde(default)]
    pub ordered: bool,
}

/// One classified problem on one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issue {
    /// The least severity it gives while it lasts.
    pub floor: Option<Severity>,
    /// Whether it lasts.
    pub lasts: bool,
    /// Whether it waits for a dependency that failed.
    pub dependent: bool,
}

impl Case {
    /// A case with nothing in it, at `basis`.
    pub fn new(basis: Severity) -> Case {
        Case { issues: BTreeMap::new(), basis, raised: BTreeSet::new(), called: BTreeSet::new(), ordered: false }
    }

    /// Whether this issue of this component belongs to it. An outage is one issue, however deep it goes.
    pub fn holds(&self, component: &Name, issue: &Name) -> bool {
        let Some(issues) = self.issues.get(component) else { return false };
        issues.keys().any(|held| held == issue || (is_outage(held) && is_outage(issue)))
    }

    /// Takes in an issue, or finds that one back.
    pub fn add(&mut self, component: &Name, issue: &Name, floor: Option<Severity>, dependent: bool) {
        let found = Issue { floor, lasts: true, dependent };
        self.issues.entry(component.clone()).or_default().insert(issue.clone(), found);
    }

    /// Whether an issue of this component lasts.
    pub fn lasts(&self, component: &Name) -> bool {
        self.issues.get(component).is_some_and(|issues| issues.values().any(|issue| issue.lasts))
    }

    /// The worst of the least severities of the issues that last.
    pub fn floor(&self) -> Option<Severity> {
        let issues = self.issues.values().flat_map(BTreeMap::values);
        issues.filter(|issue| issue.lasts).filter_map(|issue| issue.floor).reduce(Severity::worst)
    }
}

/// The issue of a component that is UNHEALTHY.
pub(super) const DOWN: &str = "down";
/// The issue of a component that is CRITICAL.
pub(super) const CRITICAL: &str = "critical";
