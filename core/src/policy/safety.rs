//! Safety limits: budgets, rates, breakers, cooldowns, attempts, approvals.

use crate::model::severity::Risk;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};

/// All safety limits together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    /// Budgets by group or service.
    pub budgets: BTreeMap<Name, Budget>,
    /// The budget of a service that has none of its own.
    pub default_budget: Budget,
    /// Runs per hour.
    pub rates: Rates,
    /// Attempts.
    pub attempts: Attempts,
    /// When repeated failure stops a playbook.
    pub breaker: Breaker,
    /// Pause after each run on a component: `initial`, doubling to `cap`.
    pub cooldown: Cooldown,
    /// When an action without lasting effect is not done once more.
    #[serde(default)]
    pub ineffectiveness: Ineffectiveness,
    /// Who approves, and for how long it holds.
    pub approval: Approval,
    /// Whether rollbacks may still run under the kill switch.
    pub kill_allows_rollback: bool,
}

/// How much of a group may be out at once (SPEC B3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Above this much unhealthy, nothing automatic happens.
    pub max_unhealthy: Share,
    /// Targets under action at once.
    pub max_in_flight: Share,
    /// Members that stay healthy whatever is done.
    pub keep_healthy_at_least: Share,
}

/// A part of a group: a count, or a percentage that rounds down, but to at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// So many.
    Count(u32),
    /// So many hundredths.
    Percent(u32),
}

impl Share {
    /// The number of members out of `size`.
    pub fn of(self, size: u32) -> u32 {
        match self {
            Share::Count(count) => count,
            Share::Percent(percent) => {
                let share = u64::from(size) * u64::from(percent) / 100;
                u32::try_from(share).unwrap_or(u32::MAX).max(1)
            }
        }
    }
}

/// Runs in a sliding window. A run counts when its first command is emitted and is given back if it never started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// On one component.
    pub per_component: u32,
    /// In all.
    pub total: u32,
    /// The window.
    pub window: Span,
    /// Rollbacks may use this many more, in hundredths of `total`.
    pub rollback_reserve_percent: u32,
    /// In all, by the highest risk among their actions; a risk that is not named has no limit of its own.
    #[serde(default)]
    pub by_risk: BTreeMap<Risk, u32>,
}

/// Attempts for an incident and on a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// For one incident.
    pub per_incident: u32,
    /// On one component within `window`.
    pub per_component: u32,
    /// The window.
    pub window: Span,
}

/// When repeated failure stops a playbook (SPEC G2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Failures in a row that open it.
    pub consecutive: u32,
    /// Share of failures among the last `sample`, in hundredths, above which it opens.
    pub failure_percent: u32,
    /// How many results the share is taken over, at least.
    pub sample: u32,
    /// How long it stays open at least.
    pub cooldown: Span,
    /// Whether the run after that needs a person.
    pub manual_reset: bool,
}

/// Pause after each run on a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cooldown {
    /// After the first run.
    pub initial: Span,
    /// The longest.
    pub cap: Span,
}

/// When an action without lasting effect is not done once more (SPEC G3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ineffectiveness {
    /// After so many times on the same target for the same issue.
    pub after: u32,
    /// Times in other incidents count for so long before this one.
    pub window: Span,
}

/// Who approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// How long a request stands, and how long an approval holds.
    pub expires: Span,
    /// Any one of these roles suffices, unless the action asks for more.
    pub any_of: BTreeSet<Name>,
}
