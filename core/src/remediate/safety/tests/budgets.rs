//! The link `budgets`.

use super::*;
use crate::policy::actions::Undo;
use crate::remediate::half_done::HalfDone;
use crate::remediate::run::Progress;
use crate::remediate::safety::budget;

fn undo(action: &str) -> Undo {
    Undo { action: action.into(), parameters: BTreeMap::new(), capture: Vec::new() }
}

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

/// A run on `db`, which is where it is said to be, and which `web-0` needs or not.
fn beside(world: &mut World, place: impl Fn(&mut crate::policy::components::Place), needs: [&[&str]; 2]) {
    let mut db = component("db", needs[0]);
    place(&mut db.place);
    world.knowledge.topology.register(Arc::new(db));
    let mut web = component("web-0", needs[1]);
    web.place.service = Some("web".into());
    place(&mut web.place);
    let slot = world.knowledge.topology.register(Arc::new(web));
    world.knowledge.health.restore(slot, Health { state: State::Unhealthy, ..Health::default() });
    let id = world.playbook.id.clone();
    world.playbook.id = "other".into();
    world.runs_on("db", Status::Running);
    world.playbook.id = id;
}

#[test]
fn safe1_what_fails_together_is_not_acted_on_side_by_side() {
    let host = |place: &mut crate::policy::components::Place| place.host = Some("h".into());
    assert_eq!(with(|world| beside(world, host, [&[], &[]])), "budgets.failure_domain");
    assert_eq!(with(|world| beside(world, |_| {}, [&[], &[]])), "allowed", "nobody says where they are");
    let cluster = |place: &mut crate::policy::components::Place| place.cluster = Some("c".into());
    assert_eq!(with(|world| beside(world, cluster, [&[], &[]])), "allowed", "two services of one cluster");
    let of_one = |place: &mut crate::policy::components::Place| {
        (place.cluster, place.service) = (Some("c".into()), Some("web".into()));
    };
    let wide = |world: &mut World| {
        let budget = &mut world.policy.safety.default_budget;
        (budget.max_unhealthy, budget.max_in_flight) = (Share::Percent(100), Share::Count(9));
        world.is("db", State::Unhealthy);
    };
    assert_eq!(with(|world| (beside(world, of_one, [&[], &[]]), wide(world)).1), "budgets.failure_domain");
    let elsewhere = |world: &mut World| {
        beside(world, of_one, [&[], &[]]);
        wide(world);
        let mut db = component("db", &[]);
        (db.place.cluster, db.place.service) = (Some("d".into()), Some("web".into()));
        world.knowledge.topology.register(Arc::new(db));
    };
    assert_eq!(with(elsewhere), "allowed", "another cluster");
    let undoing = |world: &mut World| (beside(world, host, [&[], &[]]), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "undoing waits for nobody else");
}

#[test]
fn safe1_not_both_ends_of_a_dependency_at_once() {
    assert_eq!(with(|world| beside(world, |_| {}, [&["web-0"], &[]])), "budgets.dependency");
    assert_eq!(with(|world| beside(world, |_| {}, [&[], &["db"]])), "budgets.dependency");
    assert_eq!(with(|world| beside(world, |_| {}, [&["other"], &["another"]])), "allowed");
}

/// Where something says on which host it is, what does not may be on the same one.
#[test]
fn safe1_on_a_host_that_is_not_known_it_may_fail_together() {
    use crate::policy::components::Place;
    let wide = |world: &mut World| {
        let budget = &mut world.policy.safety.default_budget;
        (budget.max_unhealthy, budget.max_in_flight) = (Share::Percent(100), Share::Count(9));
    };
    let ask = |own: fn(&mut Place), others: fn(&mut Place)| {
        with(|world| {
            wide(world);
            beside(world, |_| {}, [&[], &[]]);
            for (name, place) in [("db", others), ("web-0", own)] {
                let mut known = (**world.knowledge.topology.component(&name.into()).unwrap()).clone();
                place(&mut known.place);
                world.knowledge.topology.register(Arc::new(known));
            }
            let mut third = component("third", &[]);
            third.place.host = Some("h3".into());
            world.knowledge.topology.register(Arc::new(third));
        })
    };
    assert_eq!(ask(|_| {}, |_| {}), "budgets.failure_domain", "of neither it is known");
    assert_eq!(ask(|own| own.host = Some("h".into()), |_| {}), "budgets.failure_domain", "of one it is not");
    assert_eq!(ask(|own| own.host = Some("h".into()), |other| other.host = Some("h2".into())), "allowed");
    let clusters: [fn(&mut Place); 2] =
        [|own| own.cluster = Some("c".into()), |other| other.cluster = Some("d".into())];
    assert_eq!(ask(clusters[0], clusters[1]), "allowed", "they are apart");
    assert_eq!(ask(clusters[0], clusters[0]), "budgets.failure_domain");
    assert_eq!(ask(clusters[0], |_| {}), "budgets.failure_domain", "it may be the same cluster");
    let regions: [fn(&mut Place); 2] = [|own| own.region = Some("r".into()), |other| other.region = Some("s".into())];
    assert_eq!(ask(regions[0], regions[1]), "allowed");
}

