//! The link `rate limits`.

use super::*;

fn run(n: u32) -> RunId {
    RunId::derive(incident("web-0", "down").id, 0, &"earlier".into(), n)
}

fn earlier_runs(world: &mut World, runs: u32) {
    let keep = Span::from_mins(240);
    (0..runs).for_each(|n| world.memory.rates.consume(run(n), &"web-0".into(), second(900), false, keep));
}

#[test]
fn rate_limits_refuses_alone() {
    assert_eq!(with(|world| earlier_runs(world, 5)), "rate_limits.attempts_per_component");
}

#[test]
fn rate_limits_lets_the_same_plan_through() {
    let mut world = World::of(3);
    earlier_runs(&mut world, 5);
    assert_eq!(world.asks(), "rate_limits.attempts_per_component");
    world.memory.rates.give_back(run(4));
    assert_eq!(world.asks(), "allowed", "one of them never started");
}

/// A run that nobody can say anything about has begun: it counts, however often it is counted.
#[test]
fn rate_limits_refuses_what_is_not_known() {
    let twice = |world: &mut World| (earlier_runs(world, 4), earlier_runs(world, 4)).0;
    assert_eq!(with(twice), "allowed");
    let untold = |world: &mut World| {
        earlier_runs(world, 5);
        world.memory.rates.give_back(run(99));
    };
    assert_eq!(with(untold), "rate_limits.attempts_per_component");
}
