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
    standing: Standing,
    /// Whether it is among those that turned lately.
    counted: bool,
}

/// How a component is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// It is well.
    Well,
    /// It is not known how it is: nothing is heard of it.
    Unheard,
    /// It is known that it is not well.
    Unwell,
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
    /// Are not well now, or not heard of.
    pub unwell: u32,
    /// Of those: not heard of.
    pub unheard: u32,
    /// Turned within the window and are not well now: what is well again fails together with nothing.
    pub lately: u32,
    /// Of those: known to be not well.
    pub known: u32,
}

impl Member {
    fn is_unwell(&self) -> bool {
        self.standing != Standing::Well
    }

    /// What it adds to the counts of its areas.
    fn part(&self) -> Count {
        let unwell = self.is_unwell();
        let (unheard, lately) = (self.standing == Standing::Unheard, unwell && self.counted);
        let [unwell, unheard, known, lately] = [unwell, unheard, lately && !unheard, lately].map(u32::from);
        Count { unwell, unheard, lately, known }
    }
}

impl Count {
    fn exchange(&mut self, before: Count, after: Count) {
        let moved = |count: u32, before: u32, after: u32| count.saturating_add(after).saturating_sub(before);
        self.unwell = moved(self.unwell, before.unwell, after.unwell);
        self.unheard = moved(self.unheard, before.unheard, after.unheard);
        self.lately = moved(self.lately, before.lately, after.lately);
        self.known = moved(self.known, before.known, after.known);
    }
}

impl Tally {
    /// A component is not well any more, or not heard of. `false` where that adds nobody: it was so before.
    pub fn turned(
        &mut self,
        component: &Name,
        to: Standing,
        turn: impl FnOnce() -> Turn,
        areas: &dyn Fn() -> Vec<Area>,
    ) -> bool {
        let first = || Member { areas: areas().into(), standing: Standing::Well, counted: false };
        let member = self.members.or_insert_with(component, first);
        let before = member.part();
        let was = core::mem::replace(&mut member.standing, to);
        if was == to {
            return false;
        }
        let counted = was != Standing::Well || core::mem::replace(&mut member.counted, true);
        let (areas, after) = (Arc::clone(&member.areas), member.part());
        self.count(&areas, before, after);
        if !counted {
            self.lately.push_back(turn());
        }
        was < to
    }

    /// A component is well again, or gone.
    pub fn recovered(&mut self, component: &Name) {
        self.change(component, |member| member.standing = Standing::Well);
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
        let unwell =
            |(name, member): (&'a Name, &Member)| (member.is_unwell() && self.is_in(name, area)).then_some(name);
        let mut unwell: Vec<&Name> = self.members.unordered().filter_map(unwell).collect();
        unwell.sort_unstable();
        unwell.into_iter()
    }

    /// Whether it is not well.
    pub fn is_unwell(&self, component: &Name) -> bool {
        self.members.get(component).is_some_and(Member::is_unwell)
    }

    fn is_in(&self, component: &Name, area: &Area) -> bool {
        *area == Area::All || self.members.get(component).is_some_and(|member| member.areas.contains(area))
    }

    fn uncount(&mut self, component: &Name) {
        self.change(component, |member| member.counted = false);
    }

    /// Changes a member that there is; nothing is kept of who is well and did not turn lately.
    fn change(&mut self, component: &Name, change: impl Fn(&mut Member)) {
        let Some(member) = self.members.get_mut(component) else { return };
        let before = member.part();
        change(member);
        let (after, idle) = (member.part(), !member.is_unwell() && !member.counted);
        let areas = Arc::clone(&member.areas);
        if idle {
            self.members.remove(component);
        }
        self.count(&areas, before, after);
    }

    fn count(&mut self, areas: &[Area], before: Count, after: Count) {
        if before == after {
            return;
        }
        for area in areas.iter().chain(&[Area::All]) {
            let Some(count) = self.counts.get_mut(area) else {
                let mut first = Count::default();
                first.exchange(before, after);
                self.counts.insert(area, first);
                continue;
            };
            count.exchange(before, after);
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

    fn turned(tally: &mut Tally, at: i64, component: &str, to: Standing, areas: &dyn Fn() -> Vec<Area>) -> bool {
        tally.turned(&component.into(), to, || turn(at, component), areas)
    }

    fn host(name: &str) -> Area {
        Area::Host(name.into())
    }

    fn counts(tally: &Tally, area: &Area) -> (u32, u32) {
        let Count { unwell, lately, .. } = tally.of_area(area);
        (unwell, lately)
    }

    #[test]
    fn who_turned_lately_is_counted_once_and_who_is_not_well_until_it_is() {
        let mut tally = Tally::default();
        let areas = || [host("h1")].to_vec();
        assert!(turned(&mut tally, 1, "a", Standing::Unwell, &areas));
        assert!(!turned(&mut tally, 2, "a", Standing::Unwell, &areas), "it was so before");
        assert!(turned(&mut tally, 3, "b", Standing::Unwell, &areas));
        assert_eq!(counts(&tally, &host("h1")), (2, 2));
        tally.recovered(&"a".into());
        assert!(turned(&mut tally, 4, "a", Standing::Unwell, &areas));
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
        turned(&mut tally, 1, "a", Standing::Unwell, &|| [host("h1")].to_vec());
        tally.recovered(&"a".into());
        turned(&mut tally, 2, "a", Standing::Unwell, &|| [host("h2")].to_vec());
        assert_eq!((counts(&tally, &host("h1")), counts(&tally, &host("h2"))), ((1, 1), (0, 0)));
        tally.forgive(&host("h1"));
        assert_eq!(counts(&tally, &host("h1")), (1, 0));
        assert!(tally.is_unwell(&"a".into()) && tally.of(&Area::All).next().is_none());
        tally.recovered(&"a".into());
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn who_is_not_heard_of_is_not_known_to_fail_until_it_is() {
        let mut tally = Tally::default();
        let count = |tally: &Tally| tally.of_area(&Area::All);
        for name in ["a", "b"] {
            assert!(turned(&mut tally, 1, name, Standing::Unheard, &Vec::new));
        }
        assert!(!turned(&mut tally, 2, "a", Standing::Unheard, &Vec::new));
        assert_eq!(count(&tally), Count { unwell: 2, unheard: 2, lately: 2, known: 0 });
        assert!(turned(&mut tally, 3, "a", Standing::Unwell, &Vec::new), "now it is known");
        assert_eq!(count(&tally), Count { unwell: 2, unheard: 1, lately: 2, known: 1 });
        assert_eq!(tally.of(&Area::All).count(), 2, "it turned once");
        assert!(!turned(&mut tally, 4, "a", Standing::Unheard, &Vec::new), "what is lost sight of adds nothing");
        tally.expire(Time::ZERO.after(Span::from_secs(5)));
        assert_eq!(count(&tally), Count { unwell: 2, unheard: 2, lately: 0, known: 0 });
        assert!(turned(&mut tally, 6, "b", Standing::Unwell, &Vec::new));
        assert_eq!(count(&tally), Count { unwell: 2, unheard: 1, lately: 0, known: 0 }, "it turned long ago");
        for name in ["a", "b"] {
            tally.recovered(&name.into());
        }
        assert_eq!(tally, Tally::default());
    }
}
