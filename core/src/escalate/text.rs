//! What people read: what, why, and what now, in a few lines. Whatever came from outside is one line of bounded length.

use crate::escalate::Desk;
use crate::escalate::mail::{DELIVERED_WITHIN, Letter};
use crate::model::command::Notification;
use crate::model::fact::Fact;
use crate::model::ids::{IncidentId, NotificationId};
use crate::model::incident::Incident;
use crate::model::severity::Severity;
use crate::policy::escalation::{ChainLevel, LevelCondition};
use crate::primitives::digest::{Digest, Id};
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::Time;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The longest line.
const LINE: usize = 200;
/// As many digits of a plan as people type. The whole of it goes with the message.
const SHORT_PLAN: usize = 8;
/// The longest list in one line.
const LISTED: usize = 8;

/// A level, as its page speaks of it.
pub(super) struct Level<'a> {
    pub chain: &'a Name,
    /// From 1.
    pub number: u32,
    pub round: u32,
    /// The level after it.
    pub next: Option<&'a ChainLevel>,
}

/// Somebody is called for an incident.
pub(super) fn page(
    incident: &Incident,
    reason: &str,
    level: &Level<'_>,
    recipient: &Name,
    channel: &Name,
    desk: &Desk<'_>,
) -> Letter {
    let mut lines = alloc::vec![format!("why you: {reason}")];
    lines.push(format!("since {} ago, detected {} ago", ago(desk, incident.onset), ago(desk, incident.detected)));
    if incident.members.len() > 1 {
        lines.push(format!("affected: {}", listed(incident.members.iter())));
    }
    lines.extend(next_line(level));
    lines.push(format!("now: `homeostat ack {0}` to take it, `homeostat explain {0}` for why", incident.id));
    let subject = format!("{}/{}/{}/{}", incident.id, incident.epoch, level.chain, level.number);
    letter(subject, level.round, "escalation.level", about(incident), (recipient, channel), lines, desk)
}

/// It is over, for those who were told.
pub(super) fn over(incident: &Incident, recipient: &Name, channel: &Name, round: u32, desk: &Desk<'_>) -> Letter {
    let state = incident.resolution.clone().unwrap_or_else(|| "resolved, until it has proved stable".to_string());
    let lines = alloc::vec![state, format!("it lasted {}", ago(desk, incident.onset))];
    let subject = incident.id.to_string();
    let mut letter = letter(subject, round, "escalation.over", about(incident), (recipient, channel), lines, desk);
    letter.notification.title = format!("over: {}", letter.notification.title);
    letter
}

/// A step of a run says something.
pub(super) fn message(fact: &Fact, wanted: &str, subject: String, to: (&Name, &Name), desk: &Desk<'_>) -> Letter {
    let lines = alloc::vec![wanted.to_string()];
    let incident = fact.incident.and_then(|id| desk.knowledge.incidents.get(id));
    let about = incident.map_or_else(|| about_forgotten(fact), about);
    letter(subject, 0, "escalation.message", about, to, lines, desk)
}

/// The engine contradicts itself.
pub(super) fn fault(what: &str, recipient: &Name, channel: &Name, desk: &Desk<'_>) -> Letter {
    let lines = alloc::vec![
        format!("found: {what}"),
        "nothing is done automatically any more; monitoring goes on".to_string(),
        "now: keep the store and report it; nothing is executed until it is understood".to_string(),
    ];
    let about = About { incident: None, severity: Severity::Sev0, title: "SEV0 the engine contradicts itself".into() };
    letter(what.to_string(), 0, "escalation.fault", about, (recipient, channel), lines, desk)
}

/// A plan is put to somebody.
pub(super) fn approval(
    incident: &Incident,
    (plan, expires): (&Digest, Time),
    lines: Vec<String>,
    recipient: &Name,
    channel: &Name,
    desk: &Desk<'_>,
) -> Letter {
    let mut all = lines;
    let short: String = plan.to_string().chars().take(SHORT_PLAN).collect();
    let left = expires.since(desk.now());
    all.push(format!("now: `homeostat approve {short}` or `homeostat deny {short}`, within {left}"));
    all.push(format!(
        "if nobody does: nothing is done, and people are called; see `homeostat explain {}`",
        incident.id
    ));
    let mut about = about(incident);
    about.title = format!("approval asked: {}", about.title);
    // The same plan can be put to people again, once it was not begun: that is another message.
    let subject = format!("{plan}/{}", expires.ms());
    let mut letter = letter(subject, 0, "escalation.approval", about, (recipient, channel), all, desk);
    letter.notification.plan = Some(*plan);
    letter
}

/// Names, as many as fit.
pub(super) fn listed<'a>(mut names: impl Iterator<Item = &'a Name>) -> String {
    let mut text: Vec<String> = names.by_ref().take(LISTED).map(|name| one_line(name.as_str(), 60)).collect();
    let more = names.count();
    if more > 0 {
        text.push(format!("{more} more"));
    }
    text.join(", ")
}

struct About {
    incident: Option<IncidentId>,
    severity: Severity,
    title: String,
}

fn about(incident: &Incident) -> About {
    let title = format!("{} {} {}", incident.severity, incident.component, incident.issue);
    About { incident: Some(incident.id), severity: incident.severity, title }
}

/// What a fact itself says of an incident that is forgotten.
fn about_forgotten(fact: &Fact) -> About {
    let said = |name: &str| fact.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
    let severity = said("severity").unwrap_or_default();
    let severity = Severity::ALL.into_iter().find(|known| known.as_str() == severity).unwrap_or(Severity::Sev0);
    let component = fact.component.as_ref().map_or("?", Name::as_str);
    let title = format!("{severity} {component} {}", said("issue").unwrap_or_default());
    About { incident: fact.incident, severity, title }
}

fn letter(
    subject: String,
    round: u32,
    reason: &str,
    about: About,
    (recipient, channel): (&Name, &Name),
    lines: Vec<String>,
    desk: &Desk<'_>,
) -> Letter {
    let notification = Notification {
        id: NotificationId(unnamed()),
        epoch: desk.context.epoch,
        channel: channel.clone(),
        recipient: recipient.clone(),
        reason: Name::new(reason),
        incident: about.incident,
        severity: Some(about.severity),
        title: one_line(&about.title, LINE),
        lines: lines.iter().map(|line| one_line(line, LINE)).collect(),
        plan: None,
        not_after: desk.now().after(DELIVERED_WITHIN),
    };
    Letter { subject, round, notification }
}

/// The id before there is one: it is derived when the notification is sent.
fn unnamed() -> Id {
    Digest::of(b"").short()
}

fn next_line(level: &Level<'_>) -> Option<String> {
    let next = level.next?;
    let unless = match next.condition {
        LevelCondition::Always => "",
        LevelCondition::NotAcknowledged => ", unless it is acknowledged",
        LevelCondition::NotResolved => ", unless it is resolved",
    };
    Some(format!("next: {}, {} after the first call{unless}", listed(next.notify.iter()), next.after))
}

fn ago(desk: &Desk<'_>, at: Time) -> String {
    desk.now().since(at).to_string()
}
