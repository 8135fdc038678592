//! Incidents, open and lately closed.

use crate::knowledge::topology::Topology;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Evidence, Incident, Phase, borne_out_by, is_outage};
use crate::model::run::Verdict;
use crate::policy::limits::Limits;
use crate::primitives::name::Name;
use crate::primitives::names::Names;
use crate::primitives::table::ByName;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a person has closed fails still: people have it, and nothing automatic is tried.
pub const CLOSED_TOO_EARLY: &str = "analyze.closed_too_early";

/// A component that was down, or worse, within the hour is DEGRADED: its incident is back.
pub const BACK_AS_DEGRADED: &str = "analyze.reopened_degraded";

/// Incidents by id, with an index of the open ones by member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incidents {
    all: BTreeMap<IncidentId, Incident>,
    open: ByName<Ids>,
    /// The open ones; made anew after a restore.
    #[serde(skip)]
    current: BTreeSet<IncidentId>,
    /// Signals that hold now: component and issue.
    signals: BTreeSet<(Name, Name)>,
    revision: u64,
}

/// The open incidents that a component is part of, in order: mostly one.
type Ids = Vec<IncidentId>;

/// Notes that `member` is part of the open incident `id`.
fn enter(open: &mut ByName<Ids>, member: &Name, id: IncidentId) {
    let Some(ids) = open.get_mut(member) else {
        open.insert(member, [id].into());
        return;
    };
    if let Err(place) = ids.binary_search(&id) {
        ids.insert(place, id);
    }
}

impl Incidents {
    /// Whether the signal `issue` on `component` holds now.
    pub fn signal_holds(&self, component: &Name, issue: &Name) -> bool {
        !self.signals.is_empty() && self.signals.contains(&(component.clone(), issue.clone()))
    }

    /// The signals that hold on `component` now.
    pub fn signals_of(&self, component: &Name) -> impl Iterator<Item = &Name> {
        let first = (component.clone(), Name::new(""));
        self.signals.range(first..).take_while(move |(name, _)| name == component).map(|(_, issue)| issue)
    }

    /// Whether no incident is open.
    pub fn all_closed(&self) -> bool {
        self.current.is_empty()
    }

    /// The incident called `id`.
    pub fn get(&self, id: IncidentId) -> Option<&Incident> {
        self.all.get(&id)
    }

