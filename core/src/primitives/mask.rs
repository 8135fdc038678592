//! Secrets in text from outside are masked before anything is kept of it (SPEC I3): what stands after a telling name,
//! tokens of known shape, passwords in addresses, private keys, card numbers; also where they are written in base64, in
//! hexadecimal, or escaped for an address or for JSON. Each byte is looked at a bounded number of times, whatever the text.

use crate::primitives::mask_encoded::encoded;
use alloc::string::String;
use alloc::vec::Vec;

/// What stands in the place of a secret.
pub const MASKED: &str = "[masked]";
/// Names after which a secret stands, in small letters and without `-`, `_` and `.`; also as the end of a longer name.
const NAMES: [&str; 15] = [
    "accesskey",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "signingkey",
    "token",
];
/// How tokens begin, and how long they are at least.
const PREFIXES: [(&str, usize); 27] = [
    ("AIza", 30),
    ("AKIA", 20),
    ("ASIA", 20),
    ("SG.", 20),
    ("dop_v1_", 20),
    ("eyJ", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("hf_", 20),
    ("hvs.", 20),
    ("npm_", 20),
    ("pypi-", 20),
    ("rk_live_", 16),
    ("shpat_", 20),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("whsec_", 16),
    ("xapp-", 16),
    ("xoxa-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("ya29.", 20),
];

/// What is masked besides what is always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masker {
    /// Further names, as [`NAMES`].
    names: Vec<String>,
    /// Further beginnings of tokens; eight letters with them make one.
    prefixes: Vec<String>,
}

/// Part of a text, from the first byte to before the second.
pub(super) type Part = (usize, usize);

impl Masker {
    /// Masks what stands after `names` too, and words that begin with one of `prefixes`.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, prefixes: impl IntoIterator<Item = &'a str>) -> Masker {
        Masker {
            names: names.into_iter().map(plain).collect(),
            prefixes: prefixes.into_iter().map(String::from).collect(),
        }
    }

    /// `text` without its secrets; nothing where it has none. What comes of it has none.
    pub fn mask(&self, text: &str) -> Option<String> {
        let mut parts = self.plain_parts(text);
        parts.extend(encoded(text, |decoded| !self.plain_parts(decoded).is_empty()));
        if parts.is_empty() {
            return None;
        }
        parts.sort_unstable();
        let mut masked = String::with_capacity(text.len());
        let mut done = 0;
        for (from, to) in parts {
            if from >= done {
                masked.push_str(text.get(done..from).unwrap_or_default());
                masked.push_str(MASKED);
            }
            done = done.max(to);
        }
        masked.push_str(text.get(done..).unwrap_or_default());
        Some(masked)
    }

    /// Where secrets stand that are not encoded.
    fn plain_parts(&self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some((from, to)) = next_run(text, at, is_word) {
            at = to;
            let word = text.get(from..to).unwrap_or_default();
            let part = if self.is_token(word) {
                Some((from, to))
            } else if self.is_name(word) {
                after_name(text, (from, to))
            } else if word.eq_ignore_ascii_case("bearer") {
                spaced(text, to).filter(|(from, to)| to.saturating_sub(*from) >= 8)
            } else {
                None
            };
            if let Some(part) = part.filter(|part| !is_harmless(text, *part)) {
                at = at.max(part.1);
                parts.push(part);
            }
        }
        parts.extend(passwords(text));
        parts.extend(private_keys(text));
        parts.extend(cards(text));
        parts
    }

    fn is_token(&self, word: &str) -> bool {
        let known = PREFIXES.iter().any(|(prefix, least)| word.len() >= *least && word.starts_with(prefix));
        known || self.prefixes.iter().any(|prefix| word.len() >= 8 && word.starts_with(prefix.as_str()))
    }

    fn is_name(&self, word: &str) -> bool {
        // What is longer is no name.
        if word.len() > 64 {
            return false;
        }
        // Most words end with another letter than any of them.
        let last = word.bytes().rev().find(|byte| !joins(*byte)).map(|byte| byte.to_ascii_lowercase());
        let ends = |name: &str| name.as_bytes().last().copied() == last && ends_plainly(word, name);
        NAMES.iter().any(|name| ends(name)) || self.names.iter().any(|name| ends(name))
    }
}

/// A name in small letters, without what joins its parts.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether `word` ends with `name`, which is plain already.
fn ends_plainly(word: &str, name: &str) -> bool {
    let mut letters = word.bytes().rev().filter(|byte| !joins(*byte)).map(|byte| byte.to_ascii_lowercase());
    name.bytes().rev().all(|byte| letters.next() == Some(byte))
}

