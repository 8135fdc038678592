//! Recent samples of every metric, bounded: 16 bytes a sample, about 1.2 KB a series for its last day by hours.

mod series;

use crate::knowledge::evaluate::{Lookup, window};
use crate::model::value::Value;
use crate::policy::condition::{Extent, Function};
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use series::Series;
pub use window::Sample;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Series in all; past it new ones are refused.
    pub series: u32,
    /// Samples of one series; past it the oldest goes.
    pub samples: u32,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    Added,
    /// A sample of that time is there already; the first one stays.
    Duplicate,
    /// It came so late that later samples fill the series.
    Late,
    /// It would begin one series too many.
    Refused,
}

/// Series by component and metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    components: BTreeMap<Name, BTreeMap<Name, Series>>,
    series: u32,
    refused: u64,
}

impl Metrics {
    /// Takes in a sample. Late ones find their place in time; a time after `now` counts as now.
    pub fn record(&mut self, component: &Name, metric: &Name, sample: Sample, now: Time, caps: Caps) -> Recorded {
        let sample = (sample.0.min(now), sample.1);
        if let Some(series) = self.components.get_mut(component).and_then(|metrics| metrics.get_mut(metric)) {
            return series.record(sample, caps.samples);
        }
        if self.series >= caps.series || caps.samples == 0 {
            self.refused = self.refused.saturating_add(1);
            return Recorded::Refused;
        }
        self.series += 1;
        let metrics = self.components.entry(component.clone()).or_default();
        metrics.entry(metric.clone()).or_default().record(sample, caps.samples)
    }

    /// Drops everything of a component that is gone.
    pub fn forget(&mut self, component: &str) {
        let gone = self.components.remove(component).map_or(0, |metrics| metrics.len());
        self.series = self.series.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    }

    /// The newest value, unless it is older than `stale_after`.
    pub fn value(&self, component: &str, metric: &str, now: Time, stale_after: Span) -> Lookup {
        match self.newest(component, metric, now) {
            None => Lookup::Missing,
            Some((at, _)) if now.since(at) > stale_after => Lookup::Stale(at),
            Some((_, value)) => Lookup::Value(Value::Number(value)),
        }
    }

    /// A function over recent samples; what counts as covered is said in [`window`].
    pub fn window(
        &self,
        (component, metric): (&str, &str),
        (function, extent): (Function, Option<Extent>),
        now: Time,
        stale_after: Span,
    ) -> Lookup {
        let fresh = self.value(component, metric, now, stale_after);
        let (Lookup::Value(_), Some(series)) = (&fresh, self.find(component, metric)) else { return fresh };
        let value = match (function, extent) {
            (Function::Baseline, _) => series.baseline(now),
            (Function::Last, None) => return fresh,
            (_, None) => None,
            (_, Some(Extent::Samples(n))) => {
                let samples = series.newest(n, now);
                let filled = u32::try_from(samples.len()).is_ok_and(|found| found >= n);
                if filled { window::apply(function, &samples) } else { None }
            }
            (_, Some(Extent::Time(span))) => {
                let start = now.before(span);
                let samples: Vec<Sample> = series.between(start, now).collect();
                let covered = window::is_covered(&samples, start, now, stale_after);
                if covered { window::apply(function, &samples) } else { None }
            }
        };
        value.map_or(Lookup::Uncovered, |value| Lookup::Value(Value::Number(value)))
    }

