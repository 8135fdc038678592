//! What was moved lately: work that went from one place to another does not go back and forth (SAFE-21).

use crate::model::ids::RunId;
use crate::policy::actions::{Action, Reversal};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use serde::{Deserialize, Serialize};

/// For how long a move is remembered; no hold-down is longer.
const REMEMBERED: Span = Span::from_mins(24 * 60);

/// The last move of each target within a day; 100 bytes each, and no more of them than components.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moves {
    last: BTreeMap<Name, Move>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Move {
    action: Name,
    run: RunId,
    at: Time,
}

impl Moves {
    /// Takes in that `action` was told to begin on `target`, whatever comes of it.
    pub fn record(&mut self, run: RunId, action: &Name, target: &Name, now: Time) {
        self.last.retain(|_, last| now.since(last.at) < REMEMBERED);
        self.last.insert(target.clone(), Move { action: action.clone(), run, at: now });
    }

    /// Until when `action`, which `back` makes good and the other way round, would move `target` back, or once more.
    /// Another try of the same run is no other move.
    pub fn held(
        &self,
        run: RunId,
        (action, back): (&Name, &Name),
        target: &Name,
        hold: Span,
        now: Time,
    ) -> Option<Time> {
        let last = self.last.get(target)?;
        let another = last.action == *back || last.action == *action && last.run != run;
        let until = last.at.after(hold);
        (another && now < until).then_some(until)
    }
}

/// The action that moves back what `action` moves: each makes the other good.
pub fn way_back<'a>(action: &'a Action, actions: &BTreeMap<Name, Arc<Action>>) -> Option<&'a Name> {
    let good = |action: &'a Action| match &action.reversal {
        Reversal::Compensable(undo) => Some(&undo.action),
        Reversal::Irreversible | Reversal::NotNeeded | Reversal::Reversible(_) => None,
    };
    let back = good(action)?;
    let theirs = match &actions.get(back)?.reversal {
        Reversal::Compensable(undo) => &undo.action,
        Reversal::Irreversible | Reversal::NotNeeded | Reversal::Reversible(_) => return None,
    };
    (*theirs == action.name).then_some(back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use crate::primitives::digest::Digest;

    #[test]
    fn safe21_what_was_moved_is_held_until_its_time_and_forgotten_after_a_day() {
        let (one, other) = (RunId(Digest::of(b"1").short()), RunId(Digest::of(b"2").short()));
        let (over, back) = (Name::new("over"), Name::new("back"));
        let mut moves = Moves::default();
        moves.record(one, &over, &"db".into(), second(100));
        let held = |run, action: &Name, way: &Name, target: &str, at| {
            moves.held(run, (action, way), &target.into(), Span::from_secs(60), second(at))
        };
        assert_eq!(held(other, &back, &over, "db", 159), Some(second(160)));
        assert_eq!(held(one, &back, &over, "db", 159), Some(second(160)), "in the same run, too");
        assert_eq!(held(other, &over, &back, "db", 159), Some(second(160)), "once more is further, or back");
        assert_eq!(held(one, &over, &back, "db", 159), None, "another try");
        assert_eq!(held(other, &back, &over, "db", 160), None);
        assert_eq!(held(other, &back, &over, "web", 159), None);
        assert_eq!(held(other, &"x".into(), &"y".into(), "db", 159), None);
        moves.record(one, &over, &"cache".into(), second(101));
        moves.record(one, &over, &"web".into(), second(100 + 86_399));
        assert_eq!(moves.last.len(), 3, "a second less than a day");
        moves.record(one, &over, &"web".into(), second(100 + 86_400));
        assert_eq!(moves.last.len(), 2, "that of `db`, a day ago, and no other");
    }
}
