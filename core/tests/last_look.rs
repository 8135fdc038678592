//! What was decided and has waited: whether it may still begin.

#[path = "common/world.rs"]
mod world;

use homeostat_core::model::command::Purpose;
use homeostat_core::model::event::{Event, OutcomeResult, PolicyDocument};
use homeostat_core::model::fact::Conclusion;
use homeostat_core::model::window::WindowKind;
use homeostat_core::primitives::time::Span;
use world::{ACTIONS, DB, WEB, World, person, world};

#[test]
fn safe6_what_was_given_before_the_kill_switch_is_not_given_again() {
    let playbooks =
        "  - name: p\n    trigger: { component: web, state: unhealthy }\n    steps: [{ poke: { timeout: 5m } }]\n";
    let mut world = world(WEB, playbooks);
    world.answers.insert("poke", None);
    world.sick.insert("web");
    world.until(80);
    assert!(world.given().is_some());
    world.say(Event::KillEngaged { reason: "look".into(), by: person("ann", "operator") });
    assert!(world.given().is_none());
}

#[test]
fn safe22_what_was_given_does_not_begin_once_its_mode_is_lower_or_its_run_is_called_off() {
    let playbooks =
        "  - name: p\n    trigger: { component: web, state: unhealthy }\n    steps: [{ poke: { timeout: 5m } }]\n";
    let given = |change: &dyn Fn(&mut World)| {
        let mut world = world(WEB, playbooks);
        world.answers.insert("poke", None);
        world.sick.insert("web");
        world.until(80);
        let execution = world.given().expect("it was given");
        assert_eq!(world.engine.may_begin(&execution), Ok(()));
        change(&mut world);
        let answer = world.engine.may_begin(&execution);
        assert_eq!(world.given().is_some(), answer.is_ok(), "what may not begin is not outstanding");
        answer.err().unwrap_or_default()
    };
    let mode =
        |mode: &str| given(&|world| world.say(Event::ModeChanged { mode: mode.into(), by: person("ann", "operator") }));
    assert_eq!(mode("auto"), "");
    assert_eq!(mode("approve"), "the mode is `approve`, and nobody has approved the plan");
    assert_eq!(mode("suggest"), "the mode is `suggest`");
    assert_eq!(mode("observe"), "the mode is `observe`");
    assert_eq!(mode("off"), "the mode is `off`");
    let gone = |world: &mut World| world.say(Event::ComponentRemoved { component: "web".into() });
    assert_eq!(given(&gone), "it was called off since it was decided");
    let kill = |world: &mut World| world.say(Event::KillEngaged { reason: "x".into(), by: person("ann", "operator") });
    assert_eq!(given(&kill), "stopped: x");
}

fn maintenance(over: &'static str) -> impl Fn(&mut World) {
    move |world: &mut World| {
        world.say(Event::WindowOpened {
            window: "works".into(),
            kind: WindowKind::Maintenance,
            over: [over.into()].into(),
            terms: ["remediate".into()].into(),
            lasts: Span::from_mins(10),
            reason: String::new(),
            by: person("ann", "operator"),
        });
    }
}

/// Approves the plan that was put to people last.
fn approve(world: &mut World) {
    let asked = world.facts.iter().rev().find_map(|fact| match &fact.said {
        Conclusion::ApprovalRequested { plan, .. } => Some(*plan),
        _ => None,
    });
    let plan = asked.expect("it was asked for");
    world.say(Event::ApprovalDecided { plan, approved: true, by: person("ann", "operator") });
}

fn gone(component: &'static str) -> impl Fn(&mut World) {
    move |world: &mut World| world.say(Event::ComponentRemoved { component: component.into() })
}

