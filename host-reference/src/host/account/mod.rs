//! What is said: each fact is a sentence for a person. While it runs, only what he needs is told; `explain` tells all.

mod evidence;
mod roles;
mod windows;
mod words;

use crate::notify::Line;
use homeostat_core::model::command::Notification;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::evidence::Part;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::{Incident, Phase};
use homeostat_core::model::run::RunEnd;
use homeostat_core::primitives::time::Span;
pub use roles::roles;
use std::collections::BTreeMap;
use std::fmt::Display;
pub use words::{refusal, values};

/// Digits of a plan, or of an incident without a number, that suffice for a person.
const SHORT: usize = 8;
/// Digits of a whole id.
const ID: usize = 32;

/// The rules by which an answer to the host's own questions and commands is not taken.
const OWN_ANSWERS: [&str; 9] = [
    "escalate.delivery_refused",
    "monitor.duplicate_answer",
    "monitor.late_answer",
    "monitor.stale_epoch",
    "monitor.unasked_answer",
    "remediate.evidence_stale",
    "remediate.evidence_unexpected",
    "remediate.outcome_stale",
    "remediate.outcome_unexpected",
];

/// The line for a fact, if a person needs one while it happens. `numbers` are the short numbers of incidents.
#[must_use]
pub fn line(fact: &Fact, numbers: &BTreeMap<IncidentId, i64>) -> Option<Line> {
    is_needed(fact).then(|| sentence(fact, numbers))
}

/// The sentence for a fact.
#[must_use]
pub fn sentence(fact: &Fact, numbers: &BTreeMap<IncidentId, i64>) -> Line {
    let said = words::of(fact);
    let component = || fact.component.as_ref().map_or_else(|| "homeostat".to_owned(), ToString::to_string);
    let subject = match said.about {
        words::About::Component => component(),
        words::About::Host => "homeostat".to_owned(),
        words::About::Incident => fact.incident.map_or_else(component, |id| incident_name(id, numbers)),
    };
    Line {
        at_ms: fact.at.ms(),
        subject,
        word: said.word.to_owned(),
        text: numbered(&said.text, numbers),
        tone: said.tone,
    }
}

/// How people call an incident.
#[must_use]
pub fn incident_name(id: IncidentId, numbers: &BTreeMap<IncidentId, i64>) -> String {
    format!("incident {}", incident_number(id, numbers))
}

/// What people type for an incident.
#[must_use]
pub fn incident_number(id: IncidentId, numbers: &BTreeMap<IncidentId, i64>) -> String {
    numbers.get(&id).map_or_else(|| short(id), ToString::to_string)
}

/// The digits of an id that people type.
#[must_use]
pub fn short(id: impl Display) -> String {
    id.to_string().chars().take(SHORT).collect()
}

/// Who has taken the incident whose facts these are; nothing where nobody has it now.
#[must_use]
pub fn taken_by<'a>(incident: &Incident, facts: &'a [Fact]) -> Option<&'a str> {
    let held = incident.acknowledged_until?;
    let by = facts.iter().rev().find_map(|fact| match &fact.said {
        Conclusion::IncidentAcknowledged { by, until } if *until == held => Some(by.as_str()),
        _ => None,
    });
    Some(by.unwrap_or("somebody"))
}

/// `text` with incidents named as people call them: the engine knows their ids alone.
#[must_use]
pub fn numbered(text: &str, numbers: &BTreeMap<IncidentId, i64>) -> String {
    let mut named = String::with_capacity(text.len());
    let is_digit = |c: char| c.is_ascii_hexdigit();
    let mut rest = text;
    while let Some(at) = rest.find(is_digit) {
        let (before, from) = rest.split_at(at);
        let (word, after) = from.split_at(from.find(|c| !is_digit(c)).unwrap_or(from.len()));
        let number =
            if word.len() == ID { word.parse().ok().and_then(|id: IncidentId| numbers.get(&id)) } else { None };
        named += before;
        named += &number.map_or_else(|| word.to_owned(), ToString::to_string);
        rest = after;
    }
    named + rest
}

/// A message as people read it: the engine names its incident by an id, people by the number that this host gave it.
#[must_use]
pub fn worded(notification: &Notification, numbers: &BTreeMap<IncidentId, i64>) -> Notification {
    let mut worded = notification.clone();
    // What has no number is named by its first digits; several together name others, each by its own.
    let own = notification.incident.map(|id| (id.to_string(), incident_number(id, numbers)));
    for line in &mut worded.lines {
        *line = numbered(line, numbers);
        if let Some((id, number)) = &own {
            *line = line.replace(id, number);
        }
    }
    worded
}

