//! What people and programs on this machine ask of the host, and how it becomes an event.

use super::people::Peer;
use homeostat_core::engine::Engine;
use homeostat_core::model::area::Area;
use homeostat_core::model::event::{Event, IncidentOrder, Principal};
use homeostat_core::model::ids::{IncidentId, RunId};
use homeostat_core::model::severity::Severity;
use homeostat_core::model::window::WindowKind;
use homeostat_core::policy::Policy;
use homeostat_core::policy::authority::Verb;
use homeostat_core::policy::problem::{shown, suggest};
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::name::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Digits of a plan or an incident that a person must type at least.
const SHORTEST_PREFIX: usize = 4;

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

/// One request over the socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Somebody takes care of an incident.
    Acknowledge {
        /// Its number, or the beginning of its id.
        incident: String,
    },
    /// Somebody gives back an incident that was taken.
    GiveBack {
        /// Its number, or the beginning of its id.
        incident: String,
    },
    /// A component is alive.
    Beat {
        /// Which.
        component: Name,
    },
    /// A run is called off.
    Cancel {
        /// The number of its incident, or the beginning of its own id.
        run: String,
    },
    /// A plan is approved or denied.
    Decide {
        /// The beginning of its digest.
        plan: String,
        /// Approved, or denied.
        approved: bool,
    },
    /// A storm is over.
    EndStorm {
        /// Which, by what failed together; none: each there is.
        area: Option<Area>,
    },
    /// An event as it stands; who sent it is filled in by the host.
    Event {
        /// The event.
        event: serde_json::Value,
        /// Its id with the sender, by which a repetition is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Nothing automatic is done any more.
    Kill {
        /// What for.
        reason: String,
    },
    /// The ceiling on the mode.
    Mode {
        /// `off`, `observe`, `suggest`, `approve`, `auto`.
        mode: Name,
    },
    /// What was stopped may go on.
    Resume {
        /// The reason that no longer holds; none: the only one.
        reason: Option<String>,
    },
    /// How bad an incident is.
    Severity {
        /// Its number, or the beginning of its id.
        incident: String,
        /// This.
        severity: Severity,
    },
    /// A playbook is carried out on the open incident about a component.
    Run {
        /// Which playbook.
        playbook: Name,
        /// On which component.
        component: Name,
    },
    /// How the host is.
    Status {},
}

/// Why an order did not become an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no event this host takes, or not one of who sent it; kept for the record.
    Malformed(String),
    /// It names something that is not there, or not one thing.
    NotFound(String),
}

/// The event an order stands for, and the id its sender gave it.
pub(super) fn event(
    order: Order,
    peer: &Peer,
    engine: &Engine,
    numbers: &BTreeMap<IncidentId, i64>,
) -> Result<(Event, Option<String>), Refused> {
    let by = peer.principal(engine.policy());
    let event = match order {
        Order::Acknowledge { incident } => {
            Event::Acknowledged { incident: find_incident(&incident, engine, numbers)?, by }
        }
        Order::Beat { component } => {
            may_report(peer, &by)?;
            Event::HeartbeatReceived { component }
        }
        Order::Cancel { run } => Event::RunCancelled { run: find_run(&run, engine, numbers)?, by },
        Order::Decide { plan, approved } => Event::ApprovalDecided { plan: find_plan(&plan, engine)?, approved, by },
        Order::Event { event, id } => {
            let source = format!("{}/", peer.name);
            let signed = is_signed(&event);
            let event = as_sent(event, &by)?;
            // Of those who come with no name the host has asked the role that it takes itself.
            let asked = matches!(event, Event::ComponentRegistered { .. } | Event::ComponentRemoved { .. });
            if !signed && !asked {
                may_report(peer, &by)?;
            }
            may_order(&event, engine.policy())?;
            return Ok((event, id.map(|id| source + &id)));
        }
        Order::EndStorm { area } => Event::StormReleased { area, by },
        Order::GiveBack { incident } => {
            Event::AcknowledgementWithdrawn { incident: find_incident(&incident, engine, numbers)?, by }
        }
        Order::Severity { incident, severity } => {
            let incident = find_incident(&incident, engine, numbers)?;
            Event::IncidentOrdered { incident, order: IncidentOrder::SetSeverity { severity }, by }
        }
        Order::Run { playbook, component } => Event::RunOrdered { playbook, component, by },
        Order::Kill { reason } => Event::KillEngaged { reason, by },
        Order::Mode { mode } => Event::ModeChanged { mode, by },
        Order::Resume { reason } => Event::KillReleased { reason: find_reason(reason, engine)?, by },
        Order::Status {} => return Err(Refused::NotFound("a question is no event".to_owned())),
    };
    may_order(&event, engine.policy())?;
    Ok((event, None))
}

