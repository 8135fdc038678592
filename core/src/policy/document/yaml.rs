//! YAML, read event by event. What YAML can do beyond plain data is refused here.

use super::builder::Builder;
use super::text::count;
use super::{Limits, Stop, Style};
use crate::policy::problem::{Problem, Spot, shown};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::cell::Cell;
use core::str::Chars;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

/// Feeds the document to `builder`.
pub(super) fn read(builder: &mut Builder<'_>, text: &str, limits: &Limits) -> Result<(), Stop> {
    let allowance = Cell::new(limits.stretch);
    let cut = Cell::new(false);
    let mut parser = Parser::new_from_iter(Supply { chars: text.chars(), allowance: &allowance, cut: &cut });
    let mut source = Source { text, rest: text, index: 0 };
    let mut documents = 0;
    let mut last = Spot::default();
    while let Some(event) = parser.next_event() {
        if cut.get() {
            let message = format!("the value that follows is longer than {} characters", limits.stretch);
            let help = "write long lists and maps over many lines, without brackets; large JSON is read from a `.json` document";
            return Err(Box::new(builder.error(last, message).help(help)));
        }
        let (event, span) = event.map_err(|error| syntax(builder, &mut source, &error))?;
        allowance.set(limits.stretch);
        last = spot(&span);
        documents += usize::from(matches!(event, Event::DocumentStart(_)));
        if documents > 1 {
            let problem = builder.error(last, "a second document begins here, expected only one");
            return Err(Box::new(problem.help("put each document in a file of its own")));
        }
        take(builder, &mut source, event, &span)?;
    }
    Ok(())
}

fn take(builder: &mut Builder<'_>, source: &mut Source<'_>, event: Event<'_>, span: &Span) -> Result<(), Stop> {
    let spot = spot(span);
    let mut word = || source.word(span.start.index());
    match event {
        Event::Alias(_) => {
            let problem = builder.error(spot, format!("aliases such as `{}` are not allowed", word()));
            builder
                .report(problem.help("write the value out; if it is text that begins with `*`, put it in quotes"))?;
            builder.refused(spot)
        }
        Event::Scalar(value, style, anchor, tag) => {
            if refuses(builder, spot, anchor, tag.as_deref(), word)? {
                return builder.refused(spot);
            }
            builder.scalar(value.into_owned().into_boxed_str(), style_of(style), spot)
        }
        Event::SequenceStart(anchor, tag) => {
            refuses(builder, spot, anchor, tag.as_deref(), word)?;
            builder.open_list(Spot { length: 1, ..spot })
        }
        Event::MappingStart(anchor, tag) => {
            refuses(builder, spot, anchor, tag.as_deref(), word)?;
            builder.open_map(Spot { length: 1, ..spot })
        }
        Event::SequenceEnd | Event::MappingEnd => builder.close(),
        Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
    }
}

/// The characters of the text, until more of them than allowed were taken since the last event.
struct Supply<'s> {
    chars: Chars<'s>,
    allowance: &'s Cell<usize>,
    cut: &'s Cell<bool>,
}

impl Iterator for Supply<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        let Some(left) = self.allowance.get().checked_sub(1) else {
            self.cut.set(true);
            return None;
        };
        self.allowance.set(left);
        Some(next)
    }
}

/// Reports an anchor or a tag on a value. A tag is a trap: `!frozen AND x` would silently become `AND x`.
fn refuses(
    builder: &Builder<'_>,
    spot: Spot,
    anchor: usize,
    tag: Option<&Tag>,
    mut word: impl FnMut() -> String,
) -> Result<bool, Stop> {
    if tag.is_some() {
        let problem = builder.error(spot, format!("tags such as `{}` are not allowed", word()));
        let problem = problem.label("put the whole value in quotes");
        builder.report(problem.help("YAML takes a word after `!` for a type and drops it from the value"))?;
    }
    if anchor > 0 {
        let problem = builder.error(spot, format!("anchors such as `{}` are not allowed", word()));
        let help = "write the value out where it is used; if it is text that begins with `&`, put it in quotes";
        builder.report(problem.help(help))?;
    }
    Ok(tag.is_some() || anchor > 0)
}

/// A text that is not YAML, with advice for the mistakes people make most.
fn syntax(builder: &Builder<'_>, source: &mut Source<'_>, error: &ScanError) -> Stop {
    let marker = error.marker();
    let spot = Spot { line: count(marker.line()), column: count(marker.col() + 1), length: 1 };
    let info = error.info();
    if info.contains("recursion limit") {
        return builder.too_deep(spot);
    }
    let mut info = info.strip_prefix("while ").map_or_else(|| String::from(info), |info| format!("while {info}"));
    info = info.trim_end_matches('.').replace('`', "'");
    let problem = builder.error(spot, format!("not valid YAML: {info}"));
    Box::new(advise(problem, &info, source.at(marker.index())))
}

fn advise(problem: Problem, info: &str, rest: &str) -> Problem {
    if info.contains("tab") {
        return problem.help("indent with spaces");
    }
    if info.contains("mapping values are not allowed") {
        return problem
            .help("put a value that contains `: ` in quotes, and give the lines of one map the same indentation");
    }
    if rest.starts_with(['@', '`', '%', '>', '|', '&', '*', '!']) {
        return problem.help("put a value that begins with such a character in quotes");
    }
    if info.contains("flow") && rest.starts_with('{') {
        return problem.help("within `[ ]` and `{ }` a text with `${…}` stands in quotes");
    }
    if info.contains("quoted scalar") {
        return problem.help("a quote was opened here and not closed");
    }
    problem.help("check indentation, brackets and quotes on this line and the one before")
}

/// The text, looked up by character. Places come in the order of the text, so that all look-ups together pass it once.
struct Source<'t> {
    text: &'t str,
    rest: &'t str,
    index: usize,
}

impl<'t> Source<'t> {
    /// What begins at the character `index`.
    fn at(&mut self, index: usize) -> &'t str {
        if index < self.index {
            (self.rest, self.index) = (self.text, 0);
        }
        let passed: usize = self.rest.chars().take(index - self.index).map(char::len_utf8).sum();
        (self.rest, self.index) = (self.rest.get(passed..).unwrap_or(""), index);
        self.rest
    }

    /// The word that begins at the character `index`, fit to be shown.
    fn word(&mut self, index: usize) -> String {
        shown(self.at(index).split([' ', ',', '}', ']', '\n', '\r']).next().unwrap_or(""))
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted => Style::Quoted,
        ScalarStyle::Folded => Style::Folded,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Plain => Style::Plain,
    }
}

fn spot(span: &Span) -> Spot {
    let same_line = span.start.line() == span.end.line();
    Spot {
        line: count(span.start.line()),
        column: count(span.start.col() + 1),
        length: if same_line { count(span.len().max(1)) } else { 0 },
    }
}
