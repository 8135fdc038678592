//! Durations as people write them: `10s`, `1h30m`, `500ms`, `7d`, `7_days`, `5 minutes`, `immediate`.

use crate::policy::problem::{shown, suggest};
use crate::policy::quantity::{LARGEST, Mistake, scaled};
use crate::primitives::time::Span;
use alloc::format;
use alloc::string::String;

/// A unit of time.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    /// The short name, used in writing: `m`.
    pub name: &'static str,
    /// The other names it is known by: `minutes`.
    pub spelled: &'static [&'static str],
    /// Its length.
    pub ms: i64,
}

/// A millisecond.
pub const MILLISECOND: Unit = Unit { name: "ms", spelled: &["millisecond", "milliseconds", "millis"], ms: 1 };
/// A second.
pub const SECOND: Unit = Unit { name: "s", spelled: &["second", "seconds", "sec", "secs"], ms: 1_000 };
/// A minute.
pub const MINUTE: Unit = Unit { name: "m", spelled: &["minute", "minutes", "min", "mins"], ms: 60_000 };
/// An hour.
pub const HOUR: Unit = Unit { name: "h", spelled: &["hour", "hours", "hr", "hrs"], ms: 3_600_000 };
/// A day of 24 hours.
pub const DAY: Unit = Unit { name: "d", spelled: &["day", "days"], ms: 86_400_000 };
/// Seven days.
pub const WEEK: Unit = Unit { name: "w", spelled: &["week", "weeks"], ms: 604_800_000 };
/// A year of 365 days.
pub const YEAR: Unit = Unit { name: "y", spelled: &["year", "years"], ms: 31_536_000_000 };

/// All units, the largest first.
pub const UNITS: [Unit; 7] = [YEAR, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND];

/// The unit of that name, short or spelled out. Case counts, so that `5M` is not silently minutes or months.
pub fn unit(name: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.name == name || unit.spelled.contains(&name))
}

/// Reads a duration. Parts go from large to small, each unit once; `0` and `immediate` are no time at all.
pub fn parse(text: &str) -> Result<Span, Mistake> {
    let text = text.trim();
    if matches!(text, "0" | "immediate") {
        return Ok(Span::ZERO);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let mistake = Mistake::new("has no unit");
        return Err(if text.len() <= 12 { mistake.suggesting(format!("{text}s")) } else { mistake });
    }
    let mistake = match parts(text, false) {
        Ok(span) => return Ok(span),
        Err(mistake) => mistake,
    };
    let meant = parts(text, true).ok().map(written).or_else(|| suggest(text, ["immediate"]).map(String::from));
    Err(Mistake { suggestion: mistake.suggestion.or(meant), ..mistake })
}

/// Reads a duration where a bare number counts `default` units, as in `interval_seconds: 60`.
pub fn parse_in(text: &str, default: &Unit) -> Result<Span, Mistake> {
    let bare = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !text.is_empty();
    if !bare {
        return parse(text);
    }
    let ms = scaled(text, default.ms).map(Span::from_ms);
    ms.ok_or_else(|| Mistake::new("is not a whole number of milliseconds below 2^53"))
}

/// The shortest exact way to write `span`, such as `1h30m`; [`parse`] reads it back.
pub fn written(span: Span) -> String {
    let mut out = String::new();
    let mut rest = span.ms();
    for unit in [DAY, HOUR, MINUTE, SECOND, MILLISECOND] {
        if rest >= unit.ms {
            out.push_str(&format!("{}{}", rest / unit.ms, unit.name));
            rest %= unit.ms;
        }
    }
    if out.is_empty() { String::from("0s") } else { out }
}

