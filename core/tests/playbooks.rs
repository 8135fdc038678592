//! SPEC R1–R4: the playbook language, its mistakes, its documentation and the shipped ladders.

mod common;

use common::{clean, playbook, problems, shipped};
use homeostat_core::model::value::Value;
use homeostat_core::policy::actions::{Action, Adapter, Argument, Reversal};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::draft::action::{Registry, describe};
use homeostat_core::policy::draft::playbook::all_steps;
use homeostat_core::policy::library;
use homeostat_core::policy::playbook::{Node, OnFailure, Playbook, Step};
use homeostat_core::policy::problem::Problems;
use homeostat_core::primitives::time::Span;
use std::fmt::Write;
use std::fs;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/playbooks.md");
const START: &str = "<!-- actions: generated from the registry -->\n";
const END: &str = "<!-- end of actions -->\n";

fn read(text: &str) -> Playbook {
    playbook("playbook.yaml", text, &shipped())
}

fn steps(text: &str) -> Vec<Step> {
    let playbook = read(&format!("name: p\ntrigger: web.unhealthy\nsteps:\n{text}"));
    all_steps(&playbook.steps).cloned().collect()
}

/// What is wrong with a playbook of these steps; lines count from the first step.
fn wrong(text: &str) -> Vec<String> {
    problems(&format!("{{ name: p, trigger: web.unhealthy, steps: [\n{text}\n] }}"))
}

#[test]
fn the_spellings_of_a_step_are_one_tree() {
    let read = steps(
        "
- { id: a, action: restart_service, service_name: web, timeout: 1m }
- { id: a1, action: restart_service, with: { service_name: web }, timeout: 1m }
- { id: a2, restart_service: { service_name: web }, timeout: 1m }
- { id: a3, restart_service: { service_name: web, timeout: 1m } }
- { id: a4, restart_service: web, timeout: 1m }
- { id: a5, service_restart: { target: web, timeout: 1m } }
",
    );
    let first = &read[0];
    assert_eq!(
        first.target,
        Some(Argument::Value(Value::text("web"))),
        "a component among the parameters is the target"
    );
    for step in &read[1..] {
        let same = Step { id: first.id.clone(), name: first.name.clone(), ..step.clone() };
        assert_eq!(&same, first, "{}", step.id);
    }
}

#[test]
fn defaults_are_those_of_the_action_and_of_restarts_and_scale_ups() {
    let read = steps("- restart\n- scale: { delta: 1 }\n- scale: { delta: 1, revert_after: never }\n- verify\n");
    assert_eq!(read.iter().map(|step| step.retry.executions).collect::<Vec<_>>(), [3, 1, 1, 1]);
    let reverts: Vec<_> = read.iter().map(|step| step.revert_after).collect();
    assert_eq!(reverts, [None, Some(Span::from_mins(30)), None, None]);
    assert_eq!(read[0].parameters["grace"], Argument::Value(Value::Duration(Span::from_secs(10))));
    let grown =
        steps("- increase_resource_limit: { resource_type: memory }\n- expand_volume\n- tune_connection_pool\n");
    let by: Vec<_> = grown.iter().map(|step| step.parameters["increase_by"].clone()).collect();
    assert_eq!(by, [50, 20, 25].map(|percent: i32| Argument::Value(Value::Number(percent.into()))));
}

#[test]
fn groups_branches_and_references_are_read() {
    let read = read(
        "
name: p
trigger: { supervised: true, state: unhealthy }
steps:
  - { id: look, http: { url: 'http://x/', method: GET } }
  - for_each: [web-1, web-2]
    as: one
    steps:
      - restart: { target: '${one}', on_failure: [ notify: { message: 'lost ${one}: ${steps.look.status}, $${x}' } ] }
",
    );
    let [Node::Step(_), Node::ForEach { steps, concurrency: 1, .. }] = read.steps.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!(steps[0].target, Some(Argument::Reference("one".into())));
    let OnFailure::Branch(branch) = &steps[0].on_failure else { panic!("{:?}", steps[0]) };
    let Argument::Text(pieces) = &branch[0].parameters["message"] else { panic!("{branch:?}") };
    assert_eq!(pieces.len(), 5, "three literals, two references: {pieces:?}");
}

