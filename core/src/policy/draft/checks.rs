//! Checks: what is asked, how often, and what each tier's defaults make of it.

use super::names::{count, name, secs, span};
use super::probes::{KINDS, ask, supervised_process};
use crate::model::health::Tier;
use crate::model::probe::Probe;
use crate::policy::components::{Ask, Check};
use crate::policy::document::{Fields, Item};
use crate::policy::duration::written;
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// When a component turns DEGRADED.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Preset {
    /// At the second failure.
    #[default]
    Steady,
    /// At the first failure.
    Eager,
}

/// The presets, as policies spell them.
pub(super) const PRESETS: [(&str, Preset); 2] = [("steady", Preset::Steady), ("eager", Preset::Eager)];

/// What the component says about all of its checks.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// When it turns DEGRADED, unless the check itself says.
    pub preset: Preset,
    /// Whether the host keeps its process.
    pub supervised: bool,
}

/// The fields of a check: the kinds first, then what each kind can have.
const FIELDS: [&str; 30] = [
    "http",
    "tcp",
    "exec",
    "process",
    "heartbeat",
    "metric",
    "postgres",
    "redis",
    "certificate",
    "filesystem",
    "node",
    "prometheus",
    "queue",
    "workflow",
    "custom",
    "name",
    "tier",
    "preset",
    "interval",
    "interval_seconds",
    "timeout",
    "timeout_seconds",
    "initial_delay",
    "initial_delay_seconds",
    "failure_threshold",
    "degraded_threshold",
    "success_threshold",
    "recheck_interval",
    "recheck_interval_seconds",
    "consistency",
];

const TIERS: [(&str, Tier); 3] =
    [("shallow", Tier::Shallow), ("deep", Tier::Deep), ("comprehensive", Tier::Comprehensive)];

const SHORTEST: Span = Span::from_ms(100);
const LONGEST: Span = Span::from_secs(30 * 86_400);

/// The checks of one component, each with a name of its own.
pub(super) fn checks(item: &Item<'_>, context: Context) -> Option<Vec<Check>> {
    let mut taken = BTreeSet::new();
    item.one_or_many(|item| {
        let (check, named) = check(item, context)?;
        if !named {
            return Some(unnamed(check, &mut taken));
        }
        if !taken.insert(check.name.clone()) {
            let message = format!("this component already has a check named `{}`", check.name);
            item.report(item.error(message).help("give each check a name of its own"));
            return None;
        }
        Some(check)
    })
}

/// The check of a supervised process that asks nothing else: that it runs.
pub(super) fn alive() -> Check {
    let ask = Ask::Probe(Arc::new(Probe::Process { pid_file: None, program: None }));
    Timing::of(Tier::Shallow).check(Name::new("process"), Tier::Shallow, ask, Preset::Steady)
}

/// A check as old policies write it on the component itself, every 60 s with 5 s to answer.
pub(super) fn plain(kind: &Name, probe: Probe, fields: &Fields<'_>, preset: Preset) -> Check {
    let usual = Timing { interval: secs(60), timeout: secs(5), failures: 3 };
    let timing = timing(fields, usual, None);
    timing.check(kind.clone(), Tier::Shallow, Ask::Probe(Arc::new(probe)), preset)
}

/// One check, and whether it was given a name.
fn check(item: &Item<'_>, context: Context) -> Option<(Check, bool)> {
    if item.is_scalar() {
        return bare(item, context).map(|check| (check, false));
    }
    let fields = item.fields("a check", &FIELDS)?;
    let given = fields.get("name", name);
    let tier = fields.or("tier", Tier::Shallow, |item| item.one_of(&TIERS));
    let preset = fields.or("preset", context.preset, |item| item.one_of(&PRESETS));
    let kind = fields.exactly_one(&KINDS);
    let asked = kind.and_then(|kind| fields.get(kind, |item| ask(kind, item, context.supervised)));
    let within = match &asked {
        Some(Ask::Heartbeat { within }) => Some(*within),
        _ => None,
    };
    let usual = Timing::of(tier);
    let timing = timing(&fields, usual, within);
    let failures = fields.get("failure_threshold", |item| count(item, 1..=100));
    let degraded = fields.get("degraded_threshold", |item| count(item, 1..=100));
    let successes = fields.or("success_threshold", 2, |item| count(item, 1..=100));
    let delay = span(&fields, "initial_delay", Span::ZERO..=secs(86_400));
    let recheck = recheck(&fields, timing.timeout);
    report_slow_answer(&fields, asked.as_ref(), timing.timeout);
    let kind = Name::new(kind?);
    let mut check = Timing { failures: failures.unwrap_or(usual.failures), ..timing }.check(kind, tier, asked?, preset);
    check.degraded_threshold = degraded.unwrap_or(check.degraded_threshold);
    check.success_threshold = successes;
    check.initial_delay = delay.unwrap_or(check.initial_delay);
    check.consistency = fields.or("consistency", false, Item::boolean);
    check.recheck_interval = recheck.unwrap_or(check.recheck_interval);
    let named = given.is_some();
    check.name = given.unwrap_or(check.name);
    Some((check, named))
}

