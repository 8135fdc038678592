//! What the monitor must know of remediation: what is being verified or is in doubt, and what was acted on.

use crate::knowledge::context::Deadline;
use crate::model::fact::{Conclusion, Fact};
use crate::model::gate::{Link, LinkResult};
use crate::model::health::State;
use crate::model::ids::{IncidentId, RunId};
use crate::model::incident::Phase;
use crate::model::run::Stage;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// Components under verification or in doubt, and when each was last acted on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watches {
    /// Since when each component, verified by each run, gives evidence.
    by_run: BTreeMap<RunId, BTreeMap<Name, Watch>>,
    /// What is in doubt for each incident that safe mode holds for, and since when it has.
    #[serde(default)]
    doubtful: BTreeMap<IncidentId, (Name, Time)>,
    /// The targets of the steps that are being carried out.
    steps: BTreeMap<RunId, BTreeMap<Name, Name>>,
    /// When each component that has not become healthy since was last acted on.
    acted: BTreeMap<Name, Time>,
    /// How often `by_run` changed.
    changes: u64,
    /// When it last did.
    changed: Time,
}

/// One component under verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// From when evidence counts.
    pub from: Time,
    /// The incident it is verified for, or in doubt in.
    pub incident: Option<IncidentId>,
    /// Whether it is only in doubt: asked as often, but what passes is evidence for nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub doubt: bool,
}

// serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Watch {
    fn merge(&mut self, other: Watch) {
        let doubt = self.doubt && other.doubt;
        if other.from < self.from {
            *self = other;
        }
        self.doubt = doubt;
    }
}

impl Watches {
    /// Every component under verification or in doubt; where it is for several reasons, the earliest watch.
    pub fn watched(&self) -> BTreeMap<Name, Watch> {
        let mut all: BTreeMap<Name, Watch> = BTreeMap::new();
        for (incident, (name, from)) in &self.doubtful {
            let watch = Watch { from: *from, incident: Some(*incident), doubt: true };
            all.entry(name.clone()).and_modify(|known| known.merge(watch)).or_insert(watch);
        }
        for (name, watch) in self.by_run.values().flatten() {
            all.entry(name.clone()).and_modify(|known| known.merge(*watch)).or_insert(*watch);
        }
        all
    }

    /// When `component` was last acted on, if it has not become healthy since.
    pub fn acted(&self, component: &Name) -> Option<Time> {
        self.acted.get(component).copied()
    }

    /// A number that differs whenever [`Watches::watched`] may.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// When somebody who has seen `changes` of them must look again.
    pub fn deadline(&self, changes: u64) -> Option<Deadline> {
        let at = self.changed.after(Span::from_ms(1));
        (changes != self.changes).then_some(Deadline { at, reason: "verification_watch" })
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        match (&fact.said, fact.run, &fact.component) {
            (Conclusion::ComponentRemoved {}, _, Some(component)) => self.forget(component, fact.at),
            (Conclusion::GateDecided { links, .. }, _, Some(component)) => self.doubt(fact, component, links),
            (Conclusion::IncidentMoved { to: Phase::Closed, .. }, ..) => self.settle(fact),
            (Conclusion::HealthChanged { to: State::Healthy, .. }, _, Some(component)) => {
                self.acted.remove(component);
            }
            (Conclusion::RolloutMoved(Stage { how, targets, .. }), Some(run), _) if how == "began" => {
                let watch = Watch { from: fact.at, incident: fact.incident, doubt: false };
                let watched = self.by_run.entry(run).or_default();
                watched.extend(targets.iter().map(|target| (target.clone(), watch)));
                self.change(fact.at);
            }
            (Conclusion::RunEnded { .. }, Some(run), _) => {
                self.steps.remove(&run);
                self.end(run, fact.at);
            }
            (Conclusion::StepEnded { step, .. }, Some(run), _) => {
                if let Some(target) = self.steps.get_mut(&run).and_then(|steps| steps.remove(step)) {
                    self.acted.insert(target, fact.at);
                }
            }
            (Conclusion::StepStarted { step, target, .. }, Some(run), _) => {
                self.steps.entry(run).or_default().insert(step.clone(), target.clone());
                self.acted.insert(target.clone(), fact.at);
            }
            (Conclusion::VerdictReached { provisional: false, .. }, Some(run), _) => self.end(run, fact.at),
            (Conclusion::VerificationStarted { from, .. }, Some(run), Some(component)) => {
                let watch = Watch { from: *from, incident: fact.incident, doubt: false };
                self.by_run.entry(run).or_default().insert(component.clone(), watch);
                self.change(fact.at);
            }
            _ => {}
        }
    }

