use super::*;
use crate::knowledge::fixtures::{component, fleet, health, second};
use crate::policy::limits::Limits;
use crate::remediate::safety::tests::action;
use alloc::sync::Arc;

/// A service `db` of so many, on all of which `shop` depends, and `front` on that.
fn world(members: u32) -> Knowledge {
    let mut knowledge = fleet(&[]);
    let add = |knowledge: &mut Knowledge, one: crate::policy::components::Component| {
        let name = one.name.clone();
        knowledge.topology.register(Arc::new(one));
        knowledge.apply(&[health(second(0), name.as_str(), State::Healthy)], &Limits::default());
    };
    let names: Vec<std::string::String> = (0..members).map(|n| std::format!("db-{n}")).collect();
    for name in &names {
        let mut member = component(name, &[]);
        member.place.service = Some("db".into());
        add(&mut knowledge, member);
    }
    let needs: Vec<&str> = names.iter().map(std::string::String::as_str).collect();
    add(&mut knowledge, component("shop", &needs));
    add(&mut knowledge, component("front", &["shop"]));
    add(&mut knowledge, component("other", &["db-0"]));
    knowledge
}

fn level(knowledge: &Knowledge, targets: &[&str], grip: Grip) -> Level {
    let targets = targets.iter().map(|name| ((*name).into(), grip)).collect();
    of_plan(&targets, core::iter::empty(), knowledge).level
}

#[test]
fn b1_what_depends_on_a_target_is_hit_with_it_unless_another_member_stays() {
    let mut alone = world(1);
    let of = |knowledge: &Knowledge, targets: &[&str], grip| {
        of_plan(&targets.iter().map(|name| ((*name).into(), grip)).collect(), core::iter::empty(), knowledge)
    };
    let all = of(&alone, &["db-0"], Grip::Disruptive);
    assert_eq!((all.level, all.instances, all.services), (Level::MultipleServices, 4, 4), "and what depends on that");
    assert_eq!(of(&alone, &["db-0"], Grip::Gentle).instances, 1, "it goes on serving");
    assert_eq!(of(&alone, &["db-0"], Grip::None).instances, 0, "what is only named is not touched");
    for (state, hit) in [(State::Unknown, 4), (State::Degraded, 4), (State::Unhealthy, 1), (State::Critical, 1)] {
        alone.apply(&[health(second(1), "db-0", state)], &Limits::default());
        assert_eq!(of(&alone, &["db-0"], Grip::Disruptive).instances, hit, "{state}");
    }
    let mut two = world(2);
    assert_eq!(level(&two, &["db-0"], Grip::Disruptive), Level::SingleInstance, "db-1 stays");
    assert_eq!(of(&two, &["db-0", "db-1"], Grip::Disruptive).instances, 5, "both, and what depends on either");
    for state in [State::Unknown, State::Degraded, State::Unhealthy] {
        two.apply(&[health(second(1), "db-1", state)], &Limits::default());
        assert_eq!(of(&two, &["db-0"], Grip::Disruptive).instances, 4, "db-1 is {state}: nobody is known to stay");
    }
    assert_eq!(of(&two, &["db-0", "db-1"], Grip::Disruptive).instances, 5, "the one that failed is out with the other");
}

#[test]
fn b1_circles_end() {
    let mut knowledge = fleet(&[("a", &["b"]), ("b", &["a"])]);
    assert_eq!(level(&knowledge, &["a"], Grip::Disruptive), Level::MultipleServices);
    knowledge.topology.remove(&"b".into());
    assert_eq!(level(&knowledge, &["a"], Grip::Disruptive), Level::SingleInstance);
}

#[test]
fn b1_what_touches_a_cluster_is_as_wide_as_one_however_little_is_in_it() {
    let (knowledge, mut action) = (world(2), action());
    let targets: BTreeMap<Name, Grip> = [("db-0".into(), Grip::Disruptive)].into();
    for (touches, expected) in [
        (Touches::Nothing, Level::SingleInstance),
        (Touches::Instance, Level::SingleInstance),
        (Touches::Service, Level::SingleInstance),
        (Touches::Cluster, Level::ClusterWide),
    ] {
        action.touches = touches;
        assert_eq!(of_plan(&targets, [&action].into_iter(), &knowledge).level, expected, "by what it resolved to");
        assert_eq!(of_begun(&targets, [&action].into_iter(), &knowledge).level, expected);
    }
    let least = [Touches::Nothing, Touches::Instance, Touches::Service, Touches::Cluster].map(least);
    let ceiling = [Level::SingleInstance, Level::SingleInstance, Level::SingleService, Level::ClusterWide];
    assert_eq!(least, ceiling);
}

#[test]
fn b1_what_has_begun_takes_no_more_from_those_who_depend_on_it() {
    let knowledge = world(1);
    let targets: BTreeMap<Name, Grip> = [("db-0".into(), Grip::Disruptive), ("shop".into(), Grip::None)].into();
    assert_eq!(of_begun(&targets, core::iter::empty(), &knowledge).instances, 1);
}

/// What is registered at run time names a service or a group as it is written.
#[test]
fn b1_what_depends_on_a_service_or_a_group_by_its_name_is_hit_with_the_last_of_it() {
    for needed in ["db", "stores"] {
        let mut knowledge = world(1);
        let mut member = component("db-0", &[]);
        member.place.service = Some("db".into());
        member.groups = ["stores".into()].into();
        knowledge.topology.register(Arc::new(member));
        let before = of_plan(&[("db-0".into(), Grip::Disruptive)].into(), core::iter::empty(), &knowledge).instances;
        knowledge.topology.register(Arc::new(component("late", &[needed])));
        let reach = of_plan(&[("db-0".into(), Grip::Disruptive)].into(), core::iter::empty(), &knowledge);
        assert_eq!(reach.instances, before + 1, "{needed}");
    }
}
