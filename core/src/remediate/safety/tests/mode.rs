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

#[test]
fn r6_mode_kill_switch_and_fault_latch_each_refuse_alone() {
    for (mode, rule) in [(Mode::Off, "mode.off"), (Mode::Observe, "mode.observe"), (Mode::Suggest, "mode.suggest")] {
        assert_eq!(with(|world| world.policy.mode = mode), rule);
        assert_eq!(with(|world| world.playbook.safety.mode = Some(mode)), rule, "its own ceiling");
        let lowered =
            |world: &mut World| world.knowledge.apply(&[control("mode", mode.as_str())], &world.policy.limits);
        assert_eq!(with(lowered), rule, "lowered at run time");
    }
    assert_eq!(with(|world| world.policy.mode = Mode::Approve), "approval.required");
    let killed = |world: &mut World| world.knowledge.apply(&[control("kill", "storm")], &world.policy.limits);
    assert_eq!(with(killed), "kill_switch.engaged");
    let undoing = |world: &mut World| world.occasion = Occasion::Rollback;
    assert_eq!(with(|world| (killed(world), undoing(world)).0), "kill_switch.engaged", "undoing too");
    let allowed = |world: &mut World| world.policy.safety.kill_allows_rollback = true;
    assert_eq!(with(|world| (killed(world), undoing(world), allowed(world)).0), "allowed");
    let fault = |world: &mut World| {
        let said = Conclusion::FaultLatched { what: "test".into() };
        world.knowledge.apply(&[Fact::new(second(1), "engine.test", said)], &world.policy.limits);
    };
    assert_eq!(with(|world| (fault(world), undoing(world), allowed(world)).0), "kill_switch.fault_latch");
}

#[test]
fn r10_where_the_mode_is_held_too_low_is_named() {
    let by = |policy: Mode, playbook: Option<Mode>, run_time: Option<&str>| {
        let mut world = World::of(3);
        (world.policy.mode, world.playbook.safety.mode) = (policy, playbook);
        let facts: Vec<Fact> = run_time.map(|mode| control("mode", mode)).into_iter().collect();
        world.knowledge.apply(&facts, &world.policy.limits);
        let said = world.says(Link::Mode);
        let by = said.values.into_iter().find(|(name, _)| name == "by").map(|(_, by)| by);
        (by.map(|by| by.to_string()).unwrap_or_default(), said.remedy)
    };
    let both = by(Mode::Suggest, Some(Mode::Observe), Some("approve"));
    let words = "mode `approve` or `auto` in the policy and for this playbook";
    assert_eq!(both, ("policy,playbook".into(), words.into()), "`approve` holds nothing up");
    assert_eq!(by(Mode::Approve, None, Some("off")).0, "run_time");
    assert_eq!(by(Mode::Auto, None, None), (String::new(), "mode `suggest` or lower".into()));
}
