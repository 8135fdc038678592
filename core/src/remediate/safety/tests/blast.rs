//! The link `blast`.

use super::*;
use crate::policy::actions::ActionClass;
use crate::remediate::blast::Grip::{Disruptive, Gentle};

/// Another cluster besides that of `web`, with one member that is a target too.
fn two_clusters(world: &mut World) {
    for (name, cluster) in [("web-0", "east"), ("db", "west")] {
        let known = world.knowledge.topology.component(&name.into()).map(|known| (**known).clone());
        let mut member = known.unwrap_or_else(|| component(name, &[]));
        member.place.cluster = Some(cluster.into());
        world.knowledge.topology.register(Arc::new(member));
    }
    world.targets = [("web-0".into(), Disruptive), ("db".into(), Gentle)].into();
}

fn ordered(world: &mut World, roles: &[&str]) {
    let roles = roles.iter().map(|role| Name::new(role)).collect();
    world.by = Some(Principal { id: "bob".into(), roles });
    world.occasion = Occasion::Manual;
}

fn signed(world: &mut World, by: &[(&str, &str)]) {
    let by = by.iter().map(|(id, role)| (Name::new(id), [Name::new(role)].into())).collect();
    world.grant = Some(Grant { by, until: second(2_000) });
}

#[test]
fn blast_refuses_alone() {
    assert_eq!(with(two_clusters), "blast.cluster_wide");
}

#[test]
fn blast_lets_the_same_plan_through() {
    let mut world = World::of(3);
    two_clusters(&mut world);
    signed(&mut world, &[("lea", "sre_lead"), ("max", "engineering_manager")]);
    assert_eq!(world.asks(), "blast.cluster_wide", "signed off, and nobody ordered it");
    world.targets = [("web-0".into(), Disruptive)].into();
    assert_eq!(world.asks(), "allowed");
}

/// The link before it refuses that too.
#[test]
fn blast_refuses_what_is_not_known() {
    let mut world = World::of(3);
    world.targets = [("nobody".into(), Disruptive)].into();
    let blast = world.links().into_iter().find(|result| result.link == Link::Blast).unwrap();
    assert_eq!((blast.allowed, blast.rule.as_ref()), (false, "blast.unknown_target"));
    assert!(blast.remedy.contains("`nobody` to be a registered component"));
}

#[test]
fn b2_what_needs_a_sign_off_is_ordered_by_a_person_and_signed_by_each_of_both() {
    let mut world = World::of(3);
    two_clusters(&mut world);
    ordered(&mut world, &["sre_lead"]);
    assert_eq!(world.asks(), "approval.required");
    let signatures: [(&[(&str, &str)], &str); 5] = [
        (&[("lea", "sre_lead")], "approval.required"),
        (&[("lea", "sre_lead"), ("ann", "operator")], "approval.required"),
        (&[("lea", "cto"), ("max", "vp_engineering")], "approval.required"),
        (&[("lea", "sre_lead"), ("max", "engineering_manager")], "approval.required"),
        (&[("lea", "sre_lead"), ("max", "engineering_manager"), ("ann", "operator")], "allowed"),
    ];
    for (by, rule) in signatures {
        signed(&mut world, by);
        assert_eq!(world.asks(), rule, "{by:?}");
    }
    for (name, region) in [("web-0", "here"), ("db", "there")] {
        let mut member = (**world.knowledge.topology.component(&name.into()).unwrap()).clone();
        member.place.region = Some(region.into());
        world.knowledge.topology.register(Arc::new(member));
    }
    assert_eq!(world.asks(), "approval.required", "two regions take others");
    signed(&mut world, &[("lea", "cto"), ("max", "vp_engineering"), ("ann", "operator")]);
    assert_eq!(world.asks(), "allowed");
    world.by = None;
    world.occasion = Occasion::FirstStep;
    assert_eq!(world.asks(), "blast.multi_region");
}

