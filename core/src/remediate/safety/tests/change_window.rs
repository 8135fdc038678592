//! The link `change_window`.

use super::maintenance::open;
use super::*;
use crate::model::window::WindowKind;
use crate::policy::actions::ActionClass;
use crate::policy::windows::{When, Window};

/// The plan is an upgrade that takes at most a minute.
fn upgrades(world: &mut World) {
    world.action.classes = [ActionClass::Upgrade].into();
    world.action.timeout = Span::from_secs(60);
    world.playbook.timeout = Span::from_secs(60);
}

fn within(world: &mut World, terms: &[&str], until: i64) {
    upgrades(world);
    open(world, WindowKind::Change, "web", terms, until);
}

#[test]
fn change_window_refuses_alone() {
    assert_eq!(with(upgrades), "change_window.none");
    let later = |world: &mut World| {
        upgrades(world);
        let when = When::Once { start: second(5_000), end: second(9_000) };
        let (over, terms) = (Default::default(), Default::default());
        world.policy.windows = [Window { name: "w".into(), kind: WindowKind::Change, over, terms, when }].into();
    };
    assert_eq!(with(later), "change_window.outside");
    assert_eq!(with(|world| within(world, &[], 1_059)), "change_window.too_short");
    assert_eq!(with(|world| within(world, &["schema_change"], 9_000)), "change_window.none", "for something else");
    let elsewhere = |world: &mut World| (upgrades(world), open(world, WindowKind::Change, "db", &[], 9_000)).0;
    assert_eq!(with(elsewhere), "change_window.none");
    let target = |world: &mut World| {
        upgrades(world);
        open(world, WindowKind::Change, "web-0", &[], 9_000);
        world.targets.insert("web-1".into(), Grip::None);
    };
    assert_eq!(with(target), "change_window.none", "not over all that it is about");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (upgrades(world), world.occasion = occasion).0), "change_window.none");
        let short = |world: &mut World| (within(world, &[], 1_059), world.occasion = occasion).0;
        assert_eq!(with(short), "change_window.too_short");
        let rest = |world: &mut World| {
            (within(world, &[], 1_060), world.occasion = occasion, world.playbook.timeout = Span::MAX).0
        };
        assert_eq!(with(rest), "allowed", "the one action fits");
    }
}

#[test]
fn change_window_lets_the_same_plan_through() {
    assert_eq!(with(|world| within(world, &["upgrade"], 1_060)), "allowed", "to the last instant");
    let whole = |world: &mut World| (within(world, &[], 1_060), world.playbook.timeout = Span::from_secs(61)).0;
    assert_eq!(with(whole), "change_window.too_short", "the whole run has to fit");
    let other = |world: &mut World| (upgrades(world), world.action.classes = [ActionClass::Deletion].into()).0;
    assert_eq!(with(other), "allowed", "what is done at any time");
    let free = |world: &mut World| (upgrades(world), world.policy.safety.only_in_window.clear()).0;
    assert_eq!(with(free), "allowed", "the policy binds nothing to a window");
    assert_eq!(
        with(|world| (upgrades(world), world.occasion = Occasion::Rollback).0),
        "allowed",
        "undoing waits for none"
    );
}

/// Whether a window is open over what is not registered is not known.
#[test]
fn change_window_refuses_what_is_not_known() {
    let mut world = World::of(3);
    within(&mut world, &[], 9_000);
    assert_eq!(world.asks(), "allowed");
    world.targets.insert("web-9".into(), Grip::None);
    let refused = world.links().into_iter().filter(|link| !link.allowed).map(|link| link.rule.to_string());
    assert!(refused.collect::<Vec<_>>().contains(&"change_window.unknown".to_string()));
}

#[test]
fn g5_of_the_windows_to_come_only_those_that_would_do_are_waited_for() {
    let to_come = |kind: WindowKind, over: &[&str], terms: &[&str], start: i64| {
        with(|world| {
            upgrades(world);
            let when = When::Once { start: second(start), end: second(9_000) };
            let names = |names: &[&str]| names.iter().map(|name| Name::new(name)).collect();
            world.policy.windows =
                [Window { name: "w".into(), kind, over: names(over), terms: names(terms), when }].into();
        })
    };
    assert_eq!(to_come(WindowKind::Change, &["web"], &["upgrade"], 5_000), "change_window.outside");
    assert_eq!(to_come(WindowKind::Maintenance, &["web"], &["upgrade"], 5_000), "change_window.none");
    assert_eq!(to_come(WindowKind::Change, &["db"], &["upgrade"], 5_000), "change_window.none");
    assert_eq!(to_come(WindowKind::Change, &["web"], &["deletion"], 5_000), "change_window.none");
    assert_eq!(to_come(WindowKind::Change, &[], &[], 1_001), "change_window.outside");
    assert_eq!(to_come(WindowKind::Change, &[], &[], 1_000), "change_window.none", "a person has closed it");
    assert_eq!(to_come(WindowKind::Change, &[], &[], 900), "change_window.none");
}

#[test]
fn g5_before_the_first_step_all_of_the_plan_is_asked_about_later_the_one_action() {
    let later_step = |occasion: Occasion| {
        with(|world| {
            let classes = [ActionClass::Upgrade].into();
            world.others = [Action { name: "upgrade".into(), classes, ..action() }].into();
            world.occasion = occasion;
        })
    };
    for occasion in [Occasion::FirstStep, Occasion::Manual] {
        assert_eq!(later_step(occasion), "change_window.none", "{occasion:?}");
    }
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(later_step(occasion), "allowed", "{occasion:?}");
    }
}
