//! One chain on its way up. Each level fires at its time from the start, unless its condition keeps it waiting, and again
//! by its own deadline. A level that waited for an acknowledgement to lapse fires then; nothing ever starts from zero.

use crate::escalate::call::{Call, reason};
use crate::escalate::inbox::Pace;
use crate::escalate::mail::{Mail, Origin};
use crate::escalate::matter::{About, Matter, Over, Page, Told};
use crate::escalate::rung::Rung;
use crate::escalate::{Desk, Why, inhibit, route, text};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::model::incident::{Incident, Phase};
use crate::model::severity::Severity;
use crate::model::silence::Withheld;
use crate::model::value::Value;
use crate::policy::escalation::{Chain, ChainLevel, LevelCondition};
use crate::policy::notifications::Notifications;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How soon the last level is told again when nobody of it could be reached.
const RETRY_AFTER: Span = Span::from_mins(1);

/// One chain, fixed when it started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ladder {
    chain: Chain,
    /// The policy's channels, as they were.
    channels: Vec<Name>,
    /// Why people are called, the latest reason.
    reason: String,
    rungs: Vec<Rung>,
    /// Until when the acknowledgement holds.
    acknowledged: Option<Time>,
    /// Since when the incident is resolved or closed.
    over: Option<Time>,
    /// How often it was over.
    overs: u32,
    /// Everybody who was told, and over which channels.
    told: BTreeMap<Name, BTreeSet<Name>>,
    /// The worst severity that the chain was chosen for.
    #[serde(default = "worst")]
    chosen_for: Severity,
    /// How soon a level without a repetition of its own is told again, as it was.
    #[serde(default = "usual")]
    repeat: Span,
    /// Whether anybody has been reached.
    #[serde(default)]
    heard: bool,
}

fn usual() -> Span {
    Notifications::default().repeat_interval
}

/// What was started before it was remembered is not chosen again.
fn worst() -> Severity {
    Severity::Sev0
}

impl Ladder {
    /// Starts the chain that fits the incident.
    pub fn start(incident: &Incident, call: &Call, desk: &mut Desk<'_>) -> Ladder {
        let now = desk.now();
        let chain = route::choose(desk.context.policy, Some((incident, desk)));
        let rung = |level: &ChainLevel| Rung::due(now.after(level.after));
        let ladder = Ladder {
            rungs: chain.levels.iter().map(rung).collect(),
            channels: route::channels(desk.context.policy),
            reason: call.reason.clone(),
            acknowledged: incident.acknowledged_until.filter(|until| *until > now),
            over: None,
            overs: 0,
            told: BTreeMap::new(),
            chosen_for: incident.severity,
            repeat: desk.context.policy.notifications().repeat_interval,
            heard: false,
            chain,
        };
        ladder.announce(incident, call, desk);
        ladder
    }

    /// Takes in another reason while the chain is on its way.
    pub fn hear(&mut self, incident: &Incident, call: &Call, desk: &mut Desk<'_>) {
        let now = desk.now();
        let was_over = self.over.is_some();
        self.go_on(now);
        let another = self.change_chain(incident, desk);
        if self.reason == call.reason && !call.up && !another {
            return;
        }
        self.reason = call.reason.clone();
        self.announce(incident, call, desk);
        if another {
            return;
        }
        let next = self.rungs.iter_mut().find(|rung| rung.is_next()).filter(|_| call.up && !was_over);
        match next {
            Some(rung) => rung.hurry(now),
            None => self.tell_again(now),
        }
    }

    /// It is worse than what the chain was chosen for, and another chain is for that: its levels count from now on, and
    /// those of the chain before fire no more. An acknowledgement was of something milder, so it keeps nothing back.
    fn change_chain(&mut self, incident: &Incident, desk: &Desk<'_>) -> bool {
        if self.chosen_for.at_least(incident.severity) {
            return false;
        }
        self.chosen_for = incident.severity;
        let chain = route::choose(desk.context.policy, Some((incident, desk)));
        if chain.name == self.chain.name {
            return false;
        }
        let now = desk.now();
        self.rungs.iter_mut().for_each(|rung| rung.retired = true);
        let news = |level: &ChainLevel| Rung { news: level.after == Span::ZERO, ..Rung::due(now.after(level.after)) };
        self.rungs.extend(chain.levels.iter().map(news));
        self.chain.name = chain.name;
        self.chain.levels.extend(chain.levels);
        true
    }

    pub fn acknowledge(&mut self, until: Time) {
        self.acknowledged = Some(until);
    }

    pub fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// The incident is resolved or closed: those who were told hear that as they were told, and no level fires any more.
    pub fn rest(&mut self, id: IncidentId, desk: &mut Desk<'_>, mail: &mut Mail) {
        if self.over.is_some() {
            return;
        }
        self.over = Some(desk.now());
        self.overs = self.overs.saturating_add(1);
        let Some(incident) = desk.knowledge.incidents.get(id) else { return };
        for (recipient, over) in &self.told {
            let others: Vec<Name> = self.channels.iter().filter(|channel| !over.contains(*channel)).cloned().collect();
            for channel in over {
                let matter = Matter::Over(About::of(incident), Over::of(incident, self.overs));
                let told = Told { matter, others: others.clone(), origins: Vec::new() };
                mail.tell(told, pace(incident.severity, false), (recipient, channel), desk);
            }
        }
    }

