//! Runs that a person orders (SPEC R11): the same plan, gate, verification and record as any other.

use crate::knowledge::ordered::{is_for_order, ordered};
use crate::knowledge::rollup::root_cause;
use crate::model::event::Principal;
use crate::model::gate::Link;
use crate::model::incident::{Incident, Phase};
use crate::primitives::name::Name;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::planned::{say_gate, say_plan};
use crate::remediate::run::Status;
use alloc::format;
use alloc::string::String;

impl Remediate {
    /// Carries `playbook` out on the open incident about `component`, or puts its plan to people, or says why not.
    pub(super) fn order_run(&mut self, playbook: &Name, component: &Name, by: &Principal, desk: &mut Desk<'_>) {
        if let Err(reason) = self.try_order(playbook, component, by, desk) {
            desk.refuse("remediate.run_refused", reason);
        }
    }

    fn try_order(
        &mut self,
        playbook: &Name,
        component: &Name,
        by: &Principal,
        desk: &mut Desk<'_>,
    ) -> Result<(), String> {
        let knowledge = desk.knowledge;
        let (playbook, found) = ordered(playbook, component, by, desk.context.policy, knowledge)?;
        let about = |incident: &&Incident| incident.component == *component && desk.phase(incident) != Phase::Resolved;
        let open = knowledge.incidents.open_with(component).filter(|incident| incident.is_open()).filter(about);
        let Some(incident) = open.min_by_key(|incident| (incident.severity.rank(), incident.id)) else {
            return Err(why_none(component, desk));
        };
        if self.runs.values().any(|run| run.incident == incident.id && run.status != Status::Settled) {
            return Err(format!("incident {} has a run or a plan already: end or deny that first", incident.id));
        }
        if desk.phase(incident) == Phase::Open {
            desk.move_to(incident.id, Phase::Analyzing, "remediate.analyzing", "a person ordered a run");
        }
        let name = playbook.name.clone();
        let candidate = self.candidate(incident, &found, playbook, Some(by), desk)?;
        let Some(refusal) = candidate.decision.refusal() else {
            self.take(incident, candidate, desk);
            return Ok(());
        };
        let trial = refusal.link == Link::Mode && refusal.rule != "mode.off";
        if trial {
            say_plan(&candidate.run, true, desk);
        }
        say_gate(&candidate.run, &candidate.decision, trial, desk);
        Err(format!("{name} was refused by {}; needed: {}", refusal.rule, refusal.remedy))
    }
}

/// Why there is no incident that a run on the component could be for.
fn why_none(component: &Name, desk: &Desk<'_>) -> String {
    let knowledge = desk.knowledge;
    if let Some(root) = root_cause(&knowledge.topology, &knowledge.health, component) {
        return format!("`{root}`, which `{component}` depends on, is down: that comes first");
    }
    match knowledge.incidents.open_with(component).find(|incident| incident.is_open()) {
        Some(incident) if incident.component == *component => {
            format!("incident {} about `{component}` is resolved, and watched until it has proved stable", incident.id)
        }
        Some(incident) => format!("`{component}` belongs to incident {}: order it for that", incident.id),
        None => format!("no incident about `{component}` could be opened"),
    }
}

impl Remediate {
    /// An incident that was opened for an ordered run is over when that did not begin, and for people when it did and
    /// nothing is under way for it any more. Nothing is ever tried for it that nobody ordered.
    pub(super) fn after_order(&mut self, incident: &Incident, desk: &mut Desk<'_>) -> bool {
        if !is_for_order(incident) {
            return false;
        }
        let phase = desk.phase(incident);
        let begun = desk.knowledge.runs.started(incident.id, None, None) > 0;
        match phase {
            Phase::Closed | Phase::Escalated | Phase::Resolved => {}
            _ if begun => {
                let detail = "what was ordered is over, and nobody can tell that it has helped";
                desk.move_to(incident.id, Phase::Escalated, "remediate.order_over", detail);
            }
            _ => {
                // Nothing was ever wrong that would have to prove mended.
                for to in [Phase::Resolved, Phase::Closed] {
                    desk.move_to(incident.id, to, "remediate.order_not_begun", "what was ordered did not begin");
                }
            }
        }
        true
    }
}
