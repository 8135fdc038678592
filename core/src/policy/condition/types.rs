//! The type check: finds the unit of every name and bare number, tells words from names, and refuses what could be
//! read in two ways.

use super::ast::{Comparator, Expr, Function, Kind, Operation, Path, Window};
use super::error::{At, ConditionError, did_you_mean};
use super::schema::{NameType, Schema};
use super::unit::{Dimension, Unit};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Checks a condition and completes its tree.
pub(super) fn check(expr: &mut Expr, schema: &dyn Schema, errors: &mut Vec<ConditionError>) {
    Checker { schema, errors }.boolean(expr);
}

/// What a node's value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Type {
    Boolean,
    /// Already reported.
    Broken,
    Number(Number),
    Quoted,
    Severity,
    State,
    Text(&'static [&'static str]),
    /// A name of which nothing is known: what it is compared with decides.
    Undeclared,
    /// No name of the schema: a word such as `degraded`, or a mistake.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    dimension: Dimension,
    /// The unit a bare number beside it is in; nothing where that could only be guessed.
    own: Option<Unit>,
    /// Made of bare numbers alone.
    bare: bool,
    /// No declaration says in which unit its values come.
    undeclared: bool,
}

impl Number {
    fn of(unit: Unit) -> Number {
        Number { dimension: unit.dimension(), own: Some(unit), bare: false, undeclared: false }
    }

    const UNDECLARED: Number =
        Number { dimension: Dimension::Plain, own: Some(Unit::None), bare: false, undeclared: true };
}

pub(super) struct Checker<'a> {
    schema: &'a dyn Schema,
    errors: &'a mut Vec<ConditionError>,
}

