//! What goes into the audit chain: every permission and refusal, every command, every switch, every verdict.

use homeostat_core::model::command::{Command, Execution};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::primitives::json;
use serde::Serialize;

/// One row: a conclusion, or a command before it is carried out.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Row<'a> {
    Concluded { event: i64, fact: &'a Fact },
    Commanded { event: i64, execution: &'a Execution },
}

/// The rows of one input, in order: what was concluded, then each change of the world exactly once.
pub(super) fn rows(facts: &[Fact], commands: &[Command], event: i64) -> Vec<Vec<u8>> {
    let concluded = facts.iter().filter(|fact| is_audited(fact)).map(|fact| Row::Concluded { event, fact });
    let commanded = commands.iter().filter_map(|command| match command {
        Command::Execute(execution) => Some(Row::Commanded { event, execution }),
        Command::CollectEvidence(_) | Command::Notify(_) | Command::RunCheck(_) => None,
    });
    // Rows always have a form in JSON: their keys are texts.
    concluded.chain(commanded).filter_map(|row| json::canonical(&row).ok()).collect()
}

fn is_audited(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::ApprovalGranted { .. }
            | Conclusion::ApprovalLost { .. }
            | Conclusion::ApprovalRequested { .. }
            | Conclusion::BlastAssessed(_)
            | Conclusion::BreakerChanged { .. }
            | Conclusion::CommandEnded { .. }
            | Conclusion::ComponentRegistered {}
            | Conclusion::ComponentRemoved {}
            | Conclusion::ControlChanged { .. }
            | Conclusion::DeliveryFailed(_)
            | Conclusion::EscalationReached { .. }
            | Conclusion::EvidenceMissed(_)
            | Conclusion::FaultLatched { .. }
            | Conclusion::GateDecided { .. }
            | Conclusion::IncidentAcknowledged { .. }
            | Conclusion::IncidentMoved { .. }
            | Conclusion::IncidentOpened { .. }
            | Conclusion::IncidentUnacknowledged(_)
            | Conclusion::InputRefused { .. }
            | Conclusion::NotificationWithheld(_)
            | Conclusion::OnCallChanged(_)
            | Conclusion::SilenceChanged(_)
            | Conclusion::PolicyReplaced { .. }
            | Conclusion::RollbackMoved { .. }
            | Conclusion::RolloutMoved(_)
            | Conclusion::RunEnded { .. }
            | Conclusion::RunPlanned { .. }
            | Conclusion::RunStarted { .. }
            | Conclusion::SeverityChanged { .. }
            | Conclusion::StepStarted { .. }
            | Conclusion::VerdictReached { .. }
    )
}
