//! Which components were changed on purpose a short while ago, and so are only observed (SPEC H7).

use crate::knowledge::expiring::Expiring;
use crate::model::fact::{Conclusion, Fact};
use crate::policy::limits::Limits;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use serde::{Deserialize, Serialize};

/// Components within the grace period of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grace {
    until: Expiring,
}

impl Grace {
    /// Until when `component` is only observed, also where that is over by now and nothing has changed since.
    pub fn grace_until(&self, component: &Name) -> Option<Time> {
        self.until.until(component)
    }

    /// A further change makes it longer, never shorter.
    pub(super) fn apply(&mut self, fact: &Fact, limits: &Limits) {
        let Some(component) = &fact.component else { return };
        match fact.said {
            Conclusion::GraceOpened(crate::model::calm::Changed { until, .. }) => {
                while self.until.expire(fact.at).is_some() {}
                let until = self.until.until(component).map_or(until, |known| known.max(until));
                self.until.keep(component, until);
                while self.until.len() > limits.unsettled as usize {
                    self.until.shed();
                }
            }
            Conclusion::ComponentRemoved {} => self.until.drop(component),
            _ => {}
        }
    }
}
