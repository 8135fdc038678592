//! The names under which hosts publish facts as events.

use crate::model::conclusion::Conclusion;
use crate::model::health::State;
use crate::model::incident::Phase;
use crate::model::run::RunEnd;

impl Conclusion {
    /// The name of the event, as hosts publish it: `health.degraded`, `incident.created`, `remediation.started` …
    pub fn topic(&self) -> &'static str {
        match self {
            Conclusion::ApprovalGranted { .. } => "approval.granted",
            Conclusion::ApprovalLost { .. } => "approval.lost",
            Conclusion::ApprovalRequested { .. } => "approval.requested",
            Conclusion::BlastAssessed(_) => "blast.assessed",
            Conclusion::BreakerChanged { .. } => "breaker.changed",
            Conclusion::CheckFound { .. } => "check.found",
            Conclusion::CommandEnded { .. } => "command.ended",
            Conclusion::ComponentRegistered {} => "component.registered",
            Conclusion::ComponentRemoved {} => "component.removed",
            Conclusion::ControlChanged { .. } => "control.changed",
            Conclusion::DeliveryFailed(_) => "notification.failed",
            Conclusion::EscalationReached { .. } => "escalation.level",
            Conclusion::EscalationStarted { .. } => "escalation.started",
            Conclusion::EscalationWanted { .. } => "escalation.wanted",
            Conclusion::EvidenceAsked(_) => "evidence.asked",
            Conclusion::EvidenceFound(_) => "evidence.found",
            Conclusion::EvidenceMissed(_) => "evidence.missed",
            Conclusion::FaultLatched { .. } => "engine.fault",
            Conclusion::FlappingBegan(_) => "health.flapping",
            Conclusion::FlappingEnded {} => "health.calm",
            Conclusion::GateDecided { .. } => "gate.decided",
            Conclusion::GraceOpened(_) => "health.grace",
            Conclusion::HealthChanged { from, to, .. } => health_topic(*from, *to),
            Conclusion::IncidentAcknowledged { .. } => "incident.acknowledged",
            Conclusion::IncidentJoined { .. } => "incident.joined",
            Conclusion::IncidentMoved { to: Phase::Resolved, .. } => "incident.resolved",
            Conclusion::IncidentMoved { to: Phase::Closed, .. } => "incident.closed",
            Conclusion::IncidentMoved { .. } => "incident.moved",
            Conclusion::IncidentOpened { .. } => "incident.created",
            Conclusion::IncidentReopened {} => "incident.reopened",
            Conclusion::IncidentUnacknowledged(_) => "incident.unacknowledged",
            Conclusion::InputRefused { .. } => "input.refused",
            Conclusion::Overloaded { .. } => "engine.overloaded",
            Conclusion::MessageWanted { .. } => "message.wanted",
            Conclusion::NotificationWithheld(_) => "notification.withheld",
            Conclusion::OnCallChanged(_) => "on_call.changed",
            Conclusion::OutcomeRecorded { .. } => "learn.outcome",
            Conclusion::PlaybooksExhausted { .. } => "remediation.exhausted",
            Conclusion::PolicyReplaced { .. } => "policy.replaced",
            Conclusion::ReportReceived { .. } => "report.received",
            Conclusion::RolloutMoved(_) => "remediation.rollout",
            Conclusion::RunEnded { end: RunEnd::Succeeded, .. } => "remediation.completed",
            Conclusion::RunEnded { .. } => "remediation.failed",
            Conclusion::RunPlanned { .. } => "remediation.planned",
            Conclusion::RunStarted { .. } => "remediation.started",
            Conclusion::RollbackMoved { .. } => "remediation.rollback",
            Conclusion::SeverityChanged { .. } => "incident.severity",
            Conclusion::SignalChanged { .. } => "signal.changed",
            Conclusion::SilenceChanged(_) => "silence.changed",
            Conclusion::StepEnded { .. } => "step.ended",
            Conclusion::StepPaused { .. } => "step.paused",
            Conclusion::StepStarted { .. } => "step.started",
            Conclusion::StormChanged { active: true, .. } => "storm.changed",
            Conclusion::StormChanged { .. } => "storm.ended",
            Conclusion::Suppressed { .. } => "remediation.suppressed",
            Conclusion::VerdictReached { .. } => "verification.verdict",
            Conclusion::VerificationStarted { step: Some(_), .. } => "step.verifying",
            Conclusion::VerificationStarted { .. } => "verification.started",
            Conclusion::VerificationWeighed(_) => "verification.weighed",
            Conclusion::WarmUpBegan(_) => "engine.warming_up",
            Conclusion::WarmUpEnded(_) => "engine.warmed_up",
            Conclusion::WindowChanged(_) => "window.changed",
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
