//! The health of each component. Only observations move it: the monitor says so, this store remembers.

use crate::knowledge::topology::{Slot, Topology};
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The rule by which a healthy component that had begun to fail is above suspicion again: nothing fails any more.
pub const SUSPICION_CLEARED: &str = "monitor.suspicion_cleared";

/// How a component is and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Its state.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// Since when it has not been healthy, first failing check included; unset while it is healthy.
    pub onset: Option<Time>,
}

/// The health of all components.
#[derive(Clone, Debug, Default)]
pub struct Healths {
    by_slot: Vec<Health>,
}

impl Healths {
    /// The health of the component in `slot`.
    pub fn at(&self, slot: Slot) -> Health {
        self.by_slot.get(slot.index()).copied().unwrap_or_default()
    }

    /// The health of `name`; unknown where there is no such component.
    pub fn of(&self, name: &Name, topology: &Topology) -> Health {
        topology.slot(name).map(|slot| self.at(slot)).unwrap_or_default()
    }

    /// Puts `health` where a snapshot says it was.
    pub fn restore(&mut self, slot: Slot, health: Health) {
        if self.by_slot.len() <= slot.index() {
            self.by_slot.resize(slot.index() + 1, Health::default());
        }
        if let Some(place) = self.by_slot.get_mut(slot.index()) {
            *place = health;
        }
    }

    pub(super) fn apply(&mut self, fact: &Fact, topology: &Topology) {
        let Some(slot) = fact.component.as_ref().and_then(|name| topology.slot(name)) else { return };
        let before = self.at(slot);
        match &fact.said {
            Conclusion::ComponentRegistered {} => self.restore(slot, Health { since: fact.at, ..Health::default() }),
            Conclusion::CheckFound { .. } if fact.rule == SUSPICION_CLEARED => {
                self.restore(slot, Health { onset: None, ..before });
            }
            Conclusion::CheckFound { verdict: crate::model::health::CheckVerdict::Fail, .. }
                if before.onset.is_none() =>
            {
                self.restore(slot, Health { onset: Some(fact.at), ..before });
            }
            Conclusion::HealthChanged { to, .. } => {
                let onset = match to {
                    State::Healthy => None,
                    State::Unknown => before.onset,
                    State::Degraded | State::Unhealthy | State::Critical => Some(before.onset.unwrap_or(fact.at)),
                };
                self.restore(slot, Health { state: *to, since: fact.at, onset });
            }
            _ => {}
        }
    }
}
