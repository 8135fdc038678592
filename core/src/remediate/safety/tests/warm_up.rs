//! The link `warm_up`.

use super::*;
use crate::knowledge::warm_up::WarmUp;

fn begun(world: &mut World) {
    let said = Conclusion::WarmUpBegan(crate::model::calm::Warming { until: second(1_030), awaited: 2 });
    world.knowledge.apply(&[Fact::new(second(970), "test", said)], &world.policy.limits);
}

#[test]
fn warm_up_refuses_alone() {
    assert_eq!(with(begun), "warm_up.not_over");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (begun(world), world.occasion = occasion).0), "warm_up.not_over");
    }
    assert_eq!(
        with(|world| (begun(world), world.occasion = Occasion::Rollback).0),
        "allowed",
        "undoing waits for nothing"
    );
}

#[test]
fn warm_up_lets_the_same_plan_through() {
    let mut world = World::of(3);
    begun(&mut world);
    world.now = second(1_040);
    assert_eq!(world.asks(), "warm_up.not_over", "the monitor says when it is over, no clock");
    let said = Conclusion::WarmUpEnded(crate::model::calm::Warm { missing: 0, silent: Vec::new() });
    world.knowledge.apply(&[Fact::new(second(1_040), "test", said)], &world.policy.limits);
    assert_eq!(world.asks(), "allowed");
}

/// Where nothing was said of a warm-up at all, and right after a start or another policy.
#[test]
fn warm_up_refuses_what_is_not_known() {
    assert_eq!(with(|world| world.knowledge.warm_up = WarmUp::default()), "warm_up.not_over");
    for said in [
        Conclusion::ControlChanged { what: "epoch".into(), to: "2".into(), detail: String::new() },
        Conclusion::PolicyReplaced { digest: Digest::of(b"") },
    ] {
        let said = Fact::new(second(1_000), "test", said);
        assert_eq!(with(|world| world.knowledge.apply(&[said], &world.policy.limits)), "warm_up.not_over");
    }
}
