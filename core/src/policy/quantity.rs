//! Numbers as people write them: whole, finite, sizes (`100MB`, `1GiB`) and percentages (`40%`).

use crate::policy::problem::shown;
use crate::primitives::finite::Finite;
use crate::primitives::time::LIMIT_MS;
use alloc::format;
use alloc::string::{String, ToString};
use serde::{Deserialize, Serialize};

/// The largest whole number a document may hold: 2⁵³ − 1, so that it survives any JSON reader.
pub const LARGEST: i64 = LIMIT_MS;

/// Why a text is not the quantity it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong with it, to follow the text itself: "has no unit".
    pub reason: String,
    /// What was probably meant, ready to be written.
    pub suggestion: Option<String>,
}

impl Mistake {
    pub(in crate::policy) fn new(reason: impl Into<String>) -> Mistake {
        Mistake { reason: reason.into(), suggestion: None }
    }

    pub(in crate::policy) fn suggesting(self, suggestion: impl Into<String>) -> Mistake {
        Mistake { suggestion: Some(suggestion.into()), ..self }
    }
}

/// Units of size and the bytes in each. Exact spelling counts: `Mb` would be megabits.
pub const SIZE_UNITS: [(&str, i64); 16] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("Ki", 1 << 10),
    ("KiB", 1 << 10),
    ("Mi", 1 << 20),
    ("MiB", 1 << 20),
    ("Gi", 1 << 30),
    ("GiB", 1 << 30),
    ("Ti", 1 << 40),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
];

/// The bytes in one `unit`, if it is a unit of size.
pub fn size_unit(unit: &str) -> Option<i64> {
    SIZE_UNITS.iter().find(|(name, _)| *name == unit).map(|(_, bytes)| *bytes)
}

/// A share of a whole. Holds the number before the `%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(Finite);

impl Percent {
    /// `percent` per cent.
    pub const fn new(percent: Finite) -> Percent {
        Percent(percent)
    }

    /// The number before the `%`: 40 for `40%`.
    pub const fn percent(self) -> Finite {
        self.0
    }

    /// The share as a fraction of one: 0.4 for `40%`.
    pub fn ratio(self) -> Finite {
        Finite::new(self.0.value() / 100.0).unwrap_or(Finite::ZERO)
    }
}

/// Reads a whole number: `0`, `42`, `-3`.
pub fn integer(text: &str) -> Result<i64, Mistake> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let mistake = Mistake::new("is not a whole number");
        let plain: String = digits.chars().filter(|c| !matches!(c, '_' | ',' | ' ' | '\'')).collect();
        let meant = digits.starts_with(|c: char| c.is_ascii_digit()) && plain.bytes().all(|b| b.is_ascii_digit());
        return Err(if meant { mistake.suggesting(plain) } else { mistake });
    }
    let value = text.parse::<i64>().ok().filter(|value| (-LARGEST..=LARGEST).contains(value));
    value.ok_or_else(|| Mistake::new(format!("is too large: the limit is {LARGEST}")))
}

/// Reads a finite decimal number: `1`, `-0.5`, `1e3`. There is no infinity and no not-a-number here.
pub fn number(text: &str) -> Result<Finite, Mistake> {
    let decimal = text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value = if decimal { text.parse::<f64>().ok() } else { None };
    match value.map(Finite::new) {
        Some(Some(value)) => Ok(value),
        Some(None) => Err(Mistake::new("is too large for a number")),
        None if matches!(
            text.trim_start_matches(['+', '-', '.']).to_ascii_lowercase().as_str(),
            "inf" | "nan" | "infinity"
        ) =>
        {
            Err(Mistake::new("is not a finite number: leave the field out where no limit is meant"))
        }
        None => Err(Mistake::new("is not a number")),
    }
}

/// Reads a size in bytes: `512`, `100MB`, `1.5GiB`, `10 kB`.
pub fn size(text: &str) -> Result<i64, Mistake> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (amount, unit) = text.split_at(split);
    let unit = unit.trim_start_matches(['_', ' ']);
    if amount.is_empty() {
        return Err(Mistake::new("does not begin with a number"));
    }
    let Some(bytes) = (if unit.is_empty() { Some(1) } else { size_unit(unit) }) else {
        let known = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let mistake = Mistake::new(format!(
            "has the unknown unit `{}`: units are kB, MB, GB, TB, KiB, MiB, GiB, TiB",
            shown(unit)
        ));
        return Err(match known {
            Some((name, _)) => mistake.suggesting(format!("{amount}{name}")),
            None => mistake,
        });
    };
    scaled(amount, bytes).ok_or_else(|| Mistake::new("is not a whole number of bytes below 2^53"))
}

