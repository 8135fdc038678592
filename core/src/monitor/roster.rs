//! The checks that are kept, by component: 72 bytes each, and their timers, while all is well.

use crate::knowledge::evaluate::Sustained;
use crate::knowledge::topology::Slot;
use crate::model::health::State;
use crate::monitor::health::{SILENT_INTERVALS, Tally};
use crate::policy::components::{Ask, Check, Component};
use crate::primitives::name::Name;
use crate::primitives::time::{LIMIT_MS, Span, Time};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// Before all time: never asked.
pub(super) const NEVER_YET: Time = Time::from_ms(-LIMIT_MS);
/// How long after its timeout an answer still counts.
const GRACE: Span = Span::from_secs(1);

/// Components with their checks. A check is known by its key, a small number.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    members: Vec<Option<Member>>,
    posts: Vec<Option<Post>>,
    /// Ranges of unused keys, by length.
    free: BTreeMap<u32, Vec<u32>>,
}

/// One component.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) component: Arc<Component>,
    pub(super) slot: Slot,
    pub(super) state: State,
    /// Whether a run verifies it.
    pub(super) watched: bool,
    first: u32,
    count: u32,
}

/// One check of one component.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) check: Arc<Check>,
    pub(super) tally: Tally,
    /// When it was last asked; of a heartbeat, when it last beat.
    pub(super) asked_at: Time,
    /// When it is to be asked next.
    pub(super) due: Time,
    /// When anything was last heard of it.
    pub(super) heard: Time,
    /// When the last evidence was taken that nobody had asked for.
    pub(super) pushed: Time,
    pub(super) slot: Slot,
    pub(super) phase: Phase,
    /// How long the condition over metrics has been true, where it must be for a time.
    pub(super) held: Option<Box<Sustained>>,
    /// Whether the last request was never answered; of a heartbeat, whether it has never beaten.
    pub(super) unanswered: bool,
}

/// Where a check is between two asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// It is not yet due.
    #[default]
    Idle,
    /// Asked; the answer is awaited.
    InFlight,
    /// Due, but too much is asked already.
    Postponed,
}

impl Post {
    /// A check that has said nothing yet and is first asked at `due`.
    pub(super) fn new(check: Arc<Check>, slot: Slot, due: Time) -> Post {
        Post {
            check,
            tally: Tally::NEW,
            asked_at: NEVER_YET,
            due,
            heard: due,
            pushed: NEVER_YET,
            slot,
            phase: Phase::Idle,
            held: None,
            unanswered: false,
        }
    }

    /// When an answer no longer counts.
    pub(super) fn answer_by(&self) -> Time {
        self.asked_at.after(self.check.timeout).after(GRACE)
    }

    /// When nothing is known any more, should nothing be heard; what the engine itself decides is always heard.
    pub(super) fn silent_at(&self) -> Time {
        match self.check.ask {
            Ask::Probe(_) if !self.tally.is_unknown() => {
                self.heard.after(self.check.interval.times(i64::from(SILENT_INTERVALS)))
            }
            _ => Time::NEVER,
        }
    }

    /// When something is to be done about it.
    pub(super) fn wakes_at(&self) -> Option<Time> {
        let next = match self.phase {
            Phase::Idle => self.due,
            Phase::InFlight => self.answer_by(),
            Phase::Postponed => Time::NEVER,
        };
        Some(next.min(self.silent_at())).filter(|at| *at < Time::NEVER)
    }
}

impl Roster {
    pub(super) fn member(&self, slot: Slot) -> Option<&Member> {
        self.members.get(slot.index())?.as_ref()
    }

    pub(super) fn member_mut(&mut self, slot: Slot) -> Option<&mut Member> {
        self.members.get_mut(slot.index())?.as_mut()
    }

    pub(super) fn post(&self, key: u32) -> Option<&Post> {
        self.posts.get(key as usize)?.as_ref()
    }

    pub(super) fn post_mut(&mut self, key: u32) -> Option<&mut Post> {
        self.posts.get_mut(key as usize)?.as_mut()
    }

    /// The component whose check `key` is.
    pub(super) fn owner(&self, key: u32) -> Option<&Member> {
        self.member(self.post(key)?.slot)
    }

    /// The keys of a component's checks, in the order the policy has them.
    pub(super) fn keys(&self, slot: Slot) -> Range<u32> {
        self.member(slot).map_or(0..0, |member| member.first..member.first.saturating_add(member.count))
    }

    /// The key of the check called `name`.
    pub(super) fn find(&self, slot: Slot, name: &Name) -> Option<u32> {
        self.keys(slot).find(|key| self.post(*key).is_some_and(|post| post.check.name == *name))
    }

    /// All keys with their checks, in no order that may be shown.
    pub(super) fn posts(&self) -> impl Iterator<Item = (u32, &Post)> {
        (0u32..).zip(&self.posts).filter_map(|(key, post)| Some((key, post.as_ref()?)))
    }

    /// All components, in no order that may be shown.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    /// Enters a component and one post for each of its checks.
    pub(super) fn enter(&mut self, slot: Slot, component: Arc<Component>, posts: Vec<Post>) -> Range<u32> {
        let count = u32::try_from(posts.len()).unwrap_or(u32::MAX);
        let first = self.room(count);
        for (key, post) in (first..).zip(posts) {
            if let Some(place) = self.posts.get_mut(key as usize) {
                *place = Some(post);
            }
        }
        if self.members.len() <= slot.index() {
            self.members.resize_with(slot.index().saturating_add(1), || None);
        }
        if let Some(place) = self.members.get_mut(slot.index()) {
            *place = Some(Member { component, slot, state: State::Unknown, watched: false, first, count });
        }
        first..first.saturating_add(count)
    }

    /// Strikes a component and its checks off; what is left of the checks is handed back.
    pub(super) fn strike(&mut self, slot: Slot) -> Vec<(u32, Post)> {
        let Some(member) = self.members.get_mut(slot.index()).and_then(Option::take) else { return Vec::new() };
        let keys = member.first..member.first.saturating_add(member.count);
        if member.count > 0 {
            self.free.entry(member.count).or_default().push(member.first);
        }
        keys.filter_map(|key| Some((key, self.posts.get_mut(key as usize)?.take()?))).collect()
    }

    /// By when they are due, then by component, then by check.
    pub(super) fn order(&self, a: u32, b: u32) -> Ordering {
        let due = |key| self.post(key).map(|post| post.due);
        due(a).cmp(&due(b)).then_with(|| self.by_name(a, b))
    }

    /// By component, then by check.
    pub(super) fn by_name(&self, a: u32, b: u32) -> Ordering {
        let component = |key| self.owner(key).map(|member| &member.component.name);
        let check = |key| self.post(key).map(|post| &post.check.name);
        component(a).cmp(&component(b)).then_with(|| check(a).cmp(&check(b)))
    }

    fn room(&mut self, count: u32) -> u32 {
        if let Some(first) = self.free.get_mut(&count).and_then(Vec::pop) {
            return first;
        }
        let first = u32::try_from(self.posts.len()).unwrap_or(u32::MAX);
        self.posts.resize_with(self.posts.len().saturating_add(count as usize), || None);
        first
    }
}