    /// The metrics kept of a component.
    pub fn of<'a>(&'a self, component: &str) -> impl Iterator<Item = &'a Name> + use<'a> {
        self.components.get(component).into_iter().flat_map(|metrics| metrics.keys())
    }

    /// The samples of one metric from `start` to `end`, in the order of time.
    pub fn between(
        &self,
        (component, metric): (&str, &str),
        start: Time,
        end: Time,
    ) -> impl Iterator<Item = Sample> + '_ {
        self.find(component, metric).into_iter().flat_map(move |series| series.between(start, end))
    }

    /// How many series are kept.
    pub fn series(&self) -> u32 {
        self.series
    }

    /// How many samples were refused because there were too many series.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn find(&self, component: &str, metric: &str) -> Option<&Series> {
        self.components.get(component)?.get(metric)
    }

    fn newest(&self, component: &str, metric: &str, now: Time) -> Option<(Time, Finite)> {
        self.find(component, metric)?.newest(1, now).first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: Caps = Caps { series: 3, samples: 4 };
    const STALE: Span = Span::from_secs(30);

    fn at(second: i64) -> Time {
        Time::from_ms(second * 1_000)
    }

    fn put(metrics: &mut Metrics, component: &str, second: i64, value: f64) -> Recorded {
        let sample = (at(second), Finite::new(value).unwrap());
        metrics.record(&Name::new(component), &Name::new("cpu"), sample, at(100_000), CAPS)
    }

    fn number(value: f64) -> Lookup {
        Lookup::Value(Value::Number(Finite::new(value).unwrap()))
    }

    #[test]
    fn late_samples_find_their_place_and_duplicates_are_dropped() {
        let mut metrics = Metrics::default();
        let results = [(10, 1.0), (30, 3.0), (20, 2.0), (20, 9.0)].map(|(s, v)| put(&mut metrics, "web", s, v));
        assert_eq!(results, [Recorded::Added, Recorded::Added, Recorded::Added, Recorded::Duplicate]);
        let change = (Function::Change, Some(Extent::Samples(2)));
        assert_eq!(metrics.window(("web", "cpu"), change, at(30), STALE), number(1.0));
        assert_eq!(metrics.window(("web", "cpu"), change, at(29), STALE), number(1.0), "the future is not seen");
    }

    #[test]
    fn a_full_series_drops_its_oldest_and_refuses_what_is_older() {
        let mut metrics = Metrics::default();
        for second in [10, 20, 30, 40, 50] {
            assert_eq!(put(&mut metrics, "web", second, 1.0), Recorded::Added);
        }
        assert_eq!(put(&mut metrics, "web", 15, 1.0), Recorded::Late);
        let all = (Function::Count, Some(Extent::Samples(4)));
        assert_eq!(metrics.window(("web", "cpu"), all, at(50), STALE), number(4.0));
        let more = (Function::Count, Some(Extent::Samples(5)));
        assert_eq!(metrics.window(("web", "cpu"), more, at(50), STALE), Lookup::Uncovered);
    }

    #[test]
    fn one_series_too_many_is_refused_and_counted_until_another_goes() {
        let mut metrics = Metrics::default();
        let results = ["a", "b", "c", "d"].map(|component| put(&mut metrics, component, 1, 1.0));
        assert_eq!(results[2..], [Recorded::Added, Recorded::Refused]);
        assert_eq!((metrics.series(), metrics.refused()), (3, 1));
        metrics.forget("a");
        assert_eq!(put(&mut metrics, "d", 1, 1.0), Recorded::Added);
    }

    #[test]
    fn values_grow_stale_and_windows_need_cover() {
        let mut metrics = Metrics::default();
        for second in [10, 30, 50] {
            put(&mut metrics, "web", second, second as f64);
        }
        assert_eq!(metrics.value("web", "cpu", at(80), STALE), number(50.0));
        assert_eq!(metrics.value("web", "cpu", at(81), STALE), Lookup::Stale(at(50)));
        assert_eq!(metrics.value("web", "disk", at(50), STALE), Lookup::Missing);
        assert_eq!(metrics.value("web", "cpu", at(9), STALE), Lookup::Missing);
        let avg = |span| (Function::Avg, Some(Extent::Time(Span::from_secs(span))));
        assert_eq!(metrics.window(("web", "cpu"), avg(41), at(50), STALE), number(30.0));
        assert_eq!(metrics.window(("web", "cpu"), avg(40), at(50), STALE), number(40.0), "its start is outside");
        assert_eq!(metrics.window(("web", "cpu"), avg(71), at(50), STALE), Lookup::Uncovered);
        assert_eq!(metrics.window(("web", "cpu"), avg(41), at(90), STALE), Lookup::Stale(at(50)));
    }

    #[test]
    fn the_baseline_is_the_same_hour_yesterday_or_else_the_hours_before_this_one() {
        let mut metrics = Metrics::default();
        let hour = 3_600;
        put(&mut metrics, "web", 10, 100.0);
        let baseline = (Function::Baseline, None);
        let ask = |metrics: &Metrics, second| metrics.window(("web", "cpu"), baseline, at(second), Span::MAX);
        assert_eq!(ask(&metrics, 20), Lookup::Uncovered, "this hour is no baseline of itself");
        put(&mut metrics, "web", hour, 2.0);
        put(&mut metrics, "web", hour + 1, 4.0);
        assert_eq!(ask(&metrics, hour + 5), number(100.0));
        assert_eq!(ask(&metrics, 2 * hour), number(51.5));
        for later in 2..=25 {
            put(&mut metrics, "web", later * hour, 7.0);
        }
        assert_eq!(ask(&metrics, 25 * hour), number(3.0));
    }

    #[test]
    fn a_snapshot_restores_the_same_store() {
        let mut metrics = Metrics::default();
        for second in 0..5 {
            put(&mut metrics, "web", second, 0.1 * second as f64);
            put(&mut metrics, "db", second, 3.0);
        }
        let json = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&json).unwrap(), metrics);
    }
}
