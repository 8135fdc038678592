//! Which folders there are, and what scenarios are called.

use crate::source::{Source, Violation};
use std::path::Path;

const FOLDERS: [&str; 9] =
    ["bindings-c", "bindings-python", "bindings-wasm", "core", "docs", "examples", "fuzz", "host-reference", "tests"];

/// The top-level folders that people see.
pub fn folders(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).expect("the root can be read").map(|entry| entry.expect("it can be read"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Top-level folders that should not be there, and those that should and are not.
pub fn check_folders(folders: &[String]) -> Vec<Violation> {
    let missing = FOLDERS.iter().filter(|wanted| !folders.iter().any(|name| name == *wanted));
    let missing = missing.map(|name| (name.to_string(), "is an agreed top-level folder and is missing".to_owned()));
    let extra = folders.iter().filter(|name| !name.starts_with('.') && *name != "target");
    let extra = extra.filter(|name| !FOLDERS.contains(&name.as_str()));
    let extra = extra.map(|name| (name.clone(), "is no agreed top-level folder: put it into one of them".to_owned()));
    extra.chain(missing).map(|(path, message)| Violation { path, line: 1, message }).collect()
}

/// Scenario files whose name does not begin with the id of a requirement.
pub fn check_scenarios(sources: &[Source]) -> Vec<Violation> {
    let scenarios =
        sources.iter().filter(|source| source.path.starts_with("tests/scenarios/") && source.path.ends_with(".txt"));
    let wrong = scenarios.filter(|source| source.path.rsplit('/').next().is_none_or(|name| !is_scenario_name(name)));
    wrong
        .map(|source| {
            source.violation(1, "name it `<spec-id>-<words>.txt`, such as `R6-kill-switch-in-mid-run.txt`".to_owned())
        })
        .collect()
}

fn is_scenario_name(name: &str) -> bool {
    let Some((id, words)) = name.strip_suffix(".txt").and_then(|name| name.split_once('-')) else { return false };
    let number = id.strip_prefix(|letter: char| letter.is_ascii_alphabetic()).unwrap_or_default();
    let is_id = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_id
        && words
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, check_folders, check_scenarios};
    use crate::source::planted;

    fn folders(change: impl Fn(&mut Vec<String>)) -> usize {
        let mut folders: Vec<String> = FOLDERS.iter().map(ToString::to_string).collect();
        change(&mut folders);
        check_folders(&folders).len()
    }

    #[test]
    fn the_agreed_folders_are_fine_and_others_are_not() {
        assert_eq!(folders(|list| list.extend([".git".to_owned(), "target".to_owned()])), 0);
        assert_eq!(folders(|list| list.push("scripts".to_owned())), 1);
        assert_eq!(folders(|list| list.retain(|name| name != "examples")), 1);
    }

    #[test]
    fn scenario_names_begin_with_a_requirement() {
        let count = |path: &str| check_scenarios(&planted(path, "")).len();
        for path in ["tests/scenarios/R6-kill-switch.txt", "tests/scenarios/h12-one-2.txt", "tests/other/x.txt"] {
            assert_eq!(count(path), 0, "{path}");
        }
        for name in ["kill-switch", "R6", "R6-", "R6_kill", "R6-Kill-switch", "RR6-kill", "R-kill", "R6--kill"] {
            assert_eq!(count(&format!("tests/scenarios/{name}.txt")), 1, "{name}");
        }
    }
}
