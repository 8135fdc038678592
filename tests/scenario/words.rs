//! The sentences of a scenario.

use crate::look::Look;
use crate::witness::{self, Testimony};
use homeostat_core::model::event::OutcomeResult;
use homeostat_core::model::severity::Severity;
use homeostat_core::model::window::WindowKind;
use homeostat_core::policy::duration;
use homeostat_core::primitives::time::Span;

/// What a step does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Time goes on by so much, each deadline kept.
    Wait(Span),
    /// Time goes on until so long after the beginning.
    Until(Span),
    /// Time goes on by so much in one leap: the host slept.
    Jump(Span),
    /// One input with a timestamp so much earlier.
    ClockBack(Span),
    /// From now on these checks answer so; `*` stands for all.
    World {
        component: String,
        check: String,
        answer: Answer,
        times: Option<u32>,
    },
    /// A report that nobody asked for.
    Report {
        component: String,
        check: String,
        answer: Answer,
        ago: Span,
    },
    /// From now on this action ends so.
    Action {
        purpose: String,
        action: String,
        target: String,
        effects: Vec<Effect>,
        times: Option<u32>,
    },
    /// From now on this channel delivers, fails, or is silent.
    Channel {
        name: String,
        fails: Option<String>,
        silent: bool,
    },
    /// A person says something.
    Person {
        id: String,
        roles: Vec<String>,
        order: Order,
    },
    Sample {
        component: String,
        metric: String,
        value: f64,
        ago: Span,
    },
    Alert {
        component: String,
        issue: String,
        severity: Option<Severity>,
        summary: String,
    },
    Change {
        component: String,
        kind: String,
        summary: String,
    },
    Customer {
        component: String,
        vip: bool,
    },
    Security {
        component: String,
        summary: String,
    },
    Heartbeat {
        component: String,
    },
    Log {
        component: String,
        line: String,
    },
    Host {
        well: bool,
        detail: String,
    },
    StartEpoch(u64),
    /// The host is killed and started again: answers on their way are lost.
    /// It was down for so long.
    RestartHost(Span),
    /// What was seen, and when it is told.
    Evidence(Testimony),
    /// Why an incident is as it is.
    Explain(usize),
    /// What people see.
    Look(Look),
    /// The engine goes on from a snapshot of itself.
    Restore,
    Register(String),
    Remove(String),
    Outcome {
        command: usize,
        result: OutcomeResult,
        detail: String,
        epoch: Option<u64>,
    },
}

/// What a check finds.
#[derive(Clone, Debug)]
pub enum Answer {
    Passes,
    Fails(String),
    Errors(String),
    Silent,
}

/// How an action ends.
#[derive(Clone, Debug)]
pub enum Effect {
    Succeeds,
    Heals,
    Fails(String),
    IsNotSupported(String),
    NeverStarts(String),
    Unanswered,
    Takes(Span),
    Breaks(String, String, String),
    Gives(String, f64),
    Says(String, String),
}

/// What a person says.
#[derive(Clone, Debug)]
pub enum Order {
    /// `None`: the newest plan that was put to people.
    Decide {
        plan: Option<usize>,
        approved: bool,
    },
    Kill(String),
    Release(String),
    Mode(String),
    Acknowledge(usize),
    GiveBack(usize),
    Silence(String, Option<Severity>, Span, String),
    EndSilence(usize),
    OnCall(String, String, Span),
    Close(usize, String),
    Severity(usize, Severity),
    Cancel(usize),
    RollBack(usize),
    Run(String, String),
    Reset(String, Option<String>),
    Replace(String),
    /// A storm is over; the area it is said of, or all.
    EndStorm(Option<String>),
    /// Kind, name, what it is over, how long, its terms.
    OpenWindow(WindowKind, String, Vec<String>, Span, Vec<String>),
    CloseWindow(String),
}

/// Understands a sentence.
pub fn parse(line: &str) -> Result<Deed, String> {
    if let Some(definition) = line.strip_prefix("register ") {
        return Ok(Deed::Register(definition.to_owned()));
    }
    let tokens = tokens(line)?;
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    sentence(&words).ok_or_else(|| format!("`{line}` is no sentence of this language: see docs/scenarios.md"))
}

