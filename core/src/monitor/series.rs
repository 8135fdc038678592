//! Changes on purpose, one after the other (SPEC H7): together they hold back for as long as the policy says at most, so that
//! whoever reports changes without end does not switch healing off.

use crate::knowledge::expiring::Expiring;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// Components that were changed lately; 200 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Series {
    /// When the first change of each was.
    began: BTreeMap<Name, Time>,
    /// When each is over: nothing was changed for as long as the grace period of the last change.
    over: Expiring,
}

impl Series {
    /// Until when a change at `now` holds back, whose own grace period is `grace`, where a series has `most`. In the past
    /// where the series has used that up.
    pub fn until(&mut self, component: &Name, grace: Span, most: Span, now: Time) -> Time {
        while let Some(gone) = self.over.expire(now) {
            self.began.remove(&gone);
        }
        let began = *self.began.entry(component.clone()).or_insert(now);
        let own = now.after(grace);
        let over = self.over.until(component).map_or(own, |known| known.max(own));
        self.over.keep(component, over);
        own.min(began.after(most.max(grace)))
    }

    /// Forgets those that would be over first, until there are no more than `limit`.
    pub fn keep_within(&mut self, limit: u32) {
        while self.over.len() > limit as usize {
            let Some(gone) = self.over.shed() else { break };
            self.began.remove(&gone);
        }
    }

    /// Forgets a component that is gone.
    pub fn forget(&mut self, component: &Name) {
        self.began.remove(component);
        self.over.drop(component);
    }

    /// Whether nothing was changed lately.
    pub fn is_quiet(&self) -> bool {
        self.over.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;

    fn after(series: &mut Series, component: &str, at: i64, grace: i64) -> Time {
        series.until(&component.into(), Span::from_secs(grace), Span::from_secs(100), second(at))
    }

    #[test]
    fn h7_changes_one_after_the_other_hold_back_for_so_long_and_no_longer() {
        let mut series = Series::default();
        assert_eq!(after(&mut series, "web", 0, 60), second(60));
        assert_eq!(after(&mut series, "web", 30, 60), second(90));
        assert_eq!(after(&mut series, "web", 59, 60), second(100), "cut short");
        assert_eq!(after(&mut series, "web", 118, 60), second(100), "used up, and the series goes on");
        assert_eq!(after(&mut series, "web", 130, 1), second(100), "a shorter one does not end it sooner");
        assert_eq!(after(&mut series, "db", 118, 60), second(178), "each component has its own");
        assert_eq!(after(&mut series, "web", 178, 60), second(238), "what comes after a pause begins anew");
        assert_eq!(after(&mut series, "vm", 0, 600), second(600), "one change has all of its own period");
        series.forget(&"vm".into());
        assert_eq!(after(&mut series, "vm", 5, 600), second(605));
    }

    #[test]
    fn h7_how_many_are_remembered_is_bounded() {
        let mut series = Series::default();
        for (component, at) in [("a", 3), ("b", 1), ("c", 2)] {
            after(&mut series, component, at, 60);
        }
        series.keep_within(3);
        assert_eq!(series.began.len(), 3);
        series.keep_within(2);
        let kept: alloc::vec::Vec<&str> = series.began.keys().map(Name::as_str).collect();
        assert_eq!(kept, ["a", "c"], "the one that would be over first goes first");
        series.keep_within(0);
        assert!(series.is_quiet() && series.began.is_empty());
    }
}
