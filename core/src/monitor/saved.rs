//! The monitor's state as it is written down: by name, in order, without slots and keys.

use crate::knowledge::Knowledge;
use crate::knowledge::evaluate::Sustained;
use crate::knowledge::watch::Watch;
use crate::monitor::Monitor;
use crate::monitor::flap::Flaps;
use crate::monitor::health::Tally;
use crate::monitor::roster::{NEVER_YET, Phase, Post, Roster};
use crate::monitor::schedule::Schedule;
use crate::monitor::series::Series;
use crate::monitor::windows::Clock;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Everything the monitor remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// When it last did anything; unset before its first pass.
    pub(super) now: Option<Time>,
    pub(super) budget: (Time, u32),
    pub(super) postponing: bool,
    pub(super) resume: Option<Time>,
    pub(super) watches_seen: u64,
    pub(super) watched: BTreeMap<Name, Watch>,
    checks: BTreeMap<Name, Vec<SavedCheck>>,
    #[serde(default)]
    pub(super) windows: Clock,
    #[serde(default, skip_serializing_if = "Flaps::is_quiet")]
    pub(super) flaps: Flaps,
    #[serde(default, skip_serializing_if = "Series::is_quiet")]
    pub(super) series: Series,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) warm_up: Option<Time>,
    /// The components that the warm-up waits for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    awaited: BTreeSet<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedCheck {
    name: Name,
    tally: Tally,
    due: Time,
    heard: Time,
    #[serde(default = "never_yet", skip_serializing_if = "is_never_yet")]
    asked_at: Time,
    #[serde(default = "never_yet", skip_serializing_if = "is_never_yet")]
    pushed: Time,
    #[serde(default, skip_serializing_if = "is_idle")]
    phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Box<Sustained>>,
    #[serde(default, skip_serializing_if = "is_false")]
    unanswered: bool,
}

impl Saved {
    /// What is to be written down of the monitor.
    pub(super) fn of(monitor: &Monitor) -> Saved {
        let schedule = &monitor.schedule;
        Saved {
            now: monitor.now,
            budget: schedule.budget,
            postponing: schedule.postponing,
            resume: schedule.resume,
            watches_seen: monitor.watches_seen,
            watched: monitor.watched.clone(),
            checks: checks(&schedule.roster),
            windows: monitor.windows.clone(),
            flaps: monitor.flaps.clone(),
            series: monitor.series.clone(),
            warm_up: monitor.warm_up,
            awaited: schedule.roster.awaited_names().into_iter().collect(),
        }
    }

    /// The schedule that was saved. A component or check that was not saved is entered as new.
    pub(super) fn schedule(&self, knowledge: &Knowledge, seed: u64) -> Schedule {
        let now = self.now.unwrap_or_default();
        let mut schedule = Schedule::new(now);
        for (slot, component) in knowledge.topology.iter() {
            schedule.enter(slot, component, seed, now);
            let Some(saved) = self.checks.get(&component.name) else { continue };
            for key in schedule.roster.keys(slot) {
                let Some(post) = schedule.roster.post_mut(key) else { continue };
                if let Some(check) = saved.iter().find(|check| check.name == post.check.name) {
                    check.put_into(post);
                }
                schedule.admit(key);
            }
            schedule.roll_up(slot);
        }
        schedule.sort_queue();
        schedule.roster.await_only(&self.awaited);
        (schedule.budget, schedule.postponing, schedule.resume) = (self.budget, self.postponing, self.resume);
        schedule
    }
}

impl SavedCheck {
    fn of(post: &Post) -> SavedCheck {
        SavedCheck {
            name: post.check.name.clone(),
            tally: post.tally.clone(),
            due: post.due,
            heard: post.heard,
            asked_at: post.asked_at,
            pushed: post.pushed,
            phase: post.phase,
            held: post.held.clone(),
            unanswered: post.unanswered,
        }
    }

    fn put_into(&self, post: &mut Post) {
        post.tally = self.tally.clone();
        (post.due, post.heard, post.asked_at, post.pushed) = (self.due, self.heard, self.asked_at, self.pushed);
        (post.phase, post.unanswered) = (self.phase, self.unanswered);
        post.held = self.held.clone();
    }
}

fn checks(roster: &Roster) -> BTreeMap<Name, Vec<SavedCheck>> {
    let saved = |member: &crate::monitor::roster::Member| {
        let posts = roster.keys(member.slot).filter_map(|key| roster.post(key));
        (member.component.name.clone(), posts.map(SavedCheck::of).collect())
    };
    roster.members().map(saved).collect()
}

fn never_yet() -> Time {
    NEVER_YET
}

fn is_never_yet(at: &Time) -> bool {
    *at == NEVER_YET
}

fn is_idle(phase: &Phase) -> bool {
    *phase == Phase::Idle
}

fn is_false(value: &bool) -> bool {
    !value
}
