//! What is known from the field to go wrong, and the scenario that shows it not happening here: the second table of
//! `tests/coverage.md`.
//!
//! A scenario shows the traps that lines of its first comment name: `# trap: 40 % of two`.

use crate::source::{Source, Violation};
use std::collections::BTreeMap;

/// Every trap, as scenarios name it.
const TRAPS: [&str; 23] = [
    "restarting all replicas because one shared dependency failed",
    "an action that succeeds while its signal stays, again and again",
    "targets under repair not counted as unhealthy",
    "a cap that permits five and so acts on five at once",
    "40 % of two",
    "percentages of one",
    "retry state lost at restart",
    "a rate token spent though the action never started",
    "a repeat interval that waits for the next flush",
    "silence forgotten on resolve",
    "a maintenance window whose end forgets what failed inside it",
    "missing data read as success",
    "an approval used for another plan",
    "an approval used after expiry",
    "an approval used by the person who asked",
    "un-acknowledging that starts the chain again from zero",
    "`raise to SEV1` lowering a SEV0",
    "rollback steps for steps that never ran",
    "a ladder that ends with nobody told",
    "a canary of 1 % of 20",
    "alternating kinds of failure that dodge a `consecutive` limit",
    "a fallback or manual run that skips the gates",
    "event text that reaches a shell, a path, a template or a regex",
];

/// The table, as the repository should hold it.
pub fn table(sources: &[Source]) -> String {
    let shown = shown(sources);
    let mut text = String::from("\n## Traps known from the field\n\n| trap | scenarios |\n|---|---|\n");
    for trap in TRAPS {
        let files = shown.get(trap).map(Vec::as_slice).unwrap_or_default();
        let links: Vec<String> = files.iter().map(|name| format!("[{name}](scenarios/{name}.txt)")).collect();
        text.push_str(&format!("| {trap} | {} |\n", links.join("<br>")));
    }
    text
}

/// Traps that no scenario shows, and names of traps that are none.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let shown = shown(sources);
    let missing = TRAPS.iter().filter(|trap| !shown.contains_key(*trap)).map(|trap| Violation {
        path: "tests/coverage.md".to_owned(),
        line: 1,
        message: format!("no scenario shows the trap `{trap}`: name it in one with `# trap: {trap}`"),
    });
    let unknown = shown.iter().filter(|(trap, _)| !TRAPS.contains(trap)).flat_map(|(trap, names)| {
        names.iter().map(move |name| Violation {
            path: format!("tests/scenarios/{name}.txt"),
            line: 1,
            message: format!("`{trap}` is none of the traps in `tests/tidy/traps.rs`"),
        })
    });
    missing.chain(unknown).collect()
}

/// The names of the scenarios of each trap.
fn shown(sources: &[Source]) -> BTreeMap<&str, Vec<&str>> {
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources {
        let name = source.path.strip_prefix("tests/scenarios/").and_then(|path| path.strip_suffix(".txt"));
        let head = source.text.lines().take_while(|line| line.starts_with('#'));
        for (name, trap) in name
            .into_iter()
            .flat_map(|name| head.clone().filter_map(move |line| Some((name, line.strip_prefix("# trap: ")?))))
        {
            shown.entry(trap).or_default().push(name);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{check, table};
    use crate::source::planted;

    #[test]
    fn a_scenario_shows_the_traps_that_it_names() {
        let sources = planted("tests/scenarios/B3-x.txt", "# B3: it does.\n# trap: 40 % of two\n\n# trap: not here\n");
        assert!(table(&sources).contains("| 40 % of two | [B3-x](scenarios/B3-x.txt) |\n"));
        let wrong = check(&sources);
        assert!(wrong.iter().any(|violation| violation.message.contains("the trap `percentages of one`")));
        assert!(!wrong.iter().any(|violation| violation.message.contains("40 % of two")));
        assert!(!wrong.iter().any(|violation| violation.message.contains("not here")), "only the first comment counts");
        let strange = check(&planted("tests/scenarios/B3-x.txt", "# B3: it does.\n# trap: none such\n"));
        assert!(strange.iter().any(|violation| violation.message.starts_with("`none such` is none of the traps")));
    }
}
