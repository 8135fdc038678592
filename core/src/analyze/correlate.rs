//! What belongs together. For one trigger, the first line that fits:
//!
//! | the trigger | effect |
//! |---|---|
//! | same component and issue as an open incident | noted there |
//! | what the component needs has failed and has an open incident | joins that one, suppressed |
//! | what needs the component opened an incident within the last 2 min | joins it as its root |
//! | it is in the midst of a storm | joins the incident of that storm |
//! | something else felt the same change (deploy, config, reboot) within 10 min | joins that one's incident |
//! | the same was closed within the last hour | that incident is reopened |
//! | as many incidents are open as the limit allows | joins the storm |
//! | anything else | a new incident; a recurrence if it was closed before |

use crate::analyze::Analyze;
use crate::analyze::case::{CRITICAL, Case, DOWN, Waits};
use crate::analyze::cause::{CHANGE_COUNTS, bears_on};
use crate::analyze::severity::compared;
use crate::analyze::trigger::Trigger;
use crate::analyze::view::View;
use crate::knowledge::incidents::{BACK_AS_DEGRADED, opened};
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact, SUMMARY};
use crate::model::health::Tier;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{DEGRADED, Incident, Phase, is_outage};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::{Span, Time};
use alloc::format;
use alloc::vec::Vec;

/// How long after its dependents a dependency may fail and still be their root.
const ROOT_WINDOW: Span = Span::from_mins(2);
/// How long after one failure another may be of the same change.
const DEPLOY_WINDOW: Span = Span::from_mins(10);
/// How long after its close an incident is the same one when it comes back.
const REOPEN_WINDOW: Span = Span::from_mins(60);
/// The issue of the incident that takes in what is beyond the limit.
pub(super) const STORM: &str = "storm";

impl Analyze {
    pub(super) fn correlate(&mut self, view: &mut View<'_>, trigger: &Trigger) {
        if let Some(id) = self.same(view, trigger) {
            self.join(view, id, trigger, "analyze.same_issue", "same");
        } else if let Some((id, root)) = self.of_root(view, trigger) {
            self.join(view, id, trigger, "analyze.dependency", "dependency");
            suppress(view, id, &trigger.component, &root, trigger);
        } else if let Some(first) = self.adopt_as_root(view, trigger) {
            self.join(view, first, trigger, "analyze.root", "root");
        } else if let Some((id, relation)) = self.of_storm(view, trigger) {
            let rule = if relation == "root" { "analyze.storm_root" } else { "analyze.storm_member" };
            self.join(view, id, trigger, rule, relation);
        } else if let Some((id, change)) = self.of_change(view, trigger) {
            let mut after = clone_of(trigger);
            after.because = trigger.because.iter().cloned().chain([change]).collect();
            self.join(view, id, &after, "analyze.deploy", "deploy");
        } else {
            self.open(view, trigger);
        }
    }

    /// Lets what waited for a dependency go its own way once that one's incident is over and it is still not well, after
    /// as long as its checks take to see it well. Says when to look again, if anything still has that time.
    pub(super) fn release_dependents(&mut self, view: &mut View<'_>) -> Option<Time> {
        let mut released = Vec::new();
        let mut again: Option<Time> = None;
        for (id, case) in &mut self.cases {
            let Some(incident) = view.incident(*id) else { continue };
            if incident.phase != Phase::Resolved {
                continue;
            }
            let since = incident.recovered.unwrap_or(view.now());
            let until = |one: &Name| view.is_failing(one).then(|| since.after(patience(view, one)));
            let (gone, next) = case.release((&incident.component, since), view.now(), until);
            released.extend(gone);
            again = again.into_iter().chain(next).min();
        }
        self.open_together(view, released, "analyze.released");
        again
    }

    pub(super) fn same(&self, view: &View<'_>, trigger: &Trigger) -> Option<IncidentId> {
        let holds =
            |id: &IncidentId| self.cases.get(id).is_some_and(|case| case.holds(&trigger.component, &trigger.issue));
        view.open_with(&trigger.component).into_iter().find(holds)
    }

    /// The open incident of the failed component that comes first. One that only waits for its own end takes in nothing.
    fn of_root(&self, view: &View<'_>, trigger: &Trigger) -> Option<(IncidentId, Name)> {
        let root = trigger.root.clone()?;
        let outage = |id: &IncidentId| {
            let open = view.incident(*id).is_some_and(|incident| incident.phase != Phase::Resolved);
            open && self.cases.get(id).is_some_and(|case| case.holds(&root, &Name::new(DOWN)))
        };
        let id = view.open_with(&root).into_iter().find(outage)?;
        Some((id, root))
    }

