//! What the stages of the engine concluded. Facts are the events it emits, the audit trail, and the explanation.

use crate::model::event::OutcomeResult;
use crate::model::gate::{LinkResult, Occasion};
use crate::model::health::{CheckVerdict, State};
use crate::model::ids::{CommandId, EventId, IncidentId, NotificationId, RunId};
use crate::model::incident::Phase;
use crate::model::run::{RunEnd, Verdict};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One conclusion: what, by which rule, from which values, because of which events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When it was concluded.
    pub at: Time,
    /// The stable id of the rule that concluded it, `<stage>.<rule>`.
    pub rule: Cow<'static, str>,
    /// The component it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Name>,
    /// The incident it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The events that decided it, the most direct first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<EventId>,
    /// The values compared, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(Cow<'static, str>, Value)>,
    /// What was concluded.
    pub said: Conclusion,
}

impl Fact {
    /// A fact by `rule` at `at`; further parts are added with the `about_…` methods.
    pub fn new(at: Time, rule: &'static str, said: Conclusion) -> Fact {
        Fact {
            at,
            rule: Cow::Borrowed(rule),
            component: None,
            incident: None,
            run: None,
            because: Vec::new(),
            values: Vec::new(),
            said,
        }
    }

    /// Names the component.
    #[must_use]
    pub fn component(mut self, component: &Name) -> Fact {
        self.component = Some(component.clone());
        self
    }

    /// Names the incident.
    #[must_use]
    pub fn incident(mut self, incident: IncidentId) -> Fact {
        self.incident = Some(incident);
        self
    }

    /// Names the run.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Fact {
        self.run = Some(run);
        self
    }

    /// Names the events that decided it.
    #[must_use]
    pub fn because(mut self, events: impl IntoIterator<Item = EventId>) -> Fact {
        self.because.extend(events);
        self
    }

    /// Adds a compared value.
    #[must_use]
    pub fn value(mut self, name: &'static str, value: Value) -> Fact {
        self.values.push((Cow::Borrowed(name), value));
        self
    }
}

