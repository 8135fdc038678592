//! From checks to their component.

use crate::knowledge::topology::Slot;
use crate::model::health::State;
use crate::monitor::roster::Roster;

/// A component is the worst of its checks. Those that have not said anything yet are not waited for: else a component
/// with one slow check would be unknown for minutes while all others pass. After 3 silent intervals they count as unknown.
pub(super) fn worst(roster: &Roster, slot: Slot) -> State {
    let states = roster.keys(slot).filter_map(|key| roster.post(key)?.tally.state());
    states.max().unwrap_or(State::Unknown)
}

/// Whether no check of the component has anything to recover from.
pub(super) fn is_clear(roster: &Roster, slot: Slot) -> bool {
    let mut tallies = roster.keys(slot).filter_map(|key| roster.post(key)).map(|post| &post.tally);
    tallies.all(|tally| tally.is_well() || tally.state().is_none() && !tally.is_sick())
}
