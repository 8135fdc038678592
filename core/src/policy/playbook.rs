//! Playbooks: declarative plans. Both forms of YAML become this one tree.

use crate::model::health::State;
use crate::model::radius::Level;
use crate::model::severity::Severity;
use crate::policy::actions::{Argument, Precondition, Undo};
use crate::policy::condition::Condition;
use crate::policy::mode::Mode;
use crate::primitives::digest::Digest;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A declarative plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    /// Unique id: `playbook_id` where given, else the name.
    pub id: Name,
    /// Its name for people.
    pub name: String,
    /// Its version, as written.
    pub version: Option<String>,
    /// `infrastructure`, `kubernetes` …
    pub category: Option<Name>,
    /// Severity an incident opened by its trigger has at least.
    pub severity: Option<Severity>,
    /// When it is a candidate.
    pub trigger: Trigger,
    /// What must be true before each of its Executes.
    pub preconditions: Vec<Precondition>,
    /// What it does.
    pub steps: Vec<Node>,
    /// How success is recognised.
    pub verification: Verification,
    /// Whether started steps are undone on failure. `false` with a reason, as a seed writes it, makes it irreversible.
    pub rollback: bool,
    /// In which way started steps are undone.
    #[serde(default, skip_serializing_if = "Strategy::is_usual")]
    pub strategy: Strategy,
    /// The playbook that is tried while this one has to wait for a change window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workaround: Option<Name>,
    /// Whom to tell when it fails.
    pub escalation: Vec<Name>,
    /// Its own, stricter limits.
    pub safety: PlaybookSafety,
    /// How long all steps together may take.
    pub timeout: Span,
    /// Only looks: none of its steps changes anything.
    pub diagnose_only: bool,
    /// For these components it has its turn only where the host has no way to carry out any other: the shipped restart
    /// behind playbooks of which only the host knows whether it can.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub standby: BTreeSet<Name>,
    /// `metadata`, kept for people.
    pub metadata: BTreeMap<Name, String>,
}

impl Playbook {
    /// The digest of the whole definition.
    pub fn digest(&self) -> Digest {
        crate::primitives::json::digest(self)
    }
}

/// In which way the started steps of a run are undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// By putting the component back to a checkpoint that was named before the first step, once that is known to be whole.
    Checkpoint {
        /// The action that puts it back; it takes the parameter `checkpoint`.
        restore: Name,
    },
    /// A share at a time, as long as nothing is badly wrong: what is set as a percentage goes back by degrees.
    Gradual {
        /// How much of the change is left after each stage, in percent, falling to 0.
        stages: Vec<u32>,
        /// How long is waited between two stages.
        wait: Span,
    },
    /// At once.
    #[default]
    Immediate,
}

impl Strategy {
    /// Whether all is undone at once.
    pub fn is_usual(&self) -> bool {
        *self == Strategy::Immediate
    }
}

/// When a playbook is a candidate for an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// These components only; empty: any.
    pub components: BTreeSet<Name>,
    /// Components of these types only; empty: any.
    pub kinds: BTreeSet<Name>,
    /// Components under `run:` only.
    pub supervised: bool,
    /// The component's health is this or worse.
    pub state: Option<State>,
    /// A condition over the component's metrics and facts …
    pub condition: Option<Condition>,
    /// … that has held for this long.
    pub hold: Span,
    /// Incidents about these kinds of issue only; empty: any.
    pub issues: BTreeSet<Name>,
}

/// A playbook's own limits. They can only be stricter than the policy's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookSafety {
    /// Attempts for one incident.
    pub max_attempts: u32,
    /// Whether each run needs an approval.
    pub require_approval: bool,
    /// Ceiling on its blast; never a permission.
    pub blast_radius: Option<Level>,
    /// Its rung, where several playbooks share one: among these the closest fit and the least invasive goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<u32>,
    /// Ceiling on its mode.
    pub mode: Option<Mode>,
}

/// A part of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
// Nearly all nodes are steps, and a plan has at most 100.
#[allow(clippy::large_enum_variant)]
pub enum Node {
    /// The same steps for each target, `concurrency` at a time.
    ForEach {
        /// What to go over: a list, or a reference to one (`instances` is all instances of the service).
        over: Argument,
        /// The name of the loop variable.
        variable: Name,
        /// How many at a time.
        concurrency: u32,
        /// In which stages; unset: all of them, one after the other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollout: Option<Rollout>,
        /// The steps for each.
        steps: Vec<Step>,
    },
    /// Steps side by side.
    Parallel {
        /// How many at a time.
        concurrency: u32,
        /// The steps.
        steps: Vec<Step>,
    },
    /// One step.
    Step(Step),
}

/// How a loop goes over its targets: a few, a wait and a look, then more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// How much of the targets has been reached at the end of each stage, in percent, rising to 100.
    pub stages: Vec<u32>,
    /// How long is waited after each stage but the last.
    pub waits: Vec<Span>,
    /// What ends it at once.
    pub abort_on: AbortOn,
}

/// A metric that must not rise while a rollout goes on, and must be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbortOn {
    /// The metric, a share.
    pub metric: Name,
    /// How much more than before the first stage is too much, in its own unit.
    pub rise: Finite,
    /// The component that it is measured on; unset: each target, or the component of the incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Name>,
}

/// One action in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique within the playbook: as given, else `<action>-<position>`.
    pub id: Name,
    /// For people.
    pub name: String,
    /// The action, by its name in the registry (aliases resolved).
    pub action: Name,
    /// Its parameters, checked against the registry.
    pub parameters: BTreeMap<Arc<str>, Argument>,
    /// What it acts on; unset: the incident's component.
    pub target: Option<Argument>,
    /// Only if this is known to be true.
    pub condition: Option<Condition>,
    /// Pause before it.
    pub delay: Span,
    /// How long one execution may take; zero: the action's own.
    pub timeout: Span,
    /// Executions after a failed one.
    pub retry: Retry,
    /// What happens when it failed for good.
    pub on_failure: OnFailure,
    /// Undo it again after this time (a scale-up: 30 min).
    pub revert_after: Option<Span>,
    /// How this step is undone, where it differs from the action's own way.
    pub undo: Option<Undo>,
}

/// Executions of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// At most this many executions, the first included.
    pub executions: u32,
    /// Pause before the second.
    pub initial: Span,
    /// Each further pause is this many times the last.
    pub factor: u32,
    /// The longest pause.
    pub cap: Span,
}

impl Retry {
    /// The pause after execution number `done` (from 1).
    pub fn pause(&self, done: u32) -> Span {
        let mut pause = self.initial;
        for _ in 1..done.min(64) {
            pause = pause.times(i64::from(self.factor));
        }
        pause.min(self.cap)
    }
}

/// What happens when a step failed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The run fails.
    #[default]
    Abort,
    /// These steps run, then the run fails.
    Branch(Box<[Step]>),
    /// The next step runs; the verdict decides.
    Continue,
}

/// How success is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// From the end of the last step until evidence counts.
    pub settle: Span,
    /// How long the immediate checks may take to pass.
    pub within: Span,
    /// What must hold besides the health of the component.
    pub condition: Option<Condition>,
    /// How long it must stay well before the incident closes.
    pub stability: Span,
    /// Checks that must have passed besides, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functional: Vec<Name>,
    /// What ends the run, and undoes it, as soon as it becomes true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<Condition>,
}
