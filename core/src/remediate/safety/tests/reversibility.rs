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
