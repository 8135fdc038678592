//! What came of each playbook: what decides among equals, and never what may be done (SAFE-27).

use crate::knowledge::incidents::Incidents;
use crate::knowledge::runs::Runs;
use crate::model::fact::{Conclusion, Fact};
use crate::model::run::RunEnd;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use serde::{Deserialize, Serialize};

/// Playbooks that are remembered at most, 200 bytes each; past it new ones are not.
const PLAYBOOKS: usize = 1_000;
/// Kinds of issue that are remembered of one playbook at most, 30 bytes each; past it new ones are not.
const ISSUES: usize = 32;

/// What came of one playbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Runs that ended and say something about it.
    pub runs: u32,
    /// Those that were verified and stable.
    pub successes: u32,
    /// How long those took together, from the first step to the end.
    pub time: Span,
    /// When it last helped.
    pub helped: Option<Time>,
    /// The issues that it helped with.
    pub issues: BTreeSet<Name>,
}

/// What came of all playbooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    by_playbook: BTreeMap<Name, Record>,
}

impl Records {
    /// What came of `playbook`, if it ever ran.
    pub fn of(&self, playbook: &Name) -> Option<&Record> {
        self.by_playbook.get(playbook)
    }

    pub(super) fn apply(&mut self, fact: &Fact, runs: &Runs, incidents: &Incidents) {
        let Conclusion::RunEnded { playbook, end, .. } = &fact.said else { return };
        if matches!(end, RunEnd::Cancelled | RunEnd::NotStarted | RunEnd::Told) {
            return;
        }
        if self.by_playbook.len() >= PLAYBOOKS && !self.by_playbook.contains_key(playbook) {
            return;
        }
        let record = self.by_playbook.entry(playbook.clone()).or_default();
        record.runs = record.runs.saturating_add(1);
        if *end != RunEnd::Succeeded {
            return;
        }
        record.successes = record.successes.saturating_add(1);
        record.helped = Some(fact.at);
        let attempts = fact.incident.map(|id| runs.of(id)).unwrap_or_default();
        let started = attempts.iter().rfind(|attempt| Some(attempt.run) == fact.run).and_then(|it| it.started);
        record.time = record.time.plus(started.map_or(Span::ZERO, |started| fact.at.since(started)));
        let issue = fact.incident.and_then(|id| incidents.get(id)).map(|incident| incident.issue.clone());
        if record.issues.len() < ISSUES {
            record.issues.extend(issue);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;

    fn ended(records: &mut Records, playbook: &str, end: RunEnd, at: i64) {
        let said = Conclusion::RunEnded { playbook: playbook.into(), end, detail: "".into() };
        records.apply(&Fact::new(second(at), "remediate.test", said), &Runs::default(), &Incidents::default());
    }

    #[test]
    fn r5_only_what_says_something_about_a_playbook_counts() {
        let mut records = Records::default();
        for end in [RunEnd::Cancelled, RunEnd::NotStarted, RunEnd::Told] {
            ended(&mut records, "a", end, 1);
        }
        assert_eq!(records.of(&"a".into()), None);
        for (end, at) in [(RunEnd::Failed, 2), (RunEnd::Succeeded, 3), (RunEnd::Partial, 4), (RunEnd::Uncertain, 5)] {
            ended(&mut records, "a", end, at);
        }
        let record = records.of(&"a".into()).unwrap();
        assert_eq!((record.runs, record.successes, record.helped), (4, 1, Some(second(3))));
    }

    #[test]
    fn r5_what_is_remembered_is_bounded() {
        let mut records = Records::default();
        for n in 0..=PLAYBOOKS {
            ended(&mut records, &alloc::format!("p-{n}"), RunEnd::Failed, 1);
        }
        assert_eq!(records.by_playbook.len(), PLAYBOOKS);
        ended(&mut records, "p-0", RunEnd::Failed, 2);
        assert_eq!(records.of(&"p-0".into()).map(|record| record.runs), Some(2), "those that are known go on");
    }
}
