//! Addresses with values in them: a value stands behind the origin only, and stays one piece of the path or query.

use crate::model::value::Value;
use crate::policy::actions::{Argument, Piece};
use crate::policy::resolve::expand;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;

/// The address that `argument` makes. Values put into it are percent-encoded (RFC 3986, all but unreserved characters),
/// so that none of them leads to another host or climbs out of its place.
///
/// # Errors
/// In words, when a value is missing, stands before the end of `scheme://host/`, or comes whole from outside.
pub fn address(argument: &Argument, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, String> {
    match argument {
        Argument::Text(pieces) => pieces.iter().try_fold(String::new(), |mut url, piece| {
            match piece {
                Piece::Literal(text) => url.push_str(text),
                Piece::Reference(name) => {
                    if !has_origin(&url) {
                        return Err(format!("`${{{name}}}` may stand only behind `scheme://host/`"));
                    }
                    let value = lookup(name.as_str()).ok_or_else(|| format!("`${{{name}}}` has no value now"))?;
                    encode(&value.to_string(), &mut url).map_err(|reason| format!("`${{{name}}}` {reason}"))?;
                }
            }
            Ok(url)
        }),
        Argument::Reference(name) if is_from_outside(name.as_str()) => {
            Err(format!("`${{{name}}}` comes from outside and cannot be the whole address"))
        }
        whole => expand(whole, lookup).map(|value| value.to_string()).map_err(|error| error.to_string()),
    }
}

/// Whether the value of that name is made by something other than the policy.
pub(in crate::policy) fn is_from_outside(name: &str) -> bool {
    name == "issue" || name.starts_with("labels.") || name.starts_with("steps.") || name.starts_with("before.")
}

/// Whether `url` begins with a whole `scheme://host/`, behind which values may stand.
pub(in crate::policy) fn has_origin(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && rest.find('/').is_some_and(|at| at > 0))
}

fn encode(text: &str, url: &mut String) -> Result<(), &'static str> {
    if text.is_empty() || text == "." || text == ".." {
        return Err("is empty or a step up in the path");
    }
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").map_err(|_| "is too long")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::name::Name;
    use alloc::vec::Vec;

    fn made(pieces: &[&str], value: &str) -> Result<String, String> {
        let piece = |text: &&str| match text.strip_prefix('$') {
            Some(name) => Piece::Reference(Name::new(name)),
            None => Piece::Literal((*text).into()),
        };
        let pieces: Vec<Piece> = pieces.iter().map(piece).collect();
        address(&Argument::Text(pieces), &|_| Some(Value::text(value)))
    }

    #[test]
    fn a_value_stays_in_its_place() {
        let there = |value| made(&["http://api/unit/", "$x", "/restart?by=", "$x"], value);
        assert_eq!(there("web-1").as_deref(), Ok("http://api/unit/web-1/restart?by=web-1"));
        assert_eq!(
            there("../a?b&c#d").as_deref(),
            Ok("http://api/unit/..%2Fa%3Fb%26c%23d/restart?by=..%2Fa%3Fb%26c%23d")
        );
        assert_eq!(there("ü").as_deref(), Ok("http://api/unit/%C3%BC/restart?by=%C3%BC"));
        for climbing in ["..", ".", ""] {
            assert!(there(climbing).is_err(), "{climbing}");
        }
    }

    #[test]
    fn no_value_names_the_host_or_the_whole_address() {
        for pieces in [&["http://", "$x", "/a"][..], &["http://api", "$x"], &["$x", "://api/"], &["http:///", "$x"]] {
            assert!(made(pieces, "evil.example").is_err(), "{pieces:?}");
        }
        for name in ["issue", "steps.ask.url"] {
            let whole = Argument::Reference(Name::new(name));
            assert!(address(&whole, &|_| Some(Value::text("http://evil.example/"))).is_err(), "{name}");
        }
        let literal = Argument::Value(Value::text("http://api/"));
        assert_eq!(address(&literal, &|_| None).as_deref(), Ok("http://api/"));
    }
}
