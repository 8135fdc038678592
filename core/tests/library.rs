//! SPEC R2, A5: the shipped playbooks, for every category and every kind of issue, as ladders.
#![cfg(feature = "yaml")]

mod common;

use common::{Actions, shipped};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::draft::playbook::{self, Context, all_steps};
use homeostat_core::policy::playbook::Playbook;
use homeostat_core::policy::problem::render;
use homeostat_core::policy::safety::Safety;
use homeostat_core::policy::{Policy, Source, library};
use homeostat_core::primitives::name::Name;
use std::collections::BTreeSet;

/// A policy with all of it, and components for each.
const WHOLE: &str = include_str!("policy/library.yaml");

/// The rungs of a ladder: the playbooks of a document.
fn ladder(name: &str, text: &str, actions: &Actions) -> Vec<Playbook> {
    let context = Context { actions, components: None, schema: &Open };
    common::clean(name, text, |root| match root.is_list() {
        true => root.list(|item| playbook::read(item, &context)).unwrap(),
        false => playbook::read(root, &context).into_iter().collect(),
    })
}

fn ladders(actions: &Actions) -> Vec<(&'static str, Vec<Playbook>)> {
    let all = library::PLAYBOOKS.iter().map(|(name, text)| (*name, ladder(name, text, actions)));
    all.filter(|(_, rungs)| rungs.len() > 1).collect()
}

fn policy(text: &str) -> Policy {
    let loaded = Policy::load(&[Source { name: "policy.yaml".into(), text: text.into() }]);
    let shown = |problems: &[_]| problems.iter().map(|one| render(one, |_| Some(text))).collect::<String>();
    let loaded = loaded.unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    assert!(loaded.warnings.is_empty(), "{}", shown(&loaded.warnings));
    loaded.policy
}

#[test]
fn r2_every_shipped_playbook_is_found_by_its_name_and_by_its_category() {
    let actions = shipped();
    let mut found = BTreeSet::new();
    for (name, text) in library::PLAYBOOKS {
        for rung in ladder(name, text, &actions) {
            let id = rung.id.as_str();
            assert!(id == name || id.starts_with(&format!("{name}/")), "{id} in {name}");
            assert!(found.insert(rung.id.clone()), "{id} is there once");
        }
    }
    for (name, rungs) in ladders(&actions) {
        let category = rungs[0].category.as_ref().unwrap();
        assert!(rungs.iter().all(|rung| rung.category.as_ref() == Some(category)), "{name}");
        let members = library::category(&format!("library/{category}")).unwrap();
        assert!(members.contains(&name), "{name} is one of {category}");
    }
    let members: usize = library::CATEGORIES.iter().map(|(_, members)| members.len()).sum();
    assert_eq!(members, ladders(&actions).len(), "a category holds ladders, each once");
}

#[test]
fn r2_every_ladder_goes_from_little_risk_to_more_and_ends_with_a_person() {
    let actions = shipped();
    for (name, rungs) in ladders(&actions) {
        let (last, remedies) = rungs.split_last().unwrap();
        let tells = |rung: &Playbook| all_steps(&rung.steps).all(|step| step.action.as_str() == "notify");
        assert!(tells(last), "{name} ends with a person");
        let remedies: Vec<&Playbook> = remedies.iter().filter(|rung| !tells(rung)).collect();
        assert!(!remedies.is_empty(), "{name} has a remedy");
        let attempts: u32 = remedies.iter().map(|rung| rung.safety.max_attempts).sum();
        assert!(
            attempts <= Safety::default().attempts.per_incident,
            "{name}: a person comes after {attempts} attempts"
        );
        let risk = |rung: &Playbook| all_steps(&rung.steps).map(|step| actions[&step.action].risk).max();
        assert!(remedies.windows(2).all(|two| risk(two[0]) <= risk(two[1])), "{name}");
        for rung in &rungs {
            assert!(!rung.escalation.is_empty(), "{} names somebody to tell when it fails", rung.id);
            assert!(!rung.trigger.issues.is_empty() || !rung.trigger.kinds.is_empty(), "{} fits everything", rung.id);
            // What a condition set going is known by it to be over.
            assert!(
                rung.trigger.condition.is_none() || tells(rung) || rung.verification.condition.is_some(),
                "{}",
                rung.id
            );
        }
    }
}

