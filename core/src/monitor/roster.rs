//! The checks that are kept, by component: 128 bytes each, and their timers, while all is well.
//!
//! Of a hundred thousand checks none is in the processor's cache when its turn comes. So what a quiet check needs lies
//! side by side in its post, on two lines of the cache, and is found without a visit to its component; what many checks
//! have in common they share; and what falls due together is fetched together.

use crate::knowledge::evaluate::Sustained;
use crate::knowledge::topology::Slot;
use crate::model::command::CheckRequest;
use crate::model::health::State;
use crate::model::probe::Probe;
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
use hashbrown::HashTable;
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
    /// The first key of each component that has checks, by the component's name.
    index: HashTable<u32>,
    /// Rhythms that many checks have, so that they share one.
    rhythms: Vec<Arc<Rhythm>>,
    /// How many checks were entered since all got their rank.
    unranked: usize,
    /// How many components with checks the warm-up waits for.
    pub(super) awaited: u32,
}

/// How many rhythms are shared; 64 bytes each.
const SHARED_RHYTHMS: usize = 64;
/// All checks are ranked anew when one in so many has no rank, so that to enter one is cheap in the mean.
const UNRANKED_SHARE: usize = 8;
/// No rank yet.
const UNRANKED: u32 = u32::MAX;

/// One component.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) component: Arc<Component>,
    pub(super) slot: Slot,
    pub(super) state: State,
    first: u32,
    count: u32,
    /// Whether the warm-up waits until something is heard of it.
    pub(super) awaited: bool,
}

/// What checks of one kind have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rhythm {
    /// The check's name.
    pub(super) check: Name,
    pub(super) interval: Span,
    pub(super) timeout: Span,
    /// From a request to the instant at which an answer no longer counts.
    patience: Span,
    /// From the last answer to the instant at which nothing is known any more.
    silence: Span,
}

/// One check of one component.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Post {
    /// The component's name.
    pub(super) component: Name,
    pub(super) rhythm: Arc<Rhythm>,
    pub(super) check: Arc<Check>,
    /// What the host is asked; nothing where the engine decides itself.
    pub(super) probe: Option<Arc<Probe>>,
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
    /// Its place in the order of names, if it has got one since it was entered.
    rank: u32,
    pub(super) phase: Phase,
    /// How long the condition over metrics has been true, where it must be for a time.
    pub(super) held: Option<Box<Sustained>>,
    /// Whether the last request was never answered; of a heartbeat, whether it has never beaten.
    pub(super) unanswered: bool,
    /// Whether a run verifies the component.
    pub(super) watched: bool,
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

impl Rhythm {
    fn of(check: &Check) -> Rhythm {
        Rhythm {
            check: check.name.clone(),
            interval: check.interval,
            timeout: check.timeout,
            patience: check.timeout.plus(GRACE),
            silence: check.interval.times(i64::from(SILENT_INTERVALS)),
        }
    }
}

