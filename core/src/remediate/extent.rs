//! How far what is sick reaches (SPEC B1), said once an incident opens. How far a plan for it reaches is said with the plan.

use crate::knowledge::reach::reach;
use crate::model::fact::{Conclusion, Fact};
use crate::model::radius::Assessed;
use crate::remediate::desk::Desk;

/// Says of every incident that was opened or reopened in this pass how far its members reach.
pub fn say(desk: &mut Desk<'_>) {
    let begins =
        |fact: &&Fact| matches!(fact.said, Conclusion::IncidentOpened { .. } | Conclusion::IncidentReopened {});
    let knowledge = desk.knowledge;
    for id in desk.said.iter().filter(begins).filter_map(|fact| fact.incident) {
        let Some(incident) = knowledge.incidents.get(id) else { continue };
        let reach = reach(incident.members.iter(), &knowledge.topology);
        let fact = desk.fact("remediate.extent", Conclusion::BlastAssessed(Assessed::new("extent", reach)));
        desk.say(fact.component(&incident.component).incident(id));
    }
}
