//! The link `storm`.

use super::*;
use crate::model::area::Area;
use crate::policy::safety::Canary;

pub(super) fn storm(world: &mut World, area: &str, root: Option<&str>) {
    let (area, root) = (Area::parse(area).unwrap(), root.map(Name::new));
    let said = Conclusion::StormChanged { area, active: true, root, detail: String::new() };
    world.knowledge.apply(&[Fact::new(second(900), "analyze.storm_began", said)], &world.policy.limits);
}

pub(super) fn begun(world: &mut World, component: &str, run: RunId) {
    let said = Conclusion::RunStarted { playbook: "restart".into(), attempt: 1 };
    let fact = Fact::new(second(950), "remediate.test", said).component(&component.into()).run(run);
    world.knowledge.apply(&[fact], &world.policy.limits);
}

fn over(world: &mut World, area: &str) {
    let said =
        Conclusion::StormChanged { area: Area::parse(area).unwrap(), active: false, root: None, detail: String::new() };
    world.knowledge.apply(&[Fact::new(second(990), "analyze.storm_ended", said)], &world.policy.limits);
}

#[test]
fn storm_refuses_alone() {
    for area in ["all", "service:web"] {
        assert_eq!(with(|world| storm(world, area, None)), "storm.many_fail", "{area}");
        assert_eq!(with(|world| storm(world, area, Some("web-1"))), "storm.many_fail", "{area}: another is the root");
    }
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        let later = |world: &mut World| (storm(world, "all", None), world.occasion = occasion).0;
        assert_eq!(with(later), "storm.many_fail", "{occasion:?}");
    }
}

#[test]
fn storm_lets_the_same_plan_through() {
    assert_eq!(with(|world| storm(world, "host:h9", None)), "allowed", "it is elsewhere");
    assert_eq!(with(|world| (storm(world, "all", None), over(world, "all")).0), "allowed", "it is over");
    let undoing = |world: &mut World| (storm(world, "all", None), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "undoing is not held back");
    assert_eq!(with(|world| storm(world, "all", Some("web-0"))), "allowed", "the one canary");
    let own = |world: &mut World| {
        storm(world, "all", None);
        begun(world, "web-0", world.run());
    };
    assert_eq!(with(own), "allowed", "what was begun as the canary goes on");
}

/// Where a target is, nobody knows: it may be in the midst of any storm there is.
#[test]
fn storm_refuses_what_is_not_known() {
    let mut world = World::of(3);
    world.targets = [("web-9".into(), Grip::Disruptive)].into();
    let refused = |world: &World| world.links().iter().any(|link| link.link == Link::Storm && !link.allowed);
    assert!(!refused(&world));
    storm(&mut world, "host:h9", None);
    assert!(refused(&world));
}

#[test]
fn g8_the_canary_is_one_run_of_one_target_and_what_the_policy_says() {
    let root = |world: &mut World| storm(world, "all", Some("web-0"));
    let canary = |world: &mut World, canary| (root(world), world.policy.safety.storm.canary = canary).0;
    assert_eq!(with(|world| canary(world, Canary::None)), "storm.many_fail");
    assert_eq!(with(|world| canary(world, Canary::Any)), "allowed");
    let any = |world: &mut World| (storm(world, "all", None), world.policy.safety.storm.canary = Canary::Any).0;
    assert_eq!(with(any), "allowed");
    let two = |world: &mut World| {
        any(world);
        world.policy.safety.default_budget.max_in_flight = Share::Count(2);
        world.targets = [("web-0".into(), Grip::Disruptive), ("web-1".into(), Grip::Gentle)].into();
    };
    assert_eq!(with(two), "storm.many_fail", "two targets are no canary");
    let idle = |world: &mut World| {
        (two(world), world.targets = [("web-0".into(), Grip::Disruptive), ("web-1".into(), Grip::None)].into()).0
    };
    assert_eq!(with(idle), "allowed", "what is not touched does not count");
    let none = |world: &mut World| (any(world), world.targets.clear()).0;
    assert_eq!(with(none), "storm.many_fail", "a plan that touches nothing known is none either");
    let used = |world: &mut World| {
        (root(world), begun(world, "db", RunId::derive(incident("db", "down").id, 0, &"x".into(), 1))).0
    };
    assert_eq!(with(used), "storm.canary_used");
}

#[test]
fn g8_a_run_that_began_in_the_storm_is_its_canary_also_before_that_is_known_everywhere() {
    let busy = |world: &mut World, started: i64, status: Status| {
        storm(world, "all", Some("web-0"));
        world.runs_on("db", status);
        world.runs.values_mut().for_each(|run| run.started = Some(second(started)));
    };
    assert_eq!(with(|world| busy(world, 900, Status::Running)), "storm.canary_used");
    assert_eq!(with(|world| busy(world, 899, Status::Running)), "allowed", "it began before");
    assert_eq!(with(|world| busy(world, 900, Status::Settled)), "allowed", "it is over and was none of it");
    let own = |world: &mut World| {
        busy(world, 900, Status::Running);
        let own = world.run();
        let run = world.runs.pop_first().map(|(_, run)| Run { id: own, ..run });
        world.runs.extend(run.map(|run| (own, run)));
    };
    assert_eq!(with(own), "allowed");
}