/// What was concluded. In the past tense, alphabetical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Conclusion {
    /// An approval was given that covers the plan.
    ApprovalGranted {
        /// The plan.
        plan: Digest,
        /// By whom.
        by: Name,
    },
    /// A plan was denied, or nobody answered in time.
    ApprovalLost {
        /// The plan.
        plan: Digest,
        /// `denied` or `expired`.
        how: Cow<'static, str>,
        /// By whom, if by somebody.
        by: Option<Name>,
    },
    /// A plan was put to people.
    ApprovalRequested {
        /// The plan.
        plan: Digest,
        /// Until when an answer counts.
        expires: Time,
        /// Any one of these roles.
        any_of: Vec<Name>,
        /// All of these roles besides.
        all_of: Vec<Name>,
    },
    /// A circuit breaker changed.
    BreakerChanged {
        /// `closed`, `open` or `half_open`.
        to: Cow<'static, str>,
        /// The playbook.
        playbook: Name,
    },
    /// What a check found, where it matters: a failure, an error, a first pass after either.
    CheckFound {
        /// The check.
        check: Name,
        /// What it found.
        verdict: CheckVerdict,
        /// How many alike in a row.
        count: u32,
        /// How many in a row change the state.
        needed: u32,
        /// In a few words.
        detail: String,
    },
    /// A command came to an end.
    CommandEnded {
        /// Which.
        command: CommandId,
        /// How.
        result: OutcomeResult,
        /// In a few words.
        detail: String,
    },
    /// A component appeared or changed.
    ComponentRegistered {},
    /// A component is gone.
    ComponentRemoved {},
    /// A ceiling or a switch changed: mode, kill switch, host, epoch.
    ControlChanged {
        /// What: `mode`, `kill`, `host`, `epoch`, `policy`.
        what: Cow<'static, str>,
        /// To what.
        to: String,
        /// Why or by whom.
        detail: String,
    },
    /// A notification did not arrive.
    DeliveryFailed {
        /// Which.
        notification: NotificationId,
        /// The channel.
        channel: Name,
        /// The recipient.
        recipient: Name,
        /// Why.
        detail: String,
    },
    /// A level of an escalation chain was reached.
    EscalationReached {
        /// The chain.
        chain: Name,
        /// The level, from 1.
        level: u32,
        /// The repetition, from 0.
        round: u32,
        /// Whom.
        notified: Vec<Name>,
    },
    /// People were called; the reason is the rule.
    EscalationStarted {
        /// The chain.
        chain: Name,
        /// In words.
        reason: String,
    },
    /// Something in the engine is contradictory: it acts no more until people release it.
    FaultLatched {
        /// What.
        what: String,
    },
    /// All links of the gate were asked; the first refusal is the reason.
    GateDecided {
        /// For what.
        occasion: Occasion,
        /// The playbook.
        playbook: Name,
        /// The step it was about; unset for the whole plan.
        step: Option<Name>,
        /// What each link said, in the fixed order.
        links: Vec<LinkResult>,
        /// The rule that refused, if one did.
        refused: Option<Cow<'static, str>>,
        /// Whether it was only asked: nothing will be executed either way.
        trial: bool,
    },
    /// A component changed its state.
    HealthChanged {
        /// From.
        from: State,
        /// To.
        to: State,
        /// Why, in a few words.
        detail: String,
    },
    /// Somebody has seen the incident.
    IncidentAcknowledged {
        /// Who.
        by: Name,
        /// Until when that holds.
        until: Time,
    },
    /// A component became part of an incident.
    IncidentJoined {
        /// The kind of its issue.
        issue: Name,
        /// How it belongs: `dependency`, `root` (it became the likely root), `same`, `storm` (one incident too many).
        relation: Cow<'static, str>,
    },
    /// An incident moved on its way.
    IncidentMoved {
        /// From.
        from: Phase,
        /// To.
        to: Phase,
        /// Why, in a few words.
        detail: String,
    },
    /// An incident was opened.
    IncidentOpened {
        /// The kind of issue.
        issue: Name,
        /// How bad.
        severity: Severity,
        /// When the first sign of it was seen.
        onset: Time,
        /// The incident it came back from.
        recurrence_of: Option<IncidentId>,
    },
    /// A closed incident came back within the hour; its attempts count on.
    IncidentReopened {},
    /// An input was not taken.
    InputRefused {
        /// Why and what was expected.
        reason: String,
    },
    /// The engine dropped something because a limit was reached.
    Overloaded {
        /// Which limit.
        limit: Cow<'static, str>,
        /// What was dropped.
        dropped: String,
    },
    /// A step of a run wants people to be told something.
    MessageWanted {
        /// Over which channel; unset: the first of the policy.
        channel: Option<Name>,
        /// Whom; unset: whoever reads the channel.
        recipient: Option<Name>,
        /// What. Data only.
        text: String,
    },
    /// The numbers of a playbook after a run.
    OutcomeRecorded {
        /// The playbook.
        playbook: Name,
        /// Runs so far.
        runs: u32,
        /// Successes so far.
        successes: u32,
    },
    /// No playbook is left that fits.
    PlaybooksExhausted {
        /// Those that fitted at first.
        tried: Vec<Name>,
    },
    /// A policy came into force, or was refused.
    PolicyReplaced {
        /// Its digest.
        digest: Digest,
    },
    /// Somebody outside reported on a component.
    ReportReceived {
        /// `customer`, `vip` or `security`.
        what: Cow<'static, str>,
    },
    /// A run ended.
    RunEnded {
        /// The playbook.
        playbook: Name,
        /// How.
        end: RunEnd,
        /// In a few words.
        detail: String,
    },
    /// A plan was made.
    RunPlanned {
        /// The playbook.
        playbook: Name,
        /// Which attempt of this incident, from 1.
        attempt: u32,
        /// The exact plan.
        plan: Digest,
        /// What it acts on.
        targets: Vec<Name>,
        /// Its steps in words.
        steps: Vec<String>,
        /// Whether it is decided only, not executed (mode `observe`).
        trial: bool,
    },
    /// A run began.
    RunStarted {
        /// The playbook.
        playbook: Name,
        /// Which attempt.
        attempt: u32,
    },
    /// Undoing began or ended.
    RollbackMoved {
        /// `started`, `succeeded`, `failed`, `nothing to undo`.
        how: Cow<'static, str>,
    },
    /// An incident's severity changed.
    SeverityChanged {
        /// From.
        from: Severity,
        /// To.
        to: Severity,
        /// The rule of the table that decided.
        by: Name,
    },
    /// A condition that a playbook waits for has held long enough, or holds no more.
    SignalChanged {
        /// The kind of issue.
        issue: Name,
        /// The playbook whose trigger it is.
        playbook: Option<Name>,
        /// Whether it holds.
        raised: bool,
        /// The least severity it gives.
        severity: Option<Severity>,
        /// In a few words.
        detail: String,
    },
    /// A step of a run ended.
    StepEnded {
        /// The step.
        step: Name,
        /// `succeeded`, `failed`, `skipped`, `unknown`.
        how: Cow<'static, str>,
        /// In a few words.
        detail: String,
    },
    /// A command of a step was given.
    StepStarted {
        /// The step.
        step: Name,
        /// The try, from 1.
        attempt: u32,
        /// The action.
        action: Name,
        /// What it acts on.
        target: Name,
        /// The command.
        command: CommandId,
    },
    /// Nothing is done about a component, because something else comes first.
    Suppressed {
        /// What comes first.
        by: Name,
        /// Why, in a few words.
        detail: String,
    },
    /// What verification found.
    VerdictReached {
        /// The verdict.
        verdict: Verdict,
        /// Whether it only holds if nothing happens until `stable_at`.
        provisional: bool,
        /// In a few words.
        detail: String,
    },
    /// Verification began.
    VerificationStarted {
        /// From when evidence counts.
        from: Time,
        /// Until when it may take.
        within: Span,
    },
}

