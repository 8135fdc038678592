//! Two of the three separate scales: how bad an incident is, and how risky an action is.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How bad an incident is. Written and compared as `at least` and `at most`, never with `<`: SEV0 is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// Complete outage or data loss.
    #[serde(rename = "SEV0")]
    Sev0,
    /// Major function impaired.
    #[serde(rename = "SEV1")]
    Sev1,
    /// Partial impairment.
    #[serde(rename = "SEV2")]
    Sev2,
    /// Minor.
    #[serde(rename = "SEV3")]
    Sev3,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Severity; 4] = [Severity::Sev0, Severity::Sev1, Severity::Sev2, Severity::Sev3];

    /// 0 for SEV0 (worst) to 3 for SEV3.
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// Whether this is as bad as `other` or worse.
    pub const fn at_least(self, other: Severity) -> bool {
        self.rank() <= other.rank()
    }

    /// The worse of two.
    #[must_use]
    pub const fn worst(self, other: Severity) -> Severity {
        if self.at_least(other) { self } else { other }
    }

    /// `SEV0` … `SEV3`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Sev0 => "SEV0",
            Severity::Sev1 => "SEV1",
            Severity::Sev2 => "SEV2",
            Severity::Sev3 => "SEV3",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How risky an action is, from the action registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Harmless in itself.
    Low,
    /// Interrupts what it touches for a moment.
    #[default]
    Medium,
    /// Needs an approval.
    High,
    /// Needs an approval by an `sre_lead`.
    Critical,
}

impl Risk {
    /// The name as policies spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
            Risk::Critical => "critical",
        }
    }
}
