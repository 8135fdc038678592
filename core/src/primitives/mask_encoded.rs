//! Secrets that are encoded: base64, hexadecimal, escaped for an address. What is decoded is looked at once, not again.

use crate::primitives::mask::{Part, next_run};
use alloc::string::String;
use alloc::vec::Vec;

/// Shorter ones hold no secret.
const SHORTEST: usize = 12;

/// Runs of `text` that decode to something secret.
pub(super) fn encoded(text: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let hexadecimal = |byte: u8| byte.is_ascii_hexdigit();
    let escaped = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b',');
    parts.extend(runs(text, base64, from_base64, &is_secret));
    parts.extend(runs(text, hexadecimal, from_hexadecimal, &is_secret));
    if text.contains('%') {
        parts.extend(runs(text, escaped, from_escaped, &is_secret));
    }
    parts
}

fn runs(
    text: &str,
    belongs: impl Fn(u8) -> bool,
    decode: impl Fn(&[u8]) -> Option<Vec<u8>>,
    is_secret: impl Fn(&str) -> bool,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((from, to)) = next_run(text, at, &belongs) {
        at = to;
        if to.saturating_sub(from) < SHORTEST {
            continue;
        }
        let run = text.as_bytes().get(from..to).unwrap_or_default();
        let decoded = decode(run).and_then(|bytes| String::from_utf8(bytes).ok());
        if decoded.is_some_and(|decoded| is_secret(&decoded)) {
            parts.push((from, to));
        }
    }
    parts
}

/// Both alphabets; what does not fill a byte is left.
fn from_base64(run: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(run.len());
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in run {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    Some(decoded)
}

fn from_hexadecimal(run: &[u8]) -> Option<Vec<u8>> {
    run.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn from_escaped(run: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(run.len());
    let mut rest = run;
    let mut found = false;
    while let Some((byte, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *byte == b'%').and_then(|pair| core::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                rest = after.get(2..).unwrap_or_default();
                found = true;
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    found.then_some(decoded)
}
