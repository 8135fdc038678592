//! What is said while it runs: facts become lines for a person, and those he does not need become none.

use crate::notify::{Line, Tone};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::gate::LinkResult;
use homeostat_core::model::health::{CheckVerdict, State};
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Phase;
use homeostat_core::model::run::{RunEnd, Verdict};
use homeostat_core::model::value::Value;
use std::collections::BTreeMap;

/// The rules by which an answer to the host's own questions and commands is not taken.
const OWN_ANSWERS: [&str; 7] = [
    "escalate.delivery_refused",
    "monitor.duplicate_answer",
    "monitor.late_answer",
    "monitor.stale_epoch",
    "monitor.unasked_answer",
    "remediate.outcome_stale",
    "remediate.outcome_unexpected",
];

/// Subject, word, text and tone of a line.
type Said = (String, String, String, Tone);

/// The line for a fact, if a person needs one. `numbers` are the short numbers of incidents.
#[must_use]
pub fn line(fact: &Fact, numbers: &BTreeMap<IncidentId, i64>) -> Option<Line> {
    let (subject, word, text, tone) = said(fact, numbers)?;
    Some(Line { at_ms: fact.at.ms(), subject, word, text, tone })
}

/// How people call an incident.
#[must_use]
pub fn incident_name(id: IncidentId, numbers: &BTreeMap<IncidentId, i64>) -> String {
    match numbers.get(&id) {
        Some(number) => format!("incident {number}"),
        None => format!("incident {}", id.to_string().chars().take(8).collect::<String>()),
    }
}

fn said(fact: &Fact, numbers: &BTreeMap<IncidentId, i64>) -> Option<Said> {
    let component = || fact.component.as_ref().map_or_else(|| "homeostat".to_owned(), ToString::to_string);
    let incident = || fact.incident.map_or_else(component, |id| incident_name(id, numbers));
    let on = || fact.component.as_ref().map_or_else(String::new, ToString::to_string);
    let (subject, word, text, tone) = match &fact.said {
        Conclusion::CheckFound { verdict, count, needed, detail, .. } => {
            return check(component(), *verdict, *count, *needed, detail);
        }
        Conclusion::HealthChanged { from, to, detail } => return health(component(), *from, *to, detail),
        Conclusion::IncidentOpened { issue, severity, .. } => {
            (incident(), "opened", format!("{} · {} {issue}", severity.as_str(), on()), Tone::Bad)
        }
        Conclusion::IncidentReopened {} => (incident(), "reopened", on(), Tone::Bad),
        Conclusion::IncidentJoined { issue, relation } => {
            (incident(), "joined", format!("{} {issue} ({relation})", on()), Tone::Warning)
        }
        Conclusion::IncidentMoved { to: Phase::Resolved, detail, .. } => {
            (incident(), "RESOLVED", detail.clone(), Tone::Good)
        }
        Conclusion::IncidentMoved { to: Phase::Closed, detail, .. } => {
            (incident(), "closed", detail.clone(), Tone::Good)
        }
        Conclusion::IncidentMoved { to: Phase::Escalated, detail, .. } => {
            (incident(), "ESCALATED", detail.clone(), Tone::Bad)
        }
        Conclusion::SeverityChanged { from, to, by } => {
            (incident(), "severity", format!("{} → {} by {by}", from.as_str(), to.as_str()), Tone::Warning)
        }
        Conclusion::IncidentAcknowledged { by, .. } => (incident(), "taken", format!("by {by}"), Tone::Good),
        Conclusion::EscalationReached { level, notified, .. } => {
            let whom: Vec<&str> = notified.iter().map(|name| name.as_str()).collect();
            (incident(), "calls", format!("level {level}: {}", whom.join(", ")), Tone::Warning)
        }
        Conclusion::DeliveryFailed { channel, recipient, detail, .. } => {
            (incident(), "unheard", format!("{recipient} by {channel}: {detail}"), Tone::Bad)
        }
        Conclusion::Suppressed { by, detail } => {
            (component(), "waits", format!("{by} comes first · {detail}"), Tone::Neutral)
        }
        _ => return run(fact, &incident(), on()).or_else(|| control(fact)),
    };
    Some((subject, word.to_owned(), text, tone))
}

fn check(subject: String, verdict: CheckVerdict, count: u32, needed: u32, detail: &str) -> Option<Said> {
    match verdict {
        CheckVerdict::Fail if count < needed => {
            Some((subject, "suspect".to_owned(), format!("{detail} ({count} of {needed})"), Tone::Warning))
        }
        CheckVerdict::Error if count == 1 => Some((subject, "unasked".to_owned(), detail.to_owned(), Tone::Warning)),
        CheckVerdict::Error | CheckVerdict::Fail | CheckVerdict::Pass => None,
    }
}

fn health(subject: String, from: State, to: State, detail: &str) -> Option<Said> {
    let (word, tone) = match to {
        State::Healthy if from == State::Unknown => ("healthy".to_owned(), Tone::Good),
        State::Healthy => ("HEALTHY".to_owned(), Tone::Good),
        State::Unknown => ("unknown".to_owned(), Tone::Warning),
        State::Degraded => ("DEGRADED".to_owned(), Tone::Warning),
        State::Unhealthy | State::Critical => (to.as_str().to_uppercase(), Tone::Bad),
    };
    Some((subject, word, detail.to_owned(), tone))
}

