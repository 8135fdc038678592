//! One run: a plan on its way, from waiting for a person to the end of its verification.

pub mod command;
pub mod cut;
pub mod hold;
pub mod outcome;
pub mod question;
pub mod rollback;
pub mod rollout;
pub mod step;

use crate::model::command::Execution;
use crate::model::event::{OutcomeResult, Principal};
use crate::model::fact::Conclusion;
use crate::model::health::State;
use crate::model::ids::{CommandId, EventId, IncidentId, RunId};
use crate::model::incident::Incident;
use crate::model::value::Parameters;
use crate::policy::actions::Action;
use crate::policy::playbook::Playbook;
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::blast::Grip;
use crate::remediate::desk::Desk;
use crate::remediate::half_done::HalfDone;
use crate::remediate::plan::{Plan, PlannedStep};
use crate::remediate::run::rollback::back::Back;
use crate::remediate::verdict::Guard;
use crate::remediate::verify::Watch;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One run, with the definitions and limits it began under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The incident it serves.
    pub incident: IncidentId,
    /// The component that is sick.
    pub component: Name,
    /// Which attempt of this incident, from 1.
    pub attempt: u32,
    /// Who ordered it; unset: nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Principal>,
    /// The playbook, as it was.
    pub playbook: Arc<Playbook>,
    /// The actions, as they were.
    pub actions: BTreeMap<Name, Arc<Action>>,
    /// The limits, as they were; the stricter of these and those in force hold.
    pub safety: Arc<Safety>,
    /// The exact plan.
    pub plan: Plan,
    /// Where each step is, one for each step of the plan.
    pub steps: Vec<Progress>,
    /// Where the run is.
    pub status: Status,
    /// How the component was when the plan was made.
    pub before: State,
    /// When it began.
    pub started: Option<Time>,
    /// When its steps must be done.
    pub ends_by: Time,
    /// Who approved it, until when that holds.
    pub approval: Option<Grant>,
    /// The events that led to it.
    pub because: Vec<EventId>,
    /// The incident as it was closed, for steps that are reverted after it is forgotten.
    pub closed: Option<alloc::boxed::Box<Incident>>,
    /// How far its rollout is, once that has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<alloc::boxed::Box<rollout::Rolling>>,
    /// How things stood when it began, for telling harm that it does.
    #[serde(default, skip_serializing_if = "Guard::is_empty")]
    pub guard: Guard,
    /// The step at which it was stopped by what says nothing about its playbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u32>,
    /// What it left half done, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_done: Option<HalfDone>,
}

/// A person's approval of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who gave it, with the roles held then.
    pub by: BTreeMap<Name, Vec<Name>>,
    /// Until when it holds.
    pub until: Time,
}

/// Where a run is.
///
/// | from | to |
/// |---|---|
/// | awaiting approval | running, (ended) |
/// | running | failing, verifying |
/// | failing | rolling back, (ended) |
/// | verifying | rolling back, (ended) |
/// | rolling back | (ended) |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a person until then.
    AwaitingApproval {
        /// Until when an answer counts.
        expires: Time,
    },
    /// A step failed: nothing new begins, what is in flight is waited for.
    Failing {
        /// Why.
        reason: String,
    },
    /// Steps are undone, the last first.
    RollingBack {
        /// Indexes of steps still to undo, the next one last.
        left: Vec<u32>,
        /// What is in flight.
        flight: Option<Flight>,
        /// Whether something could not be undone.
        failed: bool,
        /// Why a command of it never began, if one did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_begun: Option<String>,
        /// What comes after it.
        then: Afterwards,
        /// How far it is on a way of its own; unset: all at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<rollback::Way>,
    },
    /// Steps go forward.
    Running,
    /// It is over; kept for commands without an answer and for steps that are reverted later.
    Settled,
    /// The effect is watched.
    Verifying(Watch),
}

/// What comes after a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Afterwards {
    /// Why it was rolled back.
    pub reason: String,
    /// Whether people are called whatever the rollback gives.
    pub escalate: bool,
}

/// A command without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// The command.
    pub execution: Arc<Execution>,
    /// When no answer means unknown: until then it may be at work, and holds its target.
    pub answer_by: Time,
    /// Why its host cannot say what became of it, once it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// Where a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where it is now.
    pub at: At,
    /// Executions so far.
    pub tries: u32,
    /// How many of them never began.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub never: u32,
    /// Whether it was ever given to an executor; unknown counts as started.
    pub started: bool,
    /// What it was begun with last: what undoes it is about the same, whatever became of what was sick.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: Parameters,
    /// What it gave back.
    pub outputs: Parameters,
    /// State captured before it.
    pub before: Parameters,
    /// Whether that state was captured.
    pub captured: bool,
    /// Whether its condition and its pause are behind it.
    pub admitted: bool,
    /// Whether evidence came in since it began: for a check of its own.
    pub seen: bool,
    /// When it is to be reverted.
    pub revert_at: Option<Time>,
    /// Since when the gate lets it not be reverted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_since: Option<Time>,
    /// Whether it was undone, or that was tried.
    pub undone: bool,
    /// The commands that undo it.
    #[serde(default, skip_serializing_if = "Back::is_unused")]
    pub back: Back,
}

