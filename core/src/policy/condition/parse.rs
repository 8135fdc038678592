//! From words to a tree. After a mistake reading goes on behind the next AND, OR or bracket, so that one pass
//! finds all of them.
//!
//! ```text
//! condition   = or [ "for" duration ]
//! or          = and { OR and }
//! and         = not { AND not }
//! not         = NOT not | comparison
//! comparison  = sum [ operator sum [ "in" "last" extent ] ]
//! sum         = product { ("+" | "-") product }
//! product     = negation { ("*" | "/") negation }
//! negation    = "-" negation | atom
//! atom        = number | text | true | false | name | function "(" name [ "," extent ] ")" | "(" or ")"
//!             | number [ "of" ] "baseline"
//! extent      = duration | number "samples"
//! ```

use super::ast::{Comparator, Expr, Kind, Operation, Path, Window};
use super::error::{At, ConditionError};
use super::token::{Token, near_keyword, tokens};
use super::unit::Unit;
use super::{MAX_DEPTH, MAX_NODES};
use crate::primitives::time::Span;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A tree, and how long it must hold, as far as they could be read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub expr: Option<Expr>,
    pub sustained: Option<Span>,
}

/// Reads a text. A `subject` turns it into what is written behind a key: `<90%`, `true`, `200`.
pub(super) fn parse(text: &str, subject: Option<&Path>, errors: &mut Vec<ConditionError>) -> Parsed {
    let end = At::new(text.len(), text.len());
    let mut parser =
        Parser { tokens: tokens(text, errors), next: 0, end, errors, depth: 0, nodes: 0, group: None, subject: None };
    parser.condition(subject)
}

const COMPARATORS: [Comparator; 8] = [
    Comparator::AtLeast,
    Comparator::AtMost,
    Comparator::Equal,
    Comparator::Greater,
    Comparator::GreaterEqual,
    Comparator::Less,
    Comparator::LessEqual,
    Comparator::NotEqual,
];
const OPERAND: &str = "a name, a number, a quoted text or a function";

pub(super) struct Parser<'e> {
    pub(super) tokens: Vec<(Token, At)>,
    pub(super) next: usize,
    end: At,
    pub(super) errors: &'e mut Vec<ConditionError>,
    depth: u32,
    nodes: u32,
    /// The words of the bracket closed last, first and behind the last.
    group: Option<(usize, usize)>,
    /// What stands left of the comparison being read: the metric `2x baseline` speaks of.
    pub(super) subject: Option<Path>,
}

