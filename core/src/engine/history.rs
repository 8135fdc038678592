//! How components were (SPEC H6): the changes of health, and nothing where nothing changes. It belongs to the engine alone,
//! on the top floor: no stage is given it, so that nothing can be decided by it.

use crate::engine::Engine;
use crate::knowledge::health::Health;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The latest changes of health of all components, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    changes: VecDeque<Change>,
    /// When the last one happened that was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped: Option<Time>,
}

/// One change of health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    at: Time,
    component: Name,
    from: State,
    to: State,
}

/// A time that a component was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The state.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// Until when; unset while it lasts.
    pub until: Option<Time>,
    /// How long that was, or has been.
    pub lasted: Span,
}

/// How a component was, as far as that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The component.
    pub component: Name,
    /// Each time in one state, oldest first; the last one lasts.
    pub stretches: Vec<Stretch>,
    /// How long it was in each state in all, best first, those without any left out.
    pub totals: Vec<(State, Span)>,
}

impl History {
    /// Takes in what was said, and remembers at most `limit` changes: the oldest are dropped.
    pub fn apply(&mut self, facts: &[Fact], limit: u32) {
        for fact in facts {
            if let (Conclusion::HealthChanged { from, to, .. }, Some(component)) = (&fact.said, &fact.component) {
                let (at, component) = (fact.at, component.clone());
                self.changes.push_back(Change { at, component, from: *from, to: *to });
            }
        }
        while self.changes.len() > limit as usize {
            self.dropped = self.changes.pop_front().map(|change| change.at).or(self.dropped);
        }
    }

    /// The changes after `then`, the latest first: the component and the state it was in before.
    pub fn undone(&self, then: Time) -> impl Iterator<Item = (&Name, State)> {
        let later = self.changes.iter().rev().take_while(move |change| change.at > then);
        later.map(|change| (&change.component, change.from))
    }

    /// Since when nothing is missing.
    pub fn whole_since(&self) -> Time {
        self.dropped.unwrap_or(Time::ZERO)
    }

    fn of(&self, component: &Name, health: Health, now: Time) -> Past {
        let changes = self.changes.iter().filter(|change| change.component == *component && change.at < health.since);
        let mut begun: Vec<(State, Time)> = changes.map(|change| (change.to, change.at)).collect();
        begun.push((health.state, health.since));
        let ends = begun.iter().skip(1).map(|(_, since)| Some(*since)).chain([None]);
        let stretch = |(&(state, since), until): (&(State, Time), Option<Time>)| Stretch {
            state,
            since,
            until,
            lasted: until.unwrap_or(now).since(since),
        };
        let stretches: Vec<Stretch> = begun.iter().zip(ends).map(stretch).collect();
        let total = |state: State| {
            let those = stretches.iter().filter(|stretch| stretch.state == state);
            those.fold(Span::ZERO, |sum, stretch| sum.plus(stretch.lasted))
        };
        let totals = State::ALL.into_iter().map(|state| (state, total(state)));
        let totals = totals.filter(|(_, sum)| *sum > Span::ZERO).collect();
        Past { component: component.clone(), stretches, totals }
    }
}

impl Engine {
    /// How `component` was, as far as that is remembered; nothing where there is no such component.
    pub fn past(&self, component: &Name) -> Option<Past> {
        let slot = self.knowledge().topology.slot(component)?;
        Some(self.history.of(component, self.knowledge().health.at(slot), self.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;

    fn changed(at: i64, component: &str, from: State, to: State) -> Fact {
        let said = Conclusion::HealthChanged { from, to, detail: "test".into() };
        Fact::new(second(at), "monitor.test", said).component(&component.into())
    }

    #[test]
    fn h6_only_changes_are_kept_and_the_oldest_go_first() {
        let mut history = History::default();
        history.apply(&[Fact::new(second(1), "test", Conclusion::FlappingEnded {}).component(&"web".into())], 2);
        assert_eq!(history, History::default());
        let states = [State::Unknown, State::Healthy, State::Degraded, State::Healthy];
        let facts: Vec<Fact> =
            states.windows(2).zip(1..).map(|(pair, at)| changed(at, "web", pair[0], pair[1])).collect();
        history.apply(&facts, 3);
        assert_eq!((history.changes.len(), history.whole_since()), (3, Time::ZERO));
        history.apply(&[], 2);
        assert_eq!((history.changes.len(), history.whole_since()), (2, second(1)));
        let undone: Vec<State> = history.undone(second(2)).map(|(_, before)| before).collect();
        assert_eq!(undone, [State::Degraded], "what happened then has happened");
        history.apply(&[], 0);
        assert_eq!((history.changes.len(), history.whole_since()), (0, second(3)));
    }

    #[test]
    fn h6_each_time_in_a_state_has_its_duration() {
        let mut history = History::default();
        let facts = [
            changed(10, "web", State::Unknown, State::Healthy),
            changed(20, "db", State::Unknown, State::Healthy),
            changed(40, "web", State::Healthy, State::Unhealthy),
            changed(55, "web", State::Unhealthy, State::Healthy),
        ];
        history.apply(&facts, 10);
        let health = Health { state: State::Healthy, since: second(55), onset: None };
        let past = history.of(&"web".into(), health, second(60));
        let stretches: Vec<_> = past.stretches.iter().map(|it| (it.state, it.lasted.ms() / 1_000, it.until)).collect();
        let expected = [
            (State::Healthy, 30, Some(second(40))),
            (State::Unhealthy, 15, Some(second(55))),
            (State::Healthy, 5, None),
        ];
        assert_eq!(stretches, expected);
        let spent = |s| Span::from_secs(s);
        assert_eq!(past.totals, [(State::Healthy, spent(35)), (State::Unhealthy, spent(15))]);
        let quiet =
            history.of(&"cache".into(), Health { state: State::Unknown, since: second(50), onset: None }, second(60));
        assert_eq!((quiet.stretches.len(), quiet.totals), (1, Vec::from([(State::Unknown, spent(10))])));
    }
}