#[test]
fn safe22_the_last_look_at_undoing_is_at_what_is_there_of_what_it_may_touch() {
    let playbooks = "  - name: p
    trigger: { component: web, state: unhealthy }
    steps: [{ widen: { target: db } }, { widen: { target: spare } }, poke]
";
    let given = |change: &dyn Fn(&mut World)| {
        let spare = DB.replace("db", "spare");
        let mut world = world(&format!("{WEB}{DB}{spare}"), playbooks);
        world.answers.insert("poke", Some(OutcomeResult::Failed));
        world.answers.insert("widen/rollback", None);
        world.sick.insert("web");
        world.until(80);
        approve(&mut world);
        world.until(90);
        let execution = world.given().expect("it was given");
        assert_eq!((execution.purpose, execution.target.as_str()), (Purpose::Rollback, "spare"));
        assert_eq!(world.engine.may_begin(&execution), Ok(()));
        change(&mut world);
        world.engine.may_begin(&execution).err().unwrap_or_default()
    };
    assert_eq!(given(&gone("db")), "", "what is gone keeps nothing else from being undone");
    assert_eq!(given(&gone("spare")), "`spare` is not registered any more");
    for name in ["db", "spare", "web"] {
        assert_eq!(given(&maintenance(name)), format!("`{name}` is under maintenance since, by `works`"));
    }
    let stop = |world: &mut World| world.say(Event::KillEngaged { reason: "x".into(), by: person("ann", "operator") });
    assert_eq!(given(&stop), "stopped: x");
    let mode = |world: &mut World| world.say(Event::ModeChanged { mode: "off".into(), by: person("ann", "operator") });
    assert_eq!(given(&mode), "", "what was begun is undone in any mode");
    let twice = |world: &mut World| (gone("db")(world), maintenance("db")(world)).0;
    assert_eq!(given(&twice), "");
}

#[test]
fn safe22_the_last_look_is_at_all_that_the_plan_is_about_and_at_who_approved_it() {
    let people = |ann: &str| {
        format!(
            "people: {{ ann: {ann}, adm: admin }}\nhealth: {{ warm_up: 0s }}\nsafety: {{ approval: {{ expires: 1m }} }}\n"
        )
    };
    let playbooks = "  - name: p\n    trigger: { component: web, state: unhealthy }\n    safety: { require_approval: true }\n    steps: [{ poke: { timeout: 5m } }, { shove: { target: db } }]\n";
    let text = |ann: &str| {
        let components = format!("{WEB}{DB}  other: {{ type: custom, checks: [{{ http: \"http://other/\" }}] }}\n");
        format!("mode: auto\n{}components:\n{components}playbooks:\n{playbooks}{ACTIONS}", people(ann))
    };
    let given = |change: &dyn Fn(&mut World)| {
        let mut world = World::new(&text("operator"));
        world.until(60);
        world.answers.insert("poke", None);
        world.sick.insert("web");
        world.until(80);
        approve(&mut world);
        world.until(81);
        let execution = world.given().expect("it was given");
        assert_eq!(world.engine.may_begin(&execution), Ok(()));
        change(&mut world);
        world.engine.may_begin(&execution).err().unwrap_or_default()
    };
    assert_eq!(given(&maintenance("web")), "`web` is under maintenance since, by `works`");
    assert_eq!(given(&maintenance("db")), "`db` is under maintenance since, by `works`", "a later step is on it");
    assert_eq!(given(&maintenance("other")), "");
    assert_eq!(given(&gone("db")), "`db` is not registered any more");
    assert_eq!(given(&gone("other")), "");
    let policy = |ann: &'static str| {
        move |world: &mut World| {
            let documents = [PolicyDocument { name: "policy.yaml".into(), text: text(ann) }];
            world.say(Event::PolicyReplaced { sources: documents.into(), by: person("adm", "admin") });
        }
    };
    assert_eq!(given(&policy("operator")), "");
    let answer = given(&policy("viewer"));
    assert!(answer.starts_with("approval.required; needed: an approval of plan"), "{answer}");
    let after = |second: i64| {
        move |world: &mut World| {
            world.until(second);
            world.say(Event::TimeAdvanced);
        }
    };
    assert_eq!(given(&after(139)), "");
    let answer = given(&after(140));
    assert!(answer.starts_with("approval.required"), "it is over: {answer}");
}

#[test]
fn p9_what_was_given_before_a_start_does_not_begin_in_its_warm_up() {
    let playbooks =
        "  - name: p\n    trigger: { component: web, state: unhealthy }\n    steps: [{ poke: { timeout: 5m } }]\n";
    for (warm_up, answer) in
        [(60, Err("the warm-up is not over: too little was heard to begin anything".into())), (0, Ok(()))]
    {
        let mut world = world(WEB, &format!("{playbooks}health: {{ warm_up: {warm_up}s }}\n"));
        world.answers.insert("poke", None);
        world.sick.insert("web");
        world.until(120);
        let execution = world.given().expect("it was given");
        assert_eq!(world.engine.may_begin(&execution), Ok(()));
        world.say(Event::Started { epoch: 7 });
        assert_eq!(world.engine.may_begin(&execution), answer);
        assert_eq!(world.given().is_some(), answer.is_ok(), "what may not begin is not outstanding");
    }
}
