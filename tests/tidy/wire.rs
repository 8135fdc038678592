//! Types that are written down have the same size on every machine.

use crate::source::{Source, Violation};
use proc_macro2::{Delimiter, Group, TokenTree};

/// `usize` and `isize` in types of the core that derive `Serialize` or `Deserialize`.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let core = sources.iter().filter(|source| source.is_rust_code() && source.path.starts_with("core/src/"));
    for source in core {
        for line in machine_sized(&source.code().tokens) {
            let message =
                "its size differs between machines: use `u32`, `u64` or `i64` in what is persisted".to_owned();
            violations.push(source.violation(line, message));
        }
    }
    violations
}

fn machine_sized(tokens: &[TokenTree]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        if is_serde_derive(group) {
            lines.extend(tokens[at + 1..].iter().find_map(fields).into_iter().flatten());
        } else {
            lines.extend(machine_sized(&group.stream().into_iter().collect::<Vec<_>>()));
        }
    }
    lines
}

/// `[derive(…, Serialize, …)]`, also inside `cfg_attr`.
fn is_serde_derive(group: &Group) -> bool {
    let text = group.stream().to_string();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    group.delimiter() == Delimiter::Bracket
        && words.contains(&"derive")
        && (words.contains(&"Serialize") || words.contains(&"Deserialize"))
}

/// The offending lines of a struct's or enum's body, if this token is one or shows that there is none.
fn fields(token: &TokenTree) -> Option<Vec<usize>> {
    let body = match token {
        TokenTree::Group(group) if group.delimiter() != Delimiter::Bracket => group,
        TokenTree::Punct(punct) if punct.as_char() == ';' => return Some(Vec::new()),
        _ => return None,
    };
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let fields = tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    Some(fields.filter(|field| !is_skipped(field)).flat_map(words).collect())
}

/// A field serde leaves out may be of any size.
fn is_skipped(field: &[TokenTree]) -> bool {
    field.iter().any(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            group.stream().to_string().split_whitespace().collect::<String>().contains("serde(skip)")
        }
        _ => false,
    })
}

fn words(tokens: &[TokenTree]) -> Vec<usize> {
    let lines = tokens.iter().flat_map(|token| match token {
        TokenTree::Group(group) => words(&group.stream().into_iter().collect::<Vec<_>>()),
        TokenTree::Ident(word) if word == "usize" || word == "isize" => vec![word.span().start().line],
        _ => Vec::new(),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::source::planted;

    fn lines(text: &str) -> Vec<usize> {
        check(&planted("core/src/model/x.rs", text)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn fixed_sizes_are_fine() {
        assert_eq!(
            lines("#[derive(Clone, Serialize)]\nstruct A { count: u64, at: [i64; 3] }\nfn f(n: usize) {}"),
            [0; 0]
        );
    }

    #[test]
    fn machine_sizes_are_found_in_every_shape() {
        assert_eq!(lines("#[derive(Serialize)]\npub struct A {\n    count: usize,\n}"), [3]);
        assert_eq!(lines("#[derive(Clone, Deserialize)]\nstruct A(\n    Vec<usize>);"), [3]);
        assert_eq!(lines("#[derive(Serialize)]\n#[serde(tag = \"t\")]\nenum A { B { c: isize } }"), [3]);
        assert_eq!(lines("mod a {\n#[cfg_attr(feature = \"x\", derive(Serialize))] struct A { b: usize }\n}"), [2]);
    }

    #[test]
    fn what_is_not_persisted_may_be_of_any_size() {
        assert_eq!(lines("#[derive(Clone)]\nstruct A { count: usize }"), [0; 0]);
        assert_eq!(lines("#[derive(Serialize)]\nstruct A { #[serde(skip)] cache: usize, b: u8 }"), [0; 0]);
        assert_eq!(lines("#[derive(Serialize)]\nstruct A;\nstruct B { c: usize }"), [0; 0]);
    }
}
