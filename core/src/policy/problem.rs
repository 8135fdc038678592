//! What is wrong with a document: every problem at once, each with its place, its path and what to do.

mod brief;
mod near;
mod render;
mod suggest;

pub use brief::brief;
pub use near::Near;
pub use render::render;
pub use suggest::{habit, slip, suggest};

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use serde::{Deserialize, Serialize};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is accepted, but probably does not say what its author meant.
    Warning,
}

/// A stretch of one line in a document, without the document's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The line, counted from 1; 0 stands for the document as a whole.
    pub line: u32,
    /// The column in characters, counted from 1; 0 stands for the line as a whole.
    pub column: u32,
    /// The length in characters; 0 stands for the rest of the line.
    pub length: u32,
}

/// Where in which document something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The name of the document, as its author knows it.
    pub file: Arc<str>,
    /// As in [`Spot::line`].
    pub line: u32,
    /// As in [`Spot::column`].
    pub column: u32,
    /// As in [`Spot::length`].
    pub length: u32,
}

impl Place {
    /// The place of `spot` in `file`.
    pub fn new(file: &Arc<str>, spot: Spot) -> Place {
        Place { file: file.clone(), line: spot.line, column: spot.column, length: spot.length }
    }
}

/// One thing wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Whether the document is refused for it.
    pub severity: Severity,
    /// What is wrong: lower case, no final period, what was written in backticks.
    pub message: String,
    /// What stands beside the caret, such as a suggestion; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Where it is wrong.
    pub place: Place,
    /// The way there from the top, such as `components.web.checks[0].interval`; empty for the document itself.
    pub path: String,
    /// What to do about it, one line each.
    pub help: Vec<String>,
}

impl Problem {
    /// An error at `place`.
    pub fn error(place: Place, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Error,
            message: message.into(),
            label: String::new(),
            place,
            path: String::new(),
            help: Vec::new(),
        }
    }

    /// A warning at `place`.
    pub fn warning(place: Place, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(place, message) }
    }

    /// The same problem with its path.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Problem {
        Problem { path: path.into(), ..self }
    }

    /// The same problem with `label` beside the caret.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Problem {
        Problem { label: label.into(), ..self }
    }

    /// The same problem with ``did you mean `word`?`` beside the caret, if there is a word to suggest.
    #[must_use]
    pub fn did_you_mean(self, word: Option<&str>) -> Problem {
        match word {
            Some(word) => self.label(format!("did you mean `{word}`?")),
            None => self,
        }
    }

    /// The same problem with one more line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Problem {
        self.help.push(line.into());
        self
    }
}

/// Collects the problems of a load. Shared by reference, so that a reader can go on after each.
///
/// At most [`Problems::LIMIT`] are kept, so that a hostile document cannot fill the memory with complaints; the rest
/// are counted.
#[derive(Debug, Default)]
pub struct Problems {
    kept: RefCell<Vec<Problem>>,
    errors: Cell<u64>,
    warnings: Cell<u64>,
}

impl Problems {
    /// How many problems are kept in full; about 300 bytes each.
    pub const LIMIT: usize = 1_000;

    /// No problems yet.
    pub fn new() -> Problems {
        Problems::default()
    }

    /// Records a problem.
    pub fn push(&self, problem: Problem) {
        let counter = match problem.severity {
            Severity::Error => &self.errors,
            Severity::Warning => &self.warnings,
        };
        counter.set(counter.get().saturating_add(1));
        if let Ok(mut kept) = self.kept.try_borrow_mut()
            && kept.len() < Problems::LIMIT
        {
            kept.push(problem);
        }
    }

    /// Whether the document must be refused.
    pub fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    /// How many errors were found, kept or not.
    pub fn errors(&self) -> u64 {
        self.errors.get()
    }

    /// How many warnings were found, kept or not.
    pub fn warnings(&self) -> u64 {
        self.warnings.get()
    }

    /// Whether further problems are only counted, so that suggestions for them would be wasted work.
    pub fn is_full(&self) -> bool {
        self.errors.get().saturating_add(self.warnings.get()) >= Problems::LIMIT as u64
    }

    /// All kept problems by file, line and column; when some were only counted, a last one says how many.
    pub fn into_sorted(self) -> Vec<Problem> {
        let found = self.errors.get().saturating_add(self.warnings.get());
        let mut kept = self.kept.into_inner();
        kept.sort_by(|a, b| (&a.place, a.severity, &a.message).cmp(&(&b.place, b.severity, &b.message)));
        let omitted = found.saturating_sub(kept.len() as u64);
        if let (Some(last), 1..) = (kept.last(), omitted) {
            let severity = if self.errors.get() > 0 { Severity::Error } else { Severity::Warning };
            let place = Place { line: 0, column: 0, length: 0, ..last.place.clone() };
            let message = format!("at least {omitted} more are not shown");
            kept.push(Problem { severity, ..Problem::error(place, message) });
        }
        kept
    }
}

/// `text` as it may stand between backticks in a message: on one line, without control characters, and not too long.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '`' => out.push('\''),
            c if is_invisible(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Whether `c` does not show, or changes how its neighbours show: controls and text-direction marks.
pub(in crate::policy) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// The first words of a list for a help line: all of them, or the first twenty and how many more there are.
pub(in crate::policy) fn listed<'w>(words: impl ExactSizeIterator<Item = &'w str>) -> String {
    const MOST: usize = 20;
    let more = words.len().saturating_sub(MOST);
    let mut out = words.take(MOST).collect::<Vec<_>>().join(", ");
    if more > 0 {
        out.push_str(", and ");
        out.push_str(&more.to_string());
        out.push_str(" more");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32, column: u32) -> Place {
        Place::new(&Arc::from(file), Spot { line, column, length: 1 })
    }

    #[test]
    fn problems_come_out_by_file_line_and_column() {
        let problems = Problems::new();
        for (file, line, column) in [("b", 1, 1), ("a", 10, 2), ("a", 2, 5), ("a", 2, 1)] {
            problems.push(Problem::error(at(file, line, column), "wrong"));
        }
        let order: Vec<_> = problems.into_sorted().into_iter().map(|p| (p.place.line, p.place.column)).collect();
        assert_eq!(order, [(2, 1), (2, 5), (10, 2), (1, 1)]);
    }

    #[test]
    fn beyond_the_limit_problems_are_counted_and_errors_still_refuse() {
        let problems = Problems::new();
        for line in 1..=1_200 {
            problems.push(Problem::warning(at("a", line, 1), "odd"));
        }
        problems.push(Problem::error(at("a", 1, 1), "wrong"));
        assert!(problems.has_errors() && problems.is_full());
        let sorted = problems.into_sorted();
        assert_eq!(sorted.len(), Problems::LIMIT + 1);
        let last = sorted.last().map(|p| (p.severity, p.message.clone()));
        assert_eq!(last, Some((Severity::Error, "at least 201 more are not shown".into())));
    }

    #[test]
    fn shown_text_cannot_break_the_line_or_the_backticks() {
        assert_eq!(shown("a`b\n\u{1b}[31m\u{202e}"), "a'b\\n\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), 61);
    }

    #[test]
    fn a_problem_survives_json() {
        let problem = Problem::error(at("p.yaml", 3, 4), "unknown field `x`").path("a.b[0]").help("fields: y");
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("label"), "an empty label is not written: {text}");
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
    }
}
