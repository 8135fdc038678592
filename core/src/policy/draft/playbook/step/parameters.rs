//! The parameters of a step, checked against its action.

use super::Given;
use crate::model::value::Value;
use crate::policy::actions::{Action, Argument, Parameter, ParameterKind, Undo};
use crate::policy::document::{Fields, Item};
use crate::policy::draft::action::adapter::requested;
use crate::policy::draft::argument::{argument, mismatch};
use crate::policy::draft::argv::not_a_list;
use crate::policy::draft::playbook::draft::{Draft, Slot};
use crate::policy::duration::written;
use crate::policy::outside;
use crate::policy::problem::listed;
use crate::primitives::time::Span;
use alloc::format;
use alloc::vec::Vec;

/// The parameters called `names`, as far as `fields` give them.
pub(super) fn read(fields: &Fields<'_>, names: &[&str], action: &Action, draft: &Draft<'_>, slot: &Slot<'_>) -> Given {
    let mut given = Given::new();
    for name in names.iter().copied() {
        let Some((key, parameter)) = action.parameters.get_key_value(name) else { continue };
        let is_script = action.name.as_str() == "exec" && names.contains(&"shell") && fields.has("shell");
        let argument = fields.get(name, |item| {
            if is_script {
                one(item, &parameter.kind, draft, slot)
            } else {
                sound(item, name, action, parameter, draft, slot)
            }
        });
        given.extend(argument.map(|argument| (key.clone(), argument)));
        // One with a mistake counts as given, so that it is not reported as missing too.
        if fields.has(name) && !given.contains_key(name) {
            given.insert(key.clone(), Argument::List(Vec::new()));
        }
    }
    given
}

/// `wait: 30s`: the value of the one parameter that an action requires.
pub(super) fn only(item: &Item<'_>, action: &Action, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<Given> {
    let mut required = action.parameters.iter().filter(|(_, parameter)| parameter.required);
    let (Some((name, parameter)), None) = (required.next(), required.next()) else {
        let problem = item.error(format!("`{}` expects its parameters as a map", action.name));
        let names = action.parameters.keys().map(|name| &**name).collect::<Vec<_>>();
        let problem = match (draft.context.components, item.is_scalar().then(|| item.text()).flatten()) {
            (Some(components), Some(text)) if components.contains(text) => {
                problem.help(format!("what it acts on is given by `target: {text}`; unless given, it is what failed"))
            }
            _ => problem,
        };
        item.report(if names.is_empty() {
            problem.help("it has none: write `{}`, or nothing")
        } else {
            problem.help(format!("parameters: {}", listed(names.into_iter())))
        });
        return None;
    };
    Some(Given::from([(name.clone(), sound(item, name, action, parameter, draft, slot)?)]))
}

/// An argument that also is what its action can use, as far as that can be known: a program is no line for a shell, an
/// address is one.
fn sound(
    item: &Item<'_>,
    name: &str,
    action: &Action,
    parameter: &Parameter,
    draft: &Draft<'_>,
    slot: &Slot<'_>,
) -> Option<Argument> {
    match (action.name.as_str(), name) {
        ("exec", "argv") if item.is_scalar() && item.text()?.trim().contains(char::is_whitespace) => {
            let help = "no shell is involved; with `shell: true` beside it, a text is a script";
            item.report(not_a_list(item).help(help));
            None
        }
        _ if outside::whole_address(action) == Some(name) => requested(item, one(item, &parameter.kind, draft, slot)?),
        _ => one(item, &parameter.kind, draft, slot),
    }
}

fn one(item: &Item<'_>, kind: &ParameterKind, draft: &Draft<'_>, slot: &Slot<'_>) -> Option<Argument> {
    let argument = argument(item, kind, &draft.scope(slot))?;
    match mismatch(kind, &argument) {
        None => Some(argument),
        Some(reason) => {
            item.report(item.error(format!("`{}` {reason}", item.key())));
            None
        }
    }
}

/// The target and all parameters: the component that a parameter names is the target, and the other way round; what is
/// not given is as the action says.
pub(super) fn complete(
    item: &Item<'_>,
    action: &Action,
    target: Option<Argument>,
    mut given: Given,
    timeout: Span,
) -> Option<(Option<Argument>, Given)> {
    let mut target = target;
    for (name, parameter) in
        action.parameters.iter().filter(|(_, parameter)| parameter.kind == ParameterKind::Component)
    {
        match (given.get(name), &target) {
            (Some(named), None) => target = Some(named.clone()),
            (None, Some(target)) if parameter.required => {
                given.insert(name.clone(), target.clone());
            }
            _ => {}
        }
    }
    let mut sound = true;
    for (name, parameter) in &action.parameters {
        if given.contains_key(name) {
            continue;
        }
        match &parameter.default {
            Some(default) => {
                given.insert(name.clone(), Argument::Value(default.clone()));
            }
            None if parameter.required => {
                let problem = item.error(format!("`{}` lacks the parameter `{name}`", action.name));
                item.report(problem.help(format!("it is {}", crate::policy::resolve::expected(&parameter.kind))));
                sound = false;
            }
            None => {}
        }
    }
    let peculiar = match action.name.as_str() {
        "scale" => scale(item, &given),
        "wait" => wait(item, &given, if timeout > Span::ZERO { timeout } else { action.timeout }),
        _ => true,
    };
    let fault = outside::fault(action, &given);
    if let Some(fault) = &fault {
        item.report(item.error(fault.as_str()));
    }
    (sound && peculiar && fault.is_none()).then_some((target, given))
}

/// Whether the step adds instances by a number that is written out.
pub(super) fn scales_up(action: &Action, given: &Given) -> bool {
    action.name.as_str() == "scale"
        && matches!(given.get("delta"), Some(Argument::Value(Value::Number(delta))) if delta.value() > 0.0)
}

fn scale(item: &Item<'_>, given: &Given) -> bool {
    if given.contains_key("replicas") != given.contains_key("delta") {
        return true;
    }
    item.report(item.error("`scale` needs either `replicas` or `delta`").help("`delta: 1` is one more than now"));
    false
}

fn wait(item: &Item<'_>, given: &Given, timeout: Span) -> bool {
    match given.get("duration") {
        Some(Argument::Value(Value::Duration(span))) if *span > timeout => {
            let message =
                format!("impossible timing: a wait of {} has a timeout of {}", written(*span), written(timeout));
            item.report(item.error(message).help("give the step a longer `timeout`"));
            false
        }
        _ => true,
    }
}

/// Reports what is wrong with the way to undo a step of `action`, which takes parameters of the step where it has none.
pub(super) fn check_undo(item: &Item<'_>, action: &Action, own: Option<&Undo>, given: &Given, draft: &Draft<'_>) {
    let Some(undo) = own.or_else(|| action.reversal.undo()) else { return };
    let Some(undoing) = draft.context.actions.get(&undo.action) else { return };
    let mut all = given.clone();
    all.retain(|name, _| undoing.parameters.contains_key(name));
    all.extend(undo.parameters.clone());
    if let Some(fault) = outside::fault(undoing, &all) {
        item.report(item.error(format!("undoing this step by `{}`: {fault}", undoing.name)));
    }
}
