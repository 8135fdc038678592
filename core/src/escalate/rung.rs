//! One level of a chain on its way.

use crate::model::ids::{IncidentId, SilenceId};
use crate::primitives::time::Time;
use serde::{Deserialize, Serialize};

/// One level on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rung {
    /// When it fires next.
    pub due: Time,
    /// How often it fired.
    pub rounds: u32,
    /// Whether somebody of it was reached in the last round.
    pub reached: bool,
    /// Whether it fires even though somebody has acknowledged: there is news for him.
    pub news: bool,
    /// Whether another chain has taken its place.
    #[serde(default)]
    pub retired: bool,
    /// The silence that keeps it back, and its end.
    #[serde(default)]
    pub held: Option<(SilenceId, Time)>,
    /// The incident that keeps it back, and until when at the longest.
    #[serde(default)]
    pub behind: Option<(IncidentId, Time)>,
    /// Whether it waits for nothing else: whoever came before could not be reached, or it is needed sooner.
    #[serde(default)]
    pub hurried: bool,
}

impl Rung {
    /// Until when it is kept back.
    pub fn held_until(&self) -> Option<Time> {
        [self.held.map(|(_, end)| end), self.behind.map(|(_, end)| end)].into_iter().flatten().max()
    }

    /// One that fires first at `due`.
    pub fn due(due: Time) -> Rung {
        Rung { due, rounds: 0, reached: false, news: false, retired: false, held: None, behind: None, hurried: false }
    }

    /// It is its turn at once.
    pub fn hurry(&mut self, now: Time) {
        self.due = self.due.min(now);
        self.hurried = true;
    }

    /// Whether its turn is still to come.
    pub fn is_next(&self) -> bool {
        self.rounds == 0 && !self.retired
    }
}
