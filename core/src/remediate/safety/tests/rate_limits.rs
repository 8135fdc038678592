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

#[test]
fn g1_the_last_run_within_a_limit_is_let_through_and_the_next_is_not_until_the_window_has_moved() {
    let used = |world: &mut World, runs: u32, component: &str| {
        for n in 0..runs {
            let run = RunId::derive(incident("web-0", "down").id, 0, &Name::new(component), 100 + n);
            world.memory.rates.consume(run, &component.into(), second(0), false, Span::from_mins(240));
        }
    };
    assert_eq!(with(|world| used(world, 99, "db")), "allowed");
    assert_eq!(with(|world| used(world, 100, "db")), "rate_limits.total");
    assert_eq!(with(|world| used(world, 4, "web-0")), "allowed");
    assert_eq!(with(|world| used(world, 5, "web-0")), "rate_limits.attempts_per_component");
    let later = |world: &mut World, at| (used(world, 100, "db"), world.now = second(at)).0;
    assert_eq!(with(|world| later(world, 3_599)), "rate_limits.total");
    assert_eq!(with(|world| later(world, 3_600)), "allowed");
    let undoing = |world: &mut World| (used(world, 100, "db"), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "undoing has a reserve");
}

#[test]
fn r8_what_began_to_be_undone_is_undone_and_a_small_total_has_a_reserve_too() {
    let hour = Span::from_mins(60);
    let undoing = |world: &mut World, total: u32, percent: u32, begun: u32| {
        world.occasion = Occasion::Rollback;
        let rates = &mut world.policy.safety.rates;
        (rates.total, rates.rollback_reserve_percent) = (total, percent);
        let run = |n| RunId::derive(incident("web-0", "down").id, 0, &"other".into(), n);
        (0..total).for_each(|n| world.memory.rates.consume(run(n), &"db".into(), second(0), false, hour));
        (0..begun).for_each(|n| world.memory.rates.consume(run(n), &"db".into(), second(0), true, hour));
    };
    for (total, percent, reserve) in [(1, 20, 1), (4, 20, 1), (10, 20, 2), (1, 1, 1), (0, 20, 1), (3, 100, 3)] {
        assert_eq!(with(|world| undoing(world, total, percent, reserve - 1)), "allowed", "{percent} % of {total}");
        assert_eq!(
            with(|world| undoing(world, total, percent, reserve)),
            "rate_limits.total",
            "{percent} % of {total}"
        );
        let begun = |world: &mut World| {
            undoing(world, total, percent, reserve);
            world.memory.rates.consume(world.run(), &"web-0".into(), second(0), true, hour);
        };
        assert_eq!(with(begun), "allowed", "its own undoing goes on");
    }
    assert_eq!(with(|world| undoing(world, 5, 0, 0)), "rate_limits.total", "a reserve of nothing is nothing");
}

#[test]
fn g1_a_place_in_the_reserve_is_given_back_where_nothing_was_undone() {
    let hour = Span::from_mins(60);
    let taken = |give_back: bool| {
        with(|world| {
            let rates = &mut world.policy.safety.rates;
            (rates.total, rates.rollback_reserve_percent) = (1, 100);
            let (memory, other) = (&mut world.memory.rates, run(1));
            memory.consume(run(0), &"db".into(), second(0), false, hour);
            memory.consume(run(0), &"db".into(), second(0), true, hour);
            memory.consume(other, &"db".into(), second(0), true, hour);
            if give_back {
                memory.give_back_reserve(other);
            }
            world.occasion = Occasion::Rollback;
            world.policy.safety.rates.total = 2;
            // Both of the whole and one of the two in reserve, or that and the one that is given back.
            world.memory.rates.consume(run(2), &"db".into(), second(0), false, hour);
        })
    };
    assert_eq!((taken(false), taken(true)), ("rate_limits.total".into(), "allowed".into()));
}

#[test]
fn g1_what_is_given_back_is_what_that_run_took_and_not_its_place_in_the_reserve() {
    let mut world = World::of(3);
    let hour = Span::from_mins(60);
    for (n, reserve) in [(0, false), (0, true), (1, false), (1, true)] {
        world.memory.rates.consume(run(n), &"db".into(), second(900), reserve, hour);
    }
    let used = |world: &World| world.says(Link::RateLimits).remedy;
    assert_eq!(used(&world), "98 more runs within 1 h");
    world.memory.rates.give_back_reserve(run(0));
    assert_eq!(used(&world), "98 more runs within 1 h", "those of the whole stay");
    world.memory.rates.give_back(run(0));
    assert_eq!(used(&world), "99 more runs within 1 h");
    world.now = second(900 + 3_600);
    assert_eq!(used(&world), "100 more runs within 1 h", "the window has moved");
}

#[test]
fn g1_the_next_is_free_once_so_many_have_left_that_there_is_room() {
    let mut world = World::of(3);
    (0..4).for_each(|n| world.memory.rates.consume(run(n), &"db".into(), second(900 + i64::from(n)), false, Span::MAX));
    let free_at = |world: &mut World, total: u32| {
        world.policy.safety.rates.total = total;
        world.decision().again.map(|at| at.ms() / 1_000 - 3_600)
    };
    assert_eq!(free_at(&mut world, 5), None);
    assert_eq!(free_at(&mut world, 4), Some(900), "the first has to leave");
    assert_eq!(free_at(&mut world, 3), Some(901), "the limit was lowered: two have to");
    assert_eq!(free_at(&mut world, 1), Some(903));
    world.policy.safety.rates.total = 0;
    assert!(world.says(Link::RateLimits).remedy.starts_with("waiting"), "{:?}", world.says(Link::RateLimits));
}
