//! The samples of one metric in the order of time, and its last day by hours.

use super::{Recorded, Sample};
use crate::primitives::finite::Finite;
use crate::primitives::time::Time;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 3_600_000;
/// The present hour, and the day before it.
const HOURS: usize = 25;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Series {
    samples: VecDeque<Sample>,
    hours: VecDeque<Hour>,
}

/// What one hour of the clock came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hour {
    /// Whole hours since the epoch.
    number: i64,
    count: u32,
    mean: Finite,
}

impl Series {
    pub fn record(&mut self, sample: Sample, cap: u32) -> Recorded {
        let place = self.samples.partition_point(|(at, _)| *at < sample.0);
        if self.samples.get(place).is_some_and(|(at, _)| *at == sample.0) {
            return Recorded::Duplicate;
        }
        let full = u32::try_from(self.samples.len()).is_ok_and(|kept| kept >= cap);
        if full && place == 0 {
            return Recorded::Late;
        }
        self.samples.insert(place, sample);
        if full {
            self.samples.pop_front();
        }
        self.record_hour(sample);
        Recorded::Added
    }

    /// The newest `n` samples up to `now`, in the order of time.
    pub fn newest(&self, n: u32, now: Time) -> Vec<Sample> {
        let end = self.samples.partition_point(|(at, _)| *at <= now);
        let begin = end.saturating_sub(usize::try_from(n).unwrap_or(usize::MAX));
        self.samples.range(begin..end).copied().collect()
    }

    /// The samples later than `start`, up to `now`.
    pub fn between(&self, start: Time, now: Time) -> impl Iterator<Item = Sample> {
        let begin = self.samples.partition_point(|(at, _)| *at <= start);
        let end = self.samples.partition_point(|(at, _)| *at <= now);
        self.samples.range(begin..end.max(begin)).copied()
    }

    /// The mean of this hour of the clock yesterday; without it, of the hours of the last day before the present one,
    /// each counting alike. The present hour never counts: what is happening now is no measure of itself.
    pub fn baseline(&self, now: Time) -> Option<Finite> {
        let present = now.ms().div_euclid(HOUR_MS);
        if let Some(yesterday) = self.hours.iter().find(|hour| hour.number == present - 24) {
            return Some(yesterday.mean);
        }
        let before = || self.hours.iter().filter(|hour| (present - 24..present).contains(&hour.number));
        let count = before().count() as f64;
        Finite::new(before().map(|hour| hour.mean.value() / count).sum()).filter(|_| count > 0.0)
    }

    fn record_hour(&mut self, (at, value): Sample) {
        let number = at.ms().div_euclid(HOUR_MS);
        let place = self.hours.partition_point(|hour| hour.number < number);
        match self.hours.get_mut(place) {
            Some(hour) if hour.number == number => {
                hour.count = hour.count.saturating_add(1);
                let count = f64::from(hour.count);
                let mean = hour.mean.value();
                hour.mean = Finite::new(mean + (value.value() / count - mean / count)).unwrap_or(hour.mean);
            }
            _ => self.hours.insert(place, Hour { number, count: 1, mean: value }),
        }
        if self.hours.len() > HOURS {
            self.hours.pop_front();
        }
    }
}
