//! Floor 4: what more than one stage remembers. Stages read it; only [`Knowledge::apply`] writes, from facts.

pub mod context;
pub mod control;
pub mod evaluate;
pub mod health;
pub mod incidents;
pub mod metrics;
pub mod rollup;
pub mod runs;
pub mod timeline;
pub mod topology;
pub mod watch;

use crate::knowledge::control::Control;
use crate::knowledge::health::Healths;
use crate::knowledge::incidents::Incidents;
use crate::knowledge::runs::Runs;
use crate::knowledge::timeline::Timeline;
use crate::knowledge::topology::Topology;
use crate::knowledge::watch::Watches;
use crate::model::fact::Fact;
use crate::policy::limits::Limits;

/// What more than one stage remembers.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Switches and ceilings.
    pub control: Control,
    /// Health of each component.
    pub health: Healths,
    /// Incidents, open and lately closed.
    pub incidents: Incidents,
    /// Runs of those incidents.
    pub runs: Runs,
    /// The facts of each incident, in order.
    pub timeline: Timeline,
    /// Components and what they depend on.
    pub topology: Topology,
    /// What remediation verifies and acted on.
    pub watches: Watches,
}

impl Knowledge {
    /// Folds facts in, in order. Right after a stage has said them, and nowhere else.
    pub fn apply(&mut self, facts: &[Fact], limits: &Limits) {
        for fact in facts {
            self.control.apply(fact);
            self.health.apply(fact, &self.topology);
            self.incidents.apply(fact);
            self.runs.apply(fact);
            self.timeline.apply(fact, limits);
            self.watches.apply(fact);
        }
        if !facts.is_empty() {
            for gone in self.incidents.forget_beyond(limits) {
                self.runs.forget(gone);
                self.timeline.forget(gone);
            }
        }
    }
}
