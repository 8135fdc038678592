//! Stretches of windows, also where the clock is changed.

use super::*;
use std::string::ToString;

fn at(day: (i64, u32, u32), minutes: i64) -> Time {
    let day = Day::of(day.0, day.1, day.2).unwrap();
    Zone::utc().instants(day, Span::from_mins(minutes)).earliest
}

fn window(kind: WindowKind, days: Days, from: i64, to: i64, zone: &str) -> Window {
    let (from, to) = (Span::from_mins(from), Span::from_mins(to));
    let zone = Zone::named(zone).unwrap();
    Window {
        name: "w".into(),
        kind,
        over: BTreeSet::new(),
        terms: BTreeSet::new(),
        when: When::Every { days, from, to, zone },
    }
}

fn saturdays() -> Days {
    Days::Week([Weekday::Saturday].into())
}

fn every_day() -> Days {
    Days::Week(Weekday::ALL.into())
}

#[test]
fn g5_a_window_is_open_from_its_first_to_before_its_last_instant() {
    let window = window(WindowKind::Change, saturdays(), 120, 360, "UTC");
    let (start, end) = (at((2026, 11, 21), 120), at((2026, 11, 21), 360));
    for now in [at((2026, 11, 15), 0), start.before(Span::from_ms(1)), start, end.before(Span::from_ms(1))] {
        assert_eq!(window.stretch(now), Some((start, end)), "{now:?}");
    }
    assert_eq!(window.stretch(end), Some((at((2026, 11, 28), 120), at((2026, 11, 28), 360))));
}

#[test]
fn g5_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let window = window(WindowKind::Maintenance, saturdays(), 22 * 60, 6 * 60, "UTC");
    let stretch = Some((at((2026, 11, 21), 22 * 60), at((2026, 11, 22), 6 * 60)));
    assert_eq!(window.stretch(at((2026, 11, 22), 300)), stretch);
    assert_eq!(window.stretch(at((2026, 11, 21), 300)), stretch);
}

#[test]
fn g5_days_that_follow_each_other_without_a_gap_are_one_stretch() {
    let always = window(WindowKind::Change, every_day(), 0, 0, "UTC");
    let now = at((2026, 11, 22), 300);
    let (start, end) = always.stretch(now).unwrap();
    assert!(start <= at((2026, 11, 22), 0) && end > at((2027, 1, 1), 0));
    let nightly = window(WindowKind::Change, every_day(), 120, 360, "UTC");
    assert_eq!(nightly.stretch(now), Some((at((2026, 11, 22), 120), at((2026, 11, 22), 360))));
}

#[test]
fn g5_the_first_and_the_last_of_a_month() {
    let now = at((2026, 11, 22), 0);
    let first = window(WindowKind::Change, Days::Nth(1, Weekday::Sunday), 0, 60, "UTC");
    assert_eq!(first.stretch(now), Some((at((2026, 12, 6), 0), at((2026, 12, 6), 60))));
    let last = window(WindowKind::Change, Days::Last(Weekday::Sunday), 0, 60, "UTC");
    assert_eq!(last.stretch(now), Some((at((2026, 11, 29), 0), at((2026, 11, 29), 60))));
}

#[test]
fn g5_once_is_once() {
    let (start, end) = (at((2026, 11, 22), 0), at((2026, 11, 22), 60));
    let when = When::Once { start, end };
    let window = Window { when, ..window(WindowKind::Change, saturdays(), 0, 60, "UTC") };
    assert_eq!(window.stretch(start.before(Span::from_mins(9))), Some((start, end)));
    assert_eq!(window.stretch(end.before(Span::from_ms(1))), Some((start, end)));
    assert_eq!(window.stretch(end), None);
}

/// In Berlin 02:00 to 03:00 is left out on 2026-03-29 (01:00 UTC), and comes twice on 2026-10-25 (from 00:00 UTC).
#[cfg(feature = "calendar")]
#[test]
fn g5_where_an_hour_is_left_out_maintenance_is_held_and_change_is_not() {
    let spring = (2026, 3, 29);
    let now = at(spring, -60);
    let of = |kind, from, to| window(kind, every_day(), from, to, "Europe/Berlin").stretch(now);
    let (suppress, permit) = (WindowKind::Maintenance, WindowKind::Change);
    assert_eq!(of(suppress, 120, 180), Some((at(spring, 0), at(spring, 60))));
    let next_day = Some((at((2026, 3, 30), 0), at((2026, 3, 30), 60)));
    assert_eq!(of(permit, 120, 180), next_day, "not at all on that day");
    assert_eq!(of(suppress, 150, 240), Some((at(spring, 30), at(spring, 120))));
    assert_eq!(of(permit, 150, 240), Some((at(spring, 90), at(spring, 120))));
    assert_eq!(of(permit, 60, 240), Some((at(spring, 0), at(spring, 120))), "an hour less than on other days");
}

#[cfg(feature = "calendar")]
#[test]
fn g5_where_an_hour_comes_twice_maintenance_covers_both_and_change_what_is_beyond_doubt() {
    let autumn = (2026, 10, 25);
    let now = at(autumn, -60);
    let of = |kind, from, to| window(kind, every_day(), from, to, "Europe/Berlin").stretch(now);
    let (suppress, permit) = (WindowKind::Maintenance, WindowKind::Change);
    assert_eq!(of(suppress, 120, 180), Some((at(autumn, 0), at(autumn, 120))));
    assert_eq!(of(permit, 120, 180), Some((at(autumn, 60), at(autumn, 120))));
    assert_eq!(of(suppress, 135, 165), Some((at(autumn, 15), at(autumn, 105))));
    let next_day = Some((at((2026, 10, 26), 75), at((2026, 10, 26), 105)));
    assert_eq!(of(permit, 135, 165), next_day, "nobody can say which of the two");
}

#[test]
fn a_person_reads_when_it_is_open() {
    let of = |days, from, to| window(WindowKind::Change, days, from, to, "UTC").when.to_string();
    assert_eq!(of(every_day(), 0, 1_439), "from 00:00 to 23:59 on every day (UTC)");
    assert_eq!(of(saturdays(), 22 * 60, 125), "from 22:00 to 02:05 on saturday (UTC)");
    assert_eq!(
        of(Days::Week([Weekday::Sunday, Weekday::Monday].into()), 0, 60),
        "from 00:00 to 01:00 on monday, sunday (UTC)"
    );
    assert_eq!(of(Days::Last(Weekday::Friday), 0, 60), "from 00:00 to 01:00 on the last friday of the month (UTC)");
    let nth = [1, 2, 3, 4].map(|nth| of(Days::Nth(nth, Weekday::Friday), 0, 60));
    for (text, word) in nth.iter().zip(["first", "second", "third", "fourth"]) {
        assert_eq!(*text, std::format!("from 00:00 to 01:00 on the {word} friday of the month (UTC)"));
    }
    let once = When::Once { start: at((2026, 1, 3), 121), end: at((2026, 12, 31), 1_439) };
    assert_eq!(once.to_string(), "once, 2026-01-03 02:01 to 2026-12-31 23:59 (UTC)");
}
