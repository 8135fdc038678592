//! The facts of each incident, in order: what `explain` tells.

use crate::knowledge::health::SUSPICION_CLEARED;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State};
use crate::model::ids::IncidentId;
use crate::policy::limits::Limits;
use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How many facts before an incident are kept for each component that is not well.
const PRELUDE: usize = 16;
/// Of how many components they are kept: of what fails beyond that, what was before an incident is not told.
const PRELUDES: usize = 10_000;

/// The facts of each incident; and those about a component that has begun to fail, until it is well or an incident opens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    by_incident: BTreeMap<IncidentId, Vec<Fact>>,
    preludes: ByName<Vec<Fact>>,
}

impl Timeline {
    /// The facts of `incident`, oldest first.
    pub fn of(&self, incident: IncidentId) -> &[Fact] {
        self.by_incident.get(&incident).map_or(&[], Vec::as_slice)
    }

    /// The incidents of which facts are kept.
    pub fn incidents(&self) -> impl Iterator<Item = IncidentId> {
        self.by_incident.keys().copied()
    }

    /// The facts about `component` since it was last well, oldest first.
    pub fn prelude(&self, component: &Name) -> &[Fact] {
        self.preludes.get(component).map_or(&[], Vec::as_slice)
    }

    pub(super) fn apply(&mut self, fact: &Fact, limits: &Limits) {
        match (fact.incident, &fact.component) {
            (Some(incident), component) => {
                if matches!(fact.said, Conclusion::IncidentOpened { .. }) {
                    self.by_incident.entry(incident).or_default();
                }
                // What is said of an incident after it was forgotten is not kept: nothing would ever drop it.
                let Some(facts) = self.by_incident.get_mut(&incident) else { return };
                let opens = matches!(
                    fact.said,
                    Conclusion::IncidentOpened { .. }
                        | Conclusion::IncidentJoined { .. }
                        | Conclusion::IncidentReopened {}
                );
                let limit = limits.timeline as usize;
                if let (true, Some(component)) = (opens, component) {
                    let before = self.preludes.remove(component).unwrap_or_default();
                    facts.extend(before.into_iter().take(limit.saturating_sub(facts.len())));
                }
                if repeats_a_pass(facts.last(), fact) {
                    facts.pop();
                }
                push_within(facts, fact.clone(), limit);
            }
            (None, Some(component)) if matches!(fact.said, Conclusion::ComponentRemoved {}) => {
                self.preludes.remove(component);
            }
            (None, Some(component)) if concerns_health(fact) => {
                let healthy = matches!(fact.said, Conclusion::HealthChanged { to: State::Healthy, .. });
                if healthy || fact.rule == SUSPICION_CLEARED {
                    self.preludes.remove(component);
                } else {
                    if self.preludes.len() >= PRELUDES && !self.preludes.contains(component) {
                        return;
                    }
                    let before = self.preludes.or_insert_with(component, Vec::new);
                    // Most go no further than three facts; in a storm there are many of them.
                    before.reserve_exact(before.len().clamp(1, 2));
                    push_within(before, fact.clone(), PRELUDE);
                }
            }
            (None, _) => {}
        }
    }

    pub(super) fn forget(&mut self, incident: IncidentId) {
        self.by_incident.remove(&incident);
    }
}

fn concerns_health(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::CheckFound { .. } | Conclusion::HealthChanged { .. } | Conclusion::SignalChanged { .. }
    )
}

/// Whether `fact` says again that a check passes: only the latest of those in a row is kept.
fn repeats_a_pass(last: Option<&Fact>, fact: &Fact) -> bool {
    let passed = |fact: &Fact| match &fact.said {
        Conclusion::CheckFound { check, verdict: CheckVerdict::Pass, .. } => {
            Some((fact.component.clone(), check.clone()))
        }
        _ => None,
    };
    passed(fact).is_some_and(|pass| last.and_then(passed) == Some(pass))
}

