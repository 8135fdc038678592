//! Windows that are open: those of the policy whose time it is, and those that people opened.

use crate::model::fact::{Conclusion, Fact};
use crate::model::window::WindowChange;
use crate::model::window::{Opening, WindowKind};
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use serde::{Deserialize, Serialize};

/// Windows that people hold open at one time; 1 KiB each.
pub const MOST_BY_HAND: usize = 64;

/// The rule by which a person closes a window.
pub const SHUT_BY_HAND: &str = "engine.window_closed";

/// Windows that are open, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    open: BTreeMap<Name, Opening>,
    /// Windows of the policy that people closed before their time, until then.
    shut: BTreeMap<Name, Time>,
}

impl Windows {
    /// All that are open, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Opening)> {
        self.open.iter()
    }

    /// The window called `name`, if it is open.
    pub fn get(&self, name: &Name) -> Option<&Opening> {
        self.open.get(name)
    }

    /// How many people hold open.
    pub fn by_hand(&self) -> usize {
        self.open.values().filter(|opening| opening.by.is_some()).count()
    }

    /// The maintenance window over `component` that holds `what` back; the one that ends last, where there are several.
    pub fn holding_back(&self, what: &str, component: &Component) -> Option<(&Name, &Opening)> {
        let holds = |opening: &Opening| opening.kind == WindowKind::Maintenance && opening.terms.contains(what);
        self.last(|opening| holds(opening) && covers(&opening.over, component))
    }

    /// The change window over `component` that allows what is of `class`; the one that ends last.
    pub fn allowing(&self, class: &str, component: &Component) -> Option<(&Name, &Opening)> {
        let allows = |opening: &Opening| opening.terms.is_empty() || opening.terms.contains(class);
        self.last(|opening| opening.kind == WindowKind::Change && allows(opening) && covers(&opening.over, component))
    }

    /// Until when a window of the policy stays closed, because a person closed it.
    pub fn shut_until(&self, name: &Name, now: Time) -> Option<Time> {
        self.shut.get(name).copied().filter(|until| now < *until)
    }

    fn last(&self, fits: impl Fn(&Opening) -> bool) -> Option<(&Name, &Opening)> {
        self.open.iter().filter(|(_, opening)| fits(opening)).max_by_key(|(_, opening)| opening.until)
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        let Conclusion::WindowChanged(WindowChange { window, change, opening, .. }) = &fact.said else { return };
        if change != "closed" {
            self.open.insert(window.clone(), opening.clone());
            return;
        }
        self.open.remove(window);
        self.shut.retain(|_, until| fact.at < *until);
        if fact.rule == SHUT_BY_HAND && opening.by.is_none() && fact.at < opening.until {
            self.shut.insert(window.clone(), opening.until);
        }
    }
}

/// Whether what is over these components, services and groups is over `component`; nothing named is everything.
pub fn covers(over: &BTreeSet<Name>, component: &Component) -> bool {
    over.is_empty()
        || over.contains(&component.name)
        || over.contains(component.service())
        || component.groups.iter().any(|group| over.contains(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{component, second};
    use alloc::string::String;

    fn opening(kind: WindowKind, terms: &[&str], until: i64, by: Option<&str>) -> Opening {
        let terms = terms.iter().map(|term| Name::new(term)).collect();
        Opening {
            kind,
            over: ["web".into()].into(),
            terms,
            until: second(until),
            reason: String::new(),
            by: by.map(Name::new),
        }
    }

    fn change(windows: &mut Windows, name: &str, change: &'static str, opening: Opening, at: i64) {
        let detail = String::new();
        let said =
            Conclusion::WindowChanged(WindowChange { window: name.into(), change: change.into(), opening, detail });
        windows.apply(&Fact::new(second(at), SHUT_BY_HAND, said));
    }

    #[test]
    fn what_is_held_back_and_allowed_is_what_is_said_over_what_is_named() {
        let mut windows = Windows::default();
        change(&mut windows, "a", "opened", opening(WindowKind::Maintenance, &["remediate"], 10, None), 0);
        change(&mut windows, "b", "opened", opening(WindowKind::Maintenance, &["remediate"], 20, Some("ann")), 0);
        change(&mut windows, "c", "opened", opening(WindowKind::Change, &["upgrade"], 10, None), 0);
        let (web, db) = (component("web", &[]), component("db", &[]));
        let name = |found: Option<(&Name, &Opening)>| found.map(|(name, _)| name.clone());
        assert_eq!(name(windows.holding_back("remediate", &web)), Some("b".into()), "the one that ends last");
        assert_eq!(name(windows.holding_back("notify", &web)), None);
        assert_eq!(name(windows.holding_back("remediate", &db)), None);
        assert_eq!(name(windows.allowing("upgrade", &web)), Some("c".into()));
        assert_eq!(name(windows.allowing("schema_change", &web)), None);
        assert_eq!(name(windows.allowing("upgrade", &db)), None);
        assert_eq!(windows.by_hand(), 1);
        let mut member = component("web-1", &[]);
        member.place.service = Some("web".into());
        assert!(windows.holding_back("remediate", &member).is_some(), "of a service");
        let mut grouped = component("x", &[]);
        grouped.groups.insert("web".into());
        assert!(windows.holding_back("remediate", &grouped).is_some(), "of a group");
    }

    #[test]
    fn a_window_of_the_policy_that_was_closed_early_stays_closed_until_its_end() {
        let mut windows = Windows::default();
        for (name, by) in [("policy", None), ("hand", Some("ann"))] {
            change(&mut windows, name, "opened", opening(WindowKind::Change, &[], 10, by), 0);
            change(&mut windows, name, "closed", opening(WindowKind::Change, &[], 10, by), 5);
        }
        assert_eq!(windows.shut_until(&"policy".into(), second(9)), Some(second(10)));
        assert_eq!(windows.shut_until(&"policy".into(), second(10)), None);
        assert_eq!(windows.shut_until(&"hand".into(), second(9)), None);
        assert_eq!(windows.iter().count(), 0);
    }
}
