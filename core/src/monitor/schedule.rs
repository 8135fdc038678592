//! When what is asked: each check at its interval, faster while it fails or is watched, within limits.

use crate::knowledge::context::Deadline;
use crate::knowledge::topology::Slot;
use crate::model::command::Command;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State, Tier};
use crate::model::value::Value;
use crate::monitor::measure;
use crate::monitor::record::{self, Desk, Seen, Then};
use crate::monitor::rollup;
use crate::monitor::roster::{NEVER_YET, Phase, Post, Roster};
use crate::policy::components::{Ask, Check, Component};
use crate::primitives::prng::Pcg32;
use crate::primitives::time::{Span, Time};
use crate::primitives::wheel::Wheel;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The shortest time between two asks of one check, since the instant is part of a request's id.
const TICK: Span = Span::from_ms(1);

/// All checks with their timers.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) roster: Roster,
    wheel: Wheel,
    /// Checks that are due and not yet asked, in order.
    pub(super) queue: VecDeque<u32>,
    pub(super) in_flight: u32,
    /// How many were asked at `budget.0`.
    pub(super) budget: (Time, u32),
    /// Whether it was said that there are too many requests without an answer.
    pub(super) postponing: bool,
    /// When the queue goes on, if it may.
    pub(super) resume: Option<Time>,
    due: Vec<u32>,
    /// What was queued in this pass.
    fresh: Vec<u32>,
}

