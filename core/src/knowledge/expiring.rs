//! Names until a time, with the earliest at hand: what is unusual for a while, and only that.

use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use crate::primitives::time::Time;
use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};

/// Names until a time. Written down as a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ByName<Time>", into = "ByName<Time>")]
pub struct Expiring {
    until: ByName<Time>,
    order: BTreeSet<(Time, Name)>,
}

impl Expiring {
    /// Until when `name` is kept; nothing where it is not.
    pub fn until(&self, name: &Name) -> Option<Time> {
        self.until.get(name).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.until.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, Time)> {
        self.until.sorted().into_iter().map(|(name, until)| (name, *until))
    }

    /// Keeps `name` until then, whatever was said before.
    pub fn keep(&mut self, name: &Name, until: Time) {
        if let Some(before) = self.until.insert(name, until) {
            self.order.remove(&(before, name.clone()));
        }
        self.order.insert((until, name.clone()));
    }

    /// Keeps `name` no more.
    pub fn drop(&mut self, name: &Name) {
        if let Some(before) = self.until.remove(name) {
            self.order.remove(&(before, name.clone()));
        }
    }

    /// When the first of them is over.
    pub fn first(&self) -> Option<Time> {
        self.order.first().map(|(until, _)| *until)
    }

    /// Takes one out that is over at `now`, the earliest first.
    pub fn expire(&mut self, now: Time) -> Option<Name> {
        self.first().filter(|until| *until <= now)?;
        let (_, name) = self.order.pop_first()?;
        self.until.remove(&name);
        Some(name)
    }

    /// Takes the one out that would be over first.
    pub fn shed(&mut self) -> Option<Name> {
        self.expire(Time::NEVER)
    }
}

impl From<ByName<Time>> for Expiring {
    fn from(until: ByName<Time>) -> Expiring {
        let order = until.unordered().map(|(name, until)| (*until, name.clone())).collect();
        Expiring { until, order }
    }
}

impl From<Expiring> for ByName<Time> {
    fn from(expiring: Expiring) -> ByName<Time> {
        expiring.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::second;
    use alloc::vec::Vec;

    #[test]
    fn what_is_over_goes_in_the_order_of_time_and_then_of_names() {
        let mut kept = Expiring::default();
        for (name, until) in [("c", 3), ("b", 2), ("a", 2), ("d", 9), ("c", 1)] {
            kept.keep(&name.into(), second(until));
        }
        assert_eq!((kept.len(), kept.first()), (4, Some(second(1))));
        kept.drop(&"d".into());
        let again: Expiring = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(again, kept);
        let gone: Vec<Name> = core::iter::from_fn(|| kept.expire(second(2))).collect();
        assert_eq!(gone, ["c".into(), "a".into(), "b".into()]);
        assert!(kept.is_empty());
        kept.keep(&"e".into(), second(5));
        assert_eq!((kept.expire(second(4)), kept.until(&"e".into())), (None, Some(second(5))));
        assert_eq!(kept.shed(), Some("e".into()));
    }
}
