//! Floor 5, remediate: what may be done, whether it worked, when it is undone.
//!
//! In one pass: what people and executors said, then verification, undoing and steps of each run, then the choice of what
//! to do next for each incident. A fallback so begins in the same pass as the verdict that called for it.

pub mod asked;
pub mod blast;
pub mod desk;
pub mod ending;
pub mod evidence;
pub mod exhausted;
pub mod extent;
pub mod fit;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod half_done;
pub mod harm;
pub mod impossible;
pub mod inquiry;
pub mod last_look;
mod lasting;
mod look;
pub mod means;
mod order;
pub mod ordered;
pub mod orders;
pub mod plan;
mod planned;
mod room;
pub mod run;
pub mod safety;
pub mod select;
pub mod stages;
pub mod telling;
mod trust;
pub mod verdict;
pub mod verify;
mod windows;

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft};
use crate::knowledge::incidents::CLOSED_TOO_EARLY;
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{IncidentId, RunId};
use crate::primitives::time::Time;
use crate::remediate::desk::Desk;
use crate::remediate::look::Look;
use crate::remediate::run::Run;
use crate::remediate::safety::Memory;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What this stage remembers; all of it is the snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediate {
    runs: BTreeMap<RunId, Run>,
    memory: Memory,
    looks: BTreeMap<IncidentId, Look>,
}

impl Remediate {
    /// Takes one pass.
    pub fn advance(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        if let Some(Event::Started { epoch }) = context.event() {
            self.restamp(*epoch);
        }
        let removed = |fact: &&Fact| matches!(fact.said, Conclusion::ComponentRemoved {});
        for fact in said.iter().filter(removed) {
            fact.component.iter().for_each(|component| self.memory.breakers.forget(component));
        }
        if let Some(Event::ChangeReported { component, change, .. }) = context.event() {
            let limits = (context.policy.limits().deployments, context.policy.safety().safe_mode.after_deployment);
            for dropped in self.memory.doubts.changed(component, change, context.now, limits) {
                let dropped = format!("that `{dropped}` was deployed; what was, nobody knows for all for a while");
                let said = Conclusion::Overloaded { limit: "deployments".into(), dropped };
                let fact = Fact::new(context.now, "remediate.deployment_forgotten", said);
                out.facts.push(fact.because([context.event_id()]));
            }
        }
        let for_people = said.iter().filter(|fact| fact.rule == CLOSED_TOO_EARLY).filter_map(|fact| fact.incident);
        for_people.for_each(|incident| self.look_again(incident, true));
        self.note_comebacks(knowledge, said);
        self.memory.impossible.forget(context.event(), said);
        let last = self.memory.trust.call(context.now);
        if self.bears_on_trust(context, said) {
            self.weigh_trust(last, &mut Desk::new(context, knowledge, said, out));
        }
        if self.memory.inquiries.bears(context) {
            self.inquire(&mut Desk::new(context, knowledge, said, out));
        }
        let idle = self.runs.values().all(Run::rests) && knowledge.incidents.all_closed();
        // With its component goes what was left half done there.
        let gone = !self.runs.is_empty() && said.iter().any(|fact| removed(&fact));
        if idle && !gone && !concerns_idle(context) {
            if !self.looks.is_empty() {
                self.looks.clear();
            }
            return;
        }
        let mut desk = Desk::new(context, knowledge, said, out);
        extent::say(&mut desk);
        self.take_orders(&mut desk);
        self.progress_runs(&mut desk);
        self.consider(&mut desk);
    }

    /// When there is something to do by itself.
    pub fn deadline(&self) -> Option<Deadline> {
        let runs = self.runs.values().filter_map(Run::deadline);
        let looks = self.looks.values().filter_map(Look::deadline);
        let inquiries = self.memory.inquiries.deadline();
        runs.chain(looks).chain(inquiries).min().map(|(at, reason)| Deadline { at, reason })
    }

    /// Commands without an answer, stamped with `epoch`.
    pub fn outstanding(&self, epoch: u64, into: &mut Vec<Command>) {
        let flights = self.runs.values().flat_map(Run::flights);
        // What nobody can say anything about is not carried out again.
        for flight in flights.filter(|flight| flight.doubt.is_none()) {
            let mut execution = Arc::clone(&flight.execution);
            if execution.epoch != epoch {
                Arc::make_mut(&mut execution).epoch = epoch;
            }
            into.push(Command::Execute(execution));
        }
        self.memory.inquiries.outstanding(epoch, into);
    }

    /// The runs that are under way, by id.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// What the links of the gate remember.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// When there is something to do for `incident` by itself, and why.
    pub fn next_for(&self, incident: IncidentId) -> Vec<(Time, &'static str)> {
        let runs = self.runs.values().filter(|run| run.incident == incident).filter_map(Run::deadline);
        let look = self.looks.get(&incident).and_then(Look::deadline);
        let mut all: Vec<_> = runs.chain(look).collect();
        all.sort_unstable();
        all
    }

    /// After a start of the host every command goes on under the new epoch.
    fn restamp(&mut self, epoch: u64) {
        for run in self.runs.values_mut() {
            let undoing = match &mut run.status {
                run::Status::RollingBack { flight, .. } => flight.as_mut(),
                _ => None,
            };
            let stepping = run.steps.iter_mut().filter_map(|progress| match &mut progress.at {
                run::At::Flight(flight) => Some(flight),
                _ => None,
            });
            for flight in stepping.chain(undoing) {
                Arc::make_mut(&mut flight.execution).epoch = epoch;
            }
        }
    }
}

/// Whether the input is for this stage even when nothing is open and nothing runs: an answer nobody waits for.
fn concerns_idle(context: &Context<'_>) -> bool {
    matches!(
        context.event(),
        Some(
            Event::ApprovalDecided { .. }
                | Event::BreakerReset { .. }
                | Event::OutcomeReported(_)
                | Event::RollbackOrdered { .. }
                | Event::RunOrdered { .. }
                | Event::RunCancelled { .. }
        )
    )
}

/// Whether `said` is about health, signals or incidents: a reason to look at open incidents again.
fn concerns_incidents(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::HealthChanged { .. }
            | Conclusion::SignalChanged { .. }
            | Conclusion::IncidentOpened { .. }
            | Conclusion::IncidentJoined { .. }
            | Conclusion::IncidentReopened {}
            | Conclusion::IncidentMoved { .. }
            | Conclusion::ControlChanged { .. }
            | Conclusion::SeverityChanged { .. }
            | Conclusion::PolicyReplaced { .. }
            | Conclusion::FlappingEnded {}
            | Conclusion::WarmUpEnded(_)
            | Conclusion::WindowChanged(_)
    )
}
