//! The floors of the core: a folder imports only floors below it, stages never meet.

use crate::source::{Source, Violation};
use proc_macro2::{Delimiter, TokenTree};

/// Who stands where. A new folder gets its floor here, and in docs/architecture.md.
const FLOORS: [(&str, u8); 11] = [
    ("primitives", 1),
    ("model", 2),
    ("policy", 3),
    ("knowledge", 4),
    ("monitor", 5),
    ("detect", 5),
    ("analyze", 5),
    ("remediate", 5),
    ("escalate", 5),
    ("learn", 5),
    ("engine", 6),
];
const STAGES: u8 = 5;

/// A path such as `crate::model::ids`, read in some module of the core.
struct Import {
    line: usize,
    target: Vec<String>,
}

/// Where the health score and the history of health are made, which are for people to look at (SPEC H6).
const FOR_DISPLAY: [&str; 2] = ["core/src/engine/history.rs", "core/src/engine/score.rs"];

/// What would let something that decides read the score or the history: they have to stay on the top floor, and nothing
/// below names the engine.
pub fn check_display(sources: &[Source]) -> Vec<Violation> {
    let gone = FOR_DISPLAY.iter().filter(|path| !sources.iter().any(|source| source.path == **path));
    let gone = gone.map(|path| Violation {
        path: (*path).to_owned(),
        line: 1,
        message: "is not there: the score and the history belong to the engine alone".to_owned(),
    });
    let decides = core_modules(sources).into_iter().filter(|(source, module)| {
        !source.is_test && module.first().is_some_and(|folder| floor(folder).is_some_and(|floor| floor < 6))
    });
    let named = decides.flat_map(|(source, _)| {
        let lines = source.text.lines().zip(1..);
        let lines = lines.filter(|(line, _)| ["engine::", "scores()", ".past("].iter().any(|word| line.contains(word)));
        let message = "knows the engine, and so the health score, by which nothing is decided";
        lines.map(|(_, line)| source.violation(line, message.to_owned())).collect::<Vec<_>>()
    });
    gone.chain(named).collect()
}

/// Imports that go up, or sideways to another folder.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (source, module) in core_modules(sources) {
        let Some(folder) = module.first() else { continue };
        let Some(floor) = floor(folder) else {
            let message = format!("`core/src/{folder}` has no floor: name it in tests/tidy/floors.rs");
            violations.push(source.violation(1, message));
            continue;
        };
        for import in imports(source, &module) {
            let Some(target) = import.target.first().filter(|target| *target != folder) else { continue };
            let message = match self::floor(target) {
                None => format!("`crate::{target}` is on no floor: import from the folder that owns it"),
                Some(below) if below < floor => continue,
                Some(same) if same == floor => {
                    format!("stage `{folder}` imports stage `{target}`: say it as a fact, or keep it in knowledge")
                }
                Some(above) => format!(
                    "`{folder}` (floor {floor}) imports `{target}` (floor {above}): a folder imports only floors below it"
                ),
            };
            violations.push(source.violation(import.line, message));
        }
    }
    violations
}

/// Stages that can change knowledge: only the engine's fold does.
pub fn check_knowledge(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (source, module) in core_modules(sources) {
        if module.first().and_then(|folder| floor(folder)) == Some(STAGES) {
            for line in mutable_knowledge(&source.code().tokens) {
                let message =
                    "a stage gets `&Knowledge`, never `&mut`: append a fact, the engine folds it in".to_owned();
                violations.push(source.violation(line, message));
            }
        }
    }
    violations
}

fn floor(folder: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == folder).map(|(_, floor)| *floor)
}

/// The files of the core with their module paths; `lib.rs` has the empty one and is left out.
fn core_modules(sources: &[Source]) -> Vec<(&Source, Vec<String>)> {
    let modules = sources.iter().filter(|source| source.is_rust_code()).filter_map(|source| {
        let path = source.path.strip_prefix("core/src/")?.strip_suffix(".rs")?;
        let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        (!module.is_empty()).then_some((source, module))
    });
    modules.collect()
}

fn imports(source: &Source, module: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    scan(&source.code().tokens, module, &mut found);
    found
}

