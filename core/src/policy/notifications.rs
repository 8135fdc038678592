//! How much people are told at one time, and what they are not told for a time.

use crate::model::ids::SilenceId;
use crate::model::silence::Silence;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The rules for messages. None of them holds for SEV0 and SEV1, and for what people have to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// How long the first of several messages waits for others that go with it; 30 s.
    pub group_wait: Span,
    /// How long one to the same person over the same channel waits after the last that others went with; 5 min.
    pub group_interval: Span,
    /// How soon a level without a repetition of its own is told again; 4 h.
    pub repeat_interval: Span,
    /// How much one person is told over one channel.
    pub rate_limit: RateLimit,
    /// Whether what is called for on a component holds back what is called for on those that depend on it.
    pub inhibit: bool,
    /// What is not told for a time.
    pub silences: Vec<Declared>,
}

/// So many messages within a time; what is beyond waits, and goes as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// How many; 30.
    pub messages: u32,
    /// Within which time; 10 min.
    pub within: Span,
}

/// A silence that the policy declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// From when.
    pub from: Time,
    /// What it says.
    pub silence: Silence,
}

impl Declared {
    /// Its id: that of what it says.
    pub fn id(&self) -> SilenceId {
        SilenceId::derive(&self.silence, &Name::new("policy"))
    }

    /// Whether it has begun and not ended.
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && at < self.silence.until
    }
}

impl Default for Notifications {
    /// As shipped (SPEC S5).
    fn default() -> Notifications {
        Notifications {
            group_wait: Span::from_secs(30),
            group_interval: Span::from_mins(5),
            repeat_interval: Span::from_mins(240),
            rate_limit: RateLimit { messages: 30, within: Span::from_mins(10) },
            inhibit: true,
            silences: Vec::new(),
        }
    }
}
