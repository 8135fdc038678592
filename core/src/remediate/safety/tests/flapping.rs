//! The link `flapping`.

use super::*;

fn flaps(world: &mut World, component: &str) {
    let said = Conclusion::FlappingBegan(crate::model::calm::Flapped {
        held: State::Unhealthy,
        changes: 6,
        calm: Span::from_mins(10),
    });
    world.knowledge.apply(&[Fact::new(second(900), "test", said).component(&component.into())], &world.policy.limits);
}

#[test]
fn flapping_refuses_alone() {
    assert_eq!(with(|world| flaps(world, "web-0")), "flapping.held");
    let target = |world: &mut World| {
        flaps(world, "web-1");
        world.targets = [("web-1".into(), Grip::Gentle)].into();
    };
    assert_eq!(with(target), "flapping.held", "a target, too");
    let looked_at = |world: &mut World| {
        target(world);
        world.targets = [("web-1".into(), Grip::None)].into();
    };
    assert_eq!(with(looked_at), "allowed");
    for occasion in [Occasion::LaterStep, Occasion::Retry, Occasion::Rollback] {
        let begun = |world: &mut World| (flaps(world, "web-0"), world.occasion = occasion).0;
        assert_eq!(with(begun), "allowed", "what has begun goes on");
    }
}

#[test]
fn flapping_lets_the_same_plan_through() {
    let mut world = World::of(3);
    flaps(&mut world, "web-0");
    let said = Conclusion::FlappingEnded {};
    world.knowledge.apply(&[Fact::new(second(999), "test", said).component(&"web-0".into())], &world.policy.limits);
    assert_eq!(world.asks(), "allowed");
    assert_eq!(with(|world| flaps(world, "db")), "allowed", "another component");
}

/// How long it has been calm is for the monitor to say: until it does, it flaps, however late it is.
#[test]
fn flapping_refuses_what_is_not_known() {
    assert_eq!(with(|world| (flaps(world, "web-0"), world.now = second(90_000)).0), "flapping.held");
}

/// A pair of actions, each of which makes the other good, the second of which is asked about.
fn moved(world: &mut World, seconds_ago: i64) {
    world.action.name = "back".into();
    world.action.reversal = Reversal::Compensable(undo("over"));
    world.others =
        Vec::from([Action { name: "over".into(), reversal: Reversal::Compensable(undo("back")), ..action() }]);
    let other = crate::model::ids::RunId(Digest::of(b"another run").short());
    world.memory.moves.record(other, &"over".into(), &"web-0".into(), world.now.before(Span::from_secs(seconds_ago)));
}

fn undo(action: &str) -> crate::policy::actions::Undo {
    crate::policy::actions::Undo { action: action.into(), parameters: BTreeMap::new(), capture: Vec::new() }
}

fn grant() -> Grant {
    Grant { by: [("ann".into(), [Name::new("operator")].into())].into(), until: Time::NEVER }
}

const HALF_AN_HOUR: i64 = 1_800;

#[test]
fn safe21_what_was_moved_lately_is_not_moved_back_without_approval() {
    for occasion in [Occasion::FirstStep, Occasion::LaterStep, Occasion::Retry] {
        let back = |ago| {
            with(|world| {
                (world.steps, world.occasion, world.now) = ([step("back")].into(), occasion, second(10_000));
                moved(world, ago);
            })
        };
        assert_eq!(back(HALF_AN_HOUR - 1), "approval.required", "{occasion:?}");
        assert_eq!(back(HALF_AN_HOUR), "allowed", "{occasion:?}");
    }
    let approved = |world: &mut World| {
        world.steps = [step("back")].into();
        moved(world, 1);
        world.grant = Some(grant());
    };
    assert_eq!(with(approved), "allowed");
    let elsewhere = |world: &mut World| {
        world.steps = [PlannedStep { target: "web-1".into(), ..step("back") }].into();
        moved(world, 1);
    };
    assert_eq!(with(elsewhere), "allowed", "another target");
}

#[test]
fn safe21_undoing_moves_nothing_back_that_nobody_approved() {
    let undoing = |ago| {
        with(|world| {
            (world.occasion, world.now) = (Occasion::Rollback, second(10_000));
            moved(world, ago);
        })
    };
    assert_eq!(undoing(HALF_AN_HOUR - 1), "flapping.moved_lately");
    assert_eq!(undoing(HALF_AN_HOUR), "allowed");
    assert_eq!(
        with(|world| (moved(world, 1), world.occasion = Occasion::Rollback, world.grant = Some(grant())).0),
        "allowed"
    );
    let one_way = |world: &mut World| {
        moved(world, 1);
        world.others.clear();
        world.occasion = Occasion::Rollback;
    };
    assert_eq!(with(one_way), "allowed", "what makes something good and is not made good moves nothing");
}

#[test]
fn safe21_a_plan_that_moves_a_target_and_back_needs_an_approval() {
    let plan = |targets: [&str; 2], hold: i64| {
        with(|world| {
            moved(world, 90_000);
            world.policy.safety.hold_down = Span::from_secs(hold);
            let steps = ["over", "back"].into_iter().zip(targets);
            world.steps = steps.map(|(action, on)| PlannedStep { target: on.into(), ..step(action) }).collect();
        })
    };
    assert_eq!(plan(["web-0", "web-0"], 1), "approval.required");
    assert_eq!(plan(["web-0", "web-1"], 1), "allowed", "each is moved once");
    assert_eq!(plan(["web-0", "web-0"], 0), "allowed", "the policy holds nothing down");
    let twice = |world: &mut World| (moved(world, 90_000), world.steps = [step("back"), step("back")].into()).0;
    assert_eq!(with(twice), "allowed", "the same again is not back");
}
