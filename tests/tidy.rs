//! Holds the shape of the repository: floors, sizes, wire types, wording, folders, links.
//!
//! Each rule is a pure function from sources to violations, and is itself tested in its file on a good source and
//! on a bad one. Here they run over the repository.

#[path = "tidy/coverage.rs"]
mod coverage;
#[path = "tidy/floors.rs"]
mod floors;
#[path = "tidy/gate.rs"]
mod gate;
#[path = "tidy/layout.rs"]
mod layout;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/traps.rs"]
mod traps;
#[path = "tidy/wire.rs"]
mod wire;
#[path = "tidy/words.rs"]
mod words;

use source::{Source, Violation, repository, root};

#[test]
fn folders_import_only_floors_below_them() {
    assert_tidy("docs/architecture.md, floors", floors::check(&repository()));
}

#[test]
fn stages_never_change_knowledge() {
    assert_tidy("docs/architecture.md, one writer per store", floors::check_knowledge(&repository()));
}

#[test]
fn h6_the_health_score_is_out_of_reach_of_all_that_decides() {
    assert_tidy("docs/architecture.md, the score is for people", floors::check_display(&repository()));
}

#[test]
fn files_and_functions_stay_small() {
    assert_tidy("a file holds one idea, a function fits on a screen", sizes::check(&repository()));
}

#[test]
fn persisted_types_have_the_same_size_everywhere() {
    assert_tidy("state and wire types use u32, u64 or i64", wire::check(&repository()));
}

#[test]
fn sources_hold_no_traces_of_one_machine_and_no_leftovers() {
    assert_tidy(
        "the repository reads the same for everybody",
        words::check(&repository(), &words::machine_paths(&root())),
    );
}

#[test]
fn top_level_folders_are_the_agreed_ones() {
    assert_tidy("docs/architecture.md, folders", layout::check_folders(&layout::folders(&root())));
}

#[test]
fn scenarios_are_named_after_what_they_specify() {
    assert_tidy("`<spec-id>-<words>.txt`", layout::check_scenarios(&repository()));
}

#[test]
fn every_requirement_is_shown_by_a_scenario() {
    assert_tidy("behaviour is a scenario", coverage::check(&repository()));
    assert_tidy("what goes wrong elsewhere is shown not to", traps::check(&repository()));
}

/// With `UPDATE_DOCS` set in the environment, writes the table anew.
#[test]
fn the_table_of_what_scenarios_show_is_the_present_one() {
    let (path, now) = (root().join("tests/coverage.md"), coverage::table(&repository()) + &traps::table(&repository()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(&path, now).expect("the table can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == now, "tests/coverage.md is not the present one: run this test with UPDATE_DOCS=1");
}

#[test]
fn every_link_of_the_gate_has_its_three_tests() {
    assert_tidy(
        "a link refuses alone, lets the same plan through, and refuses what is not known",
        gate::check(&repository()),
    );
}

#[test]
fn links_in_documents_lead_somewhere() {
    assert_tidy("a reader follows every link", links::check(&repository(), &root()));
}

/// The checks above pass on an empty list of sources, so the list itself is checked.
#[test]
fn the_repository_is_found() {
    let sources: Vec<Source> = repository();
    for path in ["core/src/lib.rs", "host-reference/src/main.rs", "tests/tidy.rs"] {
        assert!(sources.iter().any(|source| source.path == path), "`{path}` was not read");
    }
}

fn assert_tidy(why: &str, violations: Vec<Violation>) {
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} of the rule: {why}\n{}", list.len(), list.join("\n"));
}
