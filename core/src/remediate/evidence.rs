//! What metrics say of a run: whether they get worse in the minutes after it, and how they stand to the same time in the
//! last day (SPEC R7). What was not measured gives no evidence, and that is said.

use crate::knowledge::Knowledge;
use crate::knowledge::evaluate::Lookup;
use crate::model::value::Value;
use crate::policy::condition::{Comparator, Condition, Expr, Function, Kind, Path};
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Fewer samples than this show no trend.
const FEWEST: u32 = 3;
/// Worse by less than this share is no trend.
const TOLERANCE: f64 = 0.05;

/// What was measured of one metric since a verification began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    count: u32,
    mean: Finite,
    first: Finite,
    last: Finite,
    at: Time,
}

/// Which way a metric gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// When it falls.
    Down,
    /// When it rises.
    Up,
}

/// What was found of one part of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Which part.
    pub part: &'static str,
    /// `passed`, `failed`, `no evidence`.
    pub found: &'static str,
    /// What was compared.
    pub detail: String,
}

impl Tally {
    /// With one more sample, in the order of time; one that is older counts in the mean only.
    pub fn with(before: Option<Tally>, at: Time, value: Finite) -> Tally {
        let Some(tally) = before else { return Tally { count: 1, mean: value, first: value, last: value, at } };
        let count = tally.count.saturating_add(1);
        let mean = tally.mean.value() + (value.value() - tally.mean.value()) / f64::from(count);
        let last = if at >= tally.at { value } else { tally.last };
        let mean = Finite::new(mean).unwrap_or(tally.mean);
        Tally { count, mean, first: tally.first, last, at: tally.at.max(at) }
    }

    /// Whether it got worse: at its end, and taken together. Unset: too little was measured.
    fn worsens(&self, worse: Worse) -> Option<bool> {
        if self.count < FEWEST {
            return None;
        }
        let sign = if worse == Worse::Up { 1.0 } else { -1.0 };
        let by = |value: Finite| (value.value() - self.first.value()) * sign;
        let least = self.first.value().abs() * TOLERANCE;
        Some(by(self.last) > least && by(self.mean) > 0.0)
    }
}

/// The metrics of the component that the trigger or the verification names, and which way each gets worse.
pub fn directions(trigger: Option<&Condition>, verification: Option<&Condition>) -> BTreeMap<Name, Worse> {
    let mut found = BTreeMap::new();
    let mut take = |condition: Option<&Condition>, good: bool| {
        if let Some(condition) = condition {
            collect(condition.expr(), good, &mut found);
        }
    };
    take(verification, true);
    take(trigger, false);
    found
}

/// `good`: that the condition is true is what is wanted.
fn collect(expr: &Expr, good: bool, into: &mut BTreeMap<Name, Worse>) {
    match &expr.kind {
        Kind::And(all) | Kind::Or(all) => all.iter().for_each(|part| collect(part, good, into)),
        Kind::Not(inner) => collect(inner, !good, into),
        Kind::Compare(comparator, sides) => {
            let [left, right] = &**sides;
            let (name, flipped) = match (own(left), own(right)) {
                (Some(path), None) => (path, false),
                (None, Some(path)) => (path, true),
                _ => return,
            };
            let above = match comparator {
                Comparator::Greater | Comparator::GreaterEqual => true,
                Comparator::Less | Comparator::LessEqual => false,
                _ => return,
            };
            let worse = if (above != flipped) != good { Worse::Up } else { Worse::Down };
            into.entry(Name::new(&name.name)).or_insert(worse);
        }
        _ => {}
    }
}

/// The metric of the component at hand that a side of a comparison is about.
fn own(expr: &Expr) -> Option<&Path> {
    let path = match &expr.kind {
        Kind::Name(path, _) => path,
        Kind::Window(window) => &window.path,
        _ => return None,
    };
    path.component.is_none().then_some(path)
}

/// Whether any of the metrics with a direction got worse since the verification began.
pub fn trend(directions: &BTreeMap<Name, Worse>, tallies: &BTreeMap<Name, Tally>) -> Weighed {
    let mut seen = false;
    for (metric, worse) in directions {
        let Some(tally) = tallies.get(metric) else { continue };
        match tally.worsens(*worse) {
            Some(true) => {
                let detail = format!("`{metric}` went from {} to {}", tally.first, tally.last);
                return Weighed { part: "trend", found: "failed", detail };
            }
            Some(false) => seen = true,
            None => {}
        }
    }
    let names: alloc::vec::Vec<&str> = directions.keys().map(Name::as_str).collect();
    let names = names.join(", ");
    match seen {
        true => Weighed { part: "trend", found: "passed", detail: format!("{names} did not get worse") },
        false => {
            Weighed { part: "trend", found: "no evidence", detail: format!("{names}: fewer than {FEWEST} samples") }
        }
    }
}

/// How far a metric may be from the same time in the last day.
fn tolerance(metric: &str) -> Option<(Worse, f64)> {
    let is = |word: &str| metric == word || metric.ends_with(&format!("_{word}"));
    if is("error_rate") {
        Some((Worse::Up, 1.1))
    } else if is("latency") || is("response_time") {
        Some((Worse::Up, 1.2))
    } else if is("throughput") || is("request_rate") {
        Some((Worse::Down, 0.9))
    } else {
        None
    }
}

/// Whether metrics are kept whose part the baseline is.
pub fn is_compared(metric: &Name) -> bool {
    tolerance(metric.as_str()).is_some()
}