    /// What the gate found in doubt is looked at more often until it finds that no more, or the incident is closed.
    fn doubt(&mut self, fact: &Fact, component: &Name, links: &[LinkResult]) {
        let (Some(incident), Some(link)) = (fact.incident, links.iter().find(|said| said.link == Link::SafeMode))
        else {
            return;
        };
        let changed = match link.rule.as_ref() {
            "safe_mode.careful" | "safe_mode.too_much" => {
                let known = self.doubtful.get(&incident).is_some_and(|(name, _)| name == component);
                if !known {
                    self.doubtful.insert(incident, (component.clone(), fact.at));
                }
                !known
            }
            "safe_mode.not_engaged" => self.doubtful.remove(&incident).is_some(),
            _ => false,
        };
        if changed {
            self.change(fact.at);
        }
    }

    /// Nothing is in doubt about what is closed.
    fn settle(&mut self, fact: &Fact) {
        if fact.incident.is_some_and(|incident| self.doubtful.remove(&incident).is_some()) {
            self.change(fact.at);
        }
    }

    fn end(&mut self, run: RunId, at: Time) {
        if self.by_run.remove(&run).is_some() {
            self.change(at);
        }
    }

    fn forget(&mut self, component: &Name, at: Time) {
        self.acted.remove(component);
        let before = self.doubtful.len();
        self.doubtful.retain(|_, (name, _)| name != component);
        let mut changed = self.doubtful.len() < before;
        self.by_run.retain(|_, watches| {
            changed |= watches.remove(component).is_some();
            !watches.is_empty()
        });
        if changed {
            self.change(at);
        }
    }

