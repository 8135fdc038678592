//! Which scenarios show which requirement: `tests/coverage.md`, and what is missing from it.
//!
//! A scenario shows the requirements that its first line names before the colon, and the one it is named after.

use crate::source::{Source, Violation};
use std::collections::BTreeMap;

/// Every requirement whose behaviour the core decides, in few words.
const REQUIREMENTS: [(&str, &str); 50] = [
    ("P1", "everything comes in through inputs; no clock of its own"),
    ("P2", "one call in, one value out, total; time moves only forward"),
    ("P3", "the same policy and inputs, the same bytes"),
    ("P4", "a snapshot anywhere and the rest of the journal"),
    ("P5", "ids from content; answers late, twice, stale or never"),
    ("P6", "every decision is explained, and every decision not to act"),
    ("P7", "what is in flight keeps what it began with"),
    ("P8", "limits, and the fault latch"),
    ("P9", "warm-up"),
    ("H1", "components and what is said of them"),
    ("H2", "checks and their tiers"),
    ("H3", "states, thresholds, recovery"),
    ("H4", "flapping"),
    ("H5", "aggregation; dependencies first"),
    ("H6", "score and history, for display only"),
    ("H7", "grace after a change; maintenance"),
    ("H8", "feasibility"),
    ("C1", "the language of conditions"),
    ("C2", "three values; unknown lets nothing through"),
    ("C3", "mistakes found when a policy is loaded, all at once"),
    ("I1", "one incident for what belongs together"),
    ("I2", "lifecycle, reopening, recurrence"),
    ("I3", "evidence before action; secrets masked"),
    ("S1", "severity by a table of rules"),
    ("S2", "what each severity asks for and allows"),
    ("S3", "triggers that raise severity"),
    ("S4", "chains; no incident ends silent"),
    ("S5", "notifications: grouped, inhibited, silenced, repeated"),
    ("B1", "extent and blast"),
    ("B2", "level by risk: auto, approve, forbid"),
    ("B3", "budgets of groups"),
    ("R1", "playbooks as they are written"),
    ("R2", "the registry of actions"),
    ("R3", "values stay values"),
    ("R4", "steps: retry, timeout, revert, parallel, loops, branches"),
    ("R5", "selection"),
    ("R6", "the gate before every Execute"),
    ("R7", "verdict by observation"),
    ("R8", "rollback"),
    ("R9", "progressive rollout"),
    ("R10", "the ladder of modes"),
    ("R11", "what people order"),
    ("G1", "rates and attempts"),
    ("G2", "circuit breakers"),
    ("G3", "ineffectiveness and cooldown"),
    ("G4", "safe mode"),
    ("G5", "maintenance and change windows"),
    ("G6", "approvals of one exact plan"),
    ("G7", "trust that is lost"),
    ("G8", "storms"),
];

/// Requirements that are not built yet: the table says so, and a scenario that shows one takes it from this list.
const NOT_BUILT: &[&str] = &[];

/// The table, as the repository should hold it.
pub fn table(sources: &[Source]) -> String {
    let shown = shown(sources);
    let mut text = String::from(
        "# What the scenarios show\n\nMade from the first lines of `scenarios/*.txt` by `UPDATE_DOCS=1 cargo test -p \
         homeostat-tests --test tidy`.\n\n| id | requirement | scenarios |\n|---|---|---|\n",
    );
    for (id, words) in &REQUIREMENTS {
        let files = shown.get(id).map(Vec::as_slice).unwrap_or_default();
        let links: Vec<String> = files.iter().map(|name| format!("[{name}](scenarios/{name}.txt)")).collect();
        let links = if NOT_BUILT.contains(id) { "not built yet".to_owned() } else { links.join("<br>") };
        text.push_str(&format!("| {id} | {words} | {links} |\n"));
    }
    text
}

/// Requirements that no scenario shows, and scenarios of requirements that are not in the table.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let shown = shown(sources);
    let wrong = REQUIREMENTS.iter().filter_map(|(id, words)| match (shown.contains_key(id), NOT_BUILT.contains(id)) {
        (false, false) => Some(format!("no scenario shows {id}, {words}: write `tests/scenarios/{id}-<words>.txt`")),
        (true, true) => Some(format!("{id} is built: take it from the list of what is not")),
        _ => None,
    });
    wrong.map(|message| Violation { path: "tests/coverage.md".to_owned(), line: 1, message }).collect()
}

/// The names of the scenarios of each requirement, those named after it first.
fn shown(sources: &[Source]) -> BTreeMap<&str, Vec<&str>> {
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let scenarios: Vec<(&str, &Source)> = sources.iter().filter_map(|source| Some((name(source)?, source))).collect();
    for (name, _) in &scenarios {
        shown.entry(own(name)).or_default().push(name);
    }
    for (name, source) in &scenarios {
        for id in named(&source.text).filter(|id| *id != own(name)) {
            shown.entry(id).or_default().push(name);
        }
    }
    shown
}

fn name(source: &Source) -> Option<&str> {
    source.path.strip_prefix("tests/scenarios/")?.strip_suffix(".txt")
}

fn own(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

/// The ids before the colon of the first line.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let first = text.lines().next().unwrap_or_default().trim_start_matches('#');
    first.split_once(':').map_or("", |(ids, _)| ids).split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{check, table};
    use crate::source::planted;

    #[test]
    fn a_scenario_shows_what_it_is_named_after_and_what_its_first_line_names() {
        let sources = planted("tests/scenarios/R6-kill-switch.txt", "# R6, P6, SAFE-6: it stops.\n");
        let table = table(&sources);
        let link = "[R6-kill-switch](scenarios/R6-kill-switch.txt)";
        assert!(table.contains(&format!("| R6 | the gate before every Execute | {link} |\n")), "{table}");
        assert!(
            table.contains(&format!("| P6 | every decision is explained, and every decision not to act | {link} |"))
        );
        assert!(table.contains("| G8 | storms |  |\n"));
        let missing = check(&sources);
        assert!(missing.iter().any(|violation| violation.message.contains("no scenario shows G8")));
        assert!(!missing.iter().any(|violation| violation.message.contains(" R6,")));
    }
}
