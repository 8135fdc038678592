//! The monitor as its neighbours see it: events and time in, facts and requests out.

mod health;
mod limits;
mod replay;
mod roster;
mod schedule;

use super::*;
use crate::model::command::CheckRequest;
use crate::model::event::{CheckReport, Event};
use crate::model::health::CheckVerdict;
use crate::policy::{Policy, Source};
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

/// A world with a monitor alone in it. Time is in milliseconds.
#[derive(Clone)]
pub(super) struct World {
    pub(super) policy: Policy,
    pub(super) knowledge: Knowledge,
    pub(super) monitor: Monitor,
    pub(super) now: i64,
    pub(super) epoch: u64,
}

impl World {
    /// `name: checks` lines, checks as a policy spells them.
    pub(super) fn of(components: &[(&str, &str)]) -> World {
        let lines = components.iter().map(|(name, rest)| format!("  {name}: {{ {rest} }}\n")).collect::<String>();
        let text = format!("components:\n{lines}");
        let loaded = Policy::load(&[Source { name: "test.yaml".into(), text }]);
        let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
        let mut knowledge = Knowledge::default();
        for component in policy.components() {
            knowledge.topology.register(component.clone());
        }
        World { policy, knowledge, monitor: Monitor::new(), now: 1_000_000, epoch: 7 }
    }

    /// One step of an engine that has no other stage; `before` is what it says ahead of the monitor.
    pub(super) fn step_with(&mut self, at: i64, event: Option<Event>, before: &[Fact]) -> Draft {
        self.now = self.now.max(at);
        let mut all = Draft::default();
        while self.monitor.deadline(&self.knowledge).is_some_and(|deadline| deadline.at.ms() <= self.now) {
            self.pass(None, &[], &mut all);
        }
        if event.is_some() || !before.is_empty() || self.monitor.now.is_none() {
            self.pass(event, before, &mut all);
        }
        let next = self.monitor.deadline(&self.knowledge);
        assert!(next.is_none_or(|next| next.at.ms() > self.now), "{next:?} is not after {}", self.now);
        all
    }

    fn pass(&mut self, event: Option<Event>, before: &[Fact], all: &mut Draft) {
        self.knowledge.apply(before, self.policy.limits());
        let input = event.map(|event| crate::model::event::Input::new(Time::from_ms(self.now), event));
        let now = Time::from_ms(self.now);
        let context = Context::new(now, &self.policy, input.as_ref(), self.epoch);
        let mut out = Draft::default();
        self.monitor.advance(&context, &self.knowledge, before, &mut out);
        self.knowledge.apply(&out.facts, self.policy.limits());
        all.facts.extend(out.facts);
        all.commands.extend(out.commands);
    }

    pub(super) fn step(&mut self, at: i64, event: Event) -> Draft {
        self.step_with(at, Some(event), &[])
    }

    pub(super) fn tick(&mut self, at: i64) -> Draft {
        self.step_with(at, Some(Event::TimeAdvanced), &[])
    }

    /// Says a fact about a component that a later stage concluded, after the pass at the present time.
    pub(super) fn conclude(&mut self, component: &str, said: Conclusion) {
        let event = crate::model::ids::EventId::from_text("e");
        let incident = crate::model::ids::IncidentId::derive(&component.into(), &"down".into(), &event);
        let run = crate::model::ids::RunId::derive(incident, 0, &"restart".into(), 1);
        let fact = Fact::new(Time::from_ms(self.now), "test", said).component(&component.into());
        self.knowledge.apply(&[fact.run(run).incident(incident)], self.policy.limits());
    }

    /// Goes from deadline to deadline until something is asked, at most to `until`; when, and what.
    pub(super) fn next_asked(&mut self, until: i64) -> Option<(i64, Vec<String>)> {
        if self.monitor.now.is_none() {
            self.tick(self.now);
        }
        while let Some(deadline) = self.monitor.deadline(&self.knowledge).filter(|next| next.at.ms() <= until) {
            let out = self.step_with(deadline.at.ms(), None, &[]);
            if !out.commands.is_empty() {
                return Some((self.now, asked(&out)));
            }
        }
        None
    }

