//! Floor 6: the engine. It alone knows the order of the stages; nobody knows it.

pub mod at_work;
mod explain;
pub mod fleet;
pub mod frozen;
pub mod half_done;
pub mod history;
pub mod intake;
mod mask;
pub mod score;
pub mod snapshot;
mod trim;
pub mod view;
mod windows;
pub mod wire;

use crate::analyze::Analyze;
use crate::detect::Detect;
use crate::engine::history::History;
use crate::escalate::Escalate;
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft, earlier};
use crate::learn::Learn;
use crate::model::command::{Command, Execution};
use crate::model::event::{Event, Input};
use crate::model::fact::Fact;
use crate::model::ids::IncidentId;
use crate::monitor::Monitor;
use crate::policy::Policy;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::Remediate;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::Serialize;

/// Passes that deadlines may cause in one step; what is due beyond them follows a millisecond later.
const MOST_PASSES: u32 = 1_000;

/// The engine: policy, knowledge and the six stages.
#[derive(Clone, Debug)]
pub struct Engine {
    now: Time,
    /// What [`Engine::deadline`] gave after the last pass.
    next: Option<Deadline>,
    policy: Arc<Policy>,
    /// Components that came at run time, not by the policy.
    registered: BTreeSet<Name>,
    /// How components were: for people to look at, and given to no stage.
    history: History,
    knowledge: Knowledge,
    monitor: Monitor,
    detect: Detect,
    analyze: Analyze,
    remediate: Remediate,
    escalate: Escalate,
    learn: Learn,
    /// What a stage writes on, kept so that its memory is used again; empty between stages.
    draft: Draft,
}

/// What one step gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    /// What was concluded, in order.
    pub facts: Vec<Fact>,
    /// What the host is asked for, in order.
    pub commands: Vec<Command>,
    /// When the engine wants to be called even if nothing happens; later than now.
    pub deadline: Option<Deadline>,
}

impl Engine {
    /// An engine under `policy` that has seen nothing yet.
    pub fn new(policy: Policy) -> Engine {
        let mut knowledge = Knowledge::default();
        for component in policy.components() {
            knowledge.topology.register(Arc::clone(component));
        }
        let engine = Engine {
            now: Time::ZERO,
            next: None,
            monitor: Monitor::new(),
            policy: Arc::new(policy),
            registered: BTreeSet::new(),
            history: History::default(),
            knowledge,
            detect: Detect::default(),
            analyze: Analyze::default(),
            remediate: Remediate::default(),
            escalate: Escalate::default(),
            learn: Learn::default(),
            draft: Draft::default(),
        };
        engine.with_deadline()
    }

    fn with_deadline(mut self) -> Engine {
        self.next = self.deadline();
        self
    }

    /// Takes one input. Total: whatever the input, there is an output; what does not fit is a recorded refusal.
    pub fn step(&mut self, input: &Input) -> Output {
        let mut output = Output::default();
        self.step_into(input, &mut output);
        output
    }

    /// As [`Engine::step`], into an output that is cleared first, so that its memory is used again.
    pub fn step_into(&mut self, input: &Input, output: &mut Output) {
        output.facts.clear();
        output.commands.clear();
        self.now = self.now.max(input.at);
        // A host that has been away says so before anything is concluded from what was not heard meanwhile.
        let begins = matches!(input.event, Event::Started { .. });
        if begins {
            self.give(input, output);
            self.next = self.deadline();
        }
        for _ in 0..MOST_PASSES {
            if self.next.is_none_or(|deadline| deadline.at > self.now) {
                break;
            }
            let start = output.facts.len();
            self.pass(None, start, output);
            self.next = self.deadline();
        }
        if !begins && !matches!(input.event, Event::TimeAdvanced) {
            self.give(input, output);
            self.next = self.deadline();
        }
        let soon = self.now.after(Span::from_ms(1));
        output.deadline = self.next.map(|deadline| Deadline { at: deadline.at.max(soon), ..deadline });
    }

