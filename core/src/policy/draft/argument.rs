//! Arguments as they stand in documents: literals of the right type, and `${…}` in one pass.

use crate::model::value::Value;
use crate::policy::actions::{Argument, ParameterKind, Piece};
use crate::policy::document::{self, Item, Origin, Style};
use crate::policy::problem::{listed, shown, suggest};
use crate::policy::quantity;
use crate::policy::resolve::{admit, expected, hazard};
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;

/// What every plan may refer to.
const ALWAYS: [&str; 9] =
    ["cluster", "component", "host", "incident", "instance", "instances", "issue", "region", "service"];

/// Where an argument stands, and what it may refer to there.
pub(super) struct Scope<'s> {
    /// Names besides those of [`ALWAYS`].
    pub names: Vec<String>,
    /// Components that exist; unset: not known here.
    pub components: Option<&'s BTreeSet<Name>>,
    /// Mentions of `steps.…`, to be checked once all steps are known.
    pub outputs: Option<&'s RefCell<Vec<Mention>>>,
    /// The place in the plan.
    pub at: Position,
}

/// A place in a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The node.
    pub node: usize,
    /// The step within a group.
    pub step: usize,
    /// 0 for the step itself, then the steps that run when it failed.
    pub branch: usize,
}

/// A mention of a step's output.
pub(super) struct Mention {
    pub origin: Origin,
    pub step: String,
    pub at: Position,
}

/// An argument for a parameter of `kind`.
pub(super) fn argument(item: &Item<'_>, kind: &ParameterKind, scope: &Scope<'_>) -> Option<Argument> {
    match (kind, &item.node().value) {
        (ParameterKind::List | ParameterKind::Any, document::Value::List(_)) => {
            let any = ParameterKind::Any;
            let before = item.list(|_| Some(())).map_or(0, |all| all.len());
            let elements = item.list(|element| single(element, &any, scope))?;
            let whole = elements.len() == before;
            whole.then(|| simplified(elements))
        }
        (ParameterKind::List, document::Value::Map(_)) => {
            let pairs = item.map(|entry| {
                let value = single(entry, &ParameterKind::Any, scope)?;
                Some(assignment(&entry.key(), value))
            })?;
            Some(simplified(pairs.into_iter().map(|(_, pair)| pair).collect()))
        }
        (ParameterKind::List, document::Value::Scalar(..)) => match single(item, &ParameterKind::Any, scope)? {
            whole @ Argument::Reference(_) => Some(whole),
            element => Some(simplified(Vec::from([element]))),
        },
        _ => single(item, kind, scope),
    }
}

/// A single value, or what stands for one.
fn single(item: &Item<'_>, kind: &ParameterKind, scope: &Scope<'_>) -> Option<Argument> {
    if item.is_scalar() && item.text()?.contains("${") {
        let argument = template(item, scope)?;
        if !matches!(argument, Argument::Value(_)) {
            return Some(argument);
        }
    }
    literal(item, kind, scope.components).map(Argument::Value)
}

/// A literal of `kind`.
pub(super) fn literal(item: &Item<'_>, kind: &ParameterKind, components: Option<&BTreeSet<Name>>) -> Option<Value> {
    let value = match kind {
        ParameterKind::Any => return untyped(item),
        ParameterKind::Bool => Value::Bool(item.boolean()?),
        ParameterKind::Duration => Value::Duration(item.duration()?),
        ParameterKind::List => {
            return Some(Value::List(item.one_or_many(untyped)?));
        }
        ParameterKind::Number { .. } => Value::Number(item.number(f64::MIN..=f64::MAX)?),
        ParameterKind::Percentage { .. } => Value::Number(percentage(item)?),
        ParameterKind::OneOf(words) => {
            let names: Vec<_> = words.iter().map(|word| (word.as_str(), word.clone())).collect();
            Value::text(item.one_of(&names)?.as_str())
        }
        ParameterKind::Component | ParameterKind::Text => Value::text(&unescaped(item.text()?)),
    };
    if let (ParameterKind::Component, Some(components), Value::Text(name)) = (kind, components, &value)
        && !components.contains(&**name)
    {
        let near = suggest(name, components.iter().map(Name::as_str));
        item.report(item.error(format!("unknown component `{}`", shown(name))).did_you_mean(near));
        return None;
    }
    let subject = item.key();
    match admit(kind, &value, &|_| true) {
        Ok(()) => Some(value),
        Err(reason) => {
            item.report(item.error(format!("`{}` {reason}", shown(&subject))));
            None
        }
    }
}

