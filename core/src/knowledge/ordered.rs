//! What a person's order of a run names, and whether he may order one at all (SPEC R11).

use crate::knowledge::Knowledge;
use crate::model::event::Principal;
use crate::model::incident::{Evidence, Incident};
use crate::policy::Policy;
use crate::policy::authority::Verb;
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::policy::problem::suggest;
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

/// The issue of the incident that an ordered run is for where nothing is wrong with its component.
pub const MANUAL: &str = "manual";

/// Whether an incident was opened for an ordered run, and nothing has borne out anything else. No alert has that issue.
pub fn is_for_order(incident: &Incident) -> bool {
    incident.issue.as_str() == MANUAL && incident.evidence == Some(Evidence::Word)
}

/// The playbook and the component of an order by `by`, or why there is none.
pub fn ordered(
    playbook: &Name,
    component: &Name,
    by: &Principal,
    policy: &Policy,
    knowledge: &Knowledge,
) -> Result<(Arc<Playbook>, Arc<Component>), String> {
    Verb::StartRun.check(by)?;
    let Some(found) = knowledge.topology.component(component).cloned() else {
        return Err(format!("there is no component `{component}`: expected one that is registered"));
    };
    let mut known = policy.playbooks().iter();
    let Some(playbook) = known.find(|known| known.id == *playbook).cloned() else {
        let meant = suggest(playbook.as_str(), policy.playbooks().iter().map(|known| known.id.as_str()));
        let meant = meant.map_or_else(String::new, |meant| format!(": did you mean `{meant}`?"));
        return Err(format!("there is no playbook `{playbook}` in the policy{meant}"));
    };
    if !playbook.trigger.concerns(&found) {
        return Err(format!("`{}` is not for `{component}`, as its trigger says", playbook.id));
    }
    Ok((playbook, found))
}
