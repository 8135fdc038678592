//! What fails under maintenance, where that holds incidents back, and what is still wrong when it ends (SPEC G5, H7).

use crate::analyze::case::{CRITICAL, DOWN};
use crate::analyze::trigger::Trigger;
use crate::analyze::view::View;
use crate::knowledge::windows::covers;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::window::WindowChange;
use crate::model::window::WindowKind;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use alloc::format;
use alloc::vec::Vec;

/// Whether `trigger`, which is seen here and will be seen again, is held back by a maintenance window; said if so.
pub(super) fn holds_back(view: &mut View<'_>, trigger: &Trigger) -> bool {
    let knowledge = view.knowledge;
    let component = knowledge.topology.component(&trigger.component);
    let found = component.and_then(|component| knowledge.windows.holding_back("open", component));
    let Some((window, _)) = found else { return false };
    let detail = format!("`{}` under maintenance: looked at anew when that ends", trigger.issue);
    let said = Conclusion::Suppressed { by: window.clone(), detail };
    let fact = Fact::new(view.now(), "analyze.maintenance", said).component(&trigger.component);
    view.say(fact.because(trigger.because.iter().cloned()));
    true
}

/// What is wrong still where a maintenance window has ended: as if it had only just been seen.
pub(super) fn after(view: &View<'_>, said: &[Fact]) -> Vec<Trigger> {
    let ended = said.iter().filter(|fact| {
        matches!(&fact.said, Conclusion::WindowChanged(WindowChange { change, opening, .. })
            if change == "closed" && opening.kind == WindowKind::Maintenance && opening.terms.contains("open"))
    });
    ended.flat_map(|fact| still_wrong(view, fact)).collect()
}

fn still_wrong(view: &View<'_>, ended: &Fact) -> Vec<Trigger> {
    let Conclusion::WindowChanged(WindowChange { opening, .. }) = &ended.said else { return Vec::new() };
    let components = view.knowledge.topology.by_name().into_iter();
    let covered = components.filter(|component| covers(&opening.over, component));
    covered.flat_map(|component| wrong(view, component, ended)).collect()
}

fn wrong(view: &View<'_>, component: &Component, ended: &Fact) -> Vec<Trigger> {
    let knowledge = view.knowledge;
    let outage = match knowledge.health.of(&component.name, &knowledge.topology).state {
        State::Unhealthy => Some(Name::new(DOWN)),
        State::Critical => Some(Name::new(CRITICAL)),
        State::Unknown | State::Healthy | State::Degraded => None,
    };
    let issues = outage.into_iter().chain(knowledge.incidents.signals_of(&component.name).cloned());
    let known = |issue: &Name| knowledge.incidents.open_with(&component.name).any(|open| open.issue == *issue);
    let new = issues.filter(|issue| !known(issue)).map(|issue| {
        let named = |id: &Name, first: Option<&Name>| *id == issue || first == Some(&issue);
        let mut playbooks = view.context.policy.playbooks().iter();
        let playbook = playbooks.find(|playbook| named(&playbook.id, playbook.trigger.issues.first()));
        let floor = playbook.and_then(|playbook| playbook.severity);
        Trigger { component: component.name.clone(), issue, floor, because: ended.because.clone(), root: None }
    });
    new.collect()
}
