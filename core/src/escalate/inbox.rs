//! What one person is told over one channel. What is mild waits a little, and goes together with what comes meanwhile; what
//! would be too much waits until there is room, and goes as one. SEV0, SEV1, faults and what asks for an approval wait for
//! nothing, and neither does the log, which disturbs nobody.

use crate::escalate::mail::{Mail, Origin};
use crate::escalate::matter::{Matter, Told};
use crate::escalate::{Desk, text};
use crate::model::command::Command;
use crate::model::fact::{Conclusion, Fact};
use crate::model::silence::Withheld;
use crate::model::value::Value;
use crate::policy::escalation::ChannelKind;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The most people and channels for which it is kept what they were told; 1 KiB each. Past it nothing waits.
const MOST_INBOXES: usize = 1_000;

/// How soon something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Now, unless it is too much; what waits goes with it.
    AtOnce,
    /// With what comes meanwhile.
    Grouped,
    /// Now, and alone.
    Urgent,
}

/// What one person is told over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inbox {
    recipient: Name,
    channel: Name,
    /// What waits, the oldest first; one place for each incident.
    waiting: Vec<Told>,
    /// When it goes.
    due: Time,
    /// Whether some of it waited for others.
    grouped: bool,
    /// When something that had waited for others went last.
    last: Option<Time>,
    /// When he was told within the time of the rate limit.
    recent: Vec<Time>,
    /// Whether what waits is too much for now.
    limited: bool,
}

impl Mail {
    /// Tells somebody something over a channel, at its pace.
    pub fn tell(&mut self, told: Told, pace: Pace, (recipient, channel): (&Name, &Name), desk: &mut Desk<'_>) {
        let log = |kind: &ChannelKind| matches!(kind, ChannelKind::Log);
        let mut channels = desk.context.policy.channels().iter();
        let is_log = channels.any(|known| known.name == *channel && log(&known.kind));
        let place = self.place(recipient, channel, desk.now());
        match place.filter(|_| !is_log && pace != Pace::Urgent) {
            Some(place) => self.put(place, told, pace, desk),
            None => {
                let told = self.with_what_waits(place, told);
                self.count(place, desk.now());
                self.hand_out(told, (recipient, channel), desk);
            }
        }
    }

    /// Something was sent besides, that waits for nothing.
    pub fn counted(&mut self, recipient: &Name, channel: &Name, now: Time) {
        let place = self.place(recipient, channel, now);
        self.count(place, now);
    }

    /// Sends what has waited long enough; what for.
    pub fn flush(&mut self, desk: &mut Desk<'_>) -> Vec<Origin> {
        let now = desk.now();
        let rules = desk.context.policy.notifications();
        let mut sent = Vec::new();
        for place in 0..self.inboxes.len() {
            let Some(inbox) = self.inboxes.get_mut(place) else { continue };
            inbox.recent.retain(|at| at.after(rules.rate_limit.within) > now);
            if inbox.waiting.is_empty() || inbox.due > now {
                continue;
            }
            if let Some(free) = inbox.full_until(desk) {
                inbox.postpone(free, desk);
                continue;
            }
            let told = inbox.empty(now);
            sent.extend(told.iter().flat_map(|one| one.origins.iter().copied()));
            let to = (inbox.recipient.clone(), inbox.channel.clone());
            self.hand_out_all(told, (&to.0, &to.1), desk);
        }
        let kept = |inbox: &Inbox| inbox.last.is_some_and(|last| last.after(rules.group_interval) > now);
        self.inboxes.retain(|inbox| !inbox.waiting.is_empty() || !inbox.recent.is_empty() || kept(inbox));
        sent
    }

    /// When something that waits goes.
    pub fn flush_at(&self) -> Option<Time> {
        self.inboxes.iter().filter(|inbox| !inbox.waiting.is_empty()).map(|inbox| inbox.due).min()
    }

    /// Whether a message for this is still to go.
    pub fn waits_to_go(&self, origin: Origin) -> bool {
        self.inboxes.iter().flat_map(|inbox| &inbox.waiting).any(|told| told.origins.contains(&origin))
    }

