//! A hierarchical timing wheel: a timer for each key, set, moved, cancelled and fired in constant time.
//!
//! Seven levels of 256 slots cover all of time in milliseconds. A timer stands on the level of the highest byte in
//! which its instant differs from the present, in the slot of that byte; when the present enters a slot, what is in it
//! moves down. So a timer moves at most as often as there are levels, a jump over years visits no empty slot, and where
//! a timer stands follows from its instant and the present alone. A slot is a doubly linked list through one table of
//! nodes: nothing is allocated but that table, 16 bytes for each key.
//!
//! Source: G. Varghese, T. Lauck, *Hashed and Hierarchical Timing Wheels*, SOSP 1987.

use crate::primitives::time::{LIMIT_MS, Time};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

const LEVELS: usize = 7;
const SLOTS: usize = 256;
const NOBODY: u32 = u32::MAX;
/// When a node is due that has no timer.
const NEVER: u64 = u64::MAX;

/// Timers by key. Keys are small numbers, best without gaps; each has at most one timer.
#[derive(Clone, Debug)]
pub struct Wheel {
    now: u64,
    nodes: Vec<Node>,
    slots: Box<[Slot]>,
    /// Which slots of each level are in use.
    used: [[u64; SLOTS / 64]; LEVELS],
    /// Which levels are in use, a bit for each.
    levels: u8,
    armed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    at: u64,
    previous: u32,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    first: u32,
    last: u32,
    /// The earliest instant in it.
    earliest: u64,
}

impl Slot {
    const EMPTY: Slot = Slot { first: NOBODY, last: NOBODY, earliest: u64::MAX };
}

impl Node {
    const IDLE: Node = Node { at: NEVER, previous: NOBODY, next: NOBODY };
}

impl Wheel {
    /// A wheel without timers, that stands at `now`.
    pub fn new(now: Time) -> Wheel {
        Wheel {
            now: ticks(now),
            nodes: Vec::new(),
            slots: vec![Slot::EMPTY; LEVELS * SLOTS].into_boxed_slice(),
            used: [[0; SLOTS / 64]; LEVELS],
            levels: 0,
            armed: 0,
        }
    }

    /// How many timers there are.
    pub const fn len(&self) -> u32 {
        self.armed
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.armed == 0
    }

    /// Sets the timer of `key` to `at`, whatever it was before. An instant that has passed is due at once.
    pub fn set(&mut self, key: u32, at: Time) {
        self.cancel(key);
        let index = key as usize;
        if self.nodes.len() <= index {
            self.nodes.resize(index.saturating_add(1), Node::IDLE);
        }
        self.armed = self.armed.saturating_add(1);
        self.place(key, ticks(at));
    }

    /// Takes the timer of `key` away.
    pub fn cancel(&mut self, key: u32) {
        let Some(node) = self.nodes.get_mut(key as usize) else { return };
        if node.at == NEVER {
            return;
        }
        let taken = core::mem::replace(node, Node::IDLE);
        self.armed = self.armed.saturating_sub(1);
        self.unlink(taken);
    }

    /// When the timer of `key` is due.
    pub fn get(&self, key: u32) -> Option<Time> {
        self.nodes.get(key as usize).filter(|node| node.at != NEVER).map(|node| time(node.at))
    }

    /// When the next timer is due.
    pub fn next(&self) -> Option<Time> {
        let (level, slot) = self.first_used()?;
        self.slots.get(level * SLOTS + slot).map(|slot| time(slot.earliest))
    }

    /// Goes on to `now` and appends the keys whose timers are due to `due`; their order says nothing.
    /// An earlier `now` counts as the present.
    pub fn advance(&mut self, now: Time, due: &mut Vec<u32>) {
        let now = ticks(now).max(self.now);
        while let Some((level, slot)) = self.first_used() {
            let index = level * SLOTS + slot;
            let Some(found) = self.slots.get(index).copied() else { break };
            if found.earliest > now {
                break;
            }
            self.now = self.now.max(found.earliest);
            self.empty(level, slot);
            self.spread(found.first, due);
        }
        // Whoever shares a higher byte with the present only now moves down, so that every timer stands where it belongs.
        let before = core::mem::replace(&mut self.now, now);
        if before == now {
            return;
        }
        for level in (1..LEVELS).rev() {
            let entered = before >> (8 * level) != now >> (8 * level);
            let slot = digit(now, level);
            if entered && self.is_used(level, slot) {
                let first = self.slots.get(level * SLOTS + slot).map_or(NOBODY, |slot| slot.first);
                self.empty(level, slot);
                self.spread(first, due);
            }
        }
    }

