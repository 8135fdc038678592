//! Safety limits: budgets, rates, breakers, cooldowns, attempts, approvals.

use crate::model::area::Area;
use crate::model::severity::Risk;
use crate::policy::actions::ActionClass;
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
    /// When less is done alone, because of what came of it.
    #[serde(default)]
    pub trust: Trust,
    /// The actions that are done alone at SEV0, where they are of low risk, reversible and for one instance.
    #[serde(default)]
    pub sev0_allow: BTreeSet<Name>,
    /// When little is done at a time, and a person asked.
    #[serde(default)]
    pub safe_mode: SafeMode,
    /// For how long what was moved to another place is not moved back without approval; 30 min.
    #[serde(default = "hold_down")]
    pub hold_down: Span,
    /// Classes of actions that are only done in a change window.
    #[serde(default)]
    pub only_in_window: BTreeSet<ActionClass>,
    /// Who approves, and for how long it holds.
    pub approval: Approval,
    /// Whether rollbacks may still run under the kill switch.
    pub kill_allows_rollback: bool,
    /// When many fail together.
    #[serde(default)]
    pub storm: Storm,
}

/// What a run that began before there was one keeps.
const fn hold_down() -> Span {
    Span::from_mins(30)
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

/// When there is doubt, so that one instance is touched at most and a person approves (SPEC G4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeMode {
    /// Always.
    pub always: bool,
    /// When nothing that is seen here shows what the matter is.
    pub unknown_cause: bool,
    /// When nothing like it was ever remedied, and no playbook is for exactly that.
    pub new_kind: bool,
    /// For so long after a deployment of what it is about; zero: never.
    pub after_deployment: Span,
}

/// When less is done alone, because of what came of it (SPEC G7, SAFE-12). Shares are whole hundredths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// How many runs within `window` say something.
    pub sample: u32,
    /// The time over which runs count.
    pub window: Span,
    /// Where fewer than this share of them helped people are warned.
    pub warn: u32,
    /// Where fewer than this share did every plan needs a person.
    pub approve: u32,
    /// Where fewer than this share did people carry plans out themselves.
    pub suggest: u32,
    /// Of so many runs, however long they took, fewer than `suggest`: every plan needs a person.
    pub last: u32,
    /// So many runs within `window` during which something else failed: every plan needs a person.
    pub cascades: u32,
    /// Where the host was there for less than this share of `availability_over`: every plan needs a person.
    pub availability: u32,
    /// The time over which it is taken.
    pub availability_over: Span,
}

/// Who approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// How long a request stands, and how long an approval holds.
    pub expires: Span,
    /// Any one of these roles suffices, unless the action asks for more.
    pub any_of: BTreeSet<Name>,
}

/// When many fail together (SPEC G8): then one canary is acted on, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// So many of one service are a storm; fewer are none anywhere.
    pub members: u32,
    /// This share of a host, a cluster, a region, a group or of everything is one, in hundredths.
    pub percent: u32,
    /// So many are one anywhere, however small their share.
    pub crowd: u32,
    /// How close together they fail.
    pub window: Span,
    /// How long it must have fallen below that before it is over.
    pub calm: Span,
    /// What may still be acted on, once.
    pub canary: Canary,
}

/// What may still be acted on during a storm: one run, of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Canary {
    /// Nothing.
    None,
    /// The one component that everything else that failed depends on.
    Root,
    /// Any one component.
    Any,
}

impl Storm {
    /// How many of `size` members of `area` make a storm when they fail together.
    pub fn limit(&self, area: &Area, size: u32) -> u32 {
        match area {
            Area::Service(_) => self.members,
            _ => self.bearable(size).min(self.crowd.max(self.members)),
        }
    }

    /// Of how many of `size` fewer must fail for it to be over.
    pub fn bearable(&self, size: u32) -> u32 {
        let share = u64::from(size) * u64::from(self.percent);
        u32::try_from(share.div_ceil(100)).unwrap_or(u32::MAX).max(self.members)
    }
}
