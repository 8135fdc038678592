//! Wording: no traces of one machine, no work without an owner, no code left behind in comments.

use crate::source::{Source, Violation};
use std::path::Path;

/// Where people's own folders begin. In halves, so that this file does not break its own rule.
const HOMES: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Use", "rs/")];
const OPEN_WORK: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// The paths that mean nothing on another machine: homes, and where this clone lies.
pub fn machine_paths(root: &Path) -> Vec<String> {
    let clone = root.to_string_lossy().into_owned();
    HOMES.iter().map(ToString::to_string).chain([clone]).collect()
}

/// Lines that should not be in the repository.
pub fn check(sources: &[Source], machine_paths: &[String]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| !is_foreign(&source.path)) {
        for (line, text) in (1..).zip(source.text.lines()) {
            if let Some(path) = machine_path(text, machine_paths) {
                let message = format!("`{path}` is a path of one machine: derive it, or use a relative one");
                violations.push(source.violation(line, message));
            }
            if let Some(word) = ownerless_work(text) {
                let message = format!("`{word}` without an owner: write `{word}(name): what`, or do it");
                violations.push(source.violation(line, message));
            }
            if has_line_comments(&source.path) && is_code_in_comment(text) {
                let message = "code in a comment: delete it, the history keeps it".to_owned();
                violations.push(source.violation(line, message));
            }
        }
    }
    violations
}

/// Texts of others, kept as they came.
fn is_foreign(path: &str) -> bool {
    path.starts_with("tests/seeds/") || path.starts_with("fuzz/corpus/") || path.ends_with(".lock")
}

fn machine_path<'a>(line: &str, machine_paths: &'a [String]) -> Option<&'a str> {
    let begins = |at: usize| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '.' | '-' | '_' | '}' | '*'))
    };
    let found = machine_paths.iter().find(|path| line.match_indices(path.as_str()).any(|(at, _)| begins(at)));
    found.map(String::as_str)
}

fn ownerless_work(line: &str) -> Option<&'static str> {
    OPEN_WORK.iter().copied().find(|word| {
        line.match_indices(word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            let is_word = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
            let owner = after.strip_prefix('(').and_then(|rest| rest.split_once(')'));
            is_word && owner.is_none_or(|(name, rest)| name.trim().is_empty() || !rest.starts_with(':'))
        })
    })
}

fn has_line_comments(path: &str) -> bool {
    [".js", ".mjs", ".cjs", ".rs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end))
}

/// A heuristic: a comment line that ends as a statement or a block does, and is shaped like one.
fn is_code_in_comment(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("//") else { return false };
    if comment.starts_with(['/', '!']) {
        return false;
    }
    let comment = comment.trim();
    let starts = ["#[", "break;", "const ", "continue;", "fn ", "if ", "let ", "match ", "pub ", "return ", "use "];
    let begins_as_code = starts.iter().any(|start| comment.starts_with(start));
    match comment.chars().last() {
        Some(';') => {
            begins_as_code || ["::", " = ", "(", "."].iter().any(|mark| comment.trim_end_matches(';').contains(mark))
        }
        Some('{') => begins_as_code || comment.ends_with(") {") || comment.ends_with("=> {"),
        Some('}') => comment == "}" || comment == "})",
        Some(']') => comment.starts_with("#["),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{OPEN_WORK, check, machine_paths};
    use crate::source::planted;
    use std::path::Path;

    fn count(path: &str, text: &str) -> usize {
        check(&planted(path, text), &machine_paths(Path::new("/srv/clone"))).len()
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for path in super::HOMES.iter().chain(&["/srv/clone/"]) {
            assert_eq!(count("docs/x.md", &format!("see `{path}x`")), 1, "{path}");
        }
        assert_eq!(count("docs/x.md", "see `https://example.org/home/x`, `/srv/other` and `x/srv/clone`"), 0);
    }

    #[test]
    fn texts_of_others_stay_as_they_came() {
        assert_eq!(count("tests/seeds/x.yaml", concat!("path: /ho", "me/postgres")), 0);
    }

    #[test]
    fn open_work_needs_an_owner() {
        for word in OPEN_WORK {
            assert_eq!(count("core/src/x.rs", &format!("// {word}: later")), 1);
            assert_eq!(count("core/src/x.rs", &format!("// {word}(): later")), 1);
            assert_eq!(count("core/src/x.rs", &format!("// {word}(ada): measure first")), 0);
            assert_eq!(count("core/src/x.rs", &format!("// {word}S of others")), 0);
        }
    }

    #[test]
    fn code_in_comments_is_found() {
        for text in
            ["// let a = b;", "    // work(1);", "// if a {", "// }", "//use a::b;", "// #[test]", "// a.b = 1;"]
        {
            assert_eq!(count("core/src/x.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn prose_in_comments_is_fine() {
        for text in [
            "// Late answers count;",
            "/// let a = b;",
            "//! if a {",
            "// why: a < b",
            "let a = 1; // two",
            "// as in `{}`",
        ] {
            assert_eq!(count("core/src/x.rs", text), 0, "{text}");
        }
        assert_eq!(count("docs/x.md", "// let a = b;"), 0);
    }
}