    /// Places again, or fires, a list of nodes that are in no slot any more.
    fn spread(&mut self, first: u32, due: &mut Vec<u32>) {
        let mut key = first;
        while let Some(node) = self.nodes.get_mut(key as usize) {
            let Node { at, next, .. } = core::mem::replace(node, Node::IDLE);
            if at <= self.now {
                self.armed = self.armed.saturating_sub(1);
                due.push(key);
            } else {
                self.place(key, at);
            }
            key = next;
        }
    }

    fn place(&mut self, key: u32, at: u64) {
        let (level, slot) = self.position(at);
        let index = level * SLOTS + slot;
        let Some(place) = self.slots.get_mut(index) else { return };
        let previous = core::mem::replace(&mut place.last, key);
        place.earliest = place.earliest.min(at);
        if previous == NOBODY {
            place.first = key;
            self.mark(level, slot, true);
        } else if let Some(node) = self.nodes.get_mut(previous as usize) {
            node.next = key;
        }
        if let Some(node) = self.nodes.get_mut(key as usize) {
            *node = Node { at, previous, next: NOBODY };
        }
    }

    fn unlink(&mut self, taken: Node) {
        if let Some(node) = self.nodes.get_mut(taken.previous as usize) {
            node.next = taken.next;
        }
        if let Some(node) = self.nodes.get_mut(taken.next as usize) {
            node.previous = taken.previous;
        }
        let (level, digit) = self.position(taken.at);
        let index = level * SLOTS + digit;
        let Some(slot) = self.slots.get_mut(index) else { return };
        if taken.previous == NOBODY {
            slot.first = taken.next;
        }
        if taken.next == NOBODY {
            slot.last = taken.previous;
        }
        if slot.first == NOBODY {
            *slot = Slot::EMPTY;
            self.mark(level, digit, false);
        } else if slot.earliest == taken.at {
            let (first, known) = (slot.first, slot.earliest);
            let earliest = self.earliest(first, known);
            if let Some(slot) = self.slots.get_mut(index) {
                slot.earliest = earliest;
            }
        }
    }

    /// The earliest instant of a list, of which nothing is earlier than `known`. Lists are in the order in which
    /// timers were set, so that what was the earliest is mostly found at the front.
    fn earliest(&self, first: u32, known: u64) -> u64 {
        let (mut key, mut earliest) = (first, u64::MAX);
        while let Some(node) = self.nodes.get(key as usize) {
            earliest = earliest.min(node.at);
            if earliest == known {
                break;
            }
            key = node.next;
        }
        earliest
    }

    /// Level and slot of an instant; what has passed stands in the slot of the present.
    fn position(&self, at: u64) -> (usize, usize) {
        let at = at.max(self.now);
        let differs = (at ^ self.now) | 1;
        let level = (63 - differs.leading_zeros() as usize) / 8;
        (level, digit(at, level))
    }

    /// The slot with the next timer: the lowest level in use, and on it the lowest slot, since none is behind the present.
    fn first_used(&self) -> Option<(usize, usize)> {
        let level = self.levels.trailing_zeros() as usize;
        let (word, bits) = self.used.get(level)?.iter().enumerate().find(|(_, bits)| **bits != 0)?;
        Some((level, word * 64 + bits.trailing_zeros() as usize))
    }

    fn empty(&mut self, level: usize, slot: usize) {
        if let Some(slot) = self.slots.get_mut(level * SLOTS + slot) {
            *slot = Slot::EMPTY;
        }
        self.mark(level, slot, false);
    }

    fn mark(&mut self, level: usize, slot: usize, used: bool) {
        let Some(words) = self.used.get_mut(level) else { return };
        if let Some(word) = words.get_mut(slot / 64) {
            let bit = 1 << (slot % 64);
            *word = if used { *word | bit } else { *word & !bit };
        }
        let (bit, in_use) = (1 << level, words.iter().any(|word| *word != 0));
        self.levels = if in_use { self.levels | bit } else { self.levels & !bit };
    }

    fn is_used(&self, level: usize, slot: usize) -> bool {
        let word = self.used.get(level).and_then(|words| words.get(slot / 64));
        word.is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }
}

const fn digit(at: u64, level: usize) -> usize {
    (at >> (8 * level)) as usize % SLOTS
}