    /// All incidents, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Incident> {
        self.all.values()
    }

    /// Counts the facts about incidents: unchanged, nothing has happened to any of them.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// All open incidents, by id.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.current.iter().filter_map(|id| self.all.get(id))
    }

    /// The open incidents that `component` is part of, by id.
    pub fn open_with(&self, component: &Name) -> impl Iterator<Item = &Incident> {
        self.open.get(component).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// The latest closed incident about `issue` on `component`.
    pub fn last_closed(&self, component: &Name, issue: &Name) -> Option<&Incident> {
        let same =
            |incident: &&Incident| !incident.is_open() && incident.component == *component && incident.issue == *issue;
        self.all.values().filter(same).max_by_key(|incident| (incident.closed, incident.id))
    }

    /// What bears out the issue as it is said to be there.
    fn evidence(&self, incident: &Incident, state: Option<State>) -> Evidence {
        let seen = state.is_some_and(|state| state >= borne_out_by(&incident.issue));
        if seen && is_outage(&incident.issue) {
            Evidence::Health
        } else if self.signal_holds(&incident.component, &incident.issue) {
            Evidence::Signal
        } else {
            Evidence::Word
        }
    }

    /// Makes anew what is not part of a snapshot.
    pub(crate) fn restored(mut self) -> Incidents {
        self.current = self.open.unordered().flat_map(|(_, ids)| ids).copied().collect();
        self
    }

    /// Folds in one fact; `state` is that of the component that it names.
    pub(super) fn apply(&mut self, fact: &Fact, state: Option<State>, topology: &Topology) {
        if let (Conclusion::SignalChanged { issue, raised, .. }, Some(component)) = (&fact.said, &fact.component) {
            let signal = (component.clone(), issue.clone());
            if *raised {
                self.signals.insert(signal);
            } else {
                self.signals.remove(&signal);
            }
        }
        let Some(id) = fact.incident else { return };
        self.revision = self.revision.saturating_add(1);
        if let Some(mut incident) = opened(fact) {
            incident.evidence = Some(self.evidence(&incident, state));
            enter(&mut self.open, &incident.component, id);
            self.current.insert(id);
            self.all.insert(id, incident);
            return;
        }
        let found = self.all.get(&id).map(|incident| self.evidence(incident, state));
        let Some(incident) = self.all.get_mut(&id) else { return };
        match &fact.said {
            Conclusion::IncidentAcknowledged { until, .. } => incident.acknowledged_until = Some(*until),
            Conclusion::IncidentUnacknowledged(_) => incident.acknowledged_until = None,
            Conclusion::IncidentJoined { relation, .. } => {
                let Some(component) = &fact.component else { return };
                take_in(incident, component, topology);
                // What somebody outside said first is seen since.
                if relation == "same" && incident.evidence == Some(Evidence::Word) && incident.component == *component {
                    incident.evidence = found;
                }
                if relation == "root" {
                    incident.component = component.clone();
                }
                enter(&mut self.open, component, id);
            }
            Conclusion::IncidentMoved { to, detail, .. } => {
                if *to == Phase::Closed {
                    self.current.remove(&id);
                }
                Self::moved(&mut self.open, incident, fact, *to, detail);
            }
            Conclusion::IncidentReopened {} => {
                incident.phase = Phase::Open;
                incident.epoch = incident.epoch.saturating_add(1);
                incident.closed = None;
                incident.recovered = None;
                incident.resolution = None;
                incident.evidence =
                    match fact.rule == BACK_AS_DEGRADED && state.is_some_and(|state| state >= State::Degraded) {
                        true => Some(Evidence::Health),
                        false => found,
                    };
                self.current.insert(id);
                for member in incident.members.unordered() {
                    enter(&mut self.open, member, id);
                }
            }
            Conclusion::EscalationStarted { .. } => incident.escalated = true,
            Conclusion::VerdictReached {
                verdict: Verdict::Success, provisional: false, since: Some(since), ..
            } => {
                incident.recovered = Some(*since);
            }
            Conclusion::SeverityChanged { to, .. } => incident.severity = *to,
            _ => {}
        }
    }

    fn moved(open: &mut ByName<Ids>, incident: &mut Incident, fact: &Fact, to: Phase, detail: &str) {
        incident.phase = to;
        match to {
            Phase::Resolved => incident.recovered = Some(fact.at),
            Phase::Closed => {
                incident.closed = Some(fact.at);
                incident.resolution = Some(detail.into());
                for member in incident.members.unordered() {
                    if let Some(ids) = open.get_mut(member) {
                        ids.retain(|id| *id != incident.id);
                        if ids.is_empty() {
                            open.remove(member);
                        }
                    }
                }
            }
            Phase::Analyzing | Phase::Escalated => incident.recovered = None,
            Phase::Open | Phase::AwaitingApproval | Phase::Remediating | Phase::Verifying => {}
        }
    }

    /// Drops the oldest closed incidents beyond the limit and names them.
    pub(super) fn forget_beyond(&mut self, limits: &Limits) -> Vec<IncidentId> {
        let closed = self.all.len().saturating_sub(self.current.len());
        let excess = closed.saturating_sub(limits.closed_incidents as usize);
        if excess == 0 {
            return Vec::new();
        }
        let mut oldest: Vec<_> = self.all.values().filter(|i| !i.is_open()).map(|i| (i.closed, i.id)).collect();
        oldest.sort_unstable();
        oldest.truncate(excess);
        oldest.iter().for_each(|(_, id)| drop(self.all.remove(id)));
        oldest.into_iter().map(|(_, id)| id).collect()
    }
}

/// Makes `component` a member of the incident.
pub fn take_in(incident: &mut Incident, component: &Name, topology: &Topology) {
    let service = |member: &Name| topology.component(member).map_or(member, |known| known.service()).clone();
    if !incident.members.insert(component.clone()) {
        return;
    }
    if incident.services.is_empty() {
        incident.services = incident.members.unordered().map(service).collect();
    } else {
        incident.services.insert(service(component));
    }
}

/// The incident that a fact opens, as it is at that moment.
pub fn opened(fact: &Fact) -> Option<Incident> {
    let Conclusion::IncidentOpened { issue, severity, onset, recurrence_of } = &fact.said else { return None };
    let component = fact.component.clone()?;
    Some(Incident {
        id: fact.incident?,
        members: Names::from_iter([component.clone()]),
        services: Names::default(),
        component,
        issue: issue.clone(),
        phase: Phase::Open,
        severity: *severity,
        onset: *onset,
        detected: fact.at,
        recovered: None,
        closed: None,
        resolution: None,
        epoch: 0,
        recurrence_of: *recurrence_of,
        escalated: false,
        acknowledged_until: None,
        opened_by: fact.because.first().cloned().unwrap_or_else(|| EventId::from_text("")),
        evidence: None,
    })
}
