//! How long a file and a function may be. Code counts; tests and data do not.

use crate::source::{Source, Violation};
use proc_macro2::{Delimiter, TokenTree};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Files and functions over their limit.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| is_code(source)) {
        let mut lines = source.text.lines().count();
        if source.path.ends_with(".rs") {
            let code = source.code();
            lines -= code.removed.iter().map(|range| range.end() - range.start() + 1).sum::<usize>();
            for (name, first, length) in functions(&code.tokens) {
                if length > FUNCTION_LINES {
                    let message =
                        format!("function `{name}` has {length} lines, at most {FUNCTION_LINES}: split it by idea");
                    violations.push(source.violation(first, message));
                }
            }
        }
        if lines > FILE_LINES {
            let message = format!("{lines} lines of code, at most {FILE_LINES}: split it by idea");
            violations.push(source.violation(1, message));
        }
    }
    violations
}

fn is_code(source: &Source) -> bool {
    let written = [".css", ".js", ".mjs", ".cjs", ".py", ".rs", ".sh", ".ts", ".tsx"];
    !source.is_test && written.iter().any(|end| source.path.ends_with(end))
}

/// Name, first line and length in lines of each function with a body.
fn functions(tokens: &[TokenTree]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(functions(&group.stream().into_iter().collect::<Vec<_>>())),
            TokenTree::Ident(word) if word == "fn" => {
                let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { continue };
                let first = word.span().start().line;
                if let Some(last) = tokens[at..].iter().find_map(end_of_function) {
                    found.push((name.to_string(), first, last.saturating_sub(first) + 1));
                }
            }
            _ => {}
        }
    }
    found
}

/// The last line of a body, or, of a declaration without one, the line it stands on.
fn end_of_function(token: &TokenTree) -> Option<usize> {
    let ends = match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    ends.then(|| token.span().end().line)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::source::planted;

    fn body(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    work();\n".repeat(lines))
    }

    fn count(path: &str, text: &str) -> usize {
        check(&planted(path, text)).len()
    }

    #[test]
    fn a_function_of_the_limit_is_fine_and_one_more_line_is_not() {
        assert_eq!(count("core/src/model/x.rs", &body(68)), 0);
        assert_eq!(count("core/src/model/x.rs", &body(69)), 1);
        assert_eq!(count("core/src/model/x.rs", &format!("impl A {{ {} }}", body(69))), 1);
    }

    #[test]
    fn a_file_of_the_limit_is_fine_and_one_more_line_is_not() {
        for path in ["core/src/model/x.rs", "bindings-python/python/homeostat/x.py"] {
            assert_eq!(count(path, &"\n".repeat(400)), 0);
            assert_eq!(count(path, &"\n".repeat(401)), 1);
        }
    }

    #[test]
    fn tests_and_data_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", body(500));
        assert_eq!(count("core/src/model/x.rs", &tests), 0);
        assert_eq!(count("host-reference/tests/x.rs", &body(500)), 0);
        assert_eq!(count("core/library/x.yaml", &"\n".repeat(500)), 0);
    }

    #[test]
    fn a_declaration_or_a_function_type_has_no_body() {
        assert_eq!(count("core/src/model/x.rs", &format!("trait A {{ fn a(&self); }}\n{}", "\n".repeat(99))), 0);
        assert_eq!(count("core/src/model/x.rs", &format!("type A = fn(u8);\nmod a {{\n{}}}", "\n".repeat(99))), 0);
    }
}
