//! What percentages come to in small groups (SPEC H8): 40 % of two are one, 1 % of twenty is one.

use crate::policy::Policy;
use crate::policy::groups::{Aggregate, enough};
use crate::policy::playbook::{Node, Playbook};
use crate::policy::safety::{Budget, Share};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// The largest group that is shown.
const LARGEST: u32 = 10;

/// What one percentage comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Percentage {
    /// Where it stands: `default_budget: max_unhealthy`.
    pub of: String,
    /// The percentage.
    pub percent: u32,
    /// What it comes to in groups of 1, 2 … 10.
    pub comes_to: Vec<u32>,
}

impl Policy {
    /// Every percentage that counts members of a group, with what it comes to.
    pub fn percentages(&self) -> Vec<Percentage> {
        let mut all = of_budget("default_budget", &self.safety.default_budget);
        for (group, budget) in &self.safety.budgets {
            all.extend(of_budget(&format!("budgets: {group}"), budget));
        }
        let storm = &self.safety.storm;
        all.push(percentage("storm: share".into(), storm.percent, |size| storm.bearable(size)));
        for (group, rule) in &self.groups {
            if let Aggregate::MinHealthy(wanted @ Share::Percent(percent)) = rule {
                let of = |size| u32::try_from(enough(*wanted, u64::from(size))).unwrap_or(u32::MAX);
                all.push(percentage(format!("groups: {group}: min_healthy"), *percent, of));
            }
        }
        all.extend(self.playbooks.iter().flat_map(|playbook| of_rollouts(playbook)));
        all
    }
}

fn of_budget(name: &str, budget: &Budget) -> Vec<Percentage> {
    let fields = [
        ("max_unhealthy", budget.max_unhealthy),
        ("max_in_flight", budget.max_in_flight),
        ("keep_healthy_at_least", budget.keep_healthy_at_least),
    ];
    let found = fields.into_iter().filter_map(|(field, share)| match share {
        Share::Percent(percent) => Some(percentage(format!("{name}: {field}"), percent, |size| share.of(size))),
        Share::Count(_) => None,
    });
    found.collect()
}

fn of_rollouts(playbook: &Playbook) -> Vec<Percentage> {
    let rollouts = playbook.steps.iter().filter_map(|node| match node {
        Node::ForEach { rollout, .. } => rollout.as_ref(),
        Node::Parallel { .. } | Node::Step(_) => None,
    });
    let stages = rollouts.flat_map(|rollout| rollout.stages.iter().zip(1_u32..)).map(|(percent, stage)| {
        let of = |size| Share::Percent(*percent).of(size);
        percentage(format!("{}: rollout: stage {stage}", playbook.id), *percent, of)
    });
    stages.collect()
}

fn percentage(of: String, percent: u32, comes_to: impl Fn(u32) -> u32) -> Percentage {
    Percentage { of, percent, comes_to: (1..=LARGEST).map(comes_to).collect() }
}