/// A percentage, with or without its sign, not bounded above.
fn percentage(item: &Item<'_>) -> Option<Finite> {
    let text = item.text()?;
    match quantity::percent(text) {
        Ok(percent) => Some(percent.percent()),
        Err(_) => item.number(0.0..=f64::MAX),
    }
}

/// A literal whose type nobody declared: as YAML reads it.
fn untyped(item: &Item<'_>) -> Option<Value> {
    let text = item.text()?;
    let document::Value::Scalar(_, style) = item.node().value else { return None };
    Some(match (style, text) {
        (Style::Plain, "true") => Value::Bool(true),
        (Style::Plain, "false") => Value::Bool(false),
        (Style::Plain, _) => quantity::number(text).map_or_else(|_| Value::text(&unescaped(text)), Value::Number),
        _ => Value::text(&unescaped(text)),
    })
}

/// `NAME=value`, for lists that are written as a map.
fn assignment(key: &str, value: Argument) -> Argument {
    let mut pieces = Vec::from([Piece::Literal(Arc::from(format!("{key}=")))]);
    match value {
        Argument::Reference(name) => pieces.push(Piece::Reference(name)),
        Argument::Text(more) => pieces.extend(more),
        Argument::Value(value) => return Argument::Value(Value::text(&format!("{key}={value}"))),
        Argument::List(_) => {}
    }
    Argument::Text(pieces)
}

/// A list of literals is one literal.
fn simplified(elements: Vec<Argument>) -> Argument {
    let values = elements.iter().map(|element| match element {
        Argument::Value(value) => Some(value.clone()),
        _ => None,
    });
    match values.collect::<Option<Vec<_>>>() {
        Some(values) => Argument::Value(Value::List(values)),
        None => Argument::List(elements),
    }
}

/// A text with `${…}` in it.
fn template(item: &Item<'_>, scope: &Scope<'_>) -> Option<Argument> {
    let text = item.text()?;
    let origin = item.origin();
    let mut pieces = Vec::new();
    let mut sound = true;
    for part in parts(text) {
        match part {
            Part::Literal(literal) => pieces.push(Piece::Literal(Arc::from(literal))),
            Part::Open(at) => {
                let problem = origin.error_within(text, at..text.len(), "`${` is never closed");
                item.report(problem.help("close it with `}`, or write `$${` for the characters themselves"));
                sound = false;
            }
            Part::Reference(name, at) => {
                sound &= known(item, name, at, text, &origin, scope);
                pieces.push(Piece::Reference(Name::new(name)));
            }
        }
    }
    if !sound {
        return None;
    }
    Some(match pieces.as_slice() {
        [Piece::Reference(name)] => Argument::Reference(name.clone()),
        [Piece::Literal(first), ..] if hazard(first).is_some_and(|_| first.contains(char::is_control)) => {
            item.report(item.error("a text with `${…}` must stand on one line"));
            return None;
        }
        all if all.iter().all(|piece| matches!(piece, Piece::Literal(_))) => {
            Argument::Value(Value::text(&unescaped(text)))
        }
        _ => Argument::Text(pieces),
    })
}

/// Whether `name` may be referred to here; a mention of a step's output is noted for later.
fn known(item: &Item<'_>, name: &str, at: usize, text: &str, origin: &Origin, scope: &Scope<'_>) -> bool {
    let range = at..at + name.len() + 3;
    if let (Some(outputs), Some(rest)) = (scope.outputs, name.strip_prefix("steps.")) {
        let step = match rest.rsplit_once('.') {
            Some((step, output)) if !step.is_empty() && !output.is_empty() => step,
            _ => {
                let problem = origin.error_within(text, range, format!("`${{{}}}` names no output", shown(name)));
                item.report(problem.help("write `${steps.<step>.<output>}`"));
                return false;
            }
        };
        let origin = item.origin();
        outputs.borrow_mut().push(Mention { origin, step: step.to_string(), at: scope.at });
        return true;
    }
    let all = || ALWAYS.into_iter().chain(scope.names.iter().map(String::as_str));
    let label = scope.outputs.is_some() && name.strip_prefix("labels.").is_some_and(|label| !label.is_empty());
    if label || all().any(|known| known == name) {
        return true;
    }
    let problem = origin.error_within(text, range, format!("unknown reference `${{{}}}`", shown(name)));
    let problem = problem.did_you_mean(suggest(name, all()));
    let names: Vec<&str> = all().collect();
    let labels = scope.outputs.map(|_| "labels.<name>");
    let names: Vec<&str> = names.into_iter().chain(labels).collect();
    item.report(problem.help(format!("known here: {}", listed(names.into_iter()))));
    false
}

