//! Rotations: who takes turns, and who stands in.

use super::names::{key, name, secs, span};
use crate::policy::document::Item;
use crate::policy::instant;
use crate::policy::problem::shown;
use crate::policy::rotation::{Rotation, StandIn};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

/// The most people of a rotation.
const MOST_PEOPLE: usize = 100;
/// The most rotations, and the most overrides of one.
const MOST: usize = 1_000;

/// Reads `rotations`, a map by name.
pub(super) fn rotations(item: &Item<'_>) -> Option<BTreeMap<Name, Rotation>> {
    let all = item.map(|item| Some((key(item)?, rotation(item)?)))?;
    if all.len() > MOST {
        item.report(item.key_error(format!("there are {} rotations, the limit is {MOST}", all.len())));
    }
    Some(all.into_iter().map(|(_, rotation)| rotation).collect())
}

fn rotation(item: &Item<'_>) -> Option<Rotation> {
    let known = ["people", "start", "every", "every_seconds", "every_hours", "every_days", "overrides"];
    let fields = item.fields("a rotation", &known)?;
    let people: Option<Vec<Name>> = fields.need("people", |item| item.one_or_many(name));
    let start = fields.need("start", instant);
    let week = secs(7 * 86_400);
    let every = span(&fields, "every", secs(60)..=Span::from_secs(366 * 86_400)).unwrap_or(week);
    let overrides = fields.get("overrides", |item| item.list(stand_in)).unwrap_or_default();
    let people = people?;
    if people.is_empty() || people.len() > MOST_PEOPLE {
        let message = format!("this rotation has {} people, expected 1 to {MOST_PEOPLE}", people.len());
        item.report(item.key_error(message));
        return None;
    }
    if overrides.len() > MOST {
        item.report(item.key_error(format!("this rotation has {} overrides, the limit is {MOST}", overrides.len())));
    }
    Some(Rotation { people, start: start?, every, overrides })
}

fn stand_in(item: &Item<'_>) -> Option<StandIn> {
    let fields = item.fields("an override", &["who", "from", "until"])?;
    let (who, from, until) = (fields.need("who", name), fields.need("from", instant), fields.need("until", instant));
    let (who, from, until) = (who?, from?, until?);
    if until <= from {
        item.report(item.error("this override ends before it begins").help("`until` must be later than `from`"));
        return None;
    }
    Some(StandIn { who, from, until })
}

/// An instant, with its offset.
pub(super) fn instant(item: &Item<'_>) -> Option<Time> {
    let text = item.text()?;
    let at = instant::parse(text);
    if at.is_none() {
        let problem = item.error(format!("`{}` is no instant", shown(text)));
        item.report(problem.help("write `2026-01-05T09:00Z`, `2026-01-05T09:00+01:00`, or `2026-01-05`"));
    }
    at
}