#[test]
fn a5_every_kind_of_issue_has_a_ladder() {
    let actions = shipped();
    let all = ladders(&actions);
    let issues: BTreeSet<&Name> =
        all.iter().flat_map(|(_, rungs)| rungs).flat_map(|rung| &rung.trigger.issues).collect();
    let of =
        "pod_crash oom_killed crash_loop cpu_high memory_high disk_full latency_high slow_queries certificate_expiring
        security_vulnerability configuration_drift ci_lockfile ci_cache ci_registry ci_network ci_runner_disk";
    for issue in of.split_whitespace() {
        assert!(issues.contains(&Name::new(issue)), "no ladder for {issue}");
    }
    let conditions: BTreeSet<String> = all
        .iter()
        .flat_map(|(_, rungs)| rungs)
        .filter_map(|rung| rung.trigger.condition.as_ref())
        .map(ToString::to_string)
        .collect();
    for condition in [
        "cpu_usage > 85%",
        "memory_usage > 90%",
        "disk_usage_percent > 95%",
        "network_latency > 200ms",
        "query_time > 5s",
        "certificate_expiry < 30d",
    ] {
        assert!(conditions.contains(condition), "{condition} in {conditions:#?}");
    }
}

#[test]
fn r2_a_policy_with_all_of_it_loads_without_a_warning_and_each_playbook_has_its_component() {
    let whole = policy(WHOLE);
    let actions = shipped();
    let shipped: usize = library::PLAYBOOKS.iter().map(|(name, text)| ladder(name, text, &actions).len()).sum();
    assert_eq!(whole.playbooks().len(), shipped);
    for playbook in whole.playbooks() {
        assert!(
            whole.components().iter().any(|component| playbook.trigger.concerns(component)),
            "{} has nobody to look after",
            playbook.id
        );
    }
    for component in whole.components() {
        assert!(whole.ladder(component).next().is_some(), "{}", component.name);
    }
}

#[test]
fn r2_one_category_and_one_ladder_can_be_included_alone() {
    let components = "components: { db: { type: postgres, checks: [{ tcp: 'db:1' }] } }\n";
    let ids = |include: &str| -> Vec<String> {
        let loaded = policy(&format!(
            "{components}playbooks: [{{ include: {include} }}, {{ name: own, trigger: db.unhealthy, steps: [failover] }}]"
        ));
        loaded.playbooks().iter().map(|playbook| playbook.id.to_string()).collect()
    };
    assert_eq!(
        ids("library/table-bloat"),
        ["library/table-bloat/vacuum", "library/table-bloat/person", "own"],
        "in the place where it is included"
    );
    assert_eq!(ids("library/database").len(), 4 + 3 + 2 + 2 + 1);
    let text = format!("{components}playbooks: [{{ include: library/databse }}]");
    let problems = Policy::load(&[Source { name: "policy.yaml".into(), text }]).unwrap_err();
    assert!(problems[0].message.contains("no playbook `library/databse` is shipped"), "{problems:?}");
    assert_eq!(problems[0].label, "did you mean `library/database`?");
    let twice =
        format!("{components}playbooks: [{{ include: library/database }}, {{ include: library/slow-queries }}]");
    let problems = Policy::load(&[Source { name: "policy.yaml".into(), text: twice }]).unwrap_err();
    assert!(problems.iter().all(|one| one.message.contains("is there twice")), "{problems:?}");
}

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/playbooks.md");
const START: &str = "<!-- ladders: generated from the library -->\n";
const END: &str = "<!-- end of ladders -->";

/// With `UPDATE_DOCS` set in the environment, writes it anew.
#[test]
fn the_table_of_ladders_is_that_of_the_library() {
    let text = std::fs::read_to_string(DOCS).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCS, format!("{before}{START}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "run this test with UPDATE_DOCS=1");
    }
}

fn table() -> String {
    let mut out = String::from("\n| include | of | begins with | does, in this order |\n|---|---|---|---|\n");
    let actions = shipped();
    for (name, rungs) in ladders(&actions) {
        let trigger = &rungs[0].trigger;
        let names = |set: &BTreeSet<Name>| set.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let begins: Vec<String> = [
            trigger.condition.as_ref().map(|condition| format!("`{condition}` for {}", trigger.hold)),
            (!trigger.issues.is_empty()).then(|| format!("the issue {}", names(&trigger.issues))),
            (!trigger.kinds.is_empty()).then(|| format!("of the type {}", names(&trigger.kinds))),
            trigger.state.map(|state| format!("{state}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let does: Vec<String> = rungs
            .iter()
            .map(|rung| all_steps(&rung.steps).map(|step| format!("`{}`", step.action)).collect::<Vec<_>>().join(" + "))
            .collect();
        let category = rungs[0].category.as_ref().unwrap();
        out += &format!("| `{name}` | `library/{category}` | {} | {} |\n", begins.join("; "), does.join(", then "));
    }
    out.push('\n');
    out
}
