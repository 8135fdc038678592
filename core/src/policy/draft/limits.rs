//! The section `limits`.

use super::names::count;
use crate::policy::document::Item;
use crate::policy::limits::Limits;

/// Reads the section. Each limit has a floor below which nothing works and a ceiling above which memory is not bounded.
pub(super) fn limits(item: &Item<'_>) -> Option<Limits> {
    let known = [
        "components",
        "open_incidents",
        "closed_incidents",
        "health_changes",
        "timeline",
        "unsettled",
        "deployments",
        "series",
        "samples",
        "checks_per_step",
        "checks_in_flight",
        "messages",
        "evidence_bytes",
        "text_bytes",
    ];
    let fields = item.fields("`limits`", &known)?;
    let usual = Limits::default();
    let limit =
        |name: &str, usual: u32, least: u32, most: u32| fields.or(name, usual, |item| count(item, least..=most));
    Some(Limits {
        components: limit("components", usual.components, 1, 1_000_000),
        open_incidents: limit("open_incidents", usual.open_incidents, 1, 100_000),
        closed_incidents: limit("closed_incidents", usual.closed_incidents, 0, 100_000),
        health_changes: limit("health_changes", usual.health_changes, 0, 1_000_000),
        timeline: limit("timeline", usual.timeline, 10, 10_000),
        unsettled: limit("unsettled", usual.unsettled, 10, 1_000_000),
        deployments: limit("deployments", usual.deployments, 1, 100_000),
        series: limit("series", usual.series, 0, 10_000_000),
        samples: limit("samples", usual.samples, 2, 100_000),
        checks_per_step: limit("checks_per_step", usual.checks_per_step, 1, 100_000),
        checks_in_flight: limit("checks_in_flight", usual.checks_in_flight, 1, 1_000_000),
        messages: limit("messages", usual.messages, 0, 100_000),
        evidence_bytes: limit("evidence_bytes", usual.evidence_bytes, 0, 1_048_576),
        text_bytes: limit("text_bytes", usual.text_bytes, 256, 1_048_576),
    })
}
