//! What customers and security tools reported about each component within the last hour, and where checks found data
//! to be wrong.

use crate::knowledge::topology::Topology;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::CheckVerdict;
use crate::primitives::name::Name;
use crate::primitives::names::Names;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use serde::{Deserialize, Serialize};

/// How long a report counts.
pub const COUNTS_FOR: Span = Span::from_mins(60);
/// Reports kept for one component, oldest dropped first; 40 bytes each.
const KEPT: usize = 64;

/// Reports by component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    by_component: BTreeMap<Name, VecDeque<(Time, Cow<'static, str>)>>,
    /// Consistency checks that fail, by component; only those.
    #[serde(default)]
    inconsistent: BTreeMap<Name, BTreeSet<Name>>,
}

impl Reports {
    /// How many reports of this kind count now for `component`.
    pub fn count(&self, component: &Name, what: &str, now: Time) -> u32 {
        let reports = self.by_component.get(component).into_iter().flatten();
        let counted = reports.filter(|(at, kind)| kind == what && now.since(*at) <= COUNTS_FOR).count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// How many reports of this kind count now for all of `components` together.
    pub fn count_among(&self, components: &Names, what: &str, now: Time) -> u32 {
        if components.len() <= self.by_component.len() {
            return components.iter().map(|one| self.count(one, what, now)).fold(0, u32::saturating_add);
        }
        let among = self.by_component.keys().filter(|one| components.contains(one));
        among.map(|one| self.count(one, what, now)).fold(0, u32::saturating_add)
    }

    /// Whether a check that the policy calls one of consistency has failed on `component`, and has not passed since.
    pub fn is_inconsistent(&self, component: &Name) -> bool {
        self.inconsistent.contains_key(component)
    }

    pub(super) fn apply(&mut self, fact: &Fact, topology: &Topology) {
        let Some(component) = &fact.component else { return };
        match &fact.said {
            Conclusion::CheckFound { check, verdict, count, .. } => {
                self.found(component, check, (*verdict, *count), topology);
            }
            Conclusion::ComponentRegistered {} => drop(self.inconsistent.remove(component)),
            Conclusion::ComponentRemoved {} => {
                self.by_component.remove(component);
                self.inconsistent.remove(component);
            }
            Conclusion::ReportReceived { what } => {
                let reports = self.by_component.entry(component.clone()).or_default();
                reports.retain(|(at, _)| fact.at.since(*at) <= COUNTS_FOR);
                if reports.len() >= KEPT {
                    reports.pop_front();
                }
                reports.push_back((fact.at, what.clone()));
            }
            _ => {}
        }
    }

    /// As often in a row as moves health, in both directions: nothing is called corrupt, or sound again, at one glance.
    fn found(&mut self, component: &Name, check: &Name, found: (CheckVerdict, u32), topology: &Topology) {
        if !topology.is_checked_for_consistency(component) {
            return;
        }
        let checks = topology.component(component).into_iter().flat_map(|known| &known.checks);
        let Some(check) = checks.into_iter().find(|known| known.consistency && known.name == *check) else { return };
        match found {
            (CheckVerdict::Fail, count) if count >= check.failure_threshold => {
                self.inconsistent.entry(component.clone()).or_default().insert(check.name.clone());
            }
            (CheckVerdict::Pass, count) if count >= check.success_threshold => {
                let emptied = self.inconsistent.get_mut(component).is_some_and(|failing| {
                    failing.remove(&check.name);
                    failing.is_empty()
                });
                if emptied {
                    self.inconsistent.remove(component);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(minute: i64, what: &'static str) -> Fact {
        let said = Conclusion::ReportReceived { what: what.into() };
        Fact::new(Time::ZERO.after(Span::from_mins(minute)), "detect.report", said).component(&"web".into())
    }

    #[test]
    fn reports_count_by_kind_for_an_hour_and_are_bounded() {
        let (mut reports, topology) = (Reports::default(), Topology::default());
        for _ in 0..100 {
            reports.apply(&report(0, "customer"), &topology);
        }
        reports.apply(&report(30, "vip"), &topology);
        let at = |minute| Time::ZERO.after(Span::from_mins(minute));
        assert_eq!(reports.count(&"web".into(), "customer", at(60)), 63);
        assert_eq!(reports.count(&"web".into(), "customer", at(61)), 0);
        assert_eq!(reports.count(&"web".into(), "vip", at(61)), 1);
        assert_eq!(reports.count(&"db".into(), "vip", at(61)), 0);
    }
}
