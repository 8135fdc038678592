//! Which checks are confirmed to fail, but for the comprehensive ones: by those a CRITICAL component is down, too.

use crate::knowledge::topology::Topology;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State, Tier};
use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Checks, none of them comprehensive, that have failed as often in a row as makes a component unhealthy; by component,
/// and only those. About 100 bytes for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    by_component: ByName<Vec<Name>>,
}

impl Confirmed {
    /// Whether a check of `component` that is not comprehensive is confirmed to fail, and nothing was heard against it.
    pub fn is_down(&self, component: &Name) -> bool {
        self.by_component.contains(component)
    }

    /// Whether nothing is confirmed to fail.
    pub fn is_empty(&self) -> bool {
        self.by_component.is_empty()
    }

    pub(super) fn apply(&mut self, fact: &Fact, topology: &Topology) {
        let Some(component) = &fact.component else { return };
        match &fact.said {
            Conclusion::CheckFound { check, verdict: CheckVerdict::Fail, count, .. } => {
                let checks = topology.component(component).into_iter().flat_map(|known| &known.checks);
                let mut confirmed = checks.filter(|one| one.tier != Tier::Comprehensive && one.name == *check);
                if confirmed.any(|one| *count >= one.failure_threshold.max(1)) {
                    self.add(component, check);
                }
            }
            // A single pass is enough for a doubt; errors are when they make it unknown.
            Conclusion::CheckFound { check, verdict, count, needed, .. }
                if *verdict == CheckVerdict::Pass || count >= needed =>
            {
                let emptied = self.by_component.get_mut(component).is_some_and(|failing| {
                    failing.retain(|one| one != check);
                    failing.is_empty()
                });
                if emptied {
                    self.by_component.remove(component);
                }
            }
            Conclusion::ComponentRegistered {}
            | Conclusion::ComponentRemoved {}
            | Conclusion::HealthChanged { to: State::Unknown | State::Healthy, .. } => {
                self.by_component.remove(component);
            }
            _ => {}
        }
    }

    /// Adds a check, in the order of their names.
    fn add(&mut self, component: &Name, check: &Name) {
        let Some(failing) = self.by_component.get_mut(component) else {
            self.by_component.insert(component, [check.clone()].into());
            return;
        };
        if let Err(place) = failing.binary_search(check) {
            failing.insert(place, check.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{check, component, health, second};
    use crate::policy::components::Component;
    use alloc::string::String;
    use alloc::sync::Arc;

    fn topology() -> Topology {
        let check = |name: &str, tier| Arc::new(check(name, tier));
        let checks = [check("http", Tier::Shallow), check("db", Tier::Deep), check("buy", Tier::Comprehensive)];
        let mut topology = Topology::default();
        topology.register(Arc::new(component("plain", &[])));
        topology.register(Arc::new(Component { checks: checks.to_vec(), ..component("web", &[]) }));
        topology
    }

    fn found(check: &str, verdict: CheckVerdict, count: u32) -> Fact {
        let said = Conclusion::CheckFound { check: check.into(), verdict, count, needed: 4, detail: String::new() };
        Fact::new(second(1), "test.check", said).component(&"web".into())
    }

    /// Whether `web` is down after these facts, with `http` confirmed to fail before them.
    fn after(facts: &[Fact]) -> bool {
        let (mut confirmed, topology) = (Confirmed::default(), topology());
        confirmed.apply(&found("http", CheckVerdict::Fail, 3), &topology);
        assert!(confirmed.is_down(&"web".into()) && !confirmed.is_down(&"plain".into()));
        facts.iter().for_each(|fact| confirmed.apply(fact, &topology));
        assert_eq!(confirmed.is_empty(), !confirmed.is_down(&"web".into()), "nothing is kept for what is well");
        confirmed.is_down(&"web".into())
    }

    #[test]
    fn h3_only_what_is_confirmed_and_not_comprehensive_bears_it_out() {
        let of = |check, count| {
            let mut confirmed = Confirmed::default();
            confirmed.apply(&found(check, CheckVerdict::Fail, count), &topology());
            confirmed.is_down(&"web".into())
        };
        assert!(!of("http", 2) && of("http", 3) && of("http", 4) && of("db", 3));
        assert!(!of("buy", 3) && !of("another", 3), "for people; not known");
    }

    #[test]
    fn h3_what_speaks_against_it_is_a_doubt() {
        use CheckVerdict::{Error, Fail, Pass};
        assert!(!after(&[found("http", Pass, 1)]));
        assert!(after(&[found("http", Error, 3)]) && !after(&[found("http", Error, 4)]));
        assert!(after(&[found("db", Pass, 2)]) && after(&[found("http", Fail, 1)]), "nothing against it");
        assert!(after(&[found("db", Fail, 3), found("http", Pass, 1)]), "the other one fails");
        assert!(!after(&[found("db", Fail, 3), found("http", Pass, 1), found("db", Pass, 1)]));
        let is = |state| after(&[health(second(2), "web", state)]);
        assert!(!is(State::Healthy) && !is(State::Unknown));
        assert!(is(State::Critical) && is(State::Degraded) && after(&[health(second(2), "plain", State::Healthy)]));
        for said in [Conclusion::ComponentRegistered {}, Conclusion::ComponentRemoved {}] {
            assert!(!after(&[Fact::new(second(2), "test", said).component(&"web".into())]));
        }
    }
}
