//! Words for windows.

use super::words::{Said, host};
use crate::notify::Tone;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::window::WindowChange;
use homeostat_core::model::window::WindowKind;
use homeostat_core::primitives::name::Name;
use std::collections::BTreeSet;

/// A window that opened, changed or closed.
pub(super) fn changed(said: &Conclusion) -> Said {
    let Conclusion::WindowChanged(WindowChange { window, change, opening, detail }) = said else {
        return host("window", "", Tone::Neutral);
    };
    let listed = |names: &BTreeSet<Name>, none: &str| {
        let all: Vec<&str> = names.iter().map(Name::as_str).collect();
        if all.is_empty() { none.to_owned() } else { all.join(", ") }
    };
    let over = listed(&opening.over, "everything");
    let (word, terms) = match opening.kind {
        WindowKind::Change => ("changes", format!("allows {}", listed(&opening.terms, "all that waits for one"))),
        WindowKind::Maintenance => ("at work", format!("holds back: {}", listed(&opening.terms, "nothing"))),
    };
    let by = if detail.is_empty() { String::new() } else { format!(" {detail}") };
    let why = if opening.reason.is_empty() { String::new() } else { format!(" · {}", opening.reason) };
    let text = match change.as_ref() {
        "closed" => format!("{} window `{window}` over {over} closed{by}", opening.kind),
        change => format!("{} window `{window}` over {over} {change}{by}: {terms}{why}", opening.kind),
    };
    host(word, text, Tone::Neutral)
}