fn sentence(words: &[&str]) -> Option<Deed> {
    let name = |text: &str| text.to_owned();
    Some(match words {
        ["wait", by] => Deed::Wait(span(by)?),
        ["until", at] => Deed::Until(span(at)?),
        ["jump", by] => Deed::Jump(span(by)?),
        ["clock", "back", by] => Deed::ClockBack(span(by)?),
        ["report", check, answer @ ..] => {
            let (component, check) = check.split_once('/')?;
            let (answer, ago) = taken(answer)?;
            Deed::Report { component: name(component), check: name(check), answer: self::answer(answer)?, ago }
        }
        ["channel", channel, "delivers"] => Deed::Channel { name: name(channel), fails: None, silent: false },
        ["channel", channel, "fails", why] => Deed::Channel { name: name(channel), fails: text(why), silent: false },
        ["channel", channel, "is", "silent"] => Deed::Channel { name: name(channel), fails: None, silent: true },
        ["sample", component, metric, value, rest @ ..] => {
            let (_, ago) = taken(rest)?;
            Deed::Sample { component: name(component), metric: name(metric), value: value.parse().ok()?, ago }
        }
        ["alert", component, issue, rest @ .., summary] => {
            let severity = rest.first().and_then(|word| severity(word));
            Deed::Alert { component: name(component), issue: name(issue), severity, summary: text(summary)? }
        }
        ["change", component, kind, summary] => {
            Deed::Change { component: name(component), kind: name(kind), summary: text(summary)? }
        }
        ["customer", component, rest @ ..] => Deed::Customer { component: name(component), vip: rest == ["vip"] },
        ["security", component, summary] => Deed::Security { component: name(component), summary: text(summary)? },
        ["heartbeat", component] => Deed::Heartbeat { component: name(component) },
        ["log", component, line] => Deed::Log { component: name(component), line: text(line)? },
        ["host", "well", detail] => Deed::Host { well: true, detail: text(detail)? },
        ["host", "unwell", detail] => Deed::Host { well: false, detail: text(detail)? },
        ["start", "epoch", epoch] => Deed::StartEpoch(epoch.parse().ok()?),
        ["restart", "the", "host"] => Deed::RestartHost(Span::ZERO),
        ["restart", "the", "host", "after", by] => Deed::RestartHost(span(by)?),
        ["restore", "a", "snapshot"] => Deed::Restore,
        ["check", "the", "policy"] => Deed::Look(Look::Check),
        ["evidence", rest @ ..] => Deed::Evidence(witness::parse(rest)?),
        ["status"] => Deed::Look(Look::Status),
        ["history", "of", component] => Deed::Look(Look::History(name(component))),
        ["explain", "incident", number] => Deed::Explain(number.parse().ok()?),
        ["remove", component] => Deed::Remove(name(component)),
        ["outcome", "of", "command", number, rest @ ..] => outcome(number.parse().ok()?, rest)?,
        [id, roles, order @ ..] if roles.starts_with('(') => {
            let roles = roles.trim_matches(['(', ')']).split(',').map(|role| role.trim().to_owned());
            let roles = roles.filter(|role| !role.is_empty()).collect();
            Deed::Person { id: name(id), roles, order: self::order(order)? }
        }
        [check, rest @ ..] if check.contains('/') => {
            let (component, check) = check.split_once('/')?;
            let (rest, times) = times(rest);
            Deed::World { component: name(component), check: name(check), answer: answer(rest)?, times }
        }
        _ => action(words)?,
    })
}

fn action(words: &[&str]) -> Option<Deed> {
    let (words, times) = times(words);
    let (purpose, words) = match words {
        [purpose @ ("capture" | "rollback" | "revert"), rest @ ..] => (*purpose, rest),
        _ => ("forward", words),
    };
    let [action, "on", target, effects @ ..] = words else { return None };
    let effects = effects.split(|word| *word == "and").map(effect).collect::<Option<Vec<Effect>>>()?;
    let (purpose, action, target) = (purpose.to_owned(), (*action).to_owned(), (*target).to_owned());
    Some(Deed::Action { purpose, action, target, effects, times })
}

fn effect(words: &[&str]) -> Option<Effect> {
    Some(match words {
        ["succeeds"] => Effect::Succeeds,
        ["heals"] => Effect::Heals,
        ["fails", why] => Effect::Fails(text(why)?),
        ["is", "not", "supported", why] => Effect::IsNotSupported(text(why)?),
        ["never", "starts", why] => Effect::NeverStarts(text(why)?),
        ["is", "not", "answered"] => Effect::Unanswered,
        ["takes", span] => Effect::Takes(self::span(span)?),
        ["breaks", check, why] => {
            let (component, check) = check.split_once('/')?;
            Effect::Breaks(component.to_owned(), check.to_owned(), text(why)?)
        }
        ["says", key, "=", words] => Effect::Says((*key).to_owned(), text(words)?),
        ["gives", key, "=", value] => Effect::Gives((*key).to_owned(), value.parse().ok()?),
        _ => return None,
    })
}

fn answer(words: &[&str]) -> Option<Answer> {
    Some(match words {
        ["passes"] => Answer::Passes,
        ["fails", why] => Answer::Fails(text(why)?),
        ["errors", why] => Answer::Errors(text(why)?),
        ["is", "silent"] => Answer::Silent,
        _ => return None,
    })
}

