//! Private keys that were written line by line: each line is a piece of evidence of its own, and only the first and the
//! last of them tell what the others are.

use crate::model::evidence::{EvidenceItem, EvidenceKind};
use crate::primitives::mask::MASKED;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;

/// Stands at the end of the first and of the last line of a key.
const KEY: &str = "PRIVATE KEY-----";

/// Masks the lines of private keys. A key of which only the end is there goes back as far as lines look like one; one of
/// which only the beginning is there goes to the end. Tells whether there was any.
pub(super) fn hide(items: &mut [EvidenceItem]) -> bool {
    let mut found = false;
    let mut open: BTreeSet<(EvidenceKind, Name)> = BTreeSet::new();
    for at in 0..items.len() {
        let Some(item) = items.get_mut(at) else { break };
        let of = (item.kind, item.component.clone());
        let (begins, ends) = (begins(&item.text), item.text.rfind(KEY));
        if open.contains(&of) {
            item.text = MASKED.into();
            found = true;
            if ends.is_some() && begins.is_none() {
                open.remove(&of);
            }
        } else if let Some(begins) = begins {
            // The line itself is masked as any text.
            if ends.is_none_or(|ends| ends <= begins) {
                open.insert(of);
            }
        } else if ends.is_some() {
            item.text = MASKED.into();
            found = true;
            hide_before(items.get_mut(..at).unwrap_or_default(), &of);
        }
    }
    found
}

/// Where the first line of a key ends that has no last line after it in `text`.
fn begins(text: &str) -> Option<usize> {
    let from = text.rfind("-----BEGIN ")?;
    Some(from + text.get(from..)?.find(KEY)?)
}

/// Masks what looks like the lines of a key, from the last of `items` back.
fn hide_before(items: &mut [EvidenceItem], (kind, component): &(EvidenceKind, Name)) {
    let same = |item: &&mut EvidenceItem| item.kind == *kind && item.component == *component;
    let lines = items.iter_mut().rev().filter(same).zip(0_u32..);
    // Only the last line of a key is a short one.
    let lines = lines.take_while(|(item, nth)| is_of_a_key(&item.text, *nth == 0));
    lines.for_each(|(line, _)| line.text = MASKED.into());
}

/// Whether a line is of base64 alone, or ends with some of it, as where each begins with its time: what is not `short` has
/// 16 characters at least.
fn is_of_a_key(line: &str, short: bool) -> bool {
    let last = line.split_whitespace().last().unwrap_or_default();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    last.bytes().all(base64) && (short || last.len() >= 16 || last == line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn hidden(lines: &[&str]) -> Vec<alloc::string::String> {
        let item = |text: &&str| EvidenceItem {
            kind: EvidenceKind::Logs,
            component: "web".into(),
            at: None,
            text: (*text).into(),
        };
        let mut items: Vec<EvidenceItem> = lines.iter().map(item).collect();
        let before = items.clone();
        assert_eq!(hide(&mut items), items != before);
        items.into_iter().map(|item| item.text).collect()
    }

    const BEGIN: &str = "12:00 -----BEGIN RSA PRIVATE KEY-----";
    const END: &str = "-----END RSA PRIVATE KEY-----";

    #[test]
    fn i3_the_lines_of_a_key_are_masked_and_no_others() {
        assert_eq!(
            hidden(&["one two", BEGIN, "MIIca+/nary=", "12:00 any", END, "three"]),
            ["one two", BEGIN, MASKED, MASKED, MASKED, "three"]
        );
        assert_eq!(hidden(&["one", "-----BEGIN CERTIFICATE-----", "MIIplain"])[2], "MIIplain");
        let whole = "-----BEGIN PRIVATE KEY-----MII-----END PRIVATE KEY-----";
        assert_eq!(hidden(&[whole, "after"]), [whole, "after"], "one line alone is masked as any text");
    }

    #[test]
    fn i3_a_key_that_is_cut_off_is_masked_as_far_as_it_may_go() {
        assert_eq!(hidden(&[BEGIN, "MIIca", "so on"]), [BEGIN, MASKED, MASKED]);
        assert_eq!(hidden(&["one two", "MIIca+/nary=", END, "three"]), ["one two", MASKED, MASKED, "three"]);
        assert_eq!(hidden(&[BEGIN, "MIIa", BEGIN, "MIIb", END, "x"]), [BEGIN, MASKED, MASKED, MASKED, MASKED, "x"]);
    }

    #[test]
    fn i3_the_end_of_a_key_is_masked_where_each_line_begins_with_its_time() {
        let (line, end) = ("12:00:01 MIICXAIBAAKBgQCq", "12:00:01 -----END RSA PRIVATE KEY-----");
        let lines = ["12:00:00 started", line, line, "12:00:01 ab3=", end, "12:00:02 went on"];
        assert_eq!(hidden(&lines), ["12:00:00 started", MASKED, MASKED, MASKED, MASKED, "12:00:02 went on"]);
        let short = "12:00:01 fifteenletters";
        assert_eq!(hidden(&[short, "ab3=", END]), [short, MASKED, MASKED]);
    }

    #[test]
    fn i3_what_others_wrote_meanwhile_is_no_part_of_a_key() {
        let item = |kind, component: &str, text: &str| EvidenceItem {
            kind,
            component: component.into(),
            at: None,
            text: text.into(),
        };
        let (logs, context) = (EvidenceKind::Logs, EvidenceKind::Context);
        let mut items = [
            item(logs, "web", BEGIN),
            item(logs, "db", "one"),
            item(context, "web", "healthy"),
            item(logs, "web", "MIIca"),
            item(logs, "db", END),
        ];
        assert!(hide(&mut items));
        assert_eq!(items.map(|item| item.text), [BEGIN, MASKED, "healthy", MASKED, MASKED]);
    }
}
