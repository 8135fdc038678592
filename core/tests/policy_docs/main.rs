//! `docs/policy.md` is true: its examples load, its tables have the fields, defaults and bounds of the code.

mod generated;
mod schema;

use homeostat_core::policy::authority::Verb;
use homeostat_core::policy::condition::FACTS;
use homeostat_core::policy::duration;
use homeostat_core::policy::problem::{Problem, Severity, render};
use homeostat_core::policy::{Loaded, Policy, Source};
use homeostat_core::primitives::time::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/policy.md");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
const DRAFTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/draft");

/// What a fragment without components of its own is put beside.
const COMPONENTS: &str = "components: { web: { checks: [ { tcp: 'a:1' } ] } }\n";

/// Every map of a policy, each with a field that it does not have.
const STRAYS: &str = "
stray: 1
objective: { stray: 1 }
components:
  - { stray: 1, name: listed }
  - name: run
    run: { stray: 1 }
  - name: web
    checks:
      - { stray: 1 }
      - { exec: { stray: 1 } }
      - { heartbeat: { stray: 1 } }
      - { http: { stray: 1 } }
      - { metric: { stray: 1 } }
      - { process: { stray: 1 } }
      - { tcp: { stray: 1 } }
playbooks:
  - { include: nowhere, stray: 1 }
  - stray: 1
    name: p
    trigger: { stray: 1 }
    preconditions: [ { check: cpu > 1, stray: 1 } ]
    verify: { stray: 1 }
    rollback: { stray: 1 }
    escalation: { stray: 1 }
    safety: { stray: 1 }
    steps:
      - { action: verify, stray: 1 }
      - { verify: {}, retry: { stray: 1 } }
      - { verify: {}, undo: { stray: 1 } }
      - { parallel: [ verify ], stray: 1 }
      - { for_each: [ x ], steps: [ verify ], stray: 1 }
      - { for_each: [ x ], steps: [ verify ], rollout: { stray: 1 } }
      - { for_each: [ x ], steps: [ verify ], rollout: { abort_on: { stray: 1 } } }
actions:
  mine:
    stray: 1
    reversal: { stray: 1 }
    adapter: { stray: 1 }
    parameters: { p: { stray: 1 } }
    verify: { stray: 1 }
safety:
  stray: 1
  default_budget: { stray: 1 }
  rates: { stray: 1, by_risk: { stray: 1 } }
  attempts: { stray: 1 }
  breaker: { stray: 1 }
  cooldown: { stray: 1 }
  ineffectiveness: { stray: 1 }
  safe_mode: { stray: 1 }
  trust: { stray: 1 }
  storm: { stray: 1 }
  approval: { stray: 1 }
  kill: { stray: 1 }
maintenance: { m: { stray: 1, suppress: { stray: 1 } } }
change_windows: { c: { stray: 1 } }
groups: { system: { stray: 1 } }
health: { stray: 1, flapping: { stray: 1, components: { web: { stray: 1 } } }, grace: { stray: 1 } }
severity: [ { stray: 1 } ]
escalation:
  - { stray: 1, when: { stray: 1, severity: { stray: 1 } }, chain: [ { stray: 1 } ] }
escalation_policies:
  old: { stray: 1, escalation_chain: [ { stray: 1 } ] }
notifications: { stray: 1, rate_limit: { stray: 1 }, silences: [ { stray: 1 } ] }
channels: { a: { stray: 1 }, b: { webhook: { stray: 1 } } }
people: { ann: { stray: 1 } }
rotations: { on-call: { stray: 1, overrides: [ { stray: 1 } ] } }
limits: { stray: 1 }
masking: { stray: 1 }
";

