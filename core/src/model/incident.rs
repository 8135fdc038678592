//! Incidents: issues handled as one, with a lifecycle.

use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::names::Names;
use crate::primitives::time::Time;
use serde::{Deserialize, Serialize};

/// Where an incident is on its way. `OPEN → ANALYZING → WORKING → CLOSED`, with `ESCALATED`, and `RESOLVED` until stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Just opened.
    Open,
    /// Looking for what can be done.
    Analyzing,
    /// A plan waits for a person.
    AwaitingApproval,
    /// A plan is being carried out.
    Remediating,
    /// The plan is carried out; its effect is watched.
    Verifying,
    /// Looks well again; not yet stable.
    Resolved,
    /// Handed to people.
    Escalated,
    /// Over.
    Closed,
}

impl Phase {
    /// Whether the lifecycle has a way from this phase to `next`.
    ///
    /// | from | to |
    /// |---|---|
    /// | open | analyzing, escalated, resolved |
    /// | analyzing | awaiting approval, remediating, escalated, resolved |
    /// | awaiting approval | analyzing, remediating, escalated, resolved |
    /// | remediating | analyzing, verifying, escalated |
    /// | verifying | analyzing, resolved, escalated |
    /// | resolved | analyzing, escalated, closed |
    /// | escalated | analyzing, awaiting approval, remediating, verifying, resolved, closed |
    /// | closed | open (reopened) |
    pub const fn leads_to(self, next: Phase) -> bool {
        use Phase::{Analyzing, AwaitingApproval, Closed, Escalated, Open, Remediating, Resolved, Verifying};
        match self {
            Open => matches!(next, Analyzing | Escalated | Resolved),
            Analyzing => matches!(next, AwaitingApproval | Remediating | Escalated | Resolved),
            AwaitingApproval => matches!(next, Analyzing | Remediating | Escalated | Resolved),
            Remediating => matches!(next, Analyzing | Verifying | Escalated),
            Verifying => matches!(next, Analyzing | Resolved | Escalated),
            Resolved => matches!(next, Analyzing | Escalated | Closed),
            Escalated => matches!(next, Analyzing | AwaitingApproval | Remediating | Verifying | Resolved | Closed),
            Closed => matches!(next, Open),
        }
    }

    /// The name as facts and people spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Open => "open",
            Phase::Analyzing => "analyzing",
            Phase::AwaitingApproval => "awaiting_approval",
            Phase::Remediating => "remediating",
            Phase::Verifying => "verifying",
            Phase::Resolved => "resolved",
            Phase::Escalated => "escalated",
            Phase::Closed => "closed",
        }
    }
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The component it is about: the likely root.
    pub component: Name,
    /// The kind of issue: `down`, or the issue of the signal that opened it.
    pub issue: Name,
    /// Where it is on its way.
    pub phase: Phase,
    /// How bad it is.
    pub severity: Severity,
    /// When the first sign of it was seen.
    pub onset: Time,
    /// When it was opened.
    pub detected: Time,
    /// Start of the confirmed healthy run, once resolved.
    pub recovered: Option<Time>,
    /// When it was closed.
    pub closed: Option<Time>,
    /// How it was closed: `remediated`, `recovered` (by itself or by people), `closed by <person>`.
    pub resolution: Option<alloc::string::String>,
    /// Components that are part of it, the root included.
    pub members: Names,
    /// The services of its members, as they were when they joined; none is counted before a second one joins.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub services: Names,
    /// How often it was reopened.
    pub epoch: u32,
    /// The incident it came back from, more than an hour after that was closed.
    pub recurrence_of: Option<IncidentId>,
    /// Whether people have been called for it, ever.
    pub escalated: bool,
    /// Until when an acknowledgement holds.
    pub acknowledged_until: Option<Time>,
    /// The event that opened it.
    pub opened_by: EventId,
    /// How its end is seen, whatever the policy asks by then. Unset where it was opened before that was remembered.
    #[serde(default)]
    pub evidence: Option<Evidence>,
}

/// The issue of a component that stays DEGRADED.
pub const DEGRADED: &str = "degraded";

/// Whether the issue is what health says, not a signal.
pub fn is_outage(issue: &Name) -> bool {
    matches!(issue.as_str(), "down" | "critical" | DEGRADED)
}

/// The state in which a component bears out what health says of it as `issue`.
pub fn borne_out_by(issue: &Name) -> State {
    if issue.as_str() == DEGRADED { State::Degraded } else { State::Unhealthy }
}

/// How the end of an issue is seen: by what bore it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// By the health of the component.
    Health,
    /// By the end of the signal that a playbook's condition raised.
    Signal,
    /// Not at all: somebody outside said it, and a run that answers it or a person has to end it.
    Word,
}

impl Incident {
    /// Whether it is not closed.
    pub fn is_open(&self) -> bool {
        self.phase != Phase::Closed
    }
}
