//! When a playbook is a candidate: `web.unhealthy`, a condition, or a map.

use super::Context;
use crate::model::health::State;
use crate::policy::document::{Fields, Item};
use crate::policy::draft::action::either;
use crate::policy::draft::condition::held;
use crate::policy::playbook::Trigger;
use crate::policy::problem::{shown, suggest};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

const FIELDS: [&str; 12] = [
    "component",
    "components",
    "condition",
    "duration",
    "duration_seconds",
    "for",
    "issue",
    "issues",
    "state",
    "supervised",
    "type",
    "types",
];

/// A trigger.
pub(super) fn read(item: &Item<'_>, context: &Context<'_>) -> Option<Trigger> {
    if item.is_scalar() { short(item, context) } else { full(item, context) }
}

/// `<component>.<state>`, `<state>`, or a condition.
fn short(item: &Item<'_>, context: &Context<'_>) -> Option<Trigger> {
    let text = item.text()?.trim();
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/'));
    let (component, word) = match text.rsplit_once('.') {
        Some((component, word)) => (Some(component), word),
        None => (None, text),
    };
    let state = State::ALL.into_iter().find(|state| state.as_str() == word).filter(|_| plain);
    if let Some(state) = state {
        if let Some(component) = component {
            component_exists(item, component, context)?;
        }
        let components = component.into_iter().map(Name::new).collect();
        return Some(Trigger { components, state: Some(state), ..Trigger::default() });
    }
    let near = suggest(word, State::ALL.map(State::as_str));
    if let (true, Some(component), Some(near)) = (plain, component, near) {
        let problem = item.error(format!("`{}` is no state of `{}`", shown(word), shown(component)));
        item.report(problem.did_you_mean(Some(near)));
        return None;
    }
    if plain && !names_something(item, text, component, context) {
        return None;
    }
    let (condition, hold) = held(item, context.schema)?;
    Some(Trigger { condition: Some(condition), hold, ..Trigger::default() })
}

/// Whether a lone name can be a fact: the name of a component, alone or before a word that is no state, is none.
fn names_something(item: &Item<'_>, text: &str, component: Option<&str>, context: &Context<'_>) -> bool {
    let known = |name: &str| context.components.is_some_and(|components| components.contains(name));
    let (problem, name) = match component.filter(|component| known(component)) {
        _ if known(text) => (item.error(format!("the trigger names `{}` and no state of it", shown(text))), text),
        Some(component) => {
            let word = text.get(component.len() + 1..).unwrap_or_default();
            (item.error(format!("`{}` is no state of `{}`", shown(word), shown(component))), component)
        }
        None => return true,
    };
    let states = State::ALL.map(State::as_str).join(", ");
    item.report(problem.help(format!("write for example `{}.unhealthy`; states: {states}", shown(name))));
    false
}

fn full(item: &Item<'_>, context: &Context<'_>) -> Option<Trigger> {
    let fields = item.fields("a trigger", &FIELDS)?;
    let components = either(&fields, "component", "components", |item| {
        item.one_or_many(|item| {
            let name = item.name()?;
            component_exists(item, &name, context)?;
            Some(Name::new(&name))
        })
    });
    let kinds = names(&fields, "type", "types");
    let issues = names(&fields, "issue", "issues");
    let state = fields.get("state", |item| item.one_of(&State::ALL.map(|state| (state.as_str(), state))));
    let supervised = fields.get("supervised", |item| item.boolean()).unwrap_or(false);
    let read = fields.get("condition", |item| held(item, context.schema));
    let hold = hold(item, &fields, read.as_ref().map_or(Span::ZERO, |(_, hold)| *hold));
    let words = ["component", "components", "condition", "issue", "issues", "state", "supervised", "type", "types"];
    if !words.iter().any(|word| fields.has(word)) {
        let problem = item.key_error("a trigger that says nothing would fit every incident");
        item.report(problem.help("say at least one of component, type, supervised, state, condition, issue"));
        return None;
    }
    Some(Trigger {
        components: components.unwrap_or_default().into_iter().collect(),
        kinds,
        supervised,
        state,
        condition: read.map(|(condition, _)| condition),
        hold,
        issues,
    })
}

/// How long the condition must hold: `for`, `duration`, or within the condition, once.
fn hold(item: &Item<'_>, fields: &Fields<'_>, within: Span) -> Span {
    let within = Some(within).filter(|within| *within > Span::ZERO);
    let spans: Vec<Span> =
        [fields.duration("for"), fields.duration("duration"), within].into_iter().flatten().collect();
    if spans.len() > 1 {
        item.report(item.key_error("the trigger says more than once how long it must hold").help("keep one `for`"));
    }
    if !spans.is_empty() && !fields.has("condition") {
        item.report(item.key_error("`for` belongs to a `condition`, and there is none"));
    }
    spans.first().copied().unwrap_or(Span::ZERO)
}

fn names(fields: &Fields<'_>, one: &str, several: &str) -> BTreeSet<Name> {
    let read = either(fields, one, several, |item| item.one_or_many(|item| item.name().map(|text| Name::new(&text))));
    read.unwrap_or_default().into_iter().collect()
}

pub(super) fn component_exists(item: &Item<'_>, name: &str, context: &Context<'_>) -> Option<()> {
    let Some(components) = context.components else { return Some(()) };
    if components.contains(name) {
        return Some(());
    }
    let near = suggest(name, components.iter().map(Name::as_str));
    item.report(item.error(format!("unknown component `{}`", shown(name))).did_you_mean(near));
    None
}
