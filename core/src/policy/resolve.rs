//! From arguments to values: what a step's `${…}` stand for is put in when the step is planned, in one pass.
//!
//! What is put in is data. It is never looked at again for `${…}`, never parsed as code, and refused where it could
//! pass for something else: an option (`-rf`), a second line, a hidden control character.

use crate::model::value::Value;
use crate::policy::actions::{Argument, ParameterKind, Piece};
use crate::policy::problem::{is_invisible, shown};
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Bytes of the longest text that a step may be given.
pub const LONGEST_TEXT: usize = 65_536;
/// Elements of the longest list that a step may be given.
pub const LONGEST_LIST: usize = 10_000;

/// Why an argument has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// Nothing goes by that name now.
    Missing(Name),
    /// What goes by that name, or what came out, must not be passed on.
    Refused {
        /// The name that was asked for; empty for the argument as a whole.
        name: Name,
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolveError::Missing(name) => write!(f, "`${{{name}}}` has no value now"),
            ResolveError::Refused { name, reason } if name.as_str().is_empty() => write!(f, "the value {reason}"),
            ResolveError::Refused { name, reason } => write!(f, "the value of `${{{name}}}` {reason}"),
        }
    }
}

impl core::error::Error for ResolveError {}

/// The value of `argument`, for a step: what `lookup` finds comes from outside and is refused where it is dangerous.
pub fn resolve(argument: &Argument, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<Value, ResolveError> {
    Resolver { lookup, foreign: true }.value(argument)
}

/// The value of `argument`, for an action's adapter: what `lookup` finds are parameters that [`resolve`] and [`admit`]
/// have already let through, and literals of the playbook, which may well begin with `-`.
pub fn expand(argument: &Argument, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<Value, ResolveError> {
    Resolver { lookup, foreign: false }.value(argument)
}

/// Whether `value` is one that a parameter of this `kind` takes; if not, why not. `components` says which exist.
pub fn admit(kind: &ParameterKind, value: &Value, components: &dyn Fn(&str) -> bool) -> Result<(), String> {
    match (kind, value) {
        (ParameterKind::Any, _)
        | (ParameterKind::Bool, Value::Bool(_))
        | (ParameterKind::Duration, Value::Duration(_)) => Ok(()),
        (ParameterKind::Component, Value::Text(name)) if components(name) => Ok(()),
        (ParameterKind::Component, Value::Text(name)) => Err(format!("names no component: `{}`", shown(name))),
        (ParameterKind::List, Value::List(elements)) => elements.iter().try_for_each(plain),
        (ParameterKind::Number { min, max }, Value::Number(number)) => {
            if min.is_some_and(|min| *number < min) || max.is_some_and(|max| *number > max) {
                return Err(format!("must be {}, found `{number}`", expected(kind)));
            }
            Ok(())
        }
        (ParameterKind::Percentage { max }, Value::Number(number)) => {
            if number.value() < 0.0 || max.is_some_and(|max| *number > max) {
                return Err(format!("must be {}, found `{number}%`", expected(kind)));
            }
            Ok(())
        }
        (ParameterKind::OneOf(words), Value::Text(text)) if words.iter().any(|word| word.as_str() == &**text) => Ok(()),
        (ParameterKind::Text, Value::Text(text)) => match hazard(text) {
            Some(reason) => Err(reason.into()),
            None => Ok(()),
        },
        _ => Err(format!("must be {}, found `{}`", expected(kind), shown(&value.to_string()))),
    }
}

/// What a parameter of this `kind` takes, for messages: "a number from 1 to 10".
pub fn expected(kind: &ParameterKind) -> String {
    let bounds = |from: Option<String>, to: Option<String>| match (from, to) {
        (Some(from), Some(to)) => format!(" from {from} to {to}"),
        (Some(from), None) => format!(" from {from}"),
        (None, Some(to)) => format!(" up to {to}"),
        (None, None) => String::new(),
    };
    match kind {
        ParameterKind::Any => "any value".into(),
        ParameterKind::Bool => "`true` or `false`".into(),
        ParameterKind::Component => "the name of a component".into(),
        ParameterKind::Duration => "a duration such as `10s`".into(),
        ParameterKind::List => "a list".into(),
        ParameterKind::Number { min, max } => {
            format!("a number{}", bounds(min.map(|min| min.to_string()), max.map(|max| max.to_string())))
        }
        ParameterKind::OneOf(words) => {
            format!("one of {}", words.iter().map(Name::as_str).collect::<Vec<_>>().join(", "))
        }
        ParameterKind::Percentage { max } => {
            format!("a percentage{}", bounds(None, max.map(|max| format!("{max}%"))))
        }
        ParameterKind::Text => "a text".into(),
    }
}

/// What makes a text unfit to be passed on as one, to follow "the value".
pub fn hazard(text: &str) -> Option<&'static str> {
    if text.starts_with('-') {
        Some("begins with `-`, so a program could take it for an option")
    } else {
        unprintable(text)
    }
}

fn unprintable(text: &str) -> Option<&'static str> {
    if text.chars().any(is_invisible) {
        Some("holds a line break or another character that does not show")
    } else if text.len() > LONGEST_TEXT {
        Some("is longer than 65,536 bytes")
    } else {
        None
    }
}

