//! How many members of a group are in each state.

use crate::model::health::State;

/// How many are in each state, or what they weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// HEALTHY.
    pub healthy: u64,
    /// UNKNOWN.
    pub unknown: u64,
    /// DEGRADED.
    pub degraded: u64,
    /// UNHEALTHY.
    pub unhealthy: u64,
    /// CRITICAL.
    pub critical: u64,
}

impl Counts {
    /// One member in `state`.
    pub fn one(state: State) -> Counts {
        let mut counts = Counts::default();
        counts.add(state);
        counts
    }

    /// All together.
    pub fn members(&self) -> u64 {
        self.known().saturating_add(self.unknown)
    }

    /// Those whose state is known.
    pub fn known(&self) -> u64 {
        [self.healthy, self.degraded, self.unhealthy, self.critical].iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The worst state that anything is in; UNKNOWN where there is nothing.
    pub fn worst(&self) -> State {
        match self {
            Counts { critical: 1.., .. } => State::Critical,
            Counts { unhealthy: 1.., .. } => State::Unhealthy,
            Counts { degraded: 1.., .. } => State::Degraded,
            Counts { healthy: 1.., unknown: 0, .. } => State::Healthy,
            _ => State::Unknown,
        }
    }

    /// The number in `state`.
    pub fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Healthy => &mut self.healthy,
            State::Unknown => &mut self.unknown,
            State::Degraded => &mut self.degraded,
            State::Unhealthy => &mut self.unhealthy,
            State::Critical => &mut self.critical,
        }
    }

    pub(super) fn add(&mut self, state: State) {
        let place = self.of(state);
        *place = place.saturating_add(1);
    }

    pub(super) fn take_out(&mut self, state: State) {
        let place = self.of(state);
        *place = place.saturating_sub(1);
    }
}
