//! What people look at: the same where a program reads the store itself and where it asks the running host for it.

use super::desk::Desk;
use super::message::Answer;
use super::orders::{Order, find_incident_by};
use homeostat_core::engine::Engine;
use homeostat_core::engine::history::Past;
use homeostat_core::engine::view::Explanation;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Incident;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The numbers by which people call incidents.
pub type Numbers = BTreeMap<IncidentId, i64>;

/// One incident, explained, with what is said beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The explanation.
    pub explanation: Explanation,
    /// The numbers of all incidents.
    pub numbers: Numbers,
    /// The engine's time.
    pub now: Time,
    /// What contradiction was found, if one was.
    pub fault: Option<String>,
    /// Why the kill switch is engaged, if it is.
    pub stopped: Option<String>,
}

/// All incidents that are remembered, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed {
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// Their numbers.
    pub numbers: Numbers,
}

/// The incident that `wanted` names, by its number or the first digits of its id; where nothing is named the latest that
/// is open, else the latest.
///
/// # Errors
/// In words, where there is none.
pub fn account(engine: &Engine, numbers: &Numbers, wanted: Option<&str>) -> Result<Account, String> {
    let id = match wanted {
        Some(wanted) => find_incident_by(wanted, engine, numbers),
        None => {
            let all = listed(engine, numbers).incidents;
            all.iter().find(|incident| incident.is_open()).or(all.first()).map(|incident| incident.id)
        }
    };
    let explanation = id.and_then(|id| engine.explain(id)).ok_or_else(|| match wanted {
        Some(wanted) => format!("no incident `{wanted}` is remembered: `homeostat incidents` lists them"),
        None => "there are no incidents".to_owned(),
    })?;
    let control = &engine.knowledge().control;
    let (fault, stopped) = (control.fault.clone(), control.kills.keys().next().cloned());
    Ok(Account { explanation, numbers: numbers.clone(), now: engine.now(), fault, stopped })
}

/// All incidents.
#[must_use]
pub fn listed(engine: &Engine, numbers: &Numbers) -> Listed {
    let mut incidents: Vec<Incident> = engine.knowledge().incidents.iter().cloned().collect();
    incidents.sort_by_key(|incident| Reverse((incident.detected, numbers.get(&incident.id).copied())));
    Listed { incidents, numbers: numbers.clone() }
}

/// How a component was.
///
/// # Errors
/// In words, where there is no such component.
pub fn past(engine: &Engine, component: &Name) -> Result<Past, String> {
    engine.past(component).ok_or_else(|| format!("there is no component `{component}`: the policy names them"))
}

impl Desk {
    /// The answer to a question, which changes nothing; nothing where it is none.
    pub(super) fn shown(&self, order: &Order) -> Option<Answer> {
        let (engine, numbers) = (&self.ledger.engine, &self.numbers);
        Some(match order {
            Order::Explain { incident } => told(account(engine, numbers, incident.as_deref())),
            Order::History { component } => told(past(engine, component)),
            Order::Incidents {} => told(Ok(listed(engine, numbers))),
            Order::Status {} => self.status(),
            _ => return None,
        })
    }
}

fn told(found: Result<impl Serialize, String>) -> Answer {
    let data = found.and_then(|found| serde_json::to_value(found).map_err(|error| error.to_string()));
    match data {
        Ok(data) => Answer { data, ..Answer::accepted("") },
        Err(why) => Answer::refused(why),
    }
}
