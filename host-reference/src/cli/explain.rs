//! One incident in words: what was done, why not more, what would change that, what comes next, what a person can do.

mod done;

use super::obstacle::{self, Obstacle, Typing, closing};
use super::print;
use super::seen;
use super::{frozen, half_done};
use crate::host::account::{self, incident_number};
use crate::local_time::{day_and_time, time_of_day};
use homeostat_core::engine::view::{Explanation, Next, Tried};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::{Evidence, Phase};
use homeostat_core::model::run::RunEnd;
use std::collections::BTreeMap;

/// The account of an incident for a person.
pub(super) fn text(it: &Explanation, numbers: &BTreeMap<IncidentId, i64>, typing: &Typing) -> String {
    let number = incident_number(it.incident.id, numbers);
    let mut out = String::new();
    push_head(&mut out, it, &number);
    push_silence(&mut out, it, typing);
    push_attempts(&mut out, it, typing);
    push_half_done(&mut out, it, typing);
    push_frozen(&mut out, it, numbers, typing);
    let (standing, past): (Vec<_>, Vec<_>) =
        obstacle::all(it, typing).into_iter().partition(|obstacle| obstacle.stands);
    push_obstacles(&mut out, ("Why it does not act", "What would change it"), &standing);
    push_obstacles(&mut out, ("Why it did not act", "What would have changed it"), &past);
    push_next(&mut out, it, typing);
    push_choices(&mut out, it, &number, typing);
    push_title(&mut out, "How it came to this");
    push_facts(&mut out, &it.facts, numbers);
    account::numbered(&out, numbers)
}

/// One line, whatever is in it: no text from outside makes lines of its own, or moves the cursor.
fn push(out: &mut String, line: &str) {
    *out += &print::clean(&line.replace(['\n', '\t'], " "));
    out.push('\n');
}

