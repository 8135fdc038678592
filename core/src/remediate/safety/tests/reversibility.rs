//! The link `reversibility`.

use super::*;

fn undoing(world: &mut World, reversal: Reversal, risk: Risk) {
    world.occasion = Occasion::Rollback;
    world.action.reversal = reversal;
    world.action.risk = risk;
}

#[test]
fn reversibility_refuses_alone() {
    let gone = |world: &mut World| undoing(world, Reversal::Irreversible, Risk::Medium);
    assert_eq!(with(gone), "reversibility.undo_is_irreversible");
}

#[test]
fn reversibility_lets_the_same_plan_through() {
    let mut world = World::of(3);
    undoing(&mut world, Reversal::Irreversible, Risk::Medium);
    assert_eq!(world.asks(), "reversibility.undo_is_irreversible");
    undoing(&mut world, Reversal::Irreversible, Risk::Low);
    assert_eq!(world.asks(), "allowed", "low risk");
    undoing(&mut world, Reversal::NotNeeded, Risk::Medium);
    assert_eq!(world.asks(), "allowed", "nothing is left to undo");
}

/// A step whose action nobody has defined, and undoing by an action that is not there.
#[test]
fn reversibility_refuses_what_is_not_known() {
    assert_eq!(with(|world| world.steps = ["restart"].map(step).into()), "allowed");
    assert_eq!(with(|world| world.steps = ["restart", "stop"].map(step).into()), "reversibility.unknown");
    let undoing = |world: &mut World| (world.acts = false, world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "reversibility.unknown");
}

/// Going back to a checkpoint is part of the plan that people approved, and of no other.
#[test]
fn r8_what_is_put_back_for_good_is_put_back_by_an_approved_plan_that_names_it() {
    let grant = || Grant { by: BTreeMap::new(), until: second(0) };
    let back = |restore: &str, approved: bool| {
        with(|world| {
            undoing(world, Reversal::Irreversible, Risk::High);
            world.playbook.strategy = crate::policy::playbook::Strategy::Checkpoint { restore: restore.into() };
            world.grant = approved.then(grant);
        })
    };
    assert_eq!(back("restart", true), "allowed");
    assert_eq!(back("restart", false), "reversibility.undo_is_irreversible");
    assert_eq!(back("restore", true), "reversibility.undo_is_irreversible", "the plan names another action for that");
    let elsewise =
        |world: &mut World| (undoing(world, Reversal::Irreversible, Risk::High), world.grant = Some(grant())).0;
    assert_eq!(with(elsewise), "reversibility.undo_is_irreversible", "the plan does not go back to a checkpoint");
}

#[test]
fn b2_what_cannot_be_undone_is_done_alone_at_low_risk() {
    let at = |risk: Risk| with(|world| (world.action.reversal, world.action.risk) = (Reversal::Irreversible, risk));
    assert_eq!((at(Risk::Low), at(Risk::Medium)), ("allowed".into(), "approval.required".into()));
    let beside = |world: &mut World| {
        world.action.reversal = Reversal::Irreversible;
        world.others = [Action { name: "other".into(), risk: Risk::Medium, ..action() }].into();
    };
    assert_eq!(with(beside), "allowed", "what is of more risk can be undone");
}
