//! The link `flapping`.

use super::*;

fn flaps(world: &mut World, component: &str) {
    let said = Conclusion::FlappingBegan(crate::model::calm::Flapped {
        held: State::Unhealthy,
        changes: 6,
        calm: Span::from_mins(10),
    });
    world.knowledge.apply(&[Fact::new(second(900), "test", said).component(&component.into())], &world.policy.limits);
}

#[test]
fn flapping_refuses_alone() {
    assert_eq!(with(|world| flaps(world, "web-0")), "flapping.held");
    let target = |world: &mut World| {
        flaps(world, "web-1");
        world.targets = [("web-1".into(), Grip::Gentle)].into();
    };
    assert_eq!(with(target), "flapping.held", "a target, too");
    let looked_at = |world: &mut World| {
        target(world);
        world.targets = [("web-1".into(), Grip::None)].into();
    };
    assert_eq!(with(looked_at), "allowed");
    for occasion in [Occasion::LaterStep, Occasion::Retry, Occasion::Rollback] {
        let begun = |world: &mut World| (flaps(world, "web-0"), world.occasion = occasion).0;
        assert_eq!(with(begun), "allowed", "what has begun goes on");
    }
}

#[test]
fn flapping_lets_the_same_plan_through() {
    let mut world = World::of(3);
    flaps(&mut world, "web-0");
    let said = Conclusion::FlappingEnded {};
    world.knowledge.apply(&[Fact::new(second(999), "test", said).component(&"web-0".into())], &world.policy.limits);
    assert_eq!(world.asks(), "allowed");
    assert_eq!(with(|world| flaps(world, "db")), "allowed", "another component");
}

/// How long it has been calm is for the monitor to say: until it does, it flaps, however late it is.
#[test]
fn flapping_refuses_what_is_not_known() {
    assert_eq!(with(|world| (flaps(world, "web-0"), world.now = second(90_000)).0), "flapping.held");
}
