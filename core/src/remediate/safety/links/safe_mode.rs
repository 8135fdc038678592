//! Where there is doubt, little is done and a person is asked (SPEC G4, SAFE-7). What is remembered for it is in
//! `safety/doubt.rs`.
//!
//! | in doubt | unless |
//! |---|---|
//! | everything, where the policy says `always` | |
//! | what is not registered | |
//! | what only somebody's word bears out: its cause is not known | a playbook is for exactly that |
//! | what no run has ever remedied: its kind is new | a playbook is for exactly that |
//! | what was deployed lately, with its service and what depends on it | the plan takes that back, and touches nothing else |
//! | everything, while more was deployed lately than is remembered | |

use super::{at, number};
use crate::knowledge::ordered::is_for_order;
use crate::model::incident::{DEGRADED, Evidence, is_outage};
use crate::model::radius::Level;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, Adapter, Touches};
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::blast::Grip;
use crate::remediate::fit::is_milder;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

/// The action that takes a deployment back.
const UNDOES_A_DEPLOYMENT: &str = "rollback_deployment";

/// Why safe mode holds.
pub(super) struct Doubt<'a> {
    why: &'static str,
    deployed: Option<(&'a Name, Time)>,
}

impl Chain<'_> {
    pub(in crate::remediate::safety) fn safe_mode(&self) -> Answer {
        let Some(doubt) = self.doubt() else { return Answer::pass("safe_mode.not_engaged") };
        let touched = self.question.plan.targets.values().filter(|grip| **grip > Grip::None).count();
        let level = self.case().level;
        let answer = if touched > 1 || level > Level::SingleService {
            let remedy =
                format!("a plan that touches one instance of one service: safe mode holds, {}", in_words(doubt.why));
            Answer::refuse("safe_mode.too_much", remedy)
        } else {
            Answer::pass("safe_mode.careful")
        };
        let answer = answer
            .with("because", Value::text(doubt.why))
            .with("instances", number(u32::try_from(touched).unwrap_or(u32::MAX)))
            .with("level", Value::text(level.as_str()));
        match doubt.deployed {
            Some((name, when)) => {
                let over = when.after(self.safety.safe_mode.after_deployment);
                answer.with("deployed", Value::text(name.as_str())).with("until", at(over)).again(over)
            }
            None => answer,
        }
    }

    /// What is doubtful about what the plan is for, if anything is. Looking, waiting and telling are never in doubt.
    pub(super) fn doubt(&self) -> Option<Doubt<'_>> {
        if self.question.actions.values().all(|action| is_harmless(action)) {
            return None;
        }
        let settings = &self.safety.safe_mode;
        let plain = |why| Some(Doubt { why, deployed: None });
        if settings.always {
            return plain("always");
        }
        let (incident, knowledge) = (self.question.incident, self.view.knowledge);
        let Some(component) = knowledge.topology.component(&incident.component) else {
            return plain("unknown_component");
        };
        if !self.is_foreseen(component) {
            let seen = matches!(incident.evidence, Some(Evidence::Health | Evidence::Signal));
            if settings.unknown_cause && !seen {
                return plain("unknown_cause");
            }
            if settings.new_kind && !self.view.memory.doubts.is_familiar(&incident.issue, &component.kind) {
                return plain("new_kind");
            }
        }
        let deployed = self.recent_deployment()?;
        Some(Doubt { why: "recent_deployment", deployed: Some(deployed) })
    }

    /// Whether somebody has said what to do about exactly this: the playbook is for it, or is the workaround of one that
    /// is, or it is for nothing but what a person has ordered.
    fn is_foreseen(&self, component: &Component) -> bool {
        let (playbook, issue) = (self.question.playbook, &self.question.incident.issue);
        let state = self.view.knowledge.health.of(&component.name, &self.view.knowledge.topology).state;
        let is_for = |playbook: &Playbook| {
            is_for(playbook, issue)
                || (is_milder(issue, state) && playbook.trigger.issues.contains(&Name::new(DEGRADED)))
        };
        let stands_in = |other: &Arc<Playbook>| {
            other.workaround.as_ref() == Some(&playbook.id) && other.trigger.concerns(component) && is_for(other)
        };
        is_for(playbook)
            || is_for_order(self.question.incident)
            || self.view.context.policy.playbooks().iter().any(stands_in)
    }

    /// What was deployed last of all that the plan is about, or that that depends on; but for what the plan takes back.
    /// Where more was deployed than is remembered, everything may have been.
    fn recent_deployment(&self) -> Option<(&Name, Time)> {
        let question = self.question;
        let (doubts, topology) = (&self.view.memory.doubts, &self.view.knowledge.topology);
        let (within, now) = (self.safety.safe_mode.after_deployment, self.view.context.now);
        let about = |deployed: &Name| {
            let mut planned = question.plan.targets.keys().chain([&question.incident.component]);
            planned.any(|name| {
                let component = topology.component(name);
                name == deployed || component.is_some_and(|it| feels(it, deployed, topology.component(deployed)))
            })
        };
        let mut changing = question.actions.values().filter(|action| !is_harmless(action));
        let takes_back = changing.all(|action| action.name.as_str() == UNDOES_A_DEPLOYMENT);
        let found = doubts.lately(within, now).filter(|(name, _)| !(takes_back && self.is_of(name)) && about(name));
        let forgotten = doubts.forgotten(within, now).map(|at| (&question.incident.component, at));
        found.chain(forgotten).max_by_key(|(_, at)| *at)
    }

    /// Whether all that the plan touches is what was deployed: that component, or its service.
    fn is_of(&self, deployed: &Name) -> bool {
        let topology = &self.view.knowledge.topology;
        let service = topology.component(deployed).map(|known| known.service());
        let of = |name: &Name| {
            let own = topology.component(name).map(|component| component.service());
            name == deployed || own.is_some_and(|own| own == deployed || Some(own) == service)
        };
        let targets = self.question.plan.targets.iter();
        let mut touched = targets.filter(|(_, grip)| **grip > Grip::None).map(|(name, _)| name).peekable();
        touched.peek().is_some() && touched.all(of)
    }
}

/// Whether `playbook` is for exactly `issue`: it names it, its condition raised it, or it is for the failure of certain
/// components or types, or of what is supervised here.
fn is_for(playbook: &Playbook, issue: &Name) -> bool {
    let trigger = &playbook.trigger;
    let scoped = !trigger.components.is_empty() || !trigger.kinds.is_empty() || trigger.supervised;
    trigger.issues.contains(issue)
        || (trigger.condition.is_some() && playbook.id == *issue)
        || (trigger.state.is_some() && scoped && is_outage(issue))
}

/// Whether nothing that an action does can be a matter of doubt: it looks, waits, tells, or does little outside of
/// everything that is watched.
fn is_harmless(action: &Action) -> bool {
    action.touches == Touches::Nothing && (action.adapter == Adapter::Engine || action.risk == Risk::Low)
}

/// Whether `component` may feel a deployment of `deployed`: it is of the same service, or depends on it.
fn feels(component: &Component, deployed: &Name, known: Option<&Arc<Component>>) -> bool {
    component.depends_on.contains(deployed)
        || known.is_some_and(|it| it.service() == component.service() || component.needs(it))
}

fn in_words(why: &str) -> String {
    match why {
        "always" => "as the policy says".into(),
        "new_kind" => "since nothing like it was ever remedied here".into(),
        "recent_deployment" => "since something was deployed a short while ago".into(),
        _ => "since its cause is not known".into(),
    }
}
