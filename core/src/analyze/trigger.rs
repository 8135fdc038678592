//! What suggests a fault: a health change, a signal, an alert, a report.

use crate::analyze::case::{CRITICAL, DOWN};
use crate::analyze::lingering::lingers;
use crate::analyze::maintenance;
use crate::analyze::view::View;
use crate::knowledge::ordered::{MANUAL, ordered};
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::DEGRADED;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use alloc::format;
use alloc::vec::Vec;

/// One classified problem on one component.
pub(super) struct Trigger {
    pub component: Name,
    pub issue: Name,
    /// The least severity it gives.
    pub floor: Option<Severity>,
    pub because: Vec<EventId>,
    /// The failed component that comes first.
    pub root: Option<Name>,
}

impl Trigger {
    /// The event that decided it: the root of the incident's id.
    pub fn deciding(&self, otherwise: EventId) -> EventId {
        self.because.first().cloned().unwrap_or(otherwise)
    }
}

/// The triggers of this pass, roots before what depends on them.
pub(super) fn collect(view: &mut View<'_>, said: &[Fact], lingering: Vec<Trigger>) -> Vec<Trigger> {
    let seen = said.iter().filter_map(from_fact).chain(maintenance::after(view, said)).chain(lingering);
    let seen: Vec<Trigger> = seen.collect();
    let mut triggers: Vec<Trigger> =
        seen.into_iter().filter(|trigger| !maintenance::holds_back(view, trigger)).collect();
    triggers.extend(from_event(view, said));
    triggers.extend(from_order(view));
    for trigger in &mut triggers {
        trigger.root = view.root_cause(&trigger.component);
    }
    triggers.sort_by_key(|trigger| trigger.root.is_some());
    triggers
}

fn from_fact(fact: &Fact) -> Option<Trigger> {
    let (issue, floor) = match &fact.said {
        Conclusion::HealthChanged { to: State::Unhealthy, .. } => (Name::new(DOWN), None),
        Conclusion::HealthChanged { to: State::Critical, .. } => (Name::new(CRITICAL), None),
        Conclusion::SignalChanged { issue, raised: true, severity, .. } => (issue.clone(), *severity),
        _ => return None,
    };
    let component = fact.component.clone()?;
    Some(Trigger { component, issue, floor, because: fact.because.clone(), root: None })
}

/// A person orders a run on something that no open incident is about, though it may be part of one: an incident is opened
/// for it. What he may not order, or what is not there, `remediate` refuses.
fn from_order(view: &View<'_>) -> Option<Trigger> {
    let Some(Event::RunOrdered { playbook, component, by }) = view.context.event() else { return None };
    let sound = ordered(playbook, component, by, view.context.policy, view.knowledge).is_ok();
    let about = |id: &IncidentId| view.incident(*id).is_some_and(|incident| incident.component == *component);
    let free = !view.open_with(component).iter().any(about) && view.root_cause(component).is_none();
    let because = [view.context.event_id()].to_vec();
    let (component, issue, floor) = (component.clone(), Name::new(MANUAL), Some(Severity::Sev3));
    (sound && free).then_some(Trigger { component, issue, floor, because, root: None })
}

fn from_event(view: &mut View<'_>, said: &[Fact]) -> Option<Trigger> {
    let (component, issue, floor) = match view.context.event()? {
        Event::AlertRaised { component, issue, severity, .. } => (component, issue.clone(), *severity),
        Event::CustomerReported { component, vip: true } => (component, Name::new("customer_impact"), None),
        Event::SecurityAlerted { component, .. } => (component, Name::new("security"), Some(Severity::Sev0)),
        _ => return None,
    };
    if view.knowledge.topology.slot(component).is_none() {
        let reason = format!("there is no component `{component}`: expected one that is registered");
        view.refuse("analyze.unknown_component", said, reason);
        return None;
    }
    if issue.as_str() == MANUAL {
        view.refuse(
            "analyze.reserved_issue",
            said,
            format!("`{MANUAL}` is what ordered runs are for: name it otherwise"),
        );
        return None;
    }
    let because = [view.context.event_id()].to_vec();
    Some(Trigger { component: component.clone(), issue, floor, because, root: None })
}

/// What is wrong with `component` now and has no open incident, as if it had only just been seen.
pub(super) fn still_wrong(view: &View<'_>, component: &Name, because: &[EventId]) -> Vec<Trigger> {
    let knowledge = view.knowledge;
    let outage = match knowledge.health.of(component, &knowledge.topology).state {
        State::Unhealthy => Some(Name::new(DOWN)),
        State::Critical => Some(Name::new(CRITICAL)),
        State::Degraded => lingers(view, component).then(|| Name::new(DEGRADED)),
        State::Unknown | State::Healthy => None,
    };
    let issues = outage.into_iter().chain(knowledge.incidents.signals_of(component).cloned());
    let open = view.open_with(component);
    let known = |issue: &Name| open.iter().filter_map(|id| view.incident(*id)).any(|open| open.issue == *issue);
    let new = issues.filter(|issue| !known(issue)).map(|issue| {
        let named = |id: &Name, first: Option<&Name>| *id == issue || first == Some(&issue);
        let mut playbooks = view.context.policy.playbooks().iter();
        let playbook = playbooks.find(|playbook| named(&playbook.id, playbook.trigger.issues.first()));
        let floor = playbook.and_then(|playbook| playbook.severity);
        Trigger { component: component.clone(), issue, floor, because: because.to_vec(), root: None }
    });
    new.collect()
}
