//! What is kept of evidence: each kind has its share of the room, and the latest of it stays.

use crate::model::evidence::{EvidenceItem, EvidenceKind};
use crate::primitives::name::Name;
use alloc::vec::Vec;

/// What an item takes beside its text.
const OVERHEAD: usize = 64;

/// Those of `items` about `of` that fit into `most` bytes, and how many others there were. A text that does not fit alone
/// is cut at its end.
pub(super) fn within(items: &[EvidenceItem], of: &[Name], most: u32) -> (Vec<EvidenceItem>, u32) {
    let share = most as usize / EvidenceKind::ALL.len();
    let mut kept = Vec::new();
    for kind in EvidenceKind::ALL {
        let asked = |item: &&EvidenceItem| item.kind == kind && of.contains(&item.component);
        let (mut left, first) = (share, kept.len());
        for item in items.iter().rev().filter(asked) {
            let mut item = item.clone();
            let longest = share.saturating_sub(OVERHEAD);
            let end = (0..=longest.min(item.text.len())).rev().find(|end| item.text.is_char_boundary(*end));
            item.text.truncate(end.unwrap_or(0));
            let takes = item.text.len().saturating_add(OVERHEAD);
            if takes > left {
                break;
            }
            left = left.saturating_sub(takes);
            kept.push(item);
        }
        if let Some(kind) = kept.get_mut(first..) {
            kind.reverse();
        }
    }
    let left_out = items.len().saturating_sub(kept.len());
    (kept, u32::try_from(left_out).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: EvidenceKind, component: &str, text: &str) -> EvidenceItem {
        EvidenceItem { kind, component: component.into(), at: None, text: text.into() }
    }

    fn texts(items: &[EvidenceItem], most: u32) -> (Vec<&'static str>, u32) {
        let (kept, left_out) = within(items, &["web".into()], most);
        let known = ["one", "two", "three", "cpu"];
        let text = |item: &EvidenceItem| known.into_iter().find(|text| *text == item.text).unwrap_or("?");
        (kept.iter().map(text).collect(), left_out)
    }

    #[test]
    fn i3_the_latest_of_each_kind_is_kept_in_its_order_and_the_rest_is_counted() {
        let logs = EvidenceKind::Logs;
        let items = [
            item(logs, "web", "one"),
            item(EvidenceKind::Metrics, "web", "cpu"),
            item(logs, "web", "two"),
            item(logs, "web", "three"),
            item(logs, "other", "one"),
        ];
        assert_eq!(texts(&items, 4 * 1_000), (Vec::from(["one", "two", "three", "cpu"]), 1));
        let two = OVERHEAD as u32 * 2 + 8;
        assert_eq!(texts(&items, 4 * two), (Vec::from(["two", "three", "cpu"]), 2), "just so much");
        assert_eq!(texts(&items, 4 * (two - 1)), (Vec::from(["three", "cpu"]), 3));
        assert_eq!(texts(&items, 0), (Vec::new(), 5));
    }

    #[test]
    fn i3_a_text_that_does_not_fit_is_cut_at_a_whole_character() {
        let items = [item(EvidenceKind::Logs, "web", "smörgås")];
        let (kept, left_out) = within(&items, &["web".into()], 4 * (OVERHEAD as u32 + 3));
        assert_eq!((kept.first().map(|item| item.text.as_str()), left_out), (Some("sm"), 0));
    }
}
