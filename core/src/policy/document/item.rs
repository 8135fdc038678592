//! One value of a document, read as what it should be.

use super::{Document, Entry, Fields, Node, Origin, Style, Value};
use crate::policy::duration::{self, Unit};
use crate::policy::problem::{Place, Problem, Problems, Spot, listed, shown, suggest};
use crate::policy::quantity::{self, Mistake, Percent};
use crate::primitives::finite::Finite;
use crate::primitives::time::Span;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// A value of the document and the way to it. Each method that reads it returns `None` after recording what is wrong.
#[derive(Clone)]
pub struct Item<'a> {
    document: &'a Document,
    problems: &'a Problems,
    node: &'a Node,
    /// Where complaints about the value as a whole point: its key if it has one.
    spot: Spot,
    way: Way<'a>,
}

/// The way to a value; siblings share what is above them.
#[derive(Clone)]
struct Way<'a> {
    above: Option<Rc<Way<'a>>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Index(usize),
    Key(&'a str),
    Root,
}

/// A list or map whose elements are being read.
pub(super) struct Parent<'a> {
    pub(super) item: Item<'a>,
    way: Rc<Way<'a>>,
}

impl<'a> Item<'a> {
    /// The top value of `document`, to be read with what is wrong recorded in `problems`.
    pub fn root(document: &'a Document, problems: &'a Problems) -> Item<'a> {
        let node = &document.root;
        Item { document, problems, node, spot: node.spot, way: Way { above: None, step: Step::Root } }
    }

    /// The value itself, untyped.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// Whether there is no value: nothing after the colon, `null` or `~`.
    pub fn is_null(&self) -> bool {
        self.node.value == Value::Null
    }

    /// Whether the value is a single one.
    pub fn is_scalar(&self) -> bool {
        matches!(self.node.value, Value::Scalar(..))
    }

    /// Whether the value is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// Whether the value is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// The key the value stands under; the index within a list as text; empty for the document itself.
    pub fn key(&self) -> String {
        match self.way.step {
            Step::Index(index) => index.to_string(),
            Step::Key(key) => key.to_string(),
            Step::Root => String::new(),
        }
    }

    /// The way to the value from the top, such as `components.web.checks[0].interval`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        self.way.write(&mut path);
        path
    }

    /// Where the value came from, for checks made after reading.
    pub fn origin(&self) -> Origin {
        let style = if let Value::Scalar(_, style) = self.node.value { style } else { Style::Folded };
        let file = self.document.file.clone();
        Origin { file, spot: self.node.spot, style, path: self.path().into_boxed_str() }
    }

    /// Where the value's key stands, for checks of the key itself made after reading; the value where there is no key.
    pub fn key_origin(&self) -> Origin {
        Origin { spot: self.spot, style: Style::Folded, ..self.origin() }
    }

    /// An error at the value, to be completed and given to [`Item::report`].
    pub fn error(&self, message: impl Into<String>) -> Problem {
        Problem::error(self.place(self.node.spot), message).path(self.path())
    }

    /// A warning at the value, to be completed and given to [`Item::report`].
    pub fn warning(&self, message: impl Into<String>) -> Problem {
        Problem::warning(self.place(self.node.spot), message).path(self.path())
    }

    /// An error at the value's key; at the value where there is no key.
    pub fn key_error(&self, message: impl Into<String>) -> Problem {
        Problem::error(self.place(self.spot), message).path(self.path())
    }

    /// Records a problem.
    pub fn report(&self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value as text, whatever it looks like: `8080` and `yes` are text here.
    pub fn text(&self) -> Option<&'a str> {
        self.scalar("text").map(|(text, _)| text)
    }

    /// As [`Item::text`], owned.
    pub fn string(&self) -> Option<String> {
        self.text().map(String::from)
    }

    /// As [`Item::string`], but not empty or only blanks.
    pub fn name(&self) -> Option<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.report(self.error(format!("{} must not be empty", self.subject())));
            return None;
        }
        Some(text.into())
    }

    /// The value as a truth value, `true` or `false`; nothing else will do.
    pub fn boolean(&self) -> Option<bool> {
        const EXPECTED: &str = "`true` or `false`";
        let (text, style) = self.scalar(EXPECTED)?;
        let meant = match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => Some("true"),
            "false" | "no" | "off" | "n" | "0" => Some("false"),
            _ => None,
        };
        match text {
            "true" if style == Style::Plain => Some(true),
            "false" if style == Style::Plain => Some(false),
            _ => self.wrong(EXPECTED, |problem| problem.did_you_mean(meant)),
        }
    }

    /// The value as a whole number within `range`.
    pub fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.numeral("a whole number", quantity::integer)?;
        self.within(value, range)
    }

    /// The value as a finite number within `range`.
    pub fn number(&self, range: RangeInclusive<f64>) -> Option<Finite> {
        let value = self.numeral("a number", quantity::number)?;
        self.within(value.value(), range).map(|_| value)
    }

    /// The value as a duration with its unit, such as `10s`.
    pub fn duration(&self) -> Option<Span> {
        self.measured("a duration such as `10s`", duration::parse)
    }

    /// The value as a duration; a bare number counts `default` units.
    pub fn duration_in(&self, default: &Unit) -> Option<Span> {
        self.measured("a number or a duration such as `10s`", |text| duration::parse_in(text, default))
    }

    /// The value as a size in bytes, such as `100MB`.
    pub fn size(&self) -> Option<i64> {
        self.measured("a size such as `100MB`", quantity::size)
    }

    /// The value as a percentage from 0 % to 100 %, such as `40%`.
    pub fn percent(&self) -> Option<Percent> {
        let value = self.measured("a percentage such as `40%`", quantity::percent)?;
        self.within(value.percent().value(), 0.0..=100.0).map(|_| value)
    }

    /// The value as one of `names`, and what that name stands for.
    pub fn one_of<T: Clone>(&self, names: &[(&str, T)]) -> Option<T> {
        let choices = || listed(names.iter().map(|(name, _)| *name));
        let text = match self.node.value {
            Value::Scalar(ref text, _) => text,
            _ => return self.wrong(&format!("one of {}", choices()), |problem| problem),
        };
        if let Some((_, meaning)) = names.iter().find(|(name, _)| *name == &**text) {
            return Some(meaning.clone());
        }
        let near = suggest(text, names.iter().map(|(name, _)| *name));
        let problem = self.error(format!("{} is unknown: `{}`", self.subject(), shown(text)));
        self.report(problem.did_you_mean(near).help(format!("expected one of {}", choices())));
        None
    }

    /// The value as a list, each element read by `read`; elements with mistakes are left out.
    pub fn list<T>(&self, mut read: impl FnMut(&Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        let Value::List(nodes) = &self.node.value else {
            return self.wrong("a list", |problem| {
                problem.help("write each element on a line of its own after `- `, or all within `[ ]`")
            });
        };
        let parent = self.parent();
        let elements = nodes.iter().enumerate();
        Some(elements.filter_map(|(index, node)| read(&parent.child(node, node.spot, Step::Index(index)))).collect())
    }

    /// As [`Item::list`], but a value that is not a list is taken as a list of that one.
    pub fn one_or_many<T>(&self, mut read: impl FnMut(&Item<'a>) -> Option<T>) -> Option<Vec<T>> {
        if self.is_list() { self.list(read) } else { read(self).map(|one| Vec::from([one])) }
    }

    /// The value as a map from any names, each entry read by `read`, in the order written; entries with mistakes are
    /// left out.
    pub fn map<T>(&self, mut read: impl FnMut(&Item<'a>) -> Option<T>) -> Option<Vec<(String, T)>> {
        let entries = self.entries("a map from names to values")?;
        let parent = self.parent();
        Some(entries.iter().filter_map(|entry| Some((entry.key.to_string(), read(&parent.entry(entry))?))).collect())
    }

    /// The value as a map with one entry, such as `restart_service: { … }`; that entry.
    pub fn single(&self, expected: &str) -> Option<Item<'a>> {
        match self.entries(expected)? {
            [entry] => Some(self.parent().entry(entry)),
            _ => self.wrong(expected, |problem| problem.help("a map with exactly one key is expected here")),
        }
    }

    /// The value as a map with the fields `known`; others are reported. `what` names the thing: "a check".
    pub fn fields(&self, what: &'a str, known: &'a [&'a str]) -> Option<Fields<'a>> {
        if let Value::Map(entries) = &self.node.value {
            return Some(Fields::open(self.parent(), what, entries, known));
        }
        // What is called by its key is named by the message already.
        let expected = if what == self.subject() { "a map" } else { what };
        self.not_a_map(expected, |problem| problem.help(format!("fields of {what}: {}", known.join(", "))))
    }

    fn parent(&self) -> Parent<'a> {
        Parent { way: Rc::new(self.way.clone()), item: self.clone() }
    }

    /// Whether problems are only counted by now.
    pub(super) fn is_full(&self) -> bool {
        self.problems.is_full()
    }

    /// The place where complaints about the value as a whole point.
    pub(super) fn whole(&self) -> Place {
        self.place(self.spot)
    }

    fn place(&self, spot: Spot) -> Place {
        Place::new(&self.document.file, spot)
    }

    fn entries(&self, expected: &str) -> Option<&'a [Entry]> {
        if let Value::Map(entries) = &self.node.value {
            return Some(entries);
        }
        self.not_a_map(expected, |problem| problem)
    }

    fn not_a_map<T>(&self, expected: &str, complete: impl FnOnce(Problem) -> Problem) -> Option<T> {
        self.wrong(expected, |problem| match &self.node.value {
            Value::Scalar(text, Style::Plain) if text.contains(':') => {
                complete(problem).help("write `key: value` with a space after the colon")
            }
            _ => complete(problem),
        })
    }

    fn scalar(&self, expected: &str) -> Option<(&'a str, Style)> {
        match &self.node.value {
            Value::Scalar(text, style) => Some((text, *style)),
            _ => self.wrong(expected, |problem| problem),
        }
    }

    /// A number that stands without quotes.
    fn numeral<T>(&self, expected: &str, parse: impl FnOnce(&str) -> Result<T, Mistake>) -> Option<T> {
        let (text, style) = self.scalar(expected)?;
        match parse(text) {
            Ok(_) if style != Style::Plain => self.wrong(expected, |problem| problem.label("remove the quotes")),
            Ok(value) => Some(value),
            Err(mistake) => self.mistaken(expected, text, &mistake),
        }
    }

    fn measured<T>(&self, expected: &str, parse: impl FnOnce(&str) -> Result<T, Mistake>) -> Option<T> {
        let (text, _) = self.scalar(expected)?;
        parse(text).map_or_else(|mistake| self.mistaken(expected, text, &mistake), Some)
    }

    fn mistaken<T>(&self, expected: &str, text: &str, mistake: &Mistake) -> Option<T> {
        let problem =
            self.error(format!("{} expects {expected}, but `{}` {}", self.subject(), shown(text), mistake.reason));
        self.report(problem.did_you_mean(mistake.suggestion.as_deref()));
        None
    }

    fn within<T: PartialOrd + core::fmt::Display>(&self, value: T, range: RangeInclusive<T>) -> Option<T> {
        if range.contains(&value) {
            return Some(value);
        }
        let (low, high) = range.into_inner();
        self.report(self.error(format!("{} must be from {low} to {high}, found `{value}`", self.subject())));
        None
    }

    /// Records that the value is not what was expected; nothing if it was refused when the document was loaded.
    fn wrong<T>(&self, expected: &str, complete: impl FnOnce(Problem) -> Problem) -> Option<T> {
        let found = match &self.node.value {
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
            Value::Null => "nothing".into(),
            Value::Refused => return None,
            Value::Scalar(text, Style::Plain) => format!("`{}`", shown(text)),
            Value::Scalar(text, _) => format!("the text `{}`", shown(text)),
        };
        let spot = if self.is_null() { self.spot } else { self.node.spot };
        let message = format!("{} expects {expected}, found {found}", self.subject());
        self.report(complete(Problem::error(self.place(spot), message).path(self.path())));
        None
    }

    /// How the value is called in a message: by its key, or by its index in the list under that key.
    fn subject(&self) -> String {
        self.way.subject()
    }
}

impl<'a> Parent<'a> {
    /// The value of an entry of the map.
    pub(super) fn entry(&self, entry: &'a Entry) -> Item<'a> {
        self.child(&entry.value, entry.key_spot, Step::Key(&entry.key))
    }

    fn child(&self, node: &'a Node, spot: Spot, step: Step<'a>) -> Item<'a> {
        let Item { document, problems, .. } = self.item;
        Item { document, problems, node, spot, way: Way { above: Some(self.way.clone()), step } }
    }
}

impl Way<'_> {
    fn write(&self, path: &mut String) {
        if let Some(above) = &self.above {
            above.write(path);
        }
        match self.step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&shown(key));
            }
            Step::Root => {}
        }
    }

    fn subject(&self) -> String {
        match (self.step, &self.above) {
            (Step::Key(key), _) => format!("`{}`", shown(key)),
            (Step::Index(index), Some(above)) => format!("element {index} of {}", above.subject()),
            (Step::Index(_) | Step::Root, _) => "the document".into(),
        }
    }
}
