//! Days, times of day and time zones: what the wall clock of a place says, and which instants it can mean by that.
//!
//! Without the feature `calendar` the only zone there is is UTC. Civil days by the algorithm of Howard Hinnant,
//! "chrono-compatible low-level date algorithms".

use crate::primitives::time::{Span, Time};
use alloc::string::String;
use core::fmt;

const DAY_MS: i64 = 86_400_000;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weekday {
    /// The first.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

impl Weekday {
    /// All of them, from Monday.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }
}

/// A day of the calendar, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of a year, month and day of the month; `None` where the calendar has no such day.
    pub fn of(year: i64, month: u32, day: u32) -> Option<Day> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(-9_999..=9_999).contains(&year) {
            return None;
        }
        let (month_from_march, day) = ((i64::from(month) + 9) % 12, i64::from(day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * month_from_march + 2) / 5 + day - 1;
        let found = Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468);
        (found.civil().2 == u32::try_from(day).unwrap_or_default()).then_some(found)
    }

    /// Its year, month and day of the month.
    pub fn civil(self) -> (i64, u32, u32) {
        let days = self.0.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        (year, u32::try_from(month).unwrap_or_default(), u32::try_from(day).unwrap_or_default())
    }

    /// Its day of the week.
    pub fn weekday(self) -> Weekday {
        // The first of January 1970 was a Thursday.
        let index = usize::try_from(self.0.saturating_add(3).rem_euclid(7)).unwrap_or_default();
        Weekday::ALL.get(index).copied().unwrap_or(Weekday::Monday)
    }

    /// The day so many days later.
    #[must_use]
    pub const fn plus(self, days: i64) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// How many of its weekday its month has had, it included, and whether it is the last one.
    pub fn nth(self) -> (u32, bool) {
        let (_, month, day) = self.civil();
        (day.div_ceil(7), self.plus(7).civil().1 != month)
    }

    const fn midnight_ms(self) -> i64 {
        self.0.saturating_mul(DAY_MS)
    }
}

