//! The grace period of a change, which is part of the link `maintenance`.

use super::*;

fn changed(world: &mut World, component: &str) {
    let said = Conclusion::GraceOpened(crate::model::calm::Changed { change: "deploy".into(), until: second(1_100) });
    world.knowledge.apply(&[Fact::new(second(990), "test", said).component(&component.into())], &world.policy.limits);
}

#[test]
fn grace_refuses_alone() {
    assert_eq!(with(|world| changed(world, "web-0")), "maintenance.grace");
    let other = |world: &mut World| {
        changed(world, "web-1");
        world.targets = [("web-1".into(), Grip::Gentle)].into();
    };
    assert_eq!(with(other), "maintenance.grace", "a target, too");
    let looked_at = |world: &mut World| {
        other(world);
        world.targets = [("web-1".into(), Grip::None)].into();
    };
    assert_eq!(with(looked_at), "allowed", "what is only looked at is not touched");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        let later = |world: &mut World| (changed(world, "web-0"), world.occasion = occasion).0;
        assert_eq!(with(later), "maintenance.grace");
    }
    let undoing = |world: &mut World| (changed(world, "web-0"), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed");
}

#[test]
fn grace_lets_the_same_plan_through() {
    let mut world = World::of(3);
    changed(&mut world, "web-0");
    world.now = second(1_100).before(Span::from_ms(1));
    assert_eq!(world.asks(), "maintenance.grace");
    world.now = second(1_100);
    assert_eq!(world.asks(), "allowed");
    assert_eq!(with(|world| changed(world, "web-1")), "allowed", "another component's change");
}

/// A change of which nobody knows what it was has the grace period of a new version; a further one never shortens it.
#[test]
fn grace_refuses_what_is_not_known() {
    let grace = policy(&[]).health.grace;
    assert_eq!(grace.after("whatever"), grace.deploy);
    assert!(grace.config < grace.deploy && grace.deploy < grace.reboot);
    let shorter = |world: &mut World| {
        changed(world, "web-0");
        let said =
            Conclusion::GraceOpened(crate::model::calm::Changed { change: "config".into(), until: second(1_000) });
        let fact = Fact::new(second(995), "test", said).component(&"web-0".into());
        world.knowledge.apply(&[fact], &world.policy.limits);
    };
    assert_eq!(with(shorter), "maintenance.grace");
}