/// An element of a list: a single value, and if a text one that shows as it is.
fn plain(element: &Value) -> Result<(), String> {
    match element {
        Value::List(_) => Err("holds a list within the list".into()),
        Value::Text(text) => unprintable(text).map_or(Ok(()), |reason| Err(format!("holds a text that {reason}"))),
        Value::Bool(_) | Value::Duration(_) | Value::Number(_) => Ok(()),
    }
}

struct Resolver<'l> {
    lookup: &'l dyn Fn(&str) -> Option<Value>,
    foreign: bool,
}

impl Resolver<'_> {
    fn value(&self, argument: &Argument) -> Result<Value, ResolveError> {
        match argument {
            Argument::List(elements) => self.list(elements),
            Argument::Reference(name) => {
                let value = self.named(name)?;
                match self.fault(&value) {
                    Some(reason) => Err(ResolveError::Refused { name: name.clone(), reason: reason.into() }),
                    None => Ok(value),
                }
            }
            Argument::Text(pieces) => self.text(pieces),
            Argument::Value(value) => Ok(value.clone()),
        }
    }

    /// A list; a reference to a list stands for its elements.
    fn list(&self, elements: &[Argument]) -> Result<Value, ResolveError> {
        let mut values = Vec::new();
        for element in elements {
            match (element, self.value(element)?) {
                (Argument::Reference(_), Value::List(several)) => values.extend(several),
                (_, value) => values.push(value),
            }
            if values.len() > LONGEST_LIST {
                return Err(refused("has more than 10,000 elements"));
            }
        }
        Ok(Value::List(values))
    }

    fn text(&self, pieces: &[Piece]) -> Result<Value, ResolveError> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Reference(name) => {
                    let value = self.named(name)?.to_string();
                    // Within a text only the beginning can pass for an option.
                    let reason = if text.is_empty() { hazard(&value) } else { unprintable(&value) };
                    if let Some(reason) = reason.filter(|_| self.foreign) {
                        return Err(ResolveError::Refused { name: name.clone(), reason: reason.into() });
                    }
                    text.push_str(&value);
                }
            }
            if text.len() > LONGEST_TEXT {
                return Err(refused("is longer than 65,536 bytes"));
            }
        }
        Ok(Value::text(&text))
    }

    fn named(&self, name: &Name) -> Result<Value, ResolveError> {
        (self.lookup)(name.as_str()).ok_or_else(|| ResolveError::Missing(name.clone()))
    }

    fn fault(&self, value: &Value) -> Option<&'static str> {
        match value {
            Value::Text(text) if self.foreign => hazard(text),
            Value::List(elements) => elements.iter().find_map(|element| self.fault(element)),
            _ => None,
        }
    }
}

