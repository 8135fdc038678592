//! One incident in a line.

use super::print::clean;
use crate::local_time::day_and_time;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Incident;
use std::collections::BTreeMap;

/// One line about an incident.
pub(super) fn incident(incident: &Incident, numbers: &BTreeMap<IncidentId, i64>) -> String {
    let number = numbers.get(&incident.id).map_or_else(|| "?".to_owned(), ToString::to_string);
    let phase = incident.phase.as_str().replace('_', " ");
    let mut text = format!(
        "{number:>4}  {}  {}  {phase:<18} {} {}",
        day_and_time(incident.detected),
        incident.severity.as_str(),
        clean(incident.component.as_str()),
        clean(&incident.issue.to_string())
    );
    if let Some(recovered) = incident.recovered {
        text += &format!(" · well after {}", recovered.since(incident.onset));
    }
    if let Some(resolution) = &incident.resolution {
        text += &format!(" · {}", clean(resolution));
    }
    text + "\n"
}
