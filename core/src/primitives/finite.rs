//! Numbers that are never NaN or infinite, and so have a total order.

use core::cmp::Ordering;
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize};

/// A finite `f64`. Equal numbers compare equal; −0 is stored as 0, so that equal numbers also print alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Finite(f64);

impl Finite {
    /// Zero.
    pub const ZERO: Finite = Finite(0.0);
    /// One.
    pub const ONE: Finite = Finite(1.0);

    /// The number, unless it is NaN or infinite.
    pub fn new(value: f64) -> Option<Finite> {
        value.is_finite().then_some(Finite(if value == 0.0 { 0.0 } else { value }))
    }

    /// The number as a plain `f64`.
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl Eq for Finite {}

impl PartialOrd for Finite {
    fn partial_cmp(&self, other: &Finite) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Finite {
    fn cmp(&self, other: &Finite) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl From<i32> for Finite {
    fn from(value: i32) -> Finite {
        Finite(f64::from(value))
    }
}

impl From<u32> for Finite {
    fn from(value: u32) -> Finite {
        Finite(f64::from(value))
    }
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Finite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Finite, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Finite::new(value).ok_or_else(|| serde::de::Error::custom("expected a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinities_are_no_finite_numbers() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Finite::new(value), None);
        }
        assert_eq!(Finite::new(-0.0).map(|zero| zero.value().is_sign_negative()), Some(false));
    }
}
