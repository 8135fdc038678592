//! Instants as people write them: `2026-01-05T09:00Z`, `2026-01-05T09:00:30+01:00`, `2026-01-05` for its midnight in UTC.

use crate::primitives::time::Time;

/// The instant that `text` names, from 1970 to 9999; a time of day says its offset.
pub fn parse(text: &str) -> Option<Time> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let days = days(date)?;
    let seconds = match time {
        Some(time) => seconds(time)?,
        None => 0,
    };
    Some(Time::from_ms((days * 86_400 + seconds) * 1_000)).filter(|at| at.ms() >= 0)
}

/// Days from 1970-01-01.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day last.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = years * 365 + years / 4 - years / 100 + years / 400;
    Some(before + (153 * months + 2) / 5 + day - 1 - 719_468)
}

/// Seconds from midnight in UTC of a time of day with its offset.
fn seconds(time: &str) -> Option<i64> {
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (clock, offset) = (time.get(..at)?, time.get(at..)?);
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let shift =
                digits(hours, 2).filter(|it| *it <= 14)? * 3_600 + digits(minutes, 2).filter(|it| *it < 60)? * 60;
            (clock, if offset.starts_with('-') { -shift } else { shift })
        }
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = match parts.next() {
        Some(second) => digits(second, 2)?,
        None => 0,
    };
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some(hour * 3_600 + minute * 60 + second - offset)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_their_offset() {
        let at = |text: &str| parse(text).map(Time::ms);
        assert_eq!(at("1970-01-01"), Some(0));
        assert_eq!(at("2024-02-29"), Some(1_709_164_800_000));
        assert_eq!(at("2026-01-05T09:00Z"), Some(1_767_603_600_000));
        assert_eq!(at("2026-01-05T09:00:30Z"), Some(1_767_603_630_000));
        assert_eq!(at("2026-01-05T10:30+01:30"), at("2026-01-05T09:00Z"));
        assert_eq!(at("2026-01-05T03:00-06:00"), at("2026-01-05T09:00Z"));
        assert_eq!(at("2000-03-01"), Some(951_868_800_000));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in [
            "",
            "soon",
            "2026-1-5",
            "2026-13-01",
            "2026-02-29",
            "2100-02-29",
            "1969-12-31",
            "2026-01-05T09:00",
            "2026-01-05T24:00Z",
            "2026-01-05T09:60Z",
            "2026-01-05T09:00:60Z",
            "2026-01-05T09:00+15:00",
            "1970-01-01T00:00+01:00",
            "2026-01-05-01",
            "2026-01-05T09:00:00:00Z",
            "2026-01-00",
            "2026-00-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