    /// Answers the request that is out for a check, now.
    pub(super) fn answer(&mut self, check: &str, verdict: CheckVerdict) -> Draft {
        let (component, name) = check.split_once('/').expect("component/check");
        let mut out = Vec::new();
        self.monitor.outstanding(self.epoch, &mut out);
        let request =
            out.iter().filter_map(request).find(|it| it.component == component.into() && it.check == name.into());
        let asked_at = request.expect("a request is out").asked_at;
        self.step(self.now, report(check, Some(asked_at.ms()), verdict, self.epoch))
    }

    /// Answers a check as often as there are letters: `P`, `F`, `E`, or `-` for nothing. All others pass meanwhile.
    pub(super) fn answers(&mut self, check: &str, letters: &str) -> Vec<Draft> {
        let answer = |letter| {
            loop {
                let (_, asked) = self.next_asked(i64::MAX).expect("it is asked");
                asked.iter().filter(|it| *it != check).for_each(|it| drop(self.answer(it, CheckVerdict::Pass)));
                if asked.iter().any(|it| it == check) {
                    break;
                }
            }
            match letter {
                'P' => self.answer(check, CheckVerdict::Pass),
                'F' => self.answer(check, CheckVerdict::Fail),
                'E' => self.answer(check, CheckVerdict::Error),
                _ => Draft::default(),
            }
        };
        letters.chars().map(answer).collect()
    }

    /// Goes from deadline to deadline up to `until`.
    pub(super) fn until(&mut self, until: i64) -> Draft {
        let mut all = Draft::default();
        while let Some(next) = self.monitor.deadline(&self.knowledge).filter(|next| next.at.ms() < until) {
            let out = self.step_with(next.at.ms(), None, &[]);
            all.facts.extend(out.facts);
            all.commands.extend(out.commands);
        }
        all.facts.extend(self.tick(until).facts);
        all
    }

    pub(super) fn state(&self, component: &str) -> &'static str {
        self.knowledge.health.of(&component.into(), &self.knowledge.topology).state.as_str()
    }
}

pub(super) fn report(check: &str, asked_at: Option<i64>, verdict: CheckVerdict, epoch: u64) -> Event {
    let (component, name) = check.split_once('/').expect("component/check");
    let taken_at = Time::from_ms(asked_at.unwrap_or_default());
    Event::CheckReported(CheckReport {
        component: component.into(),
        check: name.into(),
        asked_at: asked_at.map(Time::from_ms),
        taken_at,
        verdict,
        detail: String::new(),
        epoch,
    })
}

fn request(command: &Command) -> Option<&CheckRequest> {
    match command {
        Command::RunCheck(request) => Some(request),
        _ => None,
    }
}

/// What was asked: `component/check`.
pub(super) fn asked(out: &Draft) -> Vec<String> {
    out.commands.iter().filter_map(request).map(|it| format!("{}/{}", it.component, it.check)).collect()
}

/// The rules of the facts, without `monitor.`; for a change of state the states as well. Of the warm-up nothing.
pub(super) fn rules(out: &Draft) -> Vec<String> {
    let rule = |fact: &Fact| match &fact.said {
        Conclusion::HealthChanged { from, to, .. } => format!("{from}>{to}"),
        Conclusion::CheckFound { check, count, needed, .. } => {
            format!("{} {check} {count}/{needed}", fact.rule.trim_start_matches("monitor."))
        }
        _ => fact.rule.trim_start_matches("monitor.").to_string(),
    };
    let warm = |said: &Conclusion| matches!(said, Conclusion::WarmUpBegan(_) | Conclusion::WarmUpEnded(_));
    out.facts.iter().filter(|fact| !warm(&fact.said)).map(rule).collect()
}

/// One tcp check `c` every 10 s, with 1 s to answer.
pub(super) const PLAIN: &str = "checks: [{ name: c, tcp: 'localhost:1' }]";

pub(super) fn web() -> World {
    World::of(&[("web", PLAIN)])
}