/// The pause before the next ask after a failure, in which the answer to the last one must come.
fn recheck(fields: &Fields<'_>, timeout: Span) -> Option<Span> {
    let recheck = span(fields, "recheck_interval", Span::from_ms(1)..=LONGEST)?;
    if recheck > timeout {
        return Some(recheck);
    }
    let message = format!(
        "`recheck_interval` must be longer than the timeout, which is `{}`, found `{}`",
        written(timeout),
        written(recheck)
    );
    let spelled = if fields.has("recheck_interval") { "recheck_interval" } else { "recheck_interval_seconds" };
    fields.get::<()>(spelled, |item| {
        item.report(item.error(message).help("an answer must be in before the next ask: lower `timeout`"));
        None
    });
    None
}

/// A limit on the time of an answer that the timeout always comes before.
fn report_slow_answer(fields: &Fields<'_>, asked: Option<&Ask>, timeout: Span) {
    let Some(Ask::Probe(probe)) = asked else { return };
    if let Probe::Http { latency: Some(latency), .. } = **probe
        && latency >= timeout
    {
        let (latency, timeout) = (written(latency), written(timeout));
        let warning = fields.item().warning(format!("a `latency` of {latency} never counts: the timeout is {timeout}"));
        fields.item().report(warning.help("lower `latency`, or raise `timeout`"));
    }
}

/// How often a check asks, and how many failures confirm a fault.
#[derive(Clone, Copy)]
struct Timing {
    interval: Span,
    timeout: Span,
    failures: u32,
}

impl Timing {
    /// A tier's defaults (SPEC H2). "One failure after two rechecks" is the third failure in a row.
    const fn of(tier: Tier) -> Timing {
        match tier {
            Tier::Shallow => Timing { interval: secs(10), timeout: secs(1), failures: 3 },
            Tier::Deep => Timing { interval: secs(30), timeout: secs(5), failures: 3 },
            Tier::Comprehensive => Timing { interval: secs(600), timeout: secs(30), failures: 1 },
        }
    }

    /// A check with this timing. Only shallow checks pass through DEGRADED on their way, unless the preset is eager.
    fn check(self, name: Name, tier: Tier, ask: Ask, preset: Preset) -> Check {
        let degraded = match (preset, tier) {
            (Preset::Eager, _) => 1,
            (Preset::Steady, Tier::Shallow) => self.failures.min(2),
            (Preset::Steady, _) => self.failures,
        };
        Check {
            name,
            tier,
            ask,
            interval: self.interval,
            timeout: self.timeout,
            initial_delay: Span::ZERO,
            failure_threshold: self.failures,
            degraded_threshold: degraded,
            success_threshold: 2,
            recheck_interval: self.timeout.plus(secs(1)).max(self.interval.min(secs(5))),
            consistency: false,
        }
    }
}

/// Interval and timeout as given or as usual. A usual timeout gives way to a short interval, a given one must fit.
fn timing(fields: &Fields<'_>, usual: Timing, within: Option<Span>) -> Timing {
    let given = span(fields, "interval", SHORTEST..=LONGEST);
    let interval = given.unwrap_or_else(|| within.map_or(usual.interval, |within| usual.interval.min(within)));
    let timeout = span(fields, "timeout", Span::from_ms(1)..=secs(3_600));
    if let Some(timeout) = timeout.filter(|timeout| *timeout >= interval) {
        let message =
            format!("the timeout `{}` is not shorter than the interval `{}`", written(timeout), written(interval));
        let spelled = if fields.has("timeout") { "timeout" } else { "timeout_seconds" };
        fields.get(spelled, |item| {
            item.report(item.error(message).help("an answer must be in before the next ask: raise `interval`"));
            Some(())
        });
    }
    let usual_timeout = usual.timeout.min(Span::from_ms(interval.ms() / 2));
    Timing { interval, timeout: timeout.unwrap_or(usual_timeout), failures: usual.failures }
}

/// `- process`: a kind that needs nothing more.
fn bare(item: &Item<'_>, context: Context) -> Option<Check> {
    match item.text()? {
        "process" => supervised_process(item, context.supervised).map(|_| alive()),
        word => {
            let problem = item.error(format!("`{}` alone is no check", shown(word)));
            item.report(problem.help("write `- http: URL`, `- tcp: host:port`, `- exec: [program, …]` or `- process`"));
            None
        }
    }
}

fn unnamed(check: Check, taken: &mut BTreeSet<Name>) -> Check {
    let mut name = check.name.clone();
    let mut n = 2;
    while !taken.insert(name.clone()) {
        name = Name::new(&format!("{}-{n}", check.name));
        n += 1;
    }
    Check { name, ..check }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_field() {
        assert!(KINDS.iter().all(|kind| FIELDS.contains(kind)));
    }

    #[test]
    fn each_tier_has_its_timing() {
        let known = [(Tier::Shallow, 10, 1, 3, 2), (Tier::Deep, 30, 5, 3, 3), (Tier::Comprehensive, 600, 30, 1, 1)];
        for (tier, interval, timeout, failures, degraded) in known {
            let ask = Ask::Heartbeat { within: secs(1) };
            let check = Timing::of(tier).check(Name::new("it"), tier, ask, Preset::Steady);
            assert_eq!((check.interval, check.timeout), (secs(interval), secs(timeout)));
            assert_eq!((check.failure_threshold, check.degraded_threshold), (failures, degraded));
        }
    }
}
