//! What every stage is given, and what it gives back.

use crate::model::command::Command;
use crate::model::event::{Event, Input};
use crate::model::fact::Fact;
use crate::model::ids::EventId;
use crate::policy::Policy;
use crate::primitives::time::Time;
use alloc::format;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// What every stage is given besides the knowledge and the facts said so far.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The engine's time.
    pub now: Time,
    /// The policy in force.
    pub policy: &'a Policy,
    /// What set the engine going: an input, or nothing but a deadline.
    pub input: Option<&'a Input>,
    /// The epoch that commands carry.
    pub epoch: u64,
    /// The id of what set it going, once anybody has asked for it.
    id: OnceCell<EventId>,
}

impl<'a> Context<'a> {
    /// What every stage is given at `now`.
    pub fn new(now: Time, policy: &'a Policy, input: Option<&'a Input>, epoch: u64) -> Context<'a> {
        Context { now, policy, input, epoch, id: OnceCell::new() }
    }

    /// The event of the input, if there is one.
    pub fn event(&self) -> Option<&'a Event> {
        self.input.map(|input| &input.event)
    }

    /// The id of the event that set the engine going, also where that is only a deadline.
    pub fn event_id(&self) -> EventId {
        let id = self.id.get_or_init(|| match self.input {
            Some(input) => input.event_id(),
            None => EventId::from_text(&format!("deadline@{}", self.now.ms())),
        });
        id.clone()
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
