//! The link `breaker`.

use super::*;
use crate::remediate::safety::breaker::State;

fn ended(world: &mut World, successes: &[bool]) {
    let settings = world.policy.safety.breaker.clone();
    for success in successes {
        world.memory.breakers.record(&"restart".into(), &"web-0".into(), *success, &settings, second(900));
    }
}

/// Three runs in a row have failed, and the time for that is over.
pub(super) fn half_open(world: &mut World) {
    world.policy.safety.breaker.manual_reset = false;
    ended(world, &[false; 3]);
    world.now = second(900 + 3_600);
}

#[test]
fn breaker_refuses_alone() {
    assert_eq!(with(|world| ended(world, &[false; 3])), "breaker.open");
}

#[test]
fn breaker_lets_the_same_plan_through() {
    assert_eq!(with(|world| ended(world, &[false, false, true, false])), "allowed", "three, but not in a row");
    let mut world = World::of(3);
    ended(&mut world, &[false; 3]);
    assert_eq!(world.asks(), "breaker.open");
    let scopes = crate::remediate::safety::breaker::Scope::of(&"restart".into(), &"web-0".into());
    let (settings, now) = (&world.policy.safety.breaker, world.now);
    let open = scopes.each_ref().map(|scope| world.memory.breakers.state(scope, settings, now) != State::Closed);
    assert_eq!(open, [true, true, false], "a row on one component does not open the one for all");
    let [narrow, playbook, _] = scopes.map(|scope| world.memory.breakers.reset(&scope));
    assert!(narrow && playbook);
    assert_eq!(world.asks(), "allowed");
}

/// Half open: one run is let through to find out, and while its end is not known, no other.
#[test]
fn breaker_refuses_what_is_not_known() {
    assert_eq!(with(half_open), "allowed");
    let probed = |world: &mut World| {
        half_open(world);
        world.knowledge.topology.register(Arc::new(component("db", &[])));
        world.runs_on("db", Status::Running);
    };
    assert_eq!(with(probed), "breaker.half_open");
}

#[test]
fn g2_g3_breaker_and_cooldown_refuse_a_first_step_and_no_other() {
    let fails = |world: &mut World, runs: u32| {
        let settings = world.policy.safety.breaker.clone();
        for run in 0..runs {
            // Not all on one component: else the breaker for all stays closed.
            let on = if run == 0 { "web-1" } else { "web-0" };
            world.memory.breakers.record(&"restart".into(), &on.into(), false, &settings, second(0));
        }
    };
    assert_eq!(with(|world| fails(world, 2)), "allowed");
    assert_eq!(with(|world| fails(world, 3)), "breaker.open");
    let later = |world: &mut World| (fails(world, 3), world.now = second(3_600)).0;
    assert_eq!(with(later), "approval.required", "half open: with a person, where it is reset by hand");
    let automatic = |world: &mut World| (later(world), world.policy.safety.breaker.manual_reset = false).0;
    assert_eq!(with(automatic), "allowed");
    let other = |world: &mut World| {
        automatic(world);
        world.playbook.id = "other".into();
        world.runs_on("db", Status::Running);
        world.playbook.id = "third".into();
    };
    assert_eq!(with(other), "breaker.half_open", "the breaker for all lets one run through, whichever it is");
    let paused = |world: &mut World| {
        world.memory.cooldowns.run_ended(&"web-0".into(), &world.policy.safety.cooldown, second(990))
    };
    assert_eq!(with(paused), "cooldown.pausing");
    assert_eq!(with(|world| (paused(world), world.now = second(1_020)).0), "allowed");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (paused(world), fails(world, 3), world.occasion = occasion).0), "allowed");
    }
}

#[test]
fn g2_what_is_over_and_the_run_itself_are_no_probe() {
    let settled = |world: &mut World| {
        half_open(world);
        world.knowledge.topology.register(Arc::new(component("db", &[])));
        world.runs_on("db", Status::Settled);
    };
    assert_eq!(with(settled), "allowed");
    let own = |world: &mut World| {
        half_open(world);
        world.runs_on("web-0", Status::Running);
        let (_, mut run) = world.runs.pop_first().unwrap();
        run.id = world.run();
        world.runs.insert(run.id, run);
    };
    assert_eq!(with(own), "allowed");
}