    /// Gives an input that is more than the passing of time its own pass.
    fn give(&mut self, input: &Input, output: &mut Output) {
        // Masked first: half a secret would not be known for one.
        let masked = self.masked(input);
        let input = masked.as_ref().unwrap_or(input);
        let short = trim::trimmed(input, self.policy.limits().text_bytes as usize);
        let input = short.as_ref().unwrap_or(input);
        let start = output.facts.len();
        if self.take_in(input, output) {
            self.pass(Some(input), start, output);
        }
    }

    /// The commands that were given and not answered: what a host carries out again after it was down. What may not begin
    /// now is not among them.
    pub fn outstanding(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        let epoch = self.knowledge.control.epoch;
        self.monitor.outstanding(epoch, &mut commands);
        self.remediate.outstanding(epoch, &mut commands);
        self.escalate.outstanding(epoch, &mut commands);
        commands.retain(|command| match command {
            Command::Execute(execution) => self.may_begin(execution).is_ok(),
            Command::CollectEvidence(_) | Command::Notify(_) | Command::RunCheck(_) => true,
        });
        commands
    }

    /// Whether a command that was given may begin now: what a host asks last, when the decision is durable and before
    /// anything is done.
    ///
    /// # Errors
    /// Why not, in a few words: it was called off, everything is stopped, or the mode in force does not allow it.
    pub fn may_begin(&self, execution: &Execution) -> Result<(), String> {
        let epoch = self.knowledge.control.epoch;
        let context = Context::new(self.now, &self.policy, None, epoch);
        self.remediate.may_begin(execution, &context, &self.knowledge)
    }

    /// Whether `execution` undoes something, and the policy lets that go on while everything else is stopped: what a host
    /// asks that has its own way to be stopped.
    pub fn undoes_while_stopped(&self, execution: &Execution) -> bool {
        self.remediate.undoes_while_stopped(execution, &self.policy)
    }

    /// The engine's time: the largest timestamp seen.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What more than one stage remembers.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// When there is something to do for `incident` by itself, and why.
    pub fn next_for(&self, incident: IncidentId) -> Vec<(Time, &'static str)> {
        let mut next = self.remediate.next_for(incident);
        next.extend(self.escalate.next_for(incident));
        next.sort_unstable();
        next
    }

    fn deadline(&self) -> Option<Deadline> {
        let stages = [
            self.monitor.deadline(&self.knowledge),
            self.detect.deadline(),
            self.analyze.deadline(),
            self.remediate.deadline(),
            self.escalate.deadline(),
        ];
        stages.into_iter().fold(None, earlier)
    }

    /// One way down the stairs. The stages see the facts from `start` on.
    fn pass(&mut self, input: Option<&Input>, start: usize, output: &mut Output) {
        let Engine { now, policy, knowledge, monitor, detect, analyze, remediate, escalate, learn, draft, .. } = self;
        let context = Context::new(*now, policy, input, knowledge.control.epoch);
        macro_rules! stage {
            ($stage:ident) => {
                $stage.advance(&context, knowledge, output.facts.get(start..).unwrap_or_default(), draft);
                if !draft.facts.is_empty() {
                    knowledge.apply(&draft.facts, policy.limits());
                    output.facts.append(&mut draft.facts);
                }
                if !draft.commands.is_empty() {
                    output.commands.append(&mut draft.commands);
                }
            };
        }
        stage!(monitor);
        stage!(detect);
        stage!(analyze);
        stage!(remediate);
        stage!(escalate);
        stage!(learn);
        if let Some(said) = output.facts.get(start..).filter(|said| !said.is_empty()) {
            self.history.apply(said, self.policy.limits().health_changes);
        }
        if self.knowledge.control.fault.is_some() {
            output.commands.retain(|command| !matches!(command, Command::Execute(_)));
        }
    }
}
