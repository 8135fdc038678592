//! Each link of the gate has its three tests.

use crate::source::{Source, Violation};

/// What is shown of each link.
const SHOWN: [&str; 3] = ["refuses_alone", "lets_the_same_plan_through", "refuses_what_is_not_known"];

/// Links without a test that it refuses alone, that it lets the same plan through, or that it refuses what is not known.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let text = |path: &str| sources.iter().find(|source| source.path == path).map_or("", |source| source.text.as_str());
    let names = text("core/src/model/gate.rs").lines().filter_map(link);
    let mut violations = Vec::new();
    for name in names {
        let path = format!("core/src/remediate/safety/tests/{name}.rs");
        let tests = text(&path);
        for shown in SHOWN.iter().filter(|shown| !tests.contains(&format!("#[test]\nfn {name}_{shown}()"))) {
            let message = format!("the link `{name}` has no test `{name}_{shown}`");
            violations.push(Violation { path: path.clone(), line: 1, message });
        }
    }
    violations
}

/// The name of a link, from the line that gives it.
fn link(line: &str) -> Option<&str> {
    line.trim().strip_prefix("Link::")?.split_once(" => \"")?.1.strip_suffix("\",")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::source::planted;

    #[test]
    fn a_link_without_its_three_tests_is_found() {
        let links = "match self {\n    Link::Mode => \"mode\",\n    Link::Role => \"role\",\n}";
        let mut sources = planted("core/src/model/gate.rs", links);
        let all = "#[test]\nfn mode_refuses_alone() {}\n#[test]\nfn mode_lets_the_same_plan_through() {}\n\
                   #[test]\nfn mode_refuses_what_is_not_known() {}\n";
        sources.extend(planted("core/src/remediate/safety/tests/mode.rs", all));
        let found: Vec<String> = check(&sources).into_iter().map(|violation| violation.message).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|message| message.contains("`role`")), "{found:?}");
    }
}