    /// The incident is back, for the reason in `detail`: the chain goes on, and what people were called for before is past.
    pub fn come_back(&mut self, detail: &str, now: Time) {
        if self.over.is_some() {
            let colon = if detail.is_empty() { "" } else { ": " };
            self.reason = reason(&format!("it is back{colon}{detail}"));
        }
        self.go_on(now);
    }

    /// The chain goes on at the level it had reached.
    fn go_on(&mut self, now: Time) {
        let Some(since) = self.over.take() else { return };
        let rested = now.since(since);
        for rung in self.rungs.iter_mut().filter(|rung| rung.is_next()) {
            rung.due = rung.due.after(rested);
        }
        self.tell_again(now);
    }

    /// Somebody of `level` was reached.
    pub fn arrived(&mut self, level: u32) {
        self.heard = true;
        if let Some(rung) = self.rungs.get_mut(level as usize) {
            rung.reached = true;
        }
    }

    /// What had waited for others went out now: it is told again by the time from now.
    pub fn told(&mut self, level: u32, now: Time) {
        let repeat = self.repetition(level as usize);
        let rung = self.rungs.get_mut(level as usize).filter(|rung| rung.rounds == 1 && !rung.news);
        rung.into_iter().for_each(|rung| rung.due = rung.due.max(now.after(repeat)));
    }

    /// Whether somebody knows of it, and it goes on.
    pub fn is_heard(&self) -> bool {
        self.heard && self.over.is_none()
    }

    /// Whether a level is to fire now.
    pub fn is_due(&self, now: Time) -> bool {
        self.over.is_none() && (0..self.rungs.len()).any(|level| self.free_at(level).is_some_and(|at| at <= now))
    }

    fn repetition(&self, level: usize) -> Span {
        let own = self.chain.levels.get(level).and_then(|level| level.repeat).filter(|span| *span > Span::ZERO);
        own.unwrap_or(self.repeat)
    }

    /// Nobody of `level` could be reached: the next one is called at once; without one the same again soon.
    pub fn unreached(&mut self, level: u32, now: Time) {
        let level = level as usize;
        if self.rungs.get(level).is_none_or(|rung| rung.reached) {
            return;
        }
        if let Some(next) = self.rungs.iter_mut().skip(level.saturating_add(1)).find(|rung| rung.is_next()) {
            next.hurry(now);
        } else if let Some(rung) = self.rungs.get_mut(level) {
            rung.due = rung.due.min(now.after(RETRY_AFTER));
        }
    }

    /// Fires every level whose time has come.
    pub fn climb(&mut self, id: IncidentId, behind: Option<IncidentId>, desk: &mut Desk<'_>, mail: &mut Mail) {
        let now = desk.now();
        let Some(incident) = desk.knowledge.incidents.get(id) else { return };
        if self.over.is_some() {
            return;
        }
        if self.acknowledged.is_some_and(|until| until <= now) {
            self.acknowledged = None;
            if !self.is_due(now) {
                self.tell_again(now);
            }
        }
        for level in 0..self.rungs.len() {
            if self.free_at(level).is_some_and(|at| at <= now) && !self.hold(level, incident, behind, desk) {
                self.fire(level, incident, desk, mail);
            }
        }
        // Called for what was over in the same pass: the call goes out, and then that it is over.
        if matches!(incident.phase, Phase::Resolved | Phase::Closed) {
            self.rest(id, desk, mail);
        }
    }

    /// When it must look again.
    pub fn due(&self) -> Option<(Time, Why)> {
        if self.over.is_some() {
            return None;
        }
        let lapse = self.acknowledged.map(|until| (until, Why::Acknowledgement));
        let held = |level: usize| self.rungs.get(level).and_then(Rung::held_until).unwrap_or(Time::ZERO);
        let levels =
            (0..self.rungs.len()).filter_map(|level| Some((self.free_at(level)?.max(held(level)), Why::Level)));
        levels.chain(lapse).min()
    }

    /// When a level fires: at its time, or when the acknowledgement that it waits for lapses.
    fn free_at(&self, level: usize) -> Option<Time> {
        let (rung, plan) = (self.rungs.get(level).filter(|rung| !rung.retired)?, self.chain.levels.get(level)?);
        let reminder = rung.rounds > 0 && plan.repeat.is_none();
        let waits = !rung.news && (reminder || plan.condition == LevelCondition::NotAcknowledged);
        Some(match self.acknowledged {
            Some(until) if waits => rung.due.max(until),
            _ => rung.due,
        })
    }

