//! What was tried for each incident, and how it went.

use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{IncidentId, RunId};
use crate::model::run::RunEnd;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Attempts kept for one incident. Past it the oldest plan that never began is forgotten; 100 bytes each.
const KEPT: usize = 64;

/// One run that began, or was at least planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub run: RunId,
    /// Its number among the plans for the incident, from 1.
    pub number: u32,
    /// The playbook.
    pub playbook: Name,
    /// When it began; unset while it waits or if it never did.
    pub started: Option<Time>,
    /// How and when it ended.
    pub ended: Option<(Time, RunEnd)>,
    /// Whether undoing it failed.
    pub rollback_failed: bool,
    /// Whether it was found that it did not do all it was to do, though its component looks well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub unproven: bool,
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
                && !matches!(attempt.ended, Some((_, RunEnd::NotStarted | RunEnd::Told)))
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

    /// Whether people were told by `playbook` for `incident`, which is all it is for.
    pub fn told(&self, incident: IncidentId, playbook: &Name) -> bool {
        let told =
            |attempt: &Attempt| attempt.playbook == *playbook && matches!(attempt.ended, Some((_, RunEnd::Told)));
        self.of(incident).iter().any(told)
    }

    /// How many plans were made for `incident`, so that the next one gets an id of its own.
    pub fn planned(&self, incident: IncidentId) -> u32 {
        self.of(incident).last().map_or(0, |attempt| attempt.number)
    }

    /// Whether undoing failed for `incident`.
    pub fn rollback_failed(&self, incident: IncidentId) -> bool {
        self.of(incident).iter().any(|attempt| attempt.rollback_failed)
    }

    /// Whether a run for `incident` left it better, not as it has to be, and none has helped since: that its component looks
    /// well then is no end of it.
    pub fn is_unproven(&self, incident: IncidentId) -> bool {
        let end = |attempt: &Attempt| attempt.ended.map(|(_, end)| end);
        let since = self.of(incident).iter().rev().take_while(|attempt| end(attempt) != Some(RunEnd::Succeeded));
        let open = |attempt: &Attempt| matches!(end(attempt), Some(RunEnd::Partial | RunEnd::Uncertain));
        since.into_iter().any(|attempt| attempt.unproven && open(attempt))
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        if let (Conclusion::IncidentReopened {}, Some(incident)) = (&fact.said, fact.incident) {
            // A person has closed it meanwhile.
            let attempts = self.by_incident.get_mut(&incident).into_iter().flatten();
            attempts.for_each(|attempt| attempt.unproven = false);
        }
        let (Some(incident), Some(run)) = (fact.incident, fact.run) else { return };
        if let Conclusion::RunPlanned { playbook, attempt, trial: false, .. } = &fact.said {
            let (number, playbook) = (*attempt, playbook.clone());
            let attempt =
                Attempt { run, number, playbook, started: None, ended: None, rollback_failed: false, unproven: false };
            let attempts = self.by_incident.entry(incident).or_default();
            forget_a_plan(attempts);
            attempts.push(attempt);
            return;
        }
        let attempts = self.by_incident.get_mut(&incident);
        let Some(attempt) = attempts.and_then(|all| all.iter_mut().rfind(|attempt| attempt.run == run)) else { return };
        match &fact.said {
            Conclusion::RunStarted { .. } => attempt.started = Some(fact.at),
            Conclusion::RunEnded { end, .. } => attempt.ended = Some((fact.at, *end)),
            Conclusion::RollbackMoved { how } if how == "failed" => attempt.rollback_failed = true,
            Conclusion::VerificationWeighed(weighed) if weighed.leaves_open() => attempt.unproven = true,
            _ => {}
        }
    }

    pub(super) fn forget(&mut self, incident: IncidentId) {
        self.by_incident.remove(&incident);
    }
}

/// Makes room for one more attempt. What has begun counts for the limits and is never forgotten.
fn forget_a_plan(attempts: &mut Vec<Attempt>) {
    let never_began = |attempt: &Attempt| attempt.started.is_none() && attempt.ended.is_some();
    if attempts.len() >= KEPT
        && let Some(oldest) = attempts.iter().position(never_began)
    {
        attempts.remove(oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::digest::Digest;

    #[test]
    fn plans_that_never_began_are_forgotten_past_the_limit_and_no_number_is_given_twice() {
        let incident = IncidentId(Digest::of(b"incident").short());
        let mut runs = Runs::default();
        for number in 1..=200 {
            let run = RunId::derive(incident, 0, &"restart".into(), runs.planned(incident) + 1);
            let fact = |said| Fact::new(Time::from_ms(number), "test.runs", said).incident(incident).run(run);
            runs.apply(&fact(Conclusion::RunPlanned {
                playbook: "restart".into(),
                attempt: runs.planned(incident) + 1,
                plan: Digest::of(b""),
                targets: Vec::new(),
                steps: Vec::new(),
                trial: false,
            }));
            if number == 1 {
                runs.apply(&fact(Conclusion::RunStarted { playbook: "restart".into(), attempt: 1 }));
            }
            let end = if number == 1 { RunEnd::Failed } else { RunEnd::NotStarted };
            runs.apply(&fact(Conclusion::RunEnded { playbook: "restart".into(), end, detail: "".into() }));
        }
        assert_eq!(runs.of(incident).len(), KEPT);
        assert_eq!(runs.planned(incident), 200);
        assert_eq!(runs.started(incident, None, None), 1, "what has begun still counts");
    }
}