/// Whether it joins the parts of a name.
fn joins(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The next run of bytes that `belongs`, from `at` on.
pub(super) fn next_run(text: &str, at: usize, belongs: impl Fn(u8) -> bool) -> Option<Part> {
    let rest = text.as_bytes().get(at..)?;
    let from = at + rest.iter().position(|byte| belongs(*byte))?;
    let run = text.as_bytes().get(from..)?.iter().position(|byte| !belongs(*byte));
    Some((from, run.map_or(text.len(), |length| from + length)))
}

/// The value that is given to the name before it: `name=value`, `"name": "value"`, `--name value`, escaped or not.
fn after_name(text: &str, (from, to): Part) -> Option<Part> {
    let bytes = text.as_bytes();
    let gap =
        |at: usize| bytes.get(at..).map_or(at, |rest| at + count(rest, |b| matches!(b, b'"' | b'\'' | b'\\' | b' ')));
    let separator = gap(to);
    if !matches!(bytes.get(separator), Some(b':' | b'=')) {
        let option = text.get(from..to).is_some_and(|word| word.starts_with("--"));
        return if option { spaced(text, to) } else { None };
    }
    let after = separator + count(bytes.get(separator..)?, |byte| matches!(byte, b':' | b'=' | b'>'));
    let begin = gap(after);
    let quote = bytes.get(after..begin)?.iter().rev().find(|byte| matches!(byte, b'"' | b'\'')).copied();
    let name = text.get(from..to).unwrap_or_default();
    let whole_line = ["authorization", "cookie"].iter().any(|header| ends_plainly(name, header));
    let ends = |byte: u8| match quote {
        Some(quote) => byte == quote || byte == b'\n',
        None if whole_line => matches!(byte, b'\r' | b'\n' | b'"' | b'\''),
        None => {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b',' | b';' | b'&' | b')' | b'}' | b']' | b'<' | b'>')
        }
    };
    let length = count(bytes.get(begin..)?, |byte| !ends(byte));
    let value = bytes.get(begin..begin + length)?;
    let escapes = value.iter().rev().take_while(|byte| **byte == b'\\').count();
    (length > escapes).then_some((begin, begin + length - escapes))
}

/// The word after blanks.
fn spaced(text: &str, at: usize) -> Option<Part> {
    let bytes = text.as_bytes();
    let from = at + count(bytes.get(at..)?, |byte| byte == b' ');
    let length = count(bytes.get(from..)?, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b','));
    (from > at && length > 0).then_some((from, from + length))
}

fn count(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

/// What stands for no value, or for a value that is masked or elsewhere.
fn is_harmless(text: &str, (from, to): Part) -> bool {
    let value = text.get(from..to).unwrap_or_default();
    value.starts_with(MASKED)
        || value.starts_with("[masked")
        || matches!(value, "null" | "true" | "false" | "none" | "None" | "nil" | "undefined")
}

/// Passwords in addresses: `scheme://user:password@host`.
fn passwords(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    if !text.as_bytes().contains(&b'@') {
        return parts;
    }
    for (at, separator) in text.match_indices("://") {
        let from = at + separator.len();
        let ends =
            |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'?' | b'#');
        let length = count(text.as_bytes().get(from..).unwrap_or_default(), |byte| !ends(byte));
        let authority = text.get(from..from + length).unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { continue };
        let Some((name, password)) = user.split_once(':') else { continue };
        let part = (from + name.len() + 1, from + user.len());
        if !password.is_empty() && !is_harmless(text, part) {
            parts.push(part);
        }
    }
    parts
}

/// Private keys in PEM; one that is cut off goes to the end of the text.
fn private_keys(text: &str) -> Vec<Part> {
    const KEY: &str = "PRIVATE KEY-----";
    let mut parts = Vec::new();
    if !text.as_bytes().contains(&b'-') {
        return parts;
    }
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("-----BEGIN ")) {
        let from = at + found;
        let rest = text.get(from..).unwrap_or_default();
        // The kind of key stands within the line.
        let head = rest.get(..rest.len().min(64)).or_else(|| rest.get(..11)).unwrap_or_default();
        let Some(head) = head.find(KEY).map(|key| key + KEY.len()) else {
            at = from + 11;
            continue;
        };
        let end = rest.get(head..).and_then(|body| Some(head + body.find(KEY)? + KEY.len()));
        at = from + end.unwrap_or(rest.len());
        parts.push((from, at));
    }
    parts
}

/// Card numbers: 13 to 19 digits of an issuer, grouped or not, whose check digit is right.
fn cards(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((from, to)) = next_run(text, at, |byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-')) {
        at = to;
        let Some(run) = bytes.get(from..to) else { break };
        let lead = count(run, |byte| !byte.is_ascii_digit());
        let trail = run.iter().rev().take_while(|byte| !byte.is_ascii_digit()).count();
        let (from, to) = (from + lead, to.saturating_sub(trail).max(from + lead));
        if to.saturating_sub(from) < 13 {
            continue;
        }
        let digits: Vec<u8> =
            bytes.get(from..to).unwrap_or_default().iter().filter(|byte| byte.is_ascii_digit()).copied().collect();
        let joined = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_' | b'/'))
        };
        let alone = !joined(from.checked_sub(1).and_then(|before| bytes.get(before)))
            && !joined(bytes.get(to).filter(|byte| **byte != b'.'));
        let issued = matches!(digits.first(), Some(b'3'..=b'6'));
        if alone && issued && (13..=19).contains(&digits.len()) && luhn(&digits) {
            parts.push((from, to));
        }
    }
    parts
}

/// Whether the last digit checks the others: H. P. Luhn, *Computer for Verifying Numbers*, US patent 2,950,048.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.saturating_sub(b'0'));
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