fn run(fact: &Fact, incident: &str, on: String) -> Option<Said> {
    let (word, text, tone) = match &fact.said {
        Conclusion::GateDecided { playbook, links, refused: Some(rule), .. } => {
            let link = links.iter().find(|link| !link.allowed);
            (
                "refused",
                format!("{playbook} on {on} · {}", link.map_or_else(|| rule.to_string(), refusal)),
                Tone::Warning,
            )
        }
        Conclusion::RunPlanned { playbook, targets, trial, .. } => {
            let targets: Vec<&str> = targets.iter().map(|name| name.as_str()).collect();
            let only = if *trial { " · decided only, nothing is done" } else { "" };
            ("plan", format!("{playbook} on {}{only}", targets.join(", ")), Tone::Neutral)
        }
        Conclusion::ApprovalRequested { plan, any_of, .. } => {
            let roles: Vec<&str> = any_of.iter().map(|name| name.as_str()).collect();
            let short: String = plan.to_string().chars().take(8).collect();
            ("asks", format!("`homeostat approve {short}` by {}", roles.join(" or ")), Tone::Warning)
        }
        Conclusion::ApprovalGranted { by, .. } => ("approved", format!("by {by}"), Tone::Good),
        Conclusion::ApprovalLost { how, by, .. } => {
            ("approval", by.as_ref().map_or_else(|| how.to_string(), |by| format!("{how} by {by}")), Tone::Warning)
        }
        Conclusion::StepStarted { action, target, attempt, .. } => {
            let again = if *attempt > 1 { format!(" · try {attempt}") } else { String::new() };
            ("does", format!("{action} on {target}{again}"), Tone::Neutral)
        }
        Conclusion::CommandEnded { result, detail, .. } => {
            use homeostat_core::model::event::OutcomeResult as R;
            let (word, tone) = match result {
                R::Succeeded => ("done", Tone::Good),
                R::Failed => ("failed", Tone::Bad),
                R::NotStarted => ("not done", Tone::Bad),
                R::Unknown => ("in doubt", Tone::Warning),
            };
            (word, detail.clone(), tone)
        }
        Conclusion::VerificationStarted { within, .. } => ("verify", format!("for at most {within}"), Tone::Neutral),
        Conclusion::VerdictReached { verdict: Verdict::Success, provisional, detail } => {
            let yet = if *provisional { " · not yet stable" } else { " · stable" };
            ("verified", format!("{detail}{yet}"), Tone::Good)
        }
        Conclusion::VerdictReached { verdict, detail, .. } => ("verified", format!("{verdict}: {detail}"), Tone::Bad),
        Conclusion::RunEnded { end: RunEnd::Succeeded, .. } => return None,
        Conclusion::RunEnded { playbook, detail, .. } => ("gives up", format!("{playbook}: {detail}"), Tone::Bad),
        Conclusion::RollbackMoved { how } => ("rollback", how.to_string(), Tone::Warning),
        Conclusion::PlaybooksExhausted { tried } => {
            let tried: Vec<&str> = tried.iter().map(|name| name.as_str()).collect();
            (
                "no plan",
                if tried.is_empty() { "none fits".to_owned() } else { format!("tried {}", tried.join(", ")) },
                Tone::Bad,
            )
        }
        Conclusion::BreakerChanged { to, playbook } => ("breaker", format!("{playbook} {to}"), Tone::Warning),
        _ => return None,
    };
    Some((incident.to_owned(), word.to_owned(), text, tone))
}

fn control(fact: &Fact) -> Option<Said> {
    let (word, text, tone) = match &fact.said {
        Conclusion::ControlChanged { what, to, detail } => match what.as_ref() {
            "kill" => ("STOPPED", format!("{to} · {detail}"), Tone::Bad),
            "resume" => ("resumed", format!("{to} · {detail}"), Tone::Good),
            "mode" => ("mode", format!("{to} by {detail}"), Tone::Warning),
            _ => return None,
        },
        Conclusion::FaultLatched { what } => ("FAULT", format!("{what} · nothing more is done"), Tone::Bad),
        // Nobody can do anything about an answer that came too late, or twice; explain and the journal have it.
        Conclusion::InputRefused { .. } if OWN_ANSWERS.contains(&fact.rule.as_ref()) => return None,
        Conclusion::InputRefused { reason } => ("not taken", reason.clone(), Tone::Warning),
        Conclusion::Overloaded { limit, dropped } => ("overload", format!("{limit}: dropped {dropped}"), Tone::Warning),
        _ => return None,
    };
    Some(("homeostat".to_owned(), word.to_owned(), text, tone))
}

/// A refusal in words: the rule, what was compared, and what would let it through.
#[must_use]
pub fn refusal(link: &LinkResult) -> String {
    let mut text = link.rule.to_string();
    // The remedy says in words until when.
    let values = link.values.iter().filter(|(name, _)| name != "until");
    let values: Vec<String> =
        values.map(|(name, value)| format!("{} {}", name.replace('_', " "), shown(value))).collect();
    if !values.is_empty() {
        text = text + " · " + &values.join(", ");
    }
    if !link.remedy.is_empty() {
        text = text + " · next: " + &link.remedy;
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Duration(span) => span.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::primitives::time::Time;

    #[test]
    fn what_nobody_can_do_anything_about_is_not_said() {
        let refused = |rule| {
            let said = Conclusion::InputRefused { reason: "epoch 1 is not in force: expected 2".to_owned() };
            line(&Fact::new(Time::ZERO, rule, said), &BTreeMap::new())
        };
        assert_eq!(refused("monitor.stale_epoch"), None);
        assert_eq!(refused("engine.input_refused").map(|line| line.word), Some("not taken".to_owned()));
    }
}
