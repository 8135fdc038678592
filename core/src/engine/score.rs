//! The health score (SPEC H6): put together when somebody looks, from what is known then. It is for people only: being on
//! the top floor it is out of reach of every stage, and so of every link of the gate.

use crate::engine::Engine;
use crate::model::health::State;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::Serialize;

/// How far the score is looked back at.
const TREND: Span = Span::from_mins(60);

/// A health score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Of the components of this class; unset: of all.
    pub class: Option<Name>,
    /// From 0 to 100: a HEALTHY component counts 100, a DEGRADED one 50, a worse one 0; a critical one twice. Unset where
    /// nothing is known.
    pub score: Option<u32>,
    /// Of how many components in a hundred the state is known.
    pub coverage: u32,
    /// How many components there are.
    pub components: u32,
    /// What it was an hour ago, or when what is remembered begins; unset where nothing was known then.
    pub before: Option<u32>,
    /// When that was.
    pub then: Time,
}

/// What a score is made of.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    points: u64,
    weight: u64,
    known: u64,
    all: u64,
}

/// Now and then.
type Sums = [Sum; 2];

impl Sum {
    fn add(&mut self, state: State, critical: bool) {
        self.all += 1;
        let points = match state {
            State::Unknown => return,
            State::Healthy => 100,
            State::Degraded => 50,
            State::Unhealthy | State::Critical => 0,
        };
        let weight = if critical { 2 } else { 1 };
        self.known += 1;
        self.weight += weight;
        self.points += points * weight;
    }

    fn score(&self) -> Option<u32> {
        share(self.points, self.weight)
    }
}

impl Engine {
    /// The health score of all components, then of each class by name.
    pub fn scores(&self) -> Vec<Score> {
        let then = self.now().before(TREND).max(self.history.whole_since());
        let mut earlier: BTreeMap<&Name, State> = BTreeMap::new();
        // The latest comes first, so that the state before the earliest change stays.
        earlier.extend(self.history.undone(then));
        let (mut all, mut classes) = (Sums::default(), BTreeMap::<&Name, Sums>::new());
        for (slot, component) in self.knowledge().topology.iter() {
            let state = self.knowledge().health.at(slot).state;
            let before = earlier.get(&component.name).copied().unwrap_or(state);
            add(&mut all, [state, before], component);
            if let Some(class) = &component.class {
                add(classes.entry(class).or_default(), [state, before], component);
            }
        }
        let classes = classes.into_iter().map(|(class, sums)| score(Some(class), sums, then));
        [score(None, all, then)].into_iter().chain(classes).collect()
    }
}

fn add([now, then]: &mut Sums, [state, before]: [State; 2], component: &Component) {
    now.add(state, component.critical);
    then.add(before, component.critical);
}

fn score(class: Option<&Name>, [now, before]: Sums, then: Time) -> Score {
    Score {
        class: class.cloned(),
        score: now.score(),
        coverage: share(now.known * 100, now.all).unwrap_or(0),
        components: u32::try_from(now.all).unwrap_or(u32::MAX),
        before: before.score(),
        then,
    }
}

fn share(part: u64, whole: u64) -> Option<u32> {
    part.checked_div(whole).and_then(|share| u32::try_from(share).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h6_a_score_is_over_what_is_known_and_says_how_much_that_is() {
        let of = |sum: &Sum| {
            let score = score(None, [*sum; 2], Time::ZERO);
            (score.score, score.coverage, score.components)
        };
        let mut sum = Sum::default();
        assert_eq!(of(&sum), (None, 0, 0));
        sum.add(State::Unknown, true);
        assert_eq!(of(&sum), (None, 0, 1), "nothing known is no score at all");
        for state in [State::Healthy, State::Degraded, State::Unhealthy] {
            sum.add(state, false);
        }
        assert_eq!(of(&sum), (Some(50), 75, 4));
        sum.add(State::Critical, true);
        assert_eq!(of(&sum), (Some(30), 80, 5), "a critical one counts twice");
        let mut nearly = Sum::default();
        (0..1_000).for_each(|_| nearly.add(State::Healthy, false));
        nearly.add(State::Degraded, false);
        assert_eq!(nearly.score(), Some(99), "a hundred only where all that is known is well");
    }
}
