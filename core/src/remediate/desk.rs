//! What every part of this stage works on: the context, the knowledge, and the draft of what is concluded.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::model::incident::{Incident, Phase};
use crate::primitives::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

/// The context, the knowledge, and the draft of what is concluded.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Time, policy, input.
    pub context: &'a Context<'a>,
    /// What is known; what is concluded here is not in it until this stage is done.
    pub knowledge: &'a Knowledge,
    /// What earlier stages concluded.
    pub said: &'a [Fact],
    /// What is concluded here.
    pub out: &'a mut Draft,
    phases: BTreeMap<IncidentId, Phase>,
    unproven: BTreeSet<IncidentId>,
}

impl<'a> Desk<'a> {
    /// An empty desk.
    pub fn new(context: &'a Context<'a>, knowledge: &'a Knowledge, said: &'a [Fact], out: &'a mut Draft) -> Desk<'a> {
        Desk { context, knowledge, said, out, phases: BTreeMap::new(), unproven: BTreeSet::new() }
    }

    /// The engine's time.
    pub fn now(&self) -> Time {
        self.context.now
    }

    /// Concludes `said` by `rule`, because of what set the engine going.
    pub fn fact(&self, rule: &'static str, said: Conclusion) -> Fact {
        Fact::new(self.context.now, rule, said).because([self.context.event_id()])
    }

    /// Writes a fact down.
    pub fn say(&mut self, fact: Fact) {
        self.out.facts.push(fact);
    }

    /// Refuses the input: recorded, and nothing else changes.
    pub fn refuse(&mut self, rule: &'static str, reason: String) {
        let fact = self.fact(rule, Conclusion::InputRefused { reason });
        self.say(fact);
    }

    /// Where `incident` is, what was concluded here included.
    pub fn phase(&self, incident: &Incident) -> Phase {
        self.phases.get(&incident.id).copied().unwrap_or(incident.phase)
    }

    /// Takes note that a run left `incident` better, not as it has to be.
    pub fn leave_open(&mut self, incident: IncidentId) {
        self.unproven.insert(incident);
    }

    /// Whether a run left `incident` better, not as it has to be, what was concluded here included.
    pub fn is_unproven(&self, incident: IncidentId) -> bool {
        self.unproven.contains(&incident) || self.knowledge.runs.is_unproven(incident)
    }

    /// Moves `incident` on; where it already is, nothing is said. A way the lifecycle does not have is a fault.
    pub fn move_to(&mut self, incident: IncidentId, to: Phase, rule: &'static str, detail: &str) {
        let Some(known) = self.knowledge.incidents.get(incident) else { return };
        let from = self.phase(known);
        if from == to || from == Phase::Closed {
            return;
        }
        let said = if from.leads_to(to) {
            self.phases.insert(incident, to);
            Conclusion::IncidentMoved { from, to, detail: detail.into() }
        } else {
            Conclusion::FaultLatched {
                what: format!("incident {incident} cannot go from {} to {}", from.as_str(), to.as_str()),
            }
        };
        let fact = self.fact(rule, said).component(&known.component).incident(incident);
        self.say(fact);
    }
}
