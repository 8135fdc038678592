//! JSON, with the place of every value. Structure is walked here; `serde_json` reads the strings and checks the numbers.

use super::builder::Builder;
use super::text::count;
use super::{Stop, Style};
use crate::policy::problem::Spot;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::IgnoredAny;

/// Feeds the document to `builder`.
pub(super) fn read(builder: &mut Builder<'_>, text: &str) -> Result<(), Stop> {
    let mut cursor = Cursor { rest: text, line: 1, column: 1 };
    let mut closers: Vec<char> = Vec::new();
    cursor.skip_blanks();
    if cursor.rest.is_empty() {
        return Ok(());
    }
    loop {
        let opened = value(builder, &mut cursor, &mut closers)?;
        cursor.skip_blanks();
        if opened && closers.last().is_some_and(|closer| cursor.take(*closer)) {
            closers.pop();
            builder.close()?;
        } else if opened {
            key(builder, &mut cursor, &closers)?;
            continue;
        }
        if !after_value(builder, &mut cursor, &mut closers)? {
            return Ok(());
        }
        key(builder, &mut cursor, &closers)?;
    }
}

/// Reads a value; for a list or map only its start, and then returns true.
fn value(builder: &mut Builder<'_>, cursor: &mut Cursor<'_>, closers: &mut Vec<char>) -> Result<bool, Stop> {
    cursor.skip_blanks();
    let spot = cursor.spot(1);
    match cursor.rest.chars().next() {
        Some('[') => {
            builder.open_list(spot)?;
            closers.push(']');
        }
        Some('{') => {
            builder.open_map(spot)?;
            closers.push('}');
        }
        Some('"') => {
            string(builder, cursor)?;
            return Ok(false);
        }
        _ => {
            word(builder, cursor)?;
            return Ok(false);
        }
    }
    cursor.advance(1);
    Ok(true)
}

/// Reads the key of the next entry, if a map is open.
fn key(builder: &mut Builder<'_>, cursor: &mut Cursor<'_>, closers: &[char]) -> Result<(), Stop> {
    if closers.last() != Some(&'}') {
        return Ok(());
    }
    cursor.skip_blanks();
    if !cursor.rest.starts_with('"') {
        return Err(expected(builder, cursor, "a key in double quotes"));
    }
    string(builder, cursor)?;
    cursor.skip_blanks();
    if cursor.take(':') { Ok(()) } else { Err(expected(builder, cursor, "`:` after the key")) }
}

/// Reads what follows a value: ends of lists and maps, then a comma or the end of the document. True if more comes.
fn after_value(builder: &mut Builder<'_>, cursor: &mut Cursor<'_>, closers: &mut Vec<char>) -> Result<bool, Stop> {
    loop {
        cursor.skip_blanks();
        let Some(closer) = closers.last().copied() else {
            return if cursor.rest.is_empty() {
                Ok(false)
            } else {
                Err(expected(builder, cursor, "the end of the document"))
            };
        };
        if cursor.take(',') {
            return Ok(true);
        }
        if !cursor.take(closer) {
            return Err(expected(builder, cursor, &format!("`,` or `{closer}`")));
        }
        closers.pop();
        builder.close()?;
    }
}

fn string(builder: &mut Builder<'_>, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    let mut escaped = false;
    let end = cursor.rest.bytes().enumerate().skip(1).find_map(|(at, b)| match b {
        _ if escaped => {
            escaped = false;
            None
        }
        b'\\' => {
            escaped = true;
            None
        }
        b'"' | b'\n' => Some(at + 1),
        _ => None,
    });
    let literal = end.and_then(|end| cursor.rest.get(..end)).unwrap_or(cursor.rest);
    let spot = cursor.spot(literal.trim_end_matches(['\n', '\r']).chars().count());
    match serde_json::from_str::<String>(literal) {
        Ok(text) => {
            cursor.advance(literal.len());
            builder.scalar(text.into_boxed_str(), Style::Quoted, spot)
        }
        Err(_) if !literal.ends_with('"') || literal.len() < 2 => {
            Err(Box::new(builder.error(spot, "not valid JSON: a quote is opened here and not closed on this line")))
        }
        Err(_) => Err(Box::new(
            builder.error(spot, "not valid JSON: the text has an unknown escape or a bare control character"),
        )),
    }
}

/// Reads a number, `true`, `false` or `null`.
fn word(builder: &mut Builder<'_>, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    let end = cursor
        .rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
        .unwrap_or(cursor.rest.len());
    let literal = cursor.rest.get(..end).unwrap_or("");
    if literal.is_empty() || serde_json::from_str::<IgnoredAny>(literal).is_err() {
        return Err(expected(
            builder,
            cursor,
            "a value: text in double quotes, a number, `true`, `false`, `null`, `[` or `{`",
        ));
    }
    let spot = cursor.spot(literal.len());
    cursor.advance(literal.len());
    builder.scalar(Box::from(literal), Style::Plain, spot)
}

fn expected(builder: &Builder<'_>, cursor: &Cursor<'_>, what: &str) -> Stop {
    let found = if cursor.rest.is_empty() { ", found the end of the document" } else { "" };
    Box::new(builder.error(cursor.spot(1), format!("not valid JSON: expected {what}{found}")))
}

/// A place in the text.
struct Cursor<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
}

impl Cursor<'_> {
    fn spot(&self, length: usize) -> Spot {
        Spot { line: count(self.line), column: count(self.column), length: count(length) }
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.advance(blanks);
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.rest.starts_with(c);
        if found {
            self.advance(c.len_utf8());
        }
        found
    }

    /// Moves on by `bytes`, which end at a character.
    fn advance(&mut self, bytes: usize) {
        let Some((passed, rest)) = self.rest.split_at_checked(bytes) else { return };
        for c in passed.chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
    }
}