impl Conclusion {
    /// The name of the event, as hosts publish it: `health.degraded`, `incident.created`, `remediation.started` …
    pub fn topic(&self) -> &'static str {
        match self {
            Conclusion::ApprovalGranted { .. } => "approval.granted",
            Conclusion::ApprovalLost { .. } => "approval.lost",
            Conclusion::ApprovalRequested { .. } => "approval.requested",
            Conclusion::BreakerChanged { .. } => "breaker.changed",
            Conclusion::CheckFound { .. } => "check.found",
            Conclusion::CommandEnded { .. } => "command.ended",
            Conclusion::ComponentRegistered {} => "component.registered",
            Conclusion::ComponentRemoved {} => "component.removed",
            Conclusion::ControlChanged { .. } => "control.changed",
            Conclusion::DeliveryFailed { .. } => "notification.failed",
            Conclusion::EscalationReached { .. } => "escalation.level",
            Conclusion::EscalationStarted { .. } => "escalation.started",
            Conclusion::FaultLatched { .. } => "engine.fault",
            Conclusion::GateDecided { .. } => "gate.decided",
            Conclusion::HealthChanged { from, to, .. } => health_topic(*from, *to),
            Conclusion::IncidentAcknowledged { .. } => "incident.acknowledged",
            Conclusion::IncidentJoined { .. } => "incident.joined",
            Conclusion::IncidentMoved { to: Phase::Resolved, .. } => "incident.resolved",
            Conclusion::IncidentMoved { to: Phase::Closed, .. } => "incident.closed",
            Conclusion::IncidentMoved { .. } => "incident.moved",
            Conclusion::IncidentOpened { .. } => "incident.created",
            Conclusion::IncidentReopened {} => "incident.reopened",
            Conclusion::InputRefused { .. } => "input.refused",
            Conclusion::Overloaded { .. } => "engine.overloaded",
            Conclusion::MessageWanted { .. } => "message.wanted",
            Conclusion::OutcomeRecorded { .. } => "learn.outcome",
            Conclusion::PlaybooksExhausted { .. } => "remediation.exhausted",
            Conclusion::PolicyReplaced { .. } => "policy.replaced",
            Conclusion::ReportReceived { .. } => "report.received",
            Conclusion::RunEnded { end: RunEnd::Succeeded, .. } => "remediation.completed",
            Conclusion::RunEnded { .. } => "remediation.failed",
            Conclusion::RunPlanned { .. } => "remediation.planned",
            Conclusion::RunStarted { .. } => "remediation.started",
            Conclusion::RollbackMoved { .. } => "remediation.rollback",
            Conclusion::SeverityChanged { .. } => "incident.severity",
            Conclusion::SignalChanged { .. } => "signal.changed",
            Conclusion::StepEnded { .. } => "step.ended",
            Conclusion::StepStarted { .. } => "step.started",
            Conclusion::Suppressed { .. } => "remediation.suppressed",
            Conclusion::VerdictReached { .. } => "verification.verdict",
            Conclusion::VerificationStarted { .. } => "verification.started",
        }
    }
}

fn health_topic(from: State, to: State) -> &'static str {
    match to {
        State::Healthy if from == State::Unknown => "health.known",
        State::Healthy => "health.recovered",
        State::Unknown => "health.unknown",
        State::Degraded => "health.degraded",
        State::Unhealthy => "health.unhealthy",
        State::Critical => "health.critical",
    }
}
