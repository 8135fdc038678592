//! How far a plan reaches, held against the table of what may be done alone (SPEC B1, B2). The table is in
//! `policy/blast.rs`; whom it asks for an approval is for the link of that name.

use super::number;
use crate::model::radius::Reach;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, ActionClass, Reversal};
use crate::policy::blast::{self as table, Asks, Case};
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::remediate::blast;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn blast(&self) -> Answer {
        if let Some(target) = self.targets().into_iter().find(|target| self.known(target).is_none()) {
            return Answer::refuse("blast.unknown_target", format!("`{target}` to be a registered component"))
                .with("target", Value::text(target.as_str()));
        }
        let (now, planned) = (self.reach(), self.question.plan.reach);
        if now.level > planned.level {
            return Answer::refuse("blast.grown", format!("a new plan: it would reach {} now", now.level))
                .with("level", Value::text(now.level.as_str()))
                .with("planned", Value::text(planned.level.as_str()));
        }
        let case = self.case();
        let fitting: Vec<&table::Rule> = table::fitting(&case).collect();
        let answer = match fitting.iter().find_map(|rule| self.forbids(rule)) {
            Some(refusal) => refusal,
            None if fitting.is_empty() => Answer::pass("blast.alone"),
            None => Answer::pass("blast.with_approval"),
        };
        let answer = answer
            .with("level", Value::text(case.level.as_str()))
            .with("instances", number(case.instances))
            .with("score", number(planned.score))
            .with("risk", Value::text(case.risk.as_str()));
        if fitting.is_empty() {
            return answer;
        }
        answer.with("rules", Value::List(fitting.iter().map(|rule| Value::text(rule.id)).collect()))
    }

    /// What has to be signed off is forbidden unless a person ordered it.
    fn forbids(&self, rule: &table::Rule) -> Option<Answer> {
        let (Asks::SignOff(roles), None) = (rule.asks, self.question.by) else { return None };
        let id = match rule.id {
            "cluster_wide" => "blast.cluster_wide",
            _ => "blast.multi_region",
        };
        Some(Answer::refuse(id, format!("an order by a person, signed off by {}", roles.join(" and "))))
    }

    fn known(&self, name: &Name) -> Option<&Arc<Component>> {
        self.view.knowledge.topology.component(name)
    }

    /// Everything that the plan names.
    fn targets(&self) -> BTreeSet<&Name> {
        let plan = self.question.plan;
        plan.targets.keys().chain(plan.steps.iter().map(|planned| &planned.target)).collect()
    }

    /// How far the plan reaches now.
    fn reach(&self) -> Reach {
        let question = self.question;
        let (targets, actions) = (&question.plan.targets, question.actions.values().map(Arc::as_ref));
        match question.occasion.is_first() {
            true => blast::of_plan(targets, actions, self.view.knowledge),
            false => blast::of_begun(targets, actions, self.view.knowledge),
        }
    }

    /// What the plan is judged by. What is not known stands as the worse of what it could be.
    pub(super) fn case(&self) -> Case {
        let question = self.question;
        let (now, planned) = (self.reach(), question.plan.reach);
        let actions = || question.actions.values().map(Arc::as_ref);
        let risk = actions().map(|action| action.risk).max().unwrap_or_default();
        let irreversible = |action: &Action| action.reversal == Reversal::Irreversible && action.risk > Risk::Low;
        let targets = self.targets();
        let topology = &self.view.knowledge.topology;
        let critical = |target: &&Name| {
            self.known(target).is_none_or(|component| {
                let members = topology.members(component.service());
                members.iter().any(|member| self.known(member).is_none_or(|member| member.critical))
            })
        };
        let in_production = |target: &&Name| self.known(target).is_none_or(|component| component.is_production());
        Case {
            level: now.level.max(planned.level),
            instances: now.instances.max(planned.instances),
            critical: targets.iter().any(critical),
            severity: question.incident.severity,
            risk,
            irreversible: actions().any(irreversible),
            classes: actions().flat_map(|action| action.classes.iter().copied()).collect(),
            production: targets.iter().any(in_production),
            deletions: self.deletions(),
        }
    }

    /// How much it deletes: each execution of such an action counts, and so does each component that the plan names.
    fn deletions(&self) -> u32 {
        let plan = self.question.plan;
        let deletes = |name: &Name| {
            self.question.actions.get(name).is_none_or(|action| action.classes.contains(&ActionClass::Deletion))
        };
        let planned = || plan.steps.iter().map(|planned| &planned.step.action);
        if !planned().chain(self.question.actions.keys()).any(deletes) {
            return 0;
        }
        let steps = planned().filter(|name| deletes(name)).count();
        u32::try_from(steps.max(plan.targets.len())).unwrap_or(u32::MAX)
    }
}
