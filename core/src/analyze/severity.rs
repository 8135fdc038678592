//! How bad an incident is: the policy's rule table, from top to bottom, the first rule known to hold decides, and those
//! that raise may make it worse. It rises by itself and falls only when a part of it recovers or a person says so.

use crate::analyze::Analyze;
use crate::analyze::case::Case;
use crate::analyze::view::View;
use crate::knowledge::evaluate::{evaluate, truth};
use crate::knowledge::scope::Known;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, Phase, is_outage};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::policy::severity::{Gives, SeverityRule};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::string::ToString;
use alloc::vec::Vec;

/// An incident of more members is assessed less often.
const LARGE: usize = 64;
/// How often such a one is.
const LARGE_EVERY: Span = Span::from_secs(1);

/// What the table said.
pub(super) struct Assessed {
    pub severity: Severity,
    /// The rule that decided.
    pub rule: Name,
    /// Every row that raises and holds.
    raises: Vec<Row>,
    /// Every row that calls people one level up and holds.
    ups: Vec<Row>,
}

/// A row of the table that holds.
#[derive(Clone)]
struct Row {
    rule: Name,
    severity: Severity,
}

impl Case {
    /// How bad the incident is now: what the first row says that gives a severity, or worse where a signal or a row that
    /// raises asks for it.
    pub fn assess(&self, view: &View<'_>, incident: &Incident) -> Assessed {
        let (base, raises, ups) = by_table(view, incident);
        let signal = self.floor().map(|severity| Row { rule: "signal".into(), severity });
        let worse = signal.into_iter().chain(raises.iter().cloned());
        let decides = worse.fold(base, |worst, row| if worst.severity.at_least(row.severity) { worst } else { row });
        Assessed { severity: decides.severity, rule: decides.rule, raises, ups }
    }

    /// The row that has begun to hold since, and asks for more than there is.
    fn news(&self, assessed: &Assessed, current: Severity) -> Option<Row> {
        let fresh = assessed.raises.iter().filter(|row| !self.raised.contains(&row.rule));
        fresh.filter(|row| !current.at_least(row.severity)).min_by_key(|row| row.severity.rank()).cloned()
    }
}

/// The row that decides by itself, those that raise, and those that call.
fn by_table(view: &View<'_>, incident: &Incident) -> (Row, Vec<Row>, Vec<Row>) {
    let (knowledge, now) = (view.knowledge, view.now());
    let (groups, component) = (view.context.policy.groups(), &incident.component);
    let known = Known { knowledge, groups, component, incident: Some(incident), now };
    let row = |rule: &SeverityRule, severity| Row { rule: rule.id.clone(), severity };
    let (mut base, mut raises, mut ups) = (None, Vec::new(), Vec::new());
    for rule in view.context.policy.severity() {
        if base.is_some() && matches!(rule.gives, Gives::Severity(_)) {
            continue;
        }
        if !truth(rule.when.expr(), &known).holds() {
            continue;
        }
        match rule.gives {
            Gives::OneLevelUp => ups.push(row(rule, incident.severity)),
            Gives::Raise(severity) => raises.push(row(rule, severity)),
            Gives::Severity(severity) => base = Some(row(rule, severity)),
        }
    }
    let otherwise = || Row { rule: "otherwise".into(), severity: Severity::Sev3 };
    (base.unwrap_or_else(otherwise), raises, ups)
}

/// What a row compared, for the fact that it leads to.
pub(super) fn compared(view: &View<'_>, incident: &Incident, rule: &Name) -> Vec<Value> {
    let (knowledge, now) = (view.knowledge, view.now());
    let (groups, component) = (view.context.policy.groups(), &incident.component);
    let known = Known { knowledge, groups, component, incident: Some(incident), now };
    let row = view.context.policy.severity().iter().find(|row| row.id == *rule);
    let all = row.map(|row| evaluate(row.when.expr(), &known).compared).unwrap_or_default();
    all.iter().map(|one| Value::text(&one.to_string())).collect()
}

impl Analyze {
    /// Notes what no longer lasts.
    pub(super) fn settle(&mut self, view: &mut View<'_>, said: &[Fact]) {
        for fact in said {
            let Some(component) = fact.component.as_ref().filter(|_| is_recovery(fact)) else { continue };
            let over = |issue: &Name| match &fact.said {
                Conclusion::SignalChanged { issue: over, .. } => issue == over,
                _ => is_outage(issue),
            };
            let ids = view.open_with(component);
            for id in ids {
                self.cases.entry(id).and_modify(|case| case.end(component, over));
            }
        }
    }

