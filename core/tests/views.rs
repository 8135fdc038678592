//! What people see when they look: what is frozen and why, whose ceiling holds, what a step was undone with.

#[path = "common/world.rs"]
mod world;

use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::event::{Event, OutcomeResult};
use homeostat_core::policy::mode::Mode;
use homeostat_core::primitives::name::Name;
use world::{DB, WEB, World, person, world};

const UNDONE: &str = "  - name: w
    trigger: { component: web, state: unhealthy }
    steps:
      - widen: { target: db }
      - shove: { target: db, retry: 0 }
";

/// `shove` has failed, and so has undoing what was done before it.
fn frozen() -> World {
    let mut world = world(&format!("{WEB}{DB}"), UNDONE);
    world.answers.insert("shove", Some(OutcomeResult::Failed));
    world.answers.insert("widen/rollback", Some(OutcomeResult::Failed));
    world.sick.insert("web");
    world.until(1_200);
    world
}

#[test]
fn r8_what_is_frozen_is_seen_with_why_until_a_person_has_looked() {
    let mut world = frozen();
    let status = world.engine.status();
    let incident = world.incident().id;
    let [frozen] = status.frozen.as_slice() else { panic!("{:?}", status.frozen) };
    let by = frozen.by.as_ref().expect("it is known what froze it");
    assert_eq!((frozen.component.as_str(), by.playbook.as_str(), by.incident), ("db", "w", incident));
    assert_eq!(by.since.ms() / 1_000, world.times("widen/rollback")[0]);
    assert!(by.why.starts_with("undoing failed: "), "{}", by.why);
    assert!(!status.all_frozen);
    let explained = world.engine.explain(incident).expect("it is remembered");
    assert_eq!(explained.frozen, status.frozen, "an incident names what its runs froze");
    let written = world.engine.snapshot();
    let read = homeostat_core::engine::Engine::restore(&written).expect("its own");
    assert_eq!(read.frozen(), status.frozen, "and so after a restart");
    let (playbook, component) = ("w".into(), Some("db".into()));
    world.say(Event::BreakerReset { playbook, component, by: person("ann", "operator") });
    assert_eq!(world.engine.status().frozen, []);
}

#[test]
fn r8_what_froze_one_component_is_shown_with_no_incident_of_another() {
    let mut world = frozen();
    let first = world.incident().id;
    let other = "  other: { type: custom, checks: [{ http: \"http://other/\" }] }\n";
    world.sick.insert("db");
    world.until(1_500);
    let on_db = world.engine.knowledge().incidents.open().find(|it| it.id != first && it.component == "db".into());
    let on_db = on_db.expect("an incident about what is frozen").id;
    assert_eq!(world.engine.explain(on_db).expect("it is remembered").frozen.len(), 1, "it stands in its way");
    let mut apart = self::world(&format!("{WEB}{DB}{other}"), UNDONE);
    apart.answers.insert("shove", Some(OutcomeResult::Failed));
    apart.answers.insert("widen/rollback", Some(OutcomeResult::Failed));
    apart.sick.insert("web");
    apart.until(600);
    apart.sick.insert("other");
    apart.until(1_200);
    let open: Vec<_> = apart.engine.knowledge().incidents.open().collect();
    let about = open.iter().find(|it| it.component == "other".into()).expect("an incident").id;
    assert_eq!(apart.engine.explain(about).expect("it is remembered").frozen, []);
}

#[test]
fn r10_whose_ceiling_holds_the_mode_down_is_seen() {
    let mut world = world(WEB, "");
    let before = world.engine.status();
    assert_eq!((before.policy_mode, before.trusted), (Mode::Auto, None));
    assert!(before.ceiling.is_none());
    world.say(Event::ModeChanged { mode: "suggest".into(), by: person("ann", "operator") });
    let lowered = world.engine.status();
    let ceiling = lowered.ceiling.expect("one was set");
    assert_eq!((lowered.mode, lowered.policy_mode, ceiling.mode), (Mode::Suggest, Mode::Auto, Mode::Suggest));
    assert_eq!((ceiling.by.as_deref(), ceiling.lost_by), (Some("ann"), None));
}

#[test]
fn g7_how_far_it_is_trusted_still_is_seen_until_a_person_gives_that_back() {
    let mut world = world(WEB, "");
    world.sick.insert("web");
    world.until(300);
    world.away(3_600, 2);
    let lost = world.engine.status();
    assert_eq!((lost.mode, lost.trusted), (Mode::Approve, Some(Mode::Approve)));
    let ceiling = lost.ceiling.expect("one was set");
    assert_eq!(ceiling.by, None, "by nobody");
    assert!(ceiling.lost_by.as_ref().is_some_and(|why| why.starts_with("the host was ")), "{ceiling:?}");
    world.say(Event::ModeChanged { mode: "auto".into(), by: person("ann", "sre_lead") });
    assert_eq!(world.engine.status().trusted, None);
}

#[test]
fn r8_it_is_said_with_what_a_step_is_undone_and_no_secret_is() {
    let actions = "
actions:
  put: { risk: low, disruptive: false, reversal: { undo: drop }, parameters: { file: { type: text }, token: { type: text } } }
  drop: { risk: low, disruptive: false, reversal: not_needed, parameters: { file: { type: text }, token: { type: text } } }
  shove: { risk: low, disruptive: false, reversal: not_needed, parameters: {} }
";
    let steps = "playbooks:
  - name: w
    trigger: { component: web, state: unhealthy }
    steps: [{ put: { file: /tmp/one, token: hushed } }, { shove: { retry: 0 } }]
";
    let mut world = World::new(&format!("mode: auto\ncomponents:\n{WEB}{steps}{actions}"));
    world.answers.insert("shove", Some(OutcomeResult::Failed));
    world.until(60);
    world.sick.insert("web");
    world.until(300);
    let given = |rule: &str| {
        let fact = world.facts.iter().find(|fact| fact.rule == rule).expect("it was given");
        let with = fact.values.iter().find(|(name, _)| name == "with").map(|(_, value)| value.to_string());
        let Conclusion::StepStarted { step, .. } = &fact.said else { panic!("{fact:?}") };
        (step.clone(), with)
    };
    assert_eq!(given("remediate.undo"), (Name::new("put-1"), Some("file=/tmp/one, token=[masked]".to_owned())));
    assert_eq!(given("remediate.execute").1, None, "what goes forward is in the plan");
}
