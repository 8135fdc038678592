//! What windows mean for the choice: under maintenance nothing is chosen, and what has to wait for a change window is told
//! to people, while its workaround is tried.

use crate::model::fact::Conclusion;
use crate::model::gate::Link;
use crate::model::incident::Incident;
use crate::policy::components::Component;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::select::Candidate;
use alloc::format;

impl Remediate {
    /// Whether people are at work on the component, so that nothing is chosen; said once.
    pub(super) fn is_maintained(&mut self, incident: &Incident, component: &Component, desk: &mut Desk<'_>) -> bool {
        let knowledge = desk.knowledge;
        let Some((window, _)) = knowledge.windows.holding_back("remediate", component) else { return false };
        let detail = format!("`{}` is under maintenance; it is looked at anew when that ends", component.name);
        let said = Conclusion::Suppressed { by: window.clone(), detail };
        self.note(incident, window, "select.maintenance", said, desk);
        true
    }

    /// What is tried instead of a playbook that has to wait for a change window, if it says so and the gate allows that.
    pub(super) fn workaround(
        &mut self,
        incident: &Incident,
        component: &Component,
        waiting: &Candidate,
        desk: &mut Desk<'_>,
    ) -> Option<Candidate> {
        if !waits_for_a_window(waiting) {
            return None;
        }
        let wanted = waiting.playbook.workaround.as_ref()?;
        let playbook = desk.context.policy.playbooks().iter().find(|playbook| playbook.id == *wanted)?.clone();
        if desk.knowledge.runs.tried(incident.id, &playbook.id) >= playbook.safety.max_attempts {
            return None;
        }
        let candidate = self.candidate(incident, component, playbook, None, desk).ok()?;
        candidate.decision.refusal().is_none().then_some(candidate)
    }

    /// Tells whoever is on call that what would help is put off, and what is tried instead.
    pub(super) fn put_off(&self, waiting: Option<&Candidate>, instead: &Candidate, desk: &mut Desk<'_>) {
        let Some(waiting) = waiting.filter(|waiting| waits_for_a_window(waiting)) else { return };
        let remedy = waiting.decision.refusal().map(|refusal| refusal.remedy.as_str()).unwrap_or_default();
        let (name, other) = (&waiting.playbook.name, &instead.playbook.name);
        let text = format!("{name} is put off, needed: {remedy}; {other} is tried instead");
        let said = Conclusion::MessageWanted { channel: None, recipient: None, text };
        desk.say_of(&instead.run, "select.put_off", said);
    }
}

fn waits_for_a_window(candidate: &Candidate) -> bool {
    candidate.decision.refusal().is_some_and(|refusal| refusal.link == Link::ChangeWindow)
}