impl Parser<'_> {
    fn condition(&mut self, subject: Option<&Path>) -> Parsed {
        let start = self.next;
        let expr = match subject {
            Some(path) => self.keyed(path),
            None => self.any(),
        };
        let one_group = self.group == Some((start, self.next));
        let sustained = self.accept("for").and_then(|at| {
            let joined = expr.as_ref().is_some_and(|expr| matches!(expr.kind, Kind::And(_) | Kind::Or(_)));
            if joined && !one_group {
                self.errors.push(ambiguous_for(at));
            }
            self.duration()
        });
        if let Some((token, at)) = self.tokens.get(self.next) {
            let error = self.unexpected(token, *at);
            self.errors.push(error);
            self.next += 1;
            self.recover_to_the_end();
        }
        Parsed { expr, sustained }
    }

    /// What a mapping such as `cpu_usage: <90%` writes behind its key.
    fn keyed(&mut self, path: &Path) -> Option<Expr> {
        let name = self.node(Kind::Name(path.clone(), Unit::None), At::default())?;
        if self.peek_comparator().is_some() {
            return self.comparison_from(name);
        }
        let value = self.sum()?;
        let at = value.at;
        match value.kind {
            Kind::Boolean(true) => Some(name),
            Kind::Boolean(false) => self.node(Kind::Not(Box::new(name)), at),
            _ => self.node(Kind::Compare(Comparator::Equal, Box::new([name, value])), at),
        }
    }

    fn any(&mut self) -> Option<Expr> {
        self.joined("OR", Parser::all, Kind::Or)
    }

    fn all(&mut self) -> Option<Expr> {
        self.joined("AND", Parser::not, Kind::And)
    }

    /// One part, or several with `word` between them. Broken parts are left out, so that the others are still checked.
    fn joined(&mut self, word: &str, part: fn(&mut Self) -> Option<Expr>, join: fn(Vec<Expr>) -> Kind) -> Option<Expr> {
        let mut parts: Vec<Expr> = Vec::new();
        let mut broken = false;
        loop {
            match part(self) {
                Some(expr) => parts.push(expr),
                None => {
                    broken = true;
                    self.recover();
                }
            }
            if self.accept(word).is_none() {
                break;
            }
        }
        let at = parts.first()?.at.to(parts.last()?.at);
        if parts.len() == 1 && !broken {
            return parts.pop();
        }
        self.node(join(parts), at)
    }

    fn not(&mut self) -> Option<Expr> {
        match self.accept("NOT") {
            Some(at) => self.nested(at, Parser::not).and_then(|expr| {
                let at = at.to(expr.at);
                self.node(Kind::Not(Box::new(expr)), at)
            }),
            None => {
                let left = self.sum()?;
                self.comparison_from(left)
            }
        }
    }

    /// The rest of a comparison whose left side has been read, if it is one.
    fn comparison_from(&mut self, mut left: Expr) -> Option<Expr> {
        let Some(comparator) = self.peek_comparator() else { return Some(left) };
        self.next += 1;
        let subject = match &left.kind {
            Kind::Name(path, _) | Kind::Window(Window { path, .. }) => Some(path.clone()),
            _ => None,
        };
        let outer = core::mem::replace(&mut self.subject, subject);
        let right = self.sum();
        self.subject = outer;
        let right = right?;
        if self.accept("in").is_some() {
            left = self.recent(left)?;
        }
        if self.peek_comparator().is_some() {
            let at = self.here();
            let message = "comparisons cannot be chained".to_string();
            let suggestion = format!("did you mean `{left} {} {right} AND {right} …`?", comparator.symbol());
            self.errors
                .push(ConditionError::new(at, message, "AND or OR between two comparisons").suggest(Some(suggestion)));
            return None;
        }
        let at = left.at.to(right.at);
        self.node(Kind::Compare(comparator, Box::new([left, right])), at)
    }

    fn sum(&mut self) -> Option<Expr> {
        let pairs = [("+", Operation::Add), ("-", Operation::Subtract)];
        self.arithmetic(pairs, Parser::product)
    }

    fn product(&mut self) -> Option<Expr> {
        let pairs = [("*", Operation::Multiply), ("/", Operation::Divide)];
        self.arithmetic(pairs, Parser::negation)
    }

    fn arithmetic(&mut self, signs: [(&str, Operation); 2], part: fn(&mut Self) -> Option<Expr>) -> Option<Expr> {
        let mut left = part(self)?;
        while let Some((sign, operation)) = signs.into_iter().find(|(sign, _)| self.is_sign(sign)) {
            self.accept(sign);
            let right = part(self)?;
            let at = left.at.to(right.at);
            left = self.node(Kind::Arithmetic(operation, Box::new([left, right])), at)?;
        }
        Some(left)
    }

    fn negation(&mut self) -> Option<Expr> {
        let Some(at) = self.accept("-") else { return self.atom() };
        let inner = self.nested(at, Parser::negation)?;
        let at = at.to(inner.at);
        self.node(Kind::Negate(Box::new(inner)), at)
    }

    fn atom(&mut self) -> Option<Expr> {
        let Some((token, at)) = self.tokens.get(self.next).cloned() else {
            return self.fail("the condition ends too early", OPERAND);
        };
        let kind = match token {
            Token::Name(path) if self.is_sign_at(self.next + 1, "(") => return self.call(path, at),
            Token::Name(path) => Kind::Name(path, Unit::None),
            Token::Number(value, unit) => return self.number(value, unit, at),
            Token::Sign("(") => return self.group(at),
            Token::Sign("false") => Kind::Boolean(false),
            Token::Sign("true") => Kind::Boolean(true),
            Token::Sign(sign) => return self.fail(&format!("`{sign}` cannot stand here"), OPERAND),
            Token::Text(text) => Kind::Text(text),
        };
        self.next += 1;
        self.node(kind, at)
    }

    fn group(&mut self, open: At) -> Option<Expr> {
        let start = self.next;
        self.next += 1;
        let inner = self.nested(open, Parser::any);
        let Some(close) = self.accept(")") else {
            if inner.is_some() {
                let message = "this bracket is never closed".to_string();
                self.errors.push(ConditionError::new(open, message, "`)`"));
            }
            return None;
        };
        self.group = Some((start, self.next));
        inner.map(|expr| Expr { at: open.to(close), ..expr })
    }

    /// Everything that makes a node passes here: the tree cannot outgrow its limit.
    pub(super) fn node(&mut self, kind: Kind, at: At) -> Option<Expr> {
        self.nodes += 1;
        if self.nodes == MAX_NODES + 1 {
            let message = format!("the condition has more than {MAX_NODES} parts");
            self.errors.push(ConditionError::new(at, message, "a shorter condition"));
        }
        if self.nodes > MAX_NODES {
            self.next = self.tokens.len();
            return None;
        }
        Some(Expr { kind, at })
    }

    fn nested(&mut self, at: At, inner: fn(&mut Self) -> Option<Expr>) -> Option<Expr> {
        if self.depth == MAX_DEPTH {
            let message = format!("the condition is nested deeper than {MAX_DEPTH}");
            self.errors.push(ConditionError::new(
                at,
                message,
                "fewer brackets, minus signs and NOTs around each other",
            ));
            self.next = self.tokens.len();
            return None;
        }
        self.depth += 1;
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    pub(super) fn fail<T>(&mut self, message: &str, expected: &str) -> Option<T> {
        if self.nodes <= MAX_NODES {
            let at = self.here();
            self.errors.push(ConditionError::new(at, message.into(), expected));
        }
        None
    }

    fn unexpected(&self, token: &Token, at: At) -> ConditionError {
        let (message, suggestion) = match token {
            Token::Name(path) => (format!("`{path}` cannot stand here"), near_keyword(&path.name)),
            Token::Number(..) => ("a number cannot stand here".into(), None),
            Token::Sign(")") => ("this bracket was never opened".into(), None),
            Token::Sign("for") => ("`for` stands once, at the very end".into(), None),
            Token::Sign(sign) => (format!("`{sign}` cannot stand here"), None),
            Token::Text(_) => ("a quoted text cannot stand here".to_string(), None),
        };
        let expected: String = "an operator, AND, OR, `for` or the end".into();
        ConditionError::new(at, message, expected).suggest(suggestion)
    }

    /// Skips to where a new part can begin.
    fn recover(&mut self) {
        let mut open = 0_u32;
        while let Some((token, _)) = self.tokens.get(self.next) {
            match token {
                Token::Sign("AND" | "OR" | "for") if open == 0 => return,
                Token::Sign("(") => open += 1,
                Token::Sign(")") if open == 0 => return,
                Token::Sign(")") => open -= 1,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// Checks what stands behind words nobody could place: the parts between the following ANDs and ORs.
    fn recover_to_the_end(&mut self) {
        loop {
            self.recover();
            match self.tokens.get(self.next) {
                Some((Token::Sign("AND" | "OR"), _)) => {
                    self.next += 1;
                    if self.not().is_none() {
                        self.recover();
                    }
                }
                Some(_) => self.next += 1,
                None => return,
            }
        }
    }

    pub(super) fn accept(&mut self, sign: &str) -> Option<At> {
        let found = self.is_sign(sign).then(|| self.here());
        self.next += usize::from(found.is_some());
        found
    }

    fn is_sign(&self, sign: &str) -> bool {
        self.is_sign_at(self.next, sign)
    }

    pub(super) fn is_sign_at(&self, index: usize, sign: &str) -> bool {
        matches!(self.tokens.get(index), Some((Token::Sign(found), _)) if *found == sign)
    }

    pub(super) fn is_word_at(&self, index: usize, word: &str) -> bool {
        matches!(self.tokens.get(index), Some((Token::Name(path), _)) if path.component.is_none() && path.name == word)
    }

    fn peek_comparator(&self) -> Option<Comparator> {
        COMPARATORS.into_iter().find(|comparator| self.is_sign(comparator.symbol()))
    }

    pub(super) fn here(&self) -> At {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }
}

fn ambiguous_for(at: At) -> ConditionError {
    let message = "this `for` could mean all parts or the last one only".to_string();
    let expected = "brackets that say which";
    ConditionError::new(at, message, expected).suggest(Some("write `(… AND …) for 5m`".into()))
}
