//! Which playbooks fit an incident, and whether its component is seen sick or well.

use crate::model::health::State;
use crate::model::incident::Incident;
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::remediate::desk::Desk;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The playbooks that fit an incident, in the order of the ladder.
pub fn ladder(incident: &Incident, component: &Component, desk: &Desk<'_>) -> Vec<Arc<Playbook>> {
    let state = desk.knowledge.health.of(&component.name, &desk.knowledge.topology).state;
    let fits = |playbook: &&Arc<Playbook>| fits(playbook, incident, component, state);
    desk.context.policy.playbooks().iter().filter(fits).cloned().collect()
}

fn fits(playbook: &Playbook, incident: &Incident, component: &Component, state: State) -> bool {
    let trigger = &playbook.trigger;
    let named = |set: &BTreeSet<Name>, name: &Name| set.is_empty() || set.contains(name);
    let issue = match trigger.condition {
        Some(_) => incident.issue == playbook.id || trigger.issues.contains(&incident.issue),
        None => named(&trigger.issues, &incident.issue),
    };
    let here = named(&trigger.components, &component.name)
        || component.place.service.as_ref().is_some_and(|service| trigger.components.contains(service));
    issue
        && here
        && !is_for_people(playbook, incident)
        && named(&trigger.kinds, &component.kind)
        && (!trigger.supervised || component.run.is_some())
        && trigger.state.is_none_or(|wanted| state >= wanted)
}

/// A failed comprehensive check is a matter for people, unless a playbook says in so many words that it is for that.
fn is_for_people(playbook: &Playbook, incident: &Incident) -> bool {
    let trigger = &playbook.trigger;
    let named = trigger.state == Some(State::Critical) || trigger.issues.contains(&incident.issue);
    incident.issue.as_str() == "critical" && !named
}

/// How the end of an issue is seen.
enum Evidence {
    /// By the health of the component.
    Health,
    /// By the end of the signal that a playbook's condition raised.
    Signal,
    /// Not at all: somebody outside said it, and a run that answers it or a person has to end it.
    Word,
}

fn evidence(incident: &Incident, desk: &Desk<'_>) -> Evidence {
    let issue = &incident.issue;
    let raised_by = |playbook: &&Arc<Playbook>| {
        let trigger = &playbook.trigger;
        trigger.condition.is_some() && (playbook.id == *issue || trigger.issues.first() == Some(issue))
    };
    if matches!(issue.as_str(), "down" | "critical") {
        Evidence::Health
    } else if desk.context.policy.playbooks().iter().any(|playbook| raised_by(&playbook)) {
        Evidence::Signal
    } else {
        Evidence::Word
    }
}

/// Whether the component is seen well, as far as the issue of the incident goes.
pub fn is_well(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    let state = desk.knowledge.health.of(&component.name, &desk.knowledge.topology).state;
    let seen = state == State::Healthy || component.checks.is_empty();
    match evidence(incident, desk) {
        Evidence::Health => seen,
        Evidence::Signal => seen && !desk.knowledge.incidents.signal_holds(&component.name, &incident.issue),
        Evidence::Word => false,
    }
}

/// Whether it is known to be sick still. What is unknown is no reason to act.
pub fn is_sick(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    let state = desk.knowledge.health.of(&component.name, &desk.knowledge.topology).state;
    state >= State::Unhealthy
        || desk.knowledge.incidents.signal_holds(&component.name, &incident.issue)
        || matches!(evidence(incident, desk), Evidence::Word)
}
