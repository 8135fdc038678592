//! The link `approval`.

use super::*;

fn granted(world: &mut World, role: &str, until: i64) {
    let by = [("ann".into(), [Name::new(role)].into())].into();
    world.grant = Some(Grant { by, until: second(until) });
}

#[test]
fn approval_refuses_alone() {
    assert_eq!(with(|world| world.policy.mode = Mode::Approve), "approval.required");
}

#[test]
fn approval_lets_the_same_plan_through() {
    let mut world = World::of(3);
    world.policy.mode = Mode::Approve;
    assert_eq!(world.asks(), "approval.required");
    granted(&mut world, "operator", 1_001);
    assert_eq!(world.asks(), "allowed");
}

/// An approval by somebody whose role nobody knows, or by nobody.
#[test]
fn approval_refuses_what_is_not_known() {
    let asking = |world: &mut World| world.policy.mode = Mode::Approve;
    assert_eq!(with(|world| (asking(world), granted(world, "of my own making", 1_001)).0), "approval.required");
    let nobody = |world: &mut World| {
        asking(world);
        world.grant = Some(Grant { by: BTreeMap::new(), until: Time::NEVER });
    };
    assert_eq!(with(nobody), "approval.required");
}
