//! How much a plan can hit, by the targets it resolved to and what depends on them (SPEC B1). Never by what an event says.
//!
//! What depends on a target is hit with it where the target is out of service for a while, was not already, and its
//! service has no healthy member besides; and so on for what depends on that. Acting on what has failed takes nothing
//! from those who depend on it: they have lost it already.

use crate::knowledge::Knowledge;
use crate::knowledge::reach::reach;
use crate::model::health::State;
use crate::model::radius::Level;
use crate::model::radius::Reach;
use crate::policy::actions::{Action, Touches};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How a plan touches a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grip {
    /// It is named, nothing of it is changed.
    #[default]
    None,
    /// It is changed while it goes on serving.
    Gentle,
    /// It is out of service for a while.
    Disruptive,
}

/// How far a plan reaches that acts on `targets` by `actions`.
pub fn of_plan<'a>(
    targets: &BTreeMap<Name, Grip>,
    actions: impl Iterator<Item = &'a Action>,
    knowledge: &Knowledge,
) -> Reach {
    let reach = reach(&hit(targets, knowledge), &knowledge.topology);
    Reach { level: reach.level.max(of_a_cluster(actions)), ..reach }
}

/// How far a plan reaches that has begun: what depends on its targets has already borne what there is to bear.
pub fn of_begun<'a>(
    targets: &BTreeMap<Name, Grip>,
    actions: impl Iterator<Item = &'a Action>,
    knowledge: &Knowledge,
) -> Reach {
    let reach = reach(touched(targets).map(|(name, _)| name), &knowledge.topology);
    Reach { level: reach.level.max(of_a_cluster(actions)), ..reach }
}

/// What touches a cluster is as wide as one, however little is known to be in it.
fn of_a_cluster<'a>(mut actions: impl Iterator<Item = &'a Action>) -> Level {
    let cluster = actions.any(|action| action.touches == Touches::Cluster);
    if cluster { Level::ClusterWide } else { Level::SingleInstance }
}

/// The least that an action can hit which touches so much, whatever its target: for the ceiling that a playbook sets.
pub const fn least(touches: Touches) -> Level {
    match touches {
        Touches::Nothing | Touches::Instance => Level::SingleInstance,
        Touches::Service => Level::SingleService,
        Touches::Cluster => Level::ClusterWide,
    }
}

fn touched(targets: &BTreeMap<Name, Grip>) -> impl Iterator<Item = (&Name, Grip)> {
    targets.iter().map(|(name, grip)| (name, *grip)).filter(|(_, grip)| *grip > Grip::None)
}

/// What `targets` touch, and what depends on what they take out of service.
fn hit(targets: &BTreeMap<Name, Grip>, knowledge: &Knowledge) -> BTreeSet<Name> {
    let mut hit: BTreeSet<Name> = touched(targets).map(|(name, _)| name.clone()).collect();
    let mut out: BTreeSet<Name> =
        touched(targets).filter(|(_, grip)| *grip == Grip::Disruptive).map(|(name, _)| name.clone()).collect();
    let mut next: Vec<Name> = out.iter().cloned().collect();
    while let Some(gone) = next.pop() {
        for member in taken_with(&gone, &out, knowledge) {
            for dependent in knowledge.topology.dependents(&member) {
                hit.insert(dependent.clone());
                if out.insert(dependent.clone()) {
                    next.push(dependent.clone());
                }
            }
        }
    }
    hit
}

/// The members of its service that are out with `gone`, where that takes something from those who depend on them: it
/// served, or may have, and nobody of its service is left.
fn taken_with(gone: &Name, out: &BTreeSet<Name>, knowledge: &Knowledge) -> Vec<Name> {
    let state = |name: &Name| knowledge.health.of(name, &knowledge.topology).state;
    let Some(component) = knowledge.topology.component(gone) else { return Vec::new() };
    let mut members = knowledge.topology.members(component.service());
    let left = members.iter().any(|member| !out.contains(member) && state(member) == State::Healthy);
    if left || state(gone) >= State::Unhealthy {
        return Vec::new();
    }
    members.retain(|member| out.contains(member));
    members
}

#[cfg(test)]
mod tests;
