//! Who is not well, and who turned so lately, counted by what they have in common. One change costs as much as it has
//! areas, whatever the size of the fleet.

use crate::model::area::Area;
use crate::model::ids::EventId;
use crate::primitives::name::Name;
use crate::primitives::table::{ByName, Table};
use crate::primitives::time::Time;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Who is not well. About 250 bytes for each, and nothing for who is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    members: ByName<Member>,
    lately: VecDeque<Turn>,
    counts: Table<Area, Count>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    /// Where it was when it turned, whatever becomes of its definition.
    areas: Arc<[Area]>,
    unwell: bool,
    /// Whether it is among those that turned lately.
    counted: bool,
}

/// A component turned bad, or is known no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turn {
    pub at: Time,
    pub component: Name,
    pub because: Option<EventId>,
}

/// How many of an area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Count {
    /// Are not well now.
    pub unwell: u32,
    /// Turned within the window and are not well now: what is well again fails together with nothing.
    pub lately: u32,
}

impl Tally {
    /// A component is not well any more. `false` where it was not before either.
    pub fn turned(&mut self, turn: Turn, areas: &dyn Fn() -> Vec<Area>) -> bool {
        let first = || Member { areas: areas().into(), unwell: false, counted: false };
        let member = self.members.or_insert_with(&turn.component, first);
        if core::mem::replace(&mut member.unwell, true) {
            return false;
        }
        let counted = core::mem::replace(&mut member.counted, true);
        let areas = member.areas.clone();
        self.count(&areas, |count| {
            count.unwell = count.unwell.saturating_add(1);
            count.lately = count.lately.saturating_add(1);
        });
        if !counted {
            self.lately.push_back(turn);
        }
        true
    }

    /// A component is well again, or gone.
    pub fn recovered(&mut self, component: &Name) {
        let Some(member) = self.members.get_mut(component).filter(|member| member.unwell) else { return };
        member.unwell = false;
        let member = member.clone();
        self.count(&member.areas, |count| {
            count.unwell = count.unwell.saturating_sub(1);
            count.lately = count.lately.saturating_sub(u32::from(member.counted));
        });
        self.drop_idle(component);
    }

    /// Forgets those that turned at `before` or earlier.
    pub fn expire(&mut self, before: Time) {
        while self.lately.front().is_some_and(|turn| turn.at <= before) {
            let Some(turn) = self.lately.pop_front() else { return };
            self.uncount(&turn.component);
        }
    }

    /// Forgets that those of `area` turned: a person has said that it is over.
    pub fn forgive(&mut self, area: &Area) {
        let gone: Vec<Name> = self.of(area).map(|turn| turn.component.clone()).collect();
        gone.iter().for_each(|component| self.uncount(component));
        let members = &self.members;
        self.lately.retain(|turn| members.get(&turn.component).is_some_and(|member| member.counted));
    }

    /// How many of `area`.
    pub fn of_area(&self, area: &Area) -> Count {
        self.counts.get(area).copied().unwrap_or_default()
    }

    /// Those of `area` that turned lately, the first one first.
    pub fn of(&self, area: &Area) -> impl Iterator<Item = &Turn> {
        self.lately.iter().filter(move |turn| self.is_in(&turn.component, area))
    }

    /// Those of `area` that are not well, by name.
    pub fn unwell<'a>(&'a self, area: &'a Area) -> impl Iterator<Item = &'a Name> {
        let unwell = |(name, member): (&'a Name, &Member)| (member.unwell && self.is_in(name, area)).then_some(name);
        let mut unwell: Vec<&Name> = self.members.unordered().filter_map(unwell).collect();
        unwell.sort_unstable();
        unwell.into_iter()
    }

    /// Whether it is not well.
    pub fn is_unwell(&self, component: &Name) -> bool {
        self.members.get(component).is_some_and(|member| member.unwell)
    }

    fn is_in(&self, component: &Name, area: &Area) -> bool {
        *area == Area::All || self.members.get(component).is_some_and(|member| member.areas.contains(area))
    }

    fn uncount(&mut self, component: &Name) {
        let Some(member) = self.members.get_mut(component).filter(|member| member.counted) else { return };
        member.counted = false;
        let member = member.clone();
        self.count(&member.areas, |count| {
            count.lately = count.lately.saturating_sub(u32::from(member.unwell));
        });
        self.drop_idle(component);
    }

    fn drop_idle(&mut self, component: &Name) {
        if self.members.get(component).is_some_and(|member| !member.unwell && !member.counted) {
            self.members.remove(component);
        }
    }

    fn count(&mut self, areas: &[Area], change: impl Fn(&mut Count)) {
        for area in areas.iter().chain(&[Area::All]) {
            let Some(count) = self.counts.get_mut(area) else {
                let mut first = Count::default();
                change(&mut first);
                if first != Count::default() {
                    self.counts.insert(area, first);
                }
                continue;
            };
            change(count);
            if *count == Count::default() {
                self.counts.remove(area);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::time::Span;

    fn turn(at: i64, component: &str) -> Turn {
        Turn { at: Time::ZERO.after(Span::from_secs(at)), component: component.into(), because: None }
    }

    fn host(name: &str) -> Area {
        Area::Host(name.into())
    }

    fn counts(tally: &Tally, area: &Area) -> (u32, u32) {
        let Count { unwell, lately } = tally.of_area(area);
        (unwell, lately)
    }

    #[test]
    fn who_turned_lately_is_counted_once_and_who_is_not_well_until_it_is() {
        let mut tally = Tally::default();
        let areas = || [host("h1")].to_vec();
        assert!(tally.turned(turn(1, "a"), &areas));
        assert!(!tally.turned(turn(2, "a"), &areas), "it was so before");
        assert!(tally.turned(turn(3, "b"), &areas));
        assert_eq!(counts(&tally, &host("h1")), (2, 2));
        tally.recovered(&"a".into());
        assert!(tally.turned(turn(4, "a"), &areas));
        assert_eq!(counts(&tally, &Area::All), (2, 2), "turning to and fro counts once");
        tally.recovered(&"a".into());
        assert_eq!(counts(&tally, &host("h1")), (1, 1), "who is well again fails with nobody");
        tally.expire(Time::ZERO.after(Span::from_secs(1)));
        assert_eq!(counts(&tally, &host("h1")), (1, 1));
        tally.expire(Time::ZERO.after(Span::from_secs(2)));
        assert_eq!(counts(&tally, &host("h1")), (1, 1));
        tally.expire(Time::ZERO.after(Span::from_secs(3)));
        assert_eq!(counts(&tally, &host("h1")), (1, 0));
        tally.recovered(&"b".into());
        assert_eq!(tally, Tally::default(), "nothing is kept of who is well");
    }

    #[test]
    fn it_counts_where_it_was_when_it_turned() {
        let mut tally = Tally::default();
        tally.turned(turn(1, "a"), &|| [host("h1")].to_vec());
        tally.recovered(&"a".into());
        tally.turned(turn(2, "a"), &|| [host("h2")].to_vec());
        assert_eq!((counts(&tally, &host("h1")), counts(&tally, &host("h2"))), ((1, 1), (0, 0)));
        tally.forgive(&host("h1"));
        assert_eq!(counts(&tally, &host("h1")), (1, 0));
        assert!(tally.is_unwell(&"a".into()) && tally.of(&Area::All).next().is_none());
        tally.recovered(&"a".into());
        assert_eq!(tally, Tally::default());
    }
}
