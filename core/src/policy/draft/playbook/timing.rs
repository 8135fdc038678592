//! What takes how long, and what could never end: timings that cannot be kept, and playbooks that trigger themselves.

use crate::model::health::State;
use crate::model::value::Value;
use crate::policy::actions::{Action, Argument};
use crate::policy::condition::{Comparator, Condition, Kind};
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::duration::written;
use crate::policy::playbook::{Node, OnFailure, Step, Trigger, Verification};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;

type Actions = BTreeMap<Name, Arc<Action>>;

/// Targets that a loop is reckoned to have where no list tells.
const TARGETS: i64 = 10;
/// How long a rollout is reckoned to take until a target is seen well.
const LOOK: Span = Span::from_mins(2);

/// The playbook's own timeout, if it has one.
pub(super) fn explicit(fields: &Fields<'_>) -> Option<Span> {
    let timeout = fields.duration("timeout")?;
    if timeout == Span::ZERO {
        let item = fields.item();
        item.report(item.key_error("impossible timing: with a timeout of nothing no step can run"));
        return None;
    }
    Some(timeout)
}

/// The timeout of the whole: as given, else as long as all steps can take. A step that cannot fit in is reported.
pub(super) fn playbook(nodes: &[Node], actions: &Actions, explicit: Option<Span>, item: &Item<'_>) -> Span {
    let Some(timeout) = explicit else {
        return nodes.iter().fold(Span::ZERO, |sum, node| sum.plus(worst_of_node(node, actions)));
    };
    for step in super::all_steps(nodes) {
        let (one, pauses) = (execution(step, actions), pauses(step).plus(step.delay));
        let fault = if step.timeout > timeout {
            format!("impossible timing: step `{}` may take {}", step.id, written(one))
        } else if pauses >= timeout {
            format!("impossible timing: the pauses of step `{}` come to {}", step.id, written(pauses))
        } else {
            continue;
        };
        item.report(item.key_error(fault).help(format!("the timeout of the whole playbook is {}", written(timeout))));
    }
    let waits = nodes.iter().fold(Span::ZERO, |sum, node| sum.plus(waits_of_node(node)));
    if waits >= timeout {
        let fault = format!("impossible timing: the waits of its steps come to {}", written(waits));
        item.report(item.key_error(fault).help(format!("the timeout of the whole playbook is {}", written(timeout))));
    }
    timeout
}

/// What passes at least before the node is done, if nothing takes any time but what is waited for on purpose.
fn waits_of_node(node: &Node) -> Span {
    let one = |step: &Step| if step.condition.is_none() { step.delay.plus(waited(step)) } else { Span::ZERO };
    let all = |steps: &[Step]| steps.iter().fold(Span::ZERO, |sum, step| sum.plus(one(step)));
    match node {
        Node::ForEach { steps, rollout, .. } => {
            let between = rollout.iter().flat_map(|rollout| &rollout.waits);
            between.fold(all(steps), |sum, wait| sum.plus(*wait))
        }
        Node::Parallel { steps, .. } => steps.iter().map(one).max().unwrap_or(Span::ZERO),
        Node::Step(step) => one(step),
    }
}

/// How long a step that only waits does so.
fn waited(step: &Step) -> Span {
    match (step.action.as_str(), step.parameters.get("duration")) {
        ("wait", Some(Argument::Value(Value::Duration(span)))) => *span,
        _ => Span::ZERO,
    }
}

fn worst_of_node(node: &Node, actions: &Actions) -> Span {
    let sum = |steps: &[Step]| steps.iter().fold(Span::ZERO, |sum, step| sum.plus(worst(step, actions)));
    match node {
        Node::ForEach { steps, rollout: Some(rollout), .. } => {
            let most = i64::try_from(super::MOST_STEPS / steps.len().max(1)).unwrap_or(TARGETS);
            let waits = rollout.waits.iter().fold(Span::ZERO, |sum, wait| sum.plus(*wait));
            let looks = i64::try_from(rollout.stages.len()).unwrap_or(TARGETS);
            sum(steps).plus(LOOK).times(most).plus(LOOK.times(looks)).plus(waits)
        }
        Node::ForEach { steps, .. } => sum(steps).times(TARGETS),
        Node::Parallel { steps, .. } => sum(steps),
        Node::Step(step) => worst(step, actions),
    }
}

/// The longest a step can take with all its executions, and what follows when it failed.
fn worst(step: &Step, actions: &Actions) -> Span {
    let executions = execution(step, actions).times(i64::from(step.retry.executions));
    let own = step.delay.plus(executions).plus(pauses(step));
    match &step.on_failure {
        OnFailure::Branch(steps) => steps.iter().fold(own, |sum, step| sum.plus(worst(step, actions))),
        OnFailure::Abort | OnFailure::Continue => own,
    }
}

fn execution(step: &Step, actions: &Actions) -> Span {
    if step.timeout > Span::ZERO {
        return step.timeout;
    }
    actions.get(&step.action).map_or(Span::ZERO, |action| action.timeout)
}

fn pauses(step: &Step) -> Span {
    (1..step.retry.executions).fold(Span::ZERO, |sum, done| sum.plus(step.retry.pause(done)))
}

/// Reports a playbook that would be due again after it has succeeded.
pub(super) fn repeats(trigger: &Trigger, verify: &Verification, at: &Origin, verify_at: &Origin, item: &Item<'_>) {
    if let Some(state @ (State::Healthy | State::Unknown)) = trigger.state {
        let problem = at.error(format!("a playbook for components that are `{state}` or worse would trigger itself"));
        item.report(problem.help("after it succeeded the component is healthy, and the trigger is still true"));
    }
    if let (Some(due), Some(done)) = (&trigger.condition, &verify.condition)
        && overlap(due, done)
    {
        let message = format!("`{done}` counts as success, but leaves the trigger `{due}` true");
        item.report(verify_at.error(message).help("the playbook would trigger itself: demand more of success"));
    }
}

/// Whether both conditions can be true of one value: they are the same, or compare one name with two numbers.
fn overlap(due: &Condition, done: &Condition) -> bool {
    use Comparator::{Greater, GreaterEqual, Less, LessEqual};
    if due.expr() == done.expr() {
        return true;
    }
    let (Kind::Compare(due_is, due), Kind::Compare(done_is, done)) = (&due.expr().kind, &done.expr().kind) else {
        return false;
    };
    let ([due_name, due_value], [done_name, done_value]) = (&**due, &**done);
    let (Kind::Number(due_value, due_unit), Kind::Number(done_value, done_unit)) = (&due_value.kind, &done_value.kind)
    else {
        return false;
    };
    if due_name != done_name || due_unit != done_unit {
        return false;
    }
    match (due_is, done_is) {
        (Greater | GreaterEqual, Less | LessEqual) => done_value > due_value,
        (Less | LessEqual, Greater | GreaterEqual) => done_value < due_value,
        (Greater | GreaterEqual, Greater | GreaterEqual) | (Less | LessEqual, Less | LessEqual) => true,
        _ => false,
    }
}
