//! The ends of runs that are easily forgotten: answers that come after the end, steps to be reverted, targets that vanish.

#[path = "common/world.rs"]
mod world;

use homeostat_core::model::event::{Event, IncidentOrder, OutcomeResult};
use homeostat_core::model::incident::Phase;
use homeostat_core::model::window::WindowKind;
use homeostat_core::primitives::time::Span;
use world::{DB, WEB, World, person, world};

fn close(world: &mut World) {
    let order = IncidentOrder::Close { resolution: "looked at it".into() };
    let incident = world.incident().id;
    world.say(Event::IncidentOrdered { incident, order, by: person("ann", "operator") });
}

#[test]
fn r4_a_step_whose_time_is_over_before_the_run_is_waits_for_its_end_and_does_not_spin() {
    let playbooks = "  - name: w\n    trigger: { component: web, state: unhealthy }\n    steps: [{ widen: { revert_after: 1m } }]\n";
    let mut world = world(WEB, playbooks);
    world.sick.insert("web");
    world.heals.insert("widen", "web");
    world.until(3_600);
    assert_eq!(world.times("widen/forward").len(), 1);
    assert_eq!(world.times("widen/revert").len(), 1, "{:?}", world.executed);
    assert!(world.times("widen/revert")[0] - world.times("widen/forward")[0] >= 300, "the run ended first");
}

#[test]
fn r4_a_revert_that_fails_is_told_and_freezes_the_target() {
    let playbooks = "  - name: w\n    trigger: { component: web, state: unhealthy }\n    steps: [{ widen: { revert_after: 30m } }]\n";
    let mut world = world(WEB, playbooks);
    world.answers.insert("widen/revert", Some(OutcomeResult::Failed));
    world.heals.insert("widen", "web");
    world.sick.insert("web");
    world.until(7_200);
    assert_eq!(world.times("widen/revert").len(), 1, "once, never blindly again");
    assert_eq!(world.said("remediate.revert_refused"), 1);
    let before = world.executed.len();
    world.sick.insert("web");
    world.until(9_000);
    assert_eq!(world.executed.len(), before, "nothing touches the target any more");
    let (playbook, component) = ("w".into(), Some("web".into()));
    world.say(Event::BreakerReset { playbook, component, by: person("ann", "operator") });
    world.until(9_100);
    assert!(world.executed.len() > before, "until a person has looked at it");
}

#[test]
fn r4_what_is_to_be_reverted_is_reverted_however_the_run_ended() {
    let playbooks = "  - name: w\n    trigger: { component: web, state: unhealthy }\n    steps: [{ widen: { revert_after: 30m } }]\n";
    let mut world = world(WEB, playbooks);
    world.heals.insert("widen", "web");
    world.sick.insert("web");
    world.until(120);
    assert_eq!(world.incident().phase, Phase::Resolved);
    close(&mut world);
    world.until(7_200);
    assert_eq!(world.times("widen/revert").len(), 1);
}

#[test]
fn safe1_a_target_is_held_until_the_answer_also_after_its_incident_was_closed() {
    let playbooks = "  - name: p\n    trigger: { component: web, state: unhealthy }\n    steps: [{ poke: { timeout: 5m, retry: 0 } }]\n";
    let mut world = world(WEB, playbooks);
    world.answers.insert("poke", None);
    world.sick.insert("web");
    world.until(90);
    assert_eq!(world.times("poke").len(), 1);
    close(&mut world);
    world.sick.clear();
    world.until(130);
    world.sick.insert("web");
    world.until(1_500);
    let times = world.times("poke");
    assert!(times.len() > 1, "it goes on once the answer is overdue");
    assert!(times[1] - times[0] >= 330, "30 s to begin and 5 m to run: {times:?}");
}