#[test]
fn a_pass_of_a_healthy_check_says_nothing() {
    let mut world = web();
    let first = world.answers("web/c", "P");
    assert_eq!(rules(&first[0]), ["unknown>healthy"]);
    for out in world.answers("web/c", "PPP") {
        assert_eq!((out.facts, out.commands), (vec![], vec![]));
    }
}

#[test]
fn a_component_registered_at_run_time_is_asked_and_a_removed_one_forgotten() {
    let mut world = web();
    world.answers("web/c", "P");
    let late = World::of(&[("late", PLAIN)]).policy.components()[0].clone();
    world.knowledge.topology.register(late);
    let fact = |name: &str, said| Fact::new(Time::from_ms(0), "engine.component", said).component(&name.into());
    let at = world.now;
    world.step_with(at, Some(Event::TimeAdvanced), &[fact("late", Conclusion::ComponentRegistered {})]);
    let mut seen = Vec::new();
    while let Some((_, asked)) = world.next_asked(at + 10_000) {
        seen.extend(asked);
    }
    seen.sort();
    assert_eq!(seen, ["late/c", "web/c"]);

    world.knowledge.topology.remove(&"web".into());
    world.step_with(world.now, Some(Event::TimeAdvanced), &[fact("web", Conclusion::ComponentRemoved {})]);
    let until = world.now + 10_000;
    assert_eq!(world.next_asked(until).map(|(_, asked)| asked), Some(vec!["late/c".to_string()]));
    assert_eq!(world.next_asked(until), None);
    let refused = world.step(world.now, report("web/c", Some(world.now), CheckVerdict::Fail, 7));
    assert_eq!(rules(&refused), ["unknown_component"]);
}

#[test]
fn registering_again_starts_over() {
    let mut world = web();
    world.answers("web/c", "FFF");
    assert_eq!(world.state("web"), "unhealthy");
    let fact = Fact::new(Time::from_ms(world.now), "engine.component", Conclusion::ComponentRegistered {});
    world.step_with(world.now, Some(Event::TimeAdvanced), &[fact.component(&"web".into())]);
    assert_eq!(world.state("web"), "unknown");
    let outs = world.answers("web/c", "P");
    assert_eq!(rules(&outs[0]), ["unknown>healthy"]);
}

#[test]
fn facts_of_a_component_with_an_open_incident_belong_to_it() {
    let mut world = web();
    world.answers("web/c", "PFFF");
    let onset = Time::from_ms(world.now);
    let severity = crate::model::severity::Severity::Sev2;
    let opened = Conclusion::IncidentOpened { issue: "down".into(), severity, onset, recurrence_of: None };
    world.conclude("web", opened);
    let outs = world.answers("web/c", "PP");
    let facts: Vec<&Fact> = outs.iter().flat_map(|out| &out.facts).collect();
    assert!(facts.len() >= 2 && facts.iter().all(|fact| fact.incident.is_some()), "{facts:?}");
}

#[test]
fn a_metric_check_follows_its_condition() {
    let checks = "checks: [{ name: cpu, metric: 'cpu_usage < 90%', interval: 60s, timeout: 1s }]";
    let mut world = World::of(&[("web", checks)]);
    world.tick(world.now);
    let mut said = Vec::new();
    for (minute, cpu) in [(1, None), (2, Some(50)), (3, Some(95)), (4, None)] {
        let at = 1_000_000 + minute * 60_000;
        if let Some(cpu) = cpu {
            let limits = world.policy.limits().clone();
            let (component, metric) = ("web".into(), "cpu_usage".into());
            let sample = (crate::primitives::finite::Finite::from(cpu), None);
            world.knowledge.observe((&component, &metric), sample, Time::from_ms(at - 60_000), &limits).unwrap();
        }
        let mut out = world.until(at);
        out.facts.retain(|fact| !fact.rule.ends_with("check_failed"));
        said.extend(rules(&out));
        assert!(world.monitor.schedule.in_flight == 0, "nobody is asked");
    }
    let expected =
        ["check_error cpu 1/4", "check_passed cpu 1/1", "unknown>healthy", "healthy>degraded", "degraded>unhealthy"];
    assert_eq!(said, expected);
}