/// Where a field of each map stands, at `@`. A line for one field alone comes before that for all of its map.
const FRAMES: &[(&str, &str, &str)] = &[
    ("a policy", "", "@"),
    ("`objective`", "", "objective: { @ }"),
    ("a component", "", "components: { c: { checks: [ { tcp: 'a:1' } ], @ } }"),
    ("`run`", "", "components: { c: { run: { argv: [ a ], @ } } }"),
    ("a check", "timeout", "components: { c: { checks: [ { tcp: 'a:1', interval: 2h, @ } ] } }"),
    ("a check", "", "components: { c: { checks: [ { tcp: 'a:1', @ } ] } }"),
    ("an http check", "", "components: { c: { checks: [ { http: { url: 'http://a/', @ } } ] } }"),
    ("a tcp check", "", "components: { c: { checks: [ { tcp: { host: a, @ } } ] } }"),
    ("a heartbeat check", "", "components: { c: { checks: [ { heartbeat: { @ } } ] } }"),
    ("a playbook", "", "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], @ } ]"),
    ("a trigger", "", "playbooks: [ { name: p, trigger: { state: unhealthy, @ }, steps: [ verify ] } ]"),
    (
        "`verify`",
        "retry",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], verify: { wait_time: 1m, @ } } ]",
    ),
    ("`verify`", "", "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], verify: { @ } } ]"),
    (
        "`rollback`",
        "restore",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], rollback: { strategy: checkpoint, @ } } ]",
    ),
    (
        "`rollback`",
        "strategy",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], rollback: { available: true, @ } } ]",
    ),
    (
        "`rollback`",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { shift_traffic: { to: b, percent: 100% } } ], rollback: { strategy: gradual, @ } } ]",
    ),
    (
        "`escalation`",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], escalation: { notify: x, @ } } ]",
    ),
    ("`safety`", "hold_down", "safety: { @ }"),
    ("`safety`", "", "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ verify ], safety: { @ } } ]"),
    ("a step", "", "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { action: verify, @ } ] } ]"),
    (
        "`retry`",
        "executions",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { action: verify, retry: { @ } } ] } ]",
    ),
    (
        "`retry`",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { action: verify, retry: { executions: 2, @ } } ] } ]",
    ),
    (
        "a parallel group",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { parallel: [ verify ], @ } ] } ]",
    ),
    (
        "a loop",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { for_each: [ x ], steps: [ verify ], @ } ] } ]",
    ),
    (
        "`rollout`",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { for_each: [ x ], rollout: { @ }, steps: [ verify ] } ] } ]",
    ),
    (
        "`abort_on`",
        "",
        "playbooks: [ { name: p, trigger: web.unhealthy, steps: [ { for_each: [ x ], rollout: { abort_on: { @ } }, steps: [ verify ] } ] } ]",
    ),
    ("an action", "", "actions: { mine: { risk: low, @ } }"),
    ("a parameter", "", "actions: { mine: { risk: low, parameters: { p: { type: number, @ } } } }"),
    ("an adapter", "method", "actions: { mine: { risk: low, adapter: { http: 'http://a/', @ } } }"),
    ("an adapter", "shell", "actions: { mine: { risk: low, adapter: { exec: [ a ], @ } } }"),
    ("a budget", "", "safety: { default_budget: { @ } }"),
    ("`rates`", "", "safety: { rates: { @ } }"),
    ("`by_risk`", "", "safety: { rates: { by_risk: { @ } } }"),
    ("`attempts`", "", "safety: { attempts: { @ } }"),
    ("`breaker`", "", "safety: { breaker: { @ } }"),
    ("`cooldown`", "", "safety: { cooldown: { @ } }"),
    ("`trust`", "", "safety: { trust: { @ } }"),
    ("`safe_mode`", "", "safety: { safe_mode: { @ } }"),
    ("`ineffectiveness`", "", "safety: { ineffectiveness: { @ } }"),
    ("`storm`", "", "safety: { storm: { @ } }"),
    ("`approval`", "", "safety: { approval: { @ } }"),
    ("`kill`", "", "safety: { kill: { @ } }"),
    ("`notifications`", "", "notifications: { @ }"),
    ("`rate_limit`", "", "notifications: { rate_limit: { @ } }"),
    ("a silence", "", "notifications: { silences: [ { of: c, from: 2026-01-05, until: 2026-01-06, reason: x, @ } ] }"),
    ("a rotation", "", "rotations: { r: { people: x, start: 2026-01-05, @ } }"),
    ("a group", "", "groups: { system: { @ } }"),
    ("`health`", "", "health: { @ }"),
    ("`flapping`", "", "health: { flapping: { @ } }"),
    ("`grace`", "", "health: { grace: { @ } }"),
    ("a level", "delay", "escalation_policies: { a: { escalation_chain: [ { notify: x, @ } ] } }"),
    ("a level", "condition", "escalation_policies: { a: { escalation_chain: [ { notify: x, @ } ] } }"),
    ("a level", "level", "escalation_policies: { a: { escalation_chain: [ { notify: x, @ } ] } }"),
    ("a level", "", "escalation: [ { chain: [ { notify: x, @ } ] } ]"),
    ("`limits`", "", "limits: { @ }"),
    ("`masking`", "", "masking: { @ }"),
];

