//! YAML, read event by event. What YAML can do beyond plain data is refused here.

use super::builder::Builder;
use super::text::count;
use super::{Stop, Style};
use crate::policy::problem::{Problem, Spot, shown};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

/// Feeds the document to `builder`.
pub(super) fn read(builder: &mut Builder<'_>, text: &str) -> Result<(), Stop> {
    let mut parser = Parser::new_from_str(text);
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(builder, text, &error))?;
        let spot = spot(&span);
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    let problem = builder.error(spot, "a second document begins here, expected only one");
                    return Err(Box::new(problem.help("put each document in a file of its own")));
                }
            }
            Event::Alias(_) => {
                let problem = builder.error(spot, format!("aliases such as `{}` are not allowed", source(text, spot)));
                builder
                    .report(problem.help("write the value out; if it is text that begins with `*`, put it in quotes"));
                builder.refused(spot)?;
            }
            Event::Scalar(value, style, anchor, tag) => {
                if refuses(builder, text, spot, anchor, tag.as_deref()) {
                    builder.refused(spot)?;
                } else {
                    builder.scalar(value.into_owned().into_boxed_str(), style_of(style), spot)?;
                }
            }
            Event::SequenceStart(anchor, tag) => {
                refuses(builder, text, spot, anchor, tag.as_deref());
                builder.open_list(Spot { length: 1, ..spot })?;
            }
            Event::MappingStart(anchor, tag) => {
                refuses(builder, text, spot, anchor, tag.as_deref());
                builder.open_map(Spot { length: 1, ..spot })?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
            Event::DocumentEnd | Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
    }
    Ok(())
}

/// Reports an anchor or a tag on a value. A tag is a trap: `!frozen AND x` would silently become `AND x`.
fn refuses(builder: &Builder<'_>, text: &str, spot: Spot, anchor: usize, tag: Option<&Tag>) -> bool {
    let written = || source(text, Spot { length: 0, ..spot });
    let first = |text: String| text.split([' ', ',', '}', ']']).next().map(String::from).unwrap_or_default();
    if tag.is_some() {
        let problem = builder.error(spot, format!("tags such as `{}` are not allowed", first(written())));
        let problem = problem.label("put the whole value in quotes");
        builder.report(problem.help("YAML takes a word after `!` for a type and drops it from the value"));
    }
    if anchor > 0 {
        let problem = builder.error(spot, format!("anchors such as `{}` are not allowed", first(written())));
        builder.report(
            problem.help("write the value out where it is used; if it is text that begins with `&`, put it in quotes"),
        );
    }
    tag.is_some() || anchor > 0
}

/// A text that is not YAML, with advice for the mistakes people make most.
fn syntax(builder: &Builder<'_>, text: &str, error: &ScanError) -> Stop {
    let marker = error.marker();
    let spot = Spot { line: count(marker.line()), column: count(marker.col() + 1), length: 1 };
    let info = error.info();
    if info.contains("recursion limit") {
        return builder.too_deep(spot);
    }
    let rest = source(text, Spot { length: 0, ..spot });
    let mut info = info.strip_prefix("while ").map_or_else(|| String::from(info), |info| format!("while {info}"));
    info = info.trim_end_matches('.').replace('`', "'");
    let problem = builder.error(spot, format!("not valid YAML: {info}"));
    Box::new(advise(problem, &info, &rest))
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
    if info.contains("quoted scalar") {
        return problem.help("a quote was opened here and not closed");
    }
    problem.help("check indentation, brackets and quotes on this line and the one before")
}

/// What is written at `spot`, fit to be shown.
fn source(text: &str, spot: Spot) -> String {
    let line = usize::try_from(spot.line.saturating_sub(1)).ok().and_then(|at| text.lines().nth(at)).unwrap_or("");
    let start = usize::try_from(spot.column.saturating_sub(1)).unwrap_or(usize::MAX);
    let length = if spot.length == 0 { usize::MAX } else { usize::try_from(spot.length).unwrap_or(usize::MAX) };
    shown(&line.chars().skip(start).take(length.min(64)).collect::<String>())
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
