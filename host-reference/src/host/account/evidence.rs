//! Words for what was seen around an incident.

use super::words::{Said, told};
use crate::notify::Tone;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::evidence::{EvidenceItem, EvidenceKind, Part};
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Span;

/// Asked for, there, or missing.
pub(super) fn of(said: &Conclusion) -> Said {
    match said {
        Conclusion::EvidenceAsked(it) => {
            let of: Vec<&str> = it.of.iter().map(Name::as_str).collect();
            told("looks", format!("what was seen of {} {} it acted", of.join(", "), it.part.as_str()), Tone::Neutral)
        }
        Conclusion::EvidenceFound(it) => {
            let more = if it.left_out == 0 { String::new() } else { format!(", {} more left out", it.left_out) };
            told("seen", format!("{}{more}, {} it acted", counted(&it.items), it.part.as_str()), Tone::Neutral)
        }
        Conclusion::EvidenceMissed(it) if it.waited == Span::ZERO => {
            told("unseen", "nothing is looked for: `limits: evidence_bytes` is 0", Tone::Neutral)
        }
        Conclusion::EvidenceMissed(it) => {
            let then = if it.part == Part::Before { ": it acts without" } else { "" };
            told("unseen", format!("nothing came within {} of what was there{then}", it.waited), Tone::Warning)
        }
        _ => told("", "", Tone::Neutral),
    }
}

/// How many of each kind.
fn counted(items: &[EvidenceItem]) -> String {
    let of_kind = |kind: EvidenceKind| items.iter().filter(|item| item.kind == kind).count();
    let all: Vec<String> = EvidenceKind::ALL
        .into_iter()
        .filter(|kind| of_kind(*kind) > 0)
        .map(|kind| format!("{} of {}", of_kind(kind), kind.as_str()))
        .collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
