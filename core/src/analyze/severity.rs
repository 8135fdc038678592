//! How bad an incident is: the policy's rule table, from top to bottom, the first rule known to hold decides. It rises by
//! itself and falls only when a part of it recovers or a person says so.

use crate::analyze::Analyze;
use crate::analyze::case::Case;
use crate::analyze::view::View;
use crate::knowledge::evaluate::evaluate;
use crate::knowledge::scope::Known;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, is_outage};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::primitives::name::Name;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What the table said.
pub(super) struct Assessed {
    pub severity: Severity,
    /// The rule that decided.
    pub rule: Name,
    /// What it compared.
    pub compared: Vec<String>,
}

impl Case {
    /// How bad the incident is now.
    pub fn assess(&self, view: &View<'_>, incident: &Incident) -> Assessed {
        if view.knowledge.runs.rollback_failed(incident.id) {
            return Assessed { severity: Severity::Sev0, rule: "rollback_failed".into(), compared: Vec::new() };
        }
        let by_table = by_table(view, incident);
        match self.floor() {
            Some(floor) if !by_table.severity.at_least(floor) => {
                Assessed { severity: floor, rule: "signal".into(), compared: Vec::new() }
            }
            _ => by_table,
        }
    }
}

fn by_table(view: &View<'_>, incident: &Incident) -> Assessed {
    let (knowledge, now) = (view.knowledge, view.now());
    let known = Known { knowledge, component: &incident.component, incident: Some(incident), now };
    for rule in view.context.policy.severity() {
        let explanation = evaluate(rule.when.expr(), &known);
        if explanation.truth.holds() {
            let compared = explanation.compared.iter().map(ToString::to_string).collect();
            return Assessed { severity: rule.severity, rule: rule.id.clone(), compared };
        }
    }
    Assessed { severity: Severity::Sev3, rule: "otherwise".into(), compared: Vec::new() }
}

impl Analyze {
    /// Notes what no longer lasts.
    pub(super) fn settle(&mut self, view: &mut View<'_>, said: &[Fact]) {
        for fact in said {
            let Some(component) = &fact.component else { continue };
            let over = |issue: &Name| match &fact.said {
                Conclusion::HealthChanged { to: State::Healthy, .. } => is_outage(issue),
                Conclusion::SignalChanged { issue: over, raised: false, .. } => issue == over,
                _ => false,
            };
            let ids = view.open_with(component);
            for id in ids {
                let issues = self.cases.get_mut(&id).and_then(|case| case.issues.get_mut(component));
                let ended = issues.into_iter().flatten().filter(|(issue, _)| over(issue));
                ended.for_each(|(_, issue)| issue.lasts = false);
            }
        }
    }

    /// Assesses every open incident again.
    pub(super) fn assess(&mut self, view: &mut View<'_>, said: &[Fact]) {
        let recovered: Vec<&Fact> = said.iter().filter(|fact| is_recovery(fact)).collect();
        let ids: Vec<IncidentId> = self.cases.keys().copied().collect();
        for id in ids {
            let (Some(case), Some(incident)) = (self.cases.get_mut(&id), view.incident(id)) else { continue };
            let assessed = case.assess(view, incident);
            let current = incident.severity;
            let of_member = |fact: &&&Fact| fact.component.as_ref().is_some_and(|one| incident.members.contains(one));
            let recovery = recovered.iter().find(of_member);
            let worse = !case.basis.at_least(assessed.severity) && !current.at_least(assessed.severity);
            // Once its own component is well, an incident keeps the severity it had.
            let partly = case.lasts(&incident.component);
            let better = recovery.is_some() && partly && !assessed.severity.at_least(current);
            if worse || better {
                case.basis = assessed.severity;
            }
            if worse || better {
                let rule = if worse { "analyze.severity_raised" } else { "analyze.severity_lowered" };
                let because = match recovery {
                    Some(fact) if better => fact.because.clone(),
                    _ => [view.context.event_id()].to_vec(),
                };
                change(view, id, rule, assessed, because);
            }
        }
    }
}

fn change(view: &mut View<'_>, id: IncidentId, rule: &'static str, assessed: Assessed, because: Vec<EventId>) {
    let Some(incident) = view.incident(id) else { return };
    let (from, component) = (incident.severity, incident.component.clone());
    let said = Conclusion::SeverityChanged { from, to: assessed.severity, by: assessed.rule };
    let fact = view.fact(rule, id, said).component(&component).because(because);
    view.say(assessed.compared.into_iter().fold(fact, |fact, text| fact.value("compared", Value::text(&text))));
}

fn is_recovery(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::HealthChanged { to: State::Healthy, .. } | Conclusion::SignalChanged { raised: false, .. }
    )
}
