//! Everything a stage can conclude.

use crate::model::area::Area;
use crate::model::calm::{Changed, Flapped, Warm, Warming};
use crate::model::event::OutcomeResult;
use crate::model::evidence::{EvidenceAsked, EvidenceFound, EvidenceMissed};
use crate::model::gate::{LinkResult, Occasion};
use crate::model::health::{CheckVerdict, State};
use crate::model::ids::{CommandId, IncidentId};
use crate::model::incident::Phase;
use crate::model::on_call::{GivenBack, OnCall};
use crate::model::run::{RunEnd, Stage, Verdict, Weighed};
use crate::model::severity::Severity;
use crate::model::silence::{Silenced, Undelivered, Withheld};
use crate::model::window::WindowChange;
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

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
        /// `denied`, `withdrawn` (by somebody who had approved or ordered it), `expired`, `void` …
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
        /// All of these roles besides, each held by another person.
        all_of: Vec<Name>,
        /// By so many people at least; unset: by one.
        people: Option<u32>,
    },
    /// How far something reaches: what is sick in an incident, or what a plan can hit.
    BlastAssessed(crate::model::radius::Assessed),
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
    DeliveryFailed(Undelivered),
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
    /// People are to be called one level up their chain.
    EscalationWanted {
        /// The rule of the severity table that asks for it.
        by: Name,
    },
    /// Evidence was asked for, before the first action or after it.
    EvidenceAsked(EvidenceAsked),
    /// Evidence came in.
    EvidenceFound(EvidenceFound),
    /// Evidence did not come in time: it is acted without.
    EvidenceMissed(EvidenceMissed),
    /// Something in the engine is contradictory: it acts no more until people release it.
    FaultLatched {
        /// What.
        what: String,
    },
    /// A component changes its state too often: the worse one is held, and no run is started on it.
    FlappingBegan(Flapped),
    /// A component has been calm for long enough.
    FlappingEnded {},
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
    /// A component was changed on purpose: until then it is only observed.
    GraceOpened(Changed),
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
        /// How: `dependency`, `root` (it became that), `same`, `deploy` (after one change), `storm` (many at once, or too many).
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
    /// Nobody has the incident any more who had taken it.
    IncidentUnacknowledged(GivenBack),
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
        /// Over which channel; unset: all of the policy.
        channel: Option<Name>,
        /// Whom; unset: whoever is on call.
        recipient: Option<Name>,
        /// What. Data only.
        text: String,
    },
    /// Somebody is not told, or not yet.
    NotificationWithheld(Withheld),
    /// Somebody stands in for whoever would be on call.
    OnCallChanged(OnCall),
    /// The numbers of a playbook after a run.
    OutcomeRecorded {
        /// The playbook.
        playbook: Name,
        /// Runs so far.
        runs: u32,
        /// Successes so far.
        successes: u32,
    },
    /// No playbook is left that fits; the rule says whether any did.
    PlaybooksExhausted {
        /// Those that were begun.
        tried: Vec<Name>,
        /// Why nothing is left, in words.
        #[serde(default)]
        detail: String,
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
    /// A stage of a rollout began, or something was found out about it.
    RolloutMoved(Stage),
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
        /// `started`, `succeeded`, `failed`, `refused`, `not begun`, `nothing to undo`, …
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
    /// Something is not told for a time, or is again.
    SilenceChanged(Silenced),
    /// A step of a run ended.
    StepEnded {
        /// The step.
        step: Name,
        /// `succeeded`, `failed`, `skipped`, `unknown`.
        how: Cow<'static, str>,
        /// In a few words.
        detail: String,
    },
    /// A step does nothing until then.
    StepPaused {
        /// The step.
        step: Name,
        /// `delay` before it, `gate`: that holds it, `retry` before its next try, `wait`: that is what it is for.
        why: Cow<'static, str>,
        /// Until when.
        until: Time,
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
    /// Many began to fail together, what they have in common was found, or it is over; the rule says which.
    StormChanged {
        /// What they have in common.
        area: Area,
        /// Whether it goes on.
        active: bool,
        /// The one component that all of them depend on, where there is one.
        root: Option<Name>,
        /// In a few words.
        detail: String,
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
        /// Since when it has been well without a break, where it is and that is final.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Time>,
    },
    /// One part of a verification was looked at.
    VerificationWeighed(Weighed),
    /// Verification began: of the whole run, or of what came before one of its steps.
    VerificationStarted {
        /// The step that only looks; unset for the verification after all of them, which decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<Name>,
        /// From when evidence counts.
        from: Time,
        /// Until when it may take.
        within: Span,
    },
    /// Everything is taken in and nothing is done, until every component with checks was heard of, or until then.
    WarmUpBegan(Warming),
    /// The warm-up is over.
    WarmUpEnded(Warm),
    /// A window opened, changed or closed.
    WindowChanged(WindowChange),
}
