//! What people order about an incident, and the end of one whose component is gone.

use crate::analyze::Analyze;
use crate::analyze::view::View;
use crate::model::event::{Event, IncidentOrder, Principal};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, Phase};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::policy::authority::Verb;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use alloc::format;
use alloc::vec::Vec;

impl Analyze {
    pub(super) fn carry_out_order(&mut self, view: &mut View<'_>, said: &[Fact]) {
        let context = view.context;
        let Some(Event::IncidentOrdered { incident, order, by }) = context.event() else { return };
        let verb = match order {
            IncidentOrder::Close { .. } => Verb::CloseIncident,
            IncidentOrder::SetSeverity { .. } => Verb::SetSeverity,
        };
        let allowed = match view.incident(*incident) {
            None => Err(format!("there is no incident `{incident}`")),
            Some(found) if !found.is_open() => Err(format!("incident `{incident}` is closed already")),
            Some(_) => verb.check(by),
        };
        match (allowed, order) {
            (Err(reason), _) => view.refuse("analyze.order_refused", said, reason),
            (Ok(()), IncidentOrder::Close { resolution }) => {
                let detail = match one_line(resolution, 200) {
                    text if text.is_empty() => format!("closed by {}", by.id),
                    text => format!("closed by {}: {text}", by.id),
                };
                self.note_said_over(view, *incident);
                close(view, *incident, "analyze.closed_by_person", &detail, &context.event_id());
            }
            (Ok(()), IncidentOrder::SetSeverity { severity }) => {
                self.cases.entry(*incident).and_modify(|case| case.ordered = true);
                set_severity(view, *incident, *severity, by);
            }
        }
    }

    /// Closes the incidents about components that are gone.
    pub(super) fn close_removed(&mut self, view: &mut View<'_>, said: &[Fact]) {
        let gone: Vec<&Name> = said
            .iter()
            .filter(|fact| matches!(fact.said, Conclusion::ComponentRemoved {}))
            .filter_map(|fact| fact.component.as_ref())
            .collect();
        if gone.is_empty() {
            return;
        }
        let about = |incident: &&Incident| gone.contains(&&incident.component);
        let ids: Vec<IncidentId> =
            self.cases.keys().filter_map(|id| view.incident(*id)).filter(about).map(|incident| incident.id).collect();
        for id in ids {
            close(view, id, "analyze.component_removed", "its component was removed", &view.context.event_id());
        }
    }
}

fn set_severity(view: &mut View<'_>, id: IncidentId, to: Severity, by: &Principal) {
    let Some(incident) = view.incident(id) else { return };
    let (from, component) = (incident.severity, incident.component.clone());
    if from != to {
        let said = Conclusion::SeverityChanged { from, to, by: "ordered".into() };
        let fact = view.fact("analyze.severity_ordered", id, said).component(&component);
        view.say(fact.because([view.context.event_id()]).value("by", Value::text(by.id.as_str())));
    }
}

/// Closes an incident from wherever it is: a person takes it over first, where it is not over already.
pub(super) fn close(view: &mut View<'_>, id: IncidentId, rule: &'static str, detail: &str, because: &EventId) {
    let closes = view.incident(id).is_some_and(|incident| incident.phase.leads_to(Phase::Closed));
    if !closes {
        view.advance(id, Phase::Escalated, rule, detail, because);
    }
    view.advance(id, Phase::Closed, rule, detail, because);
}
