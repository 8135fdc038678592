//! What people see when they look: how groups and the whole are, how a component was. Looking changes nothing.

use crate::phrase::{clock, loud};
use homeostat_core::engine::Engine;
use homeostat_core::engine::at_work::AtWork;
use homeostat_core::engine::fleet::GroupStanding;
use homeostat_core::engine::frozen::FrozenTarget;
use homeostat_core::engine::half_done::Unfinished;
use homeostat_core::engine::history::Stretch;
use homeostat_core::engine::score::Score;
use homeostat_core::engine::view::Status;
use homeostat_core::model::command::Purpose;
use homeostat_core::primitives::name::Name;

use homeostat_core::policy::describe::{ComponentDescription, Description};
use homeostat_core::policy::problem::Problem;
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::time::Span;

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Look {
    /// What the policy comes to, and what about it is doubted.
    Check,
    /// How a component was.
    History(String),
    /// Scores, groups and the whole.
    Status,
}

/// The lines that are seen.
pub fn look(what: &Look, engine: &Engine) -> Vec<String> {
    match what {
        Look::Check => check(engine.policy().sources()),
        Look::History(component) => history(engine, &Name::new(component)),
        Look::Status => status(&engine.status()),
    }
}

fn status(status: &Status) -> Vec<String> {
    let width = status.groups.iter().map(|group| group.group.as_str().len()).max().unwrap_or(0);
    let scores = status.scores.iter().map(score);
    let groups = status.groups.iter().map(|one| group(one, width));
    let half_done = status.half_done.iter().map(half_done);
    let frozen = status.frozen.iter().map(frozen);
    status.at_work.iter().map(at_work).chain(half_done).chain(frozen).chain(scores).chain(groups).collect()
}

/// What a run left half done, in one line.
pub fn half_done(it: &Unfinished) -> String {
    let steps: Vec<String> = it.steps.iter().map(|step| format!("{} on {}", step.action, step.target)).collect();
    let bars = if it.bars { ", nothing else is done there" } else { "" };
    format!("  half done by {} since {}: {}, {}{bars}", it.playbook, clock(it.since), steps.join(", "), it.why)
}

/// What nothing may touch, in one line.
pub fn frozen(it: &FrozenTarget) -> String {
    let by = it
        .by
        .as_ref()
        .map_or_else(String::new, |by| format!(" since {} by {}: {}", clock(by.since), by.playbook, by.why));
    format!("  frozen: {}{by}", it.component)
}

fn at_work(it: &AtWork) -> String {
    let what = match it.purpose {
        Purpose::Forward => "",
        Purpose::Capture => "reading before ",
        Purpose::Revert | Purpose::Rollback => "undoing by ",
    };
    let doubt = it.doubt.as_ref().map_or_else(String::new, |why| format!(", in doubt: {why}"));
    format!("  at work: {what}{} on {}, until {} at the latest{doubt}", it.action, it.target, clock(it.until))
}

fn score(score: &Score) -> String {
    let written = |points: Option<u32>| points.map_or_else(|| "not known".to_owned(), |points| points.to_string());
    let class = score.class.as_ref().map_or_else(|| "score".to_owned(), |class| format!("score of {class}"));
    let (now, before, then) = (written(score.score), written(score.before), clock(score.then));
    let (coverage, components) = (score.coverage, score.components);
    format!("  {class}: {now}, {coverage} % of {components} known, at {then}: {before}")
}

fn group(group: &GroupStanding, width: usize) -> String {
    let unknown = match group.members - group.known {
        0 => String::new(),
        some => format!(", {some} unknown"),
    };
    let (state, by) = (loud(group.state), group.by);
    format!("  {:<width$}  {state} by {by} of {}{unknown}", group.group.as_str(), group.members)
}

fn history(engine: &Engine, component: &Name) -> Vec<String> {
    let Some(past) = engine.past(component) else { return vec!["  there is no such component".to_owned()] };
    let stretch = |it: &Stretch| {
        let lasts = if it.until.is_none() { "so far" } else { "long" };
        format!("  {}  {component}  {} {} {lasts}", clock(it.since), loud(it.state), it.lasted)
    };
    let totals = past.totals.iter().map(|(state, sum)| format!("{} {sum}", loud(*state)));
    let totals = format!("  in all: {}", totals.collect::<Vec<_>>().join(", "));
    past.stretches.iter().map(stretch).chain([totals]).collect()
}

fn check(sources: &[Source]) -> Vec<String> {
    let Ok(loaded) = Policy::load(sources) else { return vec!["  the policy has mistakes".to_owned()] };
    let described = loaded.policy.describe();
    let width = described.components.iter().map(|component| component.name.as_str().len()).max().unwrap_or(0);
    let components = described.components.iter().map(|one| component(one, described.detect_within, width));
    components.chain(percentages(&described)).chain(loaded.warnings.iter().map(warning)).collect()
}

fn component(it: &ComponentDescription, wanted: Span, width: usize) -> String {
    let found = match it.detection {
        Some(time) => format!("found out within {}, {} on average, wanted {wanted}", time.worst, time.mean),
        None => "never found out".to_owned(),
    };
    let ladder: Vec<&str> = it.ladder.iter().map(Name::as_str).chain(["a person"]).collect();
    format!("  {:<width$}  {found}; then {}", it.name.as_str(), ladder.join(", then "))
}

fn percentages(described: &Description) -> Vec<String> {
    let line = |it: &homeostat_core::policy::percentages::Percentage| {
        let comes_to: Vec<String> = it.comes_to.iter().map(ToString::to_string).collect();
        format!("  {}: {} % of 1, 2 … 10: {}", it.of, it.percent, comes_to.join(" "))
    };
    described.percentages.iter().map(line).collect()
}

fn warning(problem: &Problem) -> String {
    let help: String = problem.help.iter().map(|help| format!(" | {help}")).collect();
    format!("  warning at line {}: {}{help}", problem.place.line, problem.message)
}