#[test]
fn mistakes_in_steps_are_found_all_at_once_and_at_their_place() {
    let found = wrong(
        "{ restart_servise: { service_name: web } },
{ restart_service: { servise_name: web, service_name: web } },
{ action: scale_deployment, namespace: a, deployment: b, replicas: 11 },
{ restart_service: {} },
{ scale: { replicas: 2, delta: 1 } },
{ notify: { message: '${compnent}' } },
{ notify: { message: '${component' } },
{ clear_cache: { cache_type: rediss } },
{ wait: { duration: 10 } },
{ timeout: 5s },
{ action: restart, service: web },
{ notify: { channel: -x } }",
    );
    assert_eq!(
        found,
        [
            "2:3 unknown action `restart_servise` (did you mean `restart_service`?)",
            "3:22 unknown field `servise_name` in the step `restart_service`",
            "4:68 `replicas` must be a number from 1 to 10, found `11`",
            "5:1 `restart_service` lacks the parameter `service_name`",
            "6:1 `scale` needs either `replicas` or `delta`",
            "7:22 unknown reference `${compnent}` (did you mean `component`?)",
            "8:22 `${` is never closed",
            "9:30 `cache_type` is unknown: `rediss` (did you mean `redis`?)",
            "10:21 `duration` expects a duration such as `10s`, but `10` has no unit (did you mean `10s`?)",
            "11:1 a step needs an action",
            "12:20 unknown field `service` in the step `restart`",
            "13:22 `channel` begins with `-`, so a program could take it for an option",
        ]
    );
}

#[test]
fn steps_are_checked_against_each_other() {
    let found = wrong(
        "{ id: a, wait: 1s },
{ id: a, wait: 1s },
{ notify: { message: '${steps.later.x} ${steps.b.x}' } },
{ id: later, verify: {} },
{ parallel: [ { parallel: [ verify ] } ] },
{ revert_after: 5m, restart: {} }",
    );
    assert_eq!(
        found,
        [
            "3:7 two steps have the id `a`",
            "6:15 groups cannot be nested",
            "7:1 `restart` cannot be reverted: nothing undoes it",
        ]
    );
    let found = wrong(
        "{ id: a, wait: 1s },
{ id: a, wait: 1s },
{ notify: { message: '${steps.later.x} ${steps.b.x}' } },
{ id: later, verify: {} },
{ revert_after: 5m, restart: {} },
{ for_each: [x, y], steps: [ { id: in, verify: {} } ] },
{ notify: { message: '${steps.in.x}' } }",
    );
    assert_eq!(
        found,
        [
            "3:7 two steps have the id `a`",
            "4:22 no step has the id `b`",
            "4:22 step `later` has not run by then",
            "6:1 `restart` cannot be reverted: nothing undoes it",
            "8:22 step `in` is in a loop, so its outputs exist once for each target",
        ]
    );
}

#[test]
fn impossible_timings_and_playbooks_that_trigger_themselves_are_refused() {
    let one = |head: &str, steps: &str| problems(&format!("{head}\nsteps: [ {steps} ]"));
    let cases = [
        ("name: p\ntrigger: web.unhealthy\ntimeout: 1m", "{ wait: 1s, timeout: 2m }", "step `wait-1` may take 2m"),
        ("name: p\ntrigger: web.unhealthy\ntimeout: 1m", "{ verify: { retry: 9 } }", "the pauses of step `verify-1`"),
        ("name: p\ntrigger: web.unhealthy\ntimeout: 1m", "{ wait: 1m }", "the waits of its steps come to 1m"),
        ("name: p\ntrigger: web.unhealthy", "{ wait: 2h }", "a wait of 2h has a timeout of 1h"),
        ("name: p\ntrigger: web.unhealthy\nverify: { settle: 2m, within: 1m }", "verify", "`within` ends before"),
        ("name: p\ntrigger: web.unhealthy\nverify: { stability: 0s }", "verify", "stayed well"),
        ("name: p\ntrigger: web.unhealthy\ntimeout: 0s", "verify", "a timeout of nothing"),
        ("name: p\ntrigger: web.unhealthy", "{ verify: {}, delay: -5s }", "is negative"),
        ("name: p\ntrigger: web.unhealthy", "{ verify: {}, retry: { executions: 2, initial: 9m, cap: 1m } }", "`cap`"),
        ("name: p\ntrigger: web.healthy", "restart", "would trigger itself"),
        ("name: p\ntrigger: cpu_usage > 85\nverify: cpu_usage < 90", "restart", "leaves the trigger"),
        ("name: p\ntrigger: {}", "restart", "would fit every incident"),
        ("name: p", "restart", "lacks the field `trigger`"),
        ("name: p\ntrigger: web.unhealthy\ndiagnose_only: true", "restart", "does not only diagnose"),
    ];
    for (head, steps, expected) in cases {
        let found = one(head, steps);
        assert!(found.len() == 1 && found[0].contains(expected), "{head} {steps}: {found:?}");
    }
    let many = vec!["verify"; 101].join(", ");
    assert_eq!(one("name: p\ntrigger: web.unhealthy", &many), ["3:1 the playbook has 101 steps, the limit is 100"]);
}

