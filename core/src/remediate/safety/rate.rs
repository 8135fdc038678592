//! Rate limits: runs per resource, by risk and in all, in a sliding window; attempts on a component. Undoing has a reserve.

use crate::model::ids::RunId;
use crate::model::severity::Risk;
use crate::policy::actions::Action;
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::blast::Grip;
use crate::remediate::plan::Plan;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// As many runs are remembered, and a fifth more that are undone; 200 bytes each. Past it none begins.
pub(super) const MOST: u32 = 50_000;

/// One run in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    at: Time,
    run: RunId,
    component: Name,
    /// Taken from the reserve that only undoing may use.
    reserve: bool,
    /// What it touches besides.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    touched: BTreeSet<Name>,
    /// The highest risk among its actions.
    #[serde(default)]
    risk: Risk,
}

impl Token {
    fn is_on(&self, resource: &Name) -> bool {
        self.component == *resource || self.touched.contains(resource)
    }
}

/// What a run takes from the windows.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The run.
    pub run: RunId,
    /// The component that is sick.
    pub component: Name,
    /// What it touches.
    pub touched: BTreeSet<Name>,
    /// The highest risk among its actions.
    pub risk: Risk,
}

impl Draw {
    /// What a run of `plan` for `component` takes.
    pub fn of(run: RunId, component: &Name, plan: &Plan, actions: &BTreeMap<Name, Arc<Action>>) -> Draw {
        let touched = plan.targets.iter().filter(|(name, grip)| **grip > Grip::None && *name != component);
        Draw {
            run,
            component: component.clone(),
            touched: touched.map(|(name, _)| name.clone()).collect(),
            risk: actions.values().map(|action| action.risk).max().unwrap_or_default(),
        }
    }
}

/// Runs that count, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    tokens: Vec<Token>,
}

/// A limit that is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Stable rule id.
    pub rule: &'static str,
    /// How many there are.
    pub used: u32,
    /// How many there may be.
    pub limit: u32,
    /// When the next one is free.
    pub free_at: Time,
    /// The resource it is about, where it is about one.
    pub resource: Option<Name>,
}

impl Rates {
    /// The limit that a run would pass, if any; a rollback has the whole and the reserve. What has begun to be undone is
    /// undone to its end: its place in the reserve is for all commands of the run.
    pub fn reached(&self, draw: &Draw, safety: &Safety, now: Time, rollback: bool) -> Option<Reached> {
        if rollback && self.tokens.iter().any(|token| token.run == draw.run && token.reserve) {
            return None;
        }
        let keep = safety.rates.window.max(safety.attempts.window);
        let most = if rollback { MOST.saturating_add(MOST / 5) } else { MOST };
        let remembered = match self.tokens.len() < most as usize {
            true => Vec::new(),
            false => self.within(now, keep, |_| true),
        };
        if let Some(reached) = full("rate_limits.remembered", &remembered, most, keep) {
            return Some(reached);
        }
        let (total, window) = (safety.rates.total, safety.rates.window);
        let all = self.within(now, window, |token| rollback || !token.reserve);
        let allowed = if rollback { total.saturating_add(reserve(safety)) } else { total };
        if let Some(reached) = full("rate_limits.total", &all, allowed, window) {
            return Some(reached);
        }
        if rollback {
            return None;
        }
        if let Some(limit) = safety.rates.by_risk.get(&draw.risk) {
            let alike = self.within(now, window, |token| token.risk == draw.risk && !token.reserve);
            if let Some(reached) = full("rate_limits.by_risk", &alike, *limit, window) {
                return Some(reached);
            }
        }
        let resources = [&draw.component].into_iter().chain(&draw.touched);
        resources.into_iter().find_map(|resource| self.reached_on(resource, draw, safety, now))
    }

    fn reached_on(&self, resource: &Name, draw: &Draw, safety: &Safety, now: Time) -> Option<Reached> {
        let window = safety.rates.window;
        let here = self.within(now, window, |token| token.is_on(resource) && !token.reserve);
        let reached = full("rate_limits.per_component", &here, safety.rates.per_component, window).or_else(|| {
            let of = |token: &Token| token.component == *resource && !token.reserve;
            let often = self.within(now, safety.attempts.window, of);
            let limit = (safety.attempts.per_component, safety.attempts.window);
            full("rate_limits.attempts_per_component", &often, limit.0, limit.1).filter(|_| draw.component == *resource)
        });
        reached.map(|reached| Reached { resource: Some(resource.clone()), ..reached })
    }

