//! Circuit breakers: per playbook and component, per playbook, and one for all.
//!
//! | from | to | when |
//! |---|---|---|
//! | closed | open | so many failures in a row, or more than half of the last ten; the one for all not by a row of one component |
//! | open | half open | after the cooldown |
//! | half open | closed | the one run it lets through succeeds |
//! | half open | open | that run fails; the cooldown doubles |
//!
//! Source: M. Nygard, *Release It!*, "Circuit Breaker".

use crate::policy::safety::Breaker as Settings;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// How many results a breaker remembers, unless its share is taken over more.
const REMEMBERED: usize = 64;

/// How many breakers of a playbook on a component are remembered; 400 bytes each. Past it one is forgotten that is closed: one
/// without a failure, else the one that has not failed for the longest time; where there is none that may be, what is not
/// remembered counts as open. Those of a playbook, and the one for all, are always remembered.
const MOST: usize = 20_000;

/// For how long the failures of a breaker that is closed are held against anything, once that is too many to remember.
const HELD: Span = Span::from_mins(30 * 24 * 60);

/// What is said of a breaker whose results cannot be remembered.
pub const FORGOTTEN: &str = "forgotten";

/// Which breaker: a playbook on a component, a playbook, or all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The playbook; unset: all playbooks together.
    pub playbook: Option<Name>,
    /// The component; unset: on any.
    pub component: Option<Name>,
}

impl Scope {
    /// The three breakers that a run of `playbook` on `component` has to do with, the narrowest first.
    pub fn of(playbook: &Name, component: &Name) -> [Scope; 3] {
        [
            Scope { playbook: Some(playbook.clone()), component: Some(component.clone()) },
            Scope { playbook: Some(playbook.clone()), component: None },
            Scope { playbook: None, component: None },
        ]
    }

    /// Whether a run of `playbook` on `component` has to do with it.
    pub fn covers(&self, playbook: &Name, component: &Name) -> bool {
        self.playbook.as_ref().is_none_or(|own| own == playbook)
            && self.component.as_ref().is_none_or(|own| own == component)
    }
}

impl fmt::Display for Scope {
    /// `library/restart on web`, with `all` and `any` where it is not about one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (playbook, component) = (self.playbook.as_ref(), self.component.as_ref());
        write!(f, "{} on {}", playbook.map_or("all", Name::as_str), component.map_or("any", Name::as_str))
    }
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Closed,
    /// One run.
    HalfOpen,
    /// Nothing, until then at least.
    Open(Time),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The last results, oldest first; `true` is a success.
    results: Vec<bool>,
    opened: Option<Time>,
    /// How often it opened without closing in between.
    openings: u32,
    /// The components of the present row of failures, two of them at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    row: Vec<Name>,
    /// When the last result came.
    #[serde(default)]
    last: Time,
}

impl Record {
    fn take(&mut self, component: &Name, success: bool, sample: u32, now: Time) {
        self.last = now;
        if self.results.len() >= REMEMBERED.max(sample as usize) {
            self.results.remove(0);
        }
        self.results.push(success);
        if success {
            self.row.clear();
        } else if self.row.len() < 2 && !self.row.contains(component) {
            self.row.push(component.clone());
        }
    }

    /// Whether nothing is lost when it is forgotten: it is closed, and no failure is remembered but very old ones.
    fn is_clean(&self, now: Time) -> bool {
        self.opened.is_none() && (now.since(self.last) >= HELD || !self.results.contains(&false))
    }

    fn in_a_row(&self) -> u32 {
        let row = self.results.iter().rev().take_while(|success| !**success).count();
        u32::try_from(row).unwrap_or(u32::MAX)
    }

    /// How many more failures in a row it takes. What fails again and again on one component says little of all playbooks
    /// everywhere: theirs takes a failure on another one too.
    fn left(&self, scope: &Scope, settings: &Settings) -> u32 {
        let left = settings.consecutive.saturating_sub(self.in_a_row());
        let narrow = scope.playbook.is_some() || settings.consecutive < 2 || self.row.len() > 1;
        if narrow { left } else { left.max(1) }
    }

    fn trips(&self, scope: &Scope, settings: &Settings) -> bool {
        let sample: Vec<bool> = self.results.iter().rev().take(settings.sample as usize).copied().collect();
        let failures = sample.iter().filter(|success| !**success).count();
        let half = sample.len() >= settings.sample as usize
            && failures * 100 > sample.len() * settings.failure_percent as usize;
        half || self.left(scope, settings) == 0
    }
}

/// All breakers, with their results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Breakers {
    #[serde(with = "pairs")]
    records: BTreeMap<Scope, Record>,
}

