//! What stays DEGRADED (SPEC H3, I1). On its way to UNHEALTHY, or back, a component is DEGRADED for a moment, and that
//! is no incident. It is one
//!
//! | when | unless |
//! |---|---|
//! | at once, where a playbook is for that state | |
//! | once it has lasted for as long as its checks take to see it well, a minute at least and ten at most | it is part of an open incident, or a person has just closed one: then it is looked at as long again |

use crate::analyze::Analyze;
use crate::analyze::trigger::Trigger;
use crate::analyze::view::View;
use crate::knowledge::health::lasts_degraded;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::DEGRADED;
use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The components that are DEGRADED, or were and would be looked at later. About 200 bytes for each, and nothing for others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lingering {
    members: ByName<Member>,
    /// The same by time; made anew after a restore.
    #[serde(skip)]
    queue: BTreeSet<(Time, Name)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    /// When it is looked at next.
    due: Time,
    /// What made it DEGRADED.
    because: Option<EventId>,
    /// Whether it was looked at before.
    seen: bool,
}

impl Lingering {
    /// Makes anew what is not part of a snapshot.
    pub fn restored(self) -> Lingering {
        let queue = self.members.unordered().map(|(name, member)| (member.due, name.clone())).collect();
        Lingering { queue, ..self }
    }

    /// When one of them is looked at next.
    pub fn due(&self) -> Option<Time> {
        self.queue.first().map(|(at, _)| *at)
    }

    fn put(&mut self, name: &Name, member: Member) {
        self.drop(name);
        self.queue.insert((member.due, name.clone()));
        self.members.insert(name, member);
    }

    fn drop(&mut self, name: &Name) {
        if let Some(member) = self.members.remove(name) {
            self.queue.remove(&(member.due, name.clone()));
        }
    }

    /// Takes out those whose time has come.
    fn take_due(&mut self, now: Time) -> Vec<(Name, Member)> {
        let due: Vec<Name> = self.queue.iter().take_while(|(at, _)| *at <= now).map(|(_, name)| name.clone()).collect();
        let due = due.into_iter().filter_map(|name| {
            let member = self.members.get(&name).cloned()?;
            self.drop(&name);
            Some((name, member))
        });
        due.collect()
    }
}

impl Analyze {
    /// What is DEGRADED for too long by now, or where a playbook is for that.
    pub(super) fn linger(&mut self, view: &View<'_>, said: &[Fact]) -> Vec<Trigger> {
        let at_once: Vec<Trigger> = said.iter().filter_map(|fact| self.turned(view, fact)).collect();
        let mut triggers = at_once;
        for (name, member) in self.lingering.take_due(view.now()) {
            if !is_degraded(view, &name) {
                continue;
            }
            if self.is_improved(view, &name, member.seen) || !self.is_in_hand(view, &name, member.seen) {
                triggers.push(trigger(&name, member.because.iter()));
            }
            let due = view.now().after(lasts_after(view, &name));
            self.lingering.put(&name, Member { due, seen: true, ..member });
        }
        triggers
    }

    /// Notes who is DEGRADED from now on. Who is no more is found out when it is looked at.
    fn turned(&mut self, view: &View<'_>, fact: &Fact) -> Option<Trigger> {
        let name = fact.component.as_ref()?;
        let Conclusion::HealthChanged { to: State::Degraded, .. } = &fact.said else { return None };
        let due = view.now().after(lasts_after(view, name));
        let because = fact.because.first().cloned();
        let named = is_named(view, name).then(|| trigger(name, fact.because.iter()));
        self.lingering.put(name, Member { due, because, seen: false });
        named
    }

    /// Whether an incident about its outage is open, and this is the first time that it is looked at since it is better:
    /// what lasts is to be noted there.
    fn is_improved(&self, view: &View<'_>, name: &Name, seen: bool) -> bool {
        let (issue, open) = (Name::new(DEGRADED), view.open_with(name));
        let worse = |id: &IncidentId| view.incident(*id).is_some_and(|incident| incident.issue != issue);
        let holds = |id: &IncidentId| self.cases.get(id).is_some_and(|case| case.holds(name, &issue));
        !seen && open.iter().any(|id| worse(id) && holds(id))
    }

    /// Whether there is an open incident with it, or it is held back and that was said, or a person has said that it is
    /// over: then it is looked at by the rule for that.
    fn is_in_hand(&self, view: &View<'_>, name: &Name, seen: bool) -> bool {
        let component = view.knowledge.topology.component(name);
        let held = component.is_some_and(|one| view.knowledge.windows.holding_back("open", one).is_some());
        let mut over = self.said_over.keys().filter_map(|id| view.incident(*id));
        !view.open_with(name).is_empty() || (seen && held) || over.any(|incident| incident.members.contains(name))
    }
}

/// Whether it is DEGRADED and has been for as long as its checks take to decide.
pub(super) fn lingers(view: &View<'_>, name: &Name) -> bool {
    lasts_degraded(&view.knowledge.health, &view.knowledge.topology, name, view.now())
}

/// How long it is DEGRADED before that lasts.
fn lasts_after(view: &View<'_>, name: &Name) -> Span {
    view.knowledge.topology.component(name).map_or(Span::ZERO, |component| component.degraded_lasts())
}

fn trigger<'a>(component: &Name, because: impl Iterator<Item = &'a EventId>) -> Trigger {
    let (component, because) = (component.clone(), because.cloned().collect());
    Trigger { component, issue: Name::new(DEGRADED), floor: None, because, root: None }
}

fn is_degraded(view: &View<'_>, name: &Name) -> bool {
    view.knowledge.health.of(name, &view.knowledge.topology).state == State::Degraded
}

/// Whether a playbook is for the component as soon as it is DEGRADED.
fn is_named(view: &View<'_>, name: &Name) -> bool {
    let Some(component) = view.knowledge.topology.component(name) else { return false };
    let mut playbooks = view.context.policy.playbooks().iter().map(|playbook| &playbook.trigger);
    playbooks.any(|trigger| {
        trigger.state == Some(State::Degraded) && trigger.answers(DEGRADED) && trigger.concerns(component)
    })
}