    fn change(&mut self, at: Time) {
        self.changes = self.changes.saturating_add(1);
        self.changed = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{EventId, IncidentId};
    use crate::model::run::{RunEnd, Verdict};
    use std::string::String;
    use std::vec::Vec;

    fn run(number: u32) -> RunId {
        RunId::derive(incident(), 0, &"restart".into(), number)
    }

    fn incident() -> IncidentId {
        IncidentId::derive(&"web".into(), &"down".into(), &EventId::from_text("e"))
    }

    fn fact(at: i64, number: u32, component: &str, said: Conclusion) -> Fact {
        Fact::new(Time::from_ms(at), "test", said).component(&component.into()).run(run(number)).incident(incident())
    }

    fn begins(at: i64, number: u32, component: &str, from: i64) -> Fact {
        let said =
            Conclusion::VerificationStarted { step: None, from: Time::from_ms(from), within: Span::from_secs(60) };
        fact(at, number, component, said)
    }

    fn verdict(at: i64, number: u32, provisional: bool) -> Fact {
        let said =
            Conclusion::VerdictReached { verdict: Verdict::Success, provisional, detail: String::new(), since: None };
        fact(at, number, "web", said)
    }

    fn watched(watches: &Watches) -> Vec<(String, i64)> {
        watches.watched().iter().map(|(name, watch)| (name.as_str().into(), watch.from.ms())).collect()
    }

    #[test]
    fn a_component_is_watched_from_verification_to_the_final_verdict() {
        let mut watches = Watches::default();
        watches.apply(&begins(10, 1, "web", 30));
        assert_eq!(watched(&watches), [("web".into(), 30)]);
        watches.apply(&verdict(40, 1, true));
        assert_eq!(watched(&watches), [("web".into(), 30)], "a provisional verdict ends nothing");
        watches.apply(&verdict(50, 1, false));
        assert_eq!(watched(&watches), []);
    }

    #[test]
    fn each_run_ends_only_its_own_watches_and_the_earliest_counts() {
        let mut watches = Watches::default();
        watches.apply(&begins(10, 1, "web", 30));
        watches.apply(&begins(11, 2, "web", 20));
        watches.apply(&begins(11, 2, "db", 21));
        assert_eq!(watched(&watches), [("db".into(), 21), ("web".into(), 20)]);
        let said = Conclusion::RunEnded { playbook: "restart".into(), end: RunEnd::Failed, detail: String::new() };
        watches.apply(&fact(60, 2, "web", said));
        assert_eq!(watched(&watches), [("web".into(), 30)]);
        watches.apply(&fact(70, 9, "web", Conclusion::ComponentRemoved {}));
        assert_eq!(watched(&watches), []);
    }

    fn gate(at: i64, component: &str, rule: &'static str) -> Fact {
        let (link, rule) = (Link::SafeMode, rule.into());
        let result = LinkResult { link, allowed: true, rule, values: Vec::new(), remedy: String::new() };
        let said = Conclusion::GateDecided {
            occasion: crate::model::gate::Occasion::FirstStep,
            playbook: "restart".into(),
            step: None,
            links: Vec::from([result]),
            refused: None,
            trial: false,
        };
        fact(at, 1, component, said)
    }

    #[test]
    fn g4_what_is_in_doubt_is_watched_until_it_is_no_more_or_its_incident_is_closed() {
        let closed = Conclusion::IncidentMoved { from: Phase::Resolved, to: Phase::Closed, detail: String::new() };
        let moved = Conclusion::IncidentMoved { from: Phase::Open, to: Phase::Analyzing, detail: String::new() };
        for ends in [
            gate(40, "web", "safe_mode.not_engaged"),
            fact(40, 1, "web", closed),
            fact(40, 1, "web", Conclusion::ComponentRemoved {}),
        ] {
            let mut watches = Watches::default();
            watches.apply(&gate(10, "web", "safe_mode.careful"));
            let seen = watches.changes();
            watches.apply(&gate(20, "web", "safe_mode.too_much"));
            watches.apply(&gate(25, "web", "safe_mode.not_asked"));
            watches.apply(&fact(30, 1, "web", moved.clone()));
            assert_eq!((watched(&watches), watches.deadline(seen)), ([("web".into(), 10)].into(), None));
            watches.apply(&ends);
            assert_eq!(watched(&watches), []);
            assert_eq!(watches.deadline(seen).map(|deadline| deadline.at.ms()), Some(41));
        }
        let mut watches = Watches::default();
        watches.apply(&gate(10, "web", "safe_mode.careful"));
        watches.apply(&gate(20, "db", "safe_mode.careful"));
        assert_eq!(watched(&watches), [("db".into(), 20)], "its root was found elsewhere");
        assert!(watches.watched().values().all(|watch| watch.doubt && watch.incident == Some(incident())));
        watches.apply(&begins(30, 1, "db", 35));
        assert_eq!(watched(&watches), [("db".into(), 20)], "the earlier one counts");
        assert!(watches.watched().values().all(|watch| !watch.doubt), "it is verified, too");
    }

    #[test]
    fn whoever_has_not_seen_a_change_is_called_a_millisecond_later() {
        let mut watches = Watches::default();
        assert_eq!(watches.deadline(0), None);
        watches.apply(&begins(10, 1, "web", 30));
        assert_eq!(watches.deadline(0).map(|deadline| deadline.at.ms()), Some(11));
        assert_eq!(watches.deadline(watches.changes()), None);
        let seen = watches.changes();
        watches.apply(&verdict(40, 7, false));
        assert_eq!(watches.deadline(seen), None, "another run's verdict changes nothing");
    }

    #[test]
    fn an_action_is_remembered_from_its_last_sign_until_the_component_is_healthy() {
        let mut watches = Watches::default();
        let started = Conclusion::StepStarted {
            step: "s1".into(),
            attempt: 1,
            action: "restart".into(),
            target: "db".into(),
            command: crate::model::ids::CommandId::derive(run(1), 0, 1, "forward"),
        };
        watches.apply(&fact(10, 1, "web", started));
        assert_eq!(watches.acted(&"db".into()), Some(Time::from_ms(10)));
        let ended = Conclusion::StepEnded { step: "s1".into(), how: "succeeded".into(), detail: String::new() };
        watches.apply(&fact(25, 1, "web", ended.clone()));
        assert_eq!(watches.acted(&"db".into()), Some(Time::from_ms(25)));
        watches.apply(&fact(26, 1, "web", ended));
        assert_eq!(watches.acted(&"db".into()), Some(Time::from_ms(25)), "a step ends once");
        let well = Conclusion::HealthChanged { from: State::Unhealthy, to: State::Healthy, detail: String::new() };
        watches.apply(&fact(40, 1, "db", well));
        assert_eq!(watches.acted(&"db".into()), None);
    }
}
