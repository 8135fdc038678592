//! What a policy came to, as a person reads it.

use super::print::counted;
use crate::local_time::day_and_time;
use homeostat_core::model::window::WindowKind;
use homeostat_core::policy::describe::{CheckDescription, ComponentDescription, Description};
use homeostat_core::policy::escalation::{Chain, ChannelKind, LevelCondition};
use homeostat_core::policy::mode::Mode;
use homeostat_core::policy::safety::{Budget, Safety, Share};
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Span;
use std::collections::BTreeSet;
use std::fmt::Write;

/// More than these are for `--json`.
const MOST_SHOWN: usize = 40;

pub(super) fn describe(file: &str, policy: &Description) -> String {
    let mut text = format!(
        "{file} is good: {}, {}\n\nmode {}: {}\n\ncomponents\n",
        counted(policy.components.len(), "component"),
        counted(policy.playbooks.len(), "playbook"),
        policy.mode,
        meaning(policy.mode)
    );
    for component in policy.components.iter().take(MOST_SHOWN) {
        push_component(&mut text, component, policy.detect_within);
    }
    if let Some(more @ 1..) = policy.components.len().checked_sub(MOST_SHOWN) {
        push(&mut text, format_args!("  and {more} more: `--json` shows all"));
    }
    text += "\nplaybooks, in the order they are tried\n";
    for playbook in policy.playbooks.iter().take(MOST_SHOWN) {
        let steps = counted(playbook.parts as usize, "part");
        let reach = counted(playbook.components as usize, "component");
        push(
            &mut text,
            format_args!(
                "  {:<18} {steps}, at most {}, for {reach}, mode {}{}",
                playbook.id,
                playbook.timeout,
                playbook.mode,
                if playbook.require_approval { ", each run takes an approval" } else { "" }
            ),
        );
    }
    push_windows(&mut text, policy);
    push_safety(&mut text, &policy.safety);
    push_percentages(&mut text, policy);
    push_people(&mut text, policy);
    text += "\nwho is told\n";
    for chain in &policy.chains {
        push_chain(&mut text, chain);
    }
    for channel in &policy.channels {
        let how = match &channel.kind {
            ChannelKind::Custom(kind) => format!("`{kind}`: this host knows no such channel, the next one is tried"),
            ChannelKind::Log => "the log".to_owned(),
            ChannelKind::Webhook { url, secret_from: Some(from) } => format!("webhook {url}, signed with ${from}"),
            ChannelKind::Webhook { url, secret_from: None } => format!("webhook {url}, not signed"),
        };
        push(&mut text, format_args!("  channel {:<12} {how}", channel.name));
    }
    text
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

fn meaning(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "watches and tells, plans nothing",
        Mode::Observe => "decides everything, does nothing",
        Mode::Suggest => "puts plans to people, who carry them out",
        Mode::Approve => "carries out a plan once a person approves it",
        Mode::Auto => "carries out what the limits below allow",
    }
}

fn push_component(text: &mut String, component: &ComponentDescription, wanted: Span) {
    let mut words = vec![component.kind.to_string()];
    words.extend(component.supervised.then(|| "started and kept by Homeostat".to_owned()));
    words.extend(component.critical.then(|| "critical".to_owned()));
    if !component.depends_on.is_empty() {
        words.push(format!("needs {}", listed(&component.depends_on)));
    }
    push(text, format_args!("  {:<18} {}", component.name, words.join(", ")));
    for check in &component.checks {
        push_check(text, check);
    }
    match component.detection {
        Some(time) if time.worst > wanted => {
            push(text, format_args!("    found out within {}, later than the wanted {wanted}", time.worst));
        }
        Some(time) => push(text, format_args!("    found out within {}, in {} on average", time.worst, time.mean)),
        None => push(text, format_args!("    has no check: nothing will be noticed")),
    }
    let ladder: Vec<&str> = component.ladder.iter().map(Name::as_str).chain(["a person"]).collect();
    push(text, format_args!("    then {}", ladder.join(", then ")));
}

fn push_check(text: &mut String, check: &CheckDescription) {
    let state = check.confirmed_as.as_str().to_uppercase();
    push(text, format_args!("    {} every {}, within {}", check.asks, check.interval, check.timeout));
    push(
        text,
        format_args!(
            "      {state} after {} ({} apart), well after {}",
            counted(check.confirmed_after as usize, "failure"),
            check.recheck_interval,
            match check.recovered_after {
                1 => "1 pass".to_owned(),
                passes => format!("{passes} passes"),
            }
        ),
    );
}

