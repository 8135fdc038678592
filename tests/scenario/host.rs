//! A host driven by deadlines alone, in virtual time: it journals what it tells the engine, and checks what it is told.

use crate::checker::Checker;
use crate::witness::Witness;
use crate::words::Answer;
use crate::world::{self, World};
use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::{CheckRequest, Command, Execution, Notification};
use homeostat_core::model::event::{CheckReport, Event, Input, Outcome, OutcomeResult};
use homeostat_core::model::ids::CommandId;
use homeostat_core::policy::components::Ask;
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a check takes to answer.
const ANSWERED_IN: Span = Span::from_ms(10);
/// More steps than any wait of a scenario takes.
const MOST_STEPS: u32 = 100_000;
/// How long a message takes.
const DELIVERED_IN: Span = Span::from_ms(50);

/// A host with its engine and its world.
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    /// A second engine, restored from a snapshot; it must say the same from there on.
    twin: Option<Engine>,
    /// What is true outside.
    pub world: World,
    /// What was seen around incidents.
    pub witness: Witness,
    /// The host's clock.
    pub now: Time,
    deadline: Option<Time>,
    pending: BTreeMap<(Time, u64), Pending>,
    sequence: u64,
    /// Answers that are there already.
    at_once: Vec<Event>,
    checker: Checker,
    /// Everything the engine was told.
    pub journal: Vec<Input>,
    /// What each input gave.
    pub outputs: Vec<Output>,
    /// What is wrong with what the engine did.
    pub faults: Vec<String>,
}

#[derive(Debug)]
enum Pending {
    Check(CheckRequest),
    Done { execution: Arc<Execution>, deed: world::Deed },
    Event(Event),
}