    /// The incident that a dependent opened shortly before; others it opened are told that they wait.
    fn adopt_as_root(&self, view: &mut View<'_>, trigger: &Trigger) -> Option<IncidentId> {
        if !is_outage(&trigger.issue) || trigger.root.is_some() {
            return None;
        }
        let mut dependents: Vec<&Incident> =
            self.cases.keys().filter_map(|id| view.incident(*id)).filter(|one| waits_for(view, one, trigger)).collect();
        dependents.sort_by_key(|incident| (incident.detected, incident.id));
        let of: Vec<(IncidentId, Name)> =
            dependents.iter().map(|incident| (incident.id, incident.component.clone())).collect();
        for (id, component) in &of {
            suppress(view, *id, component, &trigger.component, trigger);
        }
        of.first().map(|(id, _)| *id)
    }

    /// The incident of something else that the same change may have broken, and that change.
    fn of_change(&self, view: &View<'_>, trigger: &Trigger) -> Option<(IncidentId, EventId)> {
        if self.changes.is_empty() || !is_outage(&trigger.issue) {
            return None;
        }
        let lately = self.changes.iter().rev().filter(|change| view.now().since(change.at) <= CHANGE_COUNTS);
        let mut changes = lately.filter(|change| bears_on(view, &change.component, &trigger.component));
        changes.find_map(|change| {
            let same = |incident: &&Incident| {
                is_outage(&incident.issue)
                    && incident.detected >= change.at
                    && view.now().since(incident.detected) <= DEPLOY_WINDOW
                    && !matches!(incident.phase, Phase::Closed | Phase::Resolved)
                    && bears_on(view, &change.component, &incident.component)
            };
            let open = self.cases.keys().filter_map(|id| view.incident(*id)).filter(same);
            let first = open.min_by_key(|incident| (incident.detected, incident.id))?;
            Some((first.id, change.event.clone()))
        })
    }

    pub(super) fn join(
        &mut self,
        view: &mut View<'_>,
        id: IncidentId,
        trigger: &Trigger,
        rule: &'static str,
        relation: &'static str,
    ) {
        let said = Conclusion::IncidentJoined { issue: trigger.issue.clone(), relation: relation.into() };
        let fact = view.fact(rule, id, said).component(&trigger.component).because(trigger.because.iter().cloned());
        let fact = match &trigger.root {
            Some(root) => fact.value("root", Value::text(root.as_str())),
            None => fact,
        };
        view.say(fact);
        let basis = view.incident(id).map_or(Severity::Sev3, |incident| incident.severity);
        let case = self.cases.entry(id).or_insert_with(|| Case::new(basis));
        if relation == "root" {
            case.wait();
        }
        let waits = match relation {
            "storm" => Waits::Storm,
            "dependency" | "deploy" => Waits::Root,
            _ => Waits::Nothing,
        };
        case.add(&trigger.component, &trigger.issue, trigger.floor, waits);
    }

    pub(super) fn open(&mut self, view: &mut View<'_>, trigger: &Trigger) {
        let last = last_closed(view, trigger);
        if let Some((id, _)) = last.filter(|(_, since)| *since <= REOPEN_WINDOW) {
            self.reopen(view, id, trigger);
            return;
        }
        let limit = view.context.policy.limits().open_incidents.max(1) as usize;
        // The last place is the storm's.
        if self.cases.len() + 1 >= limit {
            self.weather(view, trigger);
            return;
        }
        let id = IncidentId::derive(&trigger.component, &trigger.issue, &trigger.deciding(view.context.event_id()));
        match view.incident(id) {
            // The same event again, after so long that its incident is closed: one id is one incident.
            Some(known) if !known.is_open() => self.reopen(view, id, trigger),
            Some(_) => self.join(view, id, trigger, "analyze.same_issue", "same"),
            None => self.start(view, id, trigger, &trigger.issue, last.map(|(id, _)| id)),
        }
    }

    fn start(
        &mut self,
        view: &mut View<'_>,
        id: IncidentId,
        trigger: &Trigger,
        issue: &Name,
        recurrence_of: Option<IncidentId>,
    ) {
        let mut case = Case::new(Severity::Sev3);
        case.add(&trigger.component, &trigger.issue, trigger.floor, Waits::Nothing);
        let onset = view.knowledge.health.of(&trigger.component, &view.knowledge.topology).onset;
        let onset = onset.unwrap_or(view.now());
        let said = |severity| Conclusion::IncidentOpened { issue: issue.clone(), severity, onset, recurrence_of };
        let mut fact = view.fact("analyze.opened", id, said(Severity::Sev3)).component(&trigger.component);
        fact.because.extend(trigger.because.iter().cloned());
        let Some(incident) = opened(&fact) else { return };
        let assessed = case.assess(view, &incident);
        case.basis = assessed.severity;
        fact.said = said(assessed.severity);
        fact = fact.value("severity_rule", Value::text(assessed.rule.as_str()));
        if let Some(summary) = summary(view, trigger) {
            fact = fact.value(SUMMARY, summary);
        }
        if let Some(root) = &trigger.root {
            fact = fact.value("root", Value::text(root.as_str()));
        }
        let compared = compared(view, &incident, &assessed.rule);
        view.say(compared.into_iter().fold(fact, |fact, value| fact.value("compared", value)));
        self.cases.insert(id, case);
        self.lend_to_storms(view, id, trigger);
    }

