//! When less is done alone, because of what came of it: `safety.trust`.

use super::names::{count, mins, span};
use super::safety::{DAY, percent};
use crate::policy::document::Item;
use crate::policy::safety::Trust;

impl Default for Trust {
    fn default() -> Trust {
        Trust {
            sample: 10,
            window: mins(30),
            warn: 80,
            approve: 70,
            suggest: 50,
            last: 20,
            cascades: 1,
            availability: 99,
            availability_over: DAY,
        }
    }
}

/// Reads the section.
pub(super) fn trust(item: &Item<'_>) -> Option<Trust> {
    let known = [
        "sample",
        "window",
        "window_seconds",
        "warn",
        "approve",
        "suggest",
        "last",
        "cascades",
        "availability",
        "availability_over",
        "availability_over_seconds",
    ];
    let fields = item.fields("`trust`", &known)?;
    let usual = Trust::default();
    let trust = Trust {
        sample: fields.or("sample", usual.sample, |item| count(item, 1..=1_000)),
        window: span(&fields, "window", mins(1)..=DAY).unwrap_or(usual.window),
        warn: fields.or("warn", usual.warn, percent),
        approve: fields.or("approve", usual.approve, percent),
        suggest: fields.or("suggest", usual.suggest, percent),
        last: fields.or("last", usual.last, |item| count(item, 1..=1_000)),
        cascades: fields.or("cascades", usual.cascades, |item| count(item, 1..=100)),
        availability: fields.or("availability", usual.availability, percent),
        availability_over: span(&fields, "availability_over", mins(60)..=DAY.times(7))
            .unwrap_or(usual.availability_over),
    };
    if trust.suggest > trust.approve || trust.approve > trust.warn {
        let problem = item.key_error("the shares of `trust` do not go down");
        item.report(problem.help("`warn` is at least `approve`, and that at least `suggest`; `0%` is never reached"));
    }
    Some(trust)
}
