//! The link `mode`.

use super::*;

#[test]
fn mode_refuses_alone() {
    assert_eq!(with(|world| world.policy.mode = Mode::Suggest), "mode.suggest");
}

#[test]
fn mode_lets_the_same_plan_through() {
    let mut world = World::of(3);
    world.policy.mode = Mode::Suggest;
    assert_eq!(world.asks(), "mode.suggest");
    world.policy.mode = Mode::Auto;
    assert_eq!(world.asks(), "allowed");
}

/// A policy that does not say its mode is one that suggests.
#[test]
fn mode_refuses_what_is_not_known() {
    let text = "components: { web: { checks: [{ tcp: 'web:1' }] } }".into();
    let loaded = Policy::load(&[Source { name: "p.yaml".into(), text }]);
    let silent = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy.mode();
    assert_eq!(with(|world| world.policy.mode = silent), "mode.suggest");
}