    fn reopen(&mut self, view: &mut View<'_>, id: IncidentId, trigger: &Trigger) {
        let rule = if trigger.issue.as_str() == DEGRADED { BACK_AS_DEGRADED } else { "analyze.reopened" };
        let fact = view.fact(rule, id, Conclusion::IncidentReopened {}).component(&trigger.component);
        let fact = fact.because(trigger.because.iter().cloned());
        view.say(match summary(view, trigger) {
            Some(summary) => fact.value(SUMMARY, summary),
            None => fact,
        });
        let basis = view.incident(id).map_or(Severity::Sev3, |incident| incident.severity);
        let mut case = Case::new(basis);
        case.add(&trigger.component, &trigger.issue, trigger.floor, Waits::Nothing);
        self.cases.insert(id, case);
        self.lend_to_storms(view, id, trigger);
    }

    /// Beyond the limit everything becomes one incident that people are called for.
    fn weather(&mut self, view: &mut View<'_>, trigger: &Trigger) {
        let limit = "open_incidents";
        let dropped = format!("an incident of its own for `{}` on `{}`", trigger.issue, trigger.component);
        let overload = Fact::new(view.now(), "analyze.storm", Conclusion::Overloaded { limit: limit.into(), dropped });
        view.say(overload.component(&trigger.component).because(trigger.because.iter().cloned()));
        if let Some(id) = self.weather {
            self.join(view, id, trigger, "analyze.storm", "storm");
            return;
        }
        let issue = Name::new(STORM);
        let id = IncidentId::derive(&trigger.component, &issue, &trigger.deciding(view.context.event_id()));
        let worst = Trigger { floor: Some(Severity::Sev0), because: trigger.because.clone(), ..clone_of(trigger) };
        match view.incident(id) {
            Some(known) if !known.is_open() => self.reopen(view, id, &worst),
            _ => self.start(view, id, &worst, &issue, None),
        }
        self.weather = Some(id);
    }
}

/// How long the checks of a sick component take to see it well.
pub(super) fn patience(view: &View<'_>, component: &Name) -> Span {
    let component = view.knowledge.topology.component(component);
    let checks = component.iter().flat_map(|component| &component.checks);
    let asked = checks.filter(|check| check.tier != Tier::Comprehensive);
    let spans = asked.map(|check| {
        let successes = i64::from(check.success_threshold.max(1));
        check.recheck_interval.times(successes).plus(check.timeout)
    });
    spans.max().unwrap_or(Span::ZERO)
}

/// What whoever raised the alert says of it.
fn summary(view: &View<'_>, trigger: &Trigger) -> Option<Value> {
    let (component, text) = match view.context.event()? {
        Event::AlertRaised { component, issue, summary, .. } if *issue == trigger.issue => (component, summary),
        Event::SecurityAlerted { component, summary } => (component, summary),
        _ => return None,
    };
    let text = one_line(text, 160);
    (*component == trigger.component && !text.is_empty()).then(|| Value::text(&text))
}

fn clone_of(trigger: &Trigger) -> Trigger {
    Trigger {
        component: trigger.component.clone(),
        issue: trigger.issue.clone(),
        floor: trigger.floor,
        because: Vec::new(),
        root: trigger.root.clone(),
    }
}

fn waits_for(view: &View<'_>, incident: &Incident, trigger: &Trigger) -> bool {
    view.now().since(incident.detected) <= ROOT_WINDOW
        && !matches!(incident.phase, Phase::Closed | Phase::Resolved)
        && incident.component != trigger.component
        && view.is_failing(&incident.component)
        && view.root_cause(&incident.component).as_ref() == Some(&trigger.component)
}

fn suppress(view: &mut View<'_>, id: IncidentId, component: &Name, root: &Name, trigger: &Trigger) {
    let said = Conclusion::Suppressed { by: root.clone(), detail: format!("it needs `{root}`, which has failed") };
    let fact = view.fact("analyze.root_first", id, said).component(component);
    view.say(fact.because(trigger.because.iter().cloned()));
}

/// The incident of the same kind that was closed last, and how long ago.
fn last_closed(view: &View<'_>, trigger: &Trigger) -> Option<(IncidentId, Span)> {
    let kinds = if is_outage(&trigger.issue) {
        [Name::new(DOWN), Name::new(CRITICAL), Name::new(DEGRADED)].to_vec()
    } else {
        [trigger.issue.clone()].to_vec()
    };
    let closed = kinds.iter().filter_map(|kind| view.knowledge.incidents.last_closed(&trigger.component, kind));
    let last = closed.filter(|one| !view.incident(one.id).is_some_and(Incident::is_open));
    let last = last.max_by_key(|incident| (incident.closed, incident.id))?;
    Some((last.id, view.now().since(last.closed?)))
}
