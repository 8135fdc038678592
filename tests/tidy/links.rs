//! Links in documents: a relative one leads to a file or folder, and its `#part` to a heading.

use crate::source::{Source, Violation};
use std::path::{Component, Path, PathBuf};

/// Relative links of Markdown files that lead nowhere.
pub fn check(sources: &[Source], root: &Path) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in
        sources.iter().filter(|source| source.path.ends_with(".md") && !source.path.starts_with("tests/seeds/"))
    {
        for (line, link) in links(&source.text) {
            let elsewhere = link.contains("://") || link.starts_with("mailto:");
            if !elsewhere && let Some(message) = dead(source, &link, sources, root) {
                violations.push(source.violation(line, message));
            }
        }
    }
    violations
}

fn dead(source: &Source, link: &str, sources: &[Source], root: &Path) -> Option<String> {
    let (file, part) = link.split_once('#').map_or((link, None), |(file, part)| (file, Some(part)));
    let path = if file.is_empty() { PathBuf::from(&source.path) } else { resolve(&source.path, file) };
    let known = sources.iter().find(|source| Path::new(&source.path) == path);
    if known.is_none() && !root.join(&path).exists() {
        return Some(format!("link to `{link}`: there is no `{}`", path.display()));
    }
    let missing =
        part.zip(known).filter(|(part, target)| !headings(&target.text).iter().any(|heading| heading == part));
    missing.map(|(part, target)| format!("link to `{link}`: `{}` has no heading `#{part}`", target.path))
}

fn resolve(from: &str, link: &str) -> PathBuf {
    let mut path = if link.starts_with('/') {
        PathBuf::new()
    } else {
        PathBuf::from(from).parent().unwrap_or(Path::new("")).into()
    };
    for component in Path::new(link).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => drop(path.pop()),
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
        }
    }
    path
}

/// Lines outside code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_block = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        !in_block && !fence
    })
}

/// Targets of `[text](target)` and `[name]: target`, outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        let inline =
            line.match_indices("](").filter_map(|(at, _)| line[at + 2..].split_once(')').map(|(target, _)| target));
        let reference = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
        found.extend(
            inline.chain(reference).filter_map(|target| Some((number, target.split_whitespace().next()?.to_owned()))),
        );
    }
    found
}

/// Headings as a browser addresses them: lower case, without punctuation, with `-` for a space.
fn headings(text: &str) -> Vec<String> {
    let headings = prose(text).map(|(_, line)| line).filter(|line| line.starts_with('#'));
    let titles = headings.map(|line| line.trim_start_matches('#').trim());
    let parts = titles.map(|title| {
        let kept = title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .collect::<String>();
        kept.replace(' ', "-")
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::source::{Source, root};

    fn count(path: &str, text: &str) -> usize {
        let files = [(path, text), ("docs/there.md", "# A Title, quoted\n```\n# no title\n```\n")];
        check(
            &files.map(|(path, text)| Source { path: path.to_owned(), text: text.to_owned(), is_test: false }),
            &root(),
        )
        .len()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        for link in
            ["there.md", "./there.md#a-title-quoted", "../core/src", "/Cargo.toml", "https://example.org", "#here"]
        {
            assert_eq!(
                count("docs/x.md", &format!("# Here\nsee [it]({link}) and [more][a]\n\n[a]: {link}\n")),
                0,
                "{link}"
            );
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for link in ["gone.md", "there.md#no-title", "../gone/", "/docs/gone.md", "#gone"] {
            assert_eq!(count("docs/x.md", &format!("see [it]({link}).\n")), 1, "{link}");
            assert_eq!(count("docs/x.md", &format!("[a]: {link}\n")), 1, "{link}");
        }
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(count("docs/x.md", "`[it](gone.md)`\n```\n[it](gone.md)\n```\n"), 0);
    }
}
