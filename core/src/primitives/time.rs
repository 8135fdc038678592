//! Points in time and spans of time, in whole milliseconds.

use core::fmt;
use serde::{Deserialize, Deserializer, Serialize};

/// The largest magnitude a time or a span may have: 2⁵³ − 1, so that it survives any JSON reader.
pub const LIMIT_MS: i64 = (1 << 53) - 1;

/// A point in time: milliseconds since 1970-01-01 00:00 UTC, as given by the host with each input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// The start of the epoch.
    pub const ZERO: Time = Time(0);
    /// The last representable instant; arithmetic that would pass it stops here. Nothing due then ever fires.
    pub const NEVER: Time = Time(LIMIT_MS);

    /// The instant `ms` milliseconds after the epoch, held to ±[`LIMIT_MS`].
    pub const fn from_ms(ms: i64) -> Time {
        Time(clamp(ms))
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The instant `span` later; stops at [`Time::NEVER`] rather than overflow.
    #[must_use]
    pub const fn after(self, span: Span) -> Time {
        // Both are within 2⁵³, so that this does not overflow, and no span leads back below the lower limit.
        let ms = self.0.wrapping_add(span.0);
        Time(if ms > LIMIT_MS { LIMIT_MS } else { ms })
    }

    /// The instant `span` earlier.
    #[must_use]
    pub const fn before(self, span: Span) -> Time {
        Time(clamp(self.0.saturating_sub(span.0)))
    }

    /// The span from `earlier` to this instant; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Time) -> Span {
        let ms = self.0.saturating_sub(earlier.0);
        Span(clamp(if ms < 0 { 0 } else { ms }))
    }
}

/// A length of time in milliseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span.
    pub const MAX: Span = Span(LIMIT_MS);

    /// A span of `ms` milliseconds; negative values become zero.
    pub const fn from_ms(ms: i64) -> Span {
        Span(clamp(if ms < 0 { 0 } else { ms }))
    }

    /// A span of `s` seconds.
    pub const fn from_secs(s: i64) -> Span {
        Span::from_ms(s.saturating_mul(1_000))
    }

    /// A span of `m` minutes.
    pub const fn from_mins(m: i64) -> Span {
        Span::from_secs(m.saturating_mul(60))
    }

    /// The number of milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Both spans one after the other; stops at [`Span::MAX`].
    #[must_use]
    pub const fn plus(self, other: Span) -> Span {
        Span::from_ms(self.0.saturating_add(other.0))
    }

    /// The span `factor` times over; stops at [`Span::MAX`].
    #[must_use]
    pub const fn times(self, factor: i64) -> Span {
        Span::from_ms(self.0.saturating_mul(factor))
    }
}

impl fmt::Display for Span {
    /// As a person writes it: `250 ms`, `10 s`, `1 m 30 s`, `2 h`, `7 d`; at most two units.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        if self.0 < 1_000 {
            return write!(f, "{} ms", self.0);
        }
        let mut rest = self.0;
        let mut written = 0;
        for (size, unit) in UNITS {
            let n = rest / size;
            if n > 0 && written < 2 {
                write!(f, "{}{n} {unit}", if written == 0 { "" } else { " " })?;
                written += 1;
            }
            rest %= size;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let ms = i64::deserialize(deserializer)?;
        if ms.unsigned_abs() > LIMIT_MS.unsigned_abs() {
            return Err(serde::de::Error::custom("expected milliseconds since 1970, within ±(2⁵³ − 1)"));
        }
        Ok(Time(ms))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let ms = i64::deserialize(deserializer)?;
        if !(0..=LIMIT_MS).contains(&ms) {
            return Err(serde::de::Error::custom("expected milliseconds from 0 to 2⁵³ − 1"));
        }
        Ok(Span(ms))
    }
}

const fn clamp(ms: i64) -> i64 {
    if ms > LIMIT_MS {
        LIMIT_MS
    } else if ms < -LIMIT_MS {
        -LIMIT_MS
    } else {
        ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn arithmetic_stops_at_the_limits() {
        assert_eq!(Time::NEVER.after(Span::MAX), Time::NEVER);
        assert_eq!(Time::from_ms(i64::MIN).ms(), -LIMIT_MS);
        assert_eq!(Time::from_ms(5).since(Time::from_ms(9)), Span::ZERO);
        assert_eq!(Span::MAX.times(3), Span::MAX);
    }

    #[test]
    fn what_json_cannot_carry_exactly_is_refused() {
        assert_eq!(serde_json::from_str::<Time>("9007199254740991").ok(), Some(Time::NEVER));
        for beyond in ["9007199254740992", "-9007199254740992", "9223372036854775807"] {
            assert!(serde_json::from_str::<Time>(beyond).is_err(), "{beyond}");
        }
        assert!(serde_json::from_str::<Span>("-1").is_err());
    }

    #[test]
    fn spans_print_as_people_write_them() {
        let shown = [
            (0, "0 ms"),
            (250, "250 ms"),
            (10_000, "10 s"),
            (90_000, "1 m 30 s"),
            (7_200_000, "2 h"),
            (604_800_000, "7 d"),
        ];
        for (ms, text) in shown {
            assert_eq!(Span::from_ms(ms).to_string(), text);
        }
    }
}
