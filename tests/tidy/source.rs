//! The repository's text files, and Rust text as tokens without what only tests compile.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// One text file, by its path from the repository's root, with `/` between folders.
pub struct Source {
    pub path: String,
    pub text: String,
    /// Whether it lies where tests lie, or its parent declares it under `#[cfg(test)]`.
    pub is_test: bool,
}

/// Where a rule is broken, and what to do.
#[derive(Debug)]
pub struct Violation {
    pub path: String,
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

impl Source {
    /// A violation in this file.
    pub fn violation(&self, line: usize, message: String) -> Violation {
        Violation { path: self.path.clone(), line, message }
    }

    /// Whether it is Rust that ships, as opposed to a test.
    pub fn is_rust_code(&self) -> bool {
        self.path.ends_with(".rs") && !self.is_test
    }

    /// Its Rust code without the parts that only tests compile.
    pub fn code(&self) -> Code {
        match self.text.parse::<TokenStream>() {
            Ok(tokens) => {
                let mut removed = Vec::new();
                let tokens = without_tests(tokens, &mut removed);
                Code { tokens, removed }
            }
            Err(error) => panic!("{}: cannot be read as Rust: {error}", self.path),
        }
    }
}

/// Tokens of a file, and the lines of test code that were left out.
pub struct Code {
    pub tokens: Vec<TokenTree>,
    pub removed: Vec<RangeInclusive<usize>>,
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in a folder of the repository").to_path_buf()
}

/// Every text file of the repository that people write.
pub fn repository() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let tests: Vec<String> = found.iter().flat_map(test_modules).collect();
    for source in &mut found {
        source.is_test |= tests.contains(&source.path);
    }
    found
}

/// The files a source declares by `#[cfg(test)] mod name;`.
fn test_modules(source: &Source) -> Vec<String> {
    let Some(path) = source.path.strip_suffix(".rs") else { return Vec::new() };
    let folder = match path.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => folder,
        _ => path,
    };
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]").filter_map(|pair| {
        let name = pair[1].strip_prefix("mod ")?.strip_suffix(';')?;
        Some(format!("{folder}/{name}.rs"))
    });
    declared.collect()
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the repository can be read");
    for path in entries.map(|entry| entry.expect("a folder's entry can be read").path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !is_generated(&name) {
                walk(root, &path, found);
            }
        } else if let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| name != ".git") {
            let path = path.strip_prefix(root).expect("it lies below the root").to_string_lossy().replace('\\', "/");
            let is_test = path.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
            found.push(Source { path, text, is_test });
        }
    }
}

fn is_generated(folder: &str) -> bool {
    matches!(folder, ".git" | ".venv" | "__pycache__" | "artifacts" | "build" | "dist" | "node_modules" | "target")
        || folder.ends_with(".egg-info")
}

fn without_tests(tokens: TokenStream, removed: &mut Vec<RangeInclusive<usize>>) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if is_hash && matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_cfg_test(group)) {
            let mut last = token.span().end().line;
            tokens.next();
            for skipped in tokens.by_ref() {
                last = skipped.span().end().line;
                if is_end_of_item(&skipped) {
                    break;
                }
            }
            removed.push(token.span().start().line..=last);
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let inner = without_tests(group.stream(), removed).into_iter().collect();
                let mut rebuilt = Group::new(group.delimiter(), inner);
                rebuilt.set_span(group.span());
                TokenTree::Group(rebuilt)
            }
            other => other,
        });
    }
    kept
}

/// `[cfg(test)]` or `[cfg(all(test, …))]`, not `[cfg(any(test, …))]`.
fn is_cfg_test(attribute: &Group) -> bool {
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

fn is_end_of_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

/// A source in memory, to test a rule with.
pub fn planted(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.to_owned(), text: text.to_owned(), is_test: path.contains("/tests/") }]
}

#[test]
fn test_code_is_left_out_and_the_rest_stays() {
    let text =
        "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {\n    #[cfg(test)]\n    let d = 1;\n}\n";
    let code = planted("core/src/model/x.rs", text)[0].code();
    let left = code.tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert!(left.contains("fn a") && left.contains("fn c"), "{left}");
    assert!(!left.contains('b') && !left.contains('d'), "{left}");
    assert_eq!(code.removed, [2..=5, 7..=8]);
}

#[test]
fn code_for_tests_or_something_else_is_still_code() {
    let code = planted("core/src/model/x.rs", "#[cfg(any(test, feature = \"yaml\"))]\nfn a() {}\n")[0].code();
    assert!(code.removed.is_empty());
}

#[test]
fn modules_declared_for_tests_only_are_tests() {
    let modules = |path: &str, text: &str| test_modules(&planted(path, text)[0]);
    let text = "#[cfg(test)]\nmod properties;\nmod ast;\n";
    assert_eq!(modules("core/src/policy/condition/mod.rs", text), ["core/src/policy/condition/properties.rs"]);
    assert_eq!(modules("core/src/policy/document.rs", text), ["core/src/policy/document/properties.rs"]);
}