/// A time zone.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    #[cfg(feature = "calendar")]
    rules: Option<jiff::tz::TimeZone>,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The earliest and the latest instant that a wall clock can mean: the same, but where it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meant {
    /// The earliest.
    pub earliest: Time,
    /// The latest.
    pub latest: Time,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone {
            name: "UTC".into(),
            #[cfg(feature = "calendar")]
            rules: None,
        }
    }

    /// The zone of that name in the IANA database, such as `Europe/Berlin`; `None` where there is none.
    #[cfg(feature = "calendar")]
    pub fn named(name: &str) -> Option<Zone> {
        if name == "UTC" {
            return Some(Zone::utc());
        }
        let rules = jiff::tz::TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Zone { name: rules.iana_name().unwrap_or(name).into(), rules: Some(rules) })
    }

    /// UTC: this build has no other.
    #[cfg(not(feature = "calendar"))]
    pub fn named(name: &str) -> Option<Zone> {
        (name == "UTC").then(Zone::utc)
    }

    /// The day it is there at `now`.
    pub fn day(&self, now: Time) -> Day {
        Day(now.ms().saturating_add(self.offset_ms(now)).div_euclid(DAY_MS))
    }

    /// Which instants a wall clock there can mean that shows `since_midnight` on `day`. An hour that is left out, or comes
    /// twice, is an hour between the two.
    pub fn instants(&self, day: Day, since_midnight: Span) -> Meant {
        let local = day.midnight_ms().saturating_add(since_midnight.ms());
        let (before, after) = self.offsets_ms(local);
        let at = |offset: i64| Time::from_ms(local.saturating_sub(offset));
        let (one, other) = (at(before), at(after));
        Meant { earliest: one.min(other), latest: one.max(other) }
    }

    #[cfg(not(feature = "calendar"))]
    fn offset_ms(&self, _: Time) -> i64 {
        0
    }

    #[cfg(not(feature = "calendar"))]
    fn offsets_ms(&self, _: i64) -> (i64, i64) {
        (0, 0)
    }

    #[cfg(feature = "calendar")]
    fn offset_ms(&self, now: Time) -> i64 {
        let rules = self.rules.as_ref().zip(jiff::Timestamp::from_millisecond(now.ms()).ok());
        rules.map_or(0, |(rules, at)| i64::from(rules.to_offset(at).seconds()) * 1_000)
    }

    /// The offsets that can hold where a wall clock shows `local` milliseconds since 1970: that before and that after a
    /// change of the clock.
    #[cfg(feature = "calendar")]
    fn offsets_ms(&self, local: i64) -> (i64, i64) {
        use jiff::tz::AmbiguousOffset;
        let shown = jiff::Timestamp::from_millisecond(local).map(|at| jiff::tz::Offset::UTC.to_datetime(at));
        let Some((rules, shown)) = self.rules.as_ref().zip(shown.ok()) else { return (0, 0) };
        let ms = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1_000;
        match rules.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => (ms(offset), ms(offset)),
            AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => (ms(before), ms(after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        assert_eq!(Day::of(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::of(1970, 1, 1).map(Day::weekday), Some(Weekday::Thursday));
        assert_eq!(Day::of(2026, 11, 22).map(Day::weekday), Some(Weekday::Sunday));
        for (year, month, day) in [(2024, 2, 29), (2000, 2, 29), (1999, 12, 31), (2026, 3, 1), (1600, 1, 1)] {
            assert_eq!(Day::of(year, month, day).map(Day::civil), Some((year, month, day)));
        }
        for (year, month, day) in
            [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0)]
        {
            assert_eq!(Day::of(year, month, day), None, "{year}-{month}-{day}");
        }
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, of_month) = Day(day).civil();
            assert_eq!(Day::of(year, month, of_month), Some(Day(day)));
        }
    }

    #[test]
    fn the_first_and_the_last_of_a_weekday_in_a_month() {
        let nth = |day| Day::of(2026, 11, day).map(Day::nth);
        assert_eq!(nth(1), Some((1, false)));
        assert_eq!(nth(7), Some((1, false)));
        assert_eq!(nth(8), Some((2, false)));
        assert_eq!(nth(23), Some((4, false)), "there is a fifth Monday");
        assert_eq!(nth(24), Some((4, true)));
        assert_eq!(nth(30), Some((5, true)));
    }

    #[cfg(feature = "calendar")]
    #[test]
    fn an_hour_left_out_or_twice_lies_between_two_instants() {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let at = |text: &str| {
            text.parse::<jiff::Timestamp>().map(|at| Time::from_ms(at.as_millisecond())).expect("an instant")
        };
        let meant =
            |month, day, minutes| zone.instants(Day::of(2026, month, day).expect("a day"), Span::from_mins(minutes));
        let plain = meant(1, 31, 150);
        assert_eq!((plain.earliest, plain.latest), (at("2026-01-31T01:30:00Z"), at("2026-01-31T01:30:00Z")));
        let skipped = meant(3, 29, 150);
        assert_eq!((skipped.earliest, skipped.latest), (at("2026-03-29T00:30:00Z"), at("2026-03-29T01:30:00Z")));
        let doubled = meant(10, 25, 150);
        assert_eq!((doubled.earliest, doubled.latest), (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")));
        assert_eq!(zone.day(at("2026-07-31T22:00:00Z")), Day::of(2026, 8, 1).expect("a day"));
        assert_eq!(zone.day(at("2026-07-31T21:59:59Z")), Day::of(2026, 7, 31).expect("a day"));
        assert!(Zone::named("Europe/Atlantis").is_none());
        assert_eq!(zone.day(Time::NEVER), Zone::utc().day(Time::NEVER), "beyond every calendar it is UTC");
    }
}
