//! What a person has closed is looked at once more: what is still wrong then is opened again (SPEC I2, LIVE-1), and is
//! for people.

use crate::analyze::Analyze;
use crate::analyze::correlate::patience;
use crate::analyze::maintenance::holds_back;
use crate::analyze::trigger::still_wrong;
use crate::analyze::view::View;
use crate::knowledge::incidents::CLOSED_TOO_EARLY;
use crate::model::ids::IncidentId;
use crate::model::incident::Phase;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// How long what was closed by a person may be wrong still, or longer where its checks take longer to see it well.
const LOOKED_AT_AFTER: Span = Span::from_mins(1);

impl Analyze {
    /// A person says that the incident is over.
    pub(super) fn note_said_over(&mut self, view: &View<'_>, id: IncidentId) {
        let Some(incident) = view.incident(id) else { return };
        let longest = incident.members.unordered().map(|member| patience(view, member)).max();
        let after = longest.unwrap_or(Span::ZERO).max(LOOKED_AT_AFTER);
        self.said_over.insert(id, view.now().after(after));
    }

    /// When what a person closed is looked at next.
    pub(super) fn said_over_due(&self) -> Option<Time> {
        self.said_over.values().min().copied()
    }

    /// Opens again what is still wrong of what a person closed.
    pub(super) fn doubt_what_is_over(&mut self, view: &mut View<'_>) {
        let now = view.now();
        let due: Vec<IncidentId> = self.said_over.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.said_over.remove(&id);
            let Some(incident) = view.incident(id) else { continue };
            let root = [incident.component.clone()];
            let others = incident.members.iter().filter(|member| **member != incident.component).cloned();
            let members: Vec<Name> = root.into_iter().chain(others).collect();
            let opened: BTreeSet<IncidentId> = members.iter().flat_map(|member| self.doubt(view, member)).collect();
            opened.into_iter().for_each(|id| leave_to_people(view, id));
        }
    }

    /// Opens incidents for what is still wrong with `member`, and says which.
    fn doubt(&mut self, view: &mut View<'_>, member: &Name) -> BTreeSet<IncidentId> {
        let before = view.open_with(member);
        let because = [view.context.event_id()];
        for mut trigger in still_wrong(view, member, &because) {
            if !holds_back(view, &trigger) {
                trigger.root = view.root_cause(member);
                self.correlate(view, &trigger);
            }
        }
        view.open_with(member).into_iter().filter(|id| !before.contains(id)).collect()
    }
}

/// Nothing automatic is tried on what a person has said to be over: people are told that it is not.
fn leave_to_people(view: &mut View<'_>, id: IncidentId) {
    let because = view.context.event_id();
    view.advance(id, Phase::Escalated, CLOSED_TOO_EARLY, "a person has closed it, and it fails still", &because);
}