fn load(text: &str) -> Result<Loaded, Vec<Problem>> {
    let frame = if text.lines().any(|line| line.starts_with("components:")) { "" } else { COMPONENTS };
    let policy = Source { name: "policy.yaml".into(), text: format!("{text}\n{frame}") };
    Policy::load(&[policy])
}

fn loaded(text: &str) -> Policy {
    let shown = |problems: Vec<Problem>| problems.iter().map(|one| render(one, |_| Some(text))).collect::<String>();
    load(text).unwrap_or_else(|problems| panic!("{text}\n{}", shown(problems))).policy
}

/// All that a policy came to, without the text it came from.
fn sum(policy: &Policy) -> String {
    let actions: Vec<_> = policy.actions().values().filter(|action| action.name.as_str() == "mine").collect();
    format!("{:?} {:?} {actions:?} {}", policy.playbooks(), policy.components(), policy.seed())
        + &serde_json::to_string(&policy.describe()).unwrap()
}

fn document() -> String {
    fs::read_to_string(DOCS).unwrap()
}

/// A table of the document: of which map, and its rows.
struct Table {
    what: String,
    rows: Vec<Row>,
}

struct Row {
    fields: Vec<String>,
    takes: String,
    default: String,
    says: String,
}

impl Table {
    fn fields(&self) -> BTreeSet<String> {
        self.rows.iter().flat_map(|row| row.fields.clone()).collect()
    }
}

fn tables() -> Vec<Table> {
    let text = document();
    let tables = text.split("<!-- fields: ").skip(1).map(|rest| {
        let (what, rest) = rest.split_once(" -->\n\n| field |").expect("a table behind the mark");
        let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
        let rows = rows.map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 6, "four cells: {line}");
            Row { fields: quoted(cells[1]), takes: cells[2].into(), default: cells[3].into(), says: cells[4].into() }
        });
        Table { what: what.into(), rows: rows.collect() }
    });
    tables.collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(String::from).collect()
}

/// The fields of every map, by what it is called: what is said about a field that it does not have.
fn known() -> BTreeMap<String, BTreeSet<BTreeSet<String>>> {
    let keyed = "components: { c: { stray: 1 } }";
    let mut known: BTreeMap<String, BTreeSet<BTreeSet<String>>> = BTreeMap::new();
    for problem in [STRAYS, keyed].into_iter().flat_map(|text| load(text).unwrap_err()) {
        for help in problem.help {
            let Some((what, fields)) = help.strip_prefix("fields of ").and_then(|rest| rest.split_once(": ")) else {
                continue;
            };
            let what = match what {
                "the action `mine`" => "an action",
                "the step `verify`" => "a step",
                what => what,
            };
            known.entry(what.into()).or_default().insert(fields.split(", ").map(String::from).collect());
        }
    }
    known
}

#[test]
fn the_tables_have_the_fields_that_are_read_and_no_others() {
    let (tables, known) = (tables(), known());
    for table in &tables {
        let lists = known.get(&table.what).unwrap_or_else(|| panic!("nothing is called {}", table.what));
        assert!(lists.contains(&table.fields()), "{}: {:?}\nthe code: {lists:?}", table.what, table.fields());
    }
    for (what, lists) in &known {
        for list in lists {
            let covered = tables.iter().any(|table| table.what == *what && table.fields().is_superset(list));
            assert!(covered, "no table of {what} with {list:?}");
        }
    }
}

/// So that a map that is new cannot be forgotten above.
#[test]
fn every_map_that_is_read_was_asked_for_its_fields() {
    let known = known();
    let mut sites: BTreeMap<String, usize> = BTreeMap::new();
    for text in sources(Path::new(DRAFTS)) {
        for site in text.split(".fields(\"").skip(1) {
            *sites.entry(site.split('"').next().unwrap().into()).or_default() += 1;
        }
    }
    // Only shipped documents are files of actions.
    assert_eq!(sites.remove("a file of actions"), Some(1));
    for (what, sites) in sites {
        assert!(known.get(&what).is_some_and(|lists| lists.len() >= sites), "{what}: read in {sites} places");
    }
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { Vec::from([fs::read_to_string(&path).unwrap()]) });
    texts.collect()
}

