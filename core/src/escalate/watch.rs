//! The bound within which every incident is closed or with people, whatever happens meanwhile.

use crate::escalate::call::Call;
use crate::escalate::{Desk, Escalate};
use crate::model::ids::IncidentId;
use crate::model::incident::Phase;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::format;
use serde::{Deserialize, Serialize};

/// The age at which an open incident goes to people at the latest.
const CEILING: Span = Span::from_mins(120);
/// How long nothing may happen with an incident that nothing is tried for.
const IDLE: Span = Span::from_mins(10);

/// One open incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watched {
    since: Time,
    progress: Time,
    phase: Phase,
    /// Whether people were called because a bound was passed: once.
    handed: bool,
}

impl Watched {
    pub fn since(at: Time) -> Watched {
        Watched { since: at, progress: at, phase: Phase::Open, handed: false }
    }

    pub fn moved(&mut self, to: Phase, at: Time) {
        self.phase = to;
        self.progress = at;
    }

    pub fn progressed(&mut self, at: Time) {
        self.progress = at;
    }

    pub fn is_resolved(&self) -> bool {
        self.phase == Phase::Resolved
    }

    /// When people must have it, unless something happens before. Nothing moves the ceiling.
    pub fn due(&self) -> Option<Time> {
        let ceiling = self.since.after(CEILING);
        let due = match self.phase {
            Phase::Open | Phase::Analyzing => ceiling.min(self.progress.after(IDLE)),
            _ => ceiling,
        };
        (!self.handed).then_some(due)
    }
}

impl Escalate {
    /// Calls people for what is over its bound.
    pub(super) fn hand_off(&mut self, desk: &Desk<'_>, quiet: &BTreeSet<IncidentId>) {
        let now = desk.now();
        let heard = self.watched.iter_mut().filter(|(id, _)| !quiet.contains(id));
        let due = heard.filter(|(_, watched)| watched.due().is_some_and(|at| at <= now));
        for (id, watched) in due {
            if self.ladders.get(id).is_some_and(|ladder| !ladder.is_over()) {
                continue;
            }
            watched.handed = true;
            let old = now.since(watched.since);
            let (rule, reason) = if old >= CEILING {
                ("escalate.overdue", format!("it has been open for {old}"))
            } else {
                ("escalate.idle", format!("nothing has happened with it for {}", now.since(watched.progress)))
            };
            let because = [desk.context.event_id()].to_vec();
            self.calls.entry(*id).or_insert(Call { rule: rule.into(), reason, because, up: false });
        }
    }
}
