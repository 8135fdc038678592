//! Notifications until they are answered. One that failed, or was not answered in time, goes over the next channel at
//! once.

use crate::escalate::Desk;
use crate::escalate::inbox::Inbox;
use crate::model::command::{Command, Notification};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{IncidentId, NotificationId};
use crate::model::silence::Undelivered;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How long a delivery may take.
pub(super) const DELIVERED_WITHIN: Span = Span::from_secs(30);

/// Notifications without an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mail {
    sent: BTreeMap<NotificationId, Sent>,
    /// What people are told over each channel, by both.
    #[serde(default)]
    pub(super) inboxes: Vec<Inbox>,
}

/// One notification on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    notification: Notification,
    /// The channels still to try.
    others: Vec<Name>,
    /// What it was sent for.
    origin: Origin,
    /// What else it was sent for.
    #[serde(default)]
    with: Vec<Origin>,
}

/// What a notification was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// A plan was put to people.
    Approval {
        /// For this incident.
        incident: IncidentId,
    },
    /// A level of a chain, from 0.
    Level {
        /// For this incident.
        incident: IncidentId,
        /// Which.
        level: u32,
    },
    /// Something to know; nothing follows from its loss.
    Notice,
}

/// A notification that is ready but for its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    /// What it is about: the same subject, reason and round to the same person over the same channel is the same one.
    pub subject: alloc::string::String,
    /// The repetition.
    pub round: u32,
    pub notification: Notification,
}

impl Sent {
    fn origins(self) -> Vec<Origin> {
        [self.origin].into_iter().chain(self.with).collect()
    }
}

impl Mail {
    /// Sends a notification, `others` being the channels to try when it fails.
    pub fn send(&mut self, letter: Letter, others: Vec<Name>, origins: Vec<Origin>, desk: &mut Desk<'_>) {
        let mut notification = letter.notification;
        notification.epoch = desk.context.epoch;
        notification.not_after = desk.now().after(DELIVERED_WITHIN);
        let (recipient, channel) = (&notification.recipient, &notification.channel);
        let reason = notification.reason.as_str();
        notification.id = NotificationId::derive(&letter.subject, reason, letter.round, recipient, channel);
        let mut origins = origins.into_iter();
        let origin = origins.next().unwrap_or(Origin::Notice);
        self.post(Sent { notification, others, origin, with: origins.collect() }, desk);
    }

    pub fn knows(&self, id: NotificationId) -> bool {
        self.sent.contains_key(&id)
    }

    /// It was delivered; what it was for.
    pub fn arrived(&mut self, id: NotificationId) -> Vec<Origin> {
        self.sent.remove(&id).map(Sent::origins).unwrap_or_default()
    }

    /// What was sent in this pass is for these, too.
    pub fn goes_with(&mut self, id: NotificationId, origins: Vec<Origin>) {
        self.sent.entry(id).and_modify(|sent| sent.with.extend(origins));
    }

    /// It was not delivered: the next channel is tried. Without one, what it was for comes back.
    pub fn failed(&mut self, id: NotificationId, detail: &str, desk: &mut Desk<'_>) -> Vec<Origin> {
        let Some(mut sent) = self.sent.remove(&id) else { return Vec::new() };
        let said = Conclusion::DeliveryFailed(Undelivered {
            notification: id,
            channel: sent.notification.channel.clone(),
            recipient: sent.notification.recipient.clone(),
            detail: one_line(detail, 200),
        });
        let mut fact = Fact::new(desk.now(), "escalate.delivery_failed", said).because([desk.context.event_id()]);
        fact.incident = sent.notification.incident;
        desk.say(fact);
        if sent.others.is_empty() {
            return sent.origins();
        }
        let channel = sent.others.remove(0);
        let notification = &mut sent.notification;
        let before = alloc::format!("{id}");
        notification.id =
            NotificationId::derive(&before, notification.reason.as_str(), 0, &notification.recipient, &channel);
        notification.channel = channel;
        notification.epoch = desk.context.epoch;
        notification.not_after = desk.now().after(DELIVERED_WITHIN);
        self.post(sent, desk);
        Vec::new()
    }

    /// Takes everything without an answer in time for failed.
    pub fn expire(&mut self, desk: &mut Desk<'_>) -> Vec<Origin> {
        let now = desk.now();
        let late = self.sent.iter().filter(|(_, sent)| sent.notification.not_after <= now);
        let late: Vec<NotificationId> = late.map(|(id, _)| *id).collect();
        late.into_iter().flat_map(|id| self.failed(id, "no answer in time", desk)).collect()
    }

    /// Whether somebody may yet be reached for this level.
    pub fn waits_for(&self, incident: IncidentId, level: u32) -> bool {
        let origin = Origin::Level { incident, level };
        let is_out = self.sent.values().any(|sent| sent.origin == origin || sent.with.contains(&origin));
        is_out || self.waits_to_go(origin)
    }

    /// When the next one is late.
    pub fn due(&self) -> Option<Time> {
        self.sent.values().map(|sent| sent.notification.not_after).min()
    }

    pub fn outstanding(&self) -> impl Iterator<Item = &Notification> {
        self.sent.values().map(|sent| &sent.notification)
    }

    fn post(&mut self, sent: Sent, desk: &mut Desk<'_>) {
        if let Entry::Vacant(place) = self.sent.entry(sent.notification.id) {
            desk.out.commands.push(Command::Notify(Arc::new(sent.notification.clone())));
            place.insert(sent);
        }
    }
}
