//! What people read: what, why, and what now, in a few lines. Whatever came from outside is one line of bounded length.

use crate::escalate::Desk;
use crate::escalate::mail::{DELIVERED_WITHIN, Letter};
use crate::escalate::matter::{About, Matter, Over, Page, Told};
use crate::model::command::Notification;
use crate::model::fact::{Conclusion, Fact, SUMMARY};
use crate::model::ids::{IncidentId, NotificationId};
use crate::model::incident::Incident;
use crate::model::severity::Severity;
use crate::policy::escalation::{ChainLevel, LevelCondition};
use crate::primitives::digest::{Digest, Id};
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::{Span, Time};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The longest line.
const LINE: usize = 200;
/// As many digits of a plan as people type. The whole of it goes with the message.
const SHORT_PLAN: usize = 8;
/// As many lines as one message has of what came together.
const TOGETHER: usize = 20;
/// The longest list in one line.
const LISTED: usize = 8;

/// Why somebody is sent a page: by it a page is known.
pub(super) const PAGE: &str = "escalation.level";

/// Somebody is called for an incident.
pub(super) fn page(said: &About, page: &Page, to: (&Name, &Name), desk: &Desk<'_>) -> Letter {
    let mut lines = alloc::vec![format!("why you: {}", page.reason)];
    let incident = desk.knowledge.incidents.get(said.incident);
    lines.extend(alerted(said.incident, desk));
    if let Some(incident) = incident {
        lines.push(format!("since {}, detected {}", ago(desk, incident.onset), ago(desk, incident.detected)));
        if incident.members.len() > 1 {
            lines.push(format!("affected: {}", listed(incident.members.iter())));
        }
    }
    lines.extend(page.next.clone());
    lines.push(format!("now: `homeostat ack {0}` to take it, `homeostat explain {0}` for why", said.incident));
    let epoch = incident.map_or(0, |incident| incident.epoch);
    let subject = format!("{}/{}/{}/{}", said.incident, epoch, page.chain, page.number);
    letter(subject, page.round, PAGE, incident.map_or_else(|| as_said(said), about), to, lines, desk)
}

/// The words of the alert that opened it, or brought it back.
fn alerted(id: IncidentId, desk: &Desk<'_>) -> Option<String> {
    let values = desk.knowledge.timeline.of(id).iter().rev().find_map(|fact| {
        let begins = matches!(fact.said, Conclusion::IncidentOpened { .. } | Conclusion::IncidentReopened {});
        begins.then_some(&fact.values)
    })?;
    let (_, summary) = values.iter().find(|(name, _)| name == SUMMARY)?;
    Some(format!("alert: {summary}"))
}

/// It is over, for those who were told.
pub(super) fn over(said: &About, over: &Over, to: (&Name, &Name), desk: &Desk<'_>) -> Letter {
    let mut lines = alloc::vec![over.state.clone(), format!("it lasted {}", desk.now().since(said.onset))];
    lines.extend(over.called_for.as_ref().map(|reason| format!("you would have been called: {reason}")));
    let mut letter = letter(said.incident.to_string(), over.round, "escalation.over", as_said(said), to, lines, desk);
    letter.notification.title = format!("over: {}", letter.notification.title);
    letter
}

/// What came together is one message: a line for each.
pub(super) fn group(told: &[Told], to: (&Name, &Name), desk: &Desk<'_>) -> Letter {
    let letters: Vec<Letter> = told.iter().map(|one| one.matter.letter(to, desk)).collect();
    let titles: Vec<&str> = letters.iter().map(|letter| letter.notification.title.as_str()).collect();
    let mut lines: Vec<String> =
        told.iter().zip(&titles).take(TOGETHER).map(|(one, title)| entry(one, title)).collect();
    if told.len() > TOGETHER {
        lines.push(format!("and {} more", told.len().saturating_sub(TOGETHER)));
    }
    lines.push(String::from("now: `homeostat incidents` for all that are open, `homeostat ack INCIDENT` to take one"));
    let worst = told.iter().filter_map(|one| one.matter.severity()).reduce(Severity::worst);
    let title = format!("{} messages: {}", told.len(), titles.join("; "));
    let about = Heading { incident: None, severity: worst.unwrap_or(Severity::Sev3), title };
    let subjects: Vec<String> = letters.iter().map(|letter| format!("{}/{}", letter.subject, letter.round)).collect();
    letter(subjects.join("+"), 0, "escalation.group", about, to, lines, desk)
}

/// One of several, in a line.
fn entry(told: &Told, title: &str) -> String {
    match &told.matter {
        Matter::Message(letter) => format!("{title}: {}", letter.notification.lines.join(" ")),
        Matter::Over(_, over) => format!("{title}: {}", over.state),
        Matter::Page(about, page) => format!("{title}: {} (`homeostat ack {}`)", page.reason, about.incident),
    }
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
    let about =
        Heading { incident: None, severity: Severity::Sev0, title: "SEV0 the engine contradicts itself".into() };
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

struct Heading {
    incident: Option<IncidentId>,
    severity: Severity,
    title: String,
}

fn about(incident: &Incident) -> Heading {
    let title = format!("{} {} {}", incident.severity, incident.component, incident.issue);
    Heading { incident: Some(incident.id), severity: incident.severity, title }
}

/// What was kept of an incident.
fn as_said(said: &About) -> Heading {
    Heading { incident: Some(said.incident), severity: said.severity, title: said.title.clone() }
}

/// What a fact itself says of an incident that is forgotten.
fn about_forgotten(fact: &Fact) -> Heading {
    let said = |name: &str| fact.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
    let severity = said("severity").unwrap_or_default();
    let severity = Severity::ALL.into_iter().find(|known| known.as_str() == severity).unwrap_or(Severity::Sev0);
    let component = fact.component.as_ref().map_or("homeostat", Name::as_str);
    let title = format!("{severity} {component} {}", said("issue").unwrap_or_default());
    Heading { incident: fact.incident, severity, title }
}

fn letter(
    subject: String,
    round: u32,
    reason: &str,
    about: Heading,
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

/// The level after one, in words.
pub(super) fn next_line(next: &ChainLevel) -> String {
    let unless = match next.condition {
        LevelCondition::Always => "",
        LevelCondition::NotAcknowledged => ", unless it is acknowledged",
        LevelCondition::NotResolved => ", unless it is resolved",
    };
    let next_to = listed(next.notify.iter());
    match next.after {
        Span::ZERO => format!("next: {next_to}, at the same time{unless}"),
        after => format!("next: {next_to}, {after} after the first call{unless}"),
    }
}

fn ago(desk: &Desk<'_>, at: Time) -> String {
    match desk.now().since(at) {
        since if since < Span::from_secs(1) => "just now".into(),
        since => format!("{since} ago"),
    }
}