#[test]
fn b3_at_most_so_much_is_unhealthy_rounded_down_but_at_least_one() {
    for (size, down, rule) in [
        (1, 1, "allowed"),
        (2, 1, "allowed"),
        (2, 2, "budgets.max_unhealthy"),
        (4, 2, "budgets.max_unhealthy"),
        (5, 2, "allowed"),
        (5, 3, "budgets.max_unhealthy"),
    ] {
        for state in [State::Critical, State::Degraded, State::Unknown] {
            let mut world = World::of(size);
            (1..down).for_each(|n| world.is(&format!("web-{n}"), state));
            assert_eq!(world.asks(), rule, "40 % of {size}, {down} of them down: {state}");
        }
    }
}

#[test]
fn b3_what_is_under_action_or_not_yet_stable_counts() {
    let acting = |world: &mut World| world.runs_on("web-1", Status::Running);
    assert_eq!(with(acting), "budgets.max_unhealthy", "2 of 3");
    let mut world = World::of(5);
    acting(&mut world);
    assert_eq!(world.asks(), "budgets.max_in_flight", "2 of 5 are not too many, two at once are");
    world.policy.safety.default_budget.max_in_flight = Share::Count(2);
    assert_eq!(world.asks(), "allowed");
    assert_eq!(with(|world| world.runs_on("web-0", Status::Running)), "budgets.target_busy");
    assert_eq!(with(|world| world.runs_on("web-1", Status::Settled)), "allowed", "it is over");
    let frozen = |world: &mut World| world.memory.frozen.extend([("web-0".into(), None)]);
    assert_eq!(with(frozen), "budgets.target_frozen");
}

#[test]
fn b3_healthy_capacity_is_not_taken_below_the_floor_and_never_the_last_of_a_critical_service() {
    let healthy_target = |world: &mut World| world.targets = [("web-1".into(), Grip::Disruptive)].into();
    assert_eq!(with(healthy_target), "allowed", "web-2 stays");
    let one_left = |world: &mut World| {
        healthy_target(world);
        world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
        world.is("web-2", State::Unhealthy);
    };
    assert_eq!(with(one_left), "budgets.keep_healthy_at_least");
    let undoing = |world: &mut World| world.occasion = Occasion::Rollback;
    assert_eq!(with(|world| (one_left(world), undoing(world)).0), "budgets.keep_healthy_at_least", "undoing too");
    let gentle = |world: &mut World| world.targets = [("web-1".into(), Grip::Gentle)].into();
    assert_eq!(with(|world| (one_left(world), gentle(world)).0), "allowed", "it goes on serving");
    let none = Budget {
        max_unhealthy: Share::Count(3),
        max_in_flight: Share::Count(1),
        keep_healthy_at_least: Share::Count(0),
    };
    let no_floor = |world: &mut World| world.policy.safety.default_budget = none.clone();
    assert_eq!(with(|world| (one_left(world), no_floor(world)).0), "allowed");
    let critical = |world: &mut World| {
        let mut member = (**world.knowledge.topology.component(&"web-1".into()).unwrap()).clone();
        member.critical = true;
        world.knowledge.topology.register(Arc::new(member));
    };
    let all = |world: &mut World| (one_left(world), no_floor(world), critical(world)).0;
    assert_eq!(with(all), "budgets.keep_healthy_at_least");
}

/// A run has left something half done on `web-0`.
fn barred(world: &mut World, bars: bool) {
    world.runs_on("web-0", Status::Settled);
    let run = world.runs.values_mut().next().unwrap();
    let action = Action { reversal: Reversal::Reversible(undo("restart")), ..action() };
    run.actions = [("restart".into(), Arc::new(action))].into();
    run.plan.steps = [step("restart")].into();
    run.steps = [Progress { started: true, ..Progress::default() }].into();
    run.half_done = Some(HalfDone { since: second(9), why: String::new(), bars, left: Default::default() });
}

