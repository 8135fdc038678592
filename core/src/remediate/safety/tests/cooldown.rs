//! The link `cooldown`.

use super::*;

fn paused(world: &mut World) {
    world.memory.cooldowns.run_ended(&"web-0".into(), &world.policy.safety.cooldown, second(990));
}

#[test]
fn cooldown_refuses_alone() {
    assert_eq!(with(paused), "cooldown.pausing");
}

#[test]
fn cooldown_lets_the_same_plan_through() {
    let mut world = World::of(3);
    paused(&mut world);
    world.now = second(1_020).before(Span::from_ms(1));
    assert_eq!(world.asks(), "cooldown.pausing");
    world.now = second(1_020);
    assert_eq!(world.asks(), "allowed");
}

/// A run whose end is not known yet has not begun its pause.
#[test]
fn cooldown_refuses_what_is_not_known() {
    let unended = |world: &mut World| {
        world.runs_on("web-9", Status::Running);
        world.runs.values_mut().for_each(|run| run.component = "web-0".into());
    };
    assert_eq!(with(unended), "cooldown.run_not_over");
    let over = |world: &mut World| {
        unended(world);
        world.runs.values_mut().for_each(|run| run.status = Status::Settled);
    };
    assert_eq!(with(over), "allowed");
}
