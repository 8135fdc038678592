//! What people and programs on this machine ask of the host, and how it becomes an event.

mod find;
mod may;
mod sent;

pub(crate) use find::find_incident_by;

use super::people::Peer;
use find::{find_incident, find_plan, find_reason, find_run, find_run_to_undo, find_silence};
use homeostat_core::engine::Engine;
use homeostat_core::model::area::Area;
use homeostat_core::model::event::{Event, IncidentOrder};
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::severity::Severity;
use homeostat_core::model::silence::Silence;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};
use may::{may_order, may_report};
use sent::{as_sent, is_signed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One request over the socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Somebody takes care of an incident.
    Acknowledge {
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
    /// An incident is closed.
    Close {
        /// Its number, or the beginning of its id.
        incident: String,
        /// How it was solved.
        resolution: String,
    },
    /// A plan is approved or denied.
    Decide {
        /// The beginning of its digest.
        plan: String,
        /// Approved, or denied.
        approved: bool,
    },
    /// What was silent is told again.
    EndSilence {
        /// The beginning of its id, or what it is of.
        silence: String,
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
    /// An incident is explained: a question.
    Explain {
        /// Its number, or the beginning of its id; none: the latest that is open, else the latest.
        incident: Option<String>,
    },
    /// Somebody gives back an incident that was taken.
    GiveBack {
        /// Its number, or the beginning of its id.
        incident: String,
    },
    /// How a component was: a question.
    History {
        /// Which.
        component: Name,
    },
    /// All incidents: a question.
    Incidents {},
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
    /// Somebody stands in on call.
    OnCall {
        /// For whom: the rotation.
        rotation: Name,
        /// Who.
        who: Name,
        /// For how long.
        lasts: Span,
    },
    /// A breaker is closed again, and a frozen component freed.
    Reset {
        /// Whose breaker; `all`: the one for all.
        playbook: Name,
        /// On which component; none: the playbook's own.
        component: Option<Name>,
    },
    /// What was stopped may go on.
    Resume {
        /// The reason that no longer holds; none: the only one.
        reason: Option<String>,
    },
    /// What a run did is undone.
    RollBack {
        /// The number of its incident, or the beginning of its own id.
        run: String,
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
    /// Something is not told for a time.
    Silence {
        /// Components, services or groups; none: any.
        #[serde(default)]
        of: Vec<Name>,
        /// Kinds of issue; none: any.
        #[serde(default)]
        issues: Vec<Name>,
        /// The number of an incident, or the beginning of its id; none: any.
        #[serde(default)]
        incident: Option<String>,
        /// This mild or milder.
        at_most: Severity,
        /// For how long.
        lasts: Span,
        /// Why.
        reason: String,
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
    now: Time,
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
        Order::Decide { plan, approved } => {
            Event::ApprovalDecided { plan: find_plan(&plan, engine, numbers)?, approved, by }
        }
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
        Order::Close { incident, resolution } => {
            let incident = find_incident(&incident, engine, numbers)?;
            Event::IncidentOrdered { incident, order: IncidentOrder::Close { resolution }, by }
        }
        Order::EndSilence { silence } => Event::SilenceEnded { silence: find_silence(&silence, engine, now)?, by },
        Order::OnCall { rotation, who, lasts } => Event::OnCallOrdered { rotation, who, until: now.after(lasts), by },
        Order::Reset { playbook, component } => Event::BreakerReset { playbook, component, by },
        Order::RollBack { run } => Event::RollbackOrdered { run: find_run_to_undo(&run, engine, numbers)?, by },
        Order::Silence { of, issues, incident, at_most, lasts, reason } => {
            let incident = incident.map(|wanted| find_incident(&wanted, engine, numbers)).transpose()?;
            let (of, issues) = (of.into_iter().collect(), issues.into_iter().collect());
            let silence = Silence { of, issues, incident, at_most, until: now.after(lasts), reason };
            Event::SilenceOrdered { silence, by }
        }
        Order::Severity { incident, severity } => {
            let incident = find_incident(&incident, engine, numbers)?;
            Event::IncidentOrdered { incident, order: IncidentOrder::SetSeverity { severity }, by }
        }
        Order::Run { playbook, component } => Event::RunOrdered { playbook, component, by },
        Order::Kill { reason } => Event::KillEngaged { reason, by },
        Order::Mode { mode } => Event::ModeChanged { mode, by },
        Order::Resume { reason } => Event::KillReleased { reason: find_reason(reason, engine)?, by },
        Order::Explain { .. } | Order::History { .. } | Order::Incidents {} | Order::Status {} => {
            return Err(Refused::NotFound("a question is no event".to_owned()));
        }
    };
    may_order(&event, engine.policy())?;
    Ok((event, None))
}
