//! What many failures have in common, as far as that can be told, and how sure that is.
//!
//! | the first that fits | confidence |
//! |---|---|
//! | all depend on one component that has failed | high |
//! | one of them, or what they need, was changed within the last 30 min | medium |
//! | they are in one place, service or group | medium |
//! | only the time | low |

use crate::analyze::tally::Tally;
use crate::analyze::view::View;
use crate::knowledge::topology::areas;
use crate::model::area::Area;
use crate::model::ids::EventId;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How many of those that failed are looked at.
const SAMPLE: usize = 64;
/// How long after a change a failure may be its doing.
pub(super) const CHANGE_COUNTS: Span = Span::from_mins(30);
/// Changes remembered; 120 bytes each.
const CHANGES: usize = 256;

/// A change that was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub at: Time,
    pub component: Name,
    pub kind: Name,
    pub event: EventId,
}

/// The likely cause of a storm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cause {
    /// By which evidence: `dependency`, `deploy`, `place`, `time`.
    pub by: Cow<'static, str>,
    /// The one component that all depend on.
    pub root: Option<Name>,
    /// In words.
    pub what: String,
    /// The event that is part of the evidence.
    pub event: Option<EventId>,
}

impl Cause {
    pub fn confidence(&self) -> &'static str {
        match self.by.as_ref() {
            "dependency" => "high",
            "deploy" | "place" => "medium",
            _ => "low",
        }
    }
}

/// Notes a change.
pub(super) fn note(changes: &mut VecDeque<Change>, change: Change) {
    changes.retain(|known| change.at.since(known.at) <= CHANGE_COUNTS);
    if changes.len() >= CHANGES {
        changes.pop_front();
    }
    changes.push_back(change);
}

/// Whether the failure of `root` explains that of `component`.
pub(super) fn explains(view: &View<'_>, root: &Name, component: &Name) -> bool {
    component == root || view.root_cause(component).as_ref() == Some(root)
}

/// What those of `area` that turned lately have in common.
pub(super) fn diagnose(view: &View<'_>, area: &Area, tally: &Tally, changes: &VecDeque<Change>) -> Cause {
    let failed = tally.of(area).map(|turn| &turn.component).filter(|component| tally.is_unwell(component));
    let sample: Vec<&Name> = failed.take(SAMPLE).collect();
    by_dependency(view, &sample)
        .or_else(|| by_change(view, &sample, changes))
        .or_else(|| by_place(view, area, &sample))
        .unwrap_or_else(|| Cause {
            by: "time".into(),
            what: "nothing is known that they have in common but the time".into(),
            ..Cause::default()
        })
}

fn by_dependency(view: &View<'_>, sample: &[&Name]) -> Option<Cause> {
    let root = sample.iter().find_map(|component| view.root_cause(component))?;
    let failing = view.is_failing(&root);
    let all = failing && sample.iter().all(|component| explains(view, &root, component));
    all.then(|| Cause {
        by: "dependency".into(),
        what: format!("all depend on `{root}`, which has failed"),
        root: Some(root),
        event: None,
    })
}

fn by_change(view: &View<'_>, sample: &[&Name], changes: &VecDeque<Change>) -> Option<Cause> {
    let lately = changes.iter().rev().filter(|change| view.now().since(change.at) <= CHANGE_COUNTS);
    let change = lately.into_iter().find(|change| sample.iter().any(|one| bears_on(view, &change.component, one)))?;
    let ago = view.now().since(change.at);
    let what = format!("`{}` had a {} {ago} before", change.component, change.kind);
    Some(Cause { by: "deploy".into(), root: None, what, event: Some(change.event.clone()) })
}

/// Whether a change of `changed` may be felt by `component`: it is the same, of the same service, or needed by it.
pub(super) fn bears_on(view: &View<'_>, changed: &Name, component: &Name) -> bool {
    let topology = &view.knowledge.topology;
    let (Some(changed), Some(component)) = (topology.component(changed), topology.component(component)) else {
        return false;
    };
    changed.service() == component.service() || component.needs(changed)
}

fn by_place(view: &View<'_>, area: &Area, sample: &[&Name]) -> Option<Cause> {
    let place = match area {
        Area::All => nearest(view, sample)?,
        area => area.clone(),
    };
    let what = format!("all of them are in {}", place.in_words());
    Some(Cause { by: "place".into(), root: None, what, event: None })
}

/// What all of them have in common besides everything, the nearest first.
fn nearest(view: &View<'_>, sample: &[&Name]) -> Option<Area> {
    let of = |name: &Name| view.knowledge.topology.component(name).map(|component| areas(component));
    let mut shared: BTreeMap<Area, usize> = BTreeMap::new();
    for area in sample.iter().filter_map(|name| of(name)).flatten() {
        let count = shared.entry(area).or_default();
        *count = count.saturating_add(1);
    }
    let first = sample.first().and_then(|name| of(name)).unwrap_or_default();
    first.into_iter().find(|area| shared.get(area) == Some(&sample.len()))
}
