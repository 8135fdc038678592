//! The loop: the one thread that owns engine and store.

use super::HostError;
use super::access::Access;
use super::ledger::{Along, Decided, Ledger};
use super::message::{Answer, Message, Report};
use super::people;
use super::recover::Restored;
use super::trouble::Trouble;
use super::world::World;
use super::{answer, crash};
use crate::notify::Tone;
use crate::store::{Store, StoreError};
use crate::supervise::{Adoption, InstanceId, Status};
use homeostat_core::engine::intake::spelled;
use homeostat_core::model::command::Command;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::event::{Event, Input, PolicyDocument};
use homeostat_core::model::fact::Fact;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::policy::Policy;
use homeostat_core::primitives::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often the machine is looked at: the kill file, supervised processes.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Messages taken in before the group is looked at again.
const MESSAGES_AT_ONCE: usize = 256;
/// How long an end waits for actions under way.
const END_WAITS: Duration = Duration::from_secs(5);

/// What a start found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Processes of earlier hosts.
    pub adopted: Vec<Adoption>,
    /// Snapshots that could not be used.
    pub bad_snapshots: Vec<String>,
    /// The first event whose replay commanded something else.
    pub mismatch: Option<i64>,
}

/// The loop's state.
pub(super) struct Desk {
    pub(super) ledger: Ledger,
    pub(super) world: Arc<World>,
    pub(super) access: Arc<Access>,
    /// The policy whose people the socket lets in.
    pub(super) followed: Option<Digest>,
    /// What was said last about why it could not be followed.
    pub(super) unfollowed: Option<String>,
    pub(super) trouble: Option<Trouble>,
    /// The policy that the host was started with, until it is durable that it is in force.
    beginning: Option<Policy>,
    /// Commands that this process carries out now.
    pub(super) in_flight: BTreeSet<String>,
    /// Reports that came while nothing could be written down.
    pub(super) held: Vec<Report>,
    pub(super) kill_file: PathBuf,
    pub(super) sender: Sender<Message>,
    pub(super) ending: Option<Instant>,
    pub(super) next_snapshot: Option<Instant>,
    inbox: Receiver<Message>,
    pub(super) numbers: BTreeMap<IncidentId, i64>,
    pub(super) waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
    pub(super) asked: u64,
    looked: Instant,
    kill_file_seen: bool,
}

impl Desk {
    pub fn new(
        store: Store,
        restored: Restored,
        (world, access): (Arc<World>, Arc<Access>),
        (sender, inbox): (Sender<Message>, Receiver<Message>),
        kill_file: PathBuf,
    ) -> Desk {
        Desk {
            ledger: Ledger::new(store, restored),
            world,
            access,
            followed: None,
            unfollowed: None,
            trouble: None,
            beginning: None,
            in_flight: BTreeSet::new(),
            held: Vec::new(),
            kill_file,
            sender,
            ending: None,
            next_snapshot: Some(Instant::now()),
            inbox,
            numbers: BTreeMap::new(),
            waiting: BTreeMap::new(),
            asked: 0,
            looked: Instant::now(),
            kill_file_seen: false,
        }
    }