fn outcome(command: usize, words: &[&str]) -> Option<Deed> {
    let (words, epoch) = match words {
        [rest @ .., "in", "epoch", epoch] => (rest, Some(epoch.parse().ok()?)),
        _ => (words, None),
    };
    let (result, detail) = match words {
        ["succeeded"] => (OutcomeResult::Succeeded, String::new()),
        ["failed", why] => (OutcomeResult::Failed, text(why)?),
        ["unsupported", why] => (OutcomeResult::Unsupported, text(why)?),
        ["never", "started", why] => (OutcomeResult::NotStarted, text(why)?),
        ["unknown"] => (OutcomeResult::Unknown, String::new()),
        ["unknown", why] => (OutcomeResult::Unknown, text(why)?),
        _ => return None,
    };
    Some(Deed::Outcome { command, result, detail, epoch })
}

fn order(words: &[&str]) -> Option<Order> {
    let owned = |text: &str| text.to_owned();
    Some(match words {
        [verb @ ("approves" | "denies"), "the", "plan"] => Order::Decide { plan: None, approved: *verb == "approves" },
        [verb @ ("approves" | "denies"), "plan", number] => {
            Order::Decide { plan: Some(number.parse().ok()?), approved: *verb == "approves" }
        }
        ["kills", reason] => Order::Kill(text(reason)?),
        ["ends", "the", "storm"] => Order::EndStorm(None),
        ["ends", "the", "storm", "over", area] => Order::EndStorm(Some(owned(area))),
        ["releases", reason] => Order::Release(text(reason)?),
        ["sets", "the", "mode", "to", mode] => Order::Mode(owned(mode)),
        ["acknowledges", "incident", number] => Order::Acknowledge(number.parse().ok()?),
        ["silences", what, "until", at, why] => Order::Silence(owned(what), None, span(at)?, text(why)?),
        ["silences", what, "up", "to", worst, "until", at, why] => {
            Order::Silence(owned(what), Some(severity(worst)?), span(at)?, text(why)?)
        }
        ["ends", "silence", number] => Order::EndSilence(number.parse().ok()?),
        ["gives", "back", "incident", number] => Order::GiveBack(number.parse().ok()?),
        ["puts", who, "on", "call", "as", rotation, "until", at] => {
            Order::OnCall(owned(who), owned(rotation), span(at)?)
        }
        ["closes", "incident", number, how] => Order::Close(number.parse().ok()?, text(how)?),
        ["sets", "incident", number, "to", severity] => {
            Order::Severity(number.parse().ok()?, self::severity(severity)?)
        }
        ["cancels", "run", number] => Order::Cancel(number.parse().ok()?),
        ["runs", playbook, "on", component] => Order::Run(owned(playbook), owned(component)),
        ["rolls", "back", "run", number] => Order::RollBack(number.parse().ok()?),
        ["resets", "the", "breaker", "of", playbook] => Order::Reset(owned(playbook), None),
        ["resets", "the", "breaker", "of", playbook, "on", component] => {
            Order::Reset(owned(playbook), Some(owned(component)))
        }
        ["replaces", "the", "policy", "by", policy] => Order::Replace(owned(policy)),
        ["closes", "window", window] => Order::CloseWindow(owned(window)),
        ["opens", kind @ ("maintenance" | "change"), window, "over", over, "for", lasts, terms @ ..] => {
            let kind = if *kind == "change" { WindowKind::Change } else { WindowKind::Maintenance };
            let usual: &[&str] = if kind == WindowKind::Change { &[] } else { &["notify", "remediate"] };
            let terms = match terms {
                [] => usual,
                ["holding" | "allowing", rest @ ..] => rest,
                _ => return None,
            };
            let terms = terms.iter().map(|term| owned(term)).collect();
            Order::OpenWindow(kind, owned(window), over.split(',').map(owned).collect(), span(lasts)?, terms)
        }
        _ => return None,
    })
}

/// `once`, `twice`, `3 times` at the end.
fn times<'w, 'a>(words: &'w [&'a str]) -> (&'w [&'a str], Option<u32>) {
    match words {
        [rest @ .., "once"] => (rest, Some(1)),
        [rest @ .., "twice"] => (rest, Some(2)),
        [rest @ .., count, "times"] => (rest, count.parse().ok()),
        _ => (words, None),
    }
}

/// `taken 10s ago` at the end.
fn taken<'w, 'a>(words: &'w [&'a str]) -> Option<(&'w [&'a str], Span)> {
    match words {
        [rest @ .., "taken", span, "ago"] => Some((rest, self::span(span)?)),
        _ => Some((words, Span::ZERO)),
    }
}

fn span(text: &str) -> Option<Span> {
    duration::parse(text).ok()
}

fn severity(text: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.as_str() == text)
}

/// A quoted text: its token keeps the opening quote.
fn text(token: &str) -> Option<String> {
    token.strip_prefix('"').map(str::to_owned)
}

/// Words, quoted texts and bracketed lists.
fn tokens(line: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' => {
                let end = rest[1..].find('"').ok_or("a quote is not closed")?;
                (rest[..=end].replace("\\n", "\n"), &rest[end + 2..])
            }
            '(' => {
                let end = rest.find(')').ok_or("a bracket is not closed")?;
                (rest[..=end].to_owned(), &rest[end + 1..])
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}
