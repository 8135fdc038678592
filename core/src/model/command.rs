//! What the engine asks of the host.

use crate::model::evidence::EvidenceRequest;
use crate::model::ids::{CommandId, IncidentId, NotificationId, RunId};
use crate::model::probe::Probe;
use crate::model::severity::Severity;
use crate::model::value::Parameters;
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A request to the host. In the imperative, alphabetical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Look what was seen around an incident. It changes nothing.
    CollectEvidence(Arc<EvidenceRequest>),
    /// Change the world, or read the state a change would lose.
    Execute(Arc<Execution>),
    /// Tell people.
    Notify(Arc<Notification>),
    /// Ask a component how it is.
    RunCheck(CheckRequest),
}

/// A change of the world, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id, and the idempotency key for whoever carries it out.
    pub id: CommandId,
    /// The epoch it was decided in.
    pub epoch: u64,
    /// Why it is done.
    pub purpose: Purpose,
    /// The incident it serves.
    pub incident: IncidentId,
    /// The run it belongs to.
    pub run: RunId,
    /// The step of the playbook.
    pub step: Name,
    /// The number of this try, from 1.
    pub attempt: u32,
    /// The action, by its name in the registry.
    pub action: Name,
    /// What it acts on.
    pub target: Name,
    /// Its parameters, all of them, typed.
    pub parameters: Parameters,
    /// How the policy says it is carried out.
    pub means: Means,
    /// Whether it may be sent again when nobody knows whether it ran.
    pub idempotent: bool,
    /// The plan it belongs to.
    pub plan: Digest,
    /// It may begin only before this instant.
    pub not_after: Time,
    /// How long it may take.
    pub timeout: Span,
}

/// Why something is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Read the state that the next step will change.
    Capture,
    /// A step forward.
    Forward,
    /// A step is undone after its time, as planned.
    Revert,
    /// A step is undone because the run failed.
    Rollback,
}

impl Purpose {
    /// The name as ids and facts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Capture => "capture",
            Purpose::Forward => "forward",
            Purpose::Revert => "revert",
            Purpose::Rollback => "rollback",
        }
    }
}

/// How an action is carried out, all values in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Read the named values of the target and give them back as outputs.
    Capture(Vec<Name>),
    /// A program with its arguments; with `shell` one literal script, values only in `env`.
    Exec {
        /// Program and arguments.
        argv: Vec<String>,
        /// Whether `argv` is one script for `/bin/sh -c`.
        shell: bool,
        /// Environment added to the host's own.
        env: BTreeMap<String, String>,
    },
    /// The host's own adapter of the action's name.
    Host,
    /// An HTTP request.
    Http {
        /// Method.
        method: String,
        /// Absolute URL.
        url: String,
        /// Headers.
        headers: BTreeMap<String, String>,
        /// Body.
        body: Option<String>,
        /// Statuses that mean success; empty: any 2xx.
        status: Vec<u16>,
    },
}

/// A message to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The same message has the same id, so that a channel can drop a repetition.
    pub id: NotificationId,
    /// The epoch it was decided in.
    pub epoch: u64,
    /// The channel it goes over.
    pub channel: Name,
    /// Whom it is for.
    pub recipient: Name,
    /// Why it is sent: a stable rule id such as `escalation.level`.
    pub reason: Name,
    /// The incident it is about.
    pub incident: Option<IncidentId>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// One line.
    pub title: String,
    /// Further lines.
    pub lines: Vec<String>,
    /// A plan a person is asked to approve.
    pub plan: Option<Digest>,
    /// A delivery later than this has failed.
    pub not_after: Time,
}

/// A request to run a check. The component, the check and the instant are its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequest {
    /// The component.
    pub component: Name,
    /// The check.
    pub check: Name,
    /// What to ask.
    pub probe: Arc<Probe>,
    /// How long the answer may take.
    pub timeout: Span,
    /// When it is asked.
    pub asked_at: Time,
    /// The epoch it was decided in.
    pub epoch: u64,
}