/// Finds paths that begin at `crate`, `self` or `super`, in `use` lines, code and macros alike.
fn scan(tokens: &[TokenTree], module: &[String], found: &mut Vec<Import>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if word == "mod" => {
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                    scan(&body.stream().into_iter().collect::<Vec<_>>(), &inner, found);
                    at += 3;
                    continue;
                }
            }
            TokenTree::Ident(word) if is_path_separator(tokens, at + 1) => {
                let base = match word.to_string().as_str() {
                    "crate" => Some(Vec::new()),
                    "self" => Some(module.to_vec()),
                    "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
                    _ => None,
                };
                if let Some(base) = base {
                    at = follow(tokens, at + 3, base, found);
                    continue;
                }
            }
            TokenTree::Group(group) => scan(&group.stream().into_iter().collect::<Vec<_>>(), module, found),
            _ => {}
        }
        at += 1;
    }
}

/// Follows a path whose beginning is known to its end, or into the branches of a `{…}`; returns where it ended.
fn follow(tokens: &[TokenTree], mut at: usize, mut path: Vec<String>, found: &mut Vec<Import>) -> usize {
    let mut line = 1;
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => {
                line = word.span().start().line;
                match word.to_string().as_str() {
                    "super" => drop(path.pop()),
                    "self" => {}
                    name => path.push(name.to_owned()),
                }
                at += 1;
                if !is_path_separator(tokens, at) {
                    break;
                }
                at += 2;
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for branch in inner.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
                    if !branch.is_empty() {
                        follow(branch, 0, path.clone(), found);
                    }
                }
                return at + 1;
            }
            Some(other) => {
                line = other.span().start().line;
                break;
            }
            None => break,
        }
    }
    found.push(Import { line, target: path });
    at
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(tokens.get(at)) && colon(tokens.get(at + 1))
}

fn mutable_knowledge(tokens: &[TokenTree]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                lines.extend(mutable_knowledge(&group.stream().into_iter().collect::<Vec<_>>()));
            }
            TokenTree::Ident(word) if word == "Knowledge" => {
                let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                if matches!(before, Some(TokenTree::Ident(word)) if word == "mut") {
                    lines.push(word.span().start().line);
                }
            }
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{check, check_knowledge};
    use crate::source::planted;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&planted(path, text)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn imports_from_below_are_fine() {
        let text =
            "use crate::model::ids::RunId;\nuse crate::primitives::{json, time::{Span, Time}};\nuse core::fmt;\n";
        assert_eq!(lines("core/src/policy/check.rs", text), [0_usize; 0]);
        assert_eq!(
            lines("core/src/engine/step.rs", "use crate::{detect::ewma, knowledge::Knowledge, learn};\n"),
            [0; 0]
        );
    }

    #[test]
    fn imports_from_above_are_found_however_they_are_written() {
        for text in [
            "use crate::policy::Policy;",
            "use crate::{primitives::time::Time, policy::Policy};",
            "use super::super::policy::Policy;",
            "fn a() { crate::policy::load() }",
            "fn a() { log!(crate::policy::NAME) }",
            "mod inner { use super::super::super::policy::Policy; }",
            "use crate::nowhere::Thing;",
        ] {
            assert_eq!(lines("core/src/model/ids.rs", text), [1], "{text}");
        }
    }

    #[test]
    fn stages_do_not_meet() {
        assert_eq!(lines("core/src/detect/ewma.rs", "\nuse crate::monitor::schedule::Due;"), [2]);
        assert_eq!(lines("core/src/knowledge/runs.rs", "use crate::remediate::run::Step;"), [1]);
        assert_eq!(
            lines("core/src/remediate/run/step.rs", "use super::super::safety::gate;\nuse super::rollout;"),
            [0; 0]
        );
    }

    #[test]
    fn a_new_folder_needs_a_floor() {
        assert_eq!(lines("core/src/helpers/mod.rs", "fn a() {}"), [1]);
    }

    #[test]
    fn tests_may_look_anywhere() {
        assert_eq!(lines("core/src/model/ids.rs", "#[cfg(test)]\nmod tests {\n use crate::engine::Engine;\n}"), [0; 0]);
    }

    #[test]
    fn a_stage_borrows_knowledge_to_read_it() {
        let text = |kind: &str| format!("pub fn advance(knowledge: &{kind}Knowledge) {{}}");
        assert_eq!(check_knowledge(&planted("core/src/detect/mod.rs", &text(""))).len(), 0);
        assert_eq!(check_knowledge(&planted("core/src/detect/mod.rs", &text("mut "))).len(), 1);
        assert_eq!(check_knowledge(&planted("core/src/engine/step.rs", &text("mut "))).len(), 0);
    }
}
