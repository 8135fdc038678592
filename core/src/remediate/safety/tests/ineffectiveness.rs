//! What has been done again and again without lasting effect is not done once more.

use super::*;
use crate::remediate::safety::effect::Effect;

/// So many restarts of `web-0` that came out so, of which the plan would be one more.
pub(super) fn restarts(world: &mut World, times: u32, effect: Effect) {
    world.steps = [step("restart")].into();
    for _ in 0..times {
        let deed = ("restart".into(), "web-0".into());
        world.memory.effects.record(&incident("web-0", "down"), [deed].into(), effect, second(900));
    }
}

#[test]
fn ineffectiveness_refuses_alone() {
    assert_eq!(with(|world| restarts(world, 3, Effect::None)), "ineffectiveness.same_again");
    assert_eq!(with(|world| restarts(world, 3, Effect::CameBack)), "ineffectiveness.same_again");
}

#[test]
fn ineffectiveness_lets_the_same_plan_through() {
    assert_eq!(with(|world| restarts(world, 2, Effect::None)), "allowed");
    assert_eq!(with(|world| restarts(world, 9, Effect::Helped)), "allowed", "it helps each time");
    let patient =
        |world: &mut World| (restarts(world, 3, Effect::None), world.policy.safety.ineffectiveness.after = 4).0;
    assert_eq!(with(patient), "allowed");
    let elsewhere = |world: &mut World| {
        (
            restarts(world, 3, Effect::None),
            world.steps = [PlannedStep { target: "web-1".into(), ..step("restart") }].into(),
        )
            .0
    };
    assert_eq!(with(elsewhere), "allowed", "another target");
    let looks = |world: &mut World| (restarts(world, 3, Effect::None), world.action.touches = Touches::Nothing).0;
    assert_eq!(with(looks), "allowed", "what changes nothing is not meant to help");
    let tells = |world: &mut World| (restarts(world, 3, Effect::None), world.action.adapter = Adapter::Engine).0;
    assert_eq!(with(tells), "allowed", "nor is what only tells");
    for occasion in [Occasion::LaterStep, Occasion::Retry, Occasion::Rollback] {
        assert_eq!(with(|world| (restarts(world, 3, Effect::None), world.occasion = occasion).0), "allowed");
    }
}

/// A run of which nobody can say how it came out is not known to have helped, nor not to: it is left to people as it is,
/// and what is not in the registry has no effect that is known.
#[test]
fn ineffectiveness_refuses_what_is_not_known() {
    let came_back = |world: &mut World| {
        restarts(world, 3, Effect::Helped);
        world.memory.effects.came_back(&"web-0".into(), &"down".into());
    };
    assert_eq!(with(came_back), "ineffectiveness.same_again", "that it had helped is no longer known");
    let forgiven = |world: &mut World| (came_back(world), world.memory.effects.forget(&"web-0".into())).0;
    assert_eq!(with(forgiven), "allowed", "until a person has said so");
}
