//! Taking events in: answers of checks, pushed results, heartbeats. Whatever does not fit is refused, and changes nothing.

use crate::knowledge::scope::STALE_AFTER;
use crate::knowledge::topology::Slot;
use crate::model::event::{CheckReport, Event};
use crate::model::health::CheckVerdict;
use crate::monitor::record::{Desk, Seen};
use crate::monitor::roster::Phase;
use crate::monitor::schedule::{Schedule, rule_of};
use crate::policy::components::Ask;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::format;

/// Takes in what the monitor is concerned with.
pub(super) fn take(schedule: &mut Schedule, event: &Event, desk: &mut Desk<'_>) {
    match event {
        Event::ChangeReported { .. } => desk.change(event),
        Event::CheckReported(report) => reported(schedule, report, desk),
        Event::HeartbeatReceived { component } => beat(schedule, component, desk),
        _ => {}
    }
}

fn reported(schedule: &mut Schedule, report: &CheckReport, desk: &mut Desk<'_>) {
    let name = &report.component;
    let Some(key) = schedule.roster.find(name, &report.check) else {
        if known(schedule, name, desk).is_none() {
            return;
        }
        let reason = format!("`{name}` has no check `{}`: expected one of its policy", report.check);
        return desk.refuse("monitor.unknown_check", name, reason);
    };
    if report.epoch != desk.context.epoch {
        let reason = format!("epoch {} is not in force: expected {}", report.epoch, desk.context.epoch);
        return desk.refuse("monitor.stale_epoch", name, reason);
    }
    let most = desk.context.policy.limits().text_bytes;
    if u32::try_from(report.detail.len()).map_or(true, |length| length > most) {
        let reason = format!("the detail has {} bytes: expected at most {most}", report.detail.len());
        return desk.refuse("monitor.detail_too_long", name, reason);
    }
    match report.asked_at {
        Some(asked_at) => answered(schedule, key, report, asked_at, desk),
        None => pushed(schedule, key, report, desk),
    }
}

/// An answer to a request. The instant of the request must be that of the one which is out.
fn answered(schedule: &mut Schedule, key: u32, report: &CheckReport, asked_at: Time, desk: &mut Desk<'_>) {
    let Some(post) = schedule.roster.post_mut(key) else { return };
    let (last, unanswered) = (post.asked_at, post.unanswered);
    if post.phase == Phase::InFlight && asked_at == last {
        let slot = post.slot;
        post.phase = Phase::Idle;
        schedule.in_flight = schedule.in_flight.saturating_sub(1);
        if report.verdict != CheckVerdict::Error {
            schedule.roster.heard_of(slot);
        }
        let (verdict, rule) = (report.verdict, rule_of(report.verdict));
        let seen = Seen { verdict, detail: &report.detail, asked: true, asked_at, rule };
        return schedule.answered(key, seen, desk);
    }
    let (rule, what) = if post.probe.is_none() || asked_at > last {
        ("monitor.unasked_answer", "was never asked at that instant")
    } else if asked_at < last {
        ("monitor.late_answer", "was asked again since")
    } else if unanswered {
        ("monitor.late_answer", "was answered too late; no answer was taken for an error")
    } else {
        ("monitor.duplicate_answer", "was answered already")
    };
    let reason = format!("`{}` {what}: expected the one answer to its latest request", report.check);
    desk.refuse(rule, &report.component, reason);
}

/// A result that nobody asked for. It counts, unless it is stale, or one as new or newer was pushed before.
fn pushed(schedule: &mut Schedule, key: u32, report: &CheckReport, desk: &mut Desk<'_>) {
    let taken_at = report.taken_at.min(desk.now());
    let Some(post) = schedule.roster.post_mut(key) else { return };
    let age = desk.now().since(taken_at);
    if age > STALE_AFTER {
        let reason = format!("`{}` was seen {age} ago: expected a result of the last {STALE_AFTER}", report.check);
        return desk.refuse("monitor.stale_answer", &report.component, reason);
    }
    if taken_at <= post.pushed {
        let reason = format!("`{}` was pushed a result as new already: expected a newer one", report.check);
        return desk.refuse("monitor.duplicate_answer", &report.component, reason);
    }
    post.pushed = taken_at;
    let slot = post.slot;
    if report.verdict != CheckVerdict::Error {
        schedule.roster.heard_of(slot);
    }
    let (verdict, rule) = (report.verdict, rule_of(report.verdict));
    let seen = Seen { verdict, detail: &report.detail, asked: false, asked_at: taken_at, rule };
    schedule.answered(key, seen, desk);
}

fn beat(schedule: &mut Schedule, name: &Name, desk: &mut Desk<'_>) {
    let Some(slot) = known(schedule, name, desk) else { return };
    let mut expected = false;
    for key in schedule.roster.keys(slot) {
        let Some(post) = schedule.roster.post_mut(key) else { continue };
        if matches!(post.check.ask, Ask::Heartbeat { .. }) {
            expected = true;
            (post.asked_at, post.unanswered) = (desk.now(), false);
        }
    }
    if expected {
        schedule.roster.heard_of(slot);
    } else {
        let reason = format!("`{name}` has no check by heartbeat: expected one in its policy");
        desk.refuse("monitor.unexpected_heartbeat", name, reason);
    }
}

fn known(schedule: &Schedule, name: &Name, desk: &mut Desk<'_>) -> Option<Slot> {
    let slot = desk.knowledge.topology.slot(name).filter(|slot| schedule.roster.has(*slot, name));
    if slot.is_none() {
        desk.refuse(
            "monitor.unknown_component",
            name,
            format!("there is no component `{name}`: add it to the policy, or register it first"),
        );
    }
    slot
}
