//! The words for each kind of fact.

mod calm;
mod steps;
mod told;

use super::{evidence, roles, short, windows};
use crate::local_time::day_and_time;
use crate::notify::Tone;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::event::OutcomeResult;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::gate::{Link, LinkResult};
use homeostat_core::model::health::{CheckVerdict, State};
use homeostat_core::model::incident::Phase;
use homeostat_core::model::radius::Reach;
use homeostat_core::model::run::{RunEnd, Stage, Verdict, Weighed};
use homeostat_core::model::value::Value;
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};
use std::fmt::Display;

/// Whom a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Component,
    Host,
    Incident,
}

/// A fact in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub about: About,
    pub word: &'static str,
    pub text: String,
    pub tone: Tone,
}

fn said(about: About, word: &'static str, text: impl Into<String>, tone: Tone) -> Said {
    Said { about, word, text: text.into(), tone }
}

fn here(word: &'static str, text: impl Into<String>, tone: Tone) -> Said {
    said(About::Component, word, text, tone)
}

pub(super) fn host(word: &'static str, text: impl Into<String>, tone: Tone) -> Said {
    said(About::Host, word, text, tone)
}

pub(super) fn told(word: &'static str, text: impl Into<String>, tone: Tone) -> Said {
    said(About::Incident, word, text, tone)
}

/// The words for `fact`. There are some for every kind of it.
pub(super) fn of(fact: &Fact) -> Said {
    use Tone::{Bad, Good, Neutral, Warning};
    let on = fact.component.as_ref().map_or("", |name| name.as_str());
    match &fact.said {
        Conclusion::ApprovalGranted { by, .. } => told("approved", format!("by {by}"), Good),
        Conclusion::ApprovalLost { how, by, .. } => told("approval", with_name(how, by.as_ref()), Warning),
        Conclusion::ApprovalRequested { plan, any_of, all_of, people, .. } => {
            told("asks", asked(plan, &roles::roles(any_of, all_of, people.unwrap_or(1))), Warning)
        }
        Conclusion::BlastAssessed(found) => told("reaches", reaches(&found.of, found.reach), Neutral),
        Conclusion::BreakerChanged { to, playbook } => told("breaker", breaker(playbook, to, fact), Warning),
        Conclusion::CheckFound { check, verdict, count, needed, detail } => {
            checked(check, *verdict, (*count, *needed), detail)
        }
        Conclusion::CommandEnded { result, detail, .. } => command_ended(*result, detail),
        Conclusion::ComponentRegistered {} => here("added", "is watched from now on", Neutral),
        Conclusion::ComponentRemoved {} => here("removed", "is watched no more", Neutral),
        Conclusion::ControlChanged { what, to, detail } => control(what, to, detail),
        Conclusion::DeliveryFailed(it) => told::unheard(&it.channel, &it.recipient, &it.detail),
        Conclusion::EscalationReached { level, notified, round, .. } => told::called(*level, *round, notified),
        Conclusion::EscalationWanted { by } => told("one up", format!("because of {by}"), Warning),
        Conclusion::EscalationStarted { chain, reason } => for_people(chain, reason),
        Conclusion::EvidenceAsked(_) | Conclusion::EvidenceFound(_) | Conclusion::EvidenceMissed(_) => {
            evidence::of(&fact.said)
        }
        Conclusion::FaultLatched { what } => host("FAULT", format!("{what} · nothing more is done"), Bad),
        Conclusion::FlappingBegan(_) | Conclusion::FlappingEnded {} => calm::of(fact),
        Conclusion::GraceOpened(_) | Conclusion::WarmUpBegan(_) | Conclusion::WarmUpEnded(_) => calm::of(fact),
        Conclusion::GateDecided { .. } => gate(fact),
        Conclusion::HealthChanged { from, to, detail } => health(*from, *to, detail),
        Conclusion::IncidentAcknowledged { by, .. } => told("taken", format!("by {by}"), Good),
        Conclusion::IncidentJoined { issue, relation } => told("joined", format!("{on} {issue} ({relation})"), Warning),
        Conclusion::IncidentMoved { to, detail, .. } => moved(*to, detail),
        Conclusion::IncidentOpened { issue, severity, .. } => told("opened", format!("{severity} · {on} {issue}"), Bad),
        Conclusion::IncidentReopened {} => told("reopened", format!("{on} is not well again"), Bad),
        Conclusion::IncidentUnacknowledged(it) => told("given back", format!("by {}", it.by), Warning),
        Conclusion::NotificationWithheld(it) => told::withheld(it),
        Conclusion::SilenceChanged(it) => host("silence", told::silenced(it), Warning),
        Conclusion::OnCallChanged(it) => told::stands_in(it),
        Conclusion::InputRefused { reason } => host("not taken", reason, Warning),
        Conclusion::MessageWanted { recipient, text, .. } => told("tells", wanted(recipient.as_ref(), text), Neutral),
        Conclusion::OutcomeRecorded { playbook, runs, successes } => counted(playbook, *runs, *successes),
        Conclusion::Overloaded { limit, dropped } => host("overload", format!("{limit}: dropped {dropped}"), Warning),
        Conclusion::PlaybooksExhausted { tried, detail } => told("no plan", or(detail, || left_after(tried)), Bad),
        Conclusion::PolicyReplaced { digest } => host("policy", format!("{} is in force", short(digest)), Neutral),
        Conclusion::ReportReceived { what } => here("reported", format!("by {what}"), Warning),
        Conclusion::RollbackMoved { how } => told("rollback", how.as_ref(), Warning),
        Conclusion::RolloutMoved(stage) => rolled(stage),
        Conclusion::RunEnded { playbook, end, detail } => run_ended(playbook, *end, detail),
        Conclusion::RunPlanned { playbook, targets, trial, .. } => {
            told("plan", planned(playbook, targets, *trial), Neutral)
        }
        Conclusion::RunStarted { playbook, attempt } => begins(playbook, *attempt),
        Conclusion::SeverityChanged { from, to, by } => told("severity", format!("{from} → {to} by {by}"), Warning),
        Conclusion::SignalChanged { issue, raised, detail, .. } => signal(issue, *raised, detail),
        Conclusion::StepEnded { step, how, detail } => steps::ended(step, how, detail),
        Conclusion::StepPaused { step, why, until } => told("waits", calm::pause(fact, step, why, *until), Neutral),
        Conclusion::StepStarted { .. } => steps::started(fact),
        Conclusion::StormChanged { active: true, detail, .. } => told("storm", detail, Bad),
        Conclusion::StormChanged { detail, .. } => told("ended", format!("the storm over {detail}"), Good),
        Conclusion::Suppressed { by, detail } => suppressed(fact, by, detail),
        Conclusion::VerdictReached { verdict, provisional, detail, .. } => {
            verdict_reached(*verdict, *provisional, detail)
        }
        window @ Conclusion::WindowChanged(_) => windows::changed(window),
        Conclusion::VerificationStarted { step, within, .. } => verifying(step.as_ref(), *within),
        Conclusion::VerificationWeighed(one) => weighed(one),
    }
}