/// When something is held back or allowed, and what is not told.
fn push_windows(text: &mut String, policy: &Description) {
    let names = |names: &BTreeSet<Name>, none: &str| match names.len() {
        0 => none.to_owned(),
        _ => listed(&names.iter().cloned().collect::<Vec<_>>()),
    };
    if !policy.windows.is_empty() {
        *text += "\nwindows\n";
    }
    for window in &policy.windows {
        let does = match window.kind {
            WindowKind::Change => format!("changes allowed: {}", names(&window.terms, "all that wait for one")),
            WindowKind::Maintenance => format!("maintenance, no {}", names(&window.terms, "nothing")),
        };
        let over = names(&window.over, "everything");
        push(text, format_args!("  {:<18} {} over {over}: {does}", window.name, window.when));
    }
    if !policy.notifications.silences.is_empty() {
        *text += "\nsilences\n";
    }
    for declared in &policy.notifications.silences {
        let silence = &declared.silence;
        let (of, issues) = (names(&silence.of, "any component"), names(&silence.issues, "any issue"));
        let (from, until) = (day_and_time(declared.from), day_and_time(silence.until));
        let worst = silence.at_most.as_str();
        push(text, format_args!("  {of}, {issues}, up to {worst}, from {from} until {until}: {}", silence.reason));
    }
}

fn push_safety(text: &mut String, safety: &Safety) {
    *text += "\nlimits\n";
    push(text, format_args!("  any service        {}", budget(&safety.default_budget)));
    for (group, own) in &safety.budgets {
        push(text, format_args!("  {group:<18} {}", budget(own)));
    }
    let rates = &safety.rates;
    push(
        text,
        format_args!(
            "  rates              {} runs on one component, {} in all, in {}",
            rates.per_component, rates.total, rates.window
        ),
    );
    push(
        text,
        format_args!(
            "  attempts           {} for one incident, {} on one component in {}",
            safety.attempts.per_incident, safety.attempts.per_component, safety.attempts.window
        ),
    );
    push(text, format_args!("  pause after a run  {}, doubling to {}", safety.cooldown.initial, safety.cooldown.cap));
    let breaker = &safety.breaker;
    push(
        text,
        format_args!(
            "  breaker            opens at {} failures in a row or over {} % of {}, for {}",
            breaker.consecutive, breaker.failure_percent, breaker.sample, breaker.cooldown
        ),
    );
    let roles: Vec<Name> = safety.approval.any_of.iter().cloned().collect();
    push(text, format_args!("  approval           by {}, holds {}", listed(&roles), safety.approval.expires));
}

/// What percentages come to where there are few.
fn push_percentages(text: &mut String, policy: &Description) {
    if policy.percentages.is_empty() {
        return;
    }
    *text += "\nwhat percentages come to in groups of 1, 2 … 10\n";
    for it in &policy.percentages {
        let comes_to: Vec<String> = it.comes_to.iter().map(ToString::to_string).collect();
        push(text, format_args!("  {:<34} {:>3} %  {}", it.of, it.percent, comes_to.join(" ")));
    }
}

/// Who may do what; where the policy names nobody, this host lets in those who can reach it.
fn push_people(text: &mut String, policy: &Description) {
    *text += "\npeople\n";
    let Some(may) = &policy.may else {
        push(text, format_args!("  nobody is named: root and the user who runs Homeostat may do everything"));
        return;
    };
    let who = |able: &[Name]| if able.is_empty() { "nobody".to_owned() } else { listed(able) };
    let named: Vec<String> = policy
        .people
        .iter()
        .map(|(person, roles)| format!("{person} ({})", listed(&roles.iter().cloned().collect::<Vec<_>>())))
        .collect();
    push(text, format_args!("  {:<18} {}", format!("{} named", named.len()), named.join(", ")));
    push(text, format_args!("  may approve        {}", who(&may.approve)));
    push(text, format_args!("  may stop           {}", who(&may.stop)));
    push(text, format_args!("  may let go on      {}", who(&may.let_go_on)));
}

fn budget(budget: &Budget) -> String {
    format!(
        "{} under action at once, {} stay healthy, nothing when more than {} are unhealthy",
        share(budget.max_in_flight),
        share(budget.keep_healthy_at_least),
        share(budget.max_unhealthy)
    )
}

fn share(share: Share) -> String {
    match share {
        Share::Count(count) => count.to_string(),
        Share::Percent(percent) => format!("{percent} %"),
    }
}

fn push_chain(text: &mut String, chain: &Chain) {
    let levels = chain.levels.iter().map(|level| {
        let unless = match level.condition {
            LevelCondition::Always => "",
            LevelCondition::NotAcknowledged => " unless acknowledged",
            LevelCondition::NotResolved => " unless over",
        };
        let whom = if level.notify.is_empty() { "everybody".to_owned() } else { listed(&level.notify) };
        let by = if level.by.is_empty() { "every channel".to_owned() } else { listed(&level.by) };
        let when = if level.after == Span::ZERO { "at once".to_owned() } else { format!("after {}", level.after) };
        format!("{whom} by {by} {when}{unless}")
    });
    let levels: Vec<String> = levels.collect();
    let groups: Vec<Name> = chain.applies_to.iter().cloned().collect();
    let of = if groups.is_empty() { String::new() } else { format!(" of {}", listed(&groups)) };
    push(text, format_args!("  {:<18} from {}{of}: {}", chain.name, chain.at_least.as_str(), levels.join("; ")));
}

fn listed(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}
