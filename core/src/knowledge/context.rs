//! What every stage is given, and what it gives back.

use crate::model::command::Command;
use crate::model::event::{Event, Input};
use crate::model::fact::Fact;
use crate::model::ids::EventId;
use crate::policy::Policy;
use crate::primitives::time::Time;
use alloc::format;
use alloc::vec::Vec;

/// What every stage is given besides the knowledge and the facts said so far.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The engine's time.
    pub now: Time,
    /// The policy in force.
    pub policy: &'a Policy,
    /// What set the engine going: an input, or nothing but a deadline.
    pub input: Option<&'a Input>,
    /// The epoch that commands carry.
    pub epoch: u64,
}

impl<'a> Context<'a> {
    /// The event of the input, if there is one.
    pub fn event(&self) -> Option<&'a Event> {
        self.input.map(|input| &input.event)
    }

    /// The id of the event that set the engine going, also where that is only a deadline.
    pub fn event_id(&self) -> EventId {
        match self.input {
            Some(input) => input.event_id(),
            None => EventId::from_text(&format!("deadline@{}", self.now.ms())),
        }
    }
}

/// What a stage concluded and asks for.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Conclusions, in order.
    pub facts: Vec<Fact>,
    /// Requests, in order.
    pub commands: Vec<Command>,
}

/// When the engine wants to be called again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Deadline {
    /// When.
    pub at: Time,
    /// Why: a stable word such as `check_due` or `approval_expires`.
    pub reason: &'static str,
}

/// The earlier of two deadlines.
pub fn earlier(a: Option<Deadline>, b: Option<Deadline>) -> Option<Deadline> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
