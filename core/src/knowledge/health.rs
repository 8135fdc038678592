//! The health of each component. Only observations move it: the monitor says so, this store remembers.

use crate::knowledge::topology::{Slot, Topology};
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::policy::components::Component;
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

/// Whether `name` is DEGRADED, and has been for so long by `now` that it is not only on its way elsewhere.
pub fn lasts_degraded(healths: &Healths, topology: &Topology, name: &Name, now: Time) -> bool {
    let health = healths.of(name, topology);
    let lasts = |component: &Component| health.since.after(component.degraded_lasts()) <= now;
    health.state == State::Degraded && topology.component(name).is_some_and(|component| lasts(component))
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
        let moves = matches!(
            fact.said,
            Conclusion::CheckFound { .. } | Conclusion::ComponentRegistered {} | Conclusion::HealthChanged { .. }
        );
        let name = fact.component.as_ref().filter(|_| moves);
        let Some(slot) = name.and_then(|name| topology.slot(name)) else { return };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{check, component};
    use crate::model::health::Tier;
    use crate::policy::components::Check;
    use crate::primitives::time::Span;
    use alloc::sync::Arc;

    #[test]
    fn degraded_lasts_by_the_slowest_check_but_for_the_comprehensive_ones() {
        let checked = |tier, recheck: i64, successes| {
            Arc::new(Check {
                failure_threshold: 100,
                success_threshold: successes,
                recheck_interval: Span::from_secs(recheck),
                ..check("c", tier)
            })
        };
        let lasts =
            |checks: &[Arc<Check>]| Component { checks: checks.to_vec(), ..component("web", &[]) }.degraded_lasts();
        let (shallow, deep) = (Tier::Shallow, Tier::Deep);
        assert_eq!(lasts(&[]), Span::from_mins(1));
        assert_eq!(lasts(&[checked(shallow, 29, 2)]), Span::from_mins(1), "a minute at least");
        assert_eq!(lasts(&[checked(shallow, 30, 2)]), Span::from_secs(61));
        assert_eq!(lasts(&[checked(shallow, 1, 1), checked(deep, 100, 0)]), Span::from_secs(101), "the slowest");
        assert_eq!(lasts(&[checked(Tier::Comprehensive, 300, 1)]), Span::from_mins(1));
        assert_eq!(lasts(&[checked(shallow, 599, 1)]), Span::from_mins(10));
        assert_eq!(lasts(&[checked(shallow, 600, 1)]), Span::from_mins(10), "ten at most");
    }
}
