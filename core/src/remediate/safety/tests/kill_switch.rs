//! The link `kill switch`.

use super::*;

#[test]
fn kill_switch_refuses_alone() {
    let killed = |world: &mut World| world.knowledge.apply(&[control("kill", "storm")], &world.policy.limits);
    assert_eq!(with(killed), "kill_switch.engaged");
}

#[test]
fn kill_switch_lets_the_same_plan_through() {
    let mut world = World::of(3);
    world.knowledge.apply(&[control("kill", "storm"), control("kill", "drill")], &world.policy.limits);
    assert_eq!(world.asks(), "kill_switch.engaged");
    world.knowledge.apply(&[control("resume", "storm")], &world.policy.limits);
    assert_eq!(world.asks(), "kill_switch.engaged", "each reason is released for itself");
    world.knowledge.apply(&[control("resume", "drill")], &world.policy.limits);
    assert_eq!(world.asks(), "allowed");
}

/// Where the engine contradicts itself, nobody knows what else is wrong: releasing the switch is not enough.
#[test]
fn kill_switch_refuses_what_is_not_known() {
    let contradicted = |world: &mut World| {
        let said = Conclusion::FaultLatched { what: "test".into() };
        let facts = [control("kill", "storm"), control("resume", "storm"), Fact::new(second(1), "engine.test", said)];
        world.knowledge.apply(&facts, &world.policy.limits);
    };
    assert_eq!(with(contradicted), "kill_switch.fault_latch");
}
