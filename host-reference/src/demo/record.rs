//! The journal of a store, replayed: what was concluded, and what reached people.

use crate::store::{Reader, Recorded};
use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::Command;
use homeostat_core::model::event::{Event, Input};
use homeostat_core::model::fact::Fact;
use homeostat_core::model::ids::{IncidentId, NotificationId};
use homeostat_core::policy::{Policy, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A journal read so far. It reads on beside a running host.
#[derive(Debug)]
pub(super) struct Record {
    reader: Reader,
    engine: Option<Engine>,
    /// The last event read.
    pub seq: i64,
    /// All facts, in order.
    pub facts: Vec<Fact>,
    /// Incidents of which a message arrived somewhere.
    pub told: BTreeSet<IncidentId>,
    sent: BTreeMap<NotificationId, IncidentId>,
}

impl Record {
    /// Opens the store at `db`; nothing is read yet.
    pub fn open(db: &Path) -> Result<Record, String> {
        let reader = Reader::open(db).map_err(|error| error.of(db))?;
        let (facts, told, sent) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        Ok(Record { reader, engine: None, seq: 0, facts, told, sent })
    }

    /// Reads the whole journal, and whether the chain of the audit is unbroken.
    pub fn read_all(mut self) -> Result<Record, String> {
        self.read_on()?;
        self.reader.verify_audit().map_err(|error| error.to_string())?;
        Ok(self)
    }

    /// Reads what has come since.
    pub fn read_on(&mut self) -> Result<(), String> {
        let mut output = Output::default();
        for recorded in self.reader.events_from(self.seq + 1) {
            let recorded = recorded.map_err(|error| error.to_string())?;
            let input = read(&recorded)?;
            let engine = match &mut self.engine {
                Some(engine) => engine,
                None => self.engine.insert(Engine::new(first_policy(&input.event)?)),
            };
            engine.step_into(&input, &mut output);
            self.seq = recorded.seq;
            self.facts.append(&mut output.facts);
            for command in output.commands.drain(..) {
                if let Command::Notify(notification) = command {
                    self.sent.extend(notification.incident.map(|incident| (notification.id, incident)));
                }
            }
            if let Event::DeliveryReported { notification, delivered: true, .. } = &input.event {
                self.told.extend(self.sent.get(notification));
            }
        }
        Ok(())
    }

    /// The engine as it stands, once anything was read.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }
}

fn read(recorded: &Recorded) -> Result<Input, String> {
    serde_json::from_slice(&recorded.bytes).map_err(|error| format!("event {} is unreadable: {error}", recorded.seq))
}

/// A journal begins with the policy it began under.
fn first_policy(first: &Event) -> Result<Policy, String> {
    let Event::PolicyReplaced { sources, .. } = first else {
        return Err("the journal does not begin with its policy".to_owned());
    };
    let sources: Vec<Source> =
        sources.iter().map(|it| Source { name: it.name.clone(), text: it.text.clone() }).collect();
    let loaded = Policy::load(&sources).map_err(|_| "the policy of the journal is not accepted".to_owned())?;
    Ok(loaded.policy)
}