impl Checker<'_> {
    fn boolean(&mut self, expr: &mut Expr) {
        let expected = "true or false: a comparison, or a name that is true or false";
        match self.infer(expr) {
            Type::Boolean | Type::Broken | Type::Undeclared => {}
            Type::Unknown => self.unknown_name(expr),
            found => self.error(expr.at, format!("`{expr}` is {}", described(found)), expected, None),
        }
    }

    fn infer(&mut self, expr: &mut Expr) -> Type {
        match &mut expr.kind {
            Kind::And(all) | Kind::Or(all) => {
                all.iter_mut().for_each(|part| self.boolean(part));
                Type::Boolean
            }
            Kind::Arithmetic(operation, sides) => self.arithmetic(*operation, sides),
            Kind::Boolean(_) => Type::Boolean,
            Kind::Compare(comparator, sides) => self.compare(*comparator, sides),
            Kind::Name(path, unit) => name_type(self.schema.lookup(path), unit),
            Kind::Negate(inner) => match self.infer(inner) {
                Type::Broken => Type::Broken,
                found => self.number(found, inner).map_or(Type::Broken, Type::Number),
            },
            Kind::Not(inner) => {
                self.boolean(inner);
                Type::Boolean
            }
            Kind::Number(_, unit) => Type::Number(Number { bare: *unit == Unit::None, ..Number::of(*unit) }),
            Kind::Text(_) => Type::Quoted,
            Kind::Window(window) => self.window(window, expr.at),
        }
    }

    fn window(&mut self, window: &mut Window, at: At) -> Type {
        let counted = window.function == Function::Count;
        let number = match name_type(self.schema.lookup(&window.path), &mut window.unit) {
            _ if counted => Number::of(Unit::None),
            Type::Number(number) => number,
            Type::Undeclared => Number::UNDECLARED,
            Type::Unknown => return self.no_such_name(&window.path, at),
            found => {
                let message = format!("`{}` is {}", window.path, described(found));
                return self.broken(at, message, "the name of a number");
            }
        };
        match window.function {
            Function::Rate => self.per_second(window, number, at),
            Function::Increase if number.dimension == Dimension::Share => self.no_counter(window, at),
            _ => Type::Number(number),
        }
    }

    fn per_second(&mut self, window: &Window, number: Number, at: At) -> Type {
        let dimension = number.dimension.over(Dimension::Duration);
        match dimension {
            _ if number.dimension == Dimension::Share => self.no_counter(window, at),
            Some(dimension) => Type::Number(Number { dimension, own: window.unit.per_second(), ..number }),
            None => self.no_counter(window, at),
        }
    }

    /// A share goes up and down; every fall of it would be taken for a restart of a counter.
    fn no_counter(&mut self, window: &Window, at: At) -> Type {
        let message = format!("`{}` needs a counter, and `{}` is none", window.function.name(), window.path);
        let suggestion = Some(format!("write `change({}, …)` for a value that goes up and down", window.path));
        self.error(at, message, "the name of something that only grows", suggestion);
        Type::Broken
    }

    fn arithmetic(&mut self, operation: Operation, sides: &mut [Expr; 2]) -> Type {
        let [left, right] = sides;
        let (a, b) = (self.infer(left), self.infer(right));
        let (Some(a), Some(b)) = (self.number(a, left), self.number(b, right)) else { return Type::Broken };
        let undeclared = a.undeclared || b.undeclared;
        if matches!(operation, Operation::Add | Operation::Subtract) {
            return match self.alike((a, left), (b, right)) {
                Some(one) => Type::Number(Number { bare: a.bare && b.bare, undeclared, ..one }),
                None => Type::Broken,
            };
        }
        let times = operation == Operation::Multiply;
        // A bare factor or divisor leaves the unit as it is.
        if b.bare {
            return Type::Number(a);
        }
        if a.bare && times {
            return Type::Number(b);
        }
        let result = if times { a.dimension.times(b.dimension) } else { a.dimension.over(b.dimension) };
        let Some(dimension) = result else {
            let message = format!(
                "{} {} {} has no meaning here",
                a.dimension.name(),
                if times { "times" } else { "divided by" },
                b.dimension.name()
            );
            return self.broken(left.at.to(right.at), message, "numbers whose units go together");
        };
        let own = match dimension {
            Dimension::Plain => Some(Unit::None),
            Dimension::Share => Some(Unit::Ratio),
            _ if b.dimension == Dimension::Share => a.own,
            _ if times && a.dimension == Dimension::Share => b.own,
            _ => None,
        };
        Type::Number(Number { dimension, own, bare: false, undeclared: false })
    }

    fn compare(&mut self, comparator: Comparator, sides: &mut [Expr; 2]) -> Type {
        let [left, right] = sides;
        let (mut a, mut b) = (self.infer(left), self.infer(right));
        if a == Type::Broken || b == Type::Broken {
            return Type::Boolean;
        }
        self.words(a, right, &mut b, comparator);
        self.words(b, left, &mut a, comparator);
        let graded = matches!(comparator, Comparator::AtLeast | Comparator::AtMost);
        let equality = matches!(comparator, Comparator::Equal | Comparator::NotEqual);
        match (a, b) {
            (Type::Severity, Type::Severity) if graded => {}
            (Type::Severity, Type::Severity) => self.graded_only(comparator, left, right),
            (Type::Broken, _) | (_, Type::Broken) => {}
            _ if graded => {
                let message = format!("`{}` compares severities only", comparator.symbol());
                self.error(left.at.to(right.at), message, "a comparison such as `severity at_least SEV1`", None);
            }
            (Type::Unknown, _) => self.unknown_name(left),
            (_, Type::Unknown) => self.unknown_name(right),
            (Type::Number(_) | Type::Undeclared, Type::Number(_) | Type::Undeclared) => self.numbers(sides, (a, b)),
            _ if equality && same_kind(a, b) => {}
            _ if same_kind(a, b) => {
                let message = format!("{} has no order", described(a));
                let expected = "`==` or `!=`";
                self.error(left.at.to(right.at), message, expected, None);
            }
            _ => {
                let message = format!("`{left}` is {} and `{right}` is {}", described(a), described(b));
                self.error(left.at.to(right.at), message, "two values of one kind", None);
            }
        }
        Type::Boolean
    }

    fn numbers(&mut self, sides: &mut [Expr; 2], (a, b): (Type, Type)) {
        let [left, right] = sides;
        if let (Some(a), Some(b)) = (self.number(a, left), self.number(b, right)) {
            self.alike((a, left), (b, right));
            self.ratio_above_one(left, right);
            self.ratio_above_one(right, left);
        }
    }

    /// Brings two numbers to one dimension: a bare one takes the other's unit.
    fn alike(&mut self, (a, left): (Number, &mut Expr), (b, right): (Number, &mut Expr)) -> Option<Number> {
        let at = left.at.to(right.at);
        match (a.bare, b.bare) {
            (true, true) => return Some(a),
            (true, false) => return self.adapt(left, b, right, at),
            (false, true) => return self.adapt(right, a, left, at),
            (false, false) => {}
        }
        if a.dimension == b.dimension {
            return Some(a);
        }
        if a.undeclared && take_unit(left, b) {
            return Some(b);
        }
        if b.undeclared && take_unit(right, a) {
            return Some(a);
        }
        for (number, other, expr, beside) in [(a, b, &*left, &*right), (b, a, &*right, &*left)] {
            if number.undeclared {
                self.undeclared(expr, other, beside);
                return None;
            }
        }
        let message = format!("`{left}` is {} and `{right}` is {}", a.dimension.name(), b.dimension.name());
        self.error(at, message, "numbers of one kind", None);
        None
    }

    fn adapt(&mut self, bare: &mut Expr, to: Number, beside: &Expr, at: At) -> Option<Number> {
        match to.own {
            Some(unit) => set_unit(bare, unit),
            None => {
                let message = format!("`{bare}` has no unit, and `{beside}` is {}", to.dimension.name());
                self.error(at, message, "a number with its unit", None);
                return None;
            }
        }
        Some(to)
    }

    /// `85%` or `500ms` beside a metric that may come as 0.85 or 85, as 0.5 or 500: refused rather than guessed.
    fn undeclared(&mut self, expr: &Expr, other: Number, beside: &Expr) {
        let name = first_name(expr).map_or_else(|| expr.to_string(), |path| path.name.clone());
        let endings = match other.dimension {
            Dimension::Bytes => "`_bytes` or `_mb`",
            Dimension::ByteRate | Dimension::Rate | Dimension::Plain => "an ending that tells",
            Dimension::Duration => "`_ms` or `_seconds`",
            Dimension::Share => "`_percent` (0 to 100) or `_ratio` (0 to 1)",
        };
        let message =
            format!("`{beside}` is {}, and nothing says in which unit `{name}` comes", other.dimension.name());
        let suggestion = format!("declare the unit of `{name}`, or give its name {endings}");
        self.error(expr.at, message, "a metric whose unit is known", Some(suggestion));
    }

    /// A ratio runs from 0 to 1: `error_rate > 5` would never be true, and `error_rate < 5` always.
    fn ratio_above_one(&mut self, metric: &Expr, bare: &Expr) {
        let (Kind::Number(value, Unit::Ratio), true) = (&bare.kind, is_ratio(metric)) else { return };
        if value.value() > 1.0 {
            let message = format!("`{metric}` runs from 0 to 1 and `{value}` is beyond");
            let suggestion = Some(format!("did you mean `{value}%`?"));
            self.error(bare.at, message, "a share, as in `5%` or `0.05`", suggestion);
        }
    }

    fn number(&mut self, found: Type, expr: &Expr) -> Option<Number> {
        match found {
            Type::Number(number) => return Some(number),
            Type::Undeclared => return Some(Number::UNDECLARED),
            Type::Broken => {}
            Type::Unknown => self.unknown_name(expr),
            _ => self.error(expr.at, format!("`{expr}` is {}", described(found)), "a number", None),
        }
        None
    }

    fn unknown_name(&mut self, expr: &Expr) {
        if let Some(path) = first_name(expr) {
            self.no_such_name(path, expr.at);
        }
    }

    fn no_such_name(&mut self, path: &Path, at: At) -> Type {
        let written = path.to_string();
        let names = self.schema.names();
        let suggestion = did_you_mean(&written, names.iter().copied());
        self.error(at, format!("unknown name `{written}`"), "the name of a fact or a metric", suggestion);
        Type::Broken
    }

    fn broken(&mut self, at: At, message: String, expected: &str) -> Type {
        self.error(at, message, expected, None);
        Type::Broken
    }

    pub(super) fn error(&mut self, at: At, message: String, expected: &str, suggestion: Option<String>) {
        self.errors.push(ConditionError::new(at, message, expected).suggest(suggestion));
    }
}

