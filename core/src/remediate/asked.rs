//! Conditions of a playbook, asked about the component of an incident.

use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::knowledge::evaluate::{self, Explanation};
use crate::knowledge::scope::Known;
use crate::model::incident::Incident;
use crate::policy::condition::Condition;

/// Whether `condition` holds for the component of `incident`, and what was compared.
pub fn ask(condition: &Condition, knowledge: &Knowledge, context: &Context<'_>, incident: &Incident) -> Explanation {
    let (groups, component) = (context.policy.groups(), &incident.component);
    let known = Known { knowledge, groups, component, incident: Some(incident), now: context.now };
    evaluate::evaluate(condition.expr(), &known)
}
