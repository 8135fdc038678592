//! What analyze remembers of one open incident, besides what everybody knows.

use crate::model::ids::EventId;
use crate::model::incident::is_outage;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use crate::primitives::time::Time;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One open incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Case {
    /// Its issues by component, in the order of their names; mostly one of each.
    issues: ByName<Vec<(Name, Issue)>>,
    /// How many of them last; made anew after a restore, as the next one.
    #[serde(skip)]
    lasting: u32,
    /// How many of those that last ask for each severity, by its rank.
    #[serde(skip)]
    floors: [u32; 4],
    /// When those that waited for the root are looked at next, for a root that is well since the first of the two.
    #[serde(default)]
    patience: Option<(Time, Time)>,
    /// What the rules said when it was assessed last; only something worse than that raises it again.
    pub basis: Severity,
    /// The rows of the table that raised it and hold still: each raises again only once it has ceased to.
    #[serde(default)]
    pub raised: BTreeSet<Name>,
    /// The rows that called people one level up: each does once.
    #[serde(default)]
    pub called: BTreeSet<Name>,
    /// Whether its severity is what a person said: no recovery of a part makes it milder.
    #[serde(default)]
    pub ordered: bool,
    /// When it was assessed last.
    #[serde(default)]
    pub assessed: Option<Time>,
    /// The events of a recovery since.
    #[serde(default)]
    pub recovery: Option<Vec<EventId>>,
}

/// One classified problem on one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issue {
    /// The least severity it gives while it lasts.
    pub floor: Option<Severity>,
    /// Whether it lasts.
    pub lasts: bool,
    /// What it waits for.
    pub waits: Waits,
}

/// What a part of an incident waits for before it is looked at by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Waits {
    /// For nothing: it is what the incident is about.
    Nothing,
    /// For what comes first: a dependency that failed, or what felt the same change.
    Root,
    /// For the end of the storm in which it failed, or for what comes first.
    Storm,
}

impl Case {
    /// A case with nothing in it, at `basis`.
    pub fn new(basis: Severity) -> Case {
        Case {
            issues: ByName::default(),
            lasting: 0,
            floors: [0; 4],
            patience: None,
            basis,
            raised: BTreeSet::new(),
            called: BTreeSet::new(),
            ordered: false,
            assessed: None,
            recovery: None,
        }
    }

    /// Makes anew what is not part of a snapshot.
    pub fn restored(mut self) -> Case {
        let all = self.issues.unordered().flat_map(|(_, of)| of);
        let lasting = all.map(|(_, issue)| issue).filter(|issue| issue.lasts);
        let lasting: Vec<Issue> = lasting.copied().collect();
        lasting.iter().for_each(|issue| self.count(issue));
        self
    }

    /// Its issues, by component.
    pub fn issues(&self) -> impl Iterator<Item = (&Name, &Name, &Issue)> {
        let all = self.issues.sorted().into_iter();
        all.flat_map(|(component, of)| of.iter().map(move |(issue, known)| (component, issue, known)))
    }

    /// Whether this issue of this component belongs to it. An outage is one issue, however deep it goes.
    pub fn holds(&self, component: &Name, issue: &Name) -> bool {
        let Some(issues) = self.issues.get(component) else { return false };
        issues.iter().any(|(held, _)| held == issue || (is_outage(held) && is_outage(issue)))
    }

    /// Takes in an issue, or finds that one back.
    pub fn add(&mut self, component: &Name, issue: &Name, floor: Option<Severity>, waits: Waits) {
        let found = Issue { floor, lasts: true, waits };
        let before = put(&mut self.issues, component, issue, found);
        before.iter().filter(|before| before.lasts).for_each(|before| self.uncount(before));
        self.count(&found);
        self.patience = None;
    }

    /// The issues of `component` that are `over` last no longer.
    pub fn end(&mut self, component: &Name, over: impl Fn(&Name) -> bool) {
        let issues = self.issues.get_mut(component).into_iter().flatten();
        let ended = issues.filter(|(issue, known)| known.lasts && over(issue));
        let ended: Vec<Issue> =
            ended.map(|(_, known)| core::mem::replace(known, Issue { lasts: false, ..*known })).collect();
        ended.iter().for_each(|known| self.uncount(known));
    }

    /// All of it waits for a root that was found.
    pub fn wait(&mut self) {
        let all = self.issues.unordered_mut().flat_map(|(_, of)| of);
        all.filter(|(_, issue)| issue.waits == Waits::Nothing).for_each(|(_, issue)| issue.waits = Waits::Root);
        self.patience = None;
    }

