//! Who may give which order, as far as that can be told before the engine sees it.

use super::super::people::Peer;
use super::Refused;
use homeostat_core::model::event::{Event, IncidentOrder, Principal};
use homeostat_core::model::window::WindowKind;
use homeostat_core::policy::Policy;
use homeostat_core::policy::authority::Verb;
use homeostat_core::primitives::name::Name;

/// Whoever holds none of the roles that an order takes is refused before the engine sees it, so that no more is kept of
/// it than that. The engine asks again, for the very plan and mode.
pub(super) fn may_order(event: &Event, policy: &Policy) -> Result<(), Refused> {
    let (what, allowed) = match event {
        Event::Acknowledged { by, .. } | Event::AcknowledgementWithdrawn { by, .. } => {
            ("acknowledge", Verb::Acknowledge.check(by))
        }
        Event::ApprovalDecided { by, .. } => ("approve or deny", may_approve(by, policy)),
        Event::BreakerReset { by, .. } => ("reset a breaker", Verb::UndoOrReset.check(by)),
        Event::IncidentOrdered { order: IncidentOrder::Close { .. }, by, .. } => {
            ("close an incident", Verb::CloseIncident.check(by))
        }
        Event::IncidentOrdered { order: IncidentOrder::SetSeverity { .. }, by, .. } => {
            ("set a severity", Verb::SetSeverity.check(by))
        }
        Event::KillEngaged { by, .. } => ("kill", Verb::Kill.check(by)),
        Event::KillReleased { by, .. } => ("resume", Verb::Resume.check(by)),
        // Who may raise it may lower it, too.
        Event::ModeChanged { by, .. } => ("set the mode", Verb::LowerMode.check(by)),
        Event::OnCallOrdered { by, .. } => ("say who is on call", Verb::SetOnCall.check(by)),
        Event::PolicyReplaced { by, .. } => ("replace the policy", Verb::ReplacePolicy.check(by)),
        Event::StormReleased { by, .. } => ("end a storm", Verb::EndStorm.check(by)),
        Event::SilenceEnded { by, .. } | Event::SilenceOrdered { by, .. } => ("silence", Verb::Silence.check(by)),
        Event::RollbackOrdered { by, .. } => ("undo a run", Verb::UndoOrReset.check(by)),
        Event::RunOrdered { by, .. } => ("order a run", Verb::StartRun.check(by)),
        Event::RunCancelled { by, .. } => ("call off a run", Verb::UndoOrReset.check(by)),
        Event::WindowClosed { by, .. } => ("close a window", Verb::Maintain.check(by)),
        Event::WindowOpened { kind: WindowKind::Change, by, .. } => {
            ("open a change window", Verb::OpenChangeWindow.check(by))
        }
        Event::WindowOpened { kind: WindowKind::Maintenance, by, .. } => {
            ("open a maintenance window", Verb::Maintain.check(by))
        }
        _ => return Ok(()),
    };
    allowed.map_err(|why| Refused::Malformed(format!("{what}: {why}")))
}

/// Whether there can be a plan that he approves.
fn may_approve(by: &Principal, policy: &Policy) -> Result<(), String> {
    let any_of = &policy.safety().approval.any_of;
    // Of what is critical a leader is asked, too, and what is wide others sign off.
    let signs = ["sre_lead", "engineering_manager", "cto", "vp_engineering"];
    if signs.iter().any(|role| by.roles.contains(*role)) || by.roles.iter().any(|role| any_of.contains(role)) {
        return Ok(());
    }
    let roles = any_of.iter().map(Name::as_str).collect::<Vec<_>>().join("`, `");
    Err(format!("`{}` holds none of the roles that may: expected one of `{roles}`", by.id))
}

/// What is reported moves the engine as an order does, so it takes more than looking on: `source`, or a role that may
/// acknowledge. Root and the user who runs the host may, whatever the policy names.
pub(super) fn may_report(peer: &Peer, by: &Principal) -> Result<(), Refused> {
    let allowed = peer.is_at_home() || by.roles.contains("source") || Verb::Acknowledge.check(by).is_ok();
    let roles = Verb::Acknowledge.roles().join("`, `");
    let why = || format!("`{}` holds none of the roles that may report: expected one of `source`, `{roles}`", by.id);
    if allowed { Ok(()) } else { Err(Refused::Malformed(why())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_on_reports_nothing() {
        let ann = Peer { name: "ann".into(), uid: 3_999_999_001 };
        let with = |role: &str| Principal { id: "ann".into(), roles: [role.into()].into() };
        for (role, allowed) in [("viewer", false), ("auditor", false), ("responder", true), ("source", true)] {
            assert_eq!(may_report(&ann, &with(role)).is_ok(), allowed, "{role}");
        }
        let root = Peer { name: "root".into(), uid: 0 };
        assert!(may_report(&root, &with("viewer")).is_ok());
    }
}
