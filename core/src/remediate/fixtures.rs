//! Small runs for tests.

use crate::knowledge::fixtures::{incident, playbook, second};
use crate::model::health::State;
use crate::model::ids::RunId;
use crate::policy::playbook::{Node, Step};
use crate::policy::safety::Safety;
use crate::policy::{Policy, Source};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::plan::{Plan, PlannedStep};
use crate::remediate::run::{Run, Status};
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::string::ToString;
use std::sync::OnceLock;

/// A run for an outage of `component` that began after 100 s, with nothing to do and nothing to act on.
pub(crate) fn run(component: &str, number: u32) -> Run {
    let incident = incident(component, "down");
    let (digest, steps, concurrency, rollout) = (Digest::of(b"plan"), Vec::new(), Vec::new(), Vec::new());
    Run {
        id: RunId::derive(incident.id, 0, &"p".into(), number),
        incident: incident.id,
        component: component.into(),
        attempt: number,
        by: None,
        playbook: Arc::new(playbook("p", "state == unhealthy", Span::ZERO)),
        actions: Default::default(),
        safety: Arc::new(Safety::default()),
        plan: Plan { digest, steps, concurrency, targets: Default::default(), rollout, reach: Default::default() },
        steps: Vec::new(),
        status: Status::Running,
        before: State::Unhealthy,
        started: Some(second(100)),
        ends_by: Time::NEVER,
        approval: None,
        because: Vec::new(),
        closed: None,
        rolling: None,
        guard: Default::default(),
        cut: None,
        half_done: None,
    }
}

/// A step of a plan that is `action` on `target`.
pub(crate) fn step(action: &str, target: &str) -> PlannedStep {
    static LOADED: OnceLock<Step> = OnceLock::new();
    let step = Step { action: action.into(), ..LOADED.get_or_init(load).clone() };
    let (id, target) = (Name::new(target), Name::new(target));
    PlannedStep { id, step, target, binding: None, stage: 0, branch: 0, fallback_of: None }
}

fn load() -> Step {
    let text = "playbooks: [{ name: p, trigger: { state: unhealthy }, steps: [restart] }]".to_string();
    let loaded = Policy::load(&[Source { name: "p.yaml".into(), text }]);
    let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
    match policy.playbooks().first().and_then(|playbook| playbook.steps.first()) {
        Some(Node::Step(step)) => step.clone(),
        other => panic!("expected a playbook of one step, not {other:?}"),
    }
}
