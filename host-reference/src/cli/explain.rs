//! One incident in words: why, and why not.

use super::show::{day_and_time, time_of_day};
use crate::host::account::{self, incident_name};
use homeostat_core::engine::view::{Explanation, Refusal, Tried};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::run::RunEnd;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The account of an incident for a person.
pub(super) fn text(it: &Explanation, numbers: &BTreeMap<IncidentId, i64>) -> String {
    let incident = &it.incident;
    let name = incident_name(incident.id, numbers);
    let phase = incident.phase.as_str().replace('_', " ").to_uppercase();
    let mut out = format!(
        "I{} · {} · {} {} · {phase} · opened {}\n",
        &name[1..],
        incident.severity.as_str(),
        incident.component,
        incident.issue,
        day_and_time(incident.detected)
    );
    let mut times = vec![format!("detected in {}", incident.detected.since(incident.onset))];
    times.extend(incident.recovered.map(|at| format!("recovered in {}", at.since(incident.onset))));
    times.extend(incident.closed.map(|at| format!("closed {}", time_of_day(at))));
    times.extend(incident.resolution.clone());
    push(&mut out, &times.join(" · "));
    if incident.members.len() > 1 {
        let members: Vec<&str> = incident.members.iter().map(|name| name.as_str()).collect();
        push(&mut out, &format!("part of it: {}", members.join(", ")));
    }
    push_attempts(&mut out, &it.attempts);
    push_refusals(&mut out, &it.refusals);
    if !it.next.is_empty() {
        push(&mut out, "\nWhat comes next by itself");
        for next in &it.next {
            push(&mut out, &format!("  {}  {}", time_of_day(next.at), next.reason.replace('_', " ")));
        }
    }
    push(&mut out, "\nHow it came to this");
    push_facts(&mut out, &it.facts, numbers);
    out
}

fn push(out: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{line}");
}

fn push_attempts(out: &mut String, attempts: &[Tried]) {
    let begun: Vec<&Tried> = attempts.iter().filter(|tried| tried.started.is_some()).collect();
    if begun.is_empty() {
        return;
    }
    push(out, "\nWhat it did");
    for tried in begun {
        let end = match tried.end {
            None => "is under way",
            Some(RunEnd::Cancelled) => "was cancelled",
            Some(RunEnd::Failed) => "failed",
            Some(RunEnd::NotStarted) => "never began",
            Some(RunEnd::Partial) => "helped in part",
            Some(RunEnd::Succeeded) => "helped, verified",
            Some(RunEnd::Uncertain) => "ended in doubt",
        };
        let at = tried.started.map(time_of_day).unwrap_or_default();
        let until = tried.ended.map_or_else(String::new, |at| format!(", {}", time_of_day(at)));
        push(out, &format!("  {at}  {} {end}{until}", tried.playbook));
    }
}

/// Each refusal once, with how often, and what would have changed it.
fn push_refusals(out: &mut String, refusals: &[Refusal]) {
    if refusals.is_empty() {
        return;
    }
    let mut distinct: Vec<(&Refusal, u32)> = Vec::new();
    for refusal in refusals {
        let same = |known: &&mut (&Refusal, u32)| {
            known.0.playbook == refusal.playbook && known.0.link.rule == refusal.link.rule
        };
        match distinct.iter_mut().find(same) {
            Some((latest, times)) => (*latest, *times) = (refusal, *times + 1),
            None => distinct.push((refusal, 1)),
        }
    }
    push(out, "\nWhy it did not act");
    for (refusal, times) in &distinct {
        let often = if *times > 1 { format!(", {times} times") } else { String::new() };
        let link = homeostat_core::model::gate::LinkResult { remedy: String::new(), ..refusal.link.clone() };
        push(
            out,
            &format!(
                "  {} was refused by  {}  at {}{often}",
                refusal.playbook,
                account::refusal(&link),
                time_of_day(refusal.at)
            ),
        );
    }
    push(out, "What would have changed it");
    for (refusal, _) in &distinct {
        push(out, &format!("  {}", refusal.link.remedy));
    }
}

/// The facts a person needs, each with its rule, and with the event that led to it where that is another one.
fn push_facts(out: &mut String, facts: &[Fact], numbers: &BTreeMap<IncidentId, i64>) {
    let mut before = None;
    for fact in facts {
        let Some((word, text)) = said(fact, numbers) else { continue };
        let about = fact.component.as_ref().map_or("", |name| name.as_str());
        let event = fact.because.first();
        let from = match event.filter(|_| event != before) {
            Some(event) => format!(" · {event}"),
            None => String::new(),
        };
        before = event;
        let line = format!("  {}  {about:<14} {word:<12} {text}", time_of_day(fact.at));
        push(out, line.trim_end());
        push(out, &format!("{:28}by {}{from}", "", fact.rule));
    }
}

fn said(fact: &Fact, numbers: &BTreeMap<IncidentId, i64>) -> Option<(String, String)> {
    if let Some(line) = account::line(fact, numbers) {
        return Some((line.word, line.text));
    }
    match &fact.said {
        Conclusion::GateDecided { playbook, links, .. } => {
            let rules: Vec<&str> = links.iter().map(|link| link.rule.as_ref()).collect();
            Some(("allowed".to_owned(), format!("{playbook}: {}", rules.join(", "))))
        }
        Conclusion::IncidentMoved { to, detail, .. } => Some((to.as_str().replace('_', " "), detail.clone())),
        Conclusion::RunEnded { playbook, detail, .. } => Some(("succeeded".to_owned(), format!("{playbook} {detail}"))),
        _ => None,
    }
}
