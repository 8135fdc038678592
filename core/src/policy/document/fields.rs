//! A map with known fields, read field by field.

use super::item::{Item, Parent};
use super::{Entry, Value};
use crate::policy::duration::{DAY, HOUR, MILLISECOND, MINUTE, SECOND, Unit};
use crate::policy::problem::{Problem, habit, listed, shown, suggest};
use crate::primitives::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The fields of one thing. A field that is absent or without a value reads as `None`; a field with a mistake reads as
/// `None` too, after the mistake is recorded.
pub struct Fields<'a> {
    parent: Parent<'a>,
    what: &'a str,
    entries: &'a [Entry],
    known: &'a [&'a str],
}

/// Endings that give a field of bare numbers its unit: `interval_seconds: 60`.
const UNIT_ENDINGS: [(&str, &Unit); 5] =
    [("_seconds", &SECOND), ("_ms", &MILLISECOND), ("_minutes", &MINUTE), ("_hours", &HOUR), ("_days", &DAY)];

impl<'a> Fields<'a> {
    pub(super) fn open(parent: Parent<'a>, what: &'a str, entries: &'a [Entry], known: &'a [&'a str]) -> Fields<'a> {
        let fields = Fields { parent, what, entries, known };
        let mut unknown = entries.iter().filter(|entry| !known.contains(&&*entry.key)).peekable();
        if unknown.peek().is_some() {
            let free: Vec<&str> = known.iter().copied().filter(|name| fields.present(name).is_none()).collect();
            unknown.for_each(|entry| fields.report_unknown(entry, &free));
        }
        fields
    }

    /// The thing whose fields these are.
    pub fn item(&self) -> &Item<'a> {
        &self.parent.item
    }

    /// Whether the field is there with a value.
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// An optional field.
    pub fn get<T>(&self, name: &str, read: impl FnOnce(&Item<'a>) -> Option<T>) -> Option<T> {
        self.entry(name).and_then(|entry| read(&self.parent.entry(entry)))
    }

    /// A required field: its absence is a problem.
    pub fn need<T>(&self, name: &str, read: impl FnOnce(&Item<'a>) -> Option<T>) -> Option<T> {
        if !self.has(name) {
            self.report_missing(name);
        }
        self.get(name, read)
    }

    /// An optional field with a default.
    pub fn or<T>(&self, name: &str, default: T, read: impl FnOnce(&Item<'a>) -> Option<T>) -> T {
        self.get(name, read).unwrap_or(default)
    }

    /// An optional field that is a list, each element read by `read`; empty when absent.
    pub fn list<T>(&self, name: &str, read: impl FnMut(&Item<'a>) -> Option<T>) -> Vec<T> {
        self.get(name, |item| item.list(read)).unwrap_or_default()
    }

    /// As [`Fields::list`], but a single value is taken as a list of one.
    pub fn one_or_many<T>(&self, name: &str, read: impl FnMut(&Item<'a>) -> Option<T>) -> Vec<T> {
        self.get(name, |item| item.one_or_many(read)).unwrap_or_default()
    }

    /// An optional field that is a map from any names, in the order written; empty when absent.
    pub fn map<T>(&self, name: &str, read: impl FnMut(&Item<'a>) -> Option<T>) -> Vec<(String, T)> {
        self.get(name, |item| item.map(read)).unwrap_or_default()
    }

    /// An optional duration, under `name` with its unit, or under `name_seconds`, `name_ms`, `name_minutes`,
    /// `name_hours` or `name_days`, as far as these are known fields, with or without. Two of them are a problem.
    pub fn duration(&self, name: &str) -> Option<Span> {
        let mut found: Option<(&Entry, Option<Span>)> = None;
        for entry in self.entries.iter().filter(|entry| entry.value.value != Value::Null) {
            let Some(ending) = entry.key.strip_prefix(name) else { continue };
            let unit = UNIT_ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, unit)| *unit);
            if !(ending.is_empty() || unit.is_some() && self.known.contains(&&*entry.key)) {
                continue;
            }
            let item = self.parent.entry(entry);
            if let Some((first, _)) = found {
                let problem =
                    item.key_error(format!("`{}` says the same as `{}`", shown(&entry.key), shown(&first.key)));
                item.report(problem.help("keep one of the two"));
                continue;
            }
            found = Some((entry, unit.map_or_else(|| item.duration(), |unit| item.duration_in(unit))));
        }
        found.and_then(|(_, span)| span)
    }

    /// As [`Fields::duration`], but its absence is a problem.
    pub fn need_duration(&self, name: &str) -> Option<Span> {
        let there = self.present(name).is_some()
            || UNIT_ENDINGS.iter().any(|(ending, _)| self.present(&format!("{name}{ending}")).is_some());
        if !there {
            self.report_missing(name);
        }
        self.duration(name)
    }

    /// Records a problem when not exactly one of `names` is there; otherwise that name.
    pub fn exactly_one<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        let mut present = names.iter().copied().filter(|name| self.has(name));
        match (present.next(), present.next()) {
            (Some(one), None) => return Some(one),
            (None, _) => {
                let message = format!("{} needs one of {}", self.what, listed(names.iter().copied()));
                self.item().report(Problem::error(self.item().whole(), message).path(self.item().path()));
            }
            (Some(first), Some(second)) => {
                let message = format!("{} has both `{first}` and `{second}`, expected one", self.what);
                self.item().report(Problem::error(self.item().whole(), message).path(self.item().path()));
            }
        }
        None
    }

    fn entry(&self, name: &str) -> Option<&'a Entry> {
        debug_assert!(self.known.contains(&name), "`{name}` is read but not a known field of {}", self.what);
        self.present(name)
    }

    fn present(&self, name: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| &*entry.key == name).filter(|entry| entry.value.value != Value::Null)
    }

    fn report_missing(&self, name: &str) {
        let valueless = self.entries.iter().find(|entry| &*entry.key == name);
        let (place, message) = match valueless {
            Some(entry) => (self.parent.entry(entry).whole(), format!("`{name}` has no value")),
            None => (self.item().whole(), format!("{} lacks the field `{name}`", self.what)),
        };
        let mut path = self.item().path();
        path.push_str(if path.is_empty() { "" } else { "." });
        path.push_str(name);
        self.item().report(Problem::error(place, message).path(path));
    }

    /// Reports a field that is not known; `free` are the known ones that are not there, one of which may be meant.
    fn report_unknown(&self, entry: &'a Entry, free: &[&str]) {
        let item = self.parent.entry(entry);
        let problem = item.key_error(format!("unknown field `{}` in {}", shown(&entry.key), self.what));
        if item.is_full() {
            return item.report(problem);
        }
        let near = habit(&entry.key, free).or_else(|| suggest(&entry.key, free.iter().copied()));
        let fields = format!("fields of {}: {}", self.what, self.known.join(", "));
        item.report(problem.did_you_mean(near).help(fields));
    }
}
