//! Builds the tree from a stream of values, whatever the syntax, and holds the limits while it grows.

use super::{Entry, Limits, Node, Stop, Style, Value};
use crate::policy::problem::{Place, Problem, Problems, Spot, shown};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A tree that is being built.
pub(super) struct Builder<'a> {
    pub(super) file: Arc<str>,
    problems: &'a Problems,
    limits: &'a Limits,
    nodes: usize,
    open: Vec<Open>,
    root: Option<Node>,
}

/// A list or map whose end has not been seen.
enum Open {
    List { spot: Spot, items: Vec<Node> },
    Map { spot: Spot, entries: Vec<Entry>, key: Key },
}

/// What is known of the entry that comes next in a map.
enum Key {
    Awaited,
    Known(Box<str>, Spot),
    Refused,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: &Arc<str>, limits: &'a Limits, problems: &'a Problems) -> Builder<'a> {
        Builder { file: file.clone(), problems, limits, nodes: 0, open: Vec::new(), root: None }
    }

    /// The tree; without one, a problem that says so is recorded.
    pub(super) fn finish(self) -> Option<Node> {
        if self.root.is_none() {
            self.problems.push(self.error(Spot::default(), "the document is empty"));
        }
        self.root
    }

    /// An error at `spot` of this document.
    pub(super) fn error(&self, spot: Spot, message: impl Into<String>) -> Problem {
        Problem::error(Place::new(&self.file, spot), message)
    }

    /// Records a problem after which reading goes on, unless there are too many by now.
    pub(super) fn report(&self, problem: Problem) -> Result<(), Stop> {
        if self.problems.is_full() {
            return Err(Box::new(problem));
        }
        self.problems.push(problem);
        Ok(())
    }

    /// Whether the next value is a key.
    pub(super) fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: Key::Awaited, .. }))
    }

    /// A single value or a key.
    pub(super) fn scalar(&mut self, text: Box<str>, style: Style, spot: Spot) -> Result<(), Stop> {
        if self.awaits_key() {
            return self.key(text, style, spot);
        }
        let null = style == Style::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        self.add(Node { spot, value: if null { Value::Null } else { Value::Scalar(text, style) } })
    }

    /// A value or key that was refused, as only YAML can be; its problem is recorded by the caller.
    #[cfg(feature = "yaml")]
    pub(super) fn refused(&mut self, spot: Spot) -> Result<(), Stop> {
        if let Some(Open::Map { key: key @ Key::Awaited, .. }) = self.open.last_mut() {
            *key = Key::Refused;
            return Ok(());
        }
        self.add(Node { spot, value: Value::Refused })
    }

    /// The start of a list.
    pub(super) fn open_list(&mut self, spot: Spot) -> Result<(), Stop> {
        self.check_open(spot)?;
        self.open.push(Open::List { spot, items: Vec::new() });
        Ok(())
    }

    /// The start of a map.
    pub(super) fn open_map(&mut self, spot: Spot) -> Result<(), Stop> {
        self.check_open(spot)?;
        self.open.push(Open::Map { spot, entries: Vec::new(), key: Key::Awaited });
        Ok(())
    }

    /// The end of the innermost list or map.
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let node = match self.open.pop() {
            Some(Open::List { spot, items }) => Node { spot, value: Value::List(items.into_boxed_slice()) },
            Some(Open::Map { spot, entries, .. }) => {
                self.check_unique(&entries)?;
                Node { spot, value: Value::Map(entries.into_boxed_slice()) }
            }
            None => return Ok(()),
        };
        self.add(node)
    }

    fn key(&mut self, text: Box<str>, style: Style, spot: Spot) -> Result<(), Stop> {
        self.count(spot)?;
        let problem = if style == Style::Plain && &*text == "<<" {
            let problem = self.error(spot, "merge keys `<<` are not supported");
            Some(problem.help("write the fields out, or use `like` where the policy offers it"))
        } else if text.is_empty() {
            Some(self.error(spot, "a key is empty"))
        } else {
            None
        };
        let next = if problem.is_some() { Key::Refused } else { Key::Known(text, spot) };
        if let Some(problem) = problem {
            self.report(problem)?;
        }
        if let Some(Open::Map { key, .. }) = self.open.last_mut() {
            *key = next;
        }
        Ok(())
    }

    fn add(&mut self, value: Node) -> Result<(), Stop> {
        self.count(value.spot)?;
        match self.open.last_mut() {
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { entries, key, .. }) => {
                if let Key::Known(key, key_spot) = core::mem::replace(key, Key::Awaited) {
                    entries.push(Entry { key, key_spot, value });
                }
            }
            None => self.root = Some(value),
        }
        Ok(())
    }

    fn count(&mut self, spot: Spot) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let problem = self.error(spot, format!("the document has more than {} values and keys", self.limits.nodes));
        Err(Box::new(problem.help("split it into several files")))
    }

    fn check_open(&self, spot: Spot) -> Result<(), Stop> {
        if self.awaits_key() {
            let problem = self.error(spot, "a key is a list or a map, expected a single word or text");
            let help = "if this is `${…}` or other text that begins with `{` or `[`, put it in quotes";
            return Err(Box::new(problem.help(help)));
        }
        if self.open.len() < self.limits.depth { Ok(()) } else { Err(self.too_deep(spot)) }
    }

    /// The problem of a document that nests too deep.
    pub(super) fn too_deep(&self, spot: Spot) -> Stop {
        Box::new(self.error(spot, format!("lists and maps are nested more than {} deep", self.limits.depth)))
    }

    /// Reports each key that was already there, in O(n log n).
    fn check_unique(&self, entries: &[Entry]) -> Result<(), Stop> {
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        let mut first: Option<&Entry> = None;
        for entry in sorted {
            match first {
                Some(first) if first.key == entry.key => {
                    let message = format!("duplicate key `{}`", shown(&entry.key));
                    let help =
                        format!("it is already at line {}, column {}", first.key_spot.line, first.key_spot.column);
                    self.report(self.error(entry.key_spot, message).help(help).help("keep one of the two"))?;
                }
                _ => first = Some(entry),
            }
        }
        Ok(())
    }
}
