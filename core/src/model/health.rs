//! Health states, check tiers and what a check can say.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How a component is. Ordered from best to worst; a component is the worst of its checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All checks pass.
    Healthy,
    /// Nothing is known: no result yet, or the checker itself is broken. Never a reason to act.
    #[default]
    Unknown,
    /// Some failures, not yet confirmed as an outage.
    Degraded,
    /// Confirmed failure.
    Unhealthy,
    /// A comprehensive check failed: a matter for people.
    Critical,
}

impl State {
    /// All states, best first.
    pub const ALL: [State; 5] = [State::Healthy, State::Unknown, State::Degraded, State::Unhealthy, State::Critical];

    /// The name as policies and facts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Healthy => "healthy",
            State::Unknown => "unknown",
            State::Degraded => "degraded",
            State::Unhealthy => "unhealthy",
            State::Critical => "critical",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How deep a check looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Fast and cheap: is it there at all. 10 s / 1 s, three failures confirm.
    #[default]
    Shallow,
    /// Critical functions and dependencies. 30 s / 5 s, one failure confirmed by two rechecks.
    Deep,
    /// End to end. 10 min / 30 s; a failure calls for people.
    Comprehensive,
}

/// What one execution of a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// The checker itself broke, or gave no answer: says nothing about the component.
    Error,
    /// The component is not as it should be.
    Fail,
    /// The component is as it should be.
    Pass,
}
