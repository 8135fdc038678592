//! The link `budgets`.

use super::*;

#[test]
fn budgets_refuses_alone() {
    assert_eq!(with(|world| world.is("web-1", State::Unhealthy)), "budgets.max_unhealthy");
}

#[test]
fn budgets_lets_the_same_plan_through() {
    let mut world = World::of(3);
    world.is("web-1", State::Unhealthy);
    assert_eq!(world.asks(), "budgets.max_unhealthy");
    world.is("web-1", State::Healthy);
    assert_eq!(world.asks(), "allowed");
}

#[test]
fn budgets_refuses_what_is_not_known() {
    assert_eq!(with(|world| world.is("web-1", State::Unknown)), "budgets.max_unhealthy");
}
