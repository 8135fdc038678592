//! Runs: one execution of a playbook for one incident, and what became of it.

use crate::primitives::name::Name;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What verification found. Ordered from worst to best: FAILED > UNCERTAIN > PARTIAL > SUCCESS in precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No improvement, or worse.
    Failed,
    /// No evidence, or contradicting evidence.
    Uncertain,
    /// Better, not well.
    Partial,
    /// Well, and stable.
    Success,
}

impl Verdict {
    /// `FAILED` … `SUCCESS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Failed => "FAILED",
            Verdict::Uncertain => "UNCERTAIN",
            Verdict::Partial => "PARTIAL",
            Verdict::Success => "SUCCESS",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Stopped before its end by an order, a removal or a refusal.
    Cancelled,
    /// A step failed, or verification did.
    Failed,
    /// It never began: refused, denied, expired.
    NotStarted,
    /// Verification found it partly effective.
    Partial,
    /// Verified and stable.
    Succeeded,
    /// People were told, which is all it was for: nothing was changed, so that there is nothing to judge.
    Told,
    /// Verification could not tell.
    Uncertain,
}

/// Where a rollout is with one of its stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The stage, from 1.
    pub stage: u32,
    /// How many there are.
    pub of: u32,
    /// `began`; `watched`: its steps have ended; `passed`; `aborted`: what was done is undone.
    pub how: Cow<'static, str>,
    /// What it adds; where it is aborted, all that was reached.
    pub targets: Vec<Name>,
    /// In a few words.
    pub detail: String,
}

/// What one part of a verification came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// `immediate`, `trend`, `functional`, `stability`, `baseline`, `rollout`.
    pub part: Cow<'static, str>,
    /// `passed`, `failed`, `no evidence`.
    pub found: Cow<'static, str>,
    /// What was compared, in a few words.
    pub detail: String,
}

impl Weighed {
    /// Whether an incident stays open by it, though its component looks well.
    pub fn leaves_open(&self) -> bool {
        matches!((&*self.part, &*self.found), ("baseline" | "stability", "failed") | ("rollout", "no evidence"))
    }
}