/// Whoever holds none of the roles that an order takes is refused before the engine sees it, so that no more is kept of
/// it than that. The engine asks again, for the very plan and mode.
fn may_order(event: &Event, policy: &Policy) -> Result<(), Refused> {
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

/// An event from outside. Who is behind it is who sent it, whatever it says; what only the host can know is refused.
fn as_sent(mut value: serde_json::Value, sender: &Principal) -> Result<Event, Refused> {
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

fn is_signed(event: &serde_json::Value) -> bool {
    event.get("type").and_then(|kind| kind.as_str()).is_some_and(|kind| SIGNED.contains(&kind))
}

/// What is reported moves the engine as an order does, so it takes more than looking on: `source`, or a role that may
/// acknowledge. Root and the user who runs the host may, whatever the policy names.
fn may_report(peer: &Peer, by: &Principal) -> Result<(), Refused> {
    let allowed = peer.is_at_home() || by.roles.contains("source") || Verb::Acknowledge.check(by).is_ok();
    let roles = Verb::Acknowledge.roles().join("`, `");
    let why = || format!("`{}` holds none of the roles that may report: expected one of `source`, `{roles}`", by.id);
    if allowed { Ok(()) } else { Err(Refused::Malformed(why())) }
}

/// What of an event type tells at once that nobody but the host may send it, or that there is none.
fn unsendable(kind: &str) -> Option<String> {
    const INTERNAL: [&str; 6] =
        ["delivery_reported", "event_refused", "host_reported", "outcome_reported", "started", "time_advanced"];
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

fn find_incident(wanted: &str, engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Result<IncidentId, Refused> {
    let found = find_incident_by(wanted, engine, numbers);
    found.ok_or_else(|| Refused::NotFound(format!("there is no incident `{wanted}`: `homeostat incidents` lists them")))
}

/// The incident of that number, or whose id begins like that.
pub(crate) fn find_incident_by(
    wanted: &str,
    engine: &Engine,
    numbers: &BTreeMap<IncidentId, i64>,
) -> Option<IncidentId> {
    let by_number = numbers.iter().find(|(_, number)| number.to_string() == wanted).map(|(id, _)| *id);
    let mut by_id = engine
        .knowledge()
        .incidents
        .iter()
        .map(|incident| incident.id)
        .filter(|id| wanted.len() >= SHORTEST_PREFIX && id.to_string().starts_with(wanted));
    by_number.or_else(|| by_id.next().filter(|_| by_id.next().is_none()))
}

/// The run under way for the incident of that number, or whose id begins like that.
fn find_run(wanted: &str, engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Result<RunId, Refused> {
    let incident = numbers.iter().find(|(_, number)| number.to_string() == wanted).map(|(id, _)| *id);
    let is_meant = |(id, of): &(RunId, IncidentId)| match incident {
        Some(incident) => *of == incident,
        None => wanted.len() >= SHORTEST_PREFIX && id.to_string().starts_with(wanted),
    };
    let mut fitting = engine.runs_under_way().filter(is_meant).map(|(id, _)| id);
    match (fitting.next(), fitting.next()) {
        (Some(run), None) => Ok(run),
        (Some(_), Some(_)) => Err(Refused::NotFound(format!("several runs begin with `{wanted}`: give more of it"))),
        (None, _) => Err(Refused::NotFound(format!(
            "no run `{wanted}` is under way, nor one for an incident of that number: see `homeostat status`"
        ))),
    }
}

fn find_plan(wanted: &str, engine: &Engine) -> Result<Digest, Refused> {
    let awaiting = engine.status().awaiting;
    let mut fitting = awaiting
        .iter()
        .map(|plan| plan.plan)
        .filter(|plan| wanted.len() >= SHORTEST_PREFIX && plan.to_string().starts_with(wanted));
    match (fitting.next(), fitting.next()) {
        (Some(plan), None) => Ok(plan),
        (Some(_), Some(_)) => Err(Refused::NotFound(format!("several plans begin with `{wanted}`: give more of it"))),
        (None, _) => {
            let known: Vec<String> =
                awaiting.iter().map(|plan| plan.plan.to_string().chars().take(12).collect()).collect();
            let waiting =
                if known.is_empty() { "none waits".to_owned() } else { format!("waiting: {}", known.join(", ")) };
            Err(Refused::NotFound(format!("no plan `{wanted}` waits for an approval; {waiting}")))
        }
    }
}

fn find_reason(wanted: Option<String>, engine: &Engine) -> Result<String, Refused> {
    let mut known = engine.knowledge().control.kills.keys();
    match (wanted, known.next(), known.next()) {
        (Some(wanted), ..) => Ok(wanted),
        (None, Some(only), None) => Ok(only.clone()),
        (None, None, _) => Err(Refused::NotFound("nothing is stopped".to_owned())),
        (None, Some(_), Some(_)) => {
            let all: Vec<String> = engine.knowledge().control.kills.keys().map(|kill| format!("`{kill}`")).collect();
            Err(Refused::NotFound(format!("it is stopped for several reasons, name one: {}", all.join(", "))))
        }
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
    fn who_only_looks_on_reports_nothing() {
        let ann = Peer { name: "ann".into(), uid: 3_999_999_001 };
        let with = |role: &str| Principal { id: "ann".into(), roles: [role.into()].into() };
        for (role, allowed) in [("viewer", false), ("auditor", false), ("responder", true), ("source", true)] {
            assert_eq!(may_report(&ann, &with(role)).is_ok(), allowed, "{role}");
        }
        let root = Peer { name: "root".into(), uid: 0 };
        assert!(may_report(&root, &with("viewer")).is_ok());
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
