//! The section `masking`.

use crate::policy::document::Item;
use crate::primitives::mask::Masker;
use alloc::string::String;

/// Reads the section. What is short would be found in everything.
pub(super) fn masking(item: &Item<'_>) -> Option<Masker> {
    let fields = item.fields("`masking`", &["names", "prefixes"])?;
    let names = fields.get("names", |item| item.one_or_many(word)).unwrap_or_default();
    let prefixes = fields.get("prefixes", |item| item.one_or_many(word)).unwrap_or_default();
    Some(Masker::new(names.iter().map(String::as_str), prefixes.iter().map(String::as_str)))
}

fn word(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (3..=64).contains(&text.len()) && text.chars().all(allowed) {
        return Some(text.into());
    }
    let problem = item.error("what is masked is told by 3 to 64 letters, digits and `-_.`");
    item.report(problem.help("write for example `door_code` under `names`, or `acme_` under `prefixes`"));
    None
}