/// Whether errors, latency and throughput since the verification began are near the same time in the last day. Nothing
/// where none of them is measured here at all.
pub fn baseline(
    component: &Name,
    tallies: &BTreeMap<Name, Tally>,
    knowledge: &Knowledge,
    now: Time,
) -> Option<Weighed> {
    let weighed = |found, detail| Some(Weighed { part: "baseline", found, detail });
    let kept = || knowledge.metrics.of(component.as_str()).filter(|metric| is_compared(metric));
    kept().next()?;
    let mut compared = String::new();
    for metric in kept() {
        let (Some((worse, factor)), Some(tally)) = (tolerance(metric.as_str()), tallies.get(metric)) else { continue };
        let Some(usual) = usual(component, metric, knowledge, now) else { continue };
        let detail = format!("`{metric}` {}, usually {usual}", tally.mean);
        if is_off(worse, tally.mean.value(), usual.value(), factor) {
            return weighed("failed", detail);
        }
        compared = detail;
    }
    match compared.is_empty() {
        true => weighed("no evidence", "nothing measured now and at the same time in the last day".into()),
        false => weighed("passed", compared),
    }
}

/// The same time in the last day.
pub fn usual(component: &Name, metric: &Name, knowledge: &Knowledge, now: Time) -> Option<Finite> {
    let asked = ((component.as_str(), metric.as_str()), (Function::Baseline, None));
    match knowledge.metrics.window(asked.0, asked.1, now, Span::MAX) {
        Lookup::Value(Value::Number(usual)) => Some(usual),
        _ => None,
    }
}

/// With a floor at zero: no error is never too many, and of what was nothing nothing can be missing.
fn is_off(worse: Worse, now: f64, usual: f64, factor: f64) -> bool {
    let limit = usual.max(0.0) * factor;
    match worse {
        Worse::Down => limit > 0.0 && now <= limit,
        Worse::Up => now > 0.0 && now >= limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::condition::Open;

    fn number(value: f64) -> Finite {
        Finite::new(value).unwrap()
    }

    fn tally(values: &[f64]) -> Tally {
        let samples = (0..).zip(values);
        samples.fold(None, |tally, (at, value)| Some(Tally::with(tally, Time::from_ms(at), number(*value)))).unwrap()
    }

    #[test]
    fn r7_which_way_a_metric_gets_worse_follows_from_what_is_asked_of_it() {
        let of = |trigger: &str, verification: &str| {
            let parse = |text: &str| (!text.is_empty()).then(|| Condition::parse(text, &Open).unwrap());
            directions(parse(trigger).as_ref(), parse(verification).as_ref())
        };
        let one = |name: &str, worse| BTreeMap::from([(Name::new(name), worse)]);
        assert_eq!(of("cpu_usage > 85", ""), one("cpu_usage", Worse::Up));
        assert_eq!(of("85 < cpu_usage", ""), one("cpu_usage", Worse::Up));
        assert_eq!(of("throughput_percent <= 10", ""), one("throughput_percent", Worse::Down));
        assert_eq!(of("", "cpu_usage < 70"), one("cpu_usage", Worse::Up));
        assert_eq!(of("", "avg(cpu_usage, 5m) >= 70"), one("cpu_usage", Worse::Down));
        assert_eq!(of("", "NOT cpu_usage > 70"), one("cpu_usage", Worse::Up));
        assert_eq!(of("state == unhealthy", "db.cpu_usage < 3"), BTreeMap::new());
    }

    #[test]
    fn r7_a_trend_takes_three_samples_and_more_than_noise() {
        assert_eq!(tally(&[10.0, 20.0]).worsens(Worse::Up), None);
        assert_eq!(tally(&[10.0, 20.0, 30.0]).worsens(Worse::Up), Some(true));
        assert_eq!(tally(&[10.0, 20.0, 30.0]).worsens(Worse::Down), Some(false));
        assert_eq!(tally(&[30.0, 20.0, 10.0]).worsens(Worse::Down), Some(true));
        assert_eq!(tally(&[100.0, 105.0, 105.0]).worsens(Worse::Up), Some(false), "five percent is noise");
        assert_eq!(tally(&[100.0, 105.0, 105.1]).worsens(Worse::Up), Some(true));
        assert_eq!(tally(&[100.0, 50.0, 106.0]).worsens(Worse::Up), Some(false), "one value is no trend");
        assert_eq!(tally(&[0.0, 0.0, 0.1]).worsens(Worse::Up), Some(true));
    }

    #[test]
    fn r7_the_baseline_has_a_floor_at_zero() {
        assert!(!is_off(Worse::Up, 0.0, 0.0, 1.1));
        assert!(is_off(Worse::Up, 0.1, 0.0, 1.1));
        assert!(!is_off(Worse::Up, 1.09, 1.0, 1.1));
        assert!(is_off(Worse::Up, 1.11, 1.0, 1.1));
        assert!(!is_off(Worse::Down, 0.0, 0.0, 0.9));
        assert!(!is_off(Worse::Down, 0.91, 1.0, 0.9));
        assert!(is_off(Worse::Down, 0.9, 1.0, 0.9));
    }

    #[test]
    fn r7_what_is_compared_is_known_by_its_name() {
        for metric in ["error_rate", "http_error_rate", "latency", "p95_latency", "response_time", "throughput"] {
            assert!(is_compared(&metric.into()), "{metric}");
        }
        assert!(!is_compared(&"cpu_usage".into()));
    }
}