fn push_title(out: &mut String, title: &str) {
    out.push('\n');
    push(out, title);
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

fn push_silence(out: &mut String, it: &Explanation, typing: &Typing) {
    if let (Some(last), true) = (typing.silent_since, it.incident.is_open()) {
        let last = day_and_time(last);
        push(
            out,
            &format!("no host is running on this store: this is how it stood at {last}, the last one wrote down"),
        );
        push(out, "until `homeostat run` nothing is watched, nothing goes on, and no order is taken");
    }
}

fn push_attempts(out: &mut String, it: &Explanation, typing: &Typing) {
    let begun: Vec<&Tried> = it.attempts.iter().filter(|tried| tried.started.is_some()).collect();
    if begun.is_empty() {
        return;
    }
    push_title(out, "What it did");
    for tried in begun {
        let done = done::by(tried.run, &it.facts);
        let end = match tried.end {
            None => under_way(it, typing),
            Some(RunEnd::Cancelled) => "was stopped".to_owned(),
            Some(RunEnd::Failed) => "failed".to_owned(),
            Some(RunEnd::NotStarted) if done.is_empty() => "never began".to_owned(),
            Some(RunEnd::NotStarted) => "changed nothing".to_owned(),
            Some(RunEnd::Partial) => "helped in part".to_owned(),
            Some(RunEnd::Succeeded) => "helped, verified".to_owned(),
            Some(RunEnd::Told) => "told people".to_owned(),
            Some(RunEnd::Uncertain) => "ended in doubt".to_owned(),
        };
        let at = tried.started.map(time_of_day).unwrap_or_default();
        let until = tried.ended.map_or_else(String::new, |at| format!(", {}", time_of_day(at)));
        let why = why_ended(tried, &it.facts);
        push(out, &format!("  {at}  {} {end}{until}{why}", tried.playbook));
        if !done.is_empty() {
            push(out, &format!("            {}", done.join(" · ")));
        }
        let unless: Vec<&str> = tried.unless.iter().map(|link| link.remedy.as_str()).collect();
        if !unless.is_empty() {
            push(out, &format!("            would not have begun with {}", unless.join(", or ")));
        }
    }
}

/// What was left half done, which a person can undo.
fn push_half_done(out: &mut String, it: &Explanation, typing: &Typing) {
    if it.half_done.is_empty() {
        return;
    }
    push_title(out, "What is half done");
    let lines = it.half_done.iter().flat_map(|left| half_done::lines(left, &typing.db));
    lines.for_each(|line| push(out, &format!("  {line}")));
}

/// What nothing may touch, as undoing failed there, and how a person frees it.
fn push_frozen(out: &mut String, it: &Explanation, numbers: &BTreeMap<IncidentId, i64>, typing: &Typing) {
    if it.frozen.is_empty() {
        return;
    }
    push_title(out, "What is frozen");
    for one in &it.frozen {
        let number = one.by.as_ref().map_or_else(String::new, |by| incident_number(by.incident, numbers));
        frozen::lines(one, &number, &typing.db).iter().for_each(|line| push(out, &format!("  {line}")));
    }
}

/// How a run stands that has not ended.
fn under_way(it: &Explanation, typing: &Typing) -> String {
    let until = it.next.iter().find(|next| matches!(next.reason.as_str(), "stable" | "verification"));
    let until = until.map_or_else(String::new, |next| format!(" until {}", time_of_day(next.at)));
    match (it.incident.phase, typing.silent_since) {
        (Phase::Resolved, None) => format!("helped so far: whether it stays well is watched{until}"),
        (Phase::Resolved, Some(_)) => "helped so far: whether it stays well was watched when the host ended".to_owned(),
        (_, None) => "is under way".to_owned(),
        (_, Some(_)) => "was under way when the host ended".to_owned(),
    }
}

fn why_ended(tried: &Tried, facts: &[Fact]) -> String {
    let ended = facts.iter().rev().filter(|fact| fact.run == Some(tried.run)).find_map(|fact| match &fact.said {
        Conclusion::RunEnded { detail, .. } if tried.end != Some(RunEnd::Succeeded) => Some(detail),
        _ => None,
    });
    ended.map_or_else(String::new, |detail| format!(" · {detail}"))
}

fn push_obstacles(out: &mut String, (title, change): (&str, &str), obstacles: &[Obstacle]) {
    if obstacles.is_empty() {
        return;
    }
    push_title(out, title);
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

fn push_next(out: &mut String, it: &Explanation, typing: &Typing) {
    if it.next.is_empty() {
        return;
    }
    let once = typing.silent_since.map_or("", |_| ", once a host runs again");
    push_title(out, &format!("What comes next by itself{once}"));
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
    push_title(out, "What you can do");
    let said_outside = it.incident.evidence == Some(Evidence::Word);
    if it.left_to_people {
        let end = if said_outside { "a person closes it then" } else { "well again, it closes by itself" };
        let on = &it.incident.component;
        push(out, &format!("  mend it by hand: nothing automatic is tried on {on} for it any more; {end}"));
    }
    if said_outside {
        push(out, &format!("  {}", closing(typing)));
    }
    let db = &typing.db;
    match (taken(it), typing.silent_since) {
        (Some(taken), _) => push(out, &format!("  {taken}")),
        (None, None) => {
            push(out, &format!("  homeostat ack {number}{db}  you take it: whoever waits for that is not called"))
        }
        (None, Some(_)) => {}
    }
    if typing.silent_since.is_some() {
        return push(out, &format!("  homeostat run POLICY{db}  a host takes it up from where it stood"));
    }
    let acts = it.attempts.iter().any(|tried| tried.started.is_some() && tried.end.is_none());
    if acts && typing.stopped.is_none() {
        push(out, &format!("  homeostat kill 'why'{db}  stops everything automatic at once"));
    }
}

/// Who has taken it, and until when.
fn taken(it: &Explanation) -> Option<String> {
    let until = time_of_day(it.incident.acknowledged_until?);
    let by = account::taken_by(&it.incident, &it.facts)?;
    Some(format!("{by} has taken it, until {until}"))
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
        seen::lines(fact).iter().for_each(|seen| push(out, &format!("{:28}{seen}", "")));
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

#[cfg(test)]
mod tests;
