//! Parameters of an action: our own form with types, and the seeds' form by example.

use crate::policy::actions::{Action, Parameter, ParameterKind};
use crate::policy::document::{Fields, Item};
use crate::policy::draft::argument::literal;
use crate::policy::duration;
use crate::policy::problem::shown;
use crate::policy::quantity;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

const TYPES: [(&str, ParameterKind); 8] = [
    ("any", ParameterKind::Any),
    ("bool", ParameterKind::Bool),
    ("component", ParameterKind::Component),
    ("duration", ParameterKind::Duration),
    ("list", ParameterKind::List),
    ("number", ParameterKind::Number { min: None, max: None }),
    ("percentage", ParameterKind::Percentage { max: None }),
    ("text", ParameterKind::Text),
];

/// The parameters of an action, and the timeout that a seed writes among them.
pub(super) struct Parameters {
    pub all: BTreeMap<Arc<str>, Parameter>,
    pub timeout: Option<Span>,
}

/// The parameters in `fields`, over those of `base`. Every step has a timeout, so a parameter of that name is it.
pub(super) fn read(fields: &Fields<'_>, base: Option<&Action>) -> Parameters {
    let mut all = base.map(|base| base.parameters.clone()).unwrap_or_default();
    let mut timeout = None;
    for (name, read) in fields.map("parameters", |item| {
        if item.key() == "timeout" && item.is_scalar() {
            return Some(Err(item.duration()?));
        }
        let name = parameter_name(item)?;
        one(item, all.get(&*name)).map(Ok)
    }) {
        match read {
            Ok(parameter) => {
                all.insert(Arc::from(name), parameter);
            }
            Err(span) => timeout = Some(span),
        }
    }
    Parameters { all, timeout }
}

fn parameter_name(item: &Item<'_>) -> Option<String> {
    let name = item.key();
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits {
        let problem = item.key_error(format!("`{}` is no name for a parameter", shown(&name)));
        item.report(problem.help("a name is letters, digits and `_`, and begins with a letter"));
    }
    fits.then_some(name)
}

fn one(item: &Item<'_>, base: Option<&Parameter>) -> Option<Parameter> {
    if item.is_map() { typed(item, base) } else { by_example(item, base) }
}

/// Our own form: `{ type: number, min: 1, max: 10, default: 3 }` or `{ one_of: [tcp, udp], required: true }`.
fn typed(item: &Item<'_>, base: Option<&Parameter>) -> Option<Parameter> {
    let fields = item.fields("a parameter", &["default", "max", "min", "one_of", "required", "type"])?;
    let words = fields.get("one_of", |item| item.list(word)).map(ParameterKind::OneOf);
    let given = fields.get("type", |item| item.one_of(&TYPES));
    let kind = words.or(given).or_else(|| base.map(|base| base.kind.clone()));
    let Some(kind) = kind else {
        item.report(item.key_error("a parameter needs a `type`, or `one_of` with its words"));
        return None;
    };
    let all = f64::MIN..=f64::MAX;
    let (min, max) =
        (fields.get("min", |item| item.number(all.clone())), fields.get("max", |item| item.number(all.clone())));
    let kind = match kind {
        ParameterKind::Number { min: low, max: high } => ParameterKind::Number { min: min.or(low), max: max.or(high) },
        ParameterKind::Percentage { max: high } => ParameterKind::Percentage { max: max.or(high) },
        other => {
            if min.is_some() || max.is_some() {
                item.report(item.key_error("only a number has `min` and `max`"));
            }
            other
        }
    };
    let default = fields.get("default", |item| literal(item, &kind, None));
    let required = fields.or("required", false, Item::boolean);
    if required && default.is_some() {
        item.report(item.key_error("a required parameter needs no `default`"));
    }
    Some(Parameter { kind, required, default })
}

/// The seeds' form: `required`, `optional`, `percentage`, the words to choose from, or the default.
fn by_example(item: &Item<'_>, base: Option<&Parameter>) -> Option<Parameter> {
    let kind = base.map(|base| base.kind.clone());
    if item.is_list() {
        return match kind {
            Some(kind @ (ParameterKind::List | ParameterKind::Any)) => defaulted(item, kind),
            _ => Some(Parameter { kind: ParameterKind::OneOf(item.list(word)?), required: true, default: None }),
        };
    }
    match item.text()? {
        "required" => Some(Parameter { kind: kind.unwrap_or(ParameterKind::Any), required: true, default: None }),
        "optional" => {
            let default = base.and_then(|base| base.default.clone());
            Some(Parameter { kind: kind.unwrap_or(ParameterKind::Any), required: false, default })
        }
        "percentage" => {
            let default = base.and_then(|base| base.default.clone());
            let kind = kind.unwrap_or(ParameterKind::Percentage { max: None });
            Some(Parameter { kind, required: default.is_none(), default })
        }
        text => defaulted(item, kind.unwrap_or_else(|| guessed(text))),
    }
}

fn defaulted(item: &Item<'_>, kind: ParameterKind) -> Option<Parameter> {
    let default = literal(item, &kind, None)?;
    Some(Parameter { kind, required: false, default: Some(default) })
}

/// The kind of which `text` is an example.
fn guessed(text: &str) -> ParameterKind {
    if matches!(text, "true" | "false") {
        ParameterKind::Bool
    } else if quantity::number(text).is_ok() {
        ParameterKind::Number { min: None, max: None }
    } else if quantity::percent(text).is_ok() {
        ParameterKind::Percentage { max: None }
    } else if duration::parse(text).is_ok() {
        ParameterKind::Duration
    } else {
        ParameterKind::Text
    }
}

fn word(item: &Item<'_>) -> Option<Name> {
    item.name().map(|text| Name::new(&text))
}

/// What a parameter takes, as the table in the documentation and `homeostat actions` show it.
pub fn describe(parameter: &Parameter) -> String {
    let kind = crate::policy::resolve::expected(&parameter.kind);
    match (&parameter.default, parameter.required) {
        (_, true) => format!("{kind}, required"),
        (Some(default), false) => format!("{kind}, `{}` unless given", shown_default(parameter, default)),
        (None, false) => kind,
    }
}

fn shown_default(parameter: &Parameter, default: &crate::model::value::Value) -> String {
    match (&parameter.kind, default) {
        (ParameterKind::Percentage { .. }, value) => format!("{value}%"),
        (_, crate::model::value::Value::Duration(span)) => duration::written(*span),
        (_, crate::model::value::Value::List(values)) => {
            let words: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
            format!("[{}]", words.join(", "))
        }
        (_, value) => format!("{value}"),
    }
}
