//! Analyze: what is wrong becomes incidents. It opens, joins and reopens them, says how bad each is, and carries out
//! what people order about them; what is done about them is for `remediate`.

mod case;
mod cause;
mod correlate;
mod lingering;
mod maintenance;
mod order;
mod said_over;
mod severity;
mod storm;
mod subside;
mod tally;
mod trigger;
mod view;

use crate::analyze::case::Case;
use crate::analyze::cause::Change;
use crate::analyze::lingering::Lingering;
use crate::analyze::storm::Outbreak;
use crate::analyze::tally::Tally;
use crate::analyze::view::View;
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft, earlier};
use crate::model::area::Area;
use crate::model::event::Event;
use crate::model::fact::Fact;
use crate::model::ids::IncidentId;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, VecDeque};
use serde::{Deserialize, Serialize};

/// How often open incidents are looked at when nothing happens: severity rises with time alone.
const REVIEW_EVERY: Span = Span::from_mins(1);

/// What this stage remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyze {
    /// What belongs to each open incident.
    cases: BTreeMap<IncidentId, Case>,
    /// The incident that takes in what is beyond the limit.
    #[serde(rename = "storm")]
    weather: Option<IncidentId>,
    /// The revision of the incidents that was reviewed last.
    reviewed: u64,
    /// When open incidents are looked at next; unset without any.
    review_at: Option<Time>,
    /// Who is not well, by what they have in common.
    #[serde(default)]
    tally: Tally,
    /// What fails together.
    #[serde(default)]
    outbreaks: BTreeMap<Area, Outbreak>,
    /// What was changed lately.
    #[serde(default)]
    changes: VecDeque<Change>,
    /// When the incident that takes in what is beyond the limit is over, if nothing of it lasts until then.
    #[serde(default)]
    weather_over_at: Option<Time>,
    /// What people closed, and when it is looked at once more.
    #[serde(default)]
    said_over: BTreeMap<IncidentId, Time>,
    /// What is DEGRADED, and when that has lasted.
    #[serde(default)]
    lingering: Lingering,
}

impl Analyze {
    /// One pass.
    pub fn advance(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        let news = !said.is_empty() || matches!(context.event(), Some(event) if concerns(event));
        let changed = knowledge.incidents.revision() != self.reviewed;
        let due = self.deadline().is_some_and(|deadline| deadline.at <= context.now);
        if !(news || changed || due) {
            return;
        }
        let mut view = View::new(context, knowledge, out);
        self.drop_closed(&view);
        self.note_change(&view);
        self.watch_storms(&mut view, said);
        let lingering = self.linger(&view, said);
        for trigger in trigger::collect(&mut view, said, lingering) {
            self.correlate(&mut view, &trigger);
        }
        self.settle(&mut view, said);
        self.watch_weather(&mut view);
        self.doubt_what_is_over(&mut view);
        self.carry_out_order(&mut view, said);
        self.close_removed(&mut view, said);
        let again = self.release_dependents(&mut view);
        let again = again.into_iter().chain(self.assess(&mut view, said)).min();
        self.reviewed = knowledge.incidents.revision().saturating_add(view.said_about_incidents());
        let review = context.now.after(REVIEW_EVERY);
        self.review_at = (!self.cases.is_empty()).then(|| again.map_or(review, |again| again.min(review)));
    }

    /// Makes anew what is not part of a snapshot.
    pub fn restored(self) -> Analyze {
        let cases = self.cases.into_iter().map(|(id, case)| (id, case.restored())).collect();
        Analyze { cases, lingering: self.lingering.restored(), ..self }
    }

    /// When open incidents are looked at next.
    pub fn deadline(&self) -> Option<Deadline> {
        let review = self.review_at.map(|at| Deadline { at, reason: "incident_review" });
        let storm = self.storm_due().map(|at| Deadline { at, reason: "storm" });
        let said_over = self.said_over_due().map(|at| Deadline { at, reason: "closed_by_person" });
        let degraded = self.lingering.due().map(|at| Deadline { at, reason: "degraded" });
        earlier(earlier(earlier(review, storm), said_over), degraded)
    }

    fn note_change(&mut self, view: &View<'_>) {
        let Some(Event::ChangeReported { component, change, .. }) = view.context.event() else { return };
        let (component, kind) = (component.clone(), change.clone());
        let noted = Change { at: view.now(), component, kind, event: view.context.event_id() };
        cause::note(&mut self.changes, noted);
    }

    /// The incident of what was beyond the limit is over once nothing of it has lasted for as long as a storm takes to end.
    fn watch_weather(&mut self, view: &mut View<'_>) {
        let quiet = self.weather.filter(|id| self.cases.get(id).is_some_and(|case| !case.is_live()));
        let Some(id) = quiet else {
            self.weather_over_at = None;
            return;
        };
        let calm = view.context.policy.safety().storm.calm;
        if *self.weather_over_at.get_or_insert(view.now().after(calm)) <= view.now() {
            let because = view.context.event_id();
            order::close(view, id, "analyze.storm_ended", "nothing of it has failed for long enough", &because);
            self.cases.remove(&id);
            (self.weather, self.weather_over_at) = (None, None);
        }
    }

    /// Forgets what belongs to incidents that are over.
    fn drop_closed(&mut self, view: &View<'_>) {
        self.cases.retain(|id, _| view.incident(*id).is_some_and(|incident| incident.is_open()));
        self.weather = self.weather.filter(|id| self.cases.contains_key(id));
    }
}

fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::AlertRaised { .. }
            | Event::ChangeReported { .. }
            | Event::CustomerReported { .. }
            | Event::IncidentOrdered { .. }
            | Event::RunOrdered { .. }
            | Event::SecurityAlerted { .. }
            | Event::StormReleased { .. }
    )
}

#[cfg(test)]
mod tests;
