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

#[test]
fn g6_an_approval_counts_from_the_right_role_until_its_time_and_high_risk_needs_one() {
    let risky = |world: &mut World| world.action.risk = Risk::High;
    let granted = |world: &mut World, role: &str, until: i64| {
        risky(world);
        let by = ["ann", "bob"].map(|id| (Name::new(id), [Name::new(role)].into())).into();
        world.grant = Some(Grant { by, until: second(until) });
    };
    let alone = |world: &mut World| {
        granted(world, "operator", 1_001);
        world.grant.as_mut().unwrap().by.pop_last();
    };
    assert_eq!(with(alone), "approval.required", "high risk takes two people");
    assert_eq!(with(risky), "approval.required");
    assert_eq!(with(|world| granted(world, "operator", 1_001)), "allowed");
    assert_eq!(with(|world| granted(world, "operator", 1_000)), "approval.required", "its time is over");
    assert_eq!(with(|world| granted(world, "viewer", 1_001)), "approval.required");
    let critical = |world: &mut World, role: &str| {
        granted(world, "operator", 1_001);
        world.action.risk = Risk::Critical;
        world.grant.as_mut().unwrap().by.insert("bob".into(), [Name::new(role)].into());
    };
    assert_eq!(with(|world| critical(world, "operator")), "approval.required");
    assert_eq!(with(|world| critical(world, "sre_lead")), "allowed");
    let irreversible =
        |world: &mut World, risk| (world.action.reversal = Reversal::Irreversible, world.action.risk = risk).0;
    assert_eq!(with(|world| irreversible(world, Risk::Low)), "allowed");
    assert_eq!(with(|world| irreversible(world, Risk::Medium)), "approval.required");
    let undoing = |world: &mut World| (irreversible(world, Risk::Medium), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "reversibility.undo_is_irreversible");
}

#[test]
fn p6_how_many_people_it_takes_is_said_where_it_takes_more_than_one() {
    let people = |risk: Risk| {
        let mut world = World::of(3);
        (world.policy.mode, world.action.risk) = (Mode::Approve, risk);
        let said = world.says(Link::Approval).values.into_iter().find(|(name, _)| name == "people");
        said.map(|(_, people)| people.to_string())
    };
    assert_eq!((people(Risk::Low), people(Risk::High)), (None, Some("2".into())));
}
