//! Functions over samples, and when a window says something.
//!
//! * A window of time holds the samples later than now − span, up to now. It is *covered* when no stretch of it longer
//!   than the series' staleness is without a sample, its beginning and its end included: what began a minute ago has
//!   no five-minute average yet. A window of samples is covered when it has that many and the newest is not stale.
//! * `rate`, `increase` and `change` need two samples. `increase` adds up every rise; a fall is taken for a counter
//!   that started again from zero, and adds the value after it, as Prometheus documents for `increase()`. Unlike there
//!   nothing is extrapolated to the window's edges: whole counts stay whole. `rate` is that increase over the time
//!   between the first and the last sample, per second.
//! * Percentiles are by nearest rank: the smallest sample that at least p % of the samples do not exceed (Hyndman and
//!   Fan, *Sample Quantiles in Statistical Packages*, 1996, definition 1). Always a value that was measured.

use crate::policy::condition::Function;
use crate::primitives::finite::Finite;
use crate::primitives::time::{Span, Time};
use alloc::vec::Vec;

/// One measurement.
pub type Sample = (Time, Finite);

/// The function's value over samples in the order of time; nothing if there are too few, or it is not finite.
/// `Baseline` is no function of recent samples and is always nothing here.
pub fn apply(function: Function, samples: &[Sample]) -> Option<Finite> {
    let values = || samples.iter().map(|(_, value)| *value);
    let count = samples.len() as f64;
    match function {
        Function::Avg => mean(values(), count),
        Function::Baseline => None,
        Function::Change => pair(samples).and_then(|(first, last)| Finite::new(last.1.value() - first.1.value())),
        Function::Count => Finite::new(count),
        Function::Increase => increase(samples),
        Function::Last => samples.last().map(|(_, value)| *value),
        Function::Max => values().max(),
        Function::Min => values().min(),
        Function::P50 => percentile(values().collect(), 50),
        Function::P90 => percentile(values().collect(), 90),
        Function::P95 => percentile(values().collect(), 95),
        Function::P99 => percentile(values().collect(), 99),
        Function::Rate => rate(samples),
        Function::Sum => {
            if samples.is_empty() {
                None
            } else {
                Finite::new(values().map(Finite::value).sum())
            }
        }
    }
}

/// Whether samples in the order of time leave no stretch between `start` and `now` longer than `stale_after`.
pub fn is_covered(samples: &[Sample], start: Time, now: Time, stale_after: Span) -> bool {
    let mut before = start;
    let mut gaps =
        samples.iter().map(|(at, _)| *at).chain([now]).map(|at| at.since(core::mem::replace(&mut before, at)));
    !samples.is_empty() && gaps.all(|gap| gap <= stale_after)
}

/// The mean; scaled down first where the sum would be beyond the finite numbers.
fn mean(values: impl Iterator<Item = Finite> + Clone, count: f64) -> Option<Finite> {
    if count == 0.0 {
        return None;
    }
    let sum: f64 = values.clone().map(Finite::value).sum();
    Finite::new(sum / count).or_else(|| Finite::new(values.map(|value| value.value() / count).sum()))
}

fn pair(samples: &[Sample]) -> Option<(Sample, Sample)> {
    match samples {
        [first, .., last] => Some((*first, *last)),
        _ => None,
    }
}

fn increase(samples: &[Sample]) -> Option<Finite> {
    pair(samples)?;
    let grown = samples.iter().zip(samples.iter().skip(1)).map(
        |((_, a), (_, b))| {
            if b < a { b.value() } else { b.value() - a.value() }
        },
    );
    Finite::new(grown.sum())
}

fn rate(samples: &[Sample]) -> Option<Finite> {
    let (first, last) = pair(samples)?;
    let seconds = last.0.since(first.0).ms() as f64 / 1000.0;
    // Two samples of one instant have no rate: 0 / 0 is not finite.
    Finite::new(increase(samples)?.value() / seconds)
}

fn percentile(mut values: Vec<Finite>, percent: usize) -> Option<Finite> {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[(i64, f64)]) -> Vec<Sample> {
        values.iter().map(|(s, value)| (Time::from_ms(s * 1_000), Finite::new(*value).unwrap())).collect()
    }

    fn value(function: Function, values: &[(i64, f64)]) -> Option<f64> {
        apply(function, &series(values)).map(Finite::value)
    }

    #[test]
    fn simple_functions_of_known_samples() {
        let four = [(0, 4.0), (10, 1.0), (20, 3.0), (30, 2.0)];
        let expected = [
            (Function::Avg, 2.5),
            (Function::Change, -2.0),
            (Function::Count, 4.0),
            (Function::Last, 2.0),
            (Function::Max, 4.0),
            (Function::Min, 1.0),
            (Function::Sum, 10.0),
        ];
        for (function, result) in expected {
            assert_eq!(value(function, &four), Some(result), "{function:?}");
        }
    }

    #[test]
    fn nothing_comes_of_nothing_but_a_count() {
        for (function, name) in Function::ALL {
            let expected = (function == Function::Count).then_some(0.0);
            assert_eq!(value(function, &[]), expected, "{name}");
        }
    }

    #[test]
    fn percentiles_are_measured_values_by_nearest_rank() {
        // The example of the definition: 15, 20, 35, 40, 50.
        let five = [(0, 35.0), (1, 20.0), (2, 15.0), (3, 50.0), (4, 40.0)];
        assert_eq!(value(Function::P50, &five), Some(35.0));
        assert_eq!(value(Function::P90, &five), Some(50.0));
        let hundred: Vec<_> = (1..=100).map(|n| (n, n as f64)).collect();
        for (function, rank) in
            [(Function::P50, 50.0), (Function::P90, 90.0), (Function::P95, 95.0), (Function::P99, 99.0)]
        {
            assert_eq!(value(function, &hundred), Some(rank));
            assert_eq!(value(function, &[(0, 7.0)]), Some(7.0));
        }
    }

    #[test]
    fn counters_survive_a_restart_and_need_two_samples() {
        let restarted = [(0, 10.0), (10, 16.0), (20, 4.0), (30, 6.0)];
        assert_eq!(value(Function::Increase, &restarted), Some(12.0));
        assert_eq!(value(Function::Rate, &restarted), Some(0.4));
        for function in [Function::Rate, Function::Increase, Function::Change] {
            assert_eq!(value(function, &[(0, 10.0)]), None);
        }
    }

    #[test]
    fn sums_beyond_the_finite_numbers_are_nothing_and_means_stay() {
        let huge = [(0, f64::MAX), (1, f64::MAX)];
        assert_eq!(value(Function::Sum, &huge), None);
        assert_eq!(value(Function::Avg, &huge), Some(f64::MAX));
    }

    #[test]
    fn a_window_with_a_gap_is_not_covered() {
        let at = |s: i64| Time::from_ms(s * 1_000);
        let covered = |samples: &[(i64, f64)]| is_covered(&series(samples), at(0), at(60), Span::from_secs(20));
        assert!(covered(&[(20, 1.0), (40, 1.0)]));
        assert!(!covered(&[(21, 1.0), (41, 1.0)]), "late beginning");
        assert!(!covered(&[(10, 1.0), (31, 1.0), (50, 1.0)]), "gap");
        assert!(!covered(&[(20, 1.0), (39, 1.0)]), "stale end");
        assert!(!is_covered(&[], at(0), at(1), Span::MAX), "empty");
    }
}