    /// Lets what waited for `root`, well since then, go its own way where `until` its time has come; says when to look
    /// again. What does not fail any more is not among it.
    pub fn release(
        &mut self,
        (root, since): (&Name, Time),
        now: Time,
        until: impl Fn(&Name) -> Option<Time>,
    ) -> (Vec<Name>, Option<Time>) {
        if let Some((_, again)) = self.patience.filter(|(of, again)| *of == since && now < *again) {
            return (Vec::new(), Some(again).filter(|again| *again < Time::NEVER));
        }
        let waits = |of: &Vec<(Name, Issue)>| of.iter().any(|(_, issue)| issue.waits != Waits::Nothing && issue.lasts);
        let waiting = self.issues.unordered().filter(|(component, of)| *component != root && waits(of));
        let mut due: Vec<(Name, Time)> =
            waiting.filter_map(|(component, _)| Some((component.clone(), until(component)?))).collect();
        due.sort_unstable();
        let again = due.iter().map(|(_, until)| *until).filter(|until| *until > now).min();
        let released: Vec<Name> = due.into_iter().filter(|(_, until)| *until <= now).map(|(one, _)| one).collect();
        released.iter().for_each(|component| self.drop(component, |waits| waits != Waits::Nothing));
        self.patience = Some((since, again.unwrap_or(Time::NEVER)));
        (released, again)
    }

    /// What waited for the end of a storm is no part of it any more, where it may `go`.
    pub fn let_go(&mut self, go: impl Fn(&Name) -> bool) {
        let waits = |of: &Vec<(Name, Issue)>| of.iter().any(|(_, issue)| issue.waits == Waits::Storm);
        let waiting = self.issues.unordered().filter(|(component, of)| waits(of) && go(component));
        let gone: Vec<Name> = waiting.map(|(component, _)| component.clone()).collect();
        gone.iter().for_each(|component| self.drop(component, |waits| waits == Waits::Storm));
    }

    /// What of `component` waited for that is no part of it any more.
    fn drop(&mut self, component: &Name, that: impl Fn(Waits) -> bool) {
        let Some(issues) = self.issues.get_mut(component) else { return };
        let all = issues.iter().map(|(_, issue)| *issue);
        let gone: Vec<Issue> = all.filter(|issue| that(issue.waits) && issue.lasts).collect();
        issues.retain(|(_, issue)| !that(issue.waits));
        if issues.is_empty() {
            self.issues.remove(component);
        }
        gone.iter().for_each(|issue| self.uncount(issue));
    }

    fn count(&mut self, issue: &Issue) {
        self.lasting = self.lasting.saturating_add(1);
        if let Some(floor) = issue.floor.and_then(|floor| self.floors.get_mut(usize::from(floor.rank()))) {
            *floor = floor.saturating_add(1);
        }
    }

    fn uncount(&mut self, issue: &Issue) {
        self.lasting = self.lasting.saturating_sub(1);
        if let Some(floor) = issue.floor.and_then(|floor| self.floors.get_mut(usize::from(floor.rank()))) {
            *floor = floor.saturating_sub(1);
        }
    }

    /// Whether anything of it lasts.
    pub fn is_live(&self) -> bool {
        self.lasting > 0
    }

    /// Whether an issue of this component lasts.
    pub fn lasts(&self, component: &Name) -> bool {
        self.issues.get(component).is_some_and(|issues| issues.iter().any(|(_, issue)| issue.lasts))
    }

    /// The worst of the least severities of the issues that last.
    pub fn floor(&self) -> Option<Severity> {
        let ranks = [Severity::Sev0, Severity::Sev1, Severity::Sev2, Severity::Sev3];
        ranks.into_iter().zip(self.floors).find(|(_, count)| *count > 0).map(|(severity, _)| severity)
    }
}

/// Notes an issue of a component, and says what was noted of it before.
fn put(issues: &mut ByName<Vec<(Name, Issue)>>, component: &Name, issue: &Name, found: Issue) -> Option<Issue> {
    let Some(of) = issues.get_mut(component) else {
        issues.insert(component, [(issue.clone(), found)].into());
        return None;
    };
    match of.binary_search_by(|(known, _)| known.cmp(issue)) {
        Ok(place) => of.get_mut(place).map(|(_, known)| core::mem::replace(known, found)),
        Err(place) => {
            of.insert(place, (issue.clone(), found));
            None
        }
    }
}

/// The issue of a component that is UNHEALTHY.
pub(super) const DOWN: &str = "down";
/// The issue of a component that is CRITICAL.
pub(super) const CRITICAL: &str = "critical";