fn frame(what: &str, field: &str) -> Option<&'static str> {
    let fits = |one: &&(&str, &str, &str)| one.0 == what && (one.1 == field || one.1.is_empty());
    FRAMES.iter().find(fits).map(|one| one.2)
}

#[test]
fn the_defaults_in_the_tables_are_those_of_the_code() {
    let mut seen = 0;
    for table in tables() {
        for row in &table.rows {
            let [default] = quoted(&row.default).try_into().unwrap_or([String::new()]);
            if row.default != format!("`{default}`") {
                continue;
            }
            let field = &row.fields[0];
            let frame = frame(&table.what, field).unwrap_or_else(|| panic!("no frame for {} {field}", table.what));
            // A map without any field is a map all the same.
            let without = loaded(&frame.replace("@", ""));
            let with = loaded(&frame.replace('@', &format!("{field}: {default}")));
            assert_eq!(sum(&with), sum(&without), "{} {field}", table.what);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

/// The values next to a bound on its far side.
fn beyond(low: &str, high: &str) -> Option<[Option<String>; 2]> {
    let whole = |text: &str| text.parse::<i64>().ok();
    let percent = |text: &str| text.strip_suffix('%').and_then(whole);
    let span = |text: &str| duration::parse(text).ok().map(Span::ms);
    let write = |from: i64, to: i64, unit: &str| {
        Some([(from > 0).then(|| format!("{}{unit}", from - 1)), Some(format!("{}{unit}", to + 1))])
    };
    match (whole(low), percent(low), span(low)) {
        (Some(from), ..) => write(from, whole(high)?, ""),
        (_, Some(from), _) => write(from, percent(high)?, "%"),
        (.., Some(from)) => write(from, span(high)?, "ms"),
        _ => None,
    }
}

#[test]
fn the_bounds_in_the_tables_are_those_of_the_code() {
    let mut seen = 0;
    for table in tables() {
        for row in &table.rows {
            let Some((before, after)) = row.takes.split_once("` to `") else { continue };
            let (low, high) = (before.rsplit('`').next().unwrap(), after.split('`').next().unwrap());
            let Some(outside) = beyond(low, high) else { continue };
            let field = &row.fields[0];
            let frame = frame(&table.what, field).unwrap_or_else(|| panic!("no frame for {} {field}", table.what));
            let with = |value: &str| load(&frame.replace('@', &format!("{field}: {value}")));
            for value in [low, high] {
                assert!(with(value).is_ok(), "{} {field}: {value}: {:?}", table.what, with(value));
            }
            for value in outside.iter().flatten() {
                assert!(with(value).is_err(), "{} {field}: {value} is taken", table.what);
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

fn blocks() -> Vec<String> {
    let text = document();
    text.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0.to_string()).collect()
}

#[test]
fn the_examples_load() {
    let blocks = blocks();
    assert!(blocks.len() > 6);
    for block in blocks {
        loaded(&block);
    }
}

#[test]
fn the_defaults_written_out_are_the_defaults() {
    let block = blocks().into_iter().find(|block| block.starts_with("# the defaults")).unwrap();
    assert_eq!(sum(&loaded(&block)), sum(&loaded("components: {}")));
}

#[test]
fn the_example_policies_load_without_a_warning() {
    let mut seen = 0;
    for entry in fs::read_dir(EXAMPLES).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let problems = match Policy::load(&[Source { name: path.display().to_string(), text: text.clone() }]) {
            Ok(loaded) => loaded.warnings,
            Err(problems) => problems,
        };
        let shown: String = problems.iter().map(|problem| render(problem, |_| Some(&text))).collect();
        assert!(shown.is_empty(), "{shown}");
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn a_stray_field_is_an_error_everywhere() {
    let problems = load(STRAYS).unwrap_err();
    let strays = problems.iter().filter(|one| one.message.starts_with("unknown field `stray`"));
    let lines = STRAYS.matches("stray: 1").count();
    assert_eq!(strays.filter(|one| one.severity == Severity::Error).count(), lines);
}
