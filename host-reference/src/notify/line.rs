use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Columns with colour, for a terminal.
    Coloured,
    /// One JSON object a line.
    Json,
    /// Columns, for a file or pipe.
    Plain,
}

impl Format {
    /// What fits standard output: JSON if asked for, colour on a terminal unless `NO_COLOR` is set, else plain.
    #[must_use]
    pub fn for_stdout(json: bool) -> Self {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        match (json, colour) {
            (true, _) => Self::Json,
            (false, true) => Self::Coloured,
            (false, false) => Self::Plain,
        }
    }
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something is broken or refused.
    Bad,
    /// Something is well again.
    Good,
    /// Something goes its way.
    Neutral,
    /// Something may become bad.
    Warning,
}

/// One line: `12:04:10  web-2      suspect    http 503 (1 of 3)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What it is about: `web-2`, `incident 7`.
    pub subject: String,
    /// The one word: `suspect`, `opened`.
    pub word: String,
    /// The rest.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Line {
    /// The line without its end. Control characters are replaced: no text from outside moves the cursor.
    #[must_use]
    pub fn render(&self, format: Format, utc_offset_s: i32) -> String {
        let (subject, word, text) = (clean(&self.subject), clean(&self.word), clean(&self.text));
        let time = time_of_day(self.at_ms, utc_offset_s);
        match format {
            Format::Json => serde_json::json!({
                "at_ms": self.at_ms, "subject": subject, "word": word, "text": text, "tone": self.tone.name(),
            })
            .to_string(),
            Format::Plain => format!("{time}  {subject:<10} {word:<10} {text}").trim_end().to_owned(),
            Format::Coloured => {
                let (on, dim, off) = (self.tone.colour(), "\x1b[2m", "\x1b[0m");
                format!("{dim}{time}{off}  {subject:<10} {on}{word:<10}{off} {text}").trim_end().to_owned()
            }
        }
    }
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Good => "good",
            Self::Neutral => "neutral",
            Self::Warning => "warning",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Bad => "\x1b[1;31m",
            Self::Good => "\x1b[1;32m",
            Self::Neutral => "\x1b[1m",
            Self::Warning => "\x1b[33m",
        }
    }
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn time_of_day(at_ms: i64, utc_offset_s: i32) -> String {
    let seconds = at_ms.div_euclid(1_000).saturating_add(i64::from(utc_offset_s)).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The channel that every policy has.
pub struct LogChannel {
    format: Format,
    utc_offset_s: i32,
    out: Mutex<Box<dyn Write + Send>>,
}

impl LogChannel {
    /// Writes to `out`; times are shown `utc_offset_s` seconds ahead of UTC.
    #[must_use]
    pub fn new(format: Format, utc_offset_s: i32, out: Box<dyn Write + Send>) -> Self {
        Self { format, utc_offset_s, out: Mutex::new(out) }
    }

    /// Writes one line, whole and at once.
    ///
    /// # Errors
    /// The writer's; the delivery has failed then.
    pub fn say(&self, line: &Line) -> io::Result<()> {
        let text = line.render(self.format, self.utc_offset_s) + "\n";
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let (subject, word) = ("web-2".to_owned(), "suspect".to_owned());
        Line { at_ms: 43_450_999, subject, word, text: text.to_owned(), tone: Tone::Warning }
    }

    #[test]
    fn a_line_is_columns_colour_or_json() {
        let line = line("http 503 (1 of 3) · checking every 5 s");
        let plain = line.render(Format::Plain, 0);
        assert_eq!(plain, "12:04:10  web-2      suspect    http 503 (1 of 3) · checking every 5 s");
        let coloured = line.render(Format::Coloured, 0);
        assert!(coloured.contains("\x1b[33msuspect   \x1b[0m http"), "{coloured:?}");
        let json: serde_json::Value = serde_json::from_str(&line.render(Format::Json, 0)).expect("json");
        assert_eq!((json["at_ms"].as_i64(), json["tone"].as_str()), (Some(43_450_999), Some("warning")));
    }

    #[test]
    fn the_time_is_the_readers() {
        assert!(line("").render(Format::Plain, 7_200).starts_with("14:04:10"));
        assert!(line("").render(Format::Plain, -46_800).starts_with("23:04:10"));
    }

    #[test]
    fn no_text_from_outside_moves_the_cursor_or_makes_a_line() {
        let plain = line("a\x1b[2J\nb\r\u{9b}c").render(Format::Plain, 0);
        assert!(!plain.chars().any(char::is_control), "{plain:?}");
    }
}