#[test]
fn safe_5_a_plan_that_reaches_further_than_it_was_made_for_is_void() {
    let both = |world: &mut World| world.targets = [("web-0".into(), Disruptive), ("web-1".into(), Gentle)].into();
    let wider = |world: &mut World| (both(world), world.planned = Some(Level::SingleInstance)).0;
    for occasion in [Occasion::FirstStep, Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (wider(world), world.occasion = occasion).0), "blast.grown");
    }
    let narrower = |world: &mut World| world.planned = Some(Level::MultipleServices);
    assert_eq!(with(narrower), "approval.required", "it is held against what it was made for all the same");
}

#[test]
fn b1_what_depends_on_a_target_counts_before_the_first_step_and_not_again() {
    let needed = |world: &mut World| {
        let mut shop = component("shop", &["web-0", "web-1", "web-2"]);
        shop.place.service = Some("shop".into());
        world.knowledge.topology.register(Arc::new(shop));
        (1..3).for_each(|n| world.is(&format!("web-{n}"), State::Degraded));
        world.policy.safety.default_budget.max_unhealthy = Share::Count(9);
        world.policy.safety.default_budget.keep_healthy_at_least = Share::Count(0);
    };
    assert_eq!(with(needed), "allowed", "web-0 has failed: those who need it have lost it");
    let well = |world: &mut World| (needed(world), world.is("web-0", State::Healthy)).0;
    assert_eq!(with(well), "approval.required", "two services");
    let begun = |world: &mut World| {
        well(world);
        world.planned = Some(Level::SingleInstance);
        world.occasion = Occasion::LaterStep;
    };
    assert_eq!(with(begun), "allowed", "the target is well since the first step");
}

#[test]
fn b2_each_circumstance_alone_asks_for_a_person() {
    let group = |world: &mut World| world.targets = [("web-0".into(), Gentle), ("web-1".into(), Gentle)].into();
    let many = |world: &mut World| {
        group(world);
        world.policy.safety.default_budget.max_in_flight = Share::Count(99);
    };
    assert_eq!(with(|world| (many(world), world.severity = Severity::Sev1).0), "allowed");
    for severity in [Severity::Sev2, Severity::Sev3] {
        assert_eq!(with(|world| (many(world), world.severity = severity).0), "approval.required");
    }
    let critical = |world: &mut World| {
        many(world);
        world.severity = Severity::Sev1;
        let mut member = (**world.knowledge.topology.component(&"web-2".into()).unwrap()).clone();
        member.critical = true;
        world.knowledge.topology.register(Arc::new(member));
    };
    assert_eq!(with(critical), "approval.required", "another member of the service is critical");
    for (class, environment, rule) in [
        (ActionClass::DatabaseChange, None, "approval.required"),
        (ActionClass::DatabaseChange, Some("production"), "approval.required"),
        (ActionClass::DatabaseChange, Some("Prod"), "approval.required"),
        (ActionClass::DatabaseChange, Some("staging"), "allowed"),
        (ActionClass::SecurityPolicyChange, Some("staging"), "approval.required"),
        (ActionClass::Deletion, None, "allowed"),
    ] {
        let change = |world: &mut World| {
            world.action.classes = [class].into();
            let mut member = (**world.knowledge.topology.component(&"web-0".into()).unwrap()).clone();
            member.environment = environment.map(Name::new);
            world.knowledge.topology.register(Arc::new(member));
        };
        assert_eq!(with(change), rule, "{class:?} in {environment:?}");
    }
}

#[test]
fn b2_eleven_deletions_and_eleven_instances_ask_for_a_person_and_ten_do_not() {
    let targets = |count: u32| {
        let mut world = World::of(20);
        world.targets = (0..count).map(|n| (Name::new(&format!("web-{n}")), Gentle)).collect();
        world.policy.safety.default_budget.max_in_flight = Share::Count(99);
        world.severity = Severity::Sev1;
        world
    };
    assert_eq!((targets(10).asks(), targets(11).asks()), ("allowed".into(), "approval.required".into()));
    let deletes = |count: u32| {
        let mut world = targets(count);
        world.targets.values_mut().for_each(|grip| *grip = Grip::None);
        world.action.classes = [ActionClass::Deletion].into();
        world
    };
    assert_eq!((deletes(10).asks(), deletes(11).asks()), ("allowed".into(), "approval.required".into()));
}