impl Schedule {
    pub(super) fn new(now: Time) -> Schedule {
        Schedule {
            roster: Roster::default(),
            wheel: Wheel::new(now),
            queue: VecDeque::new(),
            in_flight: 0,
            budget: (NEVER_YET, 0),
            postponing: false,
            resume: None,
            due: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// When there is something to do even if nothing happens.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let due = self.wheel.next().map(|at| Deadline { at, reason: "check_due" });
        let resume = self.resume.map(|at| Deadline { at, reason: "checks_postponed" });
        crate::knowledge::context::earlier(due, resume)
    }

    /// Enters a component; its checks are first asked after their delay and a draw within their interval.
    pub(super) fn enter(&mut self, slot: Slot, component: &Arc<Component>, seed: u64, now: Time) {
        self.strike(slot);
        let posts = component.checks.iter().map(|check| {
            let due = first_ask(component, check, seed, now);
            let mut post = Post::new(component, check.clone(), slot, due);
            if matches!(check.ask, Ask::Heartbeat { .. }) {
                (post.asked_at, post.unanswered) = (now.after(check.initial_delay), true);
            }
            post
        });
        let posts = posts.collect();
        for key in self.roster.enter(slot, component.clone(), posts) {
            self.arm(key);
        }
    }

    /// Counts a check as it was restored.
    pub(super) fn admit(&mut self, key: u32) {
        match self.roster.post(key).map(|post| post.phase) {
            Some(Phase::InFlight) => self.in_flight = self.in_flight.saturating_add(1),
            Some(Phase::Postponed) => self.queue.push_back(key),
            Some(Phase::Idle) | None => {}
        }
        self.arm(key);
    }

    /// Takes a component's state from its checks, as it was restored.
    pub(super) fn roll_up(&mut self, slot: Slot) {
        let state = rollup::worst(&self.roster, slot);
        if let Some(member) = self.roster.member_mut(slot) {
            member.state = state;
        }
    }

    /// Takes a component to be in a state that is held, whatever its checks say.
    pub(super) fn hold(&mut self, slot: Option<Slot>, state: State) {
        if let Some(member) = slot.and_then(|slot| self.roster.member_mut(slot)) {
            member.state = state;
        }
    }

    /// Remembers whether a run verifies the component.
    pub(super) fn mark_watched(&mut self, slot: Option<Slot>, watched: bool) {
        for key in slot.map_or(0..0, |slot| self.roster.keys(slot)) {
            if let Some(post) = self.roster.post_mut(key) {
                post.watched = watched;
            }
        }
    }

    /// Strikes a component off, with all that is pending on it.
    pub(super) fn strike(&mut self, slot: Slot) {
        let mut queued = false;
        for (key, post) in self.roster.strike(slot) {
            self.wheel.cancel(key);
            match post.phase {
                Phase::InFlight => self.in_flight = self.in_flight.saturating_sub(1),
                Phase::Postponed => queued = true,
                Phase::Idle => {}
            }
        }
        if queued {
            let roster = &self.roster;
            self.queue.retain(|key| roster.post(*key).is_some());
        }
    }

    /// Brings the next ask of a watched component's checks forward: from `from` on, at their recheck interval.
    pub(super) fn watch(&mut self, slot: Slot, from: Time, now: Time) {
        for key in self.roster.keys(slot) {
            let Some(post) = self.roster.post_mut(key).filter(|post| post.phase == Phase::Idle) else { continue };
            let asked_since = post.asked_at >= from && post.probe.is_some();
            let wanted = if asked_since { post.asked_at.after(post.check.recheck_interval) } else { from };
            post.due = post.due.min(wanted.max(now));
            self.arm(key);
        }
    }

    /// Takes an answer in and settles when the check is asked next.
    pub(super) fn answered(&mut self, key: u32, seen: Seen<'_>, desk: &mut Desk<'_>) {
        let then = record::observe(&mut self.roster, key, seen, desk);
        self.settle(key, seen.asked, desk);
        if then == Then::LookDeeper {
            self.look_deeper(key, desk.now());
        }
    }

    /// Does all that is due: takes missing answers for errors, decides what the engine decides itself, asks the rest.
    pub(super) fn run(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now();
        if self.budget.0 != now {
            self.budget = (now, 0);
        }
        self.roster.rank();
        loop {
            let mut due = core::mem::take(&mut self.due);
            self.wheel.advance(now, &mut due);
            if due.is_empty() {
                self.due = due;
                break;
            }
            if due.len() > 1 {
                self.roster.put_in_order(&mut due);
            }
            due.drain(..).for_each(|key| self.wake(key, desk));
            self.due = due;
        }
        self.ask(desk);
        if !self.queue.is_empty() {
            let fresh = core::mem::take(&mut self.fresh);
            let left = |key: &&u32| self.roster.post(**key).is_some_and(|post| post.phase == Phase::Postponed);
            let left: Vec<u32> = fresh.iter().filter(left).copied().collect();
            left.into_iter().for_each(|key| self.arm(key));
        }
        self.fresh.clear();
    }

    fn wake(&mut self, key: u32, desk: &mut Desk<'_>) {
        let now = desk.now();
        let Some(post) = self.roster.post_mut(key) else { return };
        if post.phase == Phase::InFlight && post.answer_by() <= now {
            let heard = post.heard;
            (post.phase, post.unanswered) = (Phase::Idle, true);
            self.in_flight = self.in_flight.saturating_sub(1);
            let detail = format!("no answer within {}", post.answer_by().since(post.asked_at));
            let (verdict, asked_at) = (CheckVerdict::Error, post.asked_at);
            self.answered(
                key,
                Seen { verdict, detail: &detail, asked: true, asked_at, rule: "monitor.no_answer" },
                desk,
            );
            if let Some(post) = self.roster.post_mut(key) {
                // No answer is nothing heard.
                post.heard = heard;
            }
        }
        if self.roster.post(key).is_some_and(|post| post.silent_at() <= now) {
            record::silence(&mut self.roster, key, desk);
        }
        let Some(post) = self.roster.post_mut(key) else { return };
        if post.phase != Phase::Idle || post.due > now {
            return self.arm(key);
        }
        if post.probe.is_none() {
            return self.decide(key, desk);
        }
        if self.queue.is_empty() && self.may_ask(desk) {
            return self.request(key, desk);
        }
        if let Some(post) = self.roster.post_mut(key) {
            post.phase = Phase::Postponed;
        }
        // Its timer is set when it is asked, or else when it was not.
        self.fresh.push(key);
        self.enqueue(key);
    }

    /// Answers a check that asks nobody.
    fn decide(&mut self, key: u32, desk: &mut Desk<'_>) {
        let now = desk.now();
        let Some(post) = self.roster.post_mut(key) else { return };
        let Some((verdict, detail)) = measure::decide(post, desk) else {
            return self.settle(key, true, desk);
        };
        let (rule, slot) = (rule_of(verdict), post.slot);
        if verdict != CheckVerdict::Error && matches!(post.check.ask, Ask::Metric(_)) {
            self.roster.heard_of(slot);
        }
        self.answered(key, Seen { verdict, detail: &detail, asked: true, asked_at: now, rule }, desk);
    }

    /// Appends a check to the queue, which mostly keeps it in order.
    fn enqueue(&mut self, key: u32) {
        let roster = &self.roster;
        let in_order = self.queue.back().is_none_or(|last| roster.order(*last, key).is_le());
        self.queue.push_back(key);
        if !in_order {
            self.sort_queue();
        }
    }

    pub(super) fn sort_queue(&mut self) {
        self.roster.put_in_order(self.queue.make_contiguous());
    }

    /// Asks what is queued, as far as the limits let it.
    fn ask(&mut self, desk: &mut Desk<'_>) {
        let (now, limits) = (desk.now(), desk.context.policy.limits());
        while let Some(key) = self.queue.front().copied() {
            if self.budget.1 >= limits.checks_per_step.max(1) {
                break;
            }
            if self.in_flight >= limits.checks_in_flight.max(1) {
                self.say_postponed(limits.checks_in_flight, desk);
                break;
            }
            self.queue.pop_front();
            self.request(key, desk);
        }
        let held = self.in_flight >= limits.checks_in_flight.max(1);
        self.resume = (!self.queue.is_empty() && !held).then(|| now.after(TICK));
        self.postponing &= !self.queue.is_empty();
    }

    /// Whether neither the answers that are awaited nor what was asked in this step forbid to ask on.
    fn may_ask(&self, desk: &Desk<'_>) -> bool {
        let limits = desk.context.policy.limits();
        self.budget.1 < limits.checks_per_step.max(1) && self.in_flight < limits.checks_in_flight.max(1)
    }

    fn request(&mut self, key: u32, desk: &mut Desk<'_>) {
        let Some(post) = self.roster.post_mut(key) else { return };
        (post.phase, post.asked_at, post.unanswered) = (Phase::InFlight, desk.now(), false);
        self.in_flight = self.in_flight.saturating_add(1);
        self.budget.1 = self.budget.1.saturating_add(1);
        let request = post.request(desk.context.epoch).map(Command::RunCheck);
        desk.out.commands.extend(request);
        self.arm(key);
    }

    /// The requests without an answer, by component and check.
    pub(super) fn outstanding(&self, epoch: u64, into: &mut Vec<Command>) {
        let posts = self.roster.posts().filter(|(_, post)| post.phase == Phase::InFlight);
        let mut keys: Vec<u32> = posts.map(|(key, _)| key).collect();
        keys.sort_unstable_by(|a, b| self.roster.by_name(*a, *b));
        for key in keys {
            into.extend(self.roster.post(key).and_then(|post| post.request(epoch)).map(Command::RunCheck));
        }
    }

    fn say_postponed(&mut self, limit: u32, desk: &mut Desk<'_>) {
        if self.postponing {
            return;
        }
        self.postponing = true;
        let dropped = "asks are postponed until answers come in".into();
        let said = Conclusion::Overloaded { limit: "checks_in_flight".into(), dropped };
        let fact = Fact::new(desk.now(), "monitor.checks_in_flight", said).because([desk.context.event_id()]);
        let fact = fact.value("in_flight", Value::Number(self.in_flight.into()));
        desk.out.facts.push(fact.value("limit", Value::Number(limit.into())));
    }

    /// Settles when a check that is not in flight is asked next. What nobody asked for can only bring that forward.
    fn settle(&mut self, key: u32, asked: bool, desk: &Desk<'_>) {
        let now = desk.now();
        let Some(post) = self.roster.post_mut(key).filter(|post| post.phase == Phase::Idle) else {
            // Its next ask is settled already, but it has been heard of.
            return self.arm(key);
        };
        let watch = if post.watched { desk.watched.get(&post.component) } else { None };
        let from = watch.map(|watch| watch.from);
        let last = if post.probe.is_none() || !asked { now } else { post.asked_at };
        let soon = post.tally.is_sick() || from.is_some_and(|from| last >= from);
        let step = if soon { post.check.recheck_interval } else { post.rhythm.interval };
        let regular = last.after(step.max(TICK));
        let due = from.filter(|from| last < *from).map_or(regular, |from| regular.min(from)).max(now);
        post.due = if asked { due.max(last.after(TICK)) } else { due.min(post.due) };
        self.arm(key);
    }

    /// A shallow check has failed for the first time: the deep ones are asked at once.
    fn look_deeper(&mut self, key: u32, now: Time) {
        let Some(slot) = self.roster.post(key).map(|post| post.slot) else { return };
        for other in self.roster.keys(slot) {
            let Some(post) = self.roster.post_mut(other) else { continue };
            if post.check.tier == Tier::Deep && post.phase == Phase::Idle {
                post.due = post.due.min(now.max(post.asked_at.after(TICK)));
                self.arm(other);
            }
        }
    }

    pub(super) fn arm(&mut self, key: u32) {
        match self.roster.post(key).and_then(Post::wakes_at) {
            Some(at) => self.wheel.set(key, at),
            None => self.wheel.cancel(key),
        }
    }
}

/// The rule by which an answer is recorded.
pub(super) const fn rule_of(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Error => "monitor.check_error",
        CheckVerdict::Fail => "monitor.check_failed",
        CheckVerdict::Pass => "monitor.check_passed",
    }
}

fn first_ask(component: &Component, check: &Check, seed: u64, now: Time) -> Time {
    let mut draws = Pcg32::keyed(seed, &[component.name.as_str(), check.name.as_str()]);
    let spread = draws.below(check.interval.ms().unsigned_abs());
    now.after(check.initial_delay).after(Span::from_ms(i64::try_from(spread).unwrap_or(0)))
}