fn name_type(found: Option<NameType>, unit: &mut Unit) -> Type {
    *unit = Unit::None;
    match found {
        None => Type::Unknown,
        Some(NameType::Boolean) => Type::Boolean,
        Some(NameType::Number(own)) => {
            *unit = own;
            Type::Number(Number::of(own))
        }
        Some(NameType::Severity) => Type::Severity,
        Some(NameType::State) => Type::State,
        Some(NameType::Text(words)) => Type::Text(words),
        Some(NameType::Undeclared) => Type::Undeclared,
    }
}

fn same_kind(a: Type, b: Type) -> bool {
    let text = |kind| matches!(kind, Type::Quoted | Type::Text(_));
    let open = |kind| matches!(kind, Type::Undeclared);
    a == b
        || (text(a) && text(b))
        || (open(a) && b == Type::Boolean)
        || (a == Type::Boolean && open(b))
        || (open(a) && text(b))
        || (text(a) && open(b))
}

fn described(kind: Type) -> &'static str {
    match kind {
        Type::Boolean => "true or false",
        Type::Broken | Type::Undeclared | Type::Unknown => "unknown",
        Type::Number(number) => number.dimension.name(),
        Type::Quoted | Type::Text(_) => "a text",
        Type::Severity => "a severity",
        Type::State => "a state",
    }
}

