//! Budgets (SPEC B3): how much of a group may be out, how much may be under action, how much must stay.
//!
//! What is under action or not yet stable counts as unhealthy; so does a member nothing is known of. Acting on a member
//! that is already unhealthy takes no healthy capacity away.

use crate::knowledge::Knowledge;
use crate::knowledge::topology::Topology;
use crate::model::gate::Occasion;
use crate::model::health::State;
use crate::model::ids::RunId;
use crate::policy::components::Component;
use crate::policy::safety::{Budget, Safety};
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::run::Run;
use crate::remediate::safety::Memory;
use crate::remediate::safety::question::Question;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// A budget that a plan would break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Stable rule id.
    pub rule: &'static str,
    /// The group, or the target.
    pub group: Name,
    /// How many it would be.
    pub would_be: u32,
    /// How many it may be at most, or must be at least.
    pub limit: u32,
    /// How many members the group has.
    pub size: u32,
}

/// Everything that runs now, for counting what is under action.
pub type RunTable = BTreeMap<RunId, Run>;

/// The first budget that what is asked would break. For undoing, only the capacity floor counts. No target of the plan may
/// be frozen or another run's; against the groups counts what is under action at one time.
pub fn broken(
    question: &Question<'_>,
    knowledge: &Knowledge,
    runs: &RunTable,
    memory: &Memory,
    safety: &Safety,
) -> Option<Broken> {
    let Question { plan, acting, run: own, occasion, .. } = *question;
    let floor_only = occasion == Occasion::Rollback;
    let others: Vec<&Run> = runs.values().filter(|run| run.id != own).collect();
    for (target, _) in touched(&plan.targets) {
        if memory.is_frozen(target) {
            return Some(target_rule("budgets.target_frozen", target));
        }
        if others.iter().any(|run| run.is_in_flight() && run.holds(target)) {
            return Some(target_rule("budgets.target_busy", target));
        }
        if !floor_only && others.iter().any(|run| run.bars(target)) {
            return Some(target_rule("budgets.target_half_done", target));
        }
    }
    let touched = touched(acting);
    if let Some(broken) =
        touched.iter().find_map(|(target, _)| beside(target, &others, knowledge)).filter(|_| !floor_only)
    {
        return Some(broken);
    }
    groups(&touched, knowledge, safety).iter().find_map(|group| {
        let budget = safety.budgets.get(group).unwrap_or(&safety.default_budget);
        Group::count(group, &touched, &others, !occasion.is_first(), knowledge).broken(budget, floor_only)
    })
}

/// What another run acts on now that must not be acted on beside `target`: what fails together with it, and either end of
/// a dependency of it (SAFE-1).
fn beside(target: &Name, others: &[&Run], knowledge: &Knowledge) -> Option<Broken> {
    let own = knowledge.topology.component(target)?;
    for run in others.iter().filter(|run| run.is_in_flight()) {
        for name in run.plan.targets.keys().filter(|name| *name != target && run.acts_on(name)) {
            let Some(other) = knowledge.topology.component(name) else { continue };
            if own.needs(other) || other.needs(own) {
                return Some(target_rule("budgets.dependency", name));
            }
            if fail_together(own, other, &knowledge.topology) {
                return Some(target_rule("budgets.failure_domain", name));
            }
        }
    }
    None
}

/// Whether two components must not be acted on side by side: they fail together, or one depends on the other (SAFE-1).
pub fn collide(one: &Component, other: &Component, topology: &Topology) -> bool {
    one.needs(other) || other.needs(one) || fail_together(one, other, topology)
}

/// On one host, whatever they are, or on hosts that nobody says, unless these are apart; of one service in one cluster,
/// where hosts are no matter of this fleet.
fn fail_together(one: &Component, other: &Component, topology: &Topology) -> bool {
    let (own, its) = (&one.place, &other.place);
    let differ = |one: &Option<Name>, other: &Option<Name>| one.is_some() && other.is_some() && one != other;
    match (&own.host, &its.host) {
        (Some(one), Some(other)) => one == other,
        _ if topology.knows_hosts() => !differ(&own.cluster, &its.cluster) && !differ(&own.region, &its.region),
        _ => own.cluster.is_some() && own.cluster == its.cluster && one.service() == other.service(),
    }
}

