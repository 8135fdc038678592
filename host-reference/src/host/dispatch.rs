//! From a durable decision to the world: the last look, the claim, the hands.

use super::account;
use super::crash;
use super::desk::{Desk, lies_there};
use super::evidence;
use super::message::{Message, Report};
use super::perform::first_program;
use super::recover::Tail;
use crate::notify::Tone;
use crate::store::{StoreError, StoredCommand};
use crate::supervise::Program;
use homeostat_core::model::command::{Command, Execution};
use homeostat_core::model::event::{Outcome, OutcomeResult};
use homeostat_core::model::value::Parameters;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A snapshot is taken when the journal after the last one has so many of its bytes …
const TAIL_FACTOR: u64 = 4;
/// … but at least this many …
const TAIL_BYTES: u64 = 1 << 20;
/// … or so many events.
const TAIL_EVENTS: u64 = 500_000;
/// Of the time, at most a twentieth.
const SNAPSHOT_REST: u32 = 20;

impl Desk {
    /// Takes up what an earlier host, or this one before a trouble, decided and did not see the end of. What is
    /// claimed and must not be done twice is not done again: nobody knows whether it ran, and looking will tell.
    pub(super) fn take_up(&mut self) -> Result<(), StoreError> {
        let epoch = self.ledger.store.epoch();
        for row in self.ledger.store.reader().pending()? {
            if let Some(command) = self.read(&row) {
                self.dispatch(command, false)?;
            }
        }
        for row in self.ledger.store.reader().claimed()? {
            if self.in_flight.contains(&row.id) {
                continue;
            }
            let Some(command) = self.read(&row) else { continue };
            match command {
                Command::Execute(execution) if !row.idempotent => {
                    let why = "the host ended while it ran";
                    self.world.report(answered(&execution, epoch, OutcomeResult::Unknown, why));
                }
                command => self.dispatch(command, true)?,
            }
        }
        self.ledger.engine.outstanding().into_iter().for_each(|command| self.look(command));
        Ok(())
    }

    /// Puts a question to the world, which is not changed by it. What was due under an earlier epoch is among what is
    /// outstanding, and asked from there.
    pub(super) fn look(&self, question: Command) {
        let epoch = self.ledger.store.epoch();
        match question {
            Command::CollectEvidence(request) if request.epoch == epoch => {
                let known = evidence::known(&self.ledger.engine, &request);
                self.world.collect(request, known);
            }
            Command::RunCheck(request) if request.epoch == epoch => self.world.ask(request),
            Command::CollectEvidence(_) | Command::Execute(_) | Command::Notify(_) | Command::RunCheck(_) => {}
        }
    }

    /// A command of the outbox.
    fn read(&self, row: &StoredCommand) -> Option<Command> {
        match serde_json::from_slice(&row.bytes) {
            Ok(command) => Some(command),
            Err(error) => {
                self.say("unreadable", &format!("command {}: {error}", row.id), Tone::Bad);
                None
            }
        }
    }

