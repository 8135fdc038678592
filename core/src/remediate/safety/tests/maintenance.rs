//! The link `maintenance`.

use super::*;
use crate::model::window::WindowChange;
use crate::model::window::{Opening, WindowKind};

/// Opens a window over `over` until the second `until`.
pub(super) fn open(world: &mut World, kind: WindowKind, over: &str, terms: &[&str], until: i64) {
    let terms = terms.iter().map(|term| Name::new(term)).collect();
    let over = [Name::new(over)].into();
    let opening = Opening { kind, over, terms, until: second(until), reason: String::new(), by: None };
    let (window, detail) = (Name::new("patching"), String::new());
    let said = Conclusion::WindowChanged(WindowChange { window, change: "opened".into(), opening, detail });
    world.knowledge.apply(&[Fact::new(second(1), "test.window", said)], &world.policy.limits);
}

fn maintained(world: &mut World, over: &str) {
    open(world, WindowKind::Maintenance, over, &["remediate"], 2_000);
}

#[test]
fn maintenance_refuses_alone() {
    assert_eq!(with(|world| maintained(world, "web-0")), "maintenance.window");
    assert_eq!(with(|world| maintained(world, "web")), "maintenance.window", "of its service");
    for grip in [Grip::Disruptive, Grip::Gentle, Grip::None] {
        let other = |world: &mut World| {
            world.targets.insert("web-1".into(), grip);
            maintained(world, "web-1");
        };
        assert_eq!(with(other), "maintenance.window", "{grip:?} of a further target");
    }
    let step = |world: &mut World| {
        world.steps = [PlannedStep { target: "web-2".into(), ..step("restart") }].into();
        maintained(world, "web-2");
    };
    assert_eq!(with(step), "maintenance.window", "what a step names");
    for occasion in [Occasion::LaterStep, Occasion::Retry, Occasion::Rollback] {
        assert_eq!(with(|world| (maintained(world, "web-0"), world.occasion = occasion).0), "maintenance.window");
    }
}

#[test]
fn maintenance_lets_the_same_plan_through() {
    assert_eq!(with(|world| maintained(world, "web-1")), "allowed", "it is not touched");
    let told = |world: &mut World| open(world, WindowKind::Maintenance, "web-0", &["notify", "open"], 2_000);
    assert_eq!(with(told), "allowed", "it holds back something else");
    assert_eq!(with(|world| open(world, WindowKind::Change, "web-0", &[], 2_000)), "allowed");
}

/// Whether people are at work on what is not registered is not known.
#[test]
fn maintenance_refuses_what_is_not_known() {
    let gone = |world: &mut World| {
        world.targets.insert("web-9".into(), Grip::None);
    };
    assert_eq!(with(gone), "maintenance.unknown");
}

#[test]
fn r8_undoing_asks_about_what_it_may_touch_of_what_is_there() {
    let undoing = |targets: &[&str], over: &str| {
        with(|world| {
            world.occasion = Occasion::Rollback;
            world.targets = targets.iter().map(|name| (Name::new(name), Grip::None)).collect();
            maintained(world, over);
        })
    };
    assert_eq!(undoing(&["web-1"], "web-2"), "allowed");
    assert_eq!(undoing(&["web-1"], "web-1"), "maintenance.window");
    assert_eq!(undoing(&["web-1"], "web-0"), "maintenance.window", "what is sick");
    assert_eq!(undoing(&["web-1", "gone"], "web-2"), "allowed", "what is gone holds nothing up");
}
