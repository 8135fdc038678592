//! What must never happen, whatever the inputs (RELIABILITY.md): checked from inputs and outputs alone, after every step.

use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::{Command, Execution, Means, Purpose};
use homeostat_core::model::event::{Event, Input, OutcomeResult};
use homeostat_core::model::fact::{Conclusion, Fact};
use homeostat_core::model::gate::Occasion;
use homeostat_core::model::ids::{CommandId, IncidentId, RunId};
use homeostat_core::model::incident::Phase;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// What it remembers of a journal and its outputs.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    now: Time,
    killed: BTreeSet<String>,
    fault: bool,
    /// Commands without a terminal outcome whose executor lease has not ended: target and end of the lease.
    in_flight: BTreeMap<CommandId, (Name, Time)>,
    given: BTreeSet<CommandId>,
    /// What was undone, with the share of the change that was left then.
    undone: BTreeMap<(RunId, Name), u32>,
    /// What was undone by which command, with what was so before: where it never began it is so again.
    undone_by: BTreeMap<CommandId, (RunId, Name, Option<u32>)>,
    /// How much of the change a run that is undone by degrees leaves now.
    shares: BTreeMap<RunId, u32>,
    phases: BTreeMap<IncidentId, Phase>,
    /// Runs that a person ordered undone.
    ordered: BTreeSet<RunId>,
}

impl Checker {
    /// What is wrong with `output`, the answer to `input`.
    pub fn check(&mut self, input: &Input, output: &Output, engine: &Engine) -> Vec<String> {
        let mut faults = Vec::new();
        self.now = self.now.max(input.at);
        // An unknown one ends nothing: what it was may still be at work until the end of its lease.
        if let Event::OutcomeReported(outcome) = &input.event
            && outcome.epoch == engine.knowledge().control.epoch
            && outcome.result != OutcomeResult::Unknown
        {
            self.in_flight.remove(&outcome.command);
            if outcome.result == OutcomeResult::NotStarted {
                self.never_began(outcome.command);
            }
        }
        if let Event::RollbackOrdered { run, .. } = &input.event {
            self.ordered.insert(*run);
        }
        let now = self.now;
        self.in_flight.retain(|_, (_, lease)| now < *lease);
        for fact in &output.facts {
            self.fact(fact, &mut faults);
        }
        let mut allowed: Vec<&Fact> = output.facts.iter().filter(|fact| is_allowance(fact)).collect();
        for command in &output.commands {
            if let Command::Execute(execution) = command {
                self.execution(execution, &output.facts, &mut allowed, &mut faults);
            }
        }
        if output.deadline.is_some_and(|deadline| deadline.at <= now) {
            faults.push("LIVE-10: the deadline is not later than now".to_owned());
        }
        let known = engine.knowledge();
        if let Some(id) = known.timeline.incidents().find(|id| known.incidents.get(*id).is_none()) {
            faults.push(format!("P8: facts are kept of incident {id}, which is forgotten"));
        }
        if engine.now() != now {
            faults.push("SAFE-24: the engine's time is not the largest timestamp seen".to_owned());
        }
        faults.iter().map(|fault| format!("at {} ms: {fault}", now.ms())).collect()
    }

    fn fact(&mut self, fact: &Fact, faults: &mut Vec<String>) {
        match &fact.said {
            Conclusion::ControlChanged { what, to, .. } if what == "kill" => drop(self.killed.insert(to.clone())),
            Conclusion::ControlChanged { what, to, .. } if what == "resume" => drop(self.killed.remove(to)),
            Conclusion::FaultLatched { what } => {
                self.fault = true;
                faults.push(format!("SAFE-30: the fault latch is set: {what}"));
            }
            _ => {}
        }
        if let (Conclusion::RollbackMoved { how }, Some(run)) = (&fact.said, fact.run)
            && let Some(share) = how.strip_prefix("to ").and_then(|how| how.strip_suffix(" %"))
        {
            let share = share.parse().unwrap_or(u32::MAX);
            if self.shares.insert(run, share).is_some_and(|before| share >= before) {
                faults.push(format!("R8: run {run} goes back by degrees and leaves more than before"));
            }
        }
        let Some(id) = fact.incident else { return };
        let known = self.phases.get(&id).copied();
        match &fact.said {
            Conclusion::IncidentOpened { .. } if known.is_some() => {
                faults.push(format!("SAFE-22: incident {id} opened twice"));
            }
            Conclusion::IncidentReopened {} if known != Some(Phase::Closed) => {
                faults.push(format!("SAFE-22: incident {id} reopened while it was not closed"));
            }
            Conclusion::IncidentMoved { from, to, .. } if known != Some(*from) || !from.leads_to(*to) => {
                faults.push(format!("SAFE-22: incident {id} went from {from:?} to {to:?}, it was {known:?}"));
            }
            _ => {}
        }
        match &fact.said {
            Conclusion::IncidentOpened { .. } | Conclusion::IncidentReopened {} => {
                self.phases.insert(id, Phase::Open);
            }
            Conclusion::IncidentMoved { to, .. } => drop(self.phases.insert(id, *to)),
            _ => {}
        }
    }