    /// Assesses every open incident again; says when one is that has to wait.
    pub(super) fn assess(&mut self, view: &mut View<'_>, said: &[Fact]) -> Option<Time> {
        let recovered: Vec<&Fact> = said.iter().filter(|fact| is_recovery(fact)).collect();
        let ids: Vec<IncidentId> = self.cases.keys().copied().collect();
        let mut again: Option<Time> = None;
        for id in ids {
            let (Some(case), Some(incident)) = (self.cases.get_mut(&id), view.incident(id)) else { continue };
            let of_member = |fact: &&&Fact| fact.component.as_ref().is_some_and(|one| incident.members.contains(one));
            let recovery = recovered.iter().find(of_member).map(|fact| fact.because.clone());
            case.recovery = recovery.or(case.recovery.take());
            if let Some(at) = waits_until(view, case, incident, said) {
                again = Some(again.map_or(at, |again| again.min(at)));
                continue;
            }
            case.assessed = Some(view.now());
            let recovery = case.recovery.take();
            let assessed = case.assess(view, incident);
            let (current, resolved) = (incident.severity, incident.phase == Phase::Resolved);
            let worse = !case.basis.at_least(assessed.severity) && !current.at_least(assessed.severity);
            let news = case.news(&assessed, current);
            // Once its own component is well, an incident keeps the severity it had.
            let partly = case.lasts(&incident.component) && !case.ordered;
            let better = recovery.filter(|_| partly && !assessed.severity.at_least(current));
            case.raised = assessed.raises.iter().map(|row| row.rule.clone()).collect();
            if worse || better.is_some() {
                case.basis = assessed.severity;
            }
            if worse || news.is_some() {
                case.ordered = false;
            }
            let ups = assessed.ups.iter().filter(|row| !resolved && case.called.insert(row.rule.clone()));
            let ups: Vec<Row> = ups.cloned().collect();
            let by_itself = Row { rule: assessed.rule, severity: assessed.severity };
            let now = [view.context.event_id()];
            match (worse, news, better) {
                (true, ..) => change(view, id, "analyze.severity_raised", by_itself, now.into()),
                (_, Some(row), _) => change(view, id, "analyze.severity_raised", row, now.into()),
                (.., Some(because)) => change(view, id, "analyze.severity_lowered", by_itself, because),
                _ => {}
            }
            ups.into_iter().for_each(|row| call(view, id, row));
        }
        again
    }
}

/// Until when the incident waits to be assessed: a large one to which checks of others than its own component only add
/// members, or take some away, is once in a second.
fn waits_until(view: &View<'_>, case: &Case, incident: &Incident, said: &[Fact]) -> Option<Time> {
    let by_checks = matches!(view.context.event(), None | Some(Event::CheckReported(_) | Event::TimeAdvanced));
    let own = said.iter().any(|fact| fact.component.as_ref() == Some(&incident.component));
    let at = case.assessed?.after(LARGE_EVERY);
    (by_checks && !own && incident.members.len() > LARGE && view.now() < at).then_some(at)
}

fn change(view: &mut View<'_>, id: IncidentId, rule: &'static str, row: Row, because: Vec<EventId>) {
    let Some(incident) = view.incident(id) else { return };
    let (from, component) = (incident.severity, incident.component.clone());
    let compared = compared(view, incident, &row.rule);
    let said = Conclusion::SeverityChanged { from, to: row.severity, by: row.rule };
    let fact = view.fact(rule, id, said).component(&component).because(because);
    view.say(compared.into_iter().fold(fact, |fact, value| fact.value("compared", value)));
}

/// People are called one level up.
fn call(view: &mut View<'_>, id: IncidentId, row: Row) {
    let Some(incident) = view.incident(id) else { return };
    let component = incident.component.clone();
    let compared = compared(view, incident, &row.rule);
    let said = Conclusion::EscalationWanted { by: row.rule };
    let fact = view.fact("analyze.one_level_up", id, said).component(&component);
    let fact = fact.because([view.context.event_id()]);
    view.say(compared.into_iter().fold(fact, |fact, value| fact.value("compared", value)));
}

fn is_recovery(fact: &Fact) -> bool {
    matches!(
        fact.said,
        Conclusion::HealthChanged { to: State::Healthy, .. } | Conclusion::SignalChanged { raised: false, .. }
    )
}