fn begins(playbook: &Name, attempt: u32) -> Said {
    told("begins", format!("{playbook}, attempt {attempt}"), Tone::Neutral)
}

fn for_people(chain: &Name, reason: &str) -> Said {
    told("for people", format!("{reason} · chain {chain}"), Tone::Warning)
}

fn rolled(stage: &Stage) -> Said {
    let on: Vec<&str> = stage.targets.iter().map(Name::as_str).collect();
    let text = format!("stage {} of {} {}: {}", stage.stage, stage.of, stage.how, on.join(", "));
    told("rollout", after(text, &stage.detail), tone(&stage.how))
}

fn weighed(one: &Weighed) -> Said {
    told("looks at", after(format!("{}: {}", one.part, one.found), &one.detail), tone(&one.found))
}

/// `text`, and `detail` where there is any.
fn after(text: String, detail: &str) -> String {
    if detail.is_empty() { text } else { format!("{text} · {detail}") }
}

fn tone(found: &str) -> Tone {
    match found {
        "passed" => Tone::Good,
        "aborted" | "failed" => Tone::Bad,
        _ => Tone::Neutral,
    }
}

fn asked(plan: &Digest, whose: &str) -> String {
    format!("`homeostat approve {}` by {whose}", short(plan))
}

fn reaches(of: &str, Reach { level, instances, score, .. }: Reach) -> String {
    let what = if of == "extent" { "what is sick" } else { "the plan" };
    let instances = if instances == 1 { "1 instance".to_owned() } else { format!("{instances} instances") };
    format!("{what}: {}, {instances}, risk {score} of 100", level.as_str().replace('_', " "))
}

fn breaker(playbook: &Name, to: &str, fact: &Fact) -> String {
    let whose = if playbook.as_str() == "all" { "every playbook" } else { playbook.as_str() };
    let on = fact.values.iter().find(|(name, _)| name == "on").map(|(_, on)| on.to_string());
    let on = on.map_or_else(String::new, |on| if on == "any" { " everywhere".to_owned() } else { format!(" on {on}") });
    format!("{} for {whose}{on}", to.replace('_', " "))
}

fn wanted(recipient: Option<&Name>, text: &str) -> String {
    format!("{}: {text}", recipient.map_or("on-call", Name::as_str))
}

fn counted(playbook: &Name, runs: u32, successes: u32) -> Said {
    told("counts", format!("{playbook} helped in {successes} of {runs} runs"), Tone::Neutral)
}

