//! Floor 4: what more than one stage remembers. Stages read it; only [`Knowledge::apply`] writes, from facts.

pub mod aggregate;
pub mod confirmed;
pub mod context;
pub mod control;
pub mod evaluate;
pub mod expiring;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod flapping;
pub mod grace;
pub mod health;
pub mod incidents;
pub mod metrics;
pub mod ordered;
pub mod people;
pub mod reach;
pub mod records;
pub mod reports;
pub mod rollup;
pub mod runs;
pub mod scope;
pub mod storms;
pub mod timeline;
pub mod topology;
pub mod warm_up;
pub mod watch;
pub mod windows;

use crate::knowledge::confirmed::Confirmed;
use crate::knowledge::control::Control;
use crate::knowledge::flapping::Flapping;
use crate::knowledge::grace::Grace;
use crate::knowledge::health::{Health, Healths};
use crate::knowledge::incidents::Incidents;
use crate::knowledge::metrics::{Caps, Metrics, Recorded};
use crate::knowledge::people::People;
use crate::knowledge::records::Records;
use crate::knowledge::reports::Reports;
use crate::knowledge::runs::Runs;
use crate::knowledge::storms::Storms;
use crate::knowledge::timeline::Timeline;
use crate::knowledge::topology::{Slot, Topology};
use crate::knowledge::warm_up::WarmUp;
use crate::knowledge::watch::Watches;
use crate::knowledge::windows::Windows;
use crate::model::fact::{Conclusion, Fact};
use crate::policy::limits::Limits;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Time;

/// What more than one stage remembers.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Checks that are confirmed to fail.
    pub confirmed: Confirmed,
    /// Switches and ceilings.
    pub control: Control,
    /// Components that flap.
    pub flapping: Flapping,
    /// Components within the grace period of a change.
    pub grace: Grace,
    /// Health of each component.
    pub health: Healths,
    /// Incidents, open and lately closed.
    pub incidents: Incidents,
    /// Recent samples.
    pub metrics: Metrics,
    /// What people ordered about who is told.
    pub people: People,
    /// What came of each playbook.
    pub records: Records,
    /// What customers and security tools reported lately.
    pub reports: Reports,
    /// Runs of those incidents.
    pub runs: Runs,
    /// What fails together.
    pub storms: Storms,
    /// The facts of each incident, in order.
    pub timeline: Timeline,
    /// Components and what they depend on.
    pub topology: Topology,
    /// Whether enough was heard for anything to be done.
    pub warm_up: WarmUp,
    /// What remediation verifies and acted on.
    pub watches: Watches,
    /// Maintenance and change windows that are open.
    pub windows: Windows,
}

impl Knowledge {
    /// Folds facts in, in order. Right after a stage has said them, and nowhere else.
    pub fn apply(&mut self, facts: &[Fact], limits: &Limits) {
        for fact in facts {
            self.confirmed.apply(fact, &self.topology);
            self.control.apply(fact);
            self.flapping.apply(fact);
            self.grace.apply(fact, limits);
            self.health.apply(fact, &self.topology);
            self.count(fact);
            let state =
                fact.incident.and(fact.component.as_ref()).map(|name| self.health.of(name, &self.topology).state);
            self.incidents.apply(fact, state, &self.topology);
            self.people.apply(fact);
            self.reports.apply(fact, &self.topology);
            self.runs.apply(fact);
            self.records.apply(fact, &self.runs, &self.incidents);
            if let (Conclusion::ComponentRemoved {}, Some(gone)) = (&fact.said, &fact.component) {
                self.metrics.forget(gone.as_str());
            }
            self.storms.apply(fact, &self.topology);
            self.timeline.apply(fact, limits);
            self.warm_up.apply(fact);
            self.watches.apply(fact);
            self.windows.apply(fact);
        }
        if !facts.is_empty() {
            for gone in self.incidents.forget_beyond(limits) {
                self.runs.forget(gone);
                self.timeline.forget(gone);
            }
        }
    }

    /// Puts the health of a component where a snapshot says it was.
    pub fn restore_health(&mut self, slot: Slot, health: Health) {
        self.health.restore(slot, health);
        self.topology.observe(slot, health.state);
    }

    /// Counts the component of `fact` in the groups that it is in.
    fn count(&mut self, fact: &Fact) {
        let moves = matches!(fact.said, Conclusion::ComponentRegistered {} | Conclusion::HealthChanged { .. });
        let slot = fact.component.as_ref().filter(|_| moves).and_then(|name| self.topology.slot(name));
        if let Some(slot) = slot {
            self.topology.observe(slot, self.health.at(slot).state);
        }
    }

    /// Takes in a sample before the pass that its event sets going; the reason where it is not kept.
    ///
    /// # Errors
    /// When there is no such component, the sample is too late or a duplicate, or one series too many would begin.
    pub fn observe(
        &mut self,
        (component, metric): (&Name, &Name),
        (value, taken_at): (Finite, Option<Time>),
        now: Time,
        limits: &Limits,
    ) -> Result<(), &'static str> {
        if self.topology.slot(component).is_none() {
            return Err("there is no such component: expected one that is registered");
        }
        let caps = Caps { series: limits.series, samples: limits.samples };
        match self.metrics.record(component, metric, (taken_at.unwrap_or(now), value), now, caps) {
            Recorded::Added => Ok(()),
            Recorded::Duplicate => Err("there is a sample of that time already: the first one stays"),
            Recorded::Late => Err("the sample is older than all that are kept of its series"),
            Recorded::Refused => Err("there are too many series: raise the limit `series`, or send fewer metrics"),
        }
    }
}