/// Reads the parts of a duration. `lenient` takes what is not allowed but can be understood, to suggest the right form.
fn parts(text: &str, lenient: bool) -> Result<Span, Mistake> {
    let mut rest = text;
    let mut total = Span::ZERO;
    let mut last = i64::MAX;
    if rest.is_empty() {
        return Err(Mistake::new("is empty"));
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(digits);
        let after = after.trim_start_matches(['_', ' ']);
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(letters);
        rest = after.trim_start_matches(['_', ' ']);
        if amount.is_empty() {
            return Err(Mistake::new(if text.starts_with('-') {
                "is negative"
            } else {
                "does not begin with a number"
            }));
        }
        let unit = known_unit(name, lenient)?;
        if amount.contains('.') && !lenient {
            return Err(Mistake::new("has a fraction"));
        }
        if unit.ms >= last && !lenient {
            return Err(Mistake::new("does not go from large units to small, each once"));
        }
        last = unit.ms;
        let too_long = || Mistake::new(format!("is too long: the limit is {LARGEST} ms"));
        let part = scaled(amount, unit.ms).ok_or_else(too_long)?;
        let sum = total.ms().checked_add(part).filter(|sum| *sum <= LARGEST).ok_or_else(too_long)?;
        total = Span::from_ms(sum);
    }
    Ok(total)
}

fn known_unit(name: &str, lenient: bool) -> Result<&'static Unit, Mistake> {
    if let Some(unit) = unit(name) {
        return Ok(unit);
    }
    let all = || UNITS.iter().flat_map(|unit| unit.spelled.iter().copied());
    let near =
        if name.is_empty() { None } else { unit(&name.to_lowercase()).or_else(|| suggest(name, all()).and_then(unit)) };
    match near {
        Some(unit) if lenient => Ok(unit),
        _ if name.is_empty() => Err(Mistake::new("has a number without a unit")),
        _ if name.to_lowercase().starts_with("month") => {
            Err(Mistake::new("counts months, which differ in length: use days"))
        }
        _ => Err(Mistake::new(format!("has the unknown unit `{}`: units are ms, s, m, h, d, w, y", shown(name)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let known = [
            ("10s", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("1y", 31_536_000_000),
            ("7_days", 604_800_000),
            ("15_minutes", 900_000),
            ("1_hour", 3_600_000),
            ("immediate", 0),
            ("0", 0),
            ("0m", 0),
            ("5 minutes", 300_000),
            ("1 hour 30 minutes", 5_400_000),
            ("1 m 30 s", 90_000),
        ];
        for (text, ms) in known {
            assert_eq!(parse(text), Ok(Span::from_ms(ms)), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_meant() {
        let meant = [
            ("5M", "5m"),
            ("60", "60s"),
            ("1.5h", "1h30m"),
            ("30m1h", "1h30m"),
            ("5 mintues", "5m"),
            ("2 Hours", "2h"),
            ("10m5m", "15m"),
            ("imediate", "immediate"),
        ];
        for (text, suggestion) in meant {
            assert_eq!(parse(text).unwrap_err().suggestion.as_deref(), Some(suggestion), "{text}");
        }
        for text in [
            "",
            "  ",
            "-5m",
            "abc",
            "P1D",
            "5m!",
            "1h30",
            "2 months",
            "99999999999999999999d",
            "9999999y",
            "1.2.3s",
            "m5",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bare_number_takes_the_unit_of_its_field() {
        assert_eq!(parse_in("60", &SECOND), Ok(Span::from_secs(60)));
        assert_eq!(parse_in("0.5", &SECOND), Ok(Span::from_ms(500)));
        assert_eq!(parse_in("300s", &MINUTE), Ok(Span::from_secs(300)));
        for text in ["", ".", "0.0001", "99999999999999999999", "-1", "60x"] {
            assert!(parse_in(text, &SECOND).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_duration_reads_back(ms in 0..=LARGEST) {
            let span = Span::from_ms(ms);
            prop_assert_eq!(parse(&written(span)), Ok(span));
        }

        #[test]
        fn a_shown_duration_of_two_units_reads_back(minutes in 1_i64..60, seconds in 1_i64..60) {
            let span = Span::from_secs(minutes * 60 + seconds);
            prop_assert_eq!(parse(&span.to_string()), Ok(span));
        }

        #[test]
        fn any_text_is_a_duration_or_a_mistake_whose_suggestion_is_one(text in "\\PC{0,30}|[0-9]{1,25}[ ._a-zA-Z]{0,9}[0-9mhsd]{0,9}") {
            if let Err(Mistake { suggestion: Some(suggestion), .. }) = parse(&text) {
                prop_assert!(parse(&suggestion).is_ok(), "{} -> {}", text, suggestion);
            }
        }
    }
}
