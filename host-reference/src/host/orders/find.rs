//! What people mean by a few digits, or by a number.

use super::Refused;
use crate::host::account::incident_number;
use crate::local_time::time_of_day;
use homeostat_core::engine::Engine;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::ids::{IncidentId, RunId, SilenceId};
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::time::Time;
use std::collections::BTreeMap;

/// Digits of a plan or an incident that a person must type at least.
const SHORTEST_PREFIX: usize = 4;

pub(super) fn find_incident(
    wanted: &str,
    engine: &Engine,
    numbers: &BTreeMap<IncidentId, i64>,
) -> Result<IncidentId, Refused> {
    let found = find_incident_by(wanted, engine, numbers);
    found.ok_or_else(|| Refused::NotFound(format!("there is no incident `{wanted}`: `homeostat incidents` lists them")))
}

/// The incident of that number, or whose id begins like that.
pub(crate) fn find_incident_by(
    wanted: &str,
    engine: &Engine,
    numbers: &BTreeMap<IncidentId, i64>,
) -> Option<IncidentId> {
    let by_number = numbers.iter().find(|(_, number)| number.to_string() == wanted).map(|(id, _)| *id);
    let mut by_id = engine
        .knowledge()
        .incidents
        .iter()
        .map(|incident| incident.id)
        .filter(|id| wanted.len() >= SHORTEST_PREFIX && id.to_string().starts_with(wanted));
    by_number.or_else(|| by_id.next().filter(|_| by_id.next().is_none()))
}

