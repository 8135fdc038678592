//! What runs that are over left half done, for people to undo or to leave.

use crate::engine::Engine;
use crate::model::ids::{IncidentId, RunId};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::run::Run;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A run that is over and left something half done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The run: what it is undone by.
    pub run: RunId,
    /// Its incident.
    pub incident: IncidentId,
    /// Its playbook.
    pub playbook: Name,
    /// Since when.
    pub since: Time,
    /// Why it was not undone.
    pub why: String,
    /// Whether nothing else is done on what it left, until it is undone or left so.
    pub bars: bool,
    /// What was done, or may have been, and is not undone, in its order.
    pub steps: Vec<Left>,
}

/// A step that was done, or may have been, and is not undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The step.
    pub step: Name,
    /// The action.
    pub action: Name,
    /// What it was done to.
    pub target: Name,
}

impl Engine {
    /// What was left half done, by run.
    pub fn half_done(&self) -> Vec<Unfinished> {
        self.remediate.runs().filter_map(unfinished).collect()
    }
}

fn unfinished(run: &Run) -> Option<Unfinished> {
    let half = run.half_done.as_ref().filter(|_| run.is_half_done())?;
    let left = run.left_half_done();
    let steps = left.into_iter().filter_map(|index| run.step(index)).map(|(planned, _)| Left {
        step: planned.id.clone(),
        action: planned.step.action.clone(),
        target: planned.target.clone(),
    });
    Some(Unfinished {
        run: run.id,
        incident: run.incident,
        playbook: run.playbook.id.clone(),
        since: half.since,
        why: half.why.clone(),
        bars: half.bars,
        steps: steps.collect(),
    })
}