impl Breakers {
    /// What the breaker of `scope` lets through at `now`.
    pub fn state(&self, scope: &Scope, settings: &Settings, now: Time) -> State {
        let Some(record) = self.records.get(scope) else {
            let known = self.remembers(scope, now);
            return if known { State::Closed } else { State::Open(now.after(settings.cooldown)) };
        };
        let Record { opened: Some(opened), openings, .. } = record else { return State::Closed };
        let doublings = openings.saturating_sub(1).min(20);
        let until = opened.after(settings.cooldown.times(1 << doublings));
        if now < until { State::Open(until) } else { State::HalfOpen }
    }

    /// Whether the results of `scope` are remembered, or could be.
    pub fn remembers(&self, scope: &Scope, now: Time) -> bool {
        let narrow = |(scope, record): (&Scope, &Record)| scope.component.is_some() && record.is_clean(now);
        self.records.contains_key(scope)
            || scope.component.is_none()
            || self.records.len() < MOST
            || self.records.iter().any(narrow)
    }

    /// How many failures in a row the breaker of `scope` has seen.
    pub fn failures_in_a_row(&self, scope: &Scope) -> u32 {
        self.records.get(scope).map_or(0, Record::in_a_row)
    }

    /// How many more failures in a row open the breaker of `scope`, which is closed.
    pub fn left(&self, scope: &Scope, settings: &Settings) -> u32 {
        self.records.get(scope).map_or(settings.consecutive, |record| record.left(scope, settings))
    }

    /// Takes a result in; names the breakers that changed, with what they changed to, and those for which there is no room.
    pub fn record(
        &mut self,
        playbook: &Name,
        component: &Name,
        success: bool,
        settings: &Settings,
        now: Time,
    ) -> Vec<(Scope, &'static str)> {
        let mut changed = Vec::new();
        for scope in Scope::of(playbook, component) {
            let before = self.state(&scope, settings, now);
            if !self.has_room(&scope, now) {
                changed.push((scope, FORGOTTEN));
                continue;
            }
            let record = self.records.entry(scope.clone()).or_default();
            record.take(component, success, settings.sample, now);
            match (before, success) {
                (State::Closed, _) if record.trips(&scope, settings) => {
                    record.opened = Some(now);
                    record.openings = 1;
                    changed.push((scope, "open"));
                }
                (State::HalfOpen, false) => {
                    record.opened = Some(now);
                    record.openings = record.openings.saturating_add(1);
                    changed.push((scope, "open"));
                }
                (State::HalfOpen, true) => {
                    *record = Record::default();
                    changed.push((scope, "closed"));
                }
                (State::Closed | State::Open(_), _) => {}
            }
        }
        changed
    }

    /// Whether the results of `scope` can be remembered; for that, one may be forgotten that says little.
    fn has_room(&mut self, scope: &Scope, now: Time) -> bool {
        if self.records.len() < MOST || scope.component.is_none() || self.records.contains_key(scope) {
            return true;
        }
        let narrow = self.records.iter().filter(|(scope, record)| scope.component.is_some() && record.is_clean(now));
        let order = |(_, record): &(&Scope, &Record)| (record.results.contains(&false), record.last);
        let least = narrow.min_by_key(order).map(|(scope, _)| scope.clone());
        least.is_some_and(|least| self.records.remove(&least).is_some())
    }

    /// Closes a breaker by hand, or forgets its failures; whether there was anything to forget.
    pub fn reset(&mut self, scope: &Scope) -> bool {
        let failed = |record: &Record| record.opened.is_some() || record.results.contains(&false);
        self.records.get(scope).is_some_and(failed) && self.records.remove(scope).is_some()
    }

    /// Forgets what is known of a component that is gone, but for breakers that are open: it may come back.
    pub fn forget(&mut self, component: &Name) {
        self.records.retain(|scope, record| record.opened.is_some() || scope.component.as_ref() != Some(component));
    }

    /// The breakers that are not closed, with how they stand at `now`.
    pub fn open_scopes(&self, settings: &Settings, now: Time) -> Vec<(Scope, State)> {
        let states = self.records.keys().map(|scope| (scope.clone(), self.state(scope, settings, now)));
        states.filter(|(_, state)| *state != State::Closed).collect()
    }
}

/// The longest a breaker can stay open.
pub fn longest(settings: &Settings) -> Span {
    settings.cooldown.times(1 << 20)
}

/// A map with structured keys, in JSON a list of pairs.
mod pairs {
    use super::{BTreeMap, Record, Scope, Vec};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(map: &BTreeMap<Scope, Record>, serializer: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Scope, Record>, D::Error> {
        Ok(Vec::<(Scope, Record)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