    /// Runs until told to stop, or until it must: another host took over, or the state cannot be found again.
    pub fn run(mut self, policy: Policy, found: &Findings) -> Result<(), HostError> {
        self.say_adopted(&found.adopted);
        for bad in &found.bad_snapshots {
            self.say("damaged", &format!("{bad}; an older one, or the whole journal, was taken"), Tone::Bad);
        }
        self.beginning = Some(policy);
        let begun = self.begin(found.mismatch);
        self.or_trouble(begun)?;
        loop {
            match self.inbox.recv_timeout(self.patience()) {
                Ok(message) => self.receive_all(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let turned = self.turn();
            self.or_trouble(turned)?;
            if self.is_done() {
                break;
            }
        }
        self.end()
    }

    /// The restart protocol: the state is restored already; now the engine learns of the new epoch and of the policy it
    /// was started with, and what was commanded and not answered is taken up again. After a trouble it is gone through
    /// again, so that nothing of it is forgotten.
    pub(super) fn begin(&mut self, mismatch: Option<i64>) -> Result<(), StoreError> {
        self.numbers = read_numbers(&self.ledger.store)?;
        if let Some(policy) = self.beginning.clone() {
            if self.ledger.seq == 0 {
                self.take(replaced(&policy))?;
            }
            let epoch = self.ledger.store.epoch();
            if self.ledger.engine.knowledge().control.epoch < epoch {
                self.take(Event::Started { epoch })?;
            }
            if self.ledger.engine.policy().digest() != policy.digest() {
                self.take(replaced(&policy))?;
            }
        }
        if let Some(seq) = mismatch {
            let reason = format!("replayed, event {seq} commands something else than was recorded");
            self.take(Event::KillEngaged { reason, by: people::host() })?;
        }
        self.follow_policy();
        self.start_missing();
        self.commit()?;
        self.beginning = None;
        crash::point("started");
        self.take_up()
    }

    fn receive_all(&mut self, first: Message) -> Result<(), HostError> {
        let mut next = Some(first);
        for _ in 0..MESSAGES_AT_ONCE {
            let Some(message) = next else { return Ok(()) };
            let received = self.receive(message);
            self.or_trouble(received)?;
            next = self.inbox.try_recv().ok();
        }
        if let Some(message) = next {
            let received = self.receive(message);
            self.or_trouble(received)?;
        }
        Ok(())
    }

    fn receive(&mut self, message: Message) -> Result<(), StoreError> {
        match message {
            Message::Asked(asked) => self.answer(asked),
            Message::Report(report) if self.trouble.is_some() => {
                // What only looked is asked again; what was done to the world is not forgotten.
                if !matches!(report, Report::Checked(_) | Report::Seen(_)) {
                    self.held.push(report);
                }
                Ok(())
            }
            Message::Report(report) => self.report(report),
            Message::Snapshot { seq, bytes, took, before } => self.keep_snapshot(seq, &bytes, took, before),
            Message::Stop => {
                self.ending.get_or_insert_with(Instant::now);
                Ok(())
            }
        }
    }

    /// An answer from the edge is an input.
    pub(super) fn report(&mut self, report: Report) -> Result<(), StoreError> {
        let input = Input::new(self.world.clock.now(), report.clone().into_event());
        let input = self.ledger.engine.masked(&input).unwrap_or(input);
        let report = report.retold(&input.event);
        let ends = report.ends().map(|(id, _)| {
            self.in_flight.remove(&id);
            crash::point("answered");
            report
        });
        self.take_along(input, Along { ends, waiting: None })
    }

    /// Decides an event the host itself observed.
    pub(super) fn take(&mut self, event: Event) -> Result<(), StoreError> {
        self.take_along(Input::new(self.world.clock.now(), event), Along::default())
    }

    pub(super) fn take_along(&mut self, input: Input, along: Along) -> Result<(), StoreError> {
        let waiting = along.waiting;
        // Nothing secret is written down: what is journaled, hashed and decided upon is masked.
        let input = self.ledger.engine.masked(&input).unwrap_or(input);
        match self.ledger.take(&input, along)? {
            Some(questions) => questions.into_iter().for_each(|question| self.look(question)),
            None => self.reply(waiting, delivered_before()),
        }
        Ok(())
    }

    /// Makes durable what was decided; then says it, answers it, and carries it out.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        let decided = self.ledger.commit()?;
        self.follow_policy();
        let opened = |fact: &Fact| matches!(fact.said, Conclusion::IncidentOpened { .. });
        let appeared = |fact: &Fact| match &fact.said {
            Conclusion::ComponentRegistered {} | Conclusion::PolicyReplaced { .. } => true,
            // What was not started while everything was stopped.
            Conclusion::ControlChanged { what, .. } => what == "resume",
            _ => false,
        };
        let facts = || decided.iter().flat_map(|decided| &decided.facts);
        if facts().any(opened) {
            self.numbers = read_numbers(&self.ledger.store)?;
        }
        if facts().any(appeared) {
            self.start_missing();
        }
        let mut commands: Vec<Command> = Vec::new();
        for decided in decided {
            if decided.is_repetition() {
                self.reply(decided.waiting, delivered_before());
                continue;
            }
            let Decided { facts, commands: given, waiting, .. } = decided;
            facts.iter().for_each(|fact| self.tell_fact(fact));
            if waiting.is_some() {
                self.reply(waiting, answer::answer(&facts, &self.ledger.engine, &self.numbers));
            }
            commands.extend(given);
        }
        for command in commands {
            self.dispatch(command, false)?;
        }
        self.snapshot_if_due();
        Ok(())
    }

    /// What is due: looking at the machine, the engine's deadline, the group.
    fn turn(&mut self) -> Result<(), StoreError> {
        let look = self.looked.elapsed() >= LOOK_EVERY;
        if look {
            self.looked = Instant::now();
            self.world.supervisor.tend();
        }
        if self.trouble.is_some() {
            return self.retry();
        }
        if look {
            self.follow_policy();
            self.look_for_kill_file()?;
        }
        if self.ledger.deadline.is_some_and(|deadline| deadline.at <= self.world.clock.now()) {
            self.take(Event::TimeAdvanced)?;
        }
        if self.ledger.commit_by().is_some_and(|by| by <= Instant::now()) {
            self.commit()?;
        }
        Ok(())
    }

    /// The file is a way to stop that needs nothing but a file system. Its end releases nothing: that takes a person
    /// who may, `homeostat resume`.
    fn look_for_kill_file(&mut self) -> Result<(), StoreError> {
        let there = lies_there(&self.kill_file);
        let reason = spelled(&format!("{} exists", self.kill_file.display()));
        let control = &self.ledger.engine.knowledge().control;
        if there && (!self.kill_file_seen || !control.kills.contains_key(control.kept_as(&reason))) {
            self.take(Event::KillEngaged { reason, by: people::host() })?;
        }
        self.kill_file_seen = there;
        Ok(())
    }

    fn patience(&self) -> Duration {
        let mut patience = LOOK_EVERY.saturating_sub(self.looked.elapsed());
        if self.trouble.is_none() {
            if let Some(deadline) = self.ledger.deadline {
                let left = deadline.at.since(self.world.clock.now());
                patience = patience.min(Duration::from_millis(left.ms().unsigned_abs()));
            }
            if let Some(by) = self.ledger.commit_by() {
                patience = patience.min(by.saturating_duration_since(Instant::now()));
            }
        }
        patience
    }

    fn is_done(&self) -> bool {
        self.ending.is_some_and(|since| self.in_flight.is_empty() || since.elapsed() >= END_WAITS)
    }

    fn end(mut self) -> Result<(), HostError> {
        let closed = self.close();
        let supervisor = &self.world.supervisor;
        let runs = |instance: &InstanceId| matches!(supervisor.status(instance), Status::Running(_));
        let running = supervisor.instances().iter().filter(|instance| runs(instance)).count();
        if running > 0 {
            let text = format!("{running} supervised and still running: `homeostat down` ends them");
            self.say("ends", &text, Tone::Neutral);
        }
        closed.map_err(|error| self.failed(error))
    }

    /// Leaves everything so that a start finds it at once.
    fn close(&mut self) -> Result<(), StoreError> {
        if self.trouble.is_none() {
            self.commit()?;
            let bytes = self.ledger.engine.snapshot();
            self.ledger.store.save_snapshot(self.ledger.seq, self.world.clock.now().ms(), &bytes)?;
            self.ledger.store.checkpoint()?;
        }
        Ok(())
    }
}

fn replaced(policy: &Policy) -> Event {
    let documents = policy.sources().iter();
    let sources =
        documents.map(|source| PolicyDocument { name: source.name.clone(), text: source.text.clone() }).collect();
    Event::PolicyReplaced { sources, by: people::starter() }
}

fn delivered_before() -> Answer {
    Answer::accepted("delivered before")
}

/// Whether a file is there, be it a link to nowhere. What cannot be looked at counts as there: it stops.
pub(super) fn lies_there(file: &Path) -> bool {
    !file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn read_numbers(store: &Store) -> Result<BTreeMap<IncidentId, i64>, StoreError> {
    let numbers = store.reader().incident_numbers()?;
    Ok(numbers.into_iter().filter_map(|(number, id)| Some((id.parse().ok()?, number))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_also_as_a_link_to_nowhere_and_where_it_cannot_be_looked_at() {
        let dir = std::env::temp_dir().join(format!("homeostat-kill-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let file = dir.join("KILL");
        assert!(!lies_there(&file));
        std::os::unix::fs::symlink(dir.join("nowhere"), &file).expect("a link");
        assert!(lies_there(&file));
        std::fs::remove_file(&file).expect("the link");
        std::fs::write(&file, "").expect("a file");
        assert!(lies_there(&file) && lies_there(&file.join("KILL")), "the latter cannot be looked for in a file");
        std::fs::remove_dir_all(&dir).expect("the directory");
        assert!(!lies_there(&file));
    }
}
