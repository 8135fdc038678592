//! What an order came to: drawn from the facts of the step that took it in, never from the order.

use super::account::{incident_name, numbered, refusal};
use super::at_work;
use super::message::Answer;
use homeostat_core::engine::Engine;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::gate::LinkResult;
use homeostat_core::model::health::State;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Phase;
use homeostat_core::model::run::RunEnd;
use homeostat_core::model::window::WindowChange;
use std::collections::BTreeMap;

/// What an answer names at most; `homeostat status` and `homeostat explain` have the rest.
const MOST: usize = 4;

/// The answer that these facts make. `engine` has taken the order in already.
pub(super) fn answer(facts: &[Fact], engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Answer {
    if let Some(reason) = refusal_in(facts) {
        return Answer::refused(numbered(reason, numbers));
    }
    let mut said: Vec<String> = Vec::new();
    for fact in facts {
        let Some(text) = what_follows(fact, facts, engine, numbers).filter(|text| !said.contains(text)) else {
            continue;
        };
        said.push(text);
    }
    if said.is_empty() {
        return Answer::accepted("recorded; nothing follows from it now");
    }
    let more = said.len().saturating_sub(MOST);
    said.truncate(MOST);
    if more > 0 {
        said.push(format!("{more} more, see `homeostat status`"));
    }
    // Somebody who approves wants it done: that it is not is no success.
    let said = numbered(&said.join("; "), numbers);
    if came_to_nothing(facts) { Answer::refused(said) } else { Answer::accepted(said) }
}

/// Whether something was approved, and nothing began.
fn came_to_nothing(facts: &[Fact]) -> bool {
    let run = facts.iter().find(|fact| matches!(fact.said, Conclusion::ApprovalGranted { .. })).map(|fact| fact.run);
    let not_started = |fact: &&Fact| matches!(&fact.said, Conclusion::RunEnded { end: RunEnd::NotStarted, .. });
    run.is_some_and(|run| facts.iter().filter(not_started).any(|fact| fact.run == run))
}

/// Why these facts refuse the order; nothing where they do not.
pub(super) fn refusal_in(facts: &[Fact]) -> Option<&str> {
    facts.iter().find_map(|fact| match &fact.said {
        // Whoever sent it knows from whom it is.
        Conclusion::InputRefused { reason } if fact.rule == "engine.event_refused" => {
            Some(reason.split_once(": ").map_or(reason.as_str(), |(_, why)| why))
        }
        Conclusion::InputRefused { reason } => Some(reason.as_str()),
        _ => None,
    })
}

/// What a fact means for whoever gave the order; nothing where it says the same as another, or only how it is kept.
fn what_follows(fact: &Fact, all: &[Fact], engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Option<String> {
    let incident = || fact.incident.map_or_else(|| "it".to_owned(), |id| incident_name(id, numbers));
    let component = || fact.component.as_ref().map_or_else(|| "it".to_owned(), |name| format!("`{name}`"));
    Some(match &fact.said {
        Conclusion::BreakerChanged { to, playbook } => format!("the breaker of `{playbook}` is {to}"),
        Conclusion::ComponentRegistered {} => format!("{} is registered", component()),
        Conclusion::ComponentRemoved {} => format!("{} is removed", component()),
        Conclusion::ControlChanged { what, to, .. } => return control(what, to, engine),
        Conclusion::HealthChanged { to, .. } if *to != State::Unknown => format!("{} is {to}", component()),
        Conclusion::IncidentAcknowledged { until, .. } => {
            format!("{} is yours for {}: whoever waits for that is not called", incident(), until.since(fact.at))
        }
        Conclusion::IncidentUnacknowledged(_) => format!("{} is nobody's any more", incident()),
        Conclusion::SilenceChanged(it) if it.silence.is_some() => {
            format!("silence `{}` has begun; SEV0 is told all the same unless it names it", it.id)
        }
        Conclusion::SilenceChanged(it) => format!("silence `{}` is over", it.id),
        Conclusion::OnCallChanged(it) => {
            format!("`{}` is on call as `{}` for {}", it.who, it.rotation, it.until.since(fact.at))
        }
        Conclusion::IncidentJoined { .. } => format!("it belongs to {}", incident()),
        Conclusion::IncidentMoved { to: Phase::Closed, .. } => format!("{} is closed", incident()),
        Conclusion::IncidentMoved { to: Phase::Escalated, .. } => format!("{} is with people", incident()),
        Conclusion::IncidentMoved { to: Phase::Resolved, .. } => format!("{} is resolved", incident()),
        Conclusion::IncidentOpened { issue, severity, .. } => {
            format!("{} opened: {} {} {issue}", incident(), severity.as_str(), component())
        }
        Conclusion::IncidentReopened {} => format!("{} is open again", incident()),
        Conclusion::PolicyReplaced { .. } => "the policy is in force".to_owned(),
        Conclusion::RollbackMoved { how } => format!("undoing: {how}"),
        Conclusion::RunPlanned { playbook, trial: true, .. } => format!("`{playbook}` would be done, but nothing is"),
        Conclusion::StormChanged { active: false, area, .. } => {
            format!("the storm over {} is over: what still fails is looked at again", area.in_words())
        }
        Conclusion::SeverityChanged { to, .. } => format!("{} is {}", incident(), to.as_str()),
        Conclusion::WindowChanged(WindowChange { window, change, opening, .. }) => {
            format!("the {} window `{window}` is {}", opening.kind, if change == "closed" { "closed" } else { "open" })
        }
        _ => return of_a_plan(fact, all),
    })
}

fn control(what: &str, to: &str, engine: &Engine) -> Option<String> {
    Some(match (what, engine.knowledge().control.stopped()) {
        ("kill", _) => {
            let still = at_work::sentence(&engine.at_work(), engine.now());
            format!("stopped: nothing automatic is done until `homeostat resume`; {still}")
        }
        ("resume", Some(why)) => format!("released, but it is still stopped: {why}"),
        ("resume", None) => "released: what is open is looked at again".to_owned(),
        ("mode", _) => {
            let (policy, ceiling) = (engine.policy().mode(), engine.knowledge().control.ceiling);
            let mode = engine.status().mode;
            match ceiling.filter(|ceiling| *ceiling > mode) {
                Some(_) => format!("no more than `{to}`; in force is `{}`, as the policy says", policy.as_str()),
                None => format!("the mode is `{}`", mode.as_str()),
            }
        }
        ("begin_anew", _) => format!("what did not help `{to}` may be tried again"),
        ("leave", _) => format!("what was left half done on `{to}` stays as it is"),
        ("thaw", _) => format!("`{to}` is no longer frozen"),
        _ => return None,
    })
}

/// What became of a plan that somebody decided on, or that follows from what was sent.
fn of_a_plan(fact: &Fact, all: &[Fact]) -> Option<String> {
    let same = |other: &&Fact| other.run.is_some() && other.run == fact.run;
    Some(match &fact.said {
        Conclusion::ApprovalGranted { .. } => {
            let goes_on =
                |other: &Fact| matches!(other.said, Conclusion::RunStarted { .. } | Conclusion::RunEnded { .. });
            let waits = !all.iter().filter(same).any(goes_on);
            if waits { "approved; it waits for another approval".to_owned() } else { "approved".to_owned() }
        }
        Conclusion::ApprovalLost { how, .. } if matches!(how.as_ref(), "denied" | "withdrawn") => how.to_string(),
        Conclusion::ApprovalRequested { .. } => "a plan waits for an approval".to_owned(),
        Conclusion::RunEnded { end: RunEnd::NotStarted, detail, .. }
            if !["denied", "withdrawn"].iter().any(|how| detail.starts_with(how)) =>
        {
            let refused = all.iter().filter(same).find_map(|other| refused_by(other));
            format!("not started: {}", refused.map_or_else(|| detail.clone(), why_not))
        }
        Conclusion::RunStarted { playbook, .. } => format!("`{playbook}` has begun"),
        _ => return None,
    })
}

fn why_not(link: &LinkResult) -> String {
    match link.values.iter().find(|(name, _)| name == "reason") {
        Some((_, reason)) if link.rule == "kill_switch.engaged" => {
            format!("the kill switch is engaged for `{reason}`, `homeostat resume` releases it")
        }
        _ => refusal(link),
    }
}

fn refused_by(fact: &Fact) -> Option<&LinkResult> {
    match &fact.said {
        Conclusion::GateDecided { links, refused: Some(_), .. } => links.iter().find(|link| !link.allowed),
        _ => None,
    }
}
