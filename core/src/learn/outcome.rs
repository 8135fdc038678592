//! Runs and successes of each playbook. What never began is no run.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft};
use crate::model::fact::{Conclusion, Fact};
use crate::model::run::RunEnd;
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// What this stage remembers: a few numbers for each playbook that ever ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learn {
    playbooks: BTreeMap<Name, Record>,
}

/// The numbers of one playbook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Runs that ended.
    pub runs: u32,
    /// Those that were verified and stable.
    pub successes: u32,
}

impl Learn {
    /// One pass.
    pub fn advance(&mut self, context: &Context<'_>, _: &Knowledge, said: &[Fact], out: &mut Draft) {
        for fact in said {
            let Conclusion::RunEnded { playbook, end, .. } = &fact.said else { continue };
            if matches!(end, RunEnd::Cancelled | RunEnd::NotStarted | RunEnd::Told) {
                continue;
            }
            let record = self.playbooks.entry(playbook.clone()).or_default();
            record.runs = record.runs.saturating_add(1);
            record.successes = record.successes.saturating_add(u32::from(*end == RunEnd::Succeeded));
            let (runs, successes) = (record.runs, record.successes);
            let said = Conclusion::OutcomeRecorded { playbook: playbook.clone(), runs, successes };
            let mut recorded = Fact::new(context.now, "learn.outcome", said).because(fact.because.iter().cloned());
            recorded.component = fact.component.clone();
            recorded.incident = fact.incident;
            recorded.run = fact.run;
            out.facts.push(recorded);
        }
    }

    /// It never has to be called again.
    pub const fn deadline(&self) -> Option<Deadline> {
        None
    }

    /// The numbers of every playbook that ran, by name.
    pub const fn playbooks(&self) -> &BTreeMap<Name, Record> {
        &self.playbooks
    }

    /// The numbers of one playbook.
    pub fn of(&self, playbook: &Name) -> Record {
        self.playbooks.get(playbook).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{event, fleet, pass, policy, second};
    use alloc::vec::Vec;

    #[test]
    fn l1_runs_and_successes_are_counted_and_what_never_began_is_not() {
        let (mut knowledge, policy, mut stage) = (fleet(&[]), policy(&[]), Learn::default());
        let ends = [RunEnd::Succeeded, RunEnd::NotStarted, RunEnd::Failed, RunEnd::Uncertain, RunEnd::Cancelled];
        let ended = |end: RunEnd| {
            let said = Conclusion::RunEnded { playbook: "restart".into(), end, detail: "".into() };
            Fact::new(second(1), "remediate.test", said).because([event("e")])
        };
        let said: Vec<Fact> = ends.into_iter().map(ended).collect();
        let out = pass(&mut knowledge, &policy, second(1), None, &said, |context, knowledge, said, out| {
            stage.advance(context, knowledge, said, out);
        });
        let counts: Vec<(u32, u32)> = out
            .facts
            .iter()
            .filter_map(|fact| match fact.said {
                Conclusion::OutcomeRecorded { runs, successes, .. } => Some((runs, successes)),
                _ => None,
            })
            .collect();
        assert_eq!(counts, [(1, 1), (2, 1), (3, 1)]);
        assert_eq!(out.facts.first().map(|fact| fact.because.clone()), Some([event("e")].to_vec()));
        let saved = serde_json::to_string(&stage).unwrap();
        assert_eq!(serde_json::from_str::<Learn>(&saved).unwrap(), stage);
        assert_eq!(stage.of(&"restart".into()), Record { runs: 3, successes: 1 });
    }
}
