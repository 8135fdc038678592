//! The chain as a whole: which limits hold, and what is asked while only a plan is made.

use super::*;

#[test]
fn p7_of_the_limits_a_run_began_under_and_those_in_force_the_stricter_hold() {
    let strict = |world: &World| {
        let mut safety = world.policy.safety.clone();
        safety.rates.total = 0;
        safety
    };
    assert_eq!(with(|world| world.pinned = Some(world.policy.safety.clone())), "allowed");
    assert_eq!(with(|world| world.pinned = Some(strict(world))), "rate_limits.total", "those it began under");
    let in_force = |world: &mut World| {
        world.pinned = Some(world.policy.safety.clone());
        world.policy.safety = strict(world);
    };
    assert_eq!(with(in_force), "rate_limits.total", "those in force");
}

#[test]
fn p7_a_refusal_of_either_holds_until_both_are_over() {
    let mut world = World::of(3);
    world.memory.cooldowns.run_ended(&"web-0".into(), &world.policy.safety.cooldown, second(999));
    let again = |world: &World| world.decision().again.map(|at| at.since(world.now));
    assert_eq!(again(&world), Some(Span::from_secs(29)));
    let mut longer = world.policy.safety.clone();
    longer.cooldown.initial = Span::from_secs(60);
    world.pinned = Some(longer);
    assert_eq!(again(&world), Some(Span::from_secs(59)));
    assert_eq!(again(&World::of(3)), None);
}

#[test]
fn g6_while_a_plan_is_only_made_its_approval_is_not_asked_for_and_all_else_is() {
    let planned = |change: fn(&mut World)| {
        let mut world = World::of(3);
        world.planning = true;
        change(&mut world);
        (world.asks(), world.says(Link::Approval).rule.to_string(), world.says(Link::Mode).rule.to_string())
    };
    let (not_asked, allows) = ("approval.not_asked".to_string(), "mode.allows".to_string());
    let approve = |world: &mut World| world.policy.mode = Mode::Approve;
    assert_eq!(planned(approve), ("allowed".into(), not_asked.clone(), allows.clone()));
    let down = |world: &mut World| world.is("web-1", State::Unhealthy);
    assert_eq!(planned(down), ("budgets.max_unhealthy".into(), not_asked, allows));
    assert_eq!(with(|world| world.policy.mode = Mode::Approve), "approval.required");
}

#[test]
fn p6_the_rule_that_lets_a_plan_through_is_named() {
    type Change = fn(&mut World);
    let cases: [(Link, &str, Change); 9] = [
        (Link::Blast, "blast.alone", |_| {}),
        (Link::Blast, "blast.with_approval", |world| {
            world.action.risk = Risk::High;
            let by = ["ann", "bob"].map(|id| (id.into(), [Name::new("operator")].into())).into();
            world.grant = Some(Grant { by, until: Time::NEVER });
        }),
        (Link::Breaker, "breaker.closed", |_| {}),
        (Link::Breaker, "breaker.half_open_probe", breaker::half_open),
        (Link::Storm, "storm.none", |_| {}),
        (Link::Storm, "storm.elsewhere", |world| storm::storm(world, "host:h9", None)),
        (Link::Storm, "storm.canary", |world| storm::storm(world, "all", Some("web-0"))),
        (Link::Severity, "severity.milder", |_| {}),
        (Link::Preconditions, "preconditions.hold", |_| {}),
    ];
    for (link, rule, change) in cases {
        let mut world = World::of(3);
        change(&mut world);
        assert_eq!((world.asks().as_str(), world.says(link).rule.as_ref()), ("allowed", rule));
    }
}