impl Post {
    /// A check that has said nothing yet and is first asked at `due`.
    pub(super) fn new(component: &Component, check: Arc<Check>, slot: Slot, due: Time) -> Post {
        let probe = match &check.ask {
            Ask::Probe(probe) => Some(probe.clone()),
            Ask::Heartbeat { .. } | Ask::Metric(_) => None,
        };
        Post {
            component: component.name.clone(),
            rhythm: Arc::new(Rhythm::of(&check)),
            probe,
            check,
            tally: Tally::NEW,
            asked_at: NEVER_YET,
            due,
            heard: due,
            pushed: NEVER_YET,
            slot,
            rank: UNRANKED,
            phase: Phase::Idle,
            held: None,
            unanswered: false,
            watched: false,
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> (&Name, &Name) {
        (&self.component, &self.rhythm.check)
    }

    /// By when it is due, then by its name.
    fn order(&self, other: &Post) -> Ordering {
        self.due.cmp(&other.due).then_with(|| match (self.rank, other.rank) {
            (UNRANKED, _) | (_, UNRANKED) => self.name().cmp(&other.name()),
            (rank, others) => rank.cmp(&others),
        })
    }

    /// Reads what asking it will read beyond the post itself, and gives a number that follows from it.
    fn touch(&self) -> usize {
        let users = self.probe.as_ref().map_or(0, Arc::strong_count);
        self.component.as_str().bytes().next().map_or(users, |byte| users ^ usize::from(byte))
    }

    /// The request as it was made.
    pub(super) fn request(&self, epoch: u64) -> Option<CheckRequest> {
        Some(CheckRequest {
            component: self.component.clone(),
            check: self.rhythm.check.clone(),
            probe: self.probe.clone()?,
            timeout: self.rhythm.timeout,
            asked_at: self.asked_at,
            epoch,
        })
    }

    /// Whether anything can be heard of it by `until`, as it is asked or is to report.
    pub(super) fn speaks_by(&self, until: Time) -> bool {
        match &self.check.ask {
            Ask::Heartbeat { within } => self.asked_at.after(*within) <= until,
            Ask::Metric(_) | Ask::Probe(_) => self.phase != Phase::Idle || self.due <= until,
        }
    }

    /// When an answer no longer counts.
    pub(super) fn answer_by(&self) -> Time {
        self.asked_at.after(self.rhythm.patience)
    }

    /// When nothing is known any more, should nothing be heard; what the engine itself decides is always heard.
    pub(super) fn silent_at(&self) -> Time {
        if self.probe.is_none() || self.tally.is_unknown() {
            return Time::NEVER;
        }
        self.heard.after(self.rhythm.silence)
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

    /// The key of the check called `check` of `component`.
    pub(super) fn find(&self, component: &Name, check: &Name) -> Option<u32> {
        let same = |key: &u32| self.post(*key).is_some_and(|post| post.component == *component);
        let first = *self.index.find(component.hash(), same)?;
        let slot = self.post(first)?.slot;
        let own = (first..).map_while(|key| Some((key, self.post(key).filter(|post| post.slot == slot)?)));
        own.into_iter().find_map(|(key, post)| (post.rhythm.check == *check).then_some(key))
    }

    /// Whether there is a component called `name`, found by its slot.
    pub(super) fn has(&self, slot: Slot, name: &Name) -> bool {
        self.member(slot).is_some_and(|member| member.component.name == *name)
    }

    /// All keys with their checks, in no order that may be shown.
    pub(super) fn posts(&self) -> impl Iterator<Item = (u32, &Post)> {
        (0u32..).zip(&self.posts).filter_map(|(key, post)| Some((key, post.as_ref()?)))
    }

    /// All components, in no order that may be shown.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flatten()
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut().flatten()
    }

    /// Enters a component and one post for each of its checks.
    pub(super) fn enter(&mut self, slot: Slot, component: Arc<Component>, posts: Vec<Post>) -> Range<u32> {
        let count = u32::try_from(posts.len()).unwrap_or(u32::MAX);
        let first = self.room(count);
        self.unranked = self.unranked.saturating_add(posts.len());
        for (key, mut post) in (first..).zip(posts) {
            post.rhythm = self.shared(post.rhythm);
            if let Some(place) = self.posts.get_mut(key as usize) {
                *place = Some(post);
            }
        }
        if count > 0 {
            let posts = &self.posts;
            let rehash =
                |key: &u32| posts.get(*key as usize).and_then(Option::as_ref).map_or(0, |post| post.component.hash());
            self.index.insert_unique(component.name.hash(), first, rehash);
        }
        if self.members.len() <= slot.index() {
            self.members.resize_with(slot.index().saturating_add(1), || None);
        }
        if let Some(place) = self.members.get_mut(slot.index()) {
            *place = Some(Member { component, slot, state: State::Unknown, first, count, awaited: false });
        }
        first..first.saturating_add(count)
    }

    /// Strikes a component and its checks off; what is left of the checks is handed back.
    pub(super) fn strike(&mut self, slot: Slot) -> Vec<(u32, Post)> {
        let Some(member) = self.members.get_mut(slot.index()).and_then(Option::take) else { return Vec::new() };
        self.awaited = self.awaited.saturating_sub(u32::from(member.awaited));
        let keys = member.first..member.first.saturating_add(member.count);
        if member.count > 0 {
            if let Ok(entry) = self.index.find_entry(member.component.name.hash(), |key| *key == member.first) {
                entry.remove();
            }
            self.free.entry(member.count).or_default().push(member.first);
        }
        keys.filter_map(|key| Some((key, self.posts.get_mut(key as usize)?.take()?))).collect()
    }

    /// By when they are due, then by component, then by check.
    pub(super) fn order(&self, a: u32, b: u32) -> Ordering {
        match (self.post(a), self.post(b)) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Puts keys in order; mostly they are. Before that it reads of each check what asking it will read, so that the
    /// processor fetches all of it side by side, and does not wait for one check after the other.
    pub(super) fn put_in_order(&self, keys: &mut [u32]) {
        let posts = || keys.iter().filter_map(|key| self.post(*key));
        core::hint::black_box(posts().fold(0, |sum, post| sum ^ post.touch()));
        if !posts().is_sorted_by(|a, b| a.order(b).is_le()) {
            keys.sort_unstable_by(|a, b| self.order(*a, *b));
        }
    }

    /// By component, then by check.
    pub(super) fn by_name(&self, a: u32, b: u32) -> Ordering {
        self.post(a).map(Post::name).cmp(&self.post(b).map(Post::name))
    }

    /// Gives every check its rank, when many have none; until then they are ordered by their names.
    pub(super) fn rank(&mut self) {
        if self.unranked.saturating_mul(UNRANKED_SHARE) <= self.posts.len() {
            return;
        }
        self.unranked = 0;
        let mut keys: Vec<u32> = self.posts().map(|(key, _)| key).collect();
        keys.sort_by(|a, b| self.by_name(*a, *b));
        for (rank, key) in (0u32..).zip(keys) {
            if let Some(post) = self.post_mut(key) {
                post.rank = rank;
            }
        }
    }

    /// The one rhythm that checks alike share, so that it and the count of its users stay in the cache.
    fn shared(&mut self, rhythm: Arc<Rhythm>) -> Arc<Rhythm> {
        if let Some(known) = self.rhythms.iter().find(|known| **known == rhythm) {
            return known.clone();
        }
        if self.rhythms.len() < SHARED_RHYTHMS {
            self.rhythms.push(rhythm.clone());
        }
        rhythm
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
