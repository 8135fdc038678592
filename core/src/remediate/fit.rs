//! Which playbooks fit an incident, and whether its component is seen sick or well.

use crate::knowledge::health::lasts_degraded;
use crate::model::health::State;
use crate::model::incident::{DEGRADED, Evidence, Incident, borne_out_by, is_outage};
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::remediate::desk::Desk;
use crate::remediate::order::order;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The playbooks that fit an incident, in the order in which they are tried.
pub fn ladder(incident: &Incident, component: &Component, desk: &Desk<'_>) -> Vec<Arc<Playbook>> {
    let state = desk.knowledge.health.of(&component.name, &desk.knowledge.topology).state;
    let people = is_for_people(incident, desk);
    let fits = |playbook: &&Arc<Playbook>| {
        fits(playbook, incident, component, state) && (!people || is_for_the_critical(playbook))
    };
    let policy = desk.context.policy;
    let fitting = policy.playbooks().iter().filter(fits).cloned().collect();
    order(fitting, incident, &desk.knowledge.records, policy, desk.now())
}

fn fits(playbook: &Playbook, incident: &Incident, component: &Component, state: State) -> bool {
    let trigger = &playbook.trigger;
    let named = |set: &BTreeSet<Name>, name: &Name| set.is_empty() || set.contains(name);
    // It was DEGRADED when the incident was opened, and is down by now.
    let became_worse = incident.issue.as_str() == DEGRADED && state >= State::Unhealthy;
    let became_milder = is_milder(&incident.issue, state);
    let issue = match trigger.condition {
        Some(_) => incident.issue == playbook.id || trigger.issues.contains(&incident.issue),
        None => {
            named(&trigger.issues, &incident.issue)
                || (became_worse && trigger.answers_health())
                || (became_milder && trigger.issues.iter().any(|issue| issue.as_str() == DEGRADED))
        }
    };
    let here = named(&trigger.components, &component.name)
        || component.place.service.as_ref().is_some_and(|service| trigger.components.contains(service));
    issue
        && here
        && named(&trigger.kinds, &component.kind)
        && (!trigger.supervised || component.run.is_some())
        && trigger.state.is_none_or(|wanted| state >= wanted)
}

/// Whether what was down when its incident was opened is only DEGRADED now.
pub fn is_milder(issue: &Name, state: State) -> bool {
    is_outage(issue) && state == State::Degraded
}

/// Whether a failed comprehensive check, and nothing else that is confirmed, makes the outage what it is: whatever the
/// incident was opened as, that is a matter for people.
pub fn is_for_people(incident: &Incident, desk: &Desk<'_>) -> bool {
    let (component, knowledge) = (&incident.component, desk.knowledge);
    let critical = knowledge.health.of(component, &knowledge.topology).state == State::Critical;
    incident.issue.as_str() == "critical"
        || (critical && is_outage(&incident.issue) && !knowledge.confirmed.is_down(component))
}

/// Whether the playbook says in so many words that it is for what is a matter for people.
fn is_for_the_critical(playbook: &Playbook) -> bool {
    let trigger = &playbook.trigger;
    trigger.state == Some(State::Critical) || trigger.issues.iter().any(|issue| issue.as_str() == "critical")
}

/// How the end of the incident is seen; by what the policy asks now where nobody remembers what bore it out.
fn evidence(incident: &Incident, component: &Component, desk: &Desk<'_>) -> Evidence {
    match incident.evidence {
        Some(evidence) => evidence,
        None if is_outage(&incident.issue) => Evidence::Health,
        None if is_asked(&incident.issue, component, desk) => Evidence::Signal,
        None => Evidence::Word,
    }
}

/// Whether the component is seen well, as far as the issue of the incident goes. Where a run was found to have left it
/// better, not as usual, that it looks well is no end: another run helps, or a person says so.
pub fn is_well(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    if desk.is_unproven(incident.id) {
        return false;
    }
    let state = desk.knowledge.health.of(&component.name, &desk.knowledge.topology).state;
    let seen = state == State::Healthy || component.checks.is_empty();
    match evidence(incident, component, desk) {
        Evidence::Health => seen,
        Evidence::Signal => seen && !desk.knowledge.incidents.signal_holds(&component.name, &incident.issue),
        Evidence::Word => false,
    }
}

/// Whether it is known to be sick still. What is unknown is no reason to act, nor what is said and not seen here.
pub fn is_sick(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    is_seen_sick(incident, component, desk)
        || desk.is_unproven(incident.id)
        || (evidence(incident, component, desk) == Evidence::Word && !is_watched(incident, component, desk))
}

/// Whether somebody outside says what would be seen here, and is not.
pub fn is_doubted(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    evidence(incident, component, desk) == Evidence::Word
        && is_watched(incident, component, desk)
        && !is_seen_sick(incident, component, desk)
}

fn is_seen_sick(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    let topology = &desk.knowledge.topology;
    let state = desk.knowledge.health.of(&component.name, topology).state;
    state >= borne_out_by(&incident.issue)
        || desk.knowledge.incidents.signal_holds(&component.name, &incident.issue)
        || (is_outage(&incident.issue) && lasts_degraded(&desk.knowledge.health, topology, &component.name, desk.now()))
}

/// Whether checks of the component, or a condition of the policy, would see an issue of that kind.
fn is_watched(incident: &Incident, component: &Component, desk: &Desk<'_>) -> bool {
    match is_outage(&incident.issue) {
        true => !component.checks.is_empty(),
        false => is_asked(&incident.issue, component, desk),
    }
}

/// Whether the condition of a playbook that concerns the component is a sign of the issue.
fn is_asked(issue: &Name, component: &Component, desk: &Desk<'_>) -> bool {
    desk.context.policy.playbooks().iter().any(|playbook| {
        let trigger = &playbook.trigger;
        trigger.condition.is_some()
            && (playbook.id == *issue || trigger.issues.first() == Some(issue))
            && trigger.concerns(component)
    })
}
