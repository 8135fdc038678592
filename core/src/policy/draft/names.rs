//! Small readings that every section needs: names, counts, spans within bounds.

use crate::policy::document::{Fields, Item};
use crate::policy::duration::written;
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::format;
use core::ops::RangeInclusive;

/// Bytes of the longest name. Names are kept once and shared.
pub(super) const LONGEST_NAME: usize = 128;

/// A name: letters, digits and `-_.:/@`, beginning with a letter or digit.
pub(super) fn name(item: &Item<'_>) -> Option<Name> {
    let text = item.text()?;
    match fault(text) {
        None => Some(Name::new(text)),
        Some(fault) => {
            let problem = item.error(format!("`{}` is no name: {fault}", shown(text)));
            item.report(problem.help("a name is letters, digits and `-_.:/@`, at most 128 bytes"));
            None
        }
    }
}

/// The key of an entry as a name.
pub(super) fn key(item: &Item<'_>) -> Option<Name> {
    let text = item.key();
    match fault(&text) {
        None => Some(Name::new(&text)),
        Some(fault) => {
            let problem = item.key_error(format!("`{}` is no name: {fault}", shown(&text)));
            item.report(problem.help("a name is letters, digits and `-_.:/@`, at most 128 bytes"));
            None
        }
    }
}

/// What keeps `text` from being a name.
fn fault(text: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@');
    match text.chars().next() {
        None => Some("it is empty"),
        Some(first) if !first.is_alphanumeric() => Some("it does not begin with a letter or digit"),
        Some(_) if text.len() > LONGEST_NAME => Some("it is too long"),
        Some(_) if !text.chars().all(allowed) => Some("it holds a character that names do not have"),
        Some(_) => None,
    }
}

/// A whole number within `range`.
pub(super) fn count(item: &Item<'_>, range: RangeInclusive<u32>) -> Option<u32> {
    let (low, high) = range.into_inner();
    item.integer(i64::from(low)..=i64::from(high)).and_then(|value| u32::try_from(value).ok())
}

/// A duration field within `range`, under any of its spellings.
pub(super) fn span(fields: &Fields<'_>, name: &str, range: RangeInclusive<Span>) -> Option<Span> {
    let span = fields.duration(name)?;
    if range.contains(&span) {
        return Some(span);
    }
    let (low, high) = range.into_inner();
    let message = format!("`{name}` must be from {} to {}, found `{}`", written(low), written(high), written(span));
    let spelled = ["", "_seconds", "_ms", "_minutes", "_hours", "_days"].map(|ending| format!("{name}{ending}"));
    let present = spelled.iter().find(|spelling| fields.has(spelling));
    fields.get(present.map_or(name, |spelling| spelling.as_str()), |item| {
        item.report(item.error(message));
        Some(())
    });
    None
}

/// Minutes as a span, for tables of defaults and bounds.
pub(super) const fn mins(minutes: i64) -> Span {
    Span::from_mins(minutes)
}

/// Seconds as a span.
pub(super) const fn secs(seconds: i64) -> Span {
    Span::from_secs(seconds)
}
