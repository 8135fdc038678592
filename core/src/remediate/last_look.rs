//! The last look: whether a command that was decided, and perhaps waited, may still begin.
//!
//! Between a decision and its execution lies a commit, and where a host was down, hours. What the gate looked at is not
//! looked at again; what can take a permission back is: the run, the kill switch, who is at work on anything that the plan is
//! about, the mode, the approval and who gave it, and the warm-up after a start, as they are now.

use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::model::command::{Execution, Purpose};
use crate::model::gate::{Link, Occasion};
use crate::policy::Policy;
use crate::policy::mode::Mode;
use crate::primitives::name::Name;
use crate::remediate::Remediate;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::{Run, Status};
use crate::remediate::safety::gate;
use crate::remediate::safety::question::View;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

impl Remediate {
    /// Whether `execution` may begin now.
    ///
    /// # Errors
    /// Why not: it is not wanted any more, everything is stopped, or the mode in force does not allow it.
    pub fn may_begin(&self, execution: &Execution, context: &Context<'_>, knowledge: &Knowledge) -> Result<(), String> {
        let policy = context.policy;
        let undoing = self.undoes(execution);
        // A run that is over, or failing, keeps what is in flight until its answer, and begins nothing new.
        let awaits = |run: &&Run| {
            let mut flights = run.flights().filter(|flight| flight.doubt.is_none());
            (undoing || run.status == Status::Running) && flights.any(|flight| flight.execution.id == execution.id)
        };
        let Some(run) = self.runs.get(&execution.run).filter(awaits) else {
            return Err("it was called off since it was decided".into());
        };
        let control = &knowledge.control;
        if let Some(reason) = control.stopped()
            && (control.fault.is_some() || !self.undoes_while_stopped(execution, policy))
        {
            return Err(format!("stopped: {reason}"));
        }
        is_free(execution, undoing, run, knowledge)?;
        if undoing {
            return Ok(());
        }
        match control.mode(policy.mode(), run.playbook.safety.mode) {
            Mode::Auto => {}
            Mode::Approve if run.approval.is_some() => {}
            // A person's own run is that person's decision.
            Mode::Approve | Mode::Suggest if run.by.is_some() => {}
            Mode::Approve => return Err("the mode is `approve`, and nobody has approved the plan".into()),
            mode => return Err(format!("the mode is `{mode}`")),
        }
        self.is_still_approved(execution, run, context, knowledge)?;
        // Last: it passes by itself, and what stands in the way besides is worth more.
        if !knowledge.warm_up.is_over() {
            return Err("the warm-up is not over: too little was heard to begin anything".into());
        }
        Ok(())
    }

    /// Whether `execution` undoes something, and the policy lets that go on while everything else is stopped.
    pub fn undoes_while_stopped(&self, execution: &Execution, policy: &Policy) -> bool {
        let run = self.runs.get(&execution.run);
        let allowed = |run: &Run| policy.safety().kill_allows_rollback && run.safety.kill_allows_rollback;
        self.undoes(execution) && run.is_some_and(allowed)
    }

    fn undoes(&self, execution: &Execution) -> bool {
        // To look at a checkpoint is the first part of going back to it.
        matches!(execution.purpose, Purpose::Rollback | Purpose::Revert)
            || self.runs.get(&execution.run).is_some_and(|run| run.is_undoing(execution.id))
    }

    /// Whether the approval that the plan needs, if it does, holds still, and whoever ordered it still may.
    fn is_still_approved(
        &self,
        execution: &Execution,
        run: &Run,
        context: &Context<'_>,
        knowledge: &Knowledge,
    ) -> Result<(), String> {
        let incident = knowledge.incidents.get(run.incident);
        let incident = run.as_begun(incident.ok_or_else(|| String::from("its incident is forgotten"))?);
        let acting = run.acting_at_first();
        let action = run.actions.get(&execution.action).map(AsRef::as_ref);
        let question = run.question(Occasion::LaterStep, &incident, action, &acting);
        let view = View { context, knowledge, runs: &self.runs, memory: &self.memory };
        let decision = gate::ask(&question, &view);
        let mut refusals = decision.links.iter().filter(|link| !link.allowed);
        match refusals.find(|link| matches!(link.link, Link::Approval | Link::Role)) {
            Some(refusal) => Err(format!("{}; needed: {}", refusal.rule, refusal.remedy)),
            None => Ok(()),
        }
    }
}

/// Whether nobody is at work on anything that the plan is about, and all of it is there. Undoing asks about what it may
/// touch, of what is there, and needs its own target.
fn is_free(execution: &Execution, undoing: bool, run: &Run, knowledge: &Knowledge) -> Result<(), String> {
    let about: BTreeSet<Name> = if undoing {
        let is_it = |planned: &PlannedStep| planned.id == execution.step;
        let index = (0..).zip(&run.plan.steps).find(|(_, planned)| is_it(planned)).map(|(index, _)| index);
        let touched = index.map_or_else(|| run.plan.targets.clone(), |index| run.undoing(index));
        let there = touched.into_keys().chain([run.component.clone()]);
        let there = there.filter(|name| knowledge.topology.component(name).is_some());
        there.chain([execution.target.clone()]).collect()
    } else {
        let planned = run.plan.steps.iter().map(|planned| &planned.target).chain(run.plan.targets.keys());
        planned.chain([&run.component]).cloned().collect()
    };
    for name in about {
        let Some(component) = knowledge.topology.component(&name) else {
            return Err(format!("`{name}` is not registered any more"));
        };
        if let Some((window, _)) = knowledge.windows.holding_back("remediate", component) {
            return Err(format!("`{name}` is under maintenance since, by `{window}`"));
        }
    }
    Ok(())
}
