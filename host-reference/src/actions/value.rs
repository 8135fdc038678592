use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longer texts are no parameters.
const TEXT_BYTES: usize = 4096;

/// A parameter's value. Whatever it is, it becomes at most arguments, text in a request, or environment variables:
/// empty texts, control characters and a leading `-` where an option could be read are refused, and what is filled in
/// is not looked at again.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Several; alone in an argument they become one argument each.
    List(Vec<Value>),
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
}

/// Why a value or a template was refused; nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A value where code would be read.
    #[error("value `{0}` would become part of code: use `shell: true`, where values arrive as environment variables")]
    BecomesCode(String),
    /// A value where only the policy's own words may stand.
    #[error("{0} must be literal, without values")]
    NotLiteral(&'static str),
    /// No value of this name was given.
    #[error("no value was given for `{0}`")]
    Unknown(String),
    /// A value that must not be used like this.
    #[error("value of `{name}` {why}")]
    Unsafe {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The values of one invocation.
pub(super) type Values = BTreeMap<String, Value>;

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

/// Splits at `${name}`.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once("${").and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        if !before.is_empty() {
            pieces.push(Piece::Literal(before));
        }
        pieces.push(Piece::Placeholder(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

pub(super) fn first_placeholder(template: &str) -> Option<&str> {
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Literal(_) => None,
        Piece::Placeholder(name) => Some(name),
    })
}

pub(super) fn find<'a>(values: &'a Values, name: &str) -> Result<&'a Value, Refusal> {
    values.get(name).ok_or_else(|| Refusal::Unknown(name.to_owned()))
}

/// Fills a template, each value through `encode`.
pub(super) fn fill(
    template: &str,
    values: &Values,
    encode: impl Fn(&str, String) -> Result<String, Refusal>,
) -> Result<String, Refusal> {
    let mut filled = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Literal(text) => filled.push_str(text),
            Piece::Placeholder(name) => filled.push_str(&encode(name, text_of(name, find(values, name)?)?)?),
        }
    }
    Ok(filled)
}

/// The value as a text that is harmless as one argument, but for a leading `-`.
pub(super) fn text_of(name: &str, value: &Value) -> Result<String, Refusal> {
    let refuse = |why| Err(Refusal::Unsafe { name: name.to_owned(), why });
    let text: Cow<'_, str> = match value {
        Value::Bool(value) => value.to_string().into(),
        Value::Int(value) => value.to_string().into(),
        Value::List(_) => return refuse("is a list, expected one value"),
        Value::Number(value) if value.is_finite() => value.to_string().into(),
        Value::Number(_) => return refuse("is not a finite number"),
        Value::Text(text) => text.into(),
    };
    if text.is_empty() {
        return refuse("is empty");
    }
    if text.len() > TEXT_BYTES {
        return refuse("is longer than 4096 bytes");
    }
    if text.chars().any(char::is_control) {
        return refuse("contains a control character such as a newline or NUL");
    }
    Ok(text.into_owned())
}

/// Where an option could be read, a leading `-` is refused.
pub(super) fn not_an_option(name: &str, text: String) -> Result<String, Refusal> {
    if text.starts_with('-') {
        return Err(Refusal::Unsafe { name: name.to_owned(), why: "begins with `-` and would be read as an option" });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Values {
        [("a".to_owned(), Value::Text(text.to_owned()))].into()
    }

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        let filled = fill("x ${a} ${", &values("${a} {{a}} $(a) `a`"), |_, text| Ok(text)).expect("filled");
        assert_eq!(filled, "x ${a} {{a}} $(a) `a` ${");
        assert_eq!(fill("${b}", &values("1"), |_, text| Ok(text)), Err(Refusal::Unknown("b".into())));
    }

    #[test]
    fn texts_that_could_be_more_than_a_word_are_refused() {
        for text in ["", "a\nb", "a\0b", "a\rb", "a\x1b[2Jb", "a\u{85}b", &"x".repeat(4097)] {
            assert!(text_of("a", &Value::Text(text.into())).is_err(), "{text:?}");
        }
        for text in ["web-1", "a b; rm -rf / 'x' \"y\" *", "ünïcode"] {
            assert_eq!(text_of("a", &Value::Text(text.into())).as_deref(), Ok(text));
        }
        assert!(text_of("a", &Value::Number(f64::NAN)).is_err());
        assert_eq!(text_of("a", &Value::Int(-5)).as_deref(), Ok("-5"));
    }
}
