//! Maintenance and change windows of the policy, with their calendars (SPEC G5, H7).

use crate::model::window::{Opening, WindowKind};
use crate::primitives::calendar::{Day, Weekday, Zone};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::string::String;

/// Further than this nobody looks for the next opening: a fifth Sunday comes within it.
const HORIZON_DAYS: i64 = 100;
/// As long as a window can be that comes again.
pub const LONGEST: Span = Span::from_secs(86_400);

/// A window of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name.
    pub name: Name,
    /// What it does.
    pub kind: WindowKind,
    /// Components, services and groups that it is over; empty: everything.
    pub over: BTreeSet<Name>,
    /// What it holds back, or allows.
    pub terms: BTreeSet<Name>,
    /// When it is open.
    pub when: When,
}

/// When a window is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Again and again.
    Every {
        /// On which days it begins.
        days: Days,
        /// At which time of day.
        from: Span,
        /// Until which time of day; not after `from`: of the next day.
        to: Span,
        /// Where the wall clock hangs.
        zone: Zone,
    },
    /// Once.
    Once {
        /// From then …
        start: Time,
        /// … until then.
        end: Time,
    },
}

/// On which days a window begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    /// The last of a weekday in each month.
    Last(Weekday),
    /// The first (1) to fourth (4) of a weekday in each month.
    Nth(u32, Weekday),
    /// On these days of the week.
    Week(BTreeSet<Weekday>),
}

impl Days {
    fn hold(&self, day: Day) -> bool {
        let (nth, is_last) = day.nth();
        match self {
            Days::Last(weekday) => is_last && day.weekday() == *weekday,
            Days::Nth(wanted, weekday) => nth == *wanted && day.weekday() == *weekday,
            Days::Week(weekdays) => weekdays.contains(&day.weekday()),
        }
    }
}

impl Window {
    /// From when until when it is open: now, or else next. Stretches that follow each other without a gap are one.
    ///
    /// Where the clock is changed and a time of day is left out or comes twice, a maintenance window lasts from the
    /// earliest to the latest instant that can be meant, and a change window only where there is no doubt.
    pub fn stretch(&self, now: Time) -> Option<(Time, Time)> {
        match &self.when {
            When::Once { start, end } => (now < *end).then_some((*start, *end)),
            When::Every { days, from, to, zone } => {
                // What began the day before may still be open, and that day's clock may be another.
                let first = zone.day(now).plus(-2);
                let mut found: Option<(Time, Time)> = None;
                for day in (0..HORIZON_DAYS).map(|days| first.plus(days)).filter(|day| days.hold(*day)) {
                    let Some((start, end)) = self.of_day(day, (*from, *to), zone) else { continue };
                    match &mut found {
                        _ if end <= now => {}
                        None => found = Some((start, end)),
                        Some((_, until)) if start <= *until => *until = end.max(*until),
                        Some(_) => break,
                    }
                }
                found
            }
        }
    }

    fn of_day(&self, day: Day, (from, to): (Span, Span), zone: &Zone) -> Option<(Time, Time)> {
        let last_day = if to <= from { day.plus(1) } else { day };
        let (start, end) = (zone.instants(day, from), zone.instants(last_day, to));
        let (start, end) = match self.kind {
            WindowKind::Change => (start.latest, end.earliest),
            WindowKind::Maintenance => (start.earliest, end.latest),
        };
        (start < end).then_some((start, end))
    }

    /// What is open until `until`.
    pub fn opening(&self, until: Time) -> Opening {
        let (over, terms) = (self.over.clone(), self.terms.clone());
        Opening { kind: self.kind, over, terms, until, reason: String::new(), by: None }
    }
}

#[cfg(test)]
mod tests;
