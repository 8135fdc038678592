//! Engine and store together: an input is decided and becomes durable with everything that follows from it.

use super::message::Report;
use super::recover::{Restored, Tail, is_for_the_outbox};
use super::{answer, audit, crash};
use crate::store::{Appended, Command as Row, Event as StoredEvent, Store, StoreError};
use homeostat_core::engine::{Engine, Output};
use homeostat_core::knowledge::context::Deadline;
use homeostat_core::model::command::Command;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::event::Input;
use homeostat_core::model::fact::Fact;
use homeostat_core::primitives::json;
use std::time::{Duration, Instant};

/// How long inputs that command nothing may wait for each other.
const GROUP_TIME: Duration = Duration::from_millis(100);
/// How many of them.
const GROUP_SIZE: usize = 1_000;

/// The engine, the store, and what is decided but not yet durable.
#[derive(Debug)]
pub(super) struct Ledger {
    pub store: Store,
    pub engine: Engine,
    /// When the engine wants to be called.
    pub deadline: Option<Deadline>,
    /// The last durable event.
    pub seq: i64,
    pub tail: Tail,
    output: Output,
    group: Vec<Decided>,
    since: Option<Instant>,
    urgent: bool,
}

/// What became of one input.
#[derive(Debug, Default)]
pub(super) struct Decided {
    event: Option<StoredEvent>,
    /// What was concluded.
    pub facts: Vec<Fact>,
    /// What changes the world or tells people.
    pub commands: Vec<Command>,
    /// The report that this input is, where it ends a row of the outbox.
    ends: Option<Report>,
    /// Who waits for it to be durable.
    pub waiting: Option<u64>,
}

impl Decided {
    /// Whether it was delivered before, in this group: it is as durable as the first.
    pub fn is_repetition(&self) -> bool {
        self.event.is_none()
    }
}

/// What goes with an input.
#[derive(Debug, Default)]
pub(super) struct Along {
    /// The report that this input is, where it ends a row of the outbox.
    pub ends: Option<Report>,
    /// Who waits for it to be durable.
    pub waiting: Option<u64>,
}

impl Ledger {
    pub fn new(store: Store, restored: Restored) -> Ledger {
        Ledger {
            store,
            engine: restored.engine,
            deadline: None,
            seq: restored.seq,
            tail: restored.tail,
            output: Output::default(),
            group: Vec::new(),
            since: None,
            urgent: false,
        }
    }

    /// Takes the engine from the store again: after a failed commit its memory is ahead. What had come of commands, and
    /// was not made durable, is handed back.
    pub fn put_back(&mut self, restored: Restored) -> Vec<Report> {
        self.engine = restored.engine;
        self.deadline = None;
        (self.seq, self.tail) = (restored.seq, restored.tail);
        (self.since, self.urgent) = (None, false);
        std::mem::take(&mut self.group).into_iter().filter_map(|decided| decided.ends).collect()
    }

    /// Decides `input`. What it commands of the world waits for [`Ledger::commit`]; questions may be put at once.
    /// `None` when it was delivered before and is durable. What is refused is written down without its id, so that it is
    /// judged anew when it comes again: by then it may fit.
    pub fn take(&mut self, input: &Input, along: Along) -> Result<Option<Vec<Command>>, StoreError> {
        let (source, id) = match &input.id {
            Some(id) => ("outside".to_owned(), Some(id.as_str().to_owned())),
            None => ("host".to_owned(), None),
        };
        if let Some(id) = &id {
            if self.store.reader().event_of(&source, id)?.is_some() {
                return Ok(None);
            }
            if self.is_in_group(id) {
                self.group.push(Decided { waiting: along.waiting, ..Decided::default() });
                return Ok(Some(Vec::new()));
            }
        }
        // Inputs always have a form in JSON: their keys are texts.
        let bytes = json::canonical(input).map_err(|error| StoreError::Io(error.to_string()))?;
        self.engine.step_into(input, &mut self.output);
        self.deadline = self.output.deadline;
        let (commands, questions): (Vec<_>, Vec<_>) = self.output.commands.drain(..).partition(is_for_the_outbox);
        self.urgent |= !commands.is_empty() || along.ends.is_some() || along.waiting.is_some();
        self.since.get_or_insert_with(Instant::now);
        let id = id.filter(|_| answer::refusal_in(&self.output.facts).is_none());
        self.group.push(Decided {
            event: Some(StoredEvent { at_ms: input.at.ms(), source, source_event_id: id, bytes }),
            facts: std::mem::take(&mut self.output.facts),
            commands,
            ends: along.ends,
            waiting: along.waiting,
        });
        Ok(Some(questions))
    }

