//! The links of the gate chain and what each can say.

use crate::model::value::Value;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A link of the gate chain, in the order in which the first refusal is the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The mode ladder.
    Mode,
    /// The kill switch and the fault latch.
    KillSwitch,
    /// Whether enough was heard since the start, or since the policy came.
    WarmUp,
    /// What people, or a change, are at work on.
    Maintenance,
    /// What may be done alone about what is as bad as it can be.
    Severity,
    /// How far it reaches, and what may be done alone that far.
    Blast,
    /// How much of the group may be out, and how many targets may be under action.
    Budgets,
    /// What must be known to be true.
    Preconditions,
    /// Whether it can be undone.
    Reversibility,
    /// Runs per hour, attempts per incident and component.
    RateLimits,
    /// The circuit breaker.
    Breaker,
    /// The pause after an earlier run.
    Cooldown,
    /// What has been done again and again without lasting effect.
    Ineffectiveness,
    /// When a change may be made.
    ChangeWindow,
    /// Little at a time, and with a person, where there is doubt.
    SafeMode,
    /// Whether the component changes its state too often.
    Flapping,
    /// Whether many fail together.
    Storm,
    /// A person's decision about exactly this plan.
    Approval,
    /// Whether who ordered it may.
    Role,
}

impl Link {
    /// All links, in their fixed order.
    pub const ALL: &'static [Link] = &[
        Link::Mode,
        Link::KillSwitch,
        Link::WarmUp,
        Link::Maintenance,
        Link::Severity,
        Link::Blast,
        Link::Budgets,
        Link::Preconditions,
        Link::Reversibility,
        Link::RateLimits,
        Link::Breaker,
        Link::Cooldown,
        Link::Ineffectiveness,
        Link::ChangeWindow,
        Link::SafeMode,
        Link::Flapping,
        Link::Storm,
        Link::Approval,
        Link::Role,
    ];

    /// The name as rule ids begin with it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Link::Mode => "mode",
            Link::KillSwitch => "kill_switch",
            Link::WarmUp => "warm_up",
            Link::Maintenance => "maintenance",
            Link::Severity => "severity",
            Link::Blast => "blast",
            Link::Budgets => "budgets",
            Link::Preconditions => "preconditions",
            Link::Reversibility => "reversibility",
            Link::RateLimits => "rate_limits",
            Link::Breaker => "breaker",
            Link::Cooldown => "cooldown",
            Link::Ineffectiveness => "ineffectiveness",
            Link::ChangeWindow => "change_window",
            Link::SafeMode => "safe_mode",
            Link::Flapping => "flapping",
            Link::Storm => "storm",
            Link::Approval => "approval",
            Link::Role => "role",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What one link says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkResult {
    /// Which link.
    pub link: Link,
    /// Whether it lets the action through.
    pub allowed: bool,
    /// Stable rule id, such as `budgets.max_in_flight`.
    pub rule: Cow<'static, str>,
    /// The values compared, by name.
    pub values: Vec<(Cow<'static, str>, Value)>,
    /// The smallest change that would have decided otherwise: that lets it through, or, where it is let through with
    /// something to spare, that would have stopped it. Empty where it was let through and nothing was compared.
    pub remedy: String,
}

/// For what the gate is asked. Not every link applies to each; the table is in `remediate/safety/gate.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The first step of a run, or the plan before it.
    FirstStep,
    /// A later step of a run that has begun.
    LaterStep,
    /// The first step of a run that a person ordered, or the plan before it.
    Manual,
    /// Another execution of a step that failed.
    Retry,
    /// Undoing.
    Rollback,
}

impl Occasion {
    /// Whether nothing of the run has been done yet.
    pub const fn is_first(self) -> bool {
        matches!(self, Occasion::FirstStep | Occasion::Manual)
    }
}
