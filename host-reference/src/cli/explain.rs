//! One incident in words: what was done, why not more, what would change that, what comes next, what a person can do.

use super::obstacle::{self, Obstacle, Typing};
use super::show::{day_and_time, time_of_day};
use crate::host::account::{self, incident_number};
use homeostat_core::engine::view::{Explanation, Next, Tried};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::ids::{IncidentId, RunId};
use homeostat_core::model::incident::Phase;
use homeostat_core::model::run::RunEnd;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The account of an incident for a person.
pub(super) fn text(it: &Explanation, numbers: &BTreeMap<IncidentId, i64>, typing: &Typing) -> String {
    let number = incident_number(it.incident.id, numbers);
    let mut out = String::new();
    push_head(&mut out, it, &number);
    push_attempts(&mut out, it);
    let (standing, past): (Vec<_>, Vec<_>) =
        obstacle::all(it, typing).into_iter().partition(|obstacle| obstacle.stands);
    push_obstacles(&mut out, ("Why it does not act", "What would change it"), &standing);
    push_obstacles(&mut out, ("Why it did not act", "What would have changed it"), &past);
    push_next(&mut out, it);
    push_choices(&mut out, it, &number, typing);
    push(&mut out, "\nHow it came to this");
    push_facts(&mut out, &it.facts, numbers);
    out
}

fn push(out: &mut String, line: &str) {
    // No text from outside moves the cursor; writing to a text cannot fail.
    let safe: String = line.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    let _ = writeln!(out, "{safe}");
}

fn push_head(out: &mut String, it: &Explanation, number: &str) {
    let incident = &it.incident;
    let phase = incident.phase.as_str().replace('_', " ").to_uppercase();
    let (severity, opened) = (incident.severity.as_str(), day_and_time(incident.detected));
    let (component, issue) = (&incident.component, &incident.issue);
    push(out, &format!("Incident {number} · {severity} · {component} {issue} · {phase} · opened {opened}"));
    let mut times = vec![format!("detected in {}", incident.detected.since(incident.onset))];
    times.extend(incident.recovered.map(|at| format!("recovered in {}", at.since(incident.onset))));
    times.extend(incident.closed.map(|at| format!("closed {}", time_of_day(at))));
    times.extend(incident.resolution.clone());
    push(out, &times.join(" · "));
    if incident.members.len() > 1 {
        let members: Vec<&str> = incident.members.iter().map(|name| name.as_str()).collect();
        push(out, &format!("part of it: {}", members.join(", ")));
    }
}

fn push_attempts(out: &mut String, it: &Explanation) {
    let begun: Vec<&Tried> = it.attempts.iter().filter(|tried| tried.started.is_some()).collect();
    if begun.is_empty() {
        return;
    }
    push(out, "\nWhat it did");
    for tried in begun {
        let end = match tried.end {
            None => "is under way",
            Some(RunEnd::Cancelled) => "was called off",
            Some(RunEnd::Failed) => "failed",
            Some(RunEnd::NotStarted) => "never began",
            Some(RunEnd::Partial) => "helped in part",
            Some(RunEnd::Succeeded) => "helped, verified",
            Some(RunEnd::Uncertain) => "ended in doubt",
        };
        let at = tried.started.map(time_of_day).unwrap_or_default();
        let until = tried.ended.map_or_else(String::new, |at| format!(", {}", time_of_day(at)));
        let why = why_ended(tried, &it.facts);
        push(out, &format!("  {at}  {} {end}{until}{why}", tried.playbook));
        let done = done(tried.run, &it.facts);
        if !done.is_empty() {
            push(out, &format!("            {}", done.join(" · ")));
        }
    }
}

fn why_ended(tried: &Tried, facts: &[Fact]) -> String {
    let ended = facts.iter().rev().filter(|fact| fact.run == Some(tried.run)).find_map(|fact| match &fact.said {
        Conclusion::RunEnded { detail, .. } if tried.end != Some(RunEnd::Succeeded) => Some(detail),
        _ => None,
    });
    ended.map_or_else(String::new, |detail| format!(" · {detail}"))
}

/// What a run did to the world, and how that ended.
fn done(run: RunId, facts: &[Fact]) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    for fact in facts.iter().filter(|fact| fact.run == Some(run)) {
        match &fact.said {
            Conclusion::StepStarted { action, target, .. } => done.push(format!("{action} on {target}")),
            Conclusion::CommandEnded { .. } => {
                let line = account::sentence(fact, &BTreeMap::new());
                if let Some(last) = done.last_mut() {
                    *last += &format!(": {} ({})", line.word, line.text);
                }
            }
            Conclusion::MessageWanted { .. } => done.push("told people".to_owned()),
            Conclusion::RollbackMoved { how } if how != "started" => done.push(format!("undoing: {how}")),
            Conclusion::StepPaused { why, until, .. } if why == "wait" => {
                done.push(format!("waited {}", until.since(fact.at)));
            }
            Conclusion::StepEnded { how, detail, .. } if fact.rule == "remediate.step_verified" => {
                done.push(format!("looked: {how} ({detail})"));
            }
            _ => {}
        }
    }
    done
}

fn push_obstacles(out: &mut String, (title, change): (&str, &str), obstacles: &[Obstacle]) {
    if obstacles.is_empty() {
        return;
    }
    push(out, &format!("\n{title}"));
    for obstacle in obstacles {
        let often = if obstacle.times > 1 { format!(", {} times", obstacle.times) } else { String::new() };
        let at = obstacle.at.map(time_of_day).unwrap_or_default();
        push(out, &format!("  {at:<8}  {}{often}", obstacle.what));
    }
    push(out, change);
    let mut said: Vec<&String> = Vec::new();
    for line in obstacles.iter().flat_map(|obstacle| &obstacle.change) {
        if !said.contains(&line) {
            push(out, &format!("  {line}"));
            said.push(line);
        }
    }
}