#[test]
fn r8_what_was_left_half_done_keeps_out_all_but_undoing() {
    assert_eq!(with(|world| barred(world, true)), "budgets.target_half_done");
    assert_eq!(with(|world| barred(world, false)), "allowed", "a person called it off");
    let undoing = |world: &mut World| (barred(world, true), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed");
}

#[test]
fn safe1_only_what_another_run_acts_on_besides_keeps_it_out() {
    // What it needs is a target of that run too, and nothing is done to it.
    let spares = |world: &mut World, grip: Grip| {
        beside(world, |_| {}, [&[], &["spare"]]);
        world.knowledge.topology.register(Arc::new(component("spare", &[])));
        let run = world.runs.values_mut().next().unwrap();
        run.plan.targets.insert("spare".into(), grip);
    };
    assert_eq!(with(|world| spares(world, Grip::None)), "allowed");
    assert_eq!(with(|world| spares(world, Grip::Gentle)), "budgets.dependency");
}

#[test]
fn safe1_they_collide_where_they_fail_together_or_one_needs_the_other() {
    let host = |name: &str, host: &str, needs: &[&str]| {
        let mut known = component(name, needs);
        known.place.host = Some(host.into());
        known
    };
    let topology = &fleet(&[]).topology;
    let (one, needy) = (host("one", "h1", &[]), host("needy", "h2", &["one"]));
    assert!(budget::collide(&one, &needy, topology) && budget::collide(&needy, &one, topology));
    assert!(budget::collide(&one, &host("other", "h1", &[]), topology), "on one host");
    assert!(!budget::collide(&one, &host("other", "h2", &[]), topology));
}

#[test]
fn p6_what_lets_it_through_says_how_many_more_of_the_group_could_be_out() {
    let room = |size: u32, change: fn(&mut World)| {
        let mut world = World::of(size);
        change(&mut world);
        world.says(Link::Budgets).remedy
    };
    assert_eq!(room(5, |_| {}), "2 more members of `web` out", "two of five may be out, and one is");
    assert_eq!(room(5, |world| world.is("web-1", State::Unhealthy)), "1 more member of `web` out");
    let held = |world: &mut World| {
        world.policy.safety.default_budget.max_in_flight = Share::Count(3);
        world.runs_on("web-1", Status::Running);
    };
    assert_eq!(room(5, held), "1 more member of `web` out", "what another run acts on is out");
    let later = |world: &mut World| {
        world.targets = [("web-1".into(), Grip::Gentle)].into();
        world.occasion = Occasion::LaterStep;
    };
    assert_eq!(room(5, later), "1 more member of `web` out", "and what it has begun itself to act on");
    let own = |world: &mut World| {
        world.runs_on("web-1", Status::Running);
        let (_, mut run) = world.runs.pop_first().unwrap();
        run.id = world.run();
        world.runs.insert(run.id, run);
    };
    assert_eq!(room(5, own), "2 more members of `web` out", "it is not beside itself");
    let two_groups = |world: &mut World| {
        let none = Budget { max_unhealthy: Share::Count(1), ..world.policy.safety.default_budget.clone() };
        world.policy.safety.budgets.insert("narrow".into(), none);
        let mut known = (**world.knowledge.topology.component(&"web-0".into()).unwrap()).clone();
        known.groups.insert("narrow".into());
        world.knowledge.topology.register(Arc::new(known));
        world.is("web-0", State::Unhealthy);
    };
    assert_eq!(room(5, two_groups), "1 more member of `narrow` out", "the one that can bear least");
}

#[test]
fn p6_what_would_let_it_through_is_said_for_each_budget() {
    let remedy = |change: &dyn Fn(&mut World)| {
        let mut world = World::of(3);
        change(&mut world);
        world.says(Link::Budgets).remedy
    };
    let dependency = remedy(&|world| beside(world, |_| {}, [&["web-0"], &[]]));
    assert_eq!(dependency, "the end of the run on `db`, the other end of a dependency");
    let together = remedy(&|world| beside(world, |place| place.host = Some("h".into()), [&[], &[]]));
    assert_eq!(together, "the end of the run on `db`, which fails together with it");
    let down = remedy(&|world| world.is("web-1", State::Unhealthy));
    assert_eq!(down, "at most 1 of 3 unhealthy in `web`");
    let busy = remedy(&|world| world.runs_on("web-0", Status::Running));
    assert_eq!(busy, "the end of the run on `web-0`");
    let frozen = remedy(&|world| world.memory.frozen.extend([("web-0".into(), None)]));
    assert_eq!(frozen, "a person has to look at `web-0`, where undoing failed, and reset `web-0`");
    let half_done = remedy(&|world| barred(world, true));
    assert_eq!(half_done, "what a run left half done on `web-0` undone by a person, or left so by a reset of `web-0`");
    let at_once = remedy(&|world| {
        world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
        world.runs_on("web-1", Status::Running);
    });
    assert_eq!(at_once, "the end of another run in `web`");
    let floor = remedy(&|world| {
        world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
        world.is("web-2", State::Unhealthy);
        world.targets = [("web-1".into(), Grip::Disruptive)].into();
    });
    assert_eq!(floor, "1 healthy besides in `web`");
}
