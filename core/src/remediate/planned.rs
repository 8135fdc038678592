//! A run before it begins: what it is made of, and what is said of its plan.

use crate::model::fact::Conclusion;
use crate::model::ids::RunId;
use crate::model::incident::Incident;
use crate::model::radius::Assessed;
use crate::model::value::Value;
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::desk::Desk;
use crate::remediate::order;
use crate::remediate::plan::{Plan, PlannedStep};
use crate::remediate::run::{Progress, Run, Status};
use crate::remediate::safety::gate::Decision;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The run that `plan` would be, not begun.
pub(super) fn new_run(
    incident: &Incident,
    component: &Component,
    playbook: &Arc<Playbook>,
    actions: alloc::collections::BTreeMap<Name, Arc<crate::policy::actions::Action>>,
    plan: Plan,
    attempt: u32,
    desk: &Desk<'_>,
) -> Run {
    let health = desk.knowledge.health.of(&component.name, &desk.knowledge.topology);
    Run {
        id: RunId::derive(incident.id, incident.epoch, &playbook.id, attempt),
        incident: incident.id,
        component: component.name.clone(),
        attempt,
        by: None,
        playbook: Arc::clone(playbook),
        actions,
        safety: Arc::new(desk.context.policy.safety().clone()),
        steps: plan.steps.iter().map(|_| Progress::default()).collect(),
        plan,
        status: Status::Running,
        before: health.state,
        started: None,
        ends_by: Time::NEVER,
        approval: None,
        because: Vec::from([incident.opened_by.clone()]),
        closed: None,
        rolling: None,
        guard: Default::default(),
        cut: None,
        half_done: None,
    }
}

/// Says the plan, and how far it reaches.
pub(super) fn say_plan(run: &Run, trial: bool, desk: &mut Desk<'_>) {
    let said = Conclusion::RunPlanned {
        playbook: run.playbook.id.clone(),
        attempt: run.attempt,
        plan: run.plan.digest,
        targets: run.plan.targets.keys().cloned().collect(),
        steps: run.plan.steps.iter().map(PlannedStep::in_words).collect(),
        trial,
    };
    let score = order::score_of(&run.playbook, &desk.knowledge.records, desk.context.policy, desk.now());
    let score = u32::try_from(score).unwrap_or(u32::MAX);
    let fact = desk.fact("select.plan", said).component(&run.component).incident(run.incident).run(run.id);
    desk.say(fact.value("score", Value::Number(score.into())));
    desk.say_of(run, "select.blast", Conclusion::BlastAssessed(Assessed::new("blast", run.plan.reach)));
}

/// Says what the gate said to the plan.
pub(super) fn say_gate(run: &Run, decision: &Decision, trial: bool, desk: &mut Desk<'_>) {
    let said = Conclusion::GateDecided {
        occasion: run.first(),
        playbook: run.playbook.id.clone(),
        step: None,
        links: decision.links.clone(),
        refused: decision.refusal().map(|refusal| refusal.rule.clone()),
        trial,
    };
    let mut fact = desk.fact("remediate.gate", said).component(&run.component).incident(run.incident).run(run.id);
    fact.because.extend(run.because.iter().cloned());
    desk.say(fact);
}
