//! The plan: steps one after the other, side by side, or for each target.

use super::draft::{Draft, Group, Slot, keys};
use super::{Context, MOST_STEPS};
use super::{rollout, step};
use crate::model::value::Value;
use crate::policy::actions::{Argument, ParameterKind};
use crate::policy::document::Item;
use crate::policy::draft::argument::{Position, argument};
use crate::policy::playbook::{Node, OnFailure, Step};
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A plan, and what is said about its steps for people only.
pub(super) struct Plan {
    pub nodes: Vec<Node>,
    pub notes: Vec<(Name, String)>,
}

/// A list of steps and groups.
pub(super) fn read(item: &Item<'_>, context: &Context<'_>) -> Option<Plan> {
    let draft = Draft::new(context);
    let mut index = 0;
    let nodes = item.list(|item| {
        index += 1;
        node(item, &draft, index)
    })?;
    if index == 0 {
        item.report(item.key_error("a playbook needs at least one step"));
    }
    let steps = nodes.iter().fold(0_usize, |sum, node| sum.saturating_add(size(node)));
    if steps > MOST_STEPS {
        let problem = item.key_error(format!("the playbook has {steps} steps, the limit is {MOST_STEPS}"));
        item.report(problem.help("a loop counts for each target; split the playbook into several"));
    }
    if nodes.len() != index {
        return None;
    }
    draft.check_mentions(item);
    Some(Plan { nodes, notes: draft.into_notes() })
}

/// How many steps a node is, as far as that is written.
fn size(node: &Node) -> usize {
    let with_branch = |step: &Step| match &step.on_failure {
        OnFailure::Branch(branch) => branch.len().saturating_add(1),
        OnFailure::Abort | OnFailure::Continue => 1,
    };
    let count = |steps: &[Step]| steps.iter().map(with_branch).sum::<usize>();
    match node {
        Node::ForEach { over, steps, .. } => {
            let targets = match over {
                Argument::List(all) => all.len(),
                Argument::Value(Value::List(all)) => all.len(),
                _ => 1,
            };
            targets.max(1).saturating_mul(count(steps))
        }
        Node::Parallel { steps, .. } => count(steps),
        Node::Step(step) => with_branch(step),
    }
}

fn node(item: &Item<'_>, draft: &Draft<'_>, index: usize) -> Option<Node> {
    let at = Position { node: index, ..Position::default() };
    match group_of(item) {
        Group::Loop => for_each(item, draft, at),
        Group::Parallel => parallel(item, draft, at),
        Group::Single => step::read(item, draft, &Slot { at, group: Group::Single, variable: None }).map(Node::Step),
    }
}

fn group_of(item: &Item<'_>) -> Group {
    let keys = keys(item);
    if keys.iter().any(|key| key == "for_each") {
        Group::Loop
    } else if keys.iter().any(|key| key == "parallel") {
        Group::Parallel
    } else {
        Group::Single
    }
}

/// `{ parallel: [steps], concurrency: 2 }`.
fn parallel(item: &Item<'_>, draft: &Draft<'_>, at: Position) -> Option<Node> {
    let fields = item.fields("a parallel group", &["concurrency", "parallel"])?;
    let concurrency = fields.get("concurrency", concurrency);
    let steps = fields.need("parallel", |item| members(item, draft, at, Group::Parallel, None))?;
    let all = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    Some(Node::Parallel { concurrency: concurrency.unwrap_or(all).min(all), steps })
}

/// `{ for_each: "${instances}", as: instance, concurrency: 1, steps: [steps] }`.
fn for_each(item: &Item<'_>, draft: &Draft<'_>, at: Position) -> Option<Node> {
    let fields = item.fields("a loop", &["as", "concurrency", "for_each", "rollout", "steps"])?;
    let concurrency = fields.get("concurrency", concurrency);
    let scope = draft.scope(&Slot { at, group: Group::Single, variable: None });
    let over = fields.need("for_each", |item| {
        let over = argument(item, &ParameterKind::List, &scope)?;
        let texts = matches!(&over, Argument::List(all) if all.len() == 1 && item.is_scalar());
        if texts || matches!(over, Argument::Text(_)) {
            item.report(item.error("a loop goes over a list, or over a reference to one such as `${instances}`"));
            return None;
        }
        Some(over)
    });
    let variable = fields.get("as", variable).unwrap_or_else(|| Name::new("instance"));
    let steps = fields.need("steps", |item| members(item, draft, at, Group::Loop, Some(variable.as_str())));
    let rollout = fields.get("rollout", |item| rollout::read(item, draft.context));
    if fields.has("rollout") && rollout.is_none() {
        return None;
    }
    Some(Node::ForEach {
        over: over?,
        concurrency: concurrency.unwrap_or(1),
        rollout: rollout.flatten(),
        steps: steps?,
        variable,
    })
}

fn concurrency(item: &Item<'_>) -> Option<u32> {
    item.integer(1..=100).and_then(|n| u32::try_from(n).ok())
}

fn variable(item: &Item<'_>) -> Option<Name> {
    let text = item.text()?;
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !word {
        let problem = item.error(format!("`{}` is no name for a loop variable", shown(text)));
        item.report(problem.help("a name is letters, digits and `_`, and begins with a letter"));
    }
    word.then(|| Name::new(text))
}

fn members(
    item: &Item<'_>,
    draft: &Draft<'_>,
    at: Position,
    group: Group,
    variable: Option<&str>,
) -> Option<Vec<Step>> {
    let mut index = 0;
    let steps = item.list(|item| {
        index += 1;
        if group_of(item) != Group::Single {
            item.report(
                item.error("groups cannot be nested").help("put the inner group before or after the outer one"),
            );
            return None;
        }
        step::read(item, draft, &Slot { at: Position { step: index, ..at }, group, variable })
    })?;
    if index == 0 {
        item.report(item.key_error("a group needs at least one step"));
    }
    (steps.len() == index && index > 0).then_some(steps)
}
