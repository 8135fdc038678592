//! Limits by what is touched, and by risk.

use super::*;
use crate::remediate::safety::rate::Draw;

fn took(world: &mut World, times: u32, component: &str, touched: &str, risk: Risk) {
    for n in 0..times {
        let run = RunId::derive(incident("web-0", "down").id, 0, &Name::new(component), 300 + n);
        let draw = Draw { run, component: component.into(), touched: [Name::new(touched)].into(), risk };
        world.memory.rates.take(draw, second(900), false, Span::from_mins(240));
    }
}

#[test]
fn g1_a_target_counts_whichever_component_it_was_touched_for() {
    assert_eq!(with(|world| took(world, 9, "db", "web-0", Risk::Low)), "allowed");
    assert_eq!(with(|world| took(world, 10, "db", "web-0", Risk::Low)), "rate_limits.per_component");
    assert_eq!(with(|world| took(world, 10, "db", "web-1", Risk::Low)), "allowed", "it is not touched");
    let both = |world: &mut World| {
        took(world, 10, "db", "web-1", Risk::Low);
        world.targets.insert("web-1".into(), Grip::Gentle);
        world.policy.safety.default_budget.max_in_flight = Share::Count(3);
    };
    assert_eq!(with(both), "rate_limits.per_component", "a further target");
    let named = |world: &mut World| (both(world), world.targets.insert("web-1".into(), Grip::None)).0;
    assert_eq!(with(named), "allowed", "what is only named is not touched");
    assert_eq!(
        with(|world| took(world, 5, "db", "web-0", Risk::Low)),
        "allowed",
        "attempts are those for the component"
    );
}

#[test]
fn g1_what_is_dear_has_a_limit_of_its_own() {
    let risky = |world: &mut World, times: u32, risk: Risk| {
        world.policy.safety.rates.by_risk = [(Risk::Medium, 2)].into();
        world.action.risk = Risk::Medium;
        took(world, times, "db", "db", risk);
    };
    assert_eq!(with(|world| risky(world, 1, Risk::Medium)), "allowed");
    assert_eq!(with(|world| risky(world, 2, Risk::Medium)), "rate_limits.by_risk");
    assert_eq!(with(|world| risky(world, 2, Risk::Low)), "allowed", "of another risk");
    assert_eq!(with(|world| (risky(world, 2, Risk::Medium), world.action.risk = Risk::Low).0), "allowed");
    let undoing = |world: &mut World| (risky(world, 2, Risk::Medium), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "undoing is not held against it");
    let later = |world: &mut World| (risky(world, 2, Risk::Medium), world.now = second(900 + 3_600)).0;
    assert_eq!(with(later), "allowed", "the window has moved");
}

#[test]
fn g1_no_more_runs_begin_than_are_remembered() {
    use crate::remediate::safety::rate::{MOST, Rates};
    let (incident, playbook) = (incident("web-0", "down").id, Name::new("p"));
    let draw = |n: u32| {
        let run = RunId::derive(incident, 0, &playbook, n);
        Draw { run, component: "web".into(), touched: [].into(), risk: Risk::Low }
    };
    let mut safety = crate::policy::safety::Safety::default();
    (safety.rates.total, safety.rates.per_component, safety.attempts.per_component) = (u32::MAX, u32::MAX, u32::MAX);
    let mut rates = Rates::default();
    let rule = |rates: &Rates, rollback| rates.reached(&draw(u32::MAX), &safety, second(1), rollback).map(|it| it.rule);
    rates.fill((1..MOST).map(draw), second(0));
    assert_eq!(rule(&rates, false), None);
    rates.fill([draw(0)].into_iter(), second(0));
    assert_eq!(
        (rule(&rates, false), rule(&rates, true)),
        (Some("rate_limits.remembered"), None),
        "undoing has a fifth more"
    );
    rates.fill([draw(MOST)].into_iter(), second(0));
    assert_eq!(rule(&rates, false), Some("rate_limits.remembered"), "and one more that was undone");
    rates.fill((1..MOST / 5).map(|n| draw(MOST + n)), second(0));
    assert_eq!(rule(&rates, true), Some("rate_limits.remembered"));
}

#[test]
fn p6_of_which_resource_the_limit_is_reached_is_said() {
    let resource = |change: &dyn Fn(&mut World)| {
        let mut world = World::of(3);
        change(&mut world);
        let said = world.says(Link::RateLimits);
        let of = said.values.into_iter().find(|(name, _)| name == "resource").map(|(_, of)| of.to_string());
        (said.rule.to_string(), of)
    };
    let here = resource(&|world| took(world, 10, "db", "web-0", Risk::Low));
    assert_eq!(here, ("rate_limits.per_component".into(), Some("web-0".into())));
    let all = resource(&|world| world.policy.safety.rates.total = 0);
    assert_eq!(all, ("rate_limits.total".into(), None));
}