    /// How many runs count against the total now.
    pub fn used(&self, safety: &Safety, now: Time) -> u32 {
        count(&self.within(now, safety.rates.window, |token| !token.reserve))
    }

    /// Counts a run; once, however often it is called for the same run.
    pub fn take(&mut self, draw: Draw, now: Time, rollback: bool, keep: Span) {
        self.tokens.retain(|token| now.since(token.at) < keep);
        let Draw { run, component, touched, risk } = draw;
        if !self.tokens.iter().any(|token| token.run == run && token.reserve == rollback) {
            self.tokens.push(Token { at: now, run, component, reserve: rollback, touched, risk });
        }
    }

    #[cfg(test)]
    pub(super) fn fill(&mut self, draws: impl Iterator<Item = Draw>, at: Time) {
        self.tokens.extend(draws.map(|draw| {
            let Draw { run, component, touched, risk } = draw;
            Token { at, run, component, reserve: false, touched, risk }
        }));
    }

    #[cfg(test)]
    pub(super) fn consume(&mut self, run: RunId, component: &Name, now: Time, rollback: bool, keep: Span) {
        let draw = Draw { run, component: component.clone(), touched: BTreeSet::new(), risk: Risk::Low };
        self.take(draw, now, rollback, keep);
    }

    /// Gives back what a run that never started had taken.
    pub fn give_back(&mut self, run: RunId) {
        self.tokens.retain(|token| token.run != run || token.reserve);
    }

    /// Gives back the place in the reserve of a run of which nothing was undone.
    pub fn give_back_reserve(&mut self, run: RunId) {
        self.tokens.retain(|token| token.run != run || !token.reserve);
    }

    fn within(&self, now: Time, window: Span, counts: impl Fn(&Token) -> bool) -> Vec<Time> {
        let recent = self.tokens.iter().filter(|token| now.since(token.at) < window && counts(token));
        recent.map(|token| token.at).collect()
    }
}

/// How many runs may be undone beyond the total: at least one, unless the policy gives undoing nothing.
fn reserve(safety: &Safety) -> u32 {
    let percent = safety.rates.rollback_reserve_percent;
    let share = u64::from(safety.rates.total) * u64::from(percent) / 100;
    u32::try_from(share).unwrap_or(u32::MAX).max(percent.min(1))
}

fn count(times: &[Time]) -> u32 {
    u32::try_from(times.len()).unwrap_or(u32::MAX)
}

fn full(rule: &'static str, times: &[Time], limit: u32, window: Span) -> Option<Reached> {
    let used = count(times);
    if used < limit {
        return None;
    }
    let first_to_leave = times.get((used - limit.min(used)) as usize).or(times.last());
    let free_at = first_to_leave.map_or(Time::NEVER, |at| at.after(window));
    Some(Reached { rule, used, limit, free_at, resource: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{incident, second};

    #[test]
    fn g1_a_run_is_remembered_for_as_long_as_it_is_to_be_and_once() {
        let run = |n| RunId::derive(incident("web", "down").id, 0, &"restart".into(), n);
        let (mut rates, keep) = (Rates::default(), Span::from_secs(60));
        rates.consume(run(1), &"web".into(), second(0), false, keep);
        rates.consume(run(1), &"web".into(), second(0), false, keep);
        assert_eq!(rates.tokens.len(), 1);
        rates.consume(run(2), &"web".into(), second(59), false, keep);
        assert_eq!(rates.tokens.len(), 2);
        rates.consume(run(3), &"web".into(), second(60), false, keep);
        assert_eq!(rates.tokens.len(), 2, "the first is a minute old");
    }

    #[test]
    fn g1_what_a_run_gives_back_is_its_own() {
        let run = |n| RunId::derive(incident("web", "down").id, 0, &"restart".into(), n);
        let mut rates = Rates::default();
        for (n, reserve) in [(1, false), (1, true), (2, false), (2, true)] {
            rates.consume(run(n), &"web".into(), second(0), reserve, Span::MAX);
        }
        let left = |rates: &Rates| -> Vec<_> { rates.tokens.iter().map(|token| (token.run, token.reserve)).collect() };
        rates.give_back_reserve(run(1));
        assert_eq!(left(&rates), [(run(1), false), (run(2), false), (run(2), true)]);
        rates.give_back(run(2));
        assert_eq!(left(&rates), [(run(1), false), (run(2), true)]);
    }
}
