//! Why nothing may touch a component: undoing failed there, and until a person has looked nobody knows how it stands.

use crate::model::ids::{IncidentId, RunId};
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::Time;
use crate::remediate::run::Run;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use serde::{Deserialize, Deserializer, Serialize};

/// Characters that are kept of why.
const WHY: usize = 200;

/// What froze some components, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Since when.
    pub since: Time,
    /// The run that could not be undone.
    pub run: RunId,
    /// Its incident.
    pub incident: IncidentId,
    /// Its playbook.
    pub playbook: Name,
    /// Why, in words.
    pub why: String,
}

impl Freeze {
    /// What `run` froze at `now`, because of `why`.
    pub fn by(run: &Run, now: Time, why: &str) -> Arc<Freeze> {
        let (incident, playbook) = (run.incident, run.playbook.id.clone());
        Arc::new(Freeze { since: now, run: run.id, incident, playbook, why: one_line(why, WHY) })
    }
}

/// Frozen components, each with what froze it; unset where that was not written down yet.
pub type Frozen = BTreeMap<Name, Option<Arc<Freeze>>>;

/// Reads what is frozen, also from a snapshot that has the names alone.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Frozen, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Names(BTreeSet<Name>),
        Whole(Frozen),
    }
    Ok(match Written::deserialize(from)? {
        Written::Names(names) => names.into_iter().map(|name| (name, None)).collect(),
        Written::Whole(frozen) => frozen,
    })
}

#[cfg(test)]
mod tests {
    use crate::knowledge::fixtures::second;
    use crate::remediate::fixtures;
    use crate::remediate::safety::Memory;
    use crate::remediate::safety::frozen::{Freeze, WHY};
    use alloc::format;

    #[test]
    fn r8_what_is_frozen_is_known_after_a_restart_and_from_a_snapshot_that_has_the_names_alone() {
        let mut memory = Memory::default();
        let by = Freeze::by(&fixtures::run("web", 1), second(7), &"x".repeat(1_000));
        assert_eq!(by.why.chars().count(), WHY + 1, "cut, and said to be");
        memory.freeze(["web".into()].into_iter(), &by);
        let later = Freeze::by(&fixtures::run("web", 1), second(9), "again");
        memory.freeze(["web".into()].into_iter(), &later);
        let written = serde_json::to_string(&memory).unwrap();
        let read: Memory = serde_json::from_str(&written).unwrap();
        assert_eq!(read, memory);
        assert_eq!(read.frozen.get("web"), Some(&Some(by.clone())), "the first reason stays: nobody has looked yet");
        let whole = serde_json::to_string(&memory.frozen).unwrap();
        let old: Memory = serde_json::from_str(&written.replace(&whole, &format!("{:?}", ["web"]))).unwrap();
        assert_eq!(old.frozen.get("web"), Some(&None));
    }
}
