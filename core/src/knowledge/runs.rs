//! What was tried for each incident, and how it went.

use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{IncidentId, RunId};
use crate::model::run::RunEnd;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One run that began, or was at least planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub run: RunId,
    /// The playbook.
    pub playbook: Name,
    /// When it began; unset while it waits or if it never did.
    pub started: Option<Time>,
    /// How and when it ended.
    pub ended: Option<(Time, RunEnd)>,
    /// Whether undoing it failed.
    pub rollback_failed: bool,
}

/// The attempts of all remembered incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    by_incident: BTreeMap<IncidentId, Vec<Attempt>>,
}

impl Runs {
    /// The attempts for `incident`, oldest first.
    pub fn of(&self, incident: IncidentId) -> &[Attempt] {
        self.by_incident.get(&incident).map_or(&[], Vec::as_slice)
    }

    /// How many runs were begun for `incident`, of `playbook` or of any, besides the run `own`.
    pub fn started(&self, incident: IncidentId, playbook: Option<&Name>, own: Option<RunId>) -> u32 {
        let counted = |attempt: &&Attempt| {
            attempt.started.is_some()
                && !matches!(attempt.ended, Some((_, RunEnd::NotStarted)))
                && Some(attempt.run) != own
                && playbook.is_none_or(|playbook| *playbook == attempt.playbook)
        };
        u32::try_from(self.of(incident).iter().filter(counted).count()).unwrap_or(u32::MAX)
    }

    /// How often `playbook` was begun for `incident`, whether or not anything of it was ever executed.
    pub fn tried(&self, incident: IncidentId, playbook: &Name) -> u32 {
        let begun = |attempt: &&Attempt| attempt.started.is_some() && attempt.playbook == *playbook;
        u32::try_from(self.of(incident).iter().filter(begun).count()).unwrap_or(u32::MAX)
    }

    /// How many plans were made for `incident`, so that the next one gets an id of its own.
    pub fn planned(&self, incident: IncidentId) -> u32 {
        u32::try_from(self.of(incident).len()).unwrap_or(u32::MAX)
    }

    /// Whether undoing failed for `incident`.
    pub fn rollback_failed(&self, incident: IncidentId) -> bool {
        self.of(incident).iter().any(|attempt| attempt.rollback_failed)
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        let (Some(incident), Some(run)) = (fact.incident, fact.run) else { return };
        if let Conclusion::RunPlanned { playbook, trial: false, .. } = &fact.said {
            let attempt =
                Attempt { run, playbook: playbook.clone(), started: None, ended: None, rollback_failed: false };
            self.by_incident.entry(incident).or_default().push(attempt);
            return;
        }
        let attempts = self.by_incident.get_mut(&incident);
        let Some(attempt) = attempts.and_then(|all| all.iter_mut().rfind(|attempt| attempt.run == run)) else { return };
        match &fact.said {
            Conclusion::RunStarted { .. } => attempt.started = Some(fact.at),
            Conclusion::RunEnded { end, .. } => attempt.ended = Some((fact.at, *end)),
            Conclusion::RollbackMoved { how } if how == "failed" => attempt.rollback_failed = true,
            _ => {}
        }
    }

    pub(super) fn forget(&mut self, incident: IncidentId) {
        self.by_incident.remove(&incident);
    }
}
