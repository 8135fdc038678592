//! From text to words: numbers with units, names, quoted text and signs.

use super::ast::Path;
use super::error::{At, ConditionError, did_you_mean};
use super::unit::{Dimension, Unit};
use crate::primitives::finite::Finite;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One word of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(Path),
    Number(Finite, Unit),
    /// An operator, a bracket, or a keyword in its canonical spelling.
    Sign(&'static str),
    Text(String),
}

/// Signs by spelling, longest first, with what each stands for.
const SIGNS: [(&str, &str); 18] = [
    ("<=", "<="),
    (">=", ">="),
    ("==", "=="),
    ("!=", "!="),
    ("&&", "AND"),
    ("||", "OR"),
    ("<", "<"),
    (">", ">"),
    ("!", "NOT"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
];

const KEYWORDS: [(&str, &str); 12] = [
    ("AND", "AND"),
    ("and", "AND"),
    ("OR", "OR"),
    ("or", "OR"),
    ("NOT", "NOT"),
    ("not", "NOT"),
    ("true", "true"),
    ("false", "false"),
    ("for", "for"),
    ("in", "in"),
    ("at_least", "at_least"),
    ("at_most", "at_most"),
];

/// Whether a part of a name can be written without backticks.
pub(super) fn is_plain_name(word: &str) -> bool {
    word.starts_with(starts_name) && word.chars().all(continues_name) && keyword(word).is_none()
}

/// The words of a text; every mistake among them is added to `errors`.
pub(super) fn tokens(text: &str, errors: &mut Vec<ConditionError>) -> Vec<(Token, At)> {
    let mut lexer = Lexer { text, offset: 0, errors };
    let mut found = Vec::new();
    loop {
        lexer.take(char::is_whitespace);
        let start = lexer.offset;
        let Some(first) = lexer.rest().chars().next() else { return found };
        let token = match first {
            '0'..='9' => Some(lexer.number()),
            '.' if lexer.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => Some(lexer.number()),
            '"' | '\'' => Some(lexer.text(first)),
            '`' => Some(lexer.name()),
            c if starts_name(c) => Some(lexer.name()),
            c => lexer.sign(c),
        };
        found.extend(token.map(|token| (token, At::new(start, lexer.offset))));
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|(spelling, _)| *spelling == word).map(|(_, meaning)| meaning)
}

struct Lexer<'a, 'e> {
    text: &'a str,
    offset: usize,
    errors: &'e mut Vec<ConditionError>,
}

impl<'a> Lexer<'a, '_> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or("")
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.offset += end;
        rest.get(..end).unwrap_or("")
    }

    fn accept(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.offset += if found { prefix.len() } else { 0 };
        found
    }

    fn error(&mut self, start: usize, message: String, expected: &str, suggestion: Option<String>) {
        let at = At::new(start, self.offset);
        self.errors.push(ConditionError::new(at, message, expected).suggest(suggestion));
    }

    fn sign(&mut self, first: char) -> Option<Token> {
        let start = self.offset;
        if let Some((spelling, meaning)) = SIGNS.into_iter().find(|(spelling, _)| self.rest().starts_with(spelling)) {
            self.offset += spelling.len();
            return Some(Token::Sign(meaning));
        }
        self.offset += first.len_utf8();
        let (meant, instead) = match first {
            '=' => (Some(Token::Sign("==")), "`==`"),
            '&' => (Some(Token::Sign("AND")), "`AND`"),
            '|' => (Some(Token::Sign("OR")), "`OR`"),
            _ => (None, ""),
        };
        let suggestion = meant.is_some().then(|| format!("did you mean {instead}?"));
        let message = format!("`{}` is no part of a condition", first.escape_debug());
        self.error(start, message, "a name, a number, a quoted text or an operator", suggestion);
        meant
    }

    fn text(&mut self, quote: char) -> Token {
        let start = self.offset;
        self.offset += 1;
        let mut text = String::new();
        let mut escaped = false;
        for c in self.rest().chars() {
            self.offset += c.len_utf8();
            match c {
                _ if escaped => {
                    text.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if c == quote => return Token::Text(text),
                _ => text.push(c),
            }
        }
        self.error(start, "the quoted text has no end".into(), "a closing quote", None);
        Token::Text(text)
    }

    fn name(&mut self) -> Token {
        let mut segments: Vec<String> = Vec::new();
        let mut quoted = false;
        loop {
            quoted |= self.rest().starts_with('`');
            segments.push(self.segment());
            let mut ahead = self.rest().chars();
            let dotted = ahead.next() == Some('.') && ahead.next().is_some_and(|c| starts_name(c) || c == '`');
            if !dotted {
                break;
            }
            self.offset += 1;
        }
        let name = segments.pop().unwrap_or_default();
        if segments.is_empty() {
            match keyword(&name) {
                Some(meaning) if !quoted => return Token::Sign(meaning),
                _ => return Token::Name(Path { component: None, name }),
            }
        }
        Token::Name(Path { component: Some(segments.join(".")), name })
    }

    fn segment(&mut self) -> String {
        let start = self.offset;
        if !self.accept("`") {
            return self.take(continues_name).into();
        }
        let word = self.take(|c| c != '`');
        if !self.accept("`") {
            self.error(start, "the quoted name has no end".into(), "a closing backtick", None);
        } else if word.is_empty() || word.chars().any(char::is_control) {
            self.error(start, "this is no name".into(), "one or more printable characters between the backticks", None);
        }
        word.into()
    }

    /// A number and its unit; durations may be put together, as in `1h30m`.
    fn number(&mut self) -> Token {
        let start = self.offset;
        let (mut value, mut unit) = self.amount(start);
        while unit.dimension() == Dimension::Duration && self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            let (more, smaller) = self.amount(start);
            match sum_of_durations((value, unit), (more, smaller)) {
                Some(sum) => (value, unit) = (sum, smaller),
                None => {
                    let message = format!("`{}` is no duration", self.text.get(start..self.offset).unwrap_or(""));
                    self.error(start, message, "units from large to small, as in `1h30m`", None);
                }
            }
        }
        Token::Number(value, unit)
    }

    fn amount(&mut self, start: usize) -> (Finite, Unit) {
        let value = self.digits(start);
        let unit = self.unit(start);
        (value, unit)
    }

    fn digits(&mut self, start: usize) -> Finite {
        let from = self.offset;
        self.take(|c| c.is_ascii_digit() || c == '_');
        let digit_at = |text: &str, n: usize| text.chars().nth(n).is_some_and(|c| c.is_ascii_digit());
        if self.rest().starts_with('.') && digit_at(self.rest(), 1) {
            self.offset += 1;
            self.take(|c| c.is_ascii_digit());
        }
        if self.rest().starts_with(['e', 'E']) {
            let signed = self.rest().chars().nth(1).is_some_and(|c| matches!(c, '+' | '-'));
            if digit_at(self.rest(), if signed { 2 } else { 1 }) {
                self.offset += if signed { 2 } else { 1 };
                self.take(|c| c.is_ascii_digit());
            }
        }
        let written: String = self.text.get(from..self.offset).unwrap_or("").chars().filter(|c| *c != '_').collect();
        written.parse().ok().and_then(Finite::new).unwrap_or_else(|| {
            self.error(start, "the number is too large".into(), "a number below 1.8e308", None);
            Finite::ZERO
        })
    }

    fn unit(&mut self, start: usize) -> Unit {
        let from = self.offset;
        if !self.accept("%") {
            self.take(|c| c.is_ascii_alphabetic());
        }
        let word_end = self.offset;
        if self.accept("/") {
            let per = self.take(continues_name);
            let ends = !per.is_empty() && !self.rest().starts_with(['(', '.', '`']);
            match Unit::named(self.text.get(from..self.offset).unwrap_or("")) {
                Some(unit) if ends => return unit,
                _ => self.offset = word_end,
            }
        }
        let word = self.text.get(from..word_end).unwrap_or("");
        let Some(unit) = Unit::named(word).filter(|unit| !unit.symbol().is_empty()) else {
            if !word.is_empty() {
                let message = format!("unknown unit `{word}`");
                let expected = "`%`, `ms`, `s`, `m`, `h`, `d`, `w`, `B`, `KB`, `MB`, `GB`, `KiB`, `/s`, `MB/s` or `x`";
                let suggestion = match word {
                    "M" => Some("did you mean `m` (minutes) or `MB`?".into()),
                    _ => Unit::near(word),
                };
                self.error(start, message, expected, suggestion);
            }
            return Unit::None;
        };
        unit
    }
}