impl Host {
    /// A host that has just started under `policy`.
    pub fn new(policy: Policy) -> Host {
        Host {
            engine: Engine::new(policy),
            twin: None,
            world: World::default(),
            witness: Witness::default(),
            now: Time::ZERO,
            deadline: Some(Time::ZERO),
            pending: BTreeMap::new(),
            sequence: 0,
            at_once: Vec::new(),
            checker: Checker::default(),
            journal: Vec::new(),
            outputs: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets time pass until `end`, keeping every deadline and delivering every answer.
    pub fn run_until(&mut self, end: Time, said: &mut Vec<(Time, Output)>) {
        for _ in 0..MOST_STEPS {
            let answer = self.pending.keys().next().copied();
            let due = self.deadline.filter(|due| answer.is_none_or(|(at, _)| *due < at));
            let at = due.or(answer.map(|(at, _)| at)).map(|at| at.max(self.now));
            let Some(at) = at.filter(|at| *at <= end) else {
                self.now = self.now.max(end);
                return;
            };
            self.now = at;
            match answer.filter(|_| due.is_none()) {
                Some(key) => {
                    if let Some(pending) = self.pending.remove(&key) {
                        self.happen(pending, said);
                    }
                }
                None => self.tell(Event::TimeAdvanced, said),
            }
        }
        self.faults.push(format!("LIVE-7: at {} ms the engine goes round in circles", self.now.ms()));
    }

    /// Tells the engine, now.
    pub fn tell(&mut self, event: Event, said: &mut Vec<(Time, Output)>) {
        self.take(Input::new(self.now, event), said);
    }

    /// Gives the engine an input as it is, and carries out what it asks for.
    pub fn take(&mut self, input: Input, said: &mut Vec<(Time, Output)>) {
        let output = self.engine.step(&input);
        if let Some(twin) = &mut self.twin
            && twin.step(&input) != output
        {
            self.faults.push(format!("at {} ms the restored engine said something else", self.now.ms()));
            self.twin = None;
        }
        self.deadline = output.deadline.map(|deadline| deadline.at);
        self.faults.extend(self.checker.check(&input, &output, &self.engine));
        self.journal.push(input);
        for command in &output.commands {
            self.carry_out(command);
        }
        self.outputs.push(output.clone());
        said.push((self.engine.now(), output));
        for event in std::mem::take(&mut self.at_once) {
            self.tell(event, said);
        }
    }

    /// Goes on with an engine restored from a snapshot, and keeps the one that was never interrupted beside it.
    pub fn restore(&mut self) -> Result<(), String> {
        let bytes = self.engine.snapshot();
        let restored = Engine::restore(&bytes).map_err(|error| error.to_string())?;
        if restored.snapshot() != bytes {
            return Err("the snapshot of the restored engine differs from the one it was restored from".to_owned());
        }
        self.twin = Some(std::mem::replace(&mut self.engine, restored));
        Ok(())
    }

    /// The host dies and comes back: what was on its way is lost, and what was not answered is settled.
    pub fn restart(&mut self, said: &mut Vec<(Time, Output)>) -> Result<(), String> {
        self.pending.clear();
        let before = self.engine.outstanding();
        self.restore()?;
        let epoch = self.engine.knowledge().control.epoch + 1;
        self.tell(Event::Started { epoch }, said);
        self.pending.clear();
        let outstanding = self.engine.outstanding();
        let again = |id: CommandId| {
            let mut given = outstanding.iter();
            given.any(|command| matches!(command, Command::Execute(it) if it.id == id && it.idempotent))
        };
        for command in &before {
            if let Command::Execute(execution) = command
                && !again(execution.id)
            {
                let (command, detail) = (execution.id, "the host was down".to_owned());
                let result = OutcomeResult::Unknown;
                self.tell(
                    Event::OutcomeReported(Outcome { command, epoch, result, detail, outputs: BTreeMap::new() }),
                    said,
                );
            }
        }
        for command in &outstanding {
            if !matches!(command, Command::Execute(execution) if !execution.idempotent) {
                self.carry_out(command);
            }
        }
        for event in std::mem::take(&mut self.at_once) {
            self.tell(event, said);
        }
        Ok(())
    }

    /// Every check there is.
    pub fn checks(&self) -> BTreeSet<(String, String)> {
        let components = self.engine.knowledge().topology.by_name();
        let probed = components.iter().flat_map(|component| {
            let asked = component.checks.iter().filter(|check| matches!(check.ask, Ask::Probe(_)));
            asked.map(|check| (component.name.to_string(), check.name.to_string()))
        });
        probed.collect()
    }

    fn later(&mut self, by: Span, pending: Pending) {
        self.sequence += 1;
        self.pending.insert((self.now.after(by), self.sequence), pending);
    }

    fn carry_out(&mut self, command: &Command) {
        match command {
            Command::CollectEvidence(request) => {
                for (after, event) in self.witness.answers(request) {
                    if after > Span::ZERO {
                        self.later(after, Pending::Event(event));
                    } else {
                        self.at_once.push(event);
                    }
                }
            }
            Command::Execute(execution) => {
                let deed = self.world.carry_out(execution);
                self.later(deed.takes, Pending::Done { execution: Arc::clone(execution), deed });
            }
            Command::Notify(notification) => self.send(notification),
            Command::RunCheck(request) => self.later(ANSWERED_IN, Pending::Check(request.clone())),
        }
    }

    fn send(&mut self, notification: &Notification) {
        let Some(delivery) = self.world.deliver(notification.channel.as_str()) else { return };
        let event = Event::DeliveryReported {
            notification: notification.id,
            delivered: delivery.is_ok(),
            detail: delivery.err().unwrap_or_default(),
        };
        self.later(DELIVERED_IN, Pending::Event(event));
    }

    fn happen(&mut self, pending: Pending, said: &mut Vec<(Time, Output)>) {
        match pending {
            Pending::Check(request) => {
                let Some((verdict, detail)) = self.world.ask(request.component.as_str(), request.check.as_str()) else {
                    return;
                };
                let report = CheckReport {
                    component: request.component,
                    check: request.check,
                    asked_at: Some(request.asked_at),
                    taken_at: self.now,
                    verdict,
                    detail,
                    epoch: request.epoch,
                };
                self.tell(Event::CheckReported(report), said);
            }
            Pending::Done { execution, deed } => {
                let known = self.checks();
                if deed.heals {
                    self.world.heal(&known, execution.target.as_str());
                }
                for (component, check, why) in deed.breaks {
                    self.world.set(&known, (&component, &check), &Answer::Fails(why), None);
                }
                let Some((result, detail, outputs)) = deed.reported else { return };
                let outcome = Outcome { command: execution.id, epoch: execution.epoch, result, detail, outputs };
                self.tell(Event::OutcomeReported(outcome), said);
            }
            Pending::Event(event) => self.tell(event, said),
        }
    }
}

/// Reads a policy; all its mistakes otherwise.
pub fn load(text: &str) -> Result<Policy, String> {
    let source = Source { name: "policy".to_owned(), text: text.to_owned() };
    match Policy::load(std::slice::from_ref(&source)) {
        Ok(loaded) => Ok(loaded.policy),
        Err(problems) => {
            let all: Vec<String> = problems.iter().map(|problem| format!("{problem:?}")).collect();
            Err(format!("the policy has mistakes:\n{}", all.join("\n")))
        }
    }
}

/// The first input of `journal` that gives something else than `outputs` when it is replayed, with a snapshot taken and
/// restored after `snapshot_after` inputs.
pub fn deviation(
    policy: Policy,
    journal: &[Input],
    outputs: &[Output],
    snapshot_after: usize,
) -> Result<Option<usize>, String> {
    let mut engine = Engine::new(policy);
    for (done, (input, output)) in journal.iter().zip(outputs).enumerate() {
        if snapshot_after == done {
            engine = Engine::restore(&engine.snapshot()).map_err(|error| error.to_string())?;
        }
        if engine.step(input) != *output {
            return Ok(Some(done));
        }
    }
    Ok(None)
}

/// A principal, as the host authenticated it.
pub fn principal(id: &str, roles: &[String]) -> homeostat_core::model::event::Principal {
    let roles = roles.iter().map(|role| Name::new(role)).collect();
    homeostat_core::model::event::Principal { id: Name::new(id), roles }
}