fn push_next(out: &mut String, it: &Explanation) {
    if it.next.is_empty() {
        return;
    }
    push(out, "\nWhat comes next by itself");
    for next in &it.next {
        push(out, &format!("  {}  {}", time_of_day(next.at), coming(next, it.incident.phase)));
    }
}

fn coming(next: &Next, phase: Phase) -> String {
    match next.reason.as_str() {
        "acknowledgement_lapses" => "whoever took it is taken to have let go: people are called again".to_owned(),
        "approval_expires" => "the plan is no longer to be had: nothing is done, and people are called".to_owned(),
        "command_unanswered" => "what is out counts as unanswered: nobody knows then whether it ran".to_owned(),
        "escalation_level" => "people are called, the next level or the last one again".to_owned(),
        "look_again" => "it is looked again whether something can be done".to_owned(),
        "revert_due" => "a step is undone, as its time is over".to_owned(),
        "run_timeout" => "the run is given up, if its steps are not done".to_owned(),
        "stable" => "it is closed, if it has stayed well".to_owned(),
        "step_due" => "a step of the run goes on".to_owned(),
        "verification" if phase == Phase::Resolved => "it is closed, if it has stayed well".to_owned(),
        "verification" => "the time to become well again is over".to_owned(),
        other => other.replace('_', " "),
    }
}

fn push_choices(out: &mut String, it: &Explanation, number: &str, typing: &Typing) {
    if !it.incident.is_open() || it.incident.phase == Phase::Resolved {
        return;
    }
    push(out, "\nWhat you can do");
    if it.left_to_people {
        push(
            out,
            "  mend it by hand: nothing automatic is tried for it any more; seen well again, it closes by itself",
        );
    }
    let db = &typing.db;
    match it.incident.acknowledged_until {
        Some(until) => push(out, &format!("  somebody has taken it, until {} (see below)", time_of_day(until))),
        None => push(out, &format!("  homeostat ack {number}{db}  you take it: whoever waits for that is not called")),
    }
    let acts = it.attempts.iter().any(|tried| tried.started.is_some() && tried.end.is_none());
    if acts && typing.stopped.is_none() {
        push(out, &format!("  homeostat kill 'why'{db}  stops everything automatic at once"));
    }
}

/// The facts, each with its rule, and with the event that led to it where that is another one.
fn push_facts(out: &mut String, facts: &[Fact], numbers: &BTreeMap<IncidentId, i64>) {
    let (mut before, mut event_before) = (None, None);
    let mut rest = facts.iter().peekable();
    while let Some(fact) = rest.next() {
        if before.is_some_and(|before| is_said(before, fact)) {
            continue;
        }
        let line = account::sentence(fact, numbers);
        let about = fact.component.as_ref().map_or("", |name| name.as_str());
        let event = fact.because.first();
        let from = match event.filter(|_| event != event_before) {
            Some(event) => format!(" · {event}"),
            None => String::new(),
        };
        (before, event_before) = (Some(fact), event);
        let mut more = (0, fact.at);
        while let Some(same) = rest.next_if(|next| fails_again(fact, next)) {
            more = (more.0 + 1, same.at);
        }
        let more = match more {
            (0, _) => String::new(),
            (more, until) => format!(", and {more} more until {}", time_of_day(until)),
        };
        let text = format!("  {}  {about:<14} {:<12} {}{more}", time_of_day(fact.at), line.word, line.text);
        push(out, text.trim_end());
        push(out, &format!("{:28}by {}{from}", "", fact.rule));
    }
}

/// Whether a check that was failing for good does so again.
fn fails_again(fact: &Fact, next: &Fact) -> bool {
    let failed = |fact: &Fact| match &fact.said {
        Conclusion::CheckFound { check, verdict: CheckVerdict::Fail, count, needed, .. } if count > needed => {
            Some((fact.component.clone(), check.clone()))
        }
        _ => None,
    };
    failed(fact).is_some_and(|failing| failed(next) == Some(failing))
}

/// Whether the fact before has said it already, at the same time: `--json` has both.
fn is_said(before: &Fact, fact: &Fact) -> bool {
    let said = match (&before.said, &fact.said) {
        (Conclusion::ApprovalRequested { .. }, Conclusion::IncidentMoved { to, .. }) => *to == Phase::AwaitingApproval,
        (Conclusion::CommandEnded { .. }, Conclusion::StepEnded { .. }) => before.run == fact.run,
        (Conclusion::RunStarted { .. }, Conclusion::IncidentMoved { to, .. }) => *to == Phase::Remediating,
        (Conclusion::VerificationStarted { .. }, Conclusion::IncidentMoved { to, .. }) => *to == Phase::Verifying,
        (Conclusion::RunEnded { detail: why, .. }, Conclusion::IncidentMoved { to: Phase::Analyzing, detail, .. })
        | (Conclusion::PlaybooksExhausted { detail: why, .. }, Conclusion::IncidentMoved { detail, .. })
        | (Conclusion::PlaybooksExhausted { detail: why, .. }, Conclusion::EscalationStarted { reason: detail, .. })
        | (Conclusion::IncidentMoved { detail: why, .. }, Conclusion::EscalationStarted { reason: detail, .. }) => {
            why == detail
        }
        _ => false,
    };
    said && before.at == fact.at
}
