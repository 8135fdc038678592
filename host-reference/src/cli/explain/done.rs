//! What a run did to the world, and how that ended: what it undid is told from what it did.

use crate::host::account;
use crate::local_time::time_of_day;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::ids::RunId;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;
use std::collections::BTreeMap;

/// A part for each thing that `run` did, in order.
pub(super) fn by(run: RunId, facts: &[Fact]) -> Vec<String> {
    let own: Vec<&Fact> = facts.iter().filter(|fact| fact.run == Some(run)).collect();
    let mut done: Vec<String> = Vec::new();
    for (fact, later) in own.iter().zip(1..).map(|(fact, next)| (*fact, own.get(next..).unwrap_or_default())) {
        match &fact.said {
            Conclusion::StepStarted { .. } => done.push(begun(fact, &own)),
            Conclusion::CommandEnded { .. } => {
                let line = account::sentence(fact, &BTreeMap::new());
                if let Some(last) = done.last_mut() {
                    *last += &format!(": {} ({})", line.word, line.text);
                }
            }
            Conclusion::MessageWanted { .. } => done.push("told people".to_owned()),
            Conclusion::RollbackMoved { how } if how != "started" => done.push(format!("undoing: {how}")),
            Conclusion::StepPaused { step, why, until } if why == "wait" => {
                done.push(waited(fact.at, *until, later.iter().find(|fact| ends_wait(fact, step)).map(|fact| fact.at)));
            }
            Conclusion::StepEnded { how, detail, .. } if fact.rule == "remediate.step_verified" => {
                done.push(format!("looked: {how} ({detail})"));
            }
            _ => {}
        }
    }
    done
}

/// What a command is for, where it does not go forward, and what it does; which step it is where `own` has another that
/// does the same.
fn begun(fact: &Fact, own: &[&Fact]) -> String {
    let line = account::sentence(fact, &BTreeMap::new());
    if fact.rule != "remediate.execute" {
        return format!("{} {}", line.word, line.text);
    }
    let of = |fact: &Fact| match &fact.said {
        Conclusion::StepStarted { step, action, target, .. } => Some((step.clone(), (action.clone(), target.clone()))),
        _ => None,
    };
    let Some((step, does)) = of(fact) else { return line.text };
    let mut others = own.iter().filter(|other| other.rule == fact.rule).filter_map(|other| of(other));
    let again = others.any(|(other, same)| same == does && other != step);
    if again { format!("`{step}`: {}", line.text) } else { line.text }
}

/// Whether the wait of `step` is over with `fact`: the step, the whole run, or its way forward.
fn ends_wait(fact: &Fact, step: &Name) -> bool {
    match &fact.said {
        Conclusion::StepEnded { step: ended, .. } => ended == step,
        Conclusion::RollbackMoved { .. } | Conclusion::RunEnded { .. } => true,
        _ => false,
    }
}

/// How long a wait was to be, and how long it was.
fn waited(from: Time, until: Time, over: Option<Time>) -> String {
    let whole = until.since(from);
    match over {
        None => format!("waits {whole}, until {}", time_of_day(until)),
        Some(over) if over < until => format!("waited {} of {whole}", over.since(from)),
        Some(_) => format!("waited {whole}"),
    }
}
