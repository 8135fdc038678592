//! Units: how they are written, what they measure, and how large they are.

use super::error::did_you_mean;
use crate::primitives::finite::Finite;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What a number measures. Numbers of different dimensions neither compare nor add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// An amount of data; computed in bytes.
    Bytes,
    /// An amount of data in a time; computed in bytes per second.
    ByteRate,
    /// A length of time; computed in seconds.
    Duration,
    /// A count, or anything else without a unit.
    Plain,
    /// Something in a time; computed per second.
    Rate,
    /// A part of a whole; computed as a ratio, so that 85% is 0.85.
    Share,
}

/// The unit of a literal or of a metric's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Unit {
    #[default]
    None,
    Byte,
    BytePerSecond,
    Day,
    Gibibyte,
    Gigabyte,
    GigabytePerSecond,
    Hour,
    Kibibyte,
    Kilobyte,
    KilobytePerSecond,
    Mebibyte,
    Megabyte,
    MegabytePerSecond,
    Millisecond,
    Minute,
    PerHour,
    PerMinute,
    PerSecond,
    /// 0 to 100.
    Percent,
    /// 0 to 1.
    Ratio,
    Second,
    Tebibyte,
    Terabyte,
    /// `2x`: twice something.
    Times,
    Week,
}

/// One unit: itself, what it measures, its factor to the dimension's base (`Times`, or a divisor), its spellings.
struct Row(Unit, Dimension, Factor, &'static [&'static str]);

enum Factor {
    /// A divisor is used where the factor is below one: 500 / 1000 is exact where 500 × 0.001 is not.
    Divide(u32),
    Multiply(f64),
}

use Dimension::{ByteRate, Bytes, Duration, Plain, Rate, Share};
use Factor::{Divide, Multiply};

/// Every unit. The first spelling is the one printed; the last word of some is a word for declarations only.
const UNITS: &[Row] = &[
    Row(Unit::None, Plain, Multiply(1.0), &["", "number"]),
    Row(Unit::Percent, Share, Divide(100), &["%", "percent"]),
    Row(Unit::Ratio, Share, Multiply(1.0), &["", "ratio"]),
    Row(Unit::Times, Share, Multiply(1.0), &["x", "times"]),
    Row(Unit::Millisecond, Duration, Divide(1000), &["ms", "millisecond", "milliseconds"]),
    Row(Unit::Second, Duration, Multiply(1.0), &["s", "sec", "secs", "second", "seconds"]),
    Row(Unit::Minute, Duration, Multiply(60.0), &["m", "min", "mins", "minute", "minutes"]),
    Row(Unit::Hour, Duration, Multiply(3_600.0), &["h", "hr", "hrs", "hour", "hours"]),
    Row(Unit::Day, Duration, Multiply(86_400.0), &["d", "day", "days"]),
    Row(Unit::Week, Duration, Multiply(604_800.0), &["w", "week", "weeks"]),
    Row(Unit::Byte, Bytes, Multiply(1.0), &["B", "byte", "bytes"]),
    Row(Unit::Kilobyte, Bytes, Multiply(1e3), &["KB", "kB"]),
    Row(Unit::Megabyte, Bytes, Multiply(1e6), &["MB"]),
    Row(Unit::Gigabyte, Bytes, Multiply(1e9), &["GB"]),
    Row(Unit::Terabyte, Bytes, Multiply(1e12), &["TB"]),
    Row(Unit::Kibibyte, Bytes, Multiply(1024.0), &["KiB"]),
    Row(Unit::Mebibyte, Bytes, Multiply(1_048_576.0), &["MiB"]),
    Row(Unit::Gibibyte, Bytes, Multiply(1_073_741_824.0), &["GiB"]),
    Row(Unit::Tebibyte, Bytes, Multiply(1_099_511_627_776.0), &["TiB"]),
    Row(Unit::PerSecond, Rate, Multiply(1.0), &["/s", "/sec", "/second", "per_second"]),
    Row(Unit::PerMinute, Rate, Divide(60), &["/min", "/m", "/minute", "per_minute"]),
    Row(Unit::PerHour, Rate, Divide(3600), &["/h", "/hour", "per_hour"]),
    Row(Unit::BytePerSecond, ByteRate, Multiply(1.0), &["B/s", "bytes_per_second"]),
    Row(Unit::KilobytePerSecond, ByteRate, Multiply(1e3), &["KB/s", "kB/s"]),
    Row(Unit::MegabytePerSecond, ByteRate, Multiply(1e6), &["MB/s"]),
    Row(Unit::GigabytePerSecond, ByteRate, Multiply(1e9), &["GB/s"]),
];

impl Unit {
    /// The unit a word names: as written behind a number (`ms`, `%`, `MB/s`), or a word such as `ratio`.
    pub fn named(word: &str) -> Option<Unit> {
        UNITS.iter().find(|row| !word.is_empty() && row.3.contains(&word)).map(|row| row.0)
    }

