//! One incident in a line.

use super::print::clean;
use crate::host::account::numbered;
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
        text += &format!(" · {}", clean(&numbered(resolution, numbers)));
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use crate::cli::obstacle::tests::explanation;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn an_incident_that_became_part_of_another_names_that_by_its_number() {
        let mut it = explanation(json!([]), "closed").incident;
        it.resolution = Some(format!("part of incident {}: many failed together", it.id));
        let line = super::incident(&it, &BTreeMap::from([(it.id, 7)]));
        assert!(
            line.starts_with("   7  ") && line.ends_with(" · part of incident 7: many failed together\n"),
            "{line}"
        );
    }
}
