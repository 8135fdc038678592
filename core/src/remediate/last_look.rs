//! The last look: whether a command that was decided, and perhaps waited, may still begin.
//!
//! Between a decision and its execution lies a commit, and where a host was down, hours. What the gate looked at is not
//! looked at again; what can take a permission back is: the run, the kill switch, the warm-up after a start and the mode,
//! as they are now.

use crate::knowledge::Knowledge;
use crate::model::command::{Execution, Purpose};
use crate::policy::Policy;
use crate::policy::mode::Mode;
use crate::remediate::Remediate;
use crate::remediate::run::{Run, Status};
use alloc::format;
use alloc::string::String;

impl Remediate {
    /// Whether `execution` may begin now.
    ///
    /// # Errors
    /// Why not: it is not wanted any more, everything is stopped, or the mode in force does not allow it.
    pub fn may_begin(&self, execution: &Execution, policy: &Policy, knowledge: &Knowledge) -> Result<(), String> {
        let undoing = matches!(execution.purpose, Purpose::Rollback | Purpose::Revert);
        // To look at a checkpoint is the first part of going back to it.
        let undoing = undoing || self.runs.get(&execution.run).is_some_and(|run| run.is_undoing(execution.id));
        // A run that is over, or failing, keeps what is in flight until its answer, and begins nothing new.
        let awaits = |run: &&Run| {
            let mut flights = run.flights().filter(|flight| flight.doubt.is_none());
            (undoing || run.status == Status::Running) && flights.any(|flight| flight.execution.id == execution.id)
        };
        let Some(run) = self.runs.get(&execution.run).filter(awaits) else {
            return Err("it was called off since it was decided".into());
        };
        let control = &knowledge.control;
        if let Some(reason) = control.stopped() {
            let allowed = policy.safety().kill_allows_rollback && run.safety.kill_allows_rollback;
            return if undoing && allowed && control.fault.is_none() {
                Ok(())
            } else {
                Err(format!("stopped: {reason}"))
            };
        }
        if undoing {
            return Ok(());
        }
        let Some(target) = knowledge.topology.component(&execution.target) else {
            return Err(format!("`{}` is not registered any more", execution.target));
        };
        if let Some((window, _)) = knowledge.windows.holding_back("remediate", target) {
            return Err(format!("`{}` is under maintenance since, by `{window}`", execution.target));
        }
        match control.mode(policy.mode(), run.playbook.safety.mode) {
            Mode::Auto => {}
            Mode::Approve if run.approval.is_some() => {}
            // A person's own run is that person's decision.
            Mode::Approve | Mode::Suggest if run.by.is_some() => {}
            Mode::Approve => return Err("the mode is `approve`, and nobody has approved the plan".into()),
            mode => return Err(format!("the mode is `{mode}`")),
        }
        // Last: it passes by itself, and what stands in the way besides is worth more.
        if !knowledge.warm_up.is_over() {
            return Err("the warm-up is not over: too little was heard to begin anything".into());
        }
        Ok(())
    }
}