    /// Claims a command and carries it out. `again`: it is claimed already and may be repeated.
    pub(super) fn dispatch(&mut self, command: Command, again: bool) -> Result<(), StoreError> {
        if self.ending.is_some() {
            return Ok(());
        }
        let (id, refused) = match &command {
            Command::Execute(execution) => (execution.id.to_string(), self.last_look(execution).err()),
            Command::Notify(notification) => (notification.id.to_string(), None),
            Command::CollectEvidence(_) | Command::RunCheck(_) => {
                self.look(command);
                return Ok(());
            }
        };
        if let (Some(why), Command::Execute(execution)) = (refused, &command) {
            let result = if again { OutcomeResult::Unknown } else { OutcomeResult::NotStarted };
            let epoch = self.ledger.store.epoch();
            self.world.report(answered(execution, epoch, result, &why));
            return Ok(());
        }
        crash::point("claiming");
        if !again {
            let lease = match &command {
                Command::Execute(execution) => execution.not_after.after(execution.timeout),
                Command::Notify(notification) => notification.not_after,
                Command::CollectEvidence(request) => request.not_after,
                Command::RunCheck(request) => request.asked_at.after(request.timeout),
            };
            match self.ledger.store.claim(&id, lease.ms()) {
                Ok(_) => {}
                Err(error @ StoreError::WrongState { .. }) => {
                    // Somebody has it already: whatever is done to the world, it is not done by two.
                    self.say("left alone", &error.to_string(), Tone::Warning);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        crash::point("claimed");
        self.in_flight.insert(id);
        match command {
            Command::Execute(mut execution) => {
                let component = self.ledger.engine.knowledge().topology.component(&execution.target).cloned();
                let epoch = self.ledger.store.epoch();
                if execution.epoch != epoch {
                    Arc::make_mut(&mut execution).epoch = epoch;
                }
                self.world.perform(execution, component);
            }
            Command::Notify(notification) => {
                let mut channels = self.ledger.engine.policy().channels().iter();
                let channel = channels.find(|channel| channel.name == notification.channel).cloned();
                self.world.tell(Arc::new(account::worded(&notification, &self.numbers)), channel);
            }
            Command::CollectEvidence(_) | Command::RunCheck(_) => {}
        }
        crash::point("performing");
        Ok(())
    }

    /// What may have changed between the decision and now.
    fn last_look(&self, execution: &Execution) -> Result<(), String> {
        if self.world.clock.now() >= execution.not_after {
            return Err("its time to start was over".to_owned());
        }
        if lies_there(&self.kill_file) && !self.ledger.engine.undoes_while_stopped(execution) {
            return Err(format!("{} exists", self.kill_file.display()));
        }
        self.ledger.engine.may_begin(execution)
    }

    /// Starts what was never started of every supervised component, and ends what the policy has no more of. A restart
    /// is the engine's to decide. While everything is stopped neither is done; once that is released, both are.
    pub(super) fn start_missing(&mut self) {
        let components = self.ledger.engine.knowledge().topology.by_name();
        let programs: Vec<(Program, u32)> = components.into_iter().filter_map(|it| first_program(it)).collect();
        let supervisor = &self.world.supervisor;
        // How many there are to be is written down before the first is started: a host may be killed in between.
        if let Err(error) =
            supervisor.want(programs.iter().map(|(program, count)| (program.component.as_str(), *count)))
        {
            self.say("not started", &error.to_string(), Tone::Bad);
            return;
        }
        if self.is_stopped() {
            return;
        }
        for (program, _) in programs {
            for number in 1..=supervisor.wanted(&program.component) {
                if !supervisor.is_missing(&program, number) {
                    continue;
                }
                crash::point("starting");
                match self.world.block_on(supervisor.start(&program, number)) {
                    Ok(running) => {
                        let text = format!("{}, pid {}", program.instance(number), running.process.pid);
                        self.say("started", &text, Tone::Good);
                    }
                    Err(error) => self.say("not started", &error.to_string(), Tone::Bad),
                }
            }
            self.end_surplus(program);
        }
    }

    /// Whether nothing may be done by itself.
    fn is_stopped(&self) -> bool {
        lies_there(&self.kill_file) || self.ledger.engine.knowledge().control.stopped().is_some()
    }

    /// Ends what is more than is wanted.
    fn end_surplus(&self, program: Program) {
        let surplus = self.world.supervisor.surplus(&program.component);
        if !surplus.is_empty() {
            let names: Vec<String> = surplus.iter().map(ToString::to_string).collect();
            let wanted = self.world.supervisor.wanted(&program.component);
            let text = format!("{}: `{}` is to have {wanted}", names.join(", "), program.component);
            self.say("ending", &text, Tone::Neutral);
            self.world.end_surplus(program);
        }
    }

    /// Takes a snapshot off this thread when replaying the journal would take longer than it is worth.
    pub(super) fn snapshot_if_due(&mut self) {
        let tail = self.ledger.tail;
        let long = tail.bytes > (TAIL_FACTOR * tail.snapshot_bytes).max(TAIL_BYTES) || tail.events > TAIL_EVENTS;
        if !long || self.next_snapshot.is_none_or(|at| Instant::now() < at) {
            return;
        }
        self.next_snapshot = None;
        let (engine, seq, sender) = (self.ledger.engine.clone(), self.ledger.seq, self.sender.clone());
        std::thread::spawn(move || {
            let started = Instant::now();
            let bytes = engine.snapshot();
            let _ = sender.send(Message::Snapshot { seq, bytes, took: started.elapsed(), before: tail });
        });
    }

    pub(super) fn keep_snapshot(
        &mut self,
        seq: i64,
        bytes: &[u8],
        took: Duration,
        before: Tail,
    ) -> Result<(), StoreError> {
        let started = Instant::now();
        if self.trouble.is_none() && !bytes.is_empty() {
            self.ledger.store.save_snapshot(seq, self.world.clock.now().ms(), bytes)?;
            let tail = &mut self.ledger.tail;
            tail.bytes = tail.bytes.saturating_sub(before.bytes);
            tail.events = tail.events.saturating_sub(before.events);
            tail.snapshot_bytes = bytes.len() as u64;
        }
        self.next_snapshot = Some(Instant::now() + (took + started.elapsed()) * SNAPSHOT_REST);
        Ok(())
    }
}

/// The answer to a command that this host did not carry out.
fn answered(execution: &Execution, epoch: u64, result: OutcomeResult, detail: &str) -> Report {
    let outputs = Parameters::new();
    Report::Performed(Outcome { command: execution.id, epoch, result, detail: detail.to_owned(), outputs })
}