/// The group of what would be under action that can bear least besides, and how many more of its members could be out.
pub fn room(question: &Question<'_>, knowledge: &Knowledge, runs: &RunTable, safety: &Safety) -> Option<(Name, u32)> {
    let Question { acting, run: own, occasion, .. } = *question;
    let touched = touched(acting);
    let others: Vec<&Run> = runs.values().filter(|run| run.id != own).collect();
    let spare = groups(&touched, knowledge, safety).into_iter().map(|name| {
        let budget = safety.budgets.get(&name).unwrap_or(&safety.default_budget);
        let group = Group::count(&name, &touched, &others, !occasion.is_first(), knowledge);
        let spare = budget.max_unhealthy.of(group.size).saturating_sub(group.unhealthy);
        (name, spare)
    });
    spare.min_by_key(|(_, spare)| *spare)
}

/// The services of what is touched, and its groups that have a budget.
fn groups(touched: &[(&Name, Grip)], knowledge: &Knowledge, safety: &Safety) -> BTreeSet<Name> {
    let mut groups: BTreeSet<Name> = BTreeSet::new();
    for (target, _) in touched {
        if let Some(component) = knowledge.topology.component(target) {
            groups.insert(component.service().clone());
            groups.extend(component.groups.iter().filter(|group| safety.budgets.contains_key(*group)).cloned());
        }
    }
    groups
}

fn touched(targets: &BTreeMap<Name, Grip>) -> Vec<(&Name, Grip)> {
    targets.iter().filter(|(_, grip)| **grip > Grip::None).map(|(name, grip)| (name, *grip)).collect()
}

fn target_rule(rule: &'static str, target: &Name) -> Broken {
    Broken { rule, group: target.clone(), would_be: 2, limit: 1, size: 1 }
}

struct Group {
    name: Name,
    size: u32,
    unhealthy: u32,
    in_flight: u32,
    healthy_after: u32,
    takes_healthy: bool,
    critical: bool,
}

impl Group {
    fn count(
        name: &Name,
        touched: &[(&Name, Grip)],
        others: &[&Run],
        own_is_active: bool,
        knowledge: &Knowledge,
    ) -> Group {
        let mut group = Group {
            name: name.clone(),
            size: 0,
            unhealthy: 0,
            in_flight: 0,
            healthy_after: 0,
            takes_healthy: false,
            critical: false,
        };
        for member in knowledge.topology.members(name) {
            group.size += 1;
            group.critical |= knowledge.topology.component(&member).is_some_and(|component| component.critical);
            let healthy = knowledge.health.of(&member, &knowledge.topology).state == State::Healthy;
            let held = others.iter().any(|run| run.acts_on(&member));
            let in_flight = others.iter().any(|run| run.is_in_flight() && run.acts_on(&member));
            let grip = touched.iter().find(|(target, _)| **target == member).map(|(_, grip)| *grip);
            group.in_flight += u32::from(in_flight || grip.is_some());
            group.unhealthy += u32::from(!healthy || held || (own_is_active && grip.is_some()));
            let serves = healthy && !held;
            let taken = grip == Some(Grip::Disruptive);
            group.takes_healthy |= serves && taken;
            group.healthy_after += u32::from(serves && !taken);
        }
        group
    }

    fn broken(&self, budget: &Budget, floor_only: bool) -> Option<Broken> {
        let broken =
            |rule, would_be, limit| Broken { rule, group: self.name.clone(), would_be, limit, size: self.size };
        let (most_out, most_acting) = (budget.max_unhealthy.of(self.size), budget.max_in_flight.of(self.size));
        if !floor_only && self.unhealthy > most_out {
            return Some(broken("budgets.max_unhealthy", self.unhealthy, most_out));
        }
        if !floor_only && self.in_flight > most_acting {
            return Some(broken("budgets.max_in_flight", self.in_flight, most_acting));
        }
        // Never the last healthy replica of a critical service, whatever the budget says.
        let floor = budget.keep_healthy_at_least.of(self.size).max(u32::from(self.critical));
        if self.takes_healthy && self.healthy_after < floor {
            return Some(broken("budgets.keep_healthy_at_least", self.healthy_after, floor));
        }
        None
    }
}