enum Part<'t> {
    Literal(String),
    /// `${` without `}`, at this byte.
    Open(usize),
    /// A name, and the byte of its `$`.
    Reference(&'t str, usize),
}

/// The parts of a text, in one pass from left to right: `${name}` is a reference, `$${` the characters `${`.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("$${") {
            literal.push_str("${");
            at += 3;
        } else if let Some(inner) = rest.strip_prefix("${") {
            if !literal.is_empty() {
                out.push(Part::Literal(core::mem::take(&mut literal)));
            }
            match inner.find('}').and_then(|end| inner.get(..end)) {
                Some(name) => {
                    out.push(Part::Reference(name, at));
                    at += name.len() + 3;
                }
                None => {
                    out.push(Part::Open(at));
                    at = text.len();
                }
            }
        } else {
            let next = rest.char_indices().skip(1).find(|(_, c)| *c == '$').map_or(rest.len(), |(next, _)| next);
            literal.push_str(rest.get(..next).unwrap_or(rest));
            at += next;
        }
    }
    if !literal.is_empty() {
        out.push(Part::Literal(literal));
    }
    out
}

/// A text without references, its `$${` read as `${`.
fn unescaped(text: &str) -> String {
    text.replace("$${", "${")
}

/// What the kind of `argument` can be told to be wrong before it is resolved: a composed text is a text.
pub(super) fn mismatch(kind: &ParameterKind, argument: &Argument) -> Option<String> {
    let composed = matches!(argument, Argument::Text(_));
    let fits =
        matches!(kind, ParameterKind::Any | ParameterKind::Component | ParameterKind::OneOf(_) | ParameterKind::Text);
    (composed && !fits).then(|| format!("must be {}, found a text put together of several", expected(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(text: &str) -> String {
        let shown = parts(text).into_iter().map(|part| match part {
            Part::Literal(literal) => format!("'{literal}'"),
            Part::Open(at) => format!("open@{at}"),
            Part::Reference(name, at) => format!("<{name}>@{at}"),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn references_are_found_in_one_pass_and_escapes_are_not_references() {
        assert_eq!(shape("a ${b} c"), "'a ' <b>@2 ' c'");
        assert_eq!(shape("$${b} ${c}"), "'${b} ' <c>@6");
        assert_eq!(shape("$5 and $$ and $(x)"), "'$5 and $$ and $(x)'");
        assert_eq!(shape("${a}${b"), "<a>@0 open@4");
        assert_eq!(shape("${${a}}"), "<${a>@0 '}'");
        assert_eq!(shape("é${a}"), "'é' <a>@2");
    }

    proptest! {
        #[test]
        fn the_parts_hold_the_whole_text(text in "(\\$|\\{|\\}|[a-c]|é){0,16}") {
            let mut rebuilt = String::new();
            let mut plain = Some(String::new());
            for part in parts(&text) {
                match part {
                    Part::Literal(literal) => {
                        rebuilt.push_str(&literal.replace("${", "$${"));
                        plain = plain.map(|plain| plain + &literal);
                    }
                    Part::Open(at) => {
                        rebuilt.push_str(&text[at..]);
                        plain = None;
                    }
                    Part::Reference(name, at) => {
                        prop_assert_eq!(&text[at..at + name.len() + 3], format!("${{{name}}}"));
                        rebuilt.push_str(&format!("${{{name}}}"));
                        plain = None;
                    }
                }
            }
            prop_assert_eq!(rebuilt, text.clone());
            if let Some(plain) = plain {
                prop_assert_eq!(plain, unescaped(&text), "a text without references");
            }
        }
    }
}
