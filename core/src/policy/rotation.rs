//! Who is on call when: people take turns, and stand in for each other.

use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// In the order of their turns; never empty.
    pub people: Vec<Name>,
    /// When the turn of the first one begins.
    pub start: Time,
    /// How long a turn is.
    pub every: Span,
    /// Who stands in when.
    pub overrides: Vec<StandIn>,
}

/// Somebody who stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandIn {
    /// Who.
    pub who: Name,
    /// From when.
    pub from: Time,
    /// Until when, exclusively.
    pub until: Time,
}

impl StandIn {
    /// Whether it is his turn.
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && at < self.until
    }
}

impl Rotation {
    /// Who is on call at `at`: the latest of those who stand in, those `ordered` at run time before those of the policy;
    /// else whose turn it is.
    pub fn on_call<'r>(&'r self, at: Time, ordered: &'r [StandIn]) -> Option<&'r Name> {
        let standing = ordered.iter().rev().chain(self.overrides.iter().rev()).find(|it| it.holds(at));
        standing.map(|it| &it.who).or_else(|| self.turn(at))
    }

    /// Whose turn it is; before the start the turns are counted backwards.
    fn turn(&self, at: Time) -> Option<&Name> {
        let turns = (at.ms().saturating_sub(self.start.ms())).div_euclid(self.every.ms().max(1));
        let place = turns.rem_euclid(i64::try_from(self.people.len()).unwrap_or(1).max(1));
        self.people.get(usize::try_from(place).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Time {
        Time::from_ms(hours * 3_600_000)
    }

    fn stand_in(who: &str, from: i64, until: i64) -> StandIn {
        StandIn { who: who.into(), from: at(from), until: at(until) }
    }

    #[test]
    fn people_take_turns_from_the_start_on_and_stand_in_for_each_other() {
        let rotation = Rotation {
            people: ["ann", "bob", "cat"].map(Name::from).into(),
            start: at(100),
            every: Span::from_mins(24 * 60),
            overrides: [stand_in("dan", 130, 140), stand_in("eve", 135, 140)].into(),
        };
        let who = |hour: i64, ordered: &[StandIn]| rotation.on_call(at(hour), ordered).unwrap().clone();
        for (hour, expected) in [(100, "ann"), (123, "ann"), (124, "bob"), (148, "cat"), (172, "ann"), (99, "cat")] {
            assert_eq!(who(hour, &[]).as_str(), expected, "{hour}");
        }
        for (hour, expected) in [(129, "bob"), (130, "dan"), (135, "eve"), (139, "eve"), (140, "bob")] {
            assert_eq!(who(hour, &[]).as_str(), expected, "{hour}");
        }
        let ordered = [stand_in("fay", 134, 136)];
        assert_eq!([133, 135, 136].map(|hour| who(hour, &ordered)), ["dan", "fay", "eve"].map(Name::from));
    }
}
