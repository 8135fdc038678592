//! What cannot be called back: commands that were given and are without an answer.

use crate::engine::Engine;
use crate::model::command::Purpose;
use crate::model::ids::{CommandId, IncidentId, RunId};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::run::{Flight, Run};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A command that may be at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtWork {
    /// Its id.
    pub command: CommandId,
    /// The incident it serves.
    pub incident: IncidentId,
    /// Its run.
    pub run: RunId,
    /// What it is for: a step, reading the state before one, or undoing.
    pub purpose: Purpose,
    /// The action.
    pub action: Name,
    /// What it is done to.
    pub target: Name,
    /// When it has ended at the latest, begun as late and taking as long as it may.
    pub until: Time,
    /// Why its host cannot say what became of it, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

impl Engine {
    /// What may be at work now, whatever was stopped since; what ends first comes first.
    pub fn at_work(&self) -> Vec<AtWork> {
        let flights = self.remediate.runs().flat_map(|run| run.flights().map(move |flight| at_work(run, flight)));
        let mut all: Vec<AtWork> = flights.collect();
        all.sort_by_key(|one| (one.until, one.command));
        all
    }
}

fn at_work(run: &Run, flight: &Flight) -> AtWork {
    let execution = &flight.execution;
    AtWork {
        command: execution.id,
        incident: run.incident,
        run: run.id,
        purpose: execution.purpose,
        action: execution.action.clone(),
        target: execution.target.clone(),
        until: flight.answer_by,
        doubt: flight.doubt.clone(),
    }
}
