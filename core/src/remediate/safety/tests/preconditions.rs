//! The link `preconditions`.

use super::*;

fn needs(world: &mut World, text: &str) {
    let condition = Condition::parse(text, &Open).unwrap();
    world.playbook.preconditions.push(Precondition { name: "p".into(), condition });
}

#[test]
fn preconditions_refuses_alone() {
    assert_eq!(with(|world| needs(world, "state == healthy")), "preconditions.false");
}

#[test]
fn preconditions_lets_the_same_plan_through() {
    let mut world = World::of(3);
    needs(&mut world, "state == unhealthy");
    world.is("web-0", State::Healthy);
    assert_eq!(world.asks(), "preconditions.false");
    world.is("web-0", State::Unhealthy);
    assert_eq!(world.asks(), "allowed");
}

#[test]
fn preconditions_refuses_what_is_not_known() {
    assert_eq!(with(|world| needs(world, "cpu_usage < 90")), "preconditions.unknown");
    let trigger = |world: &mut World| {
        world.playbook.trigger.condition = Some(Condition::parse("cpu_usage > 90", &Open).unwrap());
    };
    assert_eq!(with(trigger), "preconditions.trigger");
    let later = |world: &mut World, occasion| (trigger(world), world.occasion = occasion).0;
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| later(world, occasion)), "allowed", "what the run itself may have ended: {occasion:?}");
    }
}

#[test]
fn c2_a_precondition_that_is_false_or_unknown_refuses() {
    for (text, rule) in [
        ("state == unhealthy", "allowed"),
        ("state == healthy", "preconditions.false"),
        ("cpu > 1", "preconditions.unknown"),
    ] {
        let condition = Condition::parse(text, &Open).unwrap();
        let precondition = Precondition { name: "p".into(), condition };
        assert_eq!(with(|world| world.playbook.preconditions.push(precondition.clone())), rule, "{text}");
        assert_eq!(with(|world| world.action.preconditions.push(precondition)), rule, "{text}");
    }
}

/// The plan as a whole is asked about, with `text` as what its action needs, in this stage.
fn beforehand(stage: u32, text: &str) -> String {
    with(|world| {
        let condition = Condition::parse(text, &Open).unwrap();
        world.action.preconditions.push(Precondition { name: "p".into(), condition });
        let slot = world.knowledge.topology.register(Arc::new(component("db", &[])));
        world.knowledge.health.restore(slot, Health { state: State::Healthy, ..Health::default() });
        world.steps = [PlannedStep { stage, ..step("restart") }].into();
        world.acts = false;
    })
}

#[test]
fn c2_what_a_later_stage_needs_of_the_health_is_what_those_before_it_are_for() {
    for text in ["state == healthy", "healthy == true", "unhealthy == false", "degraded == true"] {
        assert_eq!(beforehand(0, text), "preconditions.false", "{text}");
        assert_eq!(beforehand(1, text), "allowed", "{text}");
    }
    assert_eq!(beforehand(1, "cpu > 1"), "preconditions.unknown", "all else is asked beforehand");
    assert_eq!(beforehand(1, "db.state == degraded"), "preconditions.false", "and so is the health of others");
    assert_eq!(beforehand(1, "db.state == healthy"), "allowed");
}
