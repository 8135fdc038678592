//! Turning what was observed into facts.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::knowledge::health::SUSPICION_CLEARED;
use crate::knowledge::watch::Watch;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State, Tier};
use crate::model::ids::{EventId, IncidentId};
use crate::model::value::Value;
use crate::monitor::flap::Flaps;
use crate::monitor::health::{Circumstances, Finding, SILENT_INTERVALS};
use crate::monitor::rollup;
use crate::monitor::roster::{Post, Roster};
use crate::monitor::series::Series;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

/// Room for what is said around the name of a check and its detail.
const ROOM: usize = 64;

/// What the monitor works with in one pass.
pub(super) struct Desk<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) knowledge: &'a Knowledge,
    /// The components under verification.
    pub(super) watched: &'a BTreeMap<Name, Watch>,
    /// What changed lately.
    pub(super) flaps: &'a mut Flaps,
    /// What was changed on purpose lately.
    pub(super) series: &'a mut Series,
    pub(super) out: &'a mut Draft,
}

/// One answer of a check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) verdict: CheckVerdict,
    pub(super) detail: &'a str,
    /// Whether it was asked for.
    pub(super) asked: bool,
    /// When it was asked for; for what nobody asked for, when it was taken.
    pub(super) asked_at: Time,
    pub(super) rule: &'static str,
}

/// What is to be done after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing more.
    Nothing,
    /// The deep checks of the component are to be asked at once.
    LookDeeper,
}

impl Desk<'_> {
    pub(super) fn now(&self) -> Time {
        self.context.now
    }

    /// Records that an input was not taken.
    pub(super) fn refuse(&mut self, rule: &'static str, component: &Name, reason: String) {
        let fact = Fact::new(self.now(), rule, Conclusion::InputRefused { reason });
        self.out.facts.push(fact.component(component).because([self.context.event_id()]));
    }

    fn incident(&self, component: &Name) -> Option<IncidentId> {
        let watched = self.watched.get(component).and_then(|watch| watch.incident);
        watched.or_else(|| self.knowledge.incidents.open_with(component).next().map(|incident| incident.id))
    }

    pub(super) fn say(&mut self, fact: Fact, component: &Name) {
        let fact = fact.component(component);
        let fact = match self.incident(component) {
            Some(incident) => fact.incident(incident),
            None => fact,
        };
        self.out.facts.push(fact);
    }
}

/// Takes an answer of check `key` in.
pub(super) fn observe(roster: &mut Roster, key: u32, seen: Seen<'_>, desk: &mut Desk<'_>) -> Then {
    let Some(post) = roster.post_mut(key) else { return Then::Nothing };
    let slot = post.slot;
    post.heard = desk.now();
    if seen.verdict == CheckVerdict::Pass && post.tally.is_well() && !post.watched {
        return Then::Nothing;
    }
    let Some(member) = roster.member(slot) else { return Then::Nothing };
    let component = member.component.clone();
    let around = Circumstances {
        now: desk.now(),
        acted: desk.knowledge.watches.acted(&component.name),
        healthy_delay: component.healthy_delay,
    };
    let Some(post) = roster.post_mut(key) else { return Then::Nothing };
    let check = post.check.clone();
    let found = post.tally.observe(&check, seen.verdict, || desk.context.event_id(), around);
    let counts = desk.watched.get(&component.name).is_some_and(|watch| !watch.doubt && seen.asked_at >= watch.from);
    let Some(finding) = found else {
        if counts {
            let needed = check.success_threshold;
            let fact = check_found(post, seen, (needed, needed), [desk.context.event_id()].into(), desk.now());
            desk.say(fact, &component.name);
        }
        return Then::Nothing;
    };
    let (before, after) = (member_state(roster, key), rollup::worst(roster, slot));
    let cleared = before == State::Healthy && finding.verdict == CheckVerdict::Pass && rollup::is_clear(roster, slot);
    if finding.telling || counts {
        let rule = if cleared && finding.telling { SUSPICION_CLEARED } else { seen.rule };
        let because: Vec<EventId> = finding.because.iter().take(1).cloned().collect();
        if let Some(post) = roster.post(key) {
            let numbers = (finding.count, finding.needed);
            let fact = check_found(post, Seen { rule, ..seen }, numbers, because, desk.now());
            desk.say(fact, &component.name);
        }
    }
    let then = match (finding.first_failure, check.tier) {
        (true, Tier::Shallow) => Then::LookDeeper,
        _ => Then::Nothing,
    };
    let reason = || Reason {
        detail: in_words(&check.name, &finding, seen.detail),
        values: finding.values(),
        because: finding.because,
    };
    change(roster, key, after, reason, desk);
    then
}