    fn never_began(&mut self, id: CommandId) {
        let Some((run, step, before)) = self.undone_by.remove(&id) else { return };
        match before {
            Some(share) => drop(self.undone.insert((run, step), share)),
            None => drop(self.undone.remove(&(run, step))),
        }
    }

    fn execution<'f>(
        &mut self,
        execution: &Execution,
        facts: &'f [Fact],
        allowed: &mut Vec<&'f Fact>,
        faults: &mut Vec<String>,
    ) {
        let id = execution.id;
        let mut fault = |text: String| faults.push(format!("{text}: {} of {}", execution.action, execution.target));
        if !self.killed.is_empty() || self.fault {
            fault("SAFE-6: an Execute while the kill switch or the fault latch is engaged".to_owned());
        }
        if !self.given.insert(id) {
            fault("SAFE-9: a command id is used twice".to_owned());
        }
        if self.in_flight.values().any(|(target, _)| *target == execution.target) {
            fault("SAFE-1: two Executes in flight on one target".to_owned());
        }
        if execution.purpose == Purpose::Rollback {
            let share = self.shares.get(&execution.run).copied().unwrap_or(0);
            let before = self.undone.insert((execution.run, execution.step.clone()), share);
            self.undone_by.insert(id, (execution.run, execution.step.clone(), before));
            if before.is_some_and(|before| share >= before) {
                fault("SAFE-16: a step is undone twice".to_owned());
            }
        }
        // What has its time, and what a person orders undone, is undone whatever became of the incident.
        let undoes = match execution.purpose {
            Purpose::Capture | Purpose::Rollback => self.ordered.contains(&execution.run),
            Purpose::Forward => false,
            Purpose::Revert => true,
        };
        if self.phases.get(&execution.incident).copied() == Some(Phase::Closed) && !undoes {
            fault("SAFE-22: an Execute for a closed incident".to_owned());
        }
        let audited =
            facts.iter().filter(|fact| matches!(&fact.said, Conclusion::StepStarted { command, .. } if *command == id));
        if audited.count() != 1 {
            fault("SAFE-8: an Execute without exactly one audit fact".to_owned());
        }
        // To look whether a checkpoint is whole is the first part of going back to it.
        let looks = matches!(&execution.means, Means::Capture(names) if names.iter().any(|name| name.as_str() == "checkpoint_integrity"));
        let undoing = looks || matches!(execution.purpose, Purpose::Rollback | Purpose::Revert);
        let gate = allowed.iter().position(|fact| {
            let occasion = matches!(&fact.said, Conclusion::GateDecided { occasion, step, .. }
                if (*occasion == Occasion::Rollback) == undoing && step.as_ref() == Some(&execution.step));
            fact.run == Some(execution.run) && occasion
        });
        match gate {
            Some(index) => drop(allowed.remove(index)),
            None => fault("R6: an Execute that no gate let through in this step".to_owned()),
        }
        let lease = execution.not_after.max(self.now).after(execution.timeout);
        self.in_flight.insert(id, (execution.target.clone(), lease));
    }
}

fn is_allowance(fact: &Fact) -> bool {
    matches!(&fact.said, Conclusion::GateDecided { refused: None, trial: false, .. })
}
