//! What people see when they look: how groups and the whole are, how a component was. Looking changes nothing.

use crate::phrase::{clock, loud};
use homeostat_core::engine::Engine;
use homeostat_core::engine::fleet::GroupStanding;
use homeostat_core::engine::history::Stretch;
use homeostat_core::engine::score::Score;
use homeostat_core::engine::view::Status;
use homeostat_core::primitives::name::Name;

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Look {
    /// How a component was.
    History(String),
    /// Scores, groups and the whole.
    Status,
}

/// The lines that are seen.
pub fn look(what: &Look, engine: &Engine) -> Vec<String> {
    match what {
        Look::History(component) => history(engine, &Name::new(component)),
        Look::Status => status(&engine.status()),
    }
}

fn status(status: &Status) -> Vec<String> {
    let width = status.groups.iter().map(|group| group.group.as_str().len()).max().unwrap_or(0);
    let scores = status.scores.iter().map(score);
    scores.chain(status.groups.iter().map(|one| group(one, width))).collect()
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
