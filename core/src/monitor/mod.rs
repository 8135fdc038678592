//! Floor 5, the first stage: asks every component how it is, and says what is found (SPEC H2, H3).
//!
//! It reads answers, heartbeats and metrics; says `CheckFound` where it matters, and `HealthChanged`; asks for
//! `RunCheck`. A pass of a healthy check says nothing and allocates nothing.

mod awaited;
mod calm;
mod flap;
mod health;
mod intake;
mod measure;
mod record;
mod rollup;
mod roster;
mod saved;
mod schedule;
mod series;
mod windows;

pub use saved::Saved;

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft, earlier};
use crate::knowledge::topology::Slot;
use crate::knowledge::watch::Watch;
use crate::model::command::Command;
use crate::model::fact::{Conclusion, Fact};
use crate::monitor::flap::Flaps;
use crate::monitor::record::Desk;
use crate::monitor::schedule::Schedule;
use crate::monitor::series::Series;
use crate::monitor::windows::Clock;
use crate::policy::Policy;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The monitor.
#[derive(Clone, Debug)]
pub struct Monitor {
    schedule: Schedule,
    /// When it last did anything; before its first pass nothing is scheduled, since no time is known.
    now: Option<Time>,
    /// The components under verification.
    watched: BTreeMap<Name, Watch>,
    /// Up to which change of the watches it has looked.
    watches_seen: u64,
    /// When windows open and close.
    windows: Clock,
    /// Components whose state changed lately.
    flaps: Flaps,
    /// Components that were changed on purpose lately.
    series: Series,
    /// When the warm-up ends at the latest, while there is one.
    warm_up: Option<Time>,
}

impl Default for Monitor {
    fn default() -> Monitor {
        Monitor::new()
    }
}

impl Monitor {
    /// A monitor that enters all components of the topology at its first pass.
    pub fn new() -> Monitor {
        Monitor {
            schedule: Schedule::new(Time::ZERO),
            now: None,
            watched: BTreeMap::new(),
            watches_seen: 0,
            windows: Clock::default(),
            flaps: Flaps::default(),
            series: Series::default(),
            warm_up: None,
        }
    }

    /// Takes the input in and does all that is due.
    pub fn advance(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        self.windows.follow(context, knowledge, said, out);
        let first = self.now.replace(context.now).is_none();
        if first {
            self.schedule = Schedule::new(context.now);
            for (slot, component) in knowledge.topology.iter() {
                self.schedule.enter(slot, component, context.policy.seed(), context.now);
            }
        } else if !said.is_empty() {
            self.follow_components(context, knowledge, said);
        }
        if knowledge.watches.changes() != self.watches_seen {
            self.follow_watches(context, knowledge);
        }
        let (watched, flaps, series) = (&self.watched, &mut self.flaps, &mut self.series);
        let mut desk = Desk { context, knowledge, watched, flaps, series, out };
        if first || !said.is_empty() && calm::begins(said) {
            let until = context.now.after(context.policy.health().warm_up);
            desk.say_warming(until, self.schedule.roster.await_all(until));
            self.warm_up = Some(until);
        }
        if let Some(event) = context.event() {
            intake::take(&mut self.schedule, event, &mut desk);
        }
        self.schedule.run(&mut desk);
        if desk.flaps.deadline().is_some_and(|at| at <= context.now) {
            desk.end_flapping(&mut self.schedule.roster);
        }
        if let Some(until) = self.warm_up
            && (until <= context.now || self.schedule.roster.awaits_none())
        {
            desk.say_warm(&self.schedule.roster);
            self.schedule.roster.await_none();
            self.warm_up = None;
        }
    }

    /// When it is to be called again even if nothing happens.
    pub fn deadline(&self, knowledge: &Knowledge) -> Option<Deadline> {
        self.now?;
        let warm = self.warm_up.map(|at| Deadline { at, reason: "warm_up_ends" });
        let calm = self.flaps.deadline().map(|at| Deadline { at, reason: "calm" });
        let watches = earlier(knowledge.watches.deadline(self.watches_seen), self.windows.deadline());
        let due = earlier(self.schedule.deadline(), watches);
        earlier(due, earlier(warm, calm))
    }

    /// The requests without an answer, by component and check.
    pub fn outstanding(&self, epoch: u64, into: &mut Vec<Command>) {
        self.schedule.outstanding(epoch, into);
    }

    /// Everything it remembers.
    pub fn snapshot(&self) -> Saved {
        Saved::of(self)
    }

    /// The monitor that was saved, over the same knowledge and policy.
    pub fn restore(saved: &Saved, knowledge: &Knowledge, policy: &Policy) -> Monitor {
        if saved.now.is_none() {
            return Monitor::new();
        }
        let mut schedule = saved.schedule(knowledge, policy.seed());
        for name in saved.watched.keys() {
            schedule.mark_watched(knowledge.topology.slot(name), true);
        }
        for (name, state) in calm::held(saved.flaps.held(), knowledge) {
            schedule.hold(knowledge.topology.slot(name), state);
        }
        let (watched, flaps, series) = (saved.watched.clone(), saved.flaps.clone().restored(), saved.series.clone());
        let (watches_seen, warm_up, windows) = (saved.watches_seen, saved.warm_up, saved.windows.clone());
        Monitor { schedule, now: saved.now, watched, watches_seen, windows, flaps, series, warm_up }
    }

    /// Enters and strikes off components. A removed one may be out of the topology already, and its slot taken again.
    fn follow_components(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact]) {
        let removed = |fact: &Fact| matches!(fact.said, Conclusion::ComponentRemoved {});
        if said.iter().any(removed) {
            let members = self.schedule.roster.members();
            let is_gone = |slot: Slot, name: &Name| knowledge.topology.at(slot).is_none_or(|there| there.name != *name);
            let gone = members.filter(|member| is_gone(member.slot, &member.component.name));
            let gone = gone.map(|member| (member.slot, member.component.name.clone()));
            for (slot, name) in gone.collect::<Vec<_>>() {
                self.schedule.strike(slot);
                self.flaps.forget(&name);
                self.series.forget(&name);
            }
        }
        for fact in said {
            let Some(name) = &fact.component else { continue };
            if let (Conclusion::ComponentRegistered {}, Some(slot)) = (&fact.said, knowledge.topology.slot(name))
                && let Some(component) = knowledge.topology.at(slot)
            {
                self.schedule.enter(slot, component, context.policy.seed(), context.now);
                self.flaps.forget(name);
                self.schedule.mark_watched(Some(slot), self.watched.contains_key(name));
            }
        }
    }

    fn follow_watches(&mut self, context: &Context<'_>, knowledge: &Knowledge) {
        self.watches_seen = knowledge.watches.changes();
        let watched = knowledge.watches.watched();
        for name in self.watched.keys().filter(|name| !watched.contains_key(*name)) {
            self.schedule.mark_watched(knowledge.topology.slot(name), false);
        }
        for (name, watch) in &watched {
            let slot = knowledge.topology.slot(name);
            self.schedule.mark_watched(slot, true);
            if let Some(slot) = slot {
                self.schedule.watch(slot, watch.from, context.now);
            }
        }
        self.watched = watched;
    }
}

#[cfg(test)]
mod tests;
