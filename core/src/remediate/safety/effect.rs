//! What runs did, and whether it lasted: an action that ends well while its signal stays, or after which the same state
//! comes back, has no lasting effect, however often it is done and under whichever playbook (SPEC G3).

use crate::model::ids::IncidentId;
use crate::model::incident::Incident;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Runs remembered, the oldest dropped first; 300 bytes each.
const KEPT: usize = 4_096;
/// For how long a run is remembered.
pub const REMEMBERED: Span = Span::from_mins(7 * 24 * 60);

/// What a run did to a target.
pub type Deed = (Name, Name);

/// Whether the effect of a run lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It helped, and the same state came back.
    CameBack,
    /// It helped, so far.
    Helped,
    /// It was done, and the signal stayed.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    at: Time,
    incident: IncidentId,
    component: Name,
    issue: Name,
    deeds: Vec<Deed>,
    effect: Effect,
}

/// What runs did, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Effects {
    done: Vec<Done>,
}

impl Effects {
    /// Takes the end of a run in: what it did about `incident`, and whether that helped.
    pub fn record(&mut self, incident: &Incident, deeds: Vec<Deed>, effect: Effect, now: Time) {
        self.done.retain(|done| now.since(done.at) < REMEMBERED);
        if deeds.is_empty() {
            return;
        }
        if self.done.len() >= KEPT {
            self.done.remove(0);
        }
        let (component, issue) = (incident.component.clone(), incident.issue.clone());
        self.done.push(Done { at: now, incident: incident.id, component, issue, deeds, effect });
    }

    /// The same state is back: what had helped did not last.
    pub fn came_back(&mut self, component: &Name, issue: &Name) {
        let same = |done: &&mut Done| done.component == *component && done.issue == *issue;
        for done in self.done.iter_mut().filter(same).filter(|done| done.effect == Effect::Helped) {
            done.effect = Effect::CameBack;
        }
    }

    /// How often `deed` was done about the issue of `incident` without lasting effect: for it, or since then.
    pub fn fruitless(&self, incident: &Incident, (action, target): (&Name, &Name), since: Time) -> u32 {
        let counts = |done: &&Done| {
            done.effect != Effect::Helped
                && done.component == incident.component
                && done.issue == incident.issue
                && (done.incident == incident.id || done.at >= since)
                && done.deeds.iter().any(|(known, on)| known == action && on == target)
        };
        u32::try_from(self.done.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    /// Forgets what was done about `component`: a person has found the cause. Whether there was anything.
    pub fn forget(&mut self, component: &Name) -> bool {
        let before = self.done.len();
        self.done.retain(|done| done.component != *component);
        self.done.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{incident, second};

    fn restarted(effects: &mut Effects, effect: Effect, at: i64) {
        effects.record(&incident("web", "down"), Vec::from([("restart".into(), "web".into())]), effect, second(at));
    }

    fn times(effects: &Effects) -> u32 {
        effects.fruitless(&incident("web", "down"), (&"restart".into(), &"web".into()), second(0))
    }

    #[test]
    fn g3_what_helped_counts_once_the_same_state_is_back_and_no_other() {
        let mut effects = Effects::default();
        restarted(&mut effects, Effect::Helped, 1);
        assert_eq!(times(&effects), 0);
        effects.came_back(&"web".into(), &"slow".into());
        effects.came_back(&"db".into(), &"down".into());
        assert_eq!(times(&effects), 0, "another issue, another component");
        effects.came_back(&"web".into(), &"down".into());
        assert_eq!(times(&effects), 1);
        restarted(&mut effects, Effect::None, 2);
        assert_eq!(times(&effects), 2);
        assert_eq!(effects.fruitless(&incident("web", "down"), (&"restart".into(), &"db".into()), second(0)), 0);
        assert_eq!(effects.fruitless(&incident("web", "down"), (&"scale".into(), &"web".into()), second(0)), 0);
        assert_eq!(effects.fruitless(&incident("web", "slow"), (&"restart".into(), &"web".into()), second(0)), 0);
        assert!(effects.forget(&"web".into()));
        assert!(!effects.forget(&"web".into()));
        assert_eq!(times(&effects), 0);
    }

    #[test]
    fn g3_for_the_same_incident_it_counts_whenever_it_was_and_for_another_within_the_window() {
        let mut effects = Effects::default();
        restarted(&mut effects, Effect::None, 10);
        let other =
            Incident { id: IncidentId(crate::primitives::digest::Digest::of(b"x").short()), ..incident("web", "down") };
        let of =
            |incident: &Incident, since| effects.fruitless(incident, (&"restart".into(), &"web".into()), second(since));
        assert_eq!(of(&incident("web", "down"), 999), 1);
        assert_eq!(of(&other, 10), 1);
        assert_eq!(of(&other, 11), 0);
    }

    #[test]
    fn what_runs_did_is_bounded_in_number_and_time() {
        let mut effects = Effects::default();
        for at in 0..5_000 {
            restarted(&mut effects, Effect::None, at);
        }
        assert_eq!(effects.done.len(), KEPT);
        let week = 7 * 86_400;
        restarted(&mut effects, Effect::None, 4_998 + week);
        assert_eq!(effects.done.len(), 2, "the last but one is a week old");
        restarted(&mut effects, Effect::None, 4_999 + week);
        assert_eq!(effects.done.len(), 2, "and now the last one is");
    }
}
