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

/// How many breakers are remembered; 400 bytes each. Past it one is forgotten that has nothing against anything; where there
/// is none, what is not remembered counts as open.
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
            return if self.is_full(now) { State::Open(now.after(settings.cooldown)) } else { State::Closed };
        };
        let Record { opened: Some(opened), openings, .. } = record else { return State::Closed };
        let doublings = openings.saturating_sub(1).min(20);
        let until = opened.after(settings.cooldown.times(1 << doublings));
        if now < until { State::Open(until) } else { State::HalfOpen }
    }

    /// Whether no more can be remembered: what is known of those that are not is nothing.
    fn is_full(&self, now: Time) -> bool {
        self.records.len() >= MOST && !self.records.values().any(|record| record.is_clean(now))
    }

    /// Whether the results of `scope` are remembered, or could be.
    pub fn remembers(&self, scope: &Scope, now: Time) -> bool {
        self.records.contains_key(scope) || !self.is_full(now)
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

    /// Whether the results of `scope` can be remembered; for that, one may be forgotten that was never against anything.
    fn has_room(&mut self, scope: &Scope, now: Time) -> bool {
        if self.records.len() < MOST || self.records.contains_key(scope) {
            return true;
        }
        let clean = self.records.iter().find(|(_, record)| record.is_clean(now)).map(|(scope, _)| scope.clone());
        clean.is_some_and(|clean| self.records.remove(&clean).is_some())
    }

    /// Closes a breaker by hand; whether there was one to close.
    pub fn reset(&mut self, scope: &Scope) -> bool {
        self.records.remove(scope).is_some_and(|record| record.opened.is_some())
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
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { consecutive: 3, failure_percent: 50, sample: 10, cooldown: Span::from_mins(60), manual_reset: true }
    }

    fn feed(results: &[bool]) -> (Breakers, Scope) {
        let (playbook, component) = (Name::new("restart"), Name::new("web"));
        let mut breakers = Breakers::default();
        for (i, success) in (0..).zip(results) {
            breakers.record(&playbook, &component, *success, &settings(), Time::from_ms(i));
        }
        let [narrowest, ..] = Scope::of(&playbook, &component);
        (breakers, narrowest)
    }

    #[test]
    fn three_failures_in_a_row_open_it_two_do_not() {
        let (breakers, scope) = feed(&[false, false]);
        assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(9)), State::Closed);
        let (breakers, scope) = feed(&[false, false, false]);
        let until = Time::from_ms(2).after(Span::from_mins(60));
        assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(9)), State::Open(until));
        assert_eq!(breakers.state(&scope, &settings(), until), State::HalfOpen);
    }

    #[test]
    fn alternating_results_open_it_once_more_than_half_of_ten_failed() {
        let alternating = [false, false, true, false, true, false, true, false, true];
        let (breakers, scope) = feed(&alternating);
        assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(20)), State::Closed, "nine results are too few");
        let (breakers, scope) = feed(&[&alternating[..], &[false]].concat());
        assert!(matches!(breakers.state(&scope, &settings(), Time::from_ms(20)), State::Open(_)));
    }

    #[test]
    fn g2_a_share_is_taken_over_as_many_as_it_says() {
        let settings = Settings { consecutive: 100, sample: 80, ..settings() };
        let mut breakers = Breakers::default();
        let (playbook, component) = (Name::new("restart"), Name::new("web"));
        let opened = (0..80).map(|i| {
            let changed = breakers.record(&playbook, &component, i % 2 == 0 && i < 70, &settings, Time::from_ms(i));
            !changed.is_empty()
        });
        assert_eq!(opened.collect::<Vec<_>>().iter().position(|opened| *opened), Some(79));
    }

    #[test]
    fn g2_a_row_on_one_component_does_not_open_the_one_for_all() {
        let (playbook, all) = (Name::new("restart"), Scope { playbook: None, component: None });
        let after = |on: &[(&str, bool)], consecutive: u32| {
            let mut breakers = Breakers::default();
            let settings = Settings { consecutive, ..settings() };
            for (i, (component, success)) in (0..).zip(on) {
                breakers.record(&playbook, &Name::new(component), *success, &settings, Time::from_ms(i));
            }
            let closed = breakers.state(&all, &settings, Time::from_ms(20)) == State::Closed;
            (closed, breakers.left(&all, &settings), breakers.failures_in_a_row(&all))
        };
        assert_eq!(after(&[], 3), (true, 3, 0));
        assert_eq!(after(&[("a", false); 2], 3), (true, 1, 2));
        assert_eq!(after(&[("a", false); 3], 3), (true, 1, 3), "all on one component");
        assert_eq!(after(&[("a", false); 9], 3), (true, 1, 9));
        assert!(!after(&[("a", false); 10], 3).0, "more than half of the last ten");
        assert!(!after(&[("a", false), ("a", false), ("b", false)], 3).0);
        assert!(!after(&[("a", false), ("a", false), ("a", false), ("b", false)], 3).0);
        assert_eq!(after(&[("b", false), ("b", true), ("a", false), ("a", false), ("a", false)], 3), (true, 1, 3));
        assert!(!after(&[("a", false)], 1).0, "where one failure is enough, it is");
        assert!(after(&[("a", false); 2], 2).0);
        assert!(!after(&[("a", false), ("b", false)], 2).0);
    }

    #[test]
    fn a_failed_probe_doubles_the_cooldown_and_a_good_one_closes_it() {
        let (mut breakers, scope) = feed(&[false, false, false]);
        let probe_at = Time::from_ms(2).after(Span::from_mins(60));
        let (playbook, component) = (Name::new("restart"), Name::new("web"));
        breakers.record(&playbook, &component, false, &settings(), probe_at);
        let again = probe_at.after(Span::from_mins(120));
        assert_eq!(breakers.state(&scope, &settings(), probe_at), State::Open(again));
        breakers.record(&playbook, &component, true, &settings(), again);
        assert_eq!(breakers.state(&scope, &settings(), again), State::Closed);
    }

    #[test]
    fn g2_past_the_limit_only_what_is_clean_is_forgotten_and_what_is_not_remembered_is_open() {
        let (playbook, settings) = (Name::new("restart"), settings());
        let narrow = |component: &str| {
            let [narrow, ..] = Scope::of(&playbook, &Name::new(component));
            narrow
        };
        let now = Time::from_ms(9);
        let filled = |count: usize, fails: bool| {
            let mut breakers = Breakers::default();
            for n in 0..count {
                let results = if fails { [false].into() } else { [true].into() };
                let record = Record { results, ..Record::default() };
                breakers.records.insert(narrow(&std::format!("c-{n:05}")), record);
            }
            breakers
        };
        assert_eq!(filled(MOST - 1, true).state(&narrow("new"), &settings, now), State::Closed, "there is room");
        let full = filled(MOST, true);
        assert_eq!(full.state(&narrow("new"), &settings, now), State::Open(now.after(settings.cooldown)));
        assert_eq!(full.state(&narrow("c-00000"), &settings, now), State::Closed, "it is remembered");
        let mut full = full;
        full.record(&playbook, &Name::new("new"), false, &settings, now);
        assert!(
            full.records.len() == MOST && full.records.values().all(|record| !record.is_clean(now)),
            "none is forgotten"
        );
        let old = Time::ZERO.after(HELD);
        assert!(matches!(full.state(&narrow("new"), &settings, Time::from_ms(old.ms() - 1)), State::Open(_)));
        assert_eq!(full.state(&narrow("new"), &settings, old), State::Closed, "so old a failure makes room");
        let mut clean = filled(MOST, false);
        let failed = Record { results: [false].into(), ..Record::default() };
        clean.records.insert(narrow("c-00000"), failed.clone());
        let opened = Record { results: [true].into(), opened: Some(now), openings: 1, ..Record::default() };
        clean.records.insert(narrow("c-00001"), opened.clone());
        assert_eq!(clean.state(&narrow("new"), &settings, now), State::Closed);
        clean.record(&playbook, &Name::new("new"), false, &settings, now);
        assert_eq!(clean.records.len(), MOST);
        assert_eq!(clean.records.get(&narrow("c-00000")), Some(&failed));
        assert_eq!(clean.records.get(&narrow("c-00001")), Some(&opened));
        assert!(clean.records.get(&narrow("new")).is_some_and(|record| record.in_a_row() == 1));
    }
}