    /// Whether something keeps the level back; said once of each.
    fn hold(&mut self, level: usize, incident: &Incident, behind: Option<IncidentId>, desk: &mut Desk<'_>) -> bool {
        let Some(rung) = self.rungs.get_mut(level) else { return false };
        let (silence, other) = (rung.held.take(), rung.behind.take());
        rung.held = desk.silenced(incident);
        // How long it is held back by another is counted from the first that did.
        rung.behind = behind.map(|id| (id, other.map_or(desk.now().after(inhibit::LONGEST), |(_, until)| until)));
        rung.behind = rung.behind.filter(|(_, until)| *until > desk.now());
        let level = u32::try_from(level).unwrap_or(u32::MAX).saturating_add(1);
        let (rule, said) = match (rung.held, rung.behind) {
            (Some((by, _)), _) if silence.is_none_or(|(known, _)| known != by) => {
                ("escalate.withheld", Withheld { level, by: Some(by), ..Withheld::default() })
            }
            (None, Some((behind, until))) if other.is_none_or(|(known, _)| known != behind) => {
                let (behind, until) = (Some(behind), Some(until));
                ("escalate.inhibited", Withheld { level, behind, until, ..Withheld::default() })
            }
            (held, behind) => return held.is_some() || behind.is_some(),
        };
        let fact = Fact::new(desk.now(), rule, Conclusion::NotificationWithheld(said)).incident(incident.id);
        desk.say(fact.component(&incident.component).because([desk.context.event_id()]));
        true
    }

    fn fire(&mut self, level: usize, incident: &Incident, desk: &mut Desk<'_>, mail: &mut Mail) {
        let passed = self.rungs.iter().skip(level.saturating_add(1)).any(|rung| rung.rounds > 0);
        let repeat = self.repetition(level);
        let (Some(rung), Some(plan)) = (self.rungs.get_mut(level), self.chain.levels.get(level)) else { return };
        // A level that waited while a higher one fired is late: never round 0, so that (round, level) only rises.
        let round = if passed { rung.rounds.max(1) } else { rung.rounds };
        rung.rounds = round.saturating_add(1);
        // A level further up comes at its time: whoever came before has let it pass.
        let waits_no_more = round > 0 || rung.news || rung.hurried || plan.after > Span::ZERO;
        let pace = pace(incident.severity, waits_no_more);
        rung.reached = false;
        rung.news = false;
        rung.hurried = false;
        rung.due = desk.now().after(repeat);
        let number = u32::try_from(level).unwrap_or(u32::MAX);
        let notified = desk.recipients(plan);
        let reached = Conclusion::EscalationReached {
            chain: self.chain.name.clone(),
            level: number.saturating_add(1),
            round,
            notified: notified.clone(),
        };
        let fact = Fact::new(desk.now(), "escalate.level", reached).incident(incident.id);
        desk.say(fact.component(&incident.component).because([desk.context.event_id()]));
        // A level that names no channel is told over every one: a log that takes everything must not keep the rest from
        // being heard.
        let routes = match incident.severity {
            Severity::Sev0 => route::routes(&[], &route::first_then(&plan.by, &self.channels)),
            _ => route::routes(&plan.by, &self.channels),
        };
        let page = Page {
            reason: self.reason.clone(),
            chain: self.chain.name.clone(),
            number: number.saturating_add(1),
            round,
            next: self.chain.levels.get(level.saturating_add(1)).map(text::next_line),
        };
        let matter = Matter::Page(About::of(incident), page);
        for recipient in &notified {
            let over = self.told.entry(recipient.clone()).or_default();
            over.extend(routes.iter().map(|(first, _)| first.clone()));
            for (first, others) in &routes {
                let origins = [Origin::Level { incident: incident.id, level: number }].to_vec();
                let told = Told { matter: matter.clone(), others: others.clone(), origins };
                mail.tell(told, pace, (recipient, first), desk);
            }
        }
    }

    /// Whoever was told last hears it again, at once.
    fn tell_again(&mut self, now: Time) {
        if let Some(rung) = self.rungs.iter_mut().rfind(|rung| rung.rounds > 0 && !rung.retired) {
            rung.due = now;
            rung.news = true;
        }
    }

    fn announce(&self, incident: &Incident, call: &Call, desk: &mut Desk<'_>) {
        let said = Conclusion::EscalationStarted { chain: self.chain.name.clone(), reason: call.reason.clone() };
        let mut fact = Fact::new(desk.now(), "escalate.started", said).incident(incident.id);
        fact.rule = call.rule.clone();
        let fact = fact.component(&incident.component).because(call.because.iter().cloned());
        desk.say(fact.value("severity", Value::text(incident.severity.as_str())));
    }
}

/// How soon it is told: what is severe at once; what is mild with what comes meanwhile, if it is told the first time.
fn pace(severity: Severity, again: bool) -> Pace {
    match (severity.at_least(Severity::Sev1), again) {
        (true, _) => Pace::Urgent,
        (false, true) => Pace::AtOnce,
        (false, false) => Pace::Grouped,
    }
}
