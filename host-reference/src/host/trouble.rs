//! When nothing can be written down, nothing is done: the host says so, tries again, and goes on from what is stored.

use super::HostError;
use super::account::taken_by;
use super::desk::Desk;
use super::message::{Answer, Report};
use super::recover::{self, RecoverError};
use crate::notify::Tone;
use crate::store::StoreError;
use homeostat_core::model::event::Event;
use homeostat_core::model::incident::Incident;
use homeostat_core::primitives::time::Time;
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why nothing is done.
#[derive(Debug)]
pub(super) struct Trouble {
    what: String,
    since: Time,
    retry_at: Instant,
    pause: Duration,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Desk {
    /// Stops acting where the store refuses. Ends the host only where another one has taken over.
    pub(super) fn or_trouble(&mut self, result: Result<(), StoreError>) -> Result<(), HostError> {
        let error = match result {
            Ok(()) => return Ok(()),
            Err(error @ StoreError::Fenced { .. }) => return Err(self.failed(error)),
            Err(error) => error,
        };
        let what = error.of(self.ledger.store.path());
        self.reply_all(&Answer::refused(format!("not taken: {what}")));
        match &mut self.trouble {
            Some(trouble) => {
                trouble.pause = (trouble.pause * 2).min(LONGEST_PAUSE);
                trouble.retry_at = Instant::now() + trouble.pause;
                trouble.what = what;
            }
            None => {
                self.say("STOPPED", &format!("acting: {what}"), Tone::Bad);
                self.world.alarm(self.ledger.engine.policy().channels(), false, &what);
                let (since, retry_at) = (self.world.clock.now(), Instant::now() + FIRST_PAUSE);
                self.trouble = Some(Trouble { what, since, retry_at, pause: FIRST_PAUSE });
            }
        }
        Ok(())
    }

    /// The end of the host by its store.
    pub(super) fn failed(&self, error: StoreError) -> HostError {
        HostError::Store { path: self.ledger.store.path().to_owned(), error }
    }

    /// Tries to write again. The engine is taken from the store: what it decided since was never made durable.
    pub(super) fn retry(&mut self) -> Result<(), StoreError> {
        let due = self.trouble.as_ref().filter(|trouble| trouble.retry_at <= Instant::now());
        let Some((what, since)) = due.map(|trouble| (trouble.what.clone(), trouble.since)) else { return Ok(()) };
        let restored = match recover::restore(self.ledger.store.reader()) {
            Ok(Some(restored)) => restored,
            Ok(None) => super::new(&self.ledger.engine.policy().clone()),
            Err(RecoverError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::Corrupt { what: error.to_string() }),
        };
        let mismatch = restored.mismatch;
        // What came of commands is known, even where it could not be written down.
        let mut lost = self.ledger.put_back(restored);
        self.in_flight.extend(lost.iter().filter_map(Report::ends).map(|(id, _)| id));
        lost.append(&mut self.held);
        self.held = lost;
        let detail = format!("for {} nothing could be written down: {what}", self.world.clock.now().since(since));
        self.take(Event::HostReported { well: true, detail })?;
        self.begin(mismatch)?;
        self.trouble = None;
        let path = self.ledger.store.path().display();
        self.say("RESUMED", &format!("acting: store `{path}` can be written again"), Tone::Good);
        self.world.alarm(self.ledger.engine.policy().channels(), true, &what);
        for report in std::mem::take(&mut self.held) {
            self.report(report)?;
        }
        Ok(())
    }

    /// How the host is: ready to act, or why not; and what the engine sees.
    pub(super) fn status(&self) -> Answer {
        if let Some(trouble) = &self.trouble {
            let why = trouble.to_string();
            return Answer { data: json!({ "ready": false, "why": why }), ..Answer::accepted(why) };
        }
        let engine = &self.ledger.engine;
        let control = &engine.knowledge().control;
        let kills: Vec<&String> = control.kills.keys().collect();
        let fault = control.fault.iter().map(|fault| format!("fault latch: {fault}"));
        let reasons: Vec<String> = fault.chain(kills.iter().map(|kill| (*kill).clone())).collect();
        let mut data = json!({
            "ready": reasons.is_empty(), "epoch": self.ledger.store.epoch(), "kills": kills, "engine": engine.status(),
            "incidents": self.open_incidents()
        });
        if let Some(file) = super::found(&self.kill_file) {
            data["kill_file"] = json!(file.display().to_string());
        }
        if reasons.is_empty() {
            return Answer { data, ..Answer::accepted("ready") };
        }
        let why = format!("STOPPED: {}", reasons.join("; "));
        data["why"] = json!(why);
        Answer { data, ..Answer::accepted(why) }
    }

    /// What the engine's list of open incidents does not say: the number people call each by, and who has it.
    fn open_incidents(&self) -> Vec<Value> {
        let knowledge = self.ledger.engine.knowledge();
        let one = |it: &Incident| {
            let taken_by = taken_by(it, knowledge.timeline.of(it.id));
            json!({ "id": it.id, "number": self.numbers.get(&it.id), "taken_by": taken_by })
        };
        knowledge.incidents.open().map(one).collect()
    }
}
