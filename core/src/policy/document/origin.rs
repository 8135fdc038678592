//! Where a value came from, kept for checks that are made after reading.

use super::Style;
use crate::policy::problem::{Place, Problem, Spot};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::ops::Range;

/// The place and path of a value that was read. Kept beside a value that is checked later, such as a name that another
/// part of the document must define, or a condition with a grammar of its own. About 50 bytes and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(super) file: Arc<str>,
    pub(super) spot: Spot,
    pub(super) style: Style,
    pub(super) path: Box<str>,
}

impl Origin {
    /// The way to the value, such as `components.web.checks[0].interval`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The place of the value.
    pub fn place(&self) -> Place {
        Place::new(&self.file, self.spot)
    }

    /// An error at the value, with its path.
    pub fn error(&self, message: impl Into<String>) -> Problem {
        Problem::error(self.place(), message).path(&*self.path)
    }

    /// A warning at the value, with its path.
    pub fn warning(&self, message: impl Into<String>) -> Problem {
        Problem::warning(self.place(), message).path(&*self.path)
    }

    /// An error at the bytes `range` within `text`, the value's text as it was read.
    pub fn error_within(&self, text: &str, range: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::error(Place::new(&self.file, self.spot_within(text, range)), message).path(&*self.path)
    }

    /// Where the bytes `range` of `text` stand; the whole value where escapes or folding leave no way to tell.
    fn spot_within(&self, text: &str, range: Range<usize>) -> Spot {
        let before = text.get(..range.start).unwrap_or(text);
        let length = text.get(range).map_or(1, |within| chars(within.lines().next().unwrap_or("")).max(1));
        let quotes = match self.style {
            Style::Literal => {
                let line = before.bytes().filter(|b| *b == b'\n').count();
                let column = chars(before.rsplit('\n').next().unwrap_or(""));
                let line = self.spot.line.saturating_add(super::text::count(line));
                return Spot { line, column: self.spot.column.saturating_add(column), length };
            }
            Style::Folded => return self.spot,
            Style::Plain => 0,
            Style::Quoted => 1,
        };
        if chars(text).saturating_add(2 * quotes) != self.spot.length {
            return self.spot;
        }
        Spot {
            line: self.spot.line,
            column: self.spot.column.saturating_add(quotes).saturating_add(chars(before)),
            length,
        }
    }
}

fn chars(text: &str) -> u32 {
    super::text::count(text.chars().count())
}
