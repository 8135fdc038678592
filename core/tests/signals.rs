//! From samples to people: what playbooks wait for becomes a signal, an incident, and somebody who knows.

use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::Command;
use homeostat_core::model::event::{Event, Input, PolicyDocument, Principal};
use homeostat_core::model::fact::Fact;
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::time::Time;

const POLICY: &str = "
mode: observe
components:
  store:
    type: external
    critical: true
    checks:
      - { tcp: \"127.0.0.1:9\", interval: 10s }
playbooks:
  - name: disk-cleanup
    severity: high
    trigger: { condition: disk_usage_percent > 85, for: 2m }
    steps:
      - rotate_logs: { paths: [/var/log/app.log] }
";

fn engine() -> Engine {
    let source = Source { name: "policy.yaml".into(), text: POLICY.into() };
    let loaded = Policy::load(&[source]);
    let loaded = loaded.map_err(|problems| problems.iter().map(|one| one.message.clone()).collect::<Vec<_>>()).unwrap();
    let mut engine = Engine::new(loaded.policy);
    engine.step(&Input::new(Time::from_ms(0), Event::Started { epoch: 1 }));
    engine
}

/// Samples every half minute for ten, full from the second on; the engine goes through a snapshot before each input.
fn run(through_snapshots: bool) -> (Vec<Fact>, Vec<Command>) {
    let mut engine = engine();
    let (mut facts, mut commands) = (Vec::new(), Vec::new());
    let mut take = |output: Output| {
        facts.extend(output.facts);
        commands.extend(output.commands);
    };
    for n in 0..20_i32 {
        if through_snapshots {
            engine = Engine::restore(&engine.snapshot()).unwrap();
        }
        let value = Finite::from(if n < 2 { 80 } else { 90 + n % 2 });
        let at = Time::from_ms(i64::from(n) * 30_000);
        let (component, metric) = ("store".into(), "disk_usage_percent".into());
        take(engine.step(&Input::new(at, Event::SampleReported { component, metric, value, taken_at: None })));
    }
    (facts, commands)
}

fn times(facts: &[Fact], rule: &str) -> Vec<i64> {
    facts.iter().filter(|fact| fact.rule == rule).map(|fact| fact.at.ms() / 1_000).collect()
}

#[test]
fn a_condition_that_has_held_opens_one_incident_and_calls_somebody() {
    let (facts, commands) = run(false);
    assert_eq!(times(&facts, "detect.condition_held"), [180]);
    assert_eq!(times(&facts, "analyze.opened"), [180]);
    let told: Vec<&str> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Notify(notification) => Some(notification.title.as_str()),
            _ => None,
        })
        .collect();
    assert!(told.contains(&"SEV1 store disk-cleanup"), "{told:?}");
    assert!(!commands.iter().any(|command| matches!(command, Command::Execute(_))), "it only observes");
}

#[test]
fn snapshots_between_all_inputs_change_nothing() {
    assert_eq!(run(false), run(true));
}

#[test]
fn p7_a_signal_ends_with_the_policy_that_asked_for_it() {
    let mut engine = engine();
    for n in 0..20_i32 {
        let at = Time::from_ms(i64::from(n) * 30_000);
        let (component, metric, value) = ("store".into(), "disk_usage_percent".into(), Finite::from(90 + n % 2));
        engine.step(&Input::new(at, Event::SampleReported { component, metric, value, taken_at: None }));
    }
    let holds = |engine: &Engine| engine.knowledge().incidents.signal_holds(&"store".into(), &"disk-cleanup".into());
    assert!(holds(&engine));
    let text = POLICY.split("playbooks:").next().unwrap_or_default().into();
    let sources = vec![PolicyDocument { name: "policy.yaml".into(), text }];
    let by = Principal { id: "ann".into(), roles: ["admin".into()].into() };
    engine.step(&Input::new(Time::from_ms(600_000), Event::PolicyReplaced { sources, by }));
    assert!(!holds(&engine));
}