/// Records that nothing was heard of check `key` for too long.
pub(super) fn silence(roster: &mut Roster, key: u32, desk: &mut Desk<'_>) {
    let Some(post) = roster.post_mut(key) else { return };
    post.tally.silence();
    let (slot, asked_at) = (post.slot, post.asked_at);
    let (name, since) = (post.check.name.clone(), post.heard);
    let detail = format!("nothing heard for {}", desk.now().since(since));
    let seen =
        Seen { verdict: CheckVerdict::Error, detail: &detail, asked: true, asked_at, rule: "monitor.check_silent" };
    let because = [desk.context.event_id()];
    let fact = check_found(post, seen, (SILENT_INTERVALS, SILENT_INTERVALS), because.to_vec(), desk.now());
    if let Some(component) = roster.member(slot).map(|member| member.component.clone()) {
        desk.say(fact, &component.name);
    }
    let after = rollup::worst(roster, slot);
    let reason = || Reason {
        detail: format!("`{name}`: {detail}"),
        values: alloc::vec![("silent_intervals", SILENT_INTERVALS), ("needed", SILENT_INTERVALS)],
        because: because.to_vec(),
    };
    change(roster, key, after, reason, desk);
}

fn member_state(roster: &Roster, key: u32) -> State {
    roster.owner(key).map_or(State::Unknown, |member| member.state)
}

/// Why the state of a component changes.
struct Reason {
    detail: String,
    values: Vec<(&'static str, u32)>,
    because: Vec<EventId>,
}

/// Check `key` says so much: its component is in the state `to`, for a reason that is asked for where that is another one.
fn change(roster: &mut Roster, key: u32, to: State, reason: impl FnOnce() -> Reason, desk: &mut Desk<'_>) {
    let Some(slot) = roster.post(key).map(|post| post.slot) else { return };
    let Some(member) = roster.member_mut(slot) else { return };
    let name = member.component.name.clone();
    let rule = desk.context.policy.health().flapping_of(&name);
    let belief = desk.flaps.believe(&name, member.state, to, rule, desk.context.now);
    desk.flaps.keep_within(desk.context.policy.limits().unsettled);
    let (from, to) = (core::mem::replace(&mut member.state, belief.state), belief.state);
    if let Some(changes) = belief.began {
        desk.say_flapping(&name, to, changes);
    }
    if from == to {
        return;
    }
    let Reason { detail, values, because } = reason();
    let said = Conclusion::HealthChanged { from, to, detail };
    let fact = Fact::new(desk.now(), "monitor.health_changed", said).because(because);
    let fact = values.into_iter().fold(fact, |fact, (name, value)| fact.value(name, Value::Number(value.into())));
    desk.say(fact, &name);
}

fn check_found(post: &Post, seen: Seen<'_>, numbers: (u32, u32), because: Vec<EventId>, now: Time) -> Fact {
    let (count, needed) = numbers;
    let said = Conclusion::CheckFound {
        check: post.check.name.clone(),
        verdict: seen.verdict,
        count,
        needed,
        detail: seen.detail.to_string(),
    };
    let fact = Fact::new(now, seen.rule, said).because(because);
    // All times are below 2⁵³, so that a float holds them exactly.
    match Finite::new(seen.asked_at.ms() as f64) {
        Some(ms) => fact.value(if seen.asked { "asked_at_ms" } else { "taken_at_ms" }, Value::Number(ms)),
        None => fact,
    }
}

impl Finding {
    fn values(&self) -> Vec<(&'static str, u32)> {
        let counted = match self.verdict {
            CheckVerdict::Error => "errors",
            CheckVerdict::Fail => "failures",
            CheckVerdict::Pass => "passes",
        };
        alloc::vec![(counted, self.count), ("needed", self.needed)]
    }
}

fn in_words(check: &Name, finding: &Finding, detail: &str) -> String {
    let did = match finding.verdict {
        CheckVerdict::Error => "could not be carried out",
        CheckVerdict::Fail => "failed",
        CheckVerdict::Pass => "passed",
    };
    let colon = if detail.is_empty() { "" } else { ": " };
    let mut words = String::with_capacity(check.as_str().len().saturating_add(detail.len()).saturating_add(ROOM));
    let written = match finding.count {
        1 => write!(words, "`{check}` {did} once{colon}{detail}"),
        count => write!(words, "`{check}` {did} {count} times in a row{colon}{detail}"),
    };
    debug_assert!(written.is_ok(), "memory takes all that is written to it");
    words
}
