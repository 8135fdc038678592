//! What makes an incident doubtful, so that safe mode holds for it (SPEC G4): what was remedied before is familiar, what
//! was deployed a short while ago is not to be trusted.

use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Kinds of incident remembered, 200 bytes each. Past it a further kind stays new.
const KINDS: usize = 1_024;

/// What is familiar, and what is recent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubts {
    /// Issues that a run has remedied, by type of component.
    remedied: BTreeMap<Name, BTreeSet<Name>>,
    /// When each component was deployed last.
    deployed: BTreeMap<Name, Time>,
    /// When the latest of those that are forgotten was deployed.
    #[serde(default)]
    forgotten: Option<Time>,
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

    /// `component` was changed. What is neither another configuration nor a reboot counts as a deployment. The oldest past
    /// `limit` of them are forgotten: those of which that matters, as they were deployed less than `within` ago.
    pub fn changed(&mut self, component: &Name, change: &Name, now: Time, (limit, within): (u32, Span)) -> Vec<Name> {
        if matches!(change.as_str(), "config" | "reboot") {
            return Vec::new();
        }
        self.deployed.insert(component.clone(), now);
        let limit = limit.max(1) as usize;
        let more = self.deployed.len().saturating_sub(limit);
        if more == 0 {
            return Vec::new();
        }
        let mut by_age: Vec<(Time, Name)> = self.deployed.iter().map(|(name, at)| (*at, name.clone())).collect();
        by_age.sort_unstable();
        by_age.truncate(more);
        for (at, name) in &by_age {
            self.deployed.remove(name);
            self.forgotten = self.forgotten.max(Some(*at));
        }
        by_age.into_iter().filter(|(at, _)| now.since(*at) < within).map(|(_, name)| name).collect()
    }

    /// What was deployed less than `within` ago, with when.
    pub fn lately(&self, within: Span, now: Time) -> impl Iterator<Item = (&Name, Time)> {
        let recent = move |at: &Time| now.since(*at) < within;
        self.deployed.iter().filter(move |(_, at)| recent(at)).map(|(name, at)| (name, *at))
    }

    /// When something that is forgotten was deployed, if that was less than `within` ago: nobody knows what.
    pub fn forgotten(&self, within: Span, now: Time) -> Option<Time> {
        self.forgotten.filter(|at| now.since(*at) < within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use alloc::format;
    use alloc::string::String;

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
            doubts.changed(&"web".into(), &change.into(), second(10), (9, Span::from_secs(60)));
            let lately = |now| doubts.lately(Span::from_secs(60), second(now)).count();
            assert_eq!((lately(69), lately(70)), (usize::from(counts), 0), "{change}");
        }
    }

    #[test]
    fn g4_kinds_are_bounded_and_what_is_known_stays_known() {
        let mut doubts = Doubts::default();
        (0..2_000).for_each(|n| doubts.remedied(&Name::new(&format!("issue-{n}")), &"http".into()));
        assert_eq!(doubts.remedied.values().map(BTreeSet::len).sum::<usize>(), KINDS);
        assert!(doubts.is_familiar(&"issue-0".into(), &"http".into()));
    }

    #[test]
    fn g4_past_the_limit_the_oldest_deployment_is_forgotten_and_that_is_remembered() {
        let mut doubts = Doubts::default();
        let within = Span::from_secs(60);
        let mut deploy = |name: &str, at| doubts.changed(&name.into(), &"deploy".into(), second(at), (2, within));
        let none: [&[Name]; 3] = [&[], &[], &[]];
        assert_eq!([deploy("a", 1), deploy("b", 2), deploy("a", 3)], none, "as many as the limit");
        assert_eq!(deploy("c", 4), ["b".into()], "the oldest goes");
        assert_eq!(deploy("d", 5), ["a".into()]);
        let lately: Vec<&str> = doubts.lately(within, second(9)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(lately, ["c", "d"]);
        assert_eq!(doubts.forgotten(within, second(62)), Some(second(3)), "the latest of them counts");
        assert_eq!(doubts.forgotten(within, second(63)), None, "for as long as any deployment");
        assert_eq!(doubts.changed(&"e".into(), &"config".into(), second(6), (2, within)), []);
    }

    #[test]
    fn g4_what_was_deployed_too_long_ago_to_matter_is_forgotten_without_a_word() {
        let within = Span::from_secs(60);
        let deployed = |limits: &[(&str, i64, u32)]| {
            let mut doubts = Doubts::default();
            let mut gone = Vec::new();
            for (name, at, limit) in limits {
                gone = doubts.changed(&(*name).into(), &"deploy".into(), second(*at), (*limit, within));
            }
            (gone.iter().map(Name::as_str).collect::<Vec<_>>().join(" "), doubts.deployed.len())
        };
        assert_eq!(deployed(&[("a", 1, 2), ("b", 2, 2), ("c", 61, 2)]), (String::new(), 2), "`a` is a minute old");
        assert_eq!(deployed(&[("a", 1, 2), ("b", 2, 2), ("c", 60, 2)]), ("a".into(), 2), "a second less");
        assert_eq!(deployed(&[("a", 1, 9), ("b", 2, 9), ("c", 3, 9), ("d", 4, 1)]), ("a b c".into(), 1), "lowered");
    }
}