fn refused(reason: &str) -> ResolveError {
    ResolveError::Refused { name: Name::default(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::finite::Finite;
    use crate::primitives::time::Span;
    use proptest::prelude::*;

    fn reference(name: &str) -> Argument {
        Argument::Reference(name.into())
    }

    fn composed() -> Argument {
        Argument::Text(Vec::from([
            Piece::Literal("unit ".into()),
            Piece::Reference("x".into()),
            Piece::Literal("!".into()),
        ]))
    }

    #[test]
    fn a_reference_keeps_its_type_and_a_list_within_a_list_is_spliced() {
        let lookup = |name: &str| match name {
            "n" => Some(Value::Number(Finite::ONE)),
            "all" => Some(Value::List(Vec::from([Value::text("a"), Value::text("b")]))),
            _ => None,
        };
        assert_eq!(resolve(&reference("n"), &lookup), Ok(Value::Number(Finite::ONE)));
        let list = Argument::List(Vec::from([Argument::Value(Value::text("-x")), reference("all")]));
        let expected = ["-x", "a", "b"].map(Value::text);
        assert_eq!(resolve(&list, &lookup), Ok(Value::List(Vec::from(expected))));
        assert_eq!(resolve(&reference("m"), &lookup), Err(ResolveError::Missing("m".into())));
    }

    #[test]
    fn what_could_pass_for_an_option_or_a_second_line_is_refused_from_outside_only() {
        for bad in ["-rf", "--now", "a\nb", "a\0b", "\u{1b}[31m", "a\u{202e}b"] {
            let lookup = |_: &str| Some(Value::text(bad));
            assert!(matches!(resolve(&reference("x"), &lookup), Err(ResolveError::Refused { .. })), "{bad:?}");
            assert_eq!(expand(&reference("x"), &lookup), Ok(Value::text(bad)));
        }
        let lookup = |_: &str| Some(Value::text("-rf"));
        assert_eq!(resolve(&composed(), &lookup), Ok(Value::text("unit -rf!")), "not at the beginning");
    }

    #[test]
    fn a_value_must_be_of_the_parameters_kind() {
        let exists = |name: &str| name == "web";
        let number = |n: i32| Value::Number(n.into());
        let one_to_ten = ParameterKind::Number { min: Some(1.into()), max: Some(10.into()) };
        let words = ParameterKind::OneOf(Vec::from(["tcp".into(), "udp".into()]));
        let good = [
            (&ParameterKind::Component, Value::text("web")),
            (&one_to_ten, number(10)),
            (&words, Value::text("udp")),
            (&ParameterKind::Percentage { max: None }, number(50)),
            (&ParameterKind::Duration, Value::Duration(Span::from_secs(1))),
            (&ParameterKind::List, Value::List(Vec::from([Value::text("-l"), number(1)]))),
        ];
        for (kind, value) in &good {
            assert_eq!(admit(kind, value, &exists), Ok(()), "{kind:?} {value}");
        }
        let bad = [
            (&ParameterKind::Component, Value::text("wbe")),
            (&one_to_ten, number(11)),
            (&one_to_ten, Value::text("5")),
            (&words, Value::text("icmp")),
            (&ParameterKind::Percentage { max: None }, number(-1)),
            (&ParameterKind::Duration, number(1)),
            (&ParameterKind::List, Value::List(Vec::from([Value::text("a\nb")]))),
            (&ParameterKind::List, Value::List(Vec::from([Value::List(Vec::new())]))),
            (&ParameterKind::Text, Value::text("-x")),
            (&ParameterKind::Bool, Value::text("true")),
        ];
        for (kind, value) in &bad {
            assert!(admit(kind, value, &exists).is_err(), "{kind:?} {value}");
        }
    }

    proptest! {
        #[test]
        fn data_comes_out_verbatim_or_is_refused(
            data in "(\\$\\{[a-z]{1,3}\\}|\\$\\(rm\\)|[-\"'`;|&\\\\\n\0 ]|[a-z]|\\PC){0,12}",
        ) {
            let lookup = |name: &str| (name == "x").then(|| Value::text(&data));
            let dangerous = data.chars().any(is_invisible);
            match resolve(&reference("x"), &lookup) {
                Ok(value) => {
                    prop_assert!(!dangerous && !data.starts_with('-'));
                    prop_assert_eq!(value, Value::text(&data));
                }
                Err(_) => prop_assert!(dangerous || data.starts_with('-')),
            }
            match resolve(&composed(), &lookup) {
                Ok(value) => prop_assert_eq!(value, Value::text(&format!("unit {data}!"))),
                Err(_) => prop_assert!(dangerous),
            }
        }

        #[test]
        fn data_changes_no_other_element_of_an_argument_vector(data in "\\PC{0,20}") {
            let lookup = |_: &str| Some(Value::text(&data));
            let argv = Argument::List(Vec::from([Argument::Value(Value::text("prog")), reference("x")]));
            if let Ok(Value::List(values)) = resolve(&argv, &lookup) {
                prop_assert_eq!(values, Vec::from([Value::text("prog"), Value::text(&data)]));
            }
        }
    }
}