/// Times as numbers from zero; seven bytes hold them all.
const fn ticks(at: Time) -> u64 {
    at.ms().saturating_add(LIMIT_MS).cast_unsigned()
}

const fn time(ticks: u64) -> Time {
    Time::from_ms(ticks.cast_signed().saturating_sub(LIMIT_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn ms(at: i64) -> Time {
        Time::from_ms(at)
    }

    fn advanced(wheel: &mut Wheel, to: i64) -> Vec<u32> {
        let mut due = Vec::new();
        wheel.advance(ms(to), &mut due);
        due.sort_unstable();
        due
    }

    #[test]
    fn a_timer_fires_at_its_millisecond_and_once() {
        let mut wheel = Wheel::new(ms(1_000));
        wheel.set(0, ms(1_500));
        wheel.set(1, ms(1_499));
        assert_eq!((wheel.next(), wheel.len()), (Some(ms(1_499)), 2));
        assert!(advanced(&mut wheel, 1_498).is_empty());
        assert_eq!(advanced(&mut wheel, 1_499), [1]);
        assert_eq!(advanced(&mut wheel, 1_500), [0]);
        assert!(advanced(&mut wheel, 9_000).is_empty());
        assert!(wheel.is_empty() && wheel.next().is_none());
    }

    #[test]
    fn what_has_passed_is_due_at_once_and_time_never_goes_back() {
        let mut wheel = Wheel::new(ms(50_000));
        wheel.set(3, ms(7));
        assert_eq!(wheel.next(), Some(ms(7)));
        assert_eq!(advanced(&mut wheel, 0), [3]);
        wheel.set(3, ms(50_001));
        assert!(advanced(&mut wheel, 50_000).is_empty());
    }

    #[test]
    fn years_pass_in_one_step_and_the_whole_of_time_is_covered() {
        let mut wheel = Wheel::new(ms(-LIMIT_MS));
        let times = [-LIMIT_MS + 1, -1, 0, 1_700_000_000_000, LIMIT_MS - 1, LIMIT_MS];
        for (key, at) in (0..).zip(times) {
            wheel.set(key, ms(at));
        }
        for (key, at) in (0..).zip(times) {
            assert_eq!(wheel.next(), Some(ms(at)));
            assert_eq!(advanced(&mut wheel, at), [key]);
        }
    }

    #[test]
    fn keys_share_a_millisecond_and_leave_it_one_by_one() {
        let mut wheel = Wheel::new(ms(0));
        (0..5).for_each(|key| wheel.set(key, ms(300)));
        [0, 4, 2].into_iter().for_each(|key| wheel.cancel(key));
        wheel.cancel(2);
        wheel.cancel(99);
        assert_eq!((wheel.get(1), wheel.get(2), wheel.len()), (Some(ms(300)), None, 2));
        assert_eq!(advanced(&mut wheel, 300), [1, 3]);
    }

    #[derive(Clone, Debug)]
    enum Deed {
        Advance(i64),
        Cancel(u32),
        Set(u32, i64),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let span = prop_oneof![0..4i64, 0..600i64, 0..200_000i64, 0..(1i64 << 40)];
        prop_oneof![
            span.clone().prop_map(Deed::Advance),
            (0..20u32).prop_map(Deed::Cancel),
            (0..20u32, span.prop_map(|span| span - 2)).prop_map(|(key, span)| Deed::Set(key, span)),
        ]
    }

    proptest! {
        #[test]
        fn it_does_what_a_sorted_map_does(deeds in proptest::collection::vec(deed(), 1..120)) {
            let mut now = 1_700_000_000_000i64;
            let mut wheel = Wheel::new(ms(now));
            let mut plain: BTreeMap<u32, i64> = BTreeMap::new();
            for deed in deeds {
                match deed {
                    Deed::Set(key, span) => {
                        wheel.set(key, ms(now + span));
                        plain.insert(key, now + span);
                    }
                    Deed::Cancel(key) => {
                        wheel.cancel(key);
                        plain.remove(&key);
                    }
                    Deed::Advance(span) => {
                        now += span;
                        let due: Vec<u32> = plain.iter().filter(|(_, at)| **at <= now).map(|(key, _)| *key).collect();
                        plain.retain(|_, at| *at > now);
                        prop_assert_eq!(advanced(&mut wheel, now), due);
                    }
                }
                prop_assert_eq!(wheel.next().map(Time::ms), plain.values().min().copied());
                prop_assert_eq!(wheel.len() as usize, plain.len());
            }
        }
    }
}
