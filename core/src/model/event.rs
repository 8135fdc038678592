//! What the host tells the engine.

use crate::model::area::Area;
pub use crate::model::check_report::CheckReport;
use crate::model::evidence::EvidenceReport;
use crate::model::ids::{CommandId, EventId, IncidentId, NotificationId, RunId, SilenceId};
pub use crate::model::principal::Principal;
use crate::model::severity::Severity;
use crate::model::silence::Silence;
use crate::model::value::Parameters;
use crate::model::window::WindowKind;
use crate::primitives::digest::Digest;
use crate::primitives::finite::Finite;
use crate::primitives::json;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One timestamped event. The engine's time is the largest timestamp seen so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// When the host took it in.
    pub at: Time,
    /// Who sent it and how it is called there; unset for what the host itself observes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// What happened.
    pub event: Event,
}

impl Input {
    /// An event the host itself observed.
    pub fn new(at: Time, event: Event) -> Input {
        Input { at, id: None, event }
    }

    /// The event's id: as given, else what its content says. The position in the journal never enters.
    pub fn event_id(&self) -> EventId {
        if let Some(id) = &self.id {
            return id.clone();
        }
        match &self.event {
            Event::CheckReported(report) => report.event_id(),
            Event::OutcomeReported(outcome) => EventId::from_text(&format!("outcome/{}", outcome.command)),
            Event::TimeAdvanced => EventId::from_text(&format!("time@{}", self.at.ms())),
            _ => EventId::from_digest(&json::digest(self)),
        }
    }
}