/// Adds a fact; at the limit the last one is replaced, so that the beginning and the end are kept.
fn push_within(facts: &mut Vec<Fact>, fact: Fact, limit: usize) {
    if facts.len() >= limit.max(1) {
        facts.pop();
    }
    facts.push(fact);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::severity::Severity;
    use crate::primitives::digest::Digest;
    use crate::primitives::time::Time;

    #[test]
    fn p8_what_was_before_an_incident_is_kept_as_far_as_there_is_room_for_it() {
        let id = IncidentId(Digest::of(b"incident").short());
        let opened = Conclusion::IncidentOpened {
            issue: "down".into(),
            severity: Severity::Sev2,
            onset: Time::ZERO,
            recurrence_of: None,
        };
        let joined = |_| Conclusion::IncidentJoined { issue: "down".into(), relation: "storm".into() };
        let found = |component: &str, count| {
            let detail = "refused".into();
            let said =
                Conclusion::CheckFound { check: "http".into(), verdict: CheckVerdict::Fail, count, needed: 9, detail };
            Fact::new(Time::ZERO, "test.timeline", said).component(&component.into())
        };
        let limits = Limits { timeline: 8, ..Limits::default() };
        let mut timeline = Timeline::default();
        let said = (0..).map(joined);
        for (component, said) in ["a", "b", "c", "d"].into_iter().zip([opened].into_iter().chain(said)) {
            (1..=3).for_each(|count| timeline.apply(&found(component, count), &limits));
            let fact = Fact::new(Time::ZERO, "test.timeline", said).incident(id).component(&component.into());
            timeline.apply(&fact, &limits);
            assert!(timeline.prelude(&component.into()).is_empty());
        }
        let kept: Vec<&str> =
            timeline.of(id).iter().filter_map(|fact| Some(fact.component.as_ref()?.as_str())).collect();
        assert_eq!(kept, ["a", "a", "a", "a", "b", "b", "b", "d"], "the beginning and the end");
    }

    #[test]
    fn p8_what_was_before_is_kept_of_so_many_components() {
        let found = |n: usize, verdict: CheckVerdict| {
            let said =
                Conclusion::CheckFound { check: "http".into(), verdict, count: 1, needed: 9, detail: "refused".into() };
            Fact::new(Time::ZERO, "test.timeline", said).component(&Name::new(&alloc::format!("c-{n}")))
        };
        let (limits, mut timeline) = (Limits::default(), Timeline::default());
        (0..=PRELUDES).for_each(|n| timeline.apply(&found(n, CheckVerdict::Fail), &limits));
        timeline.apply(&found(0, CheckVerdict::Fail), &limits);
        let kept = |timeline: &Timeline, n: usize| timeline.prelude(&Name::new(&alloc::format!("c-{n}"))).len();
        assert_eq!([0, PRELUDES - 1, PRELUDES].map(|n| kept(&timeline, n)), [2, 1, 0]);
        let healthy = Conclusion::HealthChanged { from: State::Unknown, to: State::Healthy, detail: "test".into() };
        timeline.apply(&Fact::new(Time::ZERO, "test.timeline", healthy).component(&"c-5".into()), &limits);
        timeline.apply(&found(PRELUDES, CheckVerdict::Fail), &limits);
        assert_eq!(kept(&timeline, PRELUDES), 1, "there is room again");
    }

    #[test]
    fn p8_nothing_is_kept_of_an_incident_after_it_was_forgotten() {
        let id = IncidentId(Digest::of(b"incident").short());
        let fact = |said| Fact::new(Time::ZERO, "test.timeline", said).incident(id).component(&"web".into());
        let opened = Conclusion::IncidentOpened {
            issue: "down".into(),
            severity: Severity::Sev2,
            onset: Time::ZERO,
            recurrence_of: None,
        };
        let late = || fact(Conclusion::RollbackMoved { how: "failed".into() });
        let mut timeline = Timeline::default();
        timeline.apply(&fact(opened), &Limits::default());
        timeline.apply(&late(), &Limits::default());
        assert_eq!((timeline.of(id).len(), timeline.incidents().count()), (2, 1));
        timeline.forget(id);
        timeline.apply(&late(), &Limits::default());
        assert_eq!(timeline, Timeline::default());
    }
}
