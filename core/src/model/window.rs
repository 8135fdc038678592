//! Windows: stretches of time in which something is held back (maintenance), or in which alone it is allowed (change).

use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What a window does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// What is only done in a window may be done in it.
    Change,
    /// People work on what it is over: nothing else touches that.
    Maintenance,
}

impl WindowKind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            WindowKind::Change => "change",
            WindowKind::Maintenance => "maintenance",
        }
    }
}

impl fmt::Display for WindowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A window that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// What it does.
    pub kind: WindowKind,
    /// Components, services and groups that it is over; empty: everything.
    pub over: BTreeSet<Name>,
    /// Of a maintenance window what it holds back: `notify`, `open`, `remediate`. Of a change window the classes of actions
    /// that it allows; empty: all.
    pub terms: BTreeSet<Name>,
    /// When it ends.
    pub until: Time,
    /// Why.
    pub reason: String,
    /// Who opened it; unset: the policy.
    pub by: Option<Name>,
}

/// A window that opened, changed or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowChange {
    /// Which.
    pub window: Name,
    /// `opened`, `changed` or `closed`.
    pub change: Cow<'static, str>,
    /// What it does, over what, until when; of a window that closed as it was.
    pub opening: Opening,
    /// By whom, where a person did it.
    pub detail: String,
}

/// What a maintenance window can hold back.
pub const SUPPRESSIBLE: [&str; 3] = ["notify", "open", "remediate"];