#[test]
fn programs_are_literal_and_arguments_whole() {
    let faults = [
        ("{ exec: { argv: ['${component}'] } }", "begins with a program"),
        ("{ exec: { argv: [ls, 'a${component}'] } }", "one whole"),
        ("{ exec: { argv: ['ls ${component}'], shell: true } }", "one literal script"),
        ("{ exec: { argv: [sh, -c, '${component}'] } }", "read as code"),
    ];
    for (step, expected) in faults {
        let found = wrong(step);
        assert!(found.len() == 1 && found[0].contains(expected), "{step}: {found:?}");
    }
    let read = steps("- exec: { argv: [ls, -l, '${component}'], env: { WHO: '${service}' } }\n");
    assert!(matches!(&read[0].parameters["argv"], Argument::List(all) if all.len() == 3));
}

#[test]
fn the_shipped_ladders_load_and_undo_is_known_for_every_action() {
    let actions = shipped();
    let restart = playbook("library/restart", library::playbook("library/restart").unwrap(), &actions);
    assert_eq!((restart.safety.max_attempts, restart.verification.stability), (3, Span::from_mins(5)));
    assert!(restart.trigger.supervised);
    for action in actions.values() {
        assert!(!action.documentation.is_empty() && action.timeout > Span::ZERO, "{}", action.name);
    }
}

#[test]
fn a_definition_of_ones_own_is_checked() {
    let definitions = "
actions:
  a: { risk: low, reversal: { undo: bb } }
  b: { risk: lw }
  c: { risk: low, adapter: { exec: [prog, 'x${p}'] }, parameters: { p: { type: text } } }
  d: { risk: low, aliases: [restart] }
  e: { about: no risk given }
";
    let problems = Problems::new();
    let mut registry = Registry::shipped(&Open, &problems);
    let (_, mut found) = common::read("actions.yaml", definitions, |root| registry.read_file(root, &Open));
    registry.finish(&problems);
    found.extend(problems.into_sorted());
    let found: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
    assert_eq!(
        found,
        [
            "`risk` is unknown: `lw`",
            "an argument is a literal or one whole value",
            "`restart` is already a name of `restart`",
            "the action `e` lacks the field `risk`",
            "`a` is undone by the unknown action `bb`",
        ]
    );
}

#[test]
fn the_examples_of_the_documentation_are_playbooks_and_actions() {
    let text = fs::read_to_string(DOCS).unwrap();
    let mut examples = 0;
    for block in text.split("```yaml\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        if block.starts_with("actions:") {
            let mut registry = Registry::shipped(&Open, &Problems::new());
            clean("docs/playbooks.md", block, |root| registry.read_file(root, &Open));
        } else {
            read(block);
        }
        examples += 1;
    }
    assert_eq!(examples, 6);
}

/// With `UPDATE_DOCS` set in the environment, writes the table anew.
#[test]
fn the_table_of_actions_is_that_of_the_registry() {
    let text = fs::read_to_string(DOCS).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(DOCS, format!("{before}{START}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "run this test with UPDATE_DOCS=1");
    }
}

fn table() -> String {
    let mut out = String::from(
        "\n| action | what it does | parameters | risk | classes | touches | undone by | shown by | by |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (_, action) in shipped().iter().filter(|(name, action)| **name == action.name) {
        let aliases: Vec<String> = action.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let also = if aliases.is_empty() { String::new() } else { format!("<br>also {}", aliases.join(", ")) };
        let parameters: Vec<String> =
            action.parameters.iter().map(|(name, parameter)| format!("`{name}`: {}", describe(parameter))).collect();
        writeln!(
            out,
            "| `{}`{also} | {} | {} | {} | {} | {} | {} | {} | {} |",
            action.name,
            action.documentation,
            parameters.join("<br>"),
            action.risk.as_str(),
            action.classes.iter().map(|class| format!("`{}`", class.as_str())).collect::<Vec<_>>().join(", "),
            format!("{:?}", action.touches).to_lowercase(),
            undone(action),
            action.verify.shows,
            carrier(action),
        )
        .unwrap();
    }
    out.push('\n');
    out
}

fn undone(action: &Action) -> String {
    match &action.reversal {
        Reversal::NotNeeded => "not needed".into(),
        Reversal::Reversible(undo) => format!("`{}`", undo.action),
        Reversal::Compensable(undo) => format!("made good by `{}`", undo.action),
        Reversal::Irreversible => "cannot be undone".into(),
    }
}

fn carrier(action: &Action) -> &'static str {
    match action.adapter {
        Adapter::Engine => "the engine",
        Adapter::Exec { .. } => "a program",
        Adapter::Host => "the host",
        Adapter::Http { .. } => "a request",
    }
}
