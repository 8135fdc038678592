//! The part `storm` of the section `safety`.

use super::names::{count, mins, secs, span};
use super::safety::{DAY, percent};
use crate::policy::document::Item;
use crate::policy::safety::{Canary, Storm};

const CANARIES: [(&str, Canary); 3] = [("none", Canary::None), ("root", Canary::Root), ("any", Canary::Any)];

/// Reads it. Two are never many; a storm of everything alone would be none.
pub(super) fn storm(item: &Item<'_>) -> Option<Storm> {
    let known = ["members", "share", "crowd", "window", "window_seconds", "calm", "calm_seconds", "canary"];
    let fields = item.fields("`storm`", &known)?;
    let usual = Storm::default();
    let share = |item: &Item<'_>| {
        let share = percent(item)?;
        if share == 0 {
            item.report(item.error("`share` must be from 1% to 100%, found `0%`"));
        }
        Some(share)
    };
    Some(Storm {
        members: fields.or("members", usual.members, |item| count(item, 3..=100_000)),
        percent: fields.or("share", usual.percent, share),
        crowd: fields.or("crowd", usual.crowd, |item| count(item, 3..=1_000_000)),
        window: span(&fields, "window", secs(10)..=mins(60)).unwrap_or(usual.window),
        calm: span(&fields, "calm", secs(10)..=DAY).unwrap_or(usual.calm),
        canary: fields.or("canary", usual.canary, |item| item.one_of(&CANARIES)),
    })
}

impl Default for Storm {
    /// The shipped limits (SPEC G8, SAFE-20).
    fn default() -> Storm {
        Storm { members: 3, percent: 40, crowd: 20, window: mins(2), calm: mins(5), canary: Canary::Root }
    }
}