#[test]
fn p5_a_step_in_doubt_waits_for_the_other_branch_without_spinning() {
    let playbooks = "  - name: p
    trigger: { component: web, state: unhealthy }
    timeout: 40s
    steps:
      - parallel:
          - poke: { timeout: 35s, retry: 0 }
          - shove: { target: db, timeout: 35s, retry: 0 }
severity: [{ id: severe, when: state == unhealthy, severity: SEV1 }]
safety: { default_budget: { max_unhealthy: 100%, max_in_flight: 2, keep_healthy_at_least: 0 } }
";
    let one_service = format!("{WEB}{DB}").replace("type: custom", "type: custom, service: both");
    let mut world = world(&one_service, playbooks);
    world.answers.insert("poke", Some(OutcomeResult::Unknown));
    world.answers.insert("shove", None);
    world.sick.insert("web");
    world.until(130);
    assert_eq!(world.times("shove").len(), 1);
}

#[test]
fn safe16_undoing_that_failed_ends_it_also_where_the_target_is_another_component() {
    let playbooks = "  - name: w
    trigger: { component: web, state: unhealthy }
    steps:
      - widen: { target: db }
      - shove: { target: db, retry: 0 }
  - name: next
    trigger: { component: web, state: unhealthy }
    steps: [{ poke: {} }]
";
    let mut world = world(&format!("{WEB}{DB}"), playbooks);
    world.answers.insert("shove", Some(OutcomeResult::Failed));
    world.answers.insert("widen/rollback", Some(OutcomeResult::Failed));
    world.sick.insert("web");
    world.until(1_200);
    assert_eq!(world.times("widen/rollback").len(), 1);
    assert_eq!(world.times("poke"), Vec::<i64>::new(), "no further Execute for that incident");
    assert_eq!(world.incident().phase, Phase::Escalated);
}

#[test]
fn safe3_nothing_is_executed_or_undone_on_a_target_that_was_removed() {
    let playbooks = "  - name: w
    trigger: { component: web, state: unhealthy }
    steps:
      - widen: { target: db }
      - wait: { duration: 10s }
      - shove: { target: db }
";
    let mut world = world(&format!("{WEB}{DB}"), playbooks);
    world.sick.insert("web");
    while world.times("widen").is_empty() {
        world.until(world.now() + 1);
        assert!(world.now() < 200, "{:?}", world.facts);
    }
    world.say(Event::ComponentRemoved { component: "db".into() });
    world.until(600);
    assert_eq!(world.times("shove"), Vec::<i64>::new());
    assert_eq!(world.times("widen/rollback"), Vec::<i64>::new());
    assert_eq!(world.said("remediate.rollback_moot"), 1);
    assert_eq!(world.said("remediate.rollback_failed"), 0, "what is gone needs no undoing");
}

#[test]
fn safe11_a_run_that_was_called_off_is_no_failure_of_its_playbook() {
    let playbooks = "  - name: p
    trigger: { component: web, state: unhealthy }
    steps: [{ poke: { retry: 0, timeout: 10s } }]
safety: { breaker: { consecutive: 1 } }
";
    for (called_off, opened) in [(true, 0), (false, 3)] {
        let mut world = world(WEB, playbooks);
        world.answers.insert("poke", None);
        world.sick.insert("web");
        world.until(80);
        assert_eq!(world.incident().phase, Phase::Remediating);
        if called_off {
            close(&mut world);
            world.sick.clear();
        }
        world.until(400);
        assert_eq!(world.said("remediate.breaker"), opened, "called off: {called_off}");
    }
}

#[test]
fn safe14_without_anything_to_see_there_is_no_success() {
    let playbooks = "  - name: p\n    trigger: { component: queue, issue: stuck }\n    steps: [{ poke: {} }]\n";
    let mut world = world("  queue: { type: custom }\n", playbooks);
    let (component, issue, summary) = ("queue".into(), "stuck".into(), String::new());
    world.say(Event::AlertRaised { component, issue, severity: None, summary });
    world.until(3_600);
    assert_eq!(world.times("poke").len(), 1);
    assert_eq!(world.incident().phase, Phase::Escalated, "nobody can tell: it is for people");
}