    fn is_in_group(&self, id: &str) -> bool {
        let same = |event: &StoredEvent| event.source_event_id.as_deref() == Some(id);
        self.group.iter().any(|decided| decided.event.as_ref().is_some_and(same))
    }

    /// Until when the group may wait.
    pub fn commit_by(&self) -> Option<Instant> {
        let now = self.urgent || self.group.len() >= GROUP_SIZE;
        self.since.map(|since| if now { since } else { since + GROUP_TIME })
    }

    /// Makes durable what was decided, in one commit. When this returns, it may be carried out and told.
    pub fn commit(&mut self) -> Result<Vec<Decided>, StoreError> {
        if self.group.is_empty() {
            return Ok(Vec::new());
        }
        crash::point("deciding");
        let decision = self.store.begin()?;
        let (mut seq, mut tail) = (self.seq, self.tail);
        for decided in &self.group {
            let Some(event) = &decided.event else { continue };
            let Appended::New(new) = decision.append(event)? else { continue };
            seq = new;
            tail.events += 1;
            tail.bytes += event.bytes.len() as u64;
            for command in &decided.commands {
                decision.command(seq, &row(command)?)?;
            }
            for row in audit::rows(&decided.facts, &decided.commands, seq) {
                decision.audit(event.at_ms, &row)?;
            }
            for fact in &decided.facts {
                if let (Conclusion::IncidentOpened { .. }, Some(incident)) = (&fact.said, fact.incident) {
                    decision.number_incident(&incident.to_string())?;
                }
            }
            if let Some((id, outcome)) = decided.ends.as_ref().and_then(Report::ends) {
                match decision.finish(&id, &outcome) {
                    // Ended before: this answer came late, and the engine has said so.
                    Ok(()) | Err(StoreError::WrongState { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        decision.commit()?;
        crash::point("decided");
        (self.seq, self.tail) = (seq, tail);
        (self.since, self.urgent) = (None, false);
        Ok(std::mem::take(&mut self.group))
    }
}

fn row(command: &Command) -> Result<Row, StoreError> {
    let bytes = json::canonical(command).map_err(|error| StoreError::Io(error.to_string()))?;
    let (id, kind, idempotent) = match command {
        Command::Execute(execution) => {
            (execution.id.to_string(), execution.action.to_string(), super::perform::may_repeat(execution))
        }
        // Whoever receives it knows a repetition by its id.
        Command::Notify(notification) => (notification.id.to_string(), "notify".to_owned(), true),
        Command::CollectEvidence(request) => (request.id.to_string(), "evidence".to_owned(), true),
        Command::RunCheck(request) => (format!("{}/{}", request.component, request.check), "check".to_owned(), true),
    };
    Ok(Row { id, kind, idempotent, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;
    use homeostat_core::model::event::Event;
    use homeostat_core::model::ids::EventId;
    use homeostat_core::policy::{Policy, Source};
    use homeostat_core::primitives::time::Time;

    #[test]
    fn what_comes_twice_in_a_group_is_answered_once_it_is_durable_and_what_was_refused_is_judged_anew() {
        let dir = std::env::temp_dir().join(format!("homeostat-ledger-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let store = Store::open(&dir.join("h.db"), &StoreOptions::default()).expect("a store");
        let text = "{ \"components\": { \"a\": { \"checks\": [{ \"tcp\": \"x:1\" }] } } }".to_owned();
        let policy = Policy::load(&[Source { name: "p.json".into(), text }]).expect("a policy").policy;
        let mut ledger = Ledger::new(store, crate::host::new(&policy));
        let sent = |id: &str, component: &str| {
            let event =
                Event::ChangeReported { component: component.into(), change: "deploy".into(), summary: "v2".into() };
            Input { at: Time::ZERO, id: Some(EventId::from_text(id)), event }
        };
        for (waiting, input) in
            [sent("1", "a"), sent("1", "a"), sent("2", "ghost"), sent("2", "ghost")].iter().enumerate()
        {
            let along = Along { ends: None, waiting: Some(waiting as u64) };
            assert!(ledger.take(input, along).expect("taken").is_some(), "nothing is durable yet");
        }
        let decided = ledger.commit().expect("durable");
        let answered: Vec<_> = decided
            .iter()
            .map(|it| (it.waiting, it.is_repetition(), answer::refusal_in(&it.facts).is_some()))
            .collect();
        let expected = [(0, false, false), (1, true, false), (2, false, true), (3, false, true)];
        assert_eq!(answered, expected.map(|(waiting, again, refused)| (Some(waiting), again, refused)));
        assert!(ledger.take(&sent("1", "a"), Along::default()).expect("known").is_none());
        assert!(ledger.take(&sent("2", "ghost"), Along::default()).expect("taken").is_some());
        drop(ledger);
        let _ = std::fs::remove_dir_all(&dir);
    }
}
