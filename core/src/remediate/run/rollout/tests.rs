use super::*;
use crate::policy::actions::{Action, Reversal, Undo};
use crate::remediate::fixtures;
use crate::remediate::run::Progress;
use crate::remediate::safety::tests::action;
use alloc::sync::Arc;

/// A change of `web-1` and of the `gateway`, undone by what touches that much.
fn changed(touches: Touches) -> Run {
    let undo = Undo { action: "undo".into(), parameters: BTreeMap::new(), capture: Vec::new() };
    let change = Action { name: "change".into(), reversal: Reversal::Reversible(undo), ..action() };
    let undo = Action { name: "undo".into(), touches, ..action() };
    let mut run = fixtures::run("web-1", 1);
    run.actions = [change, undo].map(|action| (action.name.clone(), Arc::new(action))).into();
    run.plan.steps = ["web-1", "gateway"].map(|target| fixtures::step("change", target)).into();
    run.plan.targets = ["web-1", "web-2"].map(|name| (name.into(), Grip::Gentle)).into();
    run.steps = [Progress::default(), Progress::default()].into();
    run
}

fn undoing(run: &Run, index: u32) -> String {
    let names: Vec<String> = run.undoing(index).into_iter().map(|(name, grip)| format!("{name} {grip:?}")).collect();
    names.join(", ")
}

#[test]
fn r8_what_undoing_may_touch_is_all_of_the_plan_and_of_a_rollout_its_target_alone() {
    let whole = "web-1 Gentle, web-2 Gentle";
    let mut run = changed(Touches::Instance);
    assert_eq!(undoing(&run, 0), whole);
    assert_eq!(undoing(&run, 1), "gateway None, web-1 Gentle, web-2 Gentle", "its own target, whatever it touches");
    let targets = ["web-1", "web-2"].map(Name::new).into();
    run.plan.rollout = [RolloutStage { stage: 0, targets, wait: Span::ZERO }].into();
    assert_eq!(undoing(&run, 0), "web-1 Gentle");
    let wide = Run { plan: run.plan.clone(), ..changed(Touches::Service) };
    assert_eq!(undoing(&wide, 0), whole, "what undoes it reaches further");
    let mut unknown = run.clone();
    unknown.actions.remove(&Name::new("undo"));
    assert_eq!(undoing(&unknown, 0), whole, "how far it reaches cannot be told");
    assert_eq!(undoing(&run, 9), whole);
}