fn left_after(tried: &[Name]) -> String {
    if tried.is_empty() { "none fits".to_owned() } else { format!("tried {}", listed(tried)) }
}

fn planned(playbook: &Name, targets: &[Name], trial: bool) -> String {
    let only = if trial { " · decided only, nothing is done" } else { "" };
    format!("{playbook} on {}{only}", listed(targets))
}

fn verifying(step: Option<&Name>, within: Span) -> Said {
    match step {
        Some(step) => {
            told("looks", format!("step {step}: whether it is well yet, for at most {within}"), Tone::Neutral)
        }
        None => told("verify", format!("whether the whole run helped, for at most {within}"), Tone::Neutral),
    }
}

fn listed(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn with_name(how: &str, by: Option<&Name>) -> String {
    by.map_or_else(|| how.to_owned(), |by| format!("{how} by {by}"))
}

fn checked(check: &Name, verdict: CheckVerdict, (count, needed): (u32, u32), detail: &str) -> Said {
    let (word, text, tone) = match verdict {
        CheckVerdict::Fail if count < needed => ("suspect", format!("{detail} ({count} of {needed})"), Tone::Warning),
        CheckVerdict::Fail => ("fails", format!("{detail} ({count} in a row)"), Tone::Bad),
        CheckVerdict::Error => ("unasked", detail.to_owned(), Tone::Warning),
        CheckVerdict::Pass => {
            let times = if count == 1 { String::new() } else { format!(", {count} times in a row") };
            let found = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            ("passes", format!("`{check}`{times}{found}"), Tone::Good)
        }
    };
    here(word, if text.is_empty() { format!("`{check}`") } else { text }, tone)
}

fn health(from: State, to: State, detail: &str) -> Said {
    let (word, tone) = match to {
        State::Healthy if from == State::Unknown => ("healthy", Tone::Good),
        State::Healthy => ("HEALTHY", Tone::Good),
        State::Unknown => ("unknown", Tone::Warning),
        State::Degraded => ("DEGRADED", Tone::Warning),
        State::Unhealthy => ("UNHEALTHY", Tone::Bad),
        State::Critical => ("CRITICAL", Tone::Bad),
    };
    here(word, or(detail, || format!("was {from}")), tone)
}

fn signal(issue: &Name, raised: bool, detail: &str) -> Said {
    let (word, tone) = if raised { ("signal", Tone::Warning) } else { ("signal off", Tone::Good) };
    here(word, format!("{issue} · {detail}").trim_end_matches(" · "), tone)
}

fn moved(to: Phase, detail: &str) -> Said {
    let (word, tone) = match to {
        Phase::Analyzing => ("analyzing", Tone::Neutral),
        Phase::AwaitingApproval => ("asks people", Tone::Warning),
        Phase::Closed => ("closed", Tone::Good),
        Phase::Escalated => ("ESCALATED", Tone::Bad),
        Phase::Open => ("open", Tone::Bad),
        Phase::Remediating => ("acts", Tone::Neutral),
        Phase::Resolved => ("RESOLVED", Tone::Good),
        Phase::Verifying => ("verifying", Tone::Neutral),
    };
    told(word, or(detail, || to.as_str().replace('_', " ")), tone)
}

fn command_ended(result: OutcomeResult, detail: &str) -> Said {
    let (word, tone, otherwise) = match result {
        OutcomeResult::Succeeded => ("done", Tone::Good, "it succeeded"),
        OutcomeResult::Failed => ("failed", Tone::Bad, "no reason was given"),
        OutcomeResult::NotStarted => ("not done", Tone::Bad, "no reason was given"),
        OutcomeResult::Unsupported => ("cannot", Tone::Bad, "this host has no way to do it"),
        OutcomeResult::Unknown => ("in doubt", Tone::Warning, "nobody knows whether it ran"),
    };
    told(word, or(detail, || otherwise.to_owned()), tone)
}

fn run_ended(playbook: &Name, end: RunEnd, detail: &str) -> Said {
    let (word, tone) = match end {
        RunEnd::Cancelled => ("stopped", Tone::Warning),
        RunEnd::Failed | RunEnd::NotStarted | RunEnd::Uncertain => ("gives up", Tone::Bad),
        RunEnd::Partial => ("helps partly", Tone::Warning),
        RunEnd::Succeeded => ("succeeded", Tone::Good),
        RunEnd::Told => ("told", Tone::Neutral),
    };
    told(word, format!("{playbook}: {detail}").trim_end_matches(": "), tone)
}

fn suppressed(fact: &Fact, by: &Name, detail: &str) -> Said {
    let (word, text) = match fact.rule.as_ref() {
        "select.no_plan" => ("no plan", format!("of {by}: {detail}")),
        "select.no_adapter" => ("cannot", format!("{by}: {detail}")),
        rule if rule.ends_with(".maintenance") => ("waits", format!("maintenance window {by} · {detail}")),
        _ => ("waits", format!("{by} comes first · {detail}")),
    };
    here(word, text, Tone::Neutral)
}

fn verdict_reached(verdict: Verdict, provisional: bool, detail: &str) -> Said {
    let (text, tone) = match verdict {
        Verdict::Success if provisional => (format!("{detail} · not yet stable"), Tone::Good),
        Verdict::Success => (format!("{detail} · stable"), Tone::Good),
        _ => (format!("{verdict}: {detail}"), Tone::Bad),
    };
    told("verified", text, tone)
}

fn gate(fact: &Fact) -> Said {
    let Conclusion::GateDecided { playbook, step, links, refused, .. } = &fact.said else {
        return told("gate", fact.rule.as_ref(), Tone::Neutral);
    };
    let on = fact.component.as_ref().map_or("", |name| name.as_str());
    if let Some(rule) = refused {
        let why = links.iter().find(|link| !link.allowed).map_or_else(|| rule.to_string(), refusal);
        return told("refused", format!("{playbook} on {on} · {why}"), Tone::Warning);
    }
    let what = step.as_ref().map_or_else(|| playbook.to_string(), |step| format!("{playbook}, step {step}"));
    let asked = || links.iter().filter(|link| !link.rule.ends_with(".not_asked"));
    let approval = asked().find(|link| link.link == Link::Approval).map(|link| link.rule.replace(['.', '_'], " "));
    let approval = approval.map_or_else(String::new, |approval| format!(" · {approval}"));
    told("allowed", format!("{what} · {} links pass{approval}", asked().count()), Tone::Good)
}

fn control(what: &str, to: &str, detail: &str) -> Said {
    let (word, text, tone) = match what {
        "kill" => ("STOPPED", format!("{to} · {detail}"), Tone::Bad),
        "resume" => ("resumed", format!("{to} · {detail}"), Tone::Good),
        "mode" => ("mode", format!("{to} by {detail}"), Tone::Warning),
        "begin_anew" => ("anew", format!("{to} by {detail}: what did not help there may be tried again"), Tone::Good),
        "leave" => ("left", format!("{to} by {detail}: what was half done there stays as it is"), Tone::Good),
        "trust" => ("trusts", format!("no further than `{to}`: {detail}"), Tone::Warning),
        "thaw" => ("released", format!("{to} by {detail}: it may be acted on again"), Tone::Good),
        _ => ("changed", format!("{what} {to} {detail}").trim_end().to_owned(), Tone::Neutral),
    };
    host(word, text, tone)
}

fn or(text: &str, otherwise: impl FnOnce() -> String) -> String {
    if text.is_empty() { otherwise() } else { text.to_owned() }
}

/// A refusal in words: the rule, what was compared, and what would let it through.
#[must_use]
pub fn refusal(link: &LinkResult) -> String {
    let compared = values(link);
    let parts = [link.rule.as_ref(), &compared, &format!("next: {}", link.remedy)];
    let given = [true, !compared.is_empty(), !link.remedy.is_empty()];
    let said: Vec<&str> = parts.into_iter().zip(given).filter(|(_, given)| *given).map(|(part, _)| part).collect();
    said.join(" · ")
}

/// What a link compared, in words. Until when a refusal holds is in its remedy.
#[must_use]
pub fn values(link: &LinkResult) -> String {
    let nothing = |value: &Value| matches!(value, Value::List(all) if all.is_empty());
    let values = link.values.iter().filter(|(name, _)| !matches!(name.as_ref(), "until" | "free_at"));
    let values = values.filter(|(_, value)| !nothing(value)).map(|(name, value)| {
        let shown = instant(name, value).unwrap_or_else(|| shown(value));
        let shown = if name.ends_with("any_of") { shown.replace(" and ", " or ") } else { shown };
        format!("{} {shown}", name.replace('_', " "))
    });
    values.collect::<Vec<_>>().join(", ")
}

/// The time that a value is, as the reader's clock shows it; nothing for what is none.
fn instant(name: &str, value: &Value) -> Option<String> {
    let at = matches!(name, "began" | "since").then(|| value.to_string().parse().ok()).flatten();
    at.map(|ms| day_and_time(Time::from_ms(ms)))
}

fn shown(value: &Value) -> String {
    fn joined<T: Display>(all: impl Iterator<Item = T>) -> String {
        all.map(|it| it.to_string()).collect::<Vec<_>>().join(" and ")
    }
    match value {
        Value::Duration(span) => span.to_string(),
        Value::List(values) => joined(values.iter()).replace('_', " "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
