//! Flapping (SPEC H4): a component whose state changes too often keeps the worse state until nothing has changed for long
//! enough. What gets worse step by step, or better, is one change: HEALTHY, DEGRADED, UNHEALTHY, HEALTHY are two. What is
//! not known is none: the state that is known next is compared with the one that was known before.
//!
//! Only components that have changed lately are kept here: one is forgotten once its last change is out of the window.

use crate::knowledge::expiring::Expiring;
use crate::model::health::State;
use crate::policy::health::Flapping;
use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use crate::primitives::time::Time;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Components that changed lately; 200 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flaps {
    changing: ByName<Changing>,
    /// When each that flaps has been calm for long enough.
    calm: Expiring,
    /// Each that does not, by when its last change is out of the window, or one before it: it is put in its place when its
    /// turn comes, not at each change. Made anew after a restore.
    #[serde(skip)]
    stale: BTreeSet<(Time, Name)>,
}

/// One component that changed lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Changing {
    /// What its checks said when they last said anything, whatever is held.
    seen: State,
    /// Whether it got worse when it last changed.
    worse: bool,
    /// Whether nothing was known meanwhile.
    #[serde(default)]
    lapsed: bool,
    /// When it turned, oldest first; at most as many as make it flap.
    turns: Vec<Time>,
    /// When its last change is out of the window; unset while it flaps.
    #[serde(default)]
    until: Option<Time>,
    /// Under which time it is kept among the stale ones.
    #[serde(skip)]
    queued: Option<Time>,
}

/// What is to be believed of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Belief {
    pub(super) state: State,
    /// How many changes have made it flap, if that begins here.
    pub(super) began: Option<u32>,
}

impl Flaps {
    /// What is to be believed of a component that was believed to be `before`, now that its checks say `seen`.
    pub(super) fn believe(&mut self, name: &Name, before: State, seen: State, rule: &Flapping, now: Time) -> Belief {
        let held = self.calm.until(name).is_some();
        let kept = Belief { state: if held { before.max(seen) } else { seen }, began: None };
        let known = self.changing.get(name);
        let last = known.map_or(before, |changing| changing.seen);
        // Counted anew, it comes by DEGRADED to what it was before: only HEALTHY is better then.
        let on_the_way = known.is_some_and(|changing| changing.lapsed) && State::Healthy < seen && seen < last;
        if last == State::Unknown || last == seen || on_the_way {
            // To become known is no change.
            return kept;
        }
        if seen == State::Unknown {
            self.lapse(name, last, rule, now);
            return kept;
        }
        self.forget_stale(now);
        let turns = self.turn(name, seen > last, seen, rule, now);
        if held || turns >= rule.changes {
            self.keep_until(name, None);
            self.calm.keep(name, now.after(rule.calm));
            return Belief { state: before.max(seen), began: (!held).then_some(turns) };
        }
        self.keep_until(name, Some(now.after(rule.window)));
        kept
    }

    /// Makes anew what is not part of a snapshot.
    pub(super) fn restored(mut self) -> Flaps {
        self.changing.unordered_mut().for_each(|(_, one)| one.queued = one.until);
        self.stale = self.changing.unordered().filter_map(|(name, one)| Some((one.until?, name.clone()))).collect();
        self
    }

