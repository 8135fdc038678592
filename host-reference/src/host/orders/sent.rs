//! Events as they stand, from whoever sends them.

use super::Refused;
use homeostat_core::model::event::{Event, Principal};
use homeostat_core::policy::authority::Verb;
use homeostat_core::policy::problem::{shown, suggest};

/// The events that say by whom: the engine asks his roles.
const SIGNED: &[&str] = &[
    "acknowledged",
    "acknowledgement_withdrawn",
    "approval_decided",
    "breaker_reset",
    "incident_ordered",
    "kill_engaged",
    "kill_released",
    "mode_changed",
    "on_call_ordered",
    "policy_replaced",
    "rollback_ordered",
    "silence_ended",
    "silence_ordered",
    "run_cancelled",
    "run_ordered",
    "storm_released",
    "window_closed",
    "window_opened",
];

/// An event from outside. Who is behind it is who sent it, whatever it says; what only the host can know is refused.
pub(super) fn as_sent(mut value: serde_json::Value, sender: &Principal) -> Result<Event, Refused> {
    if !value.is_object() {
        let why = "not an event: expected a JSON object such as those of `homeostat send --help`";
        return Err(Refused::Malformed(why.to_owned()));
    }
    let kind = value.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
    if let Some(why) = unsendable(kind) {
        return Err(Refused::Malformed(why));
    }
    let signed = is_signed(&value);
    if let Some(fields) = value.as_object_mut().filter(|_| signed) {
        let by = serde_json::to_value(sender).map_err(|error| Refused::Malformed(error.to_string()))?;
        fields.insert("by".to_owned(), by);
    }
    let event: Event =
        serde_json::from_value(value).map_err(|error| Refused::Malformed(format!("not an event: {error}")))?;
    let may_configure = Verb::ReplacePolicy.check(sender).is_ok();
    let why = match &event {
        Event::ComponentRegistered { .. } | Event::ComponentRemoved { .. } if !may_configure => {
            "registering and removing components takes an admin, as replacing the policy does"
        }
        Event::CheckReported(report) if report.asked_at.is_some() => "only the host answers what was asked",
        _ => return Ok(event),
    };
    Err(Refused::Malformed(why.to_owned()))
}

pub(super) fn is_signed(event: &serde_json::Value) -> bool {
    event.get("type").and_then(|kind| kind.as_str()).is_some_and(|kind| SIGNED.contains(&kind))
}

/// What of an event type tells at once that nobody but the host may send it, or that there is none.
fn unsendable(kind: &str) -> Option<String> {
    const INTERNAL: [&str; 7] = [
        "delivery_reported",
        "event_refused",
        "evidence_reported",
        "host_reported",
        "outcome_reported",
        "started",
        "time_advanced",
    ];
    const SENDABLE: &[&str] = &[
        "acknowledged",
        "acknowledgement_withdrawn",
        "alert_raised",
        "approval_decided",
        "breaker_reset",
        "change_reported",
        "check_reported",
        "component_registered",
        "component_removed",
        "customer_reported",
        "heartbeat_received",
        "incident_ordered",
        "kill_engaged",
        "kill_released",
        "log_seen",
        "mode_changed",
        "on_call_ordered",
        "policy_replaced",
        "rollback_ordered",
        "run_cancelled",
        "run_ordered",
        "sample_reported",
        "security_alerted",
        "silence_ended",
        "silence_ordered",
        "storm_released",
        "window_closed",
        "window_opened",
    ];
    let listed = || SENDABLE.join("`, `");
    match kind {
        "" => Some(format!("not an event: it has no `type`, expected one of `{}`", listed())),
        kind if INTERNAL.contains(&kind) => Some(format!("only the host itself says `{kind}`")),
        kind if SENDABLE.contains(&kind) => None,
        kind => Some(match suggest(kind, SENDABLE.iter().copied()) {
            Some(near) => format!("not an event: unknown type `{}`, did you mean `{near}`?", shown(kind)),
            None => format!("not an event: unknown type `{}`, expected one of `{}`", shown(kind), listed()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sender() -> Principal {
        Principal { id: "ann".into(), roles: ["operator".into()].into() }
    }

    #[test]
    fn nobody_speaks_for_another_and_nobody_for_the_host() {
        let forged = json!({ "type": "kill_engaged", "reason": "x", "by": { "id": "root", "roles": ["admin"] } });
        assert_eq!(as_sent(forged, &sender()), Ok(Event::KillEngaged { reason: "x".into(), by: sender() }));
        let unsigned = json!({ "type": "mode_changed", "mode": "off" });
        assert_eq!(as_sent(unsigned, &sender()), Ok(Event::ModeChanged { mode: "off".into(), by: sender() }));
        for forged in [
            json!({ "type": "started", "epoch": 9 }),
            json!({ "type": "time_advanced" }),
            json!({ "type": "evidence_reported", "id": "05657c1dca06a2cf4eafb3d5a39f3aa0", "epoch": 1 }),
            json!({ "type": "host_reported", "well": true, "detail": "" }),
            json!({ "type": "no such event" }),
            json!({ "type": "component_removed", "component": "web" }),
            json!(7),
        ] {
            assert!(matches!(as_sent(forged, &sender()), Err(Refused::Malformed(_))));
        }
        let said = |kind: &str| match as_sent(json!({ "type": kind }), &sender()) {
            Err(Refused::Malformed(why)) => why,
            other => panic!("{kind}: {other:?}"),
        };
        assert!(said("no such event").contains("expected one of `acknowledged`"), "{}", said("no such event"));
        assert!(!said("no such event").contains("time_advanced"), "what nobody may send is not offered");
        assert!(said("sample_reportd").ends_with("did you mean `sample_reported`?"), "{}", said("sample_reportd"));
        assert_eq!(said("outcome_reported"), "only the host itself says `outcome_reported`");
        let admin = Principal { id: "ann".into(), roles: ["admin".into()].into() };
        assert!(as_sent(json!({ "type": "component_removed", "component": "web" }), &admin).is_ok());
    }
}
