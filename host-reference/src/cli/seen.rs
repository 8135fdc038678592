//! What was seen around an incident, for whoever reads its explanation.

use crate::local_time::time_of_day;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::evidence::EvidenceItem;
use homeostat_core::model::fact::Fact;

/// What `fact` says was seen: a line each, with its time where that is known.
pub(super) fn lines(fact: &Fact) -> Vec<String> {
    let Conclusion::EvidenceFound(it) = &fact.said else { return Vec::new() };
    let line = |item: &EvidenceItem| {
        let at = item.at.map_or_else(String::new, |at| format!("{} ", time_of_day(at)));
        format!("{} of {}: {at}{}", item.kind.as_str(), item.component, item.text)
    };
    it.items.iter().map(line).collect()
}