/// Gives a bare number, or a sum of them, a unit.
fn set_unit(expr: &mut Expr, to: Unit) {
    match &mut expr.kind {
        Kind::Arithmetic(Operation::Add | Operation::Subtract, sides) => {
            sides.iter_mut().for_each(|side| set_unit(side, to));
        }
        Kind::Arithmetic(Operation::Divide | Operation::Multiply, sides) => {
            let [value, _] = sides.as_mut();
            set_unit(value, to);
        }
        Kind::Negate(inner) => set_unit(inner, to),
        Kind::Number(_, unit) => *unit = to,
        _ => {}
    }
}

/// A threshold of which nothing is declared is in the unit of what it bounds.
fn take_unit(expr: &mut Expr, from: Number) -> bool {
    let Kind::Name(path, unit @ Unit::None) = &mut expr.kind else { return false };
    let bounds = ["_threshold", "_limit", "_target"].iter().any(|ending| path.name.ends_with(ending));
    match from.own {
        Some(own) if bounds => {
            *unit = own;
            true
        }
        _ => false,
    }
}

fn first_name(expr: &Expr) -> Option<&Path> {
    match &expr.kind {
        Kind::Name(path, _) | Kind::Window(Window { path, .. }) => Some(path),
        _ => expr.children().iter().find_map(first_name),
    }
}

fn is_ratio(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Name(_, unit) => *unit == Unit::Ratio,
        Kind::Window(window) => {
            window.unit == Unit::Ratio && !matches!(window.function, Function::Count | Function::Sum)
        }
        _ => false,
    }
}
