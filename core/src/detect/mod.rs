//! Detect: what suggests a fault. The conditions that playbooks wait for, and reports from outside.

mod concern;
mod condition;
mod report;

use crate::detect::concern::View;
use crate::detect::condition::Episode;
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft};
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// What this stage remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detect {
    /// Conditions that have begun to hold, by component and playbook; 300 bytes each.
    episodes: BTreeMap<Name, BTreeMap<Name, Episode>>,
    /// When one of them will have held long enough.
    next: Option<Time>,
}

impl Detect {
    /// One pass.
    pub fn advance(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        let due = self.next.is_some_and(|at| at <= context.now);
        let news = match context.event() {
            Some(Event::CustomerReported { .. } | Event::SampleReported { .. } | Event::SecurityAlerted { .. }) => true,
            _ => said.iter().any(concerns),
        };
        if !(due || news) {
            return;
        }
        self.forget_removed(context, said, out);
        self.forget_unasked(&View { context, knowledge }, said, out);
        report::take_in(context, knowledge, said, out);
        self.watch(context, knowledge, said, out);
        let episodes = self.episodes.values().flat_map(BTreeMap::values);
        self.next = episodes.filter_map(|episode| episode.due(context.now)).min();
    }

    /// When a condition will have held long enough.
    pub fn deadline(&self) -> Option<Deadline> {
        self.next.map(|at| Deadline { at, reason: "condition_holds" })
    }
}

fn concerns(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::ComponentRegistered {}
            | Conclusion::ComponentRemoved {}
            | Conclusion::HealthChanged { .. }
            | Conclusion::PolicyReplaced { .. }
    )
}

#[cfg(test)]
mod tests;