    /// Where it is kept what somebody is told over a channel, from now on; nowhere where that is too much.
    fn place(&mut self, recipient: &Name, channel: &Name, now: Time) -> Option<usize> {
        let key = |inbox: &Inbox| (&inbox.recipient, &inbox.channel).cmp(&(recipient, channel));
        match self.inboxes.binary_search_by(key) {
            Ok(place) => Some(place),
            Err(_) if self.inboxes.len() >= MOST_INBOXES => None,
            Err(place) => {
                self.inboxes.insert(place, Inbox::new(recipient, channel, now));
                Some(place)
            }
        }
    }

    fn count(&mut self, place: Option<usize>, now: Time) {
        let inbox = place.and_then(|place| self.inboxes.get_mut(place));
        inbox.into_iter().for_each(|inbox| inbox.remember(now));
    }

    /// What is called for now takes with it what the same person was to be told of the same incident later.
    fn with_what_waits(&mut self, place: Option<usize>, mut told: Told) -> Told {
        let Some(inbox) = place.and_then(|place| self.inboxes.get_mut(place)) else { return told };
        let same = |other: &Told| is_of_one(&other.matter, &told.matter);
        if let Some(at) = inbox.waiting.iter().position(same) {
            told.take_place_of(inbox.waiting.remove(at));
        }
        told
    }

    fn put(&mut self, place: usize, told: Told, pace: Pace, desk: &mut Desk<'_>) {
        let waiting: usize = self.inboxes.iter().map(|inbox| inbox.waiting.len()).sum();
        let most = desk.context.policy.limits().messages as usize;
        let Some(inbox) = self.inboxes.get_mut(place) else { return };
        let to = (inbox.recipient.clone(), inbox.channel.clone());
        let is_message = matches!(told.matter, Matter::Message(_));
        if is_message && inbox.full_until(desk).is_none() {
            inbox.remember(desk.now());
            return self.hand_out(told, (&to.0, &to.1), desk);
        }
        if waiting >= most {
            return match &told.matter {
                Matter::Page(..) => self.hand_out(told, (&to.0, &to.1), desk),
                Matter::Message(_) | Matter::Over(..) => drop_one(&told, desk),
            };
        }
        let (now, rules) = (desk.now(), desk.context.policy.notifications());
        let with_others = inbox.last.map_or(Time::ZERO, |last| last.after(rules.group_interval));
        let due = if pace == Pace::Grouped { now.after(rules.group_wait).max(with_others) } else { now };
        inbox.due = match inbox.waiting.is_empty() {
            true => due,
            false if inbox.limited => inbox.due,
            false => inbox.due.min(due),
        };
        inbox.grouped |= pace == Pace::Grouped;
        let until = inbox.due;
        if until > now {
            say("escalate.grouped", &told.matter, (&to.0, &to.1), until, desk);
        }
        inbox.add(told);
    }

    /// Several become one message.
    fn hand_out_all(&mut self, told: Vec<Told>, to: (&Name, &Name), desk: &mut Desk<'_>) {
        if told.len() < 2 {
            return told.into_iter().for_each(|one| self.hand_out(one, to, desk));
        }
        let letter = text::group(&told, to, desk);
        let mut others: Vec<Name> = Vec::new();
        for other in told.iter().flat_map(|one| &one.others) {
            if !others.contains(other) {
                others.push(other.clone());
            }
        }
        let origins = told.into_iter().flat_map(|one| one.origins).collect();
        self.send(letter, others, origins, desk);
    }

    /// A message of its own; who was told of the same incident in the same instant hears it once.
    fn hand_out(&mut self, told: Told, to: (&Name, &Name), desk: &mut Desk<'_>) {
        let same = |command: &Command| match command {
            Command::Notify(sent) => (sent.incident == told.matter.incident()
                && (&sent.recipient, &sent.channel) == to)
                .then_some((sent.id, sent.reason.as_str() == text::PAGE)),
            _ => None,
        };
        let twin = desk.out.commands.iter().filter_map(same).find(|(_, is_page)| *is_page).map(|(id, _)| id);
        match twin.filter(|_| matches!(told.matter, Matter::Page(..))) {
            Some(id) => {
                self.goes_with(id, told.origins);
                say("escalate.told_already", &told.matter, to, desk.now(), desk);
            }
            None => {
                let letter = told.matter.letter(to, desk);
                self.send(letter, told.others, told.origins, desk);
            }
        }
    }
}