    /// "did you mean …?" for a word that names no unit.
    pub fn near(word: &str) -> Option<String> {
        let mut candidates = UNITS.iter().flat_map(|row| row.3.iter().copied()).filter(|spelling| spelling.len() > 1);
        match candidates.clone().find(|known| known.eq_ignore_ascii_case(word)) {
            Some(known) => did_you_mean(known, [known]),
            None => did_you_mean(word, &mut candidates),
        }
    }

    /// As printed behind a number; empty for plain numbers and ratios.
    pub fn symbol(self) -> &'static str {
        self.row().and_then(|row| row.3.first()).copied().unwrap_or("")
    }

    /// What it measures.
    pub fn dimension(self) -> Dimension {
        self.row().map_or(Plain, |row| row.1)
    }

    /// A number of this unit in its dimension's base; nothing if that is beyond the finite numbers.
    pub fn to_base(self, value: Finite) -> Option<Finite> {
        match self.row().map(|row| &row.2) {
            Some(Divide(by)) => Finite::new(value.value() / f64::from(*by)),
            Some(Multiply(by)) => Finite::new(value.value() * by),
            None => Some(value),
        }
    }

    /// The unit the same thing has when it is counted per second.
    pub(super) fn per_second(self) -> Option<Unit> {
        match self {
            Unit::None => Some(Unit::PerSecond),
            Unit::Byte => Some(Unit::BytePerSecond),
            Unit::Kilobyte => Some(Unit::KilobytePerSecond),
            Unit::Megabyte => Some(Unit::MegabytePerSecond),
            Unit::Gigabyte => Some(Unit::GigabytePerSecond),
            Unit::Second => Some(Unit::Ratio),
            _ => None,
        }
    }

    fn row(self) -> Option<&'static Row> {
        UNITS.iter().find(|row| row.0 == self)
    }
}

impl Dimension {
    /// As a message names it.
    pub fn name(self) -> &'static str {
        match self {
            Bytes => "an amount of data",
            ByteRate => "an amount of data per time",
            Duration => "a duration",
            Plain => "a plain number",
            Rate => "a rate",
            Share => "a share",
        }
    }

    /// The dimension of a product, if this language has it.
    pub fn times(self, other: Dimension) -> Option<Dimension> {
        let (a, b) = (self.powers(), other.powers());
        match (a.0 + b.0, a.1 + b.1) {
            (0, 0) if self == Share && other == Share => Some(Share),
            powers => Dimension::of(powers),
        }
    }

    /// The dimension of a quotient: two of a kind give a share.
    pub fn over(self, other: Dimension) -> Option<Dimension> {
        let (a, b) = (self.powers(), other.powers());
        match (a.0 - b.0, a.1 - b.1) {
            (0, 0) if self == other || self == Share => Some(Share),
            powers => Dimension::of(powers),
        }
    }

    /// The powers of data and of time.
    fn powers(self) -> (i8, i8) {
        match self {
            Bytes => (1, 0),
            ByteRate => (1, -1),
            Duration => (0, 1),
            Plain | Share => (0, 0),
            Rate => (0, -1),
        }
    }

    fn of(powers: (i8, i8)) -> Option<Dimension> {
        [Bytes, ByteRate, Duration, Plain, Rate].into_iter().find(|dimension| dimension.powers() == powers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_a_row_and_every_spelling_names_its_own_unit() {
        for row in UNITS {
            for spelling in row.3.iter().filter(|spelling| !spelling.is_empty()) {
                assert_eq!(Unit::named(spelling), Some(row.0), "{spelling}");
            }
        }
        assert_eq!(Unit::named(""), None);
        assert_eq!(Unit::named("M"), None);
        assert_eq!(Unit::near("mb").as_deref(), Some("did you mean `MB`?"));
        assert_eq!(Unit::near("secnods").as_deref(), Some("did you mean `seconds`?"));
    }

    #[test]
    fn the_same_amount_in_two_units_is_the_same_number() {
        let base = |value: f64, unit: Unit| unit.to_base(Finite::new(value).unwrap()).unwrap();
        assert_eq!(base(333.0, Unit::Millisecond), base(0.333, Unit::Second));
        assert_eq!(base(85.0, Unit::Percent), base(0.85, Unit::Ratio));
        assert_eq!(base(0.1, Unit::Percent), base(0.001, Unit::Ratio));
        assert_eq!(base(2.0, Unit::Hour), base(120.0, Unit::Minute));
        assert_eq!(Unit::Terabyte.to_base(Finite::new(1e300).unwrap()), None);
    }

    #[test]
    fn dimensions_multiply_and_divide_as_in_physics() {
        assert_eq!(Bytes.over(ByteRate), Some(Duration));
        assert_eq!(Plain.over(Plain), Some(Share));
        assert_eq!(Rate.times(Duration), Some(Plain));
        assert_eq!(Share.times(Bytes), Some(Bytes));
        assert_eq!(Plain.over(Share), Some(Plain));
        assert_eq!(Duration.times(Duration), None);
        assert_eq!(Bytes.times(Duration), None);
    }
}
