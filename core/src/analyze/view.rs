//! What is known, together with what this pass has said already: facts are folded only after the stage is done.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::knowledge::incidents::{opened, take_in};
use crate::knowledge::rollup::root_cause;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, Phase};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::string::ToString;
use alloc::vec::Vec;

pub(super) struct View<'a> {
    pub context: &'a Context<'a>,
    pub knowledge: &'a Knowledge,
    out: &'a mut Draft,
    /// The incidents that something was said of in this pass, by id; mostly one.
    fresh: Vec<Incident>,
    said: u64,
}

impl<'a> View<'a> {
    pub fn new(context: &'a Context<'a>, knowledge: &'a Knowledge, out: &'a mut Draft) -> View<'a> {
        View { context, knowledge, out, fresh: Vec::new(), said: 0 }
    }

    pub fn now(&self) -> Time {
        self.context.now
    }

    /// The failed component that must come first.
    pub fn root_cause(&self, component: &Name) -> Option<Name> {
        root_cause(&self.knowledge.topology, &self.knowledge.health, component)
    }

    /// Whether the component has confirmably failed. UNKNOWN is no failure.
    pub fn is_failing(&self, component: &Name) -> bool {
        self.knowledge.health.of(component, &self.knowledge.topology).state >= State::Unhealthy
    }

    /// The incident, as it is now.
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        let fresh = self.place(id).ok().and_then(|place| self.fresh.get(place));
        fresh.or_else(|| self.knowledge.incidents.get(id))
    }

    /// The open incidents that `component` is part of, by id.
    pub fn open_with(&self, component: &Name) -> Vec<IncidentId> {
        let fresh = self.fresh.iter().filter(|incident| incident.members.contains(component));
        let known = self.knowledge.incidents.open_with(component);
        let mut ids: Vec<IncidentId> = fresh.chain(known).map(|one| one.id).collect();
        ids.retain(|id| self.incident(*id).is_some_and(Incident::is_open));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Says a fact and lets the view know.
    pub fn say(&mut self, fact: Fact) {
        self.note(&fact);
        self.out.facts.push(fact);
    }

    /// A fact about an incident.
    pub fn fact(&self, rule: &'static str, id: IncidentId, said: Conclusion) -> Fact {
        Fact::new(self.now(), rule, said).incident(id)
    }

    /// Says that the input is not taken; once a pass, also if a stage before has said so.
    pub fn refuse(&mut self, rule: &'static str, said: &[Fact], reason: alloc::string::String) {
        let refused = |fact: &Fact| matches!(fact.said, Conclusion::InputRefused { .. });
        if !said.iter().chain(&self.out.facts).any(refused) {
            let fact = Fact::new(self.now(), rule, Conclusion::InputRefused { reason });
            self.say(fact.because([self.context.event_id()]));
        }
    }

    /// Says that the incident moves to `to`, which its lifecycle must allow.
    pub fn advance(&mut self, id: IncidentId, to: Phase, rule: &'static str, detail: &str, because: &EventId) {
        let Some(incident) = self.incident(id) else { return };
        let from = incident.phase;
        if from.leads_to(to) {
            let component = incident.component.clone();
            let fact = self.fact(rule, id, Conclusion::IncidentMoved { from, to, detail: detail.to_string() });
            self.say(fact.component(&component).because([because.clone()]));
        }
    }

    /// How many of the facts said in this pass are about incidents.
    pub fn said_about_incidents(&self) -> u64 {
        self.said
    }

    /// Where the incident is among the fresh ones, or belongs.
    fn place(&self, id: IncidentId) -> Result<usize, usize> {
        self.fresh.binary_search_by_key(&id, |incident| incident.id)
    }

    /// What the fold will make of the fact, as far as this stage asks.
    fn note(&mut self, fact: &Fact) {
        let Some(id) = fact.incident else { return };
        self.said = self.said.saturating_add(1);
        let place = match (self.place(id), opened(fact)) {
            (Ok(place), None) => place,
            (Ok(place), Some(incident)) => {
                self.fresh.get_mut(place).into_iter().for_each(|known| *known = incident.clone());
                return;
            }
            (Err(place), Some(incident)) => return self.fresh.insert(place, incident),
            (Err(place), None) => {
                let Some(known) = self.knowledge.incidents.get(id) else { return };
                self.fresh.insert(place, known.clone());
                place
            }
        };
        let Some(incident) = self.fresh.get_mut(place) else { return };
        match &fact.said {
            Conclusion::IncidentJoined { relation, .. } => {
                let Some(component) = &fact.component else { return };
                take_in(incident, component, &self.knowledge.topology);
                if relation == "root" {
                    incident.component = component.clone();
                }
            }
            Conclusion::IncidentMoved { to, .. } => incident.phase = *to,
            Conclusion::IncidentReopened {} => incident.phase = Phase::Open,
            Conclusion::SeverityChanged { to, .. } => incident.severity = *to,
            _ => {}
        }
    }
}
