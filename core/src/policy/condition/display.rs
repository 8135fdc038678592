//! Canonical text: what a tree prints parses back to the same tree.

use super::ast::{Expr, Extent, Kind, Operation, Path, Window};
use super::token::is_plain_name;
use crate::primitives::time::Span;
use alloc::string::String;
use core::fmt;
use core::fmt::Write;

/// How tightly a node binds; a child that binds less than its place asks for is printed in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Negate,
    Atom,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::And(all) => list(f, all, " AND ", Binding::Not),
            Kind::Or(all) => list(f, all, " OR ", Binding::And),
            Kind::Not(inner) => {
                f.write_str("NOT ")?;
                child(f, inner, Binding::Not)
            }
            Kind::Negate(inner) => {
                f.write_char('-')?;
                child(f, inner, Binding::Negate)
            }
            Kind::Compare(comparator, sides) => binary(f, sides, comparator.symbol(), (Binding::Sum, Binding::Sum)),
            Kind::Arithmetic(operation, sides) => {
                let places = match operation {
                    Operation::Add | Operation::Subtract => (Binding::Sum, Binding::Product),
                    Operation::Divide | Operation::Multiply => (Binding::Product, Binding::Negate),
                };
                binary(f, sides, operation.symbol(), places)
            }
            Kind::Boolean(value) => write!(f, "{value}"),
            Kind::Name(path, _) => write!(f, "{path}"),
            Kind::Number(value, unit) => write!(f, "{value}{}", unit.symbol()),
            Kind::Text(text) => write!(f, "{}", Quoted(text)),
            Kind::Window(window) => write!(f, "{window}"),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.function.name(), self.path)?;
        match self.extent {
            Some(Extent::Samples(n)) => write!(f, ", {n} samples)"),
            Some(Extent::Time(span)) => write!(f, ", {})", Literal(span)),
            None => f.write_char(')'),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(component) = &self.component {
            // A dot at either end is part of the name, not between two.
            let apart = if component.split('.').any(str::is_empty) { '\0' } else { '.' };
            for segment in component.split(apart) {
                write_segment(f, segment)?;
                f.write_char('.')?;
            }
            return write_segment(f, &self.name);
        }
        write_segment(f, &self.name)
    }
}

/// A span as a literal of one unit: the largest that divides it.
pub(super) struct Literal(pub Span);

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        let ms = self.0.ms();
        let (size, unit) = UNITS.into_iter().find(|(size, _)| ms > 0 && ms % size == 0).unwrap_or((1, "ms"));
        write!(f, "{}{unit}", ms / size)
    }
}

/// Text in double quotes.
struct Quoted<'a>(&'a String);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('"')
    }
}

fn write_segment(f: &mut fmt::Formatter<'_>, segment: &str) -> fmt::Result {
    if is_plain_name(segment) { f.write_str(segment) } else { write!(f, "`{segment}`") }
}

fn list(f: &mut fmt::Formatter<'_>, all: &[Expr], between: &str, place: Binding) -> fmt::Result {
    for (i, item) in all.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { between })?;
        child(f, item, place)?;
    }
    Ok(())
}

fn binary(f: &mut fmt::Formatter<'_>, [left, right]: &[Expr; 2], symbol: &str, at: (Binding, Binding)) -> fmt::Result {
    child(f, left, at.0)?;
    write!(f, " {symbol} ")?;
    child(f, right, at.1)
}

fn child(f: &mut fmt::Formatter<'_>, expr: &Expr, place: Binding) -> fmt::Result {
    if binding(expr) < place { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn binding(expr: &Expr) -> Binding {
    match &expr.kind {
        Kind::And(_) => Binding::And,
        Kind::Arithmetic(Operation::Add | Operation::Subtract, _) => Binding::Sum,
        Kind::Arithmetic(Operation::Divide | Operation::Multiply, _) => Binding::Product,
        Kind::Boolean(_) | Kind::Name(..) | Kind::Number(..) | Kind::Text(_) | Kind::Window(_) => Binding::Atom,
        Kind::Compare(..) => Binding::Compare,
        Kind::Negate(_) => Binding::Negate,
        Kind::Not(_) => Binding::Not,
        Kind::Or(_) => Binding::Or,
    }
}
