//! What customers and security tools reported about each component within the last hour.

use crate::model::fact::{Conclusion, Fact};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, VecDeque};
use serde::{Deserialize, Serialize};

/// How long a report counts.
pub const COUNTS_FOR: Span = Span::from_mins(60);
/// Reports kept for one component, oldest dropped first; 40 bytes each.
const KEPT: usize = 64;

/// Reports by component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    by_component: BTreeMap<Name, VecDeque<(Time, Cow<'static, str>)>>,
}

impl Reports {
    /// How many reports of this kind count now for `component`.
    pub fn count(&self, component: &Name, what: &str, now: Time) -> u32 {
        let reports = self.by_component.get(component).into_iter().flatten();
        let counted = reports.filter(|(at, kind)| kind == what && now.since(*at) <= COUNTS_FOR).count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        let Some(component) = &fact.component else { return };
        match &fact.said {
            Conclusion::ComponentRemoved {} => drop(self.by_component.remove(component)),
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
        let mut reports = Reports::default();
        for _ in 0..100 {
            reports.apply(&report(0, "customer"));
        }
        reports.apply(&report(30, "vip"));
        let at = |minute| Time::ZERO.after(Span::from_mins(minute));
        assert_eq!(reports.count(&"web".into(), "customer", at(60)), 63);
        assert_eq!(reports.count(&"web".into(), "customer", at(61)), 0);
        assert_eq!(reports.count(&"web".into(), "vip", at(61)), 1);
        assert_eq!(reports.count(&"db".into(), "vip", at(61)), 0);
    }
}