/// The run under way for the incident of that number, or whose id begins like that.
pub(super) fn find_run(wanted: &str, engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Result<RunId, Refused> {
    let fitting: Vec<RunId> = engine.runs_under_way().filter(is_meant(wanted, numbers)).map(|(id, _)| id).collect();
    the_one(&fitting, wanted, "is under way")
}

/// The run that can be undone for the incident of that number, or whose id begins like that: what is over and was left half
/// done too, where none is under way.
pub(super) fn find_run_to_undo(
    wanted: &str,
    engine: &Engine,
    numbers: &BTreeMap<IncidentId, i64>,
) -> Result<RunId, Refused> {
    let mut fitting: Vec<RunId> = engine.runs_under_way().filter(is_meant(wanted, numbers)).map(|(id, _)| id).collect();
    if fitting.is_empty() {
        let left = engine.half_done().into_iter().map(|left| (left.run, left.incident));
        fitting = left.filter(is_meant(wanted, numbers)).map(|(id, _)| id).collect();
    }
    the_one(&fitting, wanted, "is under way or left half done")
}

fn is_meant(wanted: &str, numbers: &BTreeMap<IncidentId, i64>) -> impl Fn(&(RunId, IncidentId)) -> bool {
    let incident = numbers.iter().find(|(_, number)| number.to_string() == wanted).map(|(id, _)| *id);
    move |(id, of)| match incident {
        Some(incident) => *of == incident,
        None => wanted.len() >= SHORTEST_PREFIX && id.to_string().starts_with(wanted),
    }
}

fn the_one(fitting: &[RunId], wanted: &str, is: &str) -> Result<RunId, Refused> {
    match fitting {
        [run] => Ok(*run),
        [] => Err(Refused::NotFound(format!(
            "no run `{wanted}` {is}, nor one for an incident of that number: see `homeostat status`"
        ))),
        several => {
            let ids: Vec<String> = several.iter().map(|id| id.to_string().chars().take(8).collect()).collect();
            Err(Refused::NotFound(format!("`{wanted}` may be several runs: name one of {}", ids.join(", "))))
        }
    }
}

/// The plan that waits for an approval and whose digest begins like that.
pub(super) fn find_plan(wanted: &str, engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Result<Digest, Refused> {
    let awaiting = engine.status().awaiting;
    let mut fitting = awaiting
        .iter()
        .map(|plan| plan.plan)
        .filter(|plan| wanted.len() >= SHORTEST_PREFIX && plan.to_string().starts_with(wanted));
    match (fitting.next(), fitting.next()) {
        (Some(plan), None) => Ok(plan),
        (Some(_), Some(_)) => Err(Refused::NotFound(format!("several plans begin with `{wanted}`: give more of it"))),
        (None, _) => {
            if let Some(decided) = decided(wanted, engine, numbers) {
                return Err(Refused::NotFound(decided));
            }
            let known: Vec<String> =
                awaiting.iter().map(|plan| plan.plan.to_string().chars().take(12).collect()).collect();
            let waiting =
                if known.is_empty() { "none waits".to_owned() } else { format!("waiting: {}", known.join(", ")) };
            Err(Refused::NotFound(format!("no plan `{wanted}` waits for an approval; {waiting}")))
        }
    }
}

/// What became of the plan whose digest begins like that, where it waited once.
fn decided(wanted: &str, engine: &Engine, numbers: &BTreeMap<IncidentId, i64>) -> Option<String> {
    let is_meant = |plan: &Digest| wanted.len() >= SHORTEST_PREFIX && plan.to_string().starts_with(wanted);
    let of = |fact: &Fact| match &fact.said {
        Conclusion::ApprovalGranted { plan, by } if is_meant(plan) => Some(format!("was approved by {by}")),
        Conclusion::ApprovalLost { plan, how, by } if is_meant(plan) => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            Some(format!("{}{by}", if how == "expired" { "has expired".to_owned() } else { format!("was {how}") }))
        }
        _ => None,
    };
    let timeline = &engine.knowledge().timeline;
    let found = timeline
        .incidents()
        .flat_map(|id| timeline.of(id).iter().filter_map(move |fact| Some((fact.at, id, of(fact)?))));
    let (at, id, what) = found.max_by_key(|(at, ..)| *at)?;
    let (at, number) = (time_of_day(at), incident_number(id, numbers));
    Some(format!("plan `{wanted}` {what} at {at}, it waits no more: see `homeostat explain {number}`"))
}

pub(super) fn find_reason(wanted: Option<String>, engine: &Engine) -> Result<String, Refused> {
    let mut known = engine.knowledge().control.kills.keys();
    match (wanted, known.next(), known.next()) {
        (Some(wanted), ..) => Ok(wanted),
        (None, Some(only), None) => Ok(only.clone()),
        (None, None, _) => Err(Refused::NotFound("nothing is stopped".to_owned())),
        (None, Some(_), Some(_)) => {
            let all: Vec<String> = engine.knowledge().control.kills.keys().map(|kill| format!("`{kill}`")).collect();
            Err(Refused::NotFound(format!("it is stopped for several reasons, name one: {}", all.join(", "))))
        }
    }
}

/// The silence whose id begins like that, or the one that is of that component, service or group.
pub(super) fn find_silence(wanted: &str, engine: &Engine, now: Time) -> Result<SilenceId, Refused> {
    let is_meant = |id: SilenceId| wanted.len() >= SHORTEST_PREFIX && id.to_string().starts_with(wanted);
    let standing = || engine.knowledge().people.silences(now);
    let by_id: Vec<SilenceId> = standing().map(|(id, _)| id).filter(|id| is_meant(*id)).collect();
    let of = standing().filter(|(_, silence)| silence.of.iter().any(|name| name.as_str() == wanted));
    let found = if by_id.is_empty() { of.map(|(id, _)| id).collect() } else { by_id };
    match found[..] {
        [only] => Ok(only),
        [] => {
            let known: Vec<String> = standing()
                .map(|(id, silence)| format!("{} ({})", id.to_string().get(..8).unwrap_or(""), silence.reason))
                .collect();
            let known = if known.is_empty() { "nothing is silent".to_owned() } else { known.join(", ") };
            Err(Refused::NotFound(format!("no silence `{wanted}` holds: {known}")))
        }
        _ => Err(Refused::NotFound(format!("several silences fit `{wanted}`: give the digits of one"))),
    }
}
