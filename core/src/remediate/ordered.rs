//! Runs that a person orders (SPEC R11): the same plan, gate, verification and record as any other.

use crate::model::event::Principal;
use crate::model::gate::Link;
use crate::model::incident::{Incident, Phase};
use crate::policy::authority::Verb;
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
        Verb::StartRun.check(by)?;
        let knowledge = desk.knowledge;
        let Some(found) = knowledge.topology.component(component) else {
            return Err(format!("there is no component `{component}`: expected one that is registered"));
        };
        let mut known = desk.context.policy.playbooks().iter();
        let Some(playbook) = known.find(|known| known.id == *playbook).cloned() else {
            return Err(format!("there is no playbook `{playbook}` in the policy"));
        };
        if !playbook.trigger.concerns(found) {
            return Err(format!("`{}` is not for `{component}`, as its trigger says", playbook.id));
        }
        let about = |incident: &&Incident| incident.component == *component && desk.phase(incident) != Phase::Resolved;
        let open = knowledge.incidents.open_with(component).filter(|incident| incident.is_open()).filter(about);
        let Some(incident) = open.min_by_key(|incident| (incident.severity.rank(), incident.id)) else {
            return Err(format!("no incident about `{component}` is open: report what is wrong with it first"));
        };
        if self.runs.values().any(|run| run.incident == incident.id && run.status != Status::Settled) {
            return Err(format!("incident {} has a run or a plan already: end or deny that first", incident.id));
        }
        if desk.phase(incident) == Phase::Open {
            desk.move_to(incident.id, Phase::Analyzing, "remediate.analyzing", "a person ordered a run");
        }
        let name = playbook.name.clone();
        let candidate = self.candidate(incident, found, playbook, Some(by), desk)?;
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
