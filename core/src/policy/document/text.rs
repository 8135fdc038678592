//! Bytes become text: UTF-8 only, and no character that does not show.

use crate::policy::problem::{Place, Problem, Problems, Spot, is_invisible};
use alloc::format;
use alloc::sync::Arc;

/// The text of a document, without its byte order mark.
pub(super) fn decode<'b>(file: &Arc<str>, bytes: &'b [u8], problems: &Problems) -> Option<&'b str> {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).and_then(|good| core::str::from_utf8(good).ok()).unwrap_or("");
            let help = match bytes {
                [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => "it looks like UTF-16: save it as UTF-8",
                _ => "save the document as UTF-8",
            };
            let good = good.strip_prefix('\u{feff}').unwrap_or(good);
            let place = Place::new(file, spot_after(good));
            problems.push(Problem::error(place, "the document is not UTF-8 text").help(help));
            return None;
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let suspect = |c: char| is_invisible(c) && !matches!(c, '\t' | '\n' | '\r');
    let Some((at, c)) = text.char_indices().find(|(_, c)| suspect(*c)) else { return Some(text) };
    let place = Place::new(file, spot_after(text.get(..at).unwrap_or("")));
    let message = format!("the document contains the invisible character U+{:04X}", u32::from(c));
    problems.push(Problem::error(place, message).help("delete it, or write it as an escape within double quotes"));
    None
}

/// The place of the character that follows `before`.
fn spot_after(before: &str) -> Spot {
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or("");
    Spot { line: count(line), column: count(last.chars().count() + 1), length: 1 }
}

/// A count of lines or characters; documents are far smaller than its limit.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
