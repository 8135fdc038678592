//! The link `breaker`.

use super::*;

fn ended(world: &mut World, successes: &[bool]) {
    let settings = world.policy.safety.breaker.clone();
    for success in successes {
        world.memory.breakers.record(&"restart".into(), &"web-0".into(), *success, &settings, second(900));
    }
}

#[test]
fn breaker_refuses_alone() {
    assert_eq!(with(|world| ended(world, &[false; 3])), "breaker.open");
}

#[test]
fn breaker_lets_the_same_plan_through() {
    assert_eq!(with(|world| ended(world, &[false, false, true, false])), "allowed", "three, but not in a row");
    let mut world = World::of(3);
    ended(&mut world, &[false; 3]);
    assert_eq!(world.asks(), "breaker.open");
    let scopes = crate::remediate::safety::breaker::Scope::of(&"restart".into(), &"web-0".into());
    let closed = scopes.map(|scope| world.memory.breakers.reset(&scope));
    assert_eq!(closed, [true, true, false], "a row on one component does not open the one for all");
    assert_eq!(world.asks(), "allowed");
}

/// Half open: one run is let through to find out, and while its end is not known, no other.
#[test]
fn breaker_refuses_what_is_not_known() {
    let half_open = |world: &mut World| {
        world.policy.safety.breaker.manual_reset = false;
        ended(world, &[false; 3]);
        world.now = second(900 + 3_600);
    };
    assert_eq!(with(half_open), "allowed");
    let probed = |world: &mut World| {
        half_open(world);
        world.knowledge.topology.register(Arc::new(component("db", &[])));
        world.runs_on("db", Status::Running);
    };
    assert_eq!(with(probed), "breaker.half_open");
}
