//! What makes an incident doubtful, so that safe mode holds for it (SPEC G4): what was remedied before is familiar, what
//! was deployed a short while ago is not to be trusted.

use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use serde::{Deserialize, Serialize};

/// Kinds of incident remembered, 200 bytes each. Past it a further kind stays new.
const KINDS: usize = 1_024;
/// Deployments remembered, the oldest dropped first; 100 bytes each.
const DEPLOYS: usize = 4_096;

/// What is familiar, and what is recent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubts {
    /// Issues that a run has remedied, by type of component.
    remedied: BTreeMap<Name, BTreeSet<Name>>,
    /// When each component was deployed last.
    deployed: BTreeMap<Name, Time>,
}

impl Doubts {
    /// A run has remedied `issue` on a component of type `kind`.
    pub fn remedied(&mut self, issue: &Name, kind: &Name) {
        if self.remedied.values().map(BTreeSet::len).sum::<usize>() < KINDS {
            self.remedied.entry(kind.clone()).or_default().insert(issue.clone());
        }
    }

    /// Whether a run has ever remedied `issue` on a component of type `kind`.
    pub fn is_familiar(&self, issue: &Name, kind: &Name) -> bool {
        self.remedied.get(kind).is_some_and(|issues| issues.contains(issue))
    }

    /// `component` was changed. What is neither another configuration nor a reboot counts as a deployment.
    pub fn changed(&mut self, component: &Name, change: &Name, now: Time) {
        if matches!(change.as_str(), "config" | "reboot") {
            return;
        }
        if self.deployed.len() >= DEPLOYS && !self.deployed.contains_key(component) {
            let oldest = self.deployed.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                self.deployed.remove(&oldest);
            }
        }
        self.deployed.insert(component.clone(), now);
    }

    /// What was deployed less than `within` ago, with when.
    pub fn lately(&self, within: Span, now: Time) -> impl Iterator<Item = (&Name, Time)> {
        let recent = move |at: &Time| now.since(*at) < within;
        self.deployed.iter().filter(move |(_, at)| recent(at)).map(|(name, at)| (name, *at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn g4_what_was_remedied_is_familiar_for_its_type() {
        let mut doubts = Doubts::default();
        doubts.remedied(&"down".into(), &"http".into());
        assert!(doubts.is_familiar(&"down".into(), &"http".into()));
        assert!(!doubts.is_familiar(&"down".into(), &"postgres".into()));
        assert!(!doubts.is_familiar(&"slow".into(), &"http".into()));
    }

    #[test]
    fn g4_what_was_deployed_is_recent_for_a_time_and_what_is_no_other_change_counts_as_deployed() {
        for (change, counts) in [("deploy", true), ("upgrade", true), ("config", false), ("reboot", false)] {
            let mut doubts = Doubts::default();
            doubts.changed(&"web".into(), &change.into(), second(10));
            let lately = |now| doubts.lately(Span::from_secs(60), second(now)).count();
            assert_eq!((lately(69), lately(70)), (usize::from(counts), 0), "{change}");
        }
    }

    #[test]
    fn g4_what_is_remembered_is_bounded_and_the_oldest_deployment_goes_first() {
        let mut doubts = Doubts::default();
        for n in 0..5_000 {
            doubts.remedied(&Name::new(&format!("issue-{n}")), &"http".into());
            doubts.changed(&Name::new(&format!("c-{n}")), &"deploy".into(), second(100 + n));
        }
        doubts.changed(&"c-4999".into(), &"deploy".into(), second(9_000));
        assert_eq!(doubts.deployed.len(), DEPLOYS);
        assert_eq!(doubts.remedied.values().map(BTreeSet::len).sum::<usize>(), KINDS);
        assert!(doubts.is_familiar(&"issue-0".into(), &"http".into()), "what is known stays known");
        let lately: Vec<_> = doubts.lately(Span::MAX, second(9_000)).collect();
        assert!(lately.iter().all(|(_, at)| *at >= second(100 + 5_000 - 4_096)), "the oldest went");
    }
}
