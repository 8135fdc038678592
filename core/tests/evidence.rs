//! Evidence before action (SPEC I3): what is asked for, how long it is waited for, and that nothing of it stays for ever.

#[path = "common/world.rs"]
mod world;

use homeostat_core::engine::Engine;
use homeostat_core::model::command::Command;
use homeostat_core::model::event::{Event, Input};
use homeostat_core::model::evidence::{EvidenceItem, EvidenceKind, EvidenceReport, EvidenceRequest, Part};
use homeostat_core::primitives::time::Span;
use std::sync::Arc;
use world::World;

const POLICY: &str = "
mode: auto
health: { warm_up: 0s }
components:
  web: { type: custom, checks: [{ http: \"http://web/\" }] }
playbooks:
  - name: p
    trigger: { component: web, state: unhealthy }
    steps: [{ poke: {} }]
actions:
  poke: { risk: low, disruptive: true, reversal: not_needed, parameters: {} }
";

/// A world in which something is about to be done, and evidence is asked for.
fn asked() -> (World, Arc<EvidenceRequest>) {
    asked_under(POLICY)
}

fn asked_under(policy: &str) -> (World, Arc<EvidenceRequest>) {
    let mut world = World::new(policy);
    world.until(60);
    (world.witness, world.heals) = (false, [("poke", "web")].into());
    world.sick.insert("web");
    let request = (61..200).find_map(|second| {
        world.until(second);
        requests(&world).pop()
    });
    (world, request.expect("it is asked"))
}

fn requests(world: &World) -> Vec<Arc<EvidenceRequest>> {
    let commands = world.engine.outstanding().into_iter();
    let asked = commands.filter_map(|command| match command {
        Command::CollectEvidence(request) => Some(request),
        _ => None,
    });
    asked.collect()
}

fn is_forgotten(world: &World) -> bool {
    String::from_utf8(world.engine.snapshot()).expect("it is text").contains("\"inquiries\":{}")
}

#[test]
fn i3_the_part_before_now_is_asked_for_logs_of_five_minutes_and_all_else_of_ten_before_the_onset() {
    let (world, request) = asked();
    let asked_at = request.not_after.before(Span::from_secs(5));
    let onset = world.incident().onset;
    assert!(onset < asked_at);
    assert_eq!((request.part, request.epoch, request.incident), (Part::Before, 1, world.incident().id));
    assert_eq!(request.components, ["web".into()]);
    for kind in EvidenceKind::ALL {
        let window = request.windows.iter().find(|window| window.kind == kind).expect("each kind");
        let minutes = if kind == EvidenceKind::Logs { 5 } else { 10 };
        assert_eq!((window.from, window.until), (onset.before(Span::from_mins(minutes)), asked_at));
    }
    assert!(world.times("poke").is_empty());
}

#[test]
fn i3_what_comes_at_the_last_instant_counts_and_a_millisecond_later_it_is_done_without() {
    for late in [false, true] {
        let (mut world, request) = asked();
        let at = if late { request.not_after } else { request.not_after.before(Span::from_ms(1)) };
        let report = EvidenceReport { id: request.id, epoch: 1, items: Vec::new() };
        let output = world.engine.step(&Input::new(at, Event::EvidenceReported(report)));
        let rules: Vec<&str> =
            output.facts.iter().map(|fact| &*fact.rule).filter(|it| it.contains("evidence")).collect();
        let expected: &[&str] = if late {
            &["remediate.evidence_missed", "remediate.evidence_late"]
        } else {
            &["remediate.evidence_found"]
        };
        assert_eq!(rules, expected);
        let given = output.commands.iter().filter(|command| matches!(command, Command::Execute(_))).count();
        assert_eq!(given, 1, "once, whatever came");
    }
}

#[test]
fn p4_the_wait_and_the_question_survive_a_restart() {
    let (mut world, request) = asked();
    world.engine = Engine::restore(&world.engine.snapshot()).expect("a snapshot");
    assert_eq!(requests(&world), [Arc::clone(&request)]);
    world.say(Event::Started { epoch: 9 });
    let again: Vec<_> = requests(&world).iter().map(|it| (it.id, it.epoch, it.not_after)).collect();
    assert_eq!(again, [(request.id, 9, request.not_after)]);
    assert!(world.times("poke").is_empty());
    world.until(200);
    assert_eq!(world.said("remediate.evidence_missed"), 1);
    assert_eq!(world.times("poke"), [request.not_after.ms() / 1_000]);
}

#[test]
fn i3_what_came_after_is_asked_for_ten_minutes_after_the_onset_and_then_it_is_forgotten() {
    let (mut world, before) = asked();
    let (asked_at, onset) = (before.not_after.before(Span::from_secs(5)), world.incident().onset);
    let rest = onset.after(Span::from_mins(10)).ms() / 1_000;
    world.until(rest - 1);
    assert_eq!((requests(&world), world.said("remediate.evidence_asked")), (Vec::new(), 1));
    assert!(!is_forgotten(&world));
    world.until(rest + 1);
    let after = requests(&world).pop().expect("it is asked");
    assert_eq!(
        (after.part, after.not_after),
        (Part::After, onset.after(Span::from_mins(10)).after(Span::from_secs(5)))
    );
    let windows: Vec<_> = after.windows.iter().map(|window| (window.from, window.until.since(onset))).collect();
    assert!(windows.iter().all(|(from, _)| *from == asked_at));
    assert_eq!(windows.iter().filter(|(_, long)| *long == Span::from_mins(5)).count(), 1);
    world.until(rest + 10);
    assert_eq!(world.said("remediate.evidence_missed"), 2);
    assert!(requests(&world).is_empty());
    assert_eq!(world.times("poke").len(), 1, "nothing is done because of it");
    let report = EvidenceReport { id: after.id, epoch: 1, items: Vec::new() };
    world.say(Event::EvidenceReported(report.clone()));
    world.say(Event::EvidenceReported(report));
    assert!(is_forgotten(&world), "its incident is closed");
}

#[test]
fn i3_what_nobody_collects_is_not_asked_for_and_its_memory_does_not_grow() {
    let mut world = World::new(&format!("{POLICY}limits: {{ evidence_bytes: 0 }}\n"));
    world.until(60);
    world.heals = [("poke", "web")].into();
    for round in 1..=3_u32 {
        world.sick.insert("web");
        world.until(60 + i64::from(round) * 3_600);
        assert_eq!(world.times("poke").len(), round as usize);
        assert_eq!((world.said("remediate.evidence_off"), world.said("remediate.evidence_asked")), (round as usize, 0));
        let snapshot = String::from_utf8(world.engine.snapshot()).expect("it is text");
        assert_eq!(snapshot.matches("\"after_id\"").count(), 1, "those of incidents that are over are forgotten");
    }
}

#[test]
fn i3_a_secret_that_would_be_cut_is_masked_as_a_whole() {
    let (mut world, request) = asked_under(&format!("{POLICY}limits: {{ text_bytes: 256 }}\n"));
    let text = format!("{} ghp_0123456789abcdefghijklmnop", "x".repeat(240));
    let item = EvidenceItem { kind: EvidenceKind::Logs, component: "web".into(), at: None, text };
    let report = EvidenceReport { id: request.id, epoch: 1, items: vec![item] };
    let at = request.not_after.before(Span::from_ms(1));
    let output = world.engine.step(&Input::new(at, Event::EvidenceReported(report)));
    let facts = serde_json::to_string(&output.facts).expect("it is JSON");
    assert!(facts.contains("xxx [masked]"), "{facts}");
    assert!(!facts.contains("ghp_"), "{facts}");
}