/// Where a step is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Its end: `succeeded`, `failed`, `skipped`, `unknown`.
    End(Cow<'static, str>),
    /// A command is out.
    Flight(Flight),
    /// The gate let nothing through that ends by itself: asked again then, and meanwhile the time of the run stands still.
    Held {
        /// Since when.
        since: Time,
        /// When it is asked again, unless what held it ends before.
        until: Time,
    },
    /// A pause, a wait or a check of its own, until then at the latest.
    Until(Time),
    /// Not begun.
    #[default]
    Waiting,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Progress {
    /// How many executions began, or may have.
    pub fn began(&self) -> u32 {
        self.tries.saturating_sub(self.never)
    }

    /// Whether it has come to an end.
    pub fn ended(&self) -> bool {
        matches!(self.at, At::End(_))
    }

    /// Whether it ended as `how`.
    pub fn ended_as(&self, how: &str) -> bool {
        matches!(&self.at, At::End(end) if end == how)
    }
}

impl Run {
    /// Step number `index` with its progress.
    pub fn step(&self, index: u32) -> Option<(&PlannedStep, &Progress)> {
        let index = index as usize;
        Some((self.plan.steps.get(index)?, self.steps.get(index)?))
    }

    /// The progress of step number `index`.
    pub fn progress(&mut self, index: u32) -> Option<&mut Progress> {
        self.steps.get_mut(index as usize)
    }

    /// Whether `target` may be out of service or changing because of this run, or is not yet known to be stable after it.
    pub fn holds(&self, target: &Name) -> bool {
        self.is_active() && self.plan.targets.get(target).is_some_and(|grip| *grip > Grip::None)
    }

    /// Whether it has begun and not ended: stability included, and so is a command without an answer.
    pub fn is_active(&self) -> bool {
        match &self.status {
            Status::AwaitingApproval { .. } => false,
            Status::Settled => self.flights().next().is_some(),
            Status::Failing { .. } | Status::RollingBack { .. } | Status::Running | Status::Verifying(_) => true,
        }
    }

    /// Whether its steps, its undoing or its first verification are still going on: what counts as *under action*.
    pub fn is_in_flight(&self) -> bool {
        match &self.status {
            Status::AwaitingApproval { .. } => false,
            Status::Settled => self.flights().next().is_some(),
            Status::Verifying(watch) => !watch.is_stable_phase(),
            Status::Failing { .. } | Status::RollingBack { .. } | Status::Running => true,
        }
    }

    /// Whether nobody can tell if a step ran: nothing goes forward any more; what can be seen decides.
    pub fn is_in_doubt(&self) -> bool {
        self.steps.iter().any(|progress| match &progress.at {
            At::Flight(flight) => flight.doubt.is_some(),
            _ => progress.ended_as("unknown"),
        })
    }

    /// Whether an outcome with `result` of the command `id` says anything new.
    pub fn awaits(&self, id: CommandId, result: OutcomeResult) -> bool {
        self.flights()
            .any(|flight| flight.execution.id == id && !(result == OutcomeResult::Unknown && flight.doubt.is_some()))
    }

    /// Commands without an answer.
    pub fn flights(&self) -> impl Iterator<Item = &Flight> {
        let undoing = match &self.status {
            Status::RollingBack { flight, .. } => flight.as_ref(),
            _ => None,
        };
        let stepping = self.steps.iter().filter_map(|progress| match &progress.at {
            At::Flight(flight) => Some(flight),
            _ => None,
        });
        stepping.chain(undoing)
    }

    /// Whether the command `id` is on the way back.
    pub fn is_undoing(&self, id: CommandId) -> bool {
        matches!(&self.status, Status::RollingBack { flight: Some(flight), .. } if flight.execution.id == id)
    }

    /// The command `id`, if it is without an answer.
    pub fn flight_mut(&mut self, id: CommandId) -> Option<&mut Flight> {
        let undoing = match &mut self.status {
            Status::RollingBack { flight, .. } => flight.as_mut(),
            _ => None,
        };
        let stepping = self.steps.iter_mut().filter_map(|progress| match &mut progress.at {
            At::Flight(flight) => Some(flight),
            _ => None,
        });
        stepping.chain(undoing).find(|flight| flight.execution.id == id)
    }

    /// Whether a step waits for the gate.
    pub fn is_held(&self) -> bool {
        self.steps.iter().any(|progress| matches!(progress.at, At::Held { .. }))
    }

    /// When it next has something to do by itself.
    pub fn deadline(&self) -> Option<(Time, &'static str)> {
        let own = match &self.status {
            Status::AwaitingApproval { expires } => Some((*expires, "approval_expires")),
            Status::Verifying(watch) => Some((watch.deadline(), "verification")),
            // In doubt only the answers that are out count.
            Status::Running if self.is_in_doubt() || self.is_held() => None,
            Status::Running => Some((self.ends_by, "run_timeout")),
            Status::RollingBack { way, .. } => way.as_ref().and_then(rollback::Way::deadline),
            Status::Failing { .. } | Status::Settled => None,
        };
        let flights = self.flights().map(|flight| (flight.answer_by, "command_unanswered"));
        let pauses = self.steps.iter().filter_map(|progress| match progress.at {
            At::Held { until, .. } | At::Until(until) if self.status == Status::Running && !self.is_in_doubt() => {
                Some((until, "step_due"))
            }
            _ => None,
        });
        // What is to be reverted waits for the end of the run.
        let over = self.status == Status::Settled;
        let reverts =
            self.steps.iter().filter_map(|progress| Some((progress.revert_at.filter(|_| over)?, "revert_due")));
        let stages = self.rolling.as_ref().and_then(|rolling| rolling.deadline());
        let rolls = self.status == Status::Running && !self.is_in_doubt();
        let stages = stages.filter(|_| rolls).map(|at| (at, "rollout_stage"));
        own.into_iter().chain(stages).chain(flights).chain(pauses).chain(reverts).min()
    }
}

impl Desk<'_> {
    /// Concludes `said` by `rule` about `run`.
    pub fn say_of(&mut self, run: &Run, rule: &'static str, said: Conclusion) {
        let fact = self.fact(rule, said).component(&run.component).incident(run.incident).run(run.id);
        self.say(fact);
    }
}