impl Inbox {
    fn new(recipient: &Name, channel: &Name, now: Time) -> Inbox {
        Inbox {
            recipient: recipient.clone(),
            channel: channel.clone(),
            waiting: Vec::new(),
            due: now,
            grouped: false,
            last: None,
            recent: Vec::new(),
            limited: false,
        }
    }

    /// Until when nothing more may go, where he was told as much as the rate limit allows.
    fn full_until(&self, desk: &Desk<'_>) -> Option<Time> {
        let limit = desk.context.policy.notifications().rate_limit;
        let within: Vec<Time> =
            self.recent.iter().map(|at| at.after(limit.within)).filter(|end| *end > desk.now()).collect();
        let over = within.len().checked_sub(limit.messages as usize)?;
        within.get(over).copied()
    }

    fn postpone(&mut self, until: Time, desk: &mut Desk<'_>) {
        self.due = until;
        if !self.limited {
            self.limited = true;
            for told in &self.waiting {
                say("escalate.rate_limited", &told.matter, (&self.recipient, &self.channel), until, desk);
            }
        }
    }

    fn remember(&mut self, now: Time) {
        self.recent.push(now);
        let beyond = self.recent.len().saturating_sub(MOST_REMEMBERED);
        self.recent.drain(..beyond);
    }

    fn empty(&mut self, now: Time) -> Vec<Told> {
        self.remember(now);
        self.last = if self.grouped { Some(now) } else { self.last };
        (self.grouped, self.limited) = (false, false);
        core::mem::take(&mut self.waiting)
    }

    /// What is told of an incident takes the place of what was to be told of it before.
    fn add(&mut self, mut told: Told) {
        let same = |other: &Told| is_of_one(&other.matter, &told.matter);
        if let Some(at) = self.waiting.iter().position(same) {
            told.take_place_of(self.waiting.remove(at));
        }
        self.waiting.push(told);
    }
}

/// The most instants that are remembered of one inbox: as many as a rate limit may allow.
const MOST_REMEMBERED: usize = 1_000;

/// Whether the one says what the other does, or how it ended.
fn is_of_one(before: &Matter, after: &Matter) -> bool {
    let same = before.incident() == after.incident();
    same && matches!((before, after), (Matter::Page(..), Matter::Page(..) | Matter::Over(..)))
}

/// Why somebody is not told now.
fn say(rule: &'static str, matter: &Matter, to: (&Name, &Name), until: Time, desk: &mut Desk<'_>) {
    let rules = desk.context.policy.notifications();
    let to = Some((to.0.clone(), to.1.clone()));
    let until = (until > desk.now()).then_some(until);
    let said = Withheld { level: matter.level(), to, until, ..Withheld::default() };
    let mut fact = Fact::new(desk.now(), rule, Conclusion::NotificationWithheld(said));
    fact.incident = matter.incident();
    let about = fact.incident.and_then(|id| desk.knowledge.incidents.get(id));
    fact.component = about.map(|incident| incident.component.clone());
    fact = match rule {
        "escalate.rate_limited" => {
            let limit = rules.rate_limit;
            fact.value("messages", Value::Number(Finite::from(limit.messages)))
                .value("within", Value::Duration(limit.within))
        }
        _ => fact,
    };
    desk.say(fact.because([desk.context.event_id()]));
}

fn drop_one(told: &Told, desk: &mut Desk<'_>) {
    let dropped = match &told.matter {
        Matter::Message(letter) => letter.notification.title.clone(),
        Matter::Over(about, _) | Matter::Page(about, _) => about.title.clone(),
    };
    let said = Conclusion::Overloaded { limit: "messages".into(), dropped: String::from("a message: ") + &dropped };
    let mut fact = Fact::new(desk.now(), "escalate.overloaded", said);
    fact.incident = told.matter.incident();
    desk.say(fact.because([desk.context.event_id()]));
}