/// What happened. In the past tense, alphabetical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Somebody has seen the incident and takes care of it.
    Acknowledged {
        /// The incident.
        incident: IncidentId,
        /// Who.
        by: Principal,
    },
    /// Who had taken the incident gives it back.
    AcknowledgementWithdrawn {
        /// The incident.
        incident: IncidentId,
        /// Who.
        by: Principal,
    },
    /// Another monitor raised an alert.
    AlertRaised {
        /// The component it is about.
        component: Name,
        /// Its kind, as that monitor calls it.
        issue: Name,
        /// How bad that monitor thinks it is.
        severity: Option<Severity>,
        /// Its text. Data only.
        summary: String,
    },
    /// A plan was approved or denied.
    ApprovalDecided {
        /// The plan, exactly.
        plan: Digest,
        /// Approved, or denied.
        approved: bool,
        /// By whom.
        by: Principal,
    },
    /// A breaker was closed by hand.
    BreakerReset {
        /// The playbook whose breaker it is; `all`: the breaker for all.
        playbook: Name,
        /// The component, on which a freeze is lifted too; unset: the playbook's own breaker.
        component: Option<Name>,
        /// By whom.
        by: Principal,
    },
    /// Something was changed on purpose.
    ChangeReported {
        /// The component.
        component: Name,
        /// `deploy`, `config` or `reboot`.
        change: Name,
        /// What exactly. Data only.
        summary: String,
    },
    /// A check gave an answer.
    CheckReported(CheckReport),
    /// A component appeared or changed.
    ComponentRegistered {
        /// The component as a policy would declare it, in JSON, with its `name`.
        definition: serde_json::Value,
    },
    /// A component is gone; what is pending on it is cancelled.
    ComponentRemoved {
        /// Which.
        component: Name,
    },
    /// A customer complained.
    CustomerReported {
        /// About which component.
        component: Name,
        /// Whether an important one.
        vip: bool,
    },
    /// A notification was delivered, or was not.
    DeliveryReported {
        /// Which.
        notification: NotificationId,
        /// Whether it arrived.
        delivered: bool,
        /// Why not.
        detail: String,
    },
    /// The host could not take an event as it was; kept for the record.
    EventRefused {
        /// Where it came from.
        source: String,
        /// Why.
        reason: String,
        /// The digest of its bytes.
        digest: Digest,
    },
    /// What was seen around an incident, as far as it was found.
    EvidenceReported(EvidenceReport),
    /// The host is in trouble itself (store full, locked …) or out of it again.
    HostReported {
        /// `true` when it is well again.
        well: bool,
        /// What is the matter.
        detail: String,
    },
    /// A component under check by heartbeat reported.
    HeartbeatReceived {
        /// The component.
        component: Name,
    },
    /// Severity lowered, incident closed, or another order about one incident.
    IncidentOrdered {
        /// The incident.
        incident: IncidentId,
        /// What to do with it.
        order: IncidentOrder,
        /// By whom.
        by: Principal,
    },
    /// Automatic action was stopped.
    KillEngaged {
        /// What for; each reason is released on its own.
        reason: String,
        /// By whom.
        by: Principal,
    },
    /// Automatic action may go on.
    KillReleased {
        /// The reason that no longer holds.
        reason: String,
        /// By whom.
        by: Principal,
    },
    /// A log line was seen.
    LogSeen {
        /// The component that wrote it.
        component: Name,
        /// The line. Data only.
        line: String,
    },
    /// The ceiling on the mode was changed.
    ModeChanged {
        /// `off`, `observe`, `suggest`, `approve`, `auto`.
        mode: Name,
        /// By whom.
        by: Principal,
    },
    /// Somebody stands in for whoever would be on call, from now on.
    OnCallOrdered {
        /// The rotation.
        rotation: Name,
        /// Who stands in.
        who: Name,
        /// Until when.
        until: Time,
        /// By whom.
        by: Principal,
    },
    /// A command came to an end.
    OutcomeReported(Outcome),
    /// Another policy is to be in force. All or nothing: a faulty one changes nothing.
    PolicyReplaced {
        /// Its documents.
        sources: Vec<PolicyDocument>,
        /// By whom.
        by: Principal,
    },
    /// A run was ordered to be undone.
    RollbackOrdered {
        /// Which run.
        run: RunId,
        /// By whom.
        by: Principal,
    },
    /// A run was called off: nothing new begins, nothing is undone.
    RunCancelled {
        /// Which run.
        run: RunId,
        /// By whom.
        by: Principal,
    },
    /// A playbook was ordered to be carried out, on the open incident about a component.
    RunOrdered {
        /// The playbook.
        playbook: Name,
        /// The component.
        component: Name,
        /// By whom.
        by: Principal,
    },
    /// Metrics were measured.
    SampleReported {
        /// The component.
        component: Name,
        /// The metric.
        metric: Name,
        /// Its value.
        value: Finite,
        /// When it was measured, if not now.
        taken_at: Option<Time>,
    },
    /// Something bears on security.
    SecurityAlerted {
        /// The component.
        component: Name,
        /// Its text. Data only.
        summary: String,
    },
    /// A silence was ended before its time.
    SilenceEnded {
        /// Which.
        silence: SilenceId,
        /// By whom.
        by: Principal,
    },
    /// Something is not to be told for a time.
    SilenceOrdered {
        /// What, until when and why.
        silence: Silence,
        /// By whom.
        by: Principal,
    },
    /// The host started, with a fresh epoch.
    Started {
        /// Greater than every epoch before; results that carry a smaller one change nothing.
        epoch: u64,
    },
    /// A person says that a storm is over.
    StormReleased {
        /// Which, by what failed together; unset: each there is.
        area: Option<Area>,
        /// By whom.
        by: Principal,
    },
    /// Time passed; nothing else happened.
    TimeAdvanced,
    /// A window was closed before its time.
    WindowClosed {
        /// Which.
        window: Name,
        /// By whom.
        by: Principal,
    },
    /// A window was opened, or opened anew with other terms.
    WindowOpened {
        /// Its name.
        window: Name,
        /// What it does.
        kind: WindowKind,
        /// Components, services and groups that it is over.
        over: BTreeSet<Name>,
        /// Of a maintenance window what it holds back (`notify`, `open`, `remediate`); of a change window the classes of
        /// actions that it allows, none named: all.
        terms: BTreeSet<Name>,
        /// How long it stays open.
        lasts: Span,
        /// Why. Data only.
        reason: String,
        /// By whom.
        by: Principal,
    },
}

/// A document of a policy, as the host read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Which command.
    pub command: CommandId,
    /// The epoch it carried.
    pub epoch: u64,
    /// How it ended.
    pub result: OutcomeResult,
    /// In a few words.
    #[serde(default)]
    pub detail: String,
    /// What it gave back: outputs of an action, captured state.
    #[serde(default)]
    pub outputs: Parameters,
}

/// How a command ended. An exit code is no verdict: only observation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    /// It ran and failed.
    Failed,
    /// It never began.
    NotStarted,
    /// It ran to its end.
    Succeeded,
    /// Nobody can say whether it ran.
    Unknown,
    /// It never began and never can on this host, which has no way to do it to that target.
    Unsupported,
}

/// An order about one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentOrder {
    /// A person closes it.
    Close {
        /// How it was solved.
        resolution: String,
    },
    /// A person sets its severity, also lower.
    SetSeverity {
        /// To this.
        severity: Severity,
    },
}