    /// When a component has been calm for long enough, unless something changes before.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.calm.first()
    }

    /// A component that has been calm for long enough, and is forgotten here.
    pub(super) fn calmed(&mut self, now: Time) -> Option<Name> {
        let name = self.calm.expire(now)?;
        self.changing.remove(&name);
        Some(name)
    }

    /// Forgets those that changed longest ago, until there are no more than `limit`; never one that flaps.
    pub(super) fn keep_within(&mut self, limit: u32) {
        while self.changing.len() > limit as usize {
            let Some((_, gone)) = self.first_stale() else { break };
            self.forget(&gone);
        }
    }

    /// Forgets a component that is gone, or another by now.
    pub(super) fn forget(&mut self, name: &Name) {
        self.keep_until(name, None);
        self.changing.remove(name);
        self.calm.drop(name);
    }

    /// All that flap.
    pub(super) fn held(&self) -> impl Iterator<Item = &Name> {
        self.calm.iter().map(|(name, _)| name)
    }

    /// Whether nothing has changed lately.
    pub(super) fn is_quiet(&self) -> bool {
        self.changing.is_empty()
    }

    /// Nothing is known any more of what was in the state `last`.
    fn lapse(&mut self, name: &Name, last: State, rule: &Flapping, now: Time) {
        if let Some(changing) = self.changing.get_mut(name) {
            changing.lapsed = true;
            return;
        }
        self.forget_stale(now);
        let changing =
            Changing { seen: last, worse: false, lapsed: true, turns: Vec::new(), until: None, queued: None };
        self.changing.insert(name, changing);
        self.keep_until(name, Some(now.after(rule.window)));
    }

    /// Counts a change, and says how often the component turned within the window.
    fn turn(&mut self, name: &Name, worse: bool, seen: State, rule: &Flapping, now: Time) -> u32 {
        let first = || Changing { seen, worse: !worse, lapsed: false, turns: Vec::new(), until: None, queued: None };
        let changing = self.changing.or_insert_with(name, first);
        changing.lapsed = false;
        changing.turns.retain(|at| now.since(*at) < rule.window);
        if changing.worse != worse || changing.turns.is_empty() {
            changing.turns.push(now);
        }
        (changing.seen, changing.worse) = (seen, worse);
        let turns = u32::try_from(changing.turns.len()).unwrap_or(u32::MAX);
        if turns > rule.changes {
            changing.turns.remove(0);
        }
        turns
    }

    fn forget_stale(&mut self, now: Time) {
        while let Some((_, name)) = self.first_stale().filter(|(at, _)| *at <= now) {
            self.forget(&name);
        }
    }

    /// The one whose last change is out of the window first, and when.
    fn first_stale(&mut self) -> Option<(Time, Name)> {
        loop {
            let (at, name) = self.stale.first()?.clone();
            let changing = self.changing.get_mut(&name);
            let Some(changing) = changing.filter(|one| one.until.is_some_and(|until| until > at)) else {
                return Some((at, name));
            };
            changing.queued = changing.until;
            self.stale.pop_first();
            self.stale.extend(changing.until.map(|until| (until, name)));
        }
    }

    /// Forgets `name` after `until`, and not before it is calm where that is unset.
    fn keep_until(&mut self, name: &Name, until: Option<Time>) {
        let Some(changing) = self.changing.get_mut(name) else { return };
        changing.until = until;
        if let Some(at) = changing.queued.filter(|queued| until.is_none_or(|until| until < *queued)) {
            self.stale.remove(&(at, name.clone()));
            changing.queued = None;
        }
        if let (Some(until), None) = (until, changing.queued) {
            changing.queued = Some(until);
            self.stale.insert((until, name.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use crate::primitives::time::Span;
    use State::{Critical, Degraded, Healthy, Unhealthy, Unknown};

    const RULE: Flapping = Flapping { changes: 4, window: Span::from_secs(60), calm: Span::from_secs(30) };

    /// What is believed after each of these, and at which of them it began to flap.
    fn believed(seen: &[(i64, State)]) -> (Vec<State>, Vec<i64>) {
        let (mut flaps, mut state, mut began) = (Flaps::default(), Unknown, Vec::new());
        let states = seen.iter().map(|(at, seen)| {
            let belief = flaps.believe(&"web".into(), state, *seen, &RULE, second(*at));
            state = belief.state;
            began.extend(belief.began.map(|_| *at));
            state
        });
        (states.collect(), began)
    }

    #[test]
    fn h4_as_many_turns_as_the_rule_says_within_the_window_hold_the_worse_state() {
        let seen =
            [(0, Healthy), (1, Unhealthy), (2, Healthy), (3, Unhealthy), (4, Healthy), (5, Degraded), (6, Critical)];
        let (states, began) = believed(&seen);
        assert_eq!(states, [Healthy, Unhealthy, Healthy, Unhealthy, Unhealthy, Unhealthy, Critical]);
        assert_eq!(began, [4]);
        let (states, began) = believed(&seen[..4]);
        assert_eq!((states.last(), began.len()), (Some(&Unhealthy), 0), "one fewer");
    }

    #[test]
    fn h4_step_by_step_is_one_change_and_to_become_known_is_none() {
        let falls = [(0, Healthy), (1, Degraded), (2, Unhealthy), (3, Critical), (4, Degraded), (5, Healthy)];
        assert_eq!(believed(&falls).1, [0_i64; 0], "down and up are two");
        let twice = [(6, Degraded), (7, Unhealthy), (8, Healthy)];
        assert_eq!(believed(&[&falls[..], &twice[..]].concat()).1, [8], "the fourth is the last up");
    }

    #[test]
    fn h4_what_is_not_known_is_no_change_and_hides_none() {
        let silent =
            [(0, Unhealthy), (1, Unknown), (2, Unhealthy), (3, Unknown), (4, Unhealthy), (5, Unknown), (6, Healthy)];
        assert_eq!(believed(&silent).1, [0_i64; 0]);
        let anew = (0..20).flat_map(|n| [(3 * n, Unhealthy), (3 * n + 1, Unknown), (3 * n + 2, Degraded)]);
        assert_eq!(believed(&anew.collect::<Vec<_>>()).1, [0_i64; 0], "what is counted anew passes by DEGRADED");
        let states = [Unhealthy, Healthy, Unhealthy, Healthy, Unhealthy];
        let between = states.iter().zip(0..).flat_map(|(state, n)| [(2 * n, *state), (2 * n + 1, Unknown)]);
        let (states, began) = believed(&between.collect::<Vec<_>>());
        assert_eq!(began, [8], "the fourth change");
        assert_eq!(states.last(), Some(&Unhealthy), "what is held is held");
    }

    #[test]
    fn h4_what_is_out_of_the_window_does_not_count() {
        for (last, began) in [(61, true), (62, false)] {
            let seen = [(0, Healthy), (2, Unhealthy), (3, Healthy), (4, Unhealthy), (last, Healthy)];
            assert_eq!(!believed(&seen).1.is_empty(), began, "{last}");
        }
    }

    #[test]
    fn h4_it_ends_when_nothing_changed_for_as_long_as_the_rule_says() {
        let mut flaps = Flaps::default();
        let mut at = |s: i64, before, seen| flaps.believe(&"web".into(), before, seen, &RULE, second(s)).state;
        at(0, Healthy, Unhealthy);
        at(1, Unhealthy, Healthy);
        at(2, Healthy, Unhealthy);
        assert_eq!(at(3, Unhealthy, Healthy), Unhealthy);
        assert_eq!(at(20, Unhealthy, Degraded), Unhealthy, "a change begins the calm anew");
        assert_eq!(at(45, Unhealthy, Degraded), Unhealthy, "the same again does not");
        assert_eq!(flaps.deadline(), Some(second(50)));
        let kept: Flaps = serde_json::from_str(&serde_json::to_string(&flaps).unwrap()).unwrap();
        assert_eq!(kept, flaps);
        assert_eq!(flaps.calmed(second(49)), None);
        assert_eq!(flaps.calmed(second(50)), Some("web".into()));
        assert!(flaps.is_quiet());
    }

    #[test]
    fn h4_how_many_are_remembered_is_bounded_and_what_flaps_is_not_forgotten() {
        let mut flaps = Flaps::default();
        let mut state = Healthy;
        for at in 0..8 {
            let seen = if at % 2 == 0 { Unhealthy } else { Healthy };
            state = flaps.believe(&"web".into(), state, seen, &RULE, second(at)).state;
        }
        for n in 0..5 {
            flaps.believe(&Name::new(&std::format!("c{n}")), Healthy, Unhealthy, &RULE, second(10 + n));
        }
        flaps.keep_within(6);
        assert_eq!(flaps.changing.len(), 6);
        flaps.keep_within(3);
        let kept: Vec<&str> = flaps.changing.sorted().into_iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["c3", "c4", "web"], "those that changed last");
        flaps.keep_within(0);
        assert_eq!((flaps.changing.len(), flaps.held().count()), (1, 1));
    }

    #[test]
    fn h4_what_changed_long_ago_is_forgotten() {
        let mut flaps = Flaps::default();
        for n in 0..100 {
            flaps.believe(&Name::new(&std::format!("c{n}")), Healthy, Unhealthy, &RULE, second(n * 10));
        }
        assert_eq!(flaps.changing.len(), 6, "those of the last minute");
        flaps.forget(&"c99".into());
        assert_eq!((flaps.changing.len(), flaps.stale.len()), (5, 5));
        flaps.believe(&"c94".into(), Unhealthy, Healthy, &RULE, second(995));
        flaps.believe(&"late".into(), Healthy, Unhealthy, &RULE, second(1_004));
        assert!(flaps.changing.contains(&"c94".into()), "it changed again since");
        flaps.believe(&"later".into(), Healthy, Unhealthy, &RULE, second(1_054));
        assert!(
            flaps.changing.contains(&"c94".into()) && !flaps.changing.contains(&"c98".into()),
            "and is in its place"
        );
        flaps.believe(&"last".into(), Healthy, Unhealthy, &RULE, second(1_055));
        assert!(!flaps.changing.contains(&"c94".into()));
        let again: Flaps = serde_json::from_str(&serde_json::to_string(&flaps).unwrap()).unwrap();
        assert_eq!(again.restored(), flaps);
    }
}