/// Two durations, the second of a smaller unit, as a number of the second's unit.
fn sum_of_durations(large: (Finite, Unit), small: (Finite, Unit)) -> Option<Finite> {
    let step = small.1.to_base(Finite::ONE)?.value();
    let ratio = large.1.to_base(Finite::ONE)?.value() / step;
    let fits = small.1.dimension() == Dimension::Duration && ratio > 1.0;
    if fits { Finite::new(large.0.value() * ratio + small.0.value()) } else { None }
}

/// "did you mean …?" for a name that stands where a keyword might.
pub(super) fn near_keyword(word: &str) -> Option<String> {
    did_you_mean(word, ["AND", "OR", "NOT", "for", "in", "at_least", "at_most"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Token {
        let mut errors = Vec::new();
        let mut found = tokens(text, &mut errors);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.remove(0).0
    }

    #[test]
    fn numbers_carry_their_unit() {
        let cases = [
            ("85", 85.0, Unit::None),
            ("0.1%", 0.1, Unit::Percent),
            (".5", 0.5, Unit::None),
            ("500ms", 500.0, Unit::Millisecond),
            ("1h", 1.0, Unit::Hour),
            ("1_hour", 1.0, Unit::Hour),
            ("30_minutes", 30.0, Unit::Minute),
            ("7_days", 7.0, Unit::Day),
            ("1_000", 1000.0, Unit::None),
            ("100MB", 100.0, Unit::Megabyte),
            ("2x", 2.0, Unit::Times),
            ("1h30m", 90.0, Unit::Minute),
            ("1d2h30s", 93_630.0, Unit::Second),
            ("5/s", 5.0, Unit::PerSecond),
            ("10MB/s", 10.0, Unit::MegabytePerSecond),
            ("1e3", 1000.0, Unit::None),
            ("1.5e-3s", 0.0015, Unit::Second),
        ];
        for (text, value, unit) in cases {
            assert_eq!(one(text), Token::Number(Finite::new(value).unwrap(), unit), "{text}");
        }
    }

    #[test]
    fn names_may_be_dotted_and_quoted() {
        assert_eq!(one("cpu_usage"), Token::Name(Path::own("cpu_usage")));
        assert_eq!(one("web.cpu_usage"), Token::Name(Path::of("web", "cpu_usage")));
        assert_eq!(one("`web-1`.state"), Token::Name(Path::of("web-1", "state")));
        assert_eq!(one("db.example.org.state"), Token::Name(Path::of("db.example.org", "state")));
        assert_eq!(one("`and`"), Token::Name(Path::own("and")));
        assert_eq!(one("&&"), Token::Sign("AND"));
    }

    #[test]
    fn every_bad_word_is_reported_and_reading_goes_on() {
        let mut errors = Vec::new();
        let found = tokens("a = 5M & b # 1m1h", &mut errors);
        let suggestions: Vec<_> =
            errors.iter().map(|error| (error.offset, error.length, error.suggestion.clone())).collect();
        assert_eq!(suggestions.len(), 5, "{errors:?}");
        assert_eq!(suggestions[0], (2, 1, Some("did you mean `==`?".into())));
        assert_eq!(suggestions[1], (4, 2, Some("did you mean `m` (minutes) or `MB`?".into())));
        assert_eq!((suggestions[3].0, suggestions[3].1), (11, 1));
        assert_eq!(found.len(), 6);
    }
}
