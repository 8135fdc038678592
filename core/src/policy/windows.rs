//! Maintenance and change windows of the policy, with their calendars (SPEC G5, H7).

use crate::model::window::{Opening, WindowKind};
use crate::primitives::calendar::{Day, Weekday, Zone};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;

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
    /// Whether they are all days there are.
    pub fn are_all(&self) -> bool {
        matches!(self, Days::Week(days) if days.len() == Weekday::ALL.len())
    }

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

impl fmt::Display for When {
    /// `from 22:00 to 02:00 on sat, sun (Europe/Berlin)`, `once, 2026-01-03 02:00 to 2026-01-03 04:00 (UTC)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Once { start, end } => write!(f, "once, {} to {} (UTC)", Instant(*start), Instant(*end)),
            When::Every { days, from, to, zone } => {
                write!(f, "from {} to {} on {days} ({zone})", TimeOfDay(*from), TimeOfDay(*to))
            }
        }
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Days::Last(weekday) => write!(f, "the last {} of the month", weekday.as_str()),
            Days::Nth(nth, weekday) => write!(f, "{} {} of the month", ordinal(*nth), weekday.as_str()),
            Days::Week(weekdays) if weekdays.len() == 7 => f.write_str("every day"),
            Days::Week(weekdays) => {
                let mut words = weekdays.iter().map(|weekday| weekday.as_str());
                f.write_str(words.next().unwrap_or("no day"))?;
                words.try_for_each(|word| write!(f, ", {word}"))
            }
        }
    }
}

fn ordinal(nth: u32) -> &'static str {
    match nth {
        1 => "the first",
        2 => "the second",
        3 => "the third",
        _ => "the fourth",
    }
}

/// A time of day, in hours and minutes.
struct TimeOfDay(Span);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.ms() / 60_000;
        write!(f, "{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// An instant in UTC, to the minute.
struct Instant(Time);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = Zone::utc().day(self.0).civil();
        let of_day = Span::from_ms(self.0.ms().rem_euclid(86_400_000));
        write!(f, "{year:04}-{month:02}-{day:02} {}", TimeOfDay(of_day))
    }
}

#[cfg(test)]
mod tests;