/// Reads a percentage, not negative: `40%`, `0.1%`, `40 %`.
pub fn percent(text: &str) -> Result<Percent, Mistake> {
    let Some(amount) = text.strip_suffix('%').map(str::trim_end) else {
        let mistake = Mistake::new("is not a percentage");
        return Err(if number(text).is_ok() { mistake.suggesting(format!("{text}%")) } else { mistake });
    };
    match number(amount) {
        Ok(value) if value >= Finite::ZERO => Ok(Percent(value)),
        Ok(_) => Err(Mistake::new("is negative")),
        Err(_) => Err(Mistake::new("is not a percentage")),
    }
}

/// `amount`, a decimal such as `1.5`, times `factor`, if that comes to a whole number up to [`LARGEST`].
pub(in crate::policy) fn scaled(amount: &str, factor: i64) -> Option<i64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let unit = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
    let total = (whole.parse::<i128>().ok()? * unit + part).checked_mul(i128::from(factor))?;
    let value = i64::try_from(total / unit).ok()?;
    (total % unit == 0 && value <= LARGEST).then_some(value)
}

/// `bytes` in the largest unit that divides it: `100MB`, `1GiB`, `17B`.
pub fn size_text(bytes: i64) -> String {
    let mut best = ("B", 1);
    for (name, size) in SIZE_UNITS.iter().filter(|(name, _)| name.ends_with('B') && *name != "KB") {
        if bytes != 0 && bytes % size == 0 && *size > best.1 {
            best = (name, *size);
        }
    }
    let mut text = (bytes / best.1).to_string();
    text.push_str(best.0);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let known = [
            ("0", 0),
            ("512", 512),
            ("100MB", 100_000_000),
            ("1GiB", 1 << 30),
            ("1.5 GiB", 3 << 29),
            ("64Mi", 64 << 20),
            ("10_kB", 10_000),
        ];
        for (text, bytes) in known {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "-1MB", "1.0001kB2", "1.00001kB", "10XB", "99999999PB", "1..5MB", "1e3MB", ".5MB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(size("100mb").unwrap_err().suggestion.as_deref(), Some("100MB"));
    }

    #[test]
    fn percentages_know_their_ratio() {
        assert_eq!(percent("40%").map(|p| p.ratio().value()), Ok(0.4));
        assert_eq!(percent("0.1 %").map(|p| p.percent().value()), Ok(0.1));
        assert_eq!(percent("40").unwrap_err().suggestion.as_deref(), Some("40%"));
        for text in ["%", "-1%", "x%", "nan%", "inf%", "1e999%", "4%0"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_finite_and_whole_numbers_survive_json() {
        assert_eq!(number("-2.5e-1").map(Finite::value), Ok(-0.25));
        for text in [".inf", "-.inf", ".nan", "NaN", "infinity", "1e999", "", ".", "-", "e", "0x10", "1_000", "1,5"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!(integer("-42"), Ok(-42));
        assert_eq!(integer("9007199254740991"), Ok(LARGEST));
        assert_eq!(integer("1_000").unwrap_err().suggestion.as_deref(), Some("1000"));
        for text in ["9007199254740992", "1.0", "1e3", "", "-", "--1", "0x1", "99999999999999999999"] {
            assert!(integer(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_size_reads_back(bytes in 0..=LARGEST) {
            prop_assert_eq!(size(&size_text(bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_a_quantity_or_a_mistake(text in "\\PC{0,30}|[0-9.,_ eE%kMGiB-]{0,40}") {
            prop_assert!(size(&text).is_ok_and(|bytes| (0..=LARGEST).contains(&bytes)) || size(&text).is_err());
            prop_assert!(percent(&text).is_ok_and(|p| p.percent() >= Finite::ZERO) || percent(&text).is_err());
            let _ = (integer(&text), number(&text));
        }
    }
}