#[test]
fn safe6_a_kill_is_taken_however_long_its_reason_and_only_a_person_releases_what_a_person_said() {
    let mut world = world(WEB, "  - name: p\n    trigger: { component: web }\n    steps: [{ poke: {} }]\n");
    let stopped = |world: &World| world.engine.knowledge().control.stopped();
    let by = person("ann", "operator");
    world.say(Event::KillEngaged { reason: "host".into(), by: by.clone() });
    world.say(Event::HostReported { well: false, detail: "disk full".into() });
    world.say(Event::HostReported { well: true, detail: String::new() });
    assert_eq!(stopped(&world), Some("host, said by a person".into()));
    let (reason, lead) = ("host, said by a person".into(), person("bob", "sre_lead"));
    world.say(Event::KillReleased { reason, by: lead });
    assert_eq!(stopped(&world), None);
    world.say(Event::KillEngaged { reason: "x".repeat(100_000), by });
    assert!(stopped(&world).is_some());
}

#[test]
fn safe5_a_run_keeps_its_component_when_another_root_is_found() {
    let components = "  web: { type: custom, depends_on: [db], checks: [{ http: \"http://web/\" }] }
  db: { type: custom, checks: [{ http: \"http://db/\" }] }
";
    let playbooks = "  - name: p
    trigger: { component: web, state: unhealthy }
    steps:
      - poke: { timeout: 30s }
      - wait: { duration: 30s }
      - shove: { who: \"${component}\" }
";
    let mut world = world(components, playbooks);
    world.sick.insert("web");
    world.until(75);
    assert_eq!(world.times("poke").len(), 1);
    world.sick.insert("db");
    world.until(200);
    assert_eq!(world.incident().component.as_str(), "db", "the root was found");
    for (_, execution) in world.executed.iter().filter(|(_, execution)| execution.action.as_str() == "shove") {
        assert_eq!(execution.parameters.get("who").map(ToString::to_string), Some("web".into()));
    }
    assert_eq!(world.times("shove").len(), 1);
}

#[test]
fn the_status_names_the_windows_that_are_open_and_what_is_silent() {
    let silences = "notifications: { silences: [{ of: web, from: 1970-01-01T00:00Z, until: 1970-01-02T00:00Z, reason: declared }] }\n";
    let mut world =
        world(WEB, &format!("  - name: p\n    trigger: web.unhealthy\n    steps: [{{ poke: {{}} }}]\n{silences}"));
    world.say(Event::WindowOpened {
        window: "works".into(),
        kind: WindowKind::Maintenance,
        over: ["web".into()].into(),
        terms: ["notify".into()].into(),
        lasts: Span::from_mins(10),
        reason: "disk".into(),
        by: person("ann", "operator"),
    });
    let status = serde_json::to_value(world.engine.status()).unwrap();
    let window = &status["windows"][0];
    let said = ["window", "kind", "reason", "by"].map(|name| window[name].as_str());
    assert_eq!(said, [Some("works"), Some("maintenance"), Some("disk"), Some("ann")]);
    assert_eq!((window["until"].as_i64(), window["over"][0].as_str()), (Some(660_000), Some("web")));
    let [silence] = &status["silences"].as_array().unwrap()[..] else { panic!("{status}") };
    assert_eq!((silence["declared"].as_bool(), silence["silence"]["reason"].as_str()), (Some(true), Some("declared")));
    world.until(700);
    world.say(Event::TimeAdvanced);
    assert!(world.engine.status().windows.is_empty(), "it is over");
}

#[test]
fn g8_what_nobody_listened_to_has_not_failed() {
    let components = ["a", "b", "c", "d"].map(|name| WEB.replace("web", name)).join("");
    let playbooks = "  - name: p\n    trigger: { component: a, state: unhealthy }\n    steps: [poke]\n";
    let mut world = world(&components, playbooks);
    world.away(120, 2);
    world.until(200);
    assert_eq!(world.said("analyze.storm_began"), 0, "the host was away, and all is well");
    world.until(300);
    world.sick.insert("a");
    world.heals.insert("poke", "a");
    world.until(400);
    assert_eq!(world.times("poke/forward").len(), 1, "what fails by itself is healed");
}