/// Whether a person needs to hear of it while it happens: what is only a step on the way to the next line is left out.
fn is_needed(fact: &Fact) -> bool {
    match &fact.said {
        Conclusion::CheckFound { verdict: CheckVerdict::Fail, count, needed, .. } => count < needed,
        Conclusion::CheckFound { verdict, count, .. } => *verdict == CheckVerdict::Error && *count == 1,
        Conclusion::ControlChanged { what, .. } => {
            matches!(what.as_ref(), "begin_anew" | "kill" | "leave" | "mode" | "resume" | "thaw" | "trust")
        }
        Conclusion::GateDecided { refused, .. } => refused.is_some(),
        Conclusion::IncidentMoved { to, .. } => matches!(to, Phase::Closed | Phase::Escalated | Phase::Resolved),
        // Nobody can do anything about an answer that came too late, or twice; explain and the journal have it.
        Conclusion::InputRefused { .. } => !OWN_ANSWERS.contains(&fact.rule.as_ref()),
        Conclusion::RunEnded { end, .. } => *end != RunEnd::Succeeded,
        // What goes together goes soon.
        Conclusion::NotificationWithheld(it) => it.by.is_some() || it.behind.is_some(),
        Conclusion::WarmUpEnded(homeostat_core::model::calm::Warm { missing, .. }) => *missing > 0,
        Conclusion::StepEnded { how, .. } => how == "skipped" || fact.rule == "remediate.step_verified",
        // Nothing waits for what comes after, nor for what nobody wants.
        Conclusion::EvidenceMissed(it) => it.part == Part::Before && it.waited > Span::ZERO,
        // An explanation has it; a plan that reaches far says so where it asks for an approval.
        Conclusion::BlastAssessed(_)
        | Conclusion::ComponentRegistered {}
        | Conclusion::ComponentRemoved {}
        | Conclusion::EscalationStarted { .. }
        | Conclusion::EscalationWanted { .. }
        | Conclusion::EvidenceAsked(_)
        | Conclusion::EvidenceFound(_)
        | Conclusion::MessageWanted { .. }
        | Conclusion::OutcomeRecorded { .. }
        | Conclusion::PolicyReplaced { .. }
        | Conclusion::ReportReceived { .. }
        | Conclusion::RunStarted { .. }
        | Conclusion::WarmUpBegan(_) => false,
        Conclusion::ApprovalGranted { .. }
        | Conclusion::ApprovalLost { .. }
        | Conclusion::ApprovalRequested { .. }
        | Conclusion::BreakerChanged { .. }
        | Conclusion::CommandEnded { .. }
        | Conclusion::DeliveryFailed(_)
        | Conclusion::EscalationReached { .. }
        | Conclusion::FaultLatched { .. }
        | Conclusion::FlappingBegan(_)
        | Conclusion::FlappingEnded {}
        | Conclusion::GraceOpened(_)
        | Conclusion::HealthChanged { .. }
        | Conclusion::IncidentAcknowledged { .. }
        | Conclusion::IncidentJoined { .. }
        | Conclusion::IncidentOpened { .. }
        | Conclusion::IncidentReopened {}
        | Conclusion::IncidentUnacknowledged(_)
        | Conclusion::OnCallChanged(_)
        | Conclusion::SilenceChanged(_)
        | Conclusion::Overloaded { .. }
        | Conclusion::WindowChanged(_)
        | Conclusion::PlaybooksExhausted { .. }
        | Conclusion::RollbackMoved { .. }
        | Conclusion::RolloutMoved(_)
        | Conclusion::RunPlanned { .. }
        | Conclusion::SeverityChanged { .. }
        | Conclusion::SignalChanged { .. }
        | Conclusion::StepPaused { .. }
        | Conclusion::StepStarted { .. }
        | Conclusion::StormChanged { .. }
        | Conclusion::Suppressed { .. }
        | Conclusion::VerdictReached { .. }
        | Conclusion::VerificationStarted { .. }
        | Conclusion::VerificationWeighed(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::primitives::time::Time;
    use serde_json::{from_value, json};

    #[test]
    fn what_nobody_can_do_anything_about_is_not_said() {
        let refused = |rule| {
            let said = Conclusion::InputRefused { reason: "epoch 1 is not in force: expected 2".to_owned() };
            line(&Fact::new(Time::ZERO, rule, said), &BTreeMap::new())
        };
        assert_eq!(refused("monitor.stale_epoch"), None);
        assert_eq!(refused("engine.input_refused").map(|line| line.word), Some("not taken".to_owned()));
    }

    #[test]
    fn an_incident_is_named_by_its_number_wherever_the_engine_wrote_its_id() {
        let id = "05657c1dca06a2cf4eafb3d5a39f3aa0";
        let numbers = BTreeMap::from([(id.parse().expect("an id"), 7)]);
        let text = |id: &str| format!("`a` belongs to incident {id}: é face {id}");
        assert_eq!(numbered(&text(id), &numbers), text("7"));
        for other in ["f5657c1dca06a2cf4eafb3d5a39f3aa0", "05657c1dca06a2cf4eafb3d5a39f3aa01", "05657c1d"] {
            assert_eq!(numbered(&text(other), &numbers), text(other), "nobody has a number for that");
        }
    }

    #[test]
    fn a_message_names_its_incident_by_the_number_people_type_or_by_its_first_digits() {
        let id = "05657c1dca06a2cf4eafb3d5a39f3aa0";
        let sent: Notification = from_value(json!({
            "id": id, "epoch": 1, "channel": "log", "recipient": "ann", "reason": "escalation.level", "incident": id,
            "severity": "SEV2", "title": "SEV2 web down", "plan": null, "not_after": 9,
            "lines": ["why you: it is down", format!("now: `homeostat ack {id}`, `homeostat explain {id}`")],
        }))
        .expect("a notification");
        let incident = sent.incident.expect("one");
        let numbered = worded(&sent, &BTreeMap::from([(incident, 7)]));
        assert_eq!(numbered.lines, ["why you: it is down", "now: `homeostat ack 7`, `homeostat explain 7`"]);
        assert_eq!(numbered.incident, Some(incident), "programs still get all of it");
        let lines = vec![format!("SEV2 web down (`homeostat ack {id}`)"), format!("part of incident {id}")];
        let together =
            worded(&Notification { incident: None, lines, ..sent.clone() }, &BTreeMap::from([(incident, 7)]));
        assert_eq!(together.lines, ["SEV2 web down (`homeostat ack 7`)", "part of incident 7"]);
        let short = worded(&sent, &BTreeMap::new());
        assert_eq!(short.lines[1], "now: `homeostat ack 05657c1d`, `homeostat explain 05657c1d`");
    }
}
