//! A snapshot anywhere and the rest is the whole from zero (SPEC P4), whatever slots components stand in (P3).

use super::*;
use crate::model::run::Verdict;
use crate::primitives::time::Span;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Deed {
    /// Answers the n-th request that is out.
    Answer(usize, CheckVerdict),
    Beat,
    End,
    Push(usize, CheckVerdict),
    Register(bool),
    Wait(i64),
    Watch(usize, i64),
}

const CHECKS: &str = "checks: [{ name: a, tcp: 'h:1' }, { name: d, tcp: 'h:2', tier: deep }, \
                      { name: h, heartbeat: 20s }, { name: m, metric: 'cpu < 1' }]";
const NAMES: [&str; 4] = ["db", "late", "web-1", "web-2"];

fn verdict() -> impl Strategy<Value = CheckVerdict> {
    prop_oneof![
        2 => Just(CheckVerdict::Pass),
        3 => Just(CheckVerdict::Fail),
        1 => Just(CheckVerdict::Error)
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0..8usize, verdict()).prop_map(|(n, verdict)| Deed::Answer(n, verdict)),
        1 => Just(Deed::Beat),
        1 => Just(Deed::End),
        2 => (0..4usize, verdict()).prop_map(|(n, verdict)| Deed::Push(n, verdict)),
        1 => any::<bool>().prop_map(Deed::Register),
        6 => prop_oneof![0..3i64, 0..3_000i64, 0..20_000i64, 0..100_000i64].prop_map(Deed::Wait),
        1 => (0..4usize, 0..10_000i64).prop_map(|(n, ms)| Deed::Watch(n, ms)),
    ]
}

fn start() -> World {
    let mut world = World::of(&NAMES.map(|name| (name, CHECKS)));
    world.knowledge.topology.remove(&"late".into());
    world.policy.limits.checks_per_step = 3;
    world.policy.limits.checks_in_flight = 4;
    world.tick(world.now);
    world
}

impl World {
    fn play(&mut self, deed: &Deed) -> Draft {
        match deed {
            Deed::Answer(n, verdict) => {
                let mut out = Vec::new();
                self.monitor.outstanding(self.epoch, &mut out);
                let Some(request) = out.iter().filter_map(request).cycle().nth(*n) else { return self.tick(self.now) };
                let check = format!("{}/{}", request.component, request.check);
                self.step(self.now, report(&check, Some(request.asked_at.ms()), *verdict, self.epoch))
            }
            Deed::Beat => self.step(self.now, Event::HeartbeatReceived { component: "db".into() }),
            Deed::End => {
                let verdict = Verdict::Success;
                self.conclude(
                    "db",
                    Conclusion::VerdictReached { verdict, provisional: false, detail: String::new(), since: None },
                );
                self.tick(self.now)
            }
            Deed::Push(n, verdict) => {
                let mut event = report(&format!("{}/a", NAMES[*n]), None, *verdict, self.epoch);
                if let Event::CheckReported(report) = &mut event {
                    report.taken_at = Time::from_ms(self.now);
                }
                self.step(self.now, event)
            }
            Deed::Register(present) => {
                let late = self.policy.components().iter().find(|it| it.name == "late".into()).unwrap().clone();
                let said = if *present {
                    self.knowledge.topology.register(late);
                    Conclusion::ComponentRegistered {}
                } else {
                    self.knowledge.topology.remove(&"late".into());
                    Conclusion::ComponentRemoved {}
                };
                let fact = Fact::new(Time::from_ms(self.now), "engine.component", said).component(&"late".into());
                self.step_with(self.now, Some(Event::TimeAdvanced), &[fact])
            }
            Deed::Wait(ms) => self.tick(self.now + ms),
            Deed::Watch(n, ms) => {
                let from = Time::from_ms(self.now + ms);
                self.conclude(
                    NAMES[*n],
                    Conclusion::VerificationStarted { step: None, from, within: Span::from_secs(60) },
                );
                Draft::default()
            }
        }
    }

    /// The same world, written down and read again, with every component in another slot.
    fn restored(&self) -> World {
        let text = serde_json::to_string(&self.monitor.snapshot()).unwrap();
        let mut knowledge = self.knowledge.clone();
        knowledge.topology = crate::knowledge::topology::Topology::default();
        knowledge.health = crate::knowledge::health::Healths::default();
        for component in self.knowledge.topology.by_name().into_iter().rev() {
            let slot = knowledge.topology.register(component.clone());
            knowledge.health.restore(slot, self.knowledge.health.of(&component.name, &self.knowledge.topology));
        }
        let saved: Saved = serde_json::from_str(&text).unwrap();
        let monitor = Monitor::restore(&saved, &knowledge, &self.policy);
        assert_eq!(serde_json::to_string(&monitor.snapshot()).unwrap(), text);
        World { knowledge, monitor, ..self.clone() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_snapshot_and_the_rest_is_the_whole(
        before in proptest::collection::vec(deed(), 0..60),
        after in proptest::collection::vec(deed(), 1..60),
    ) {
        let mut world = start();
        before.iter().for_each(|deed| drop(world.play(deed)));
        let mut restored = world.restored();
        for deed in &after {
            let (whole, rest) = (world.play(deed), restored.play(deed));
            prop_assert_eq!(&whole.facts, &rest.facts);
            prop_assert_eq!(&whole.commands, &rest.commands);
            let deadlines = (world.monitor.deadline(&world.knowledge), restored.monitor.deadline(&restored.knowledge));
            prop_assert_eq!(deadlines.0, deadlines.1);
        }
        let snapshots = [&world, &restored].map(|it| serde_json::to_string(&it.monitor.snapshot()).unwrap());
        prop_assert_eq!(&snapshots[0], &snapshots[1]);
    }
}

#[test]
fn such_stories_reach_every_rule_of_the_monitor() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let stories = proptest::collection::vec(deed(), 400);
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for _ in 0..20 {
        let mut world = start();
        for deed in stories.new_tree(&mut runner).unwrap().current() {
            reached.extend(world.play(&deed).facts.iter().map(|fact| fact.rule.to_string()));
        }
    }
    for rule in [
        "check_error",
        "check_failed",
        "check_passed",
        "check_silent",
        "checks_in_flight",
        "duplicate_answer",
        "health_changed",
        "no_answer",
        "unknown_component",
    ] {
        assert!(reached.contains(&format!("monitor.{rule}")), "no story reaches {rule}: {reached:?}");
    }
}
