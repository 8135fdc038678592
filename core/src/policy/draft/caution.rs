//! Parts of the section `safety` about caution: what does not help, and what is dear.

use super::names::{count, mins, span};
use super::safety::MOST;
use crate::model::severity::Risk;
use crate::policy::document::Item;
use crate::policy::safety::{Ineffectiveness, SafeMode};
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;

const DAY: Span = Span::from_secs(86_400);

impl Default for Ineffectiveness {
    fn default() -> Ineffectiveness {
        Ineffectiveness { after: 3, window: DAY }
    }
}

/// When an action without lasting effect is not done once more.
pub(super) fn ineffectiveness(item: &Item<'_>) -> Option<Ineffectiveness> {
    let fields = item.fields("`ineffectiveness`", &["after", "window", "window_seconds"])?;
    let usual = Ineffectiveness::default();
    Some(Ineffectiveness {
        after: fields.or("after", usual.after, |item| count(item, 1..=100)),
        window: span(&fields, "window", mins(1)..=DAY.times(3)).unwrap_or(usual.window),
    })
}

/// Runs an hour of what is dear, as shipped.
pub(super) fn usual_by_risk() -> BTreeMap<Risk, u32> {
    BTreeMap::from([(Risk::High, 10), (Risk::Critical, 3)])
}

/// Runs in the window by risk; what is not named keeps its default.
pub(super) fn by_risk(item: &Item<'_>) -> Option<BTreeMap<Risk, u32>> {
    let fields = item.fields("`by_risk`", &["low", "medium", "high", "critical"])?;
    let mut limits = usual_by_risk();
    for risk in [Risk::Low, Risk::Medium, Risk::High, Risk::Critical] {
        limits.extend(fields.get(risk.as_str(), |item| count(item, 0..=MOST)).map(|limit| (risk, limit)));
    }
    Some(limits)
}

impl Default for SafeMode {
    fn default() -> SafeMode {
        SafeMode { always: false, unknown_cause: true, new_kind: true, after_deployment: mins(30) }
    }
}

/// When little is done at a time, and a person asked.
pub(super) fn safe_mode(item: &Item<'_>) -> Option<SafeMode> {
    let known = ["always", "unknown_cause", "new_kind", "after_deployment", "after_deployment_seconds"];
    let fields = item.fields("`safe_mode`", &known)?;
    let usual = SafeMode::default();
    Some(SafeMode {
        always: fields.or("always", usual.always, Item::boolean),
        unknown_cause: fields.or("unknown_cause", usual.unknown_cause, Item::boolean),
        new_kind: fields.or("new_kind", usual.new_kind, Item::boolean),
        after_deployment: span(&fields, "after_deployment", Span::ZERO..=DAY.times(7))
            .unwrap_or(usual.after_deployment),
    })
}
