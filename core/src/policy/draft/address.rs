//! Addresses: what can be known to be wrong with one before anybody is asked.

use crate::model::value::Value;
use crate::policy::actions::{Argument, Piece};
use crate::policy::problem::shown;
use crate::policy::url::{has_origin, is_from_outside};
use alloc::format;
use alloc::string::String;

/// What keeps `url` from being an absolute http or https URL. What `${…}` will hold is not looked at.
pub(super) fn url_fault(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return Some("does not begin with `http://` or `https://`");
    };
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("holds a blank");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Some("names no host");
    }
    host_fault(host).or_else(|| port.filter(|port| !port.contains("${")).and_then(port_fault))
}

/// What keeps `host` from being the name or address of a host.
pub(super) fn host_fault(host: &str) -> Option<&'static str> {
    let is_address =
        host.matches(':').count() > 1 && host.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%'));
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '%') || is_address && c == ':';
    match host {
        "" => Some("has no host"),
        host if host.contains([' ', '/']) => Some("has a host with a blank or a slash"),
        // What a reference in it will hold is for later; `${` and `}` themselves are in no host.
        host if host.contains("${") => None,
        host if !host.chars().all(allowed) => Some("has a host with a character that no host has"),
        _ => None,
    }
}

/// What keeps `port` from being one.
pub(super) fn port_fault(port: &str) -> Option<&'static str> {
    match port.parse::<u16>() {
        _ if port.is_empty() => Some("has no port"),
        Err(_) | Ok(0) => Some("has a port that is not from 1 to 65535"),
        Ok(_) => None,
    }
}

/// What is wrong with the address of a request, as far as it is written out; what it is called in the message first.
pub(super) fn argument_fault(argument: &Argument) -> Option<String> {
    match argument {
        Argument::Value(Value::Text(url)) => url_fault(url).map(|fault| format!("`{}` {fault}", shown(url))),
        Argument::Value(_) | Argument::List(_) => Some("this is no text".into()),
        Argument::Text(pieces) => match pieces.first() {
            Some(Piece::Literal(start)) if !start.starts_with("http://") && !start.starts_with("https://") => {
                Some(format!("`{}…` does not begin with `http://` or `https://`", shown(start)))
            }
            Some(Piece::Literal(start)) if has_origin(start) => None,
            _ => Some("here a value would name the host: values stand only behind `http://host/`".into()),
        },
        Argument::Reference(name) if is_from_outside(name.as_str()) => {
            Some(format!("`${{{}}}` comes from outside and cannot be the whole address", shown(name.as_str())))
        }
        Argument::Reference(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_an_address_is_let_through() {
        let good = [
            "http://a",
            "https://a.example.org:8443/x?y#z",
            "http://127.0.0.1:80/",
            "http://[::1]:80/",
            "http://[::1]/",
            "http://user@a:1/",
            "http://${instance}:8080/health",
            "http://a:1860${index}/",
            "http://shop_1/",
            "http://bücher.example/",
        ];
        for url in good {
            assert_eq!(url_fault(url), None, "{url}");
        }
    }

    #[test]
    fn what_can_be_no_address_is_told_apart() {
        let bad = [
            ("nope", "does not begin"),
            ("ftp://a/", "does not begin"),
            ("http:/a/", "does not begin"),
            ("http://", "names no host"),
            ("http:///x", "names no host"),
            ("http://:80/", "names no host"),
            ("http://a b/", "holds a blank"),
            ("http://a:b/", "1 to 65535"),
            ("http://a:99999/", "1 to 65535"),
            ("http://a:/", "no port"),
            ("http://a;b/", "no host has"),
            ("http://a,b:80/", "no host has"),
        ];
        for (url, fault) in bad {
            assert!(url_fault(url).is_some_and(|found| found.contains(fault)), "{url}: {:?}", url_fault(url));
        }
        for host in ["", "a b", "http://a", "a:80", "a;b"] {
            assert!(host_fault(host).is_some(), "{host}");
        }
    }
}
