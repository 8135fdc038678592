//! Conditions against what is known: true, false or unknown, and why.
//!
//! Three-valued (strong Kleene logic): a missing or stale fact is unknown, arithmetic on it is unknown, and unknown
//! passes on unless the other parts decide anyway (`false AND unknown` is false, `true OR unknown` true). Every part
//! is evaluated even when the result is settled, so that the explanation is whole.

mod doubt;
mod explain;
mod sustained;
mod truth;
pub mod window;

pub use explain::{Compared, Explanation, Reason, Shown};
pub use sustained::Sustained;
pub use truth::Truth;

use crate::knowledge::evaluate::doubt::{Doubt, What};
use crate::model::health::State;
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::policy::condition::{Comparator, Dimension, Expr, Extent, Function, Kind, Operation, Path, Unit, Window};
use crate::primitives::finite::Finite;
use crate::primitives::time::Time;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What is known of a name or a window at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Nothing was ever heard of it.
    Missing,
    /// It was known, but is too old to be believed: last heard at this time.
    Stale(Time),
    /// A window is not filled: too few samples, or a gap.
    Uncovered,
    /// Its value. A metric's number is in the metric's own unit; what `rate` gives is that per second.
    Value(Value),
}

/// Where a condition's names get their values.
///
/// A state is given as its word, a severity as `SEV0` … `SEV3`. What follows from a state that is UNKNOWN, such as
/// the fact `unhealthy`, is [`Lookup::Missing`].
pub trait Scope {
    /// The present value of a fact or metric.
    fn value(&self, path: &Path) -> Lookup;
    /// A function over a metric's recent samples.
    fn window(&self, path: &Path, function: Function, extent: Option<Extent>) -> Lookup;
    /// The time of this evaluation.
    fn now(&self) -> Time;
}

/// Whether `expr` holds, and what was compared on the way. A `for` beside it is [`Sustained`]'s business.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Explanation {
    let mut evaluation = Evaluation { scope, compared: Some(Vec::new()) };
    let truth = evaluation.truth(expr);
    Explanation { truth, at: scope.now(), compared: evaluation.compared.unwrap_or_default() }
}

/// Whether `expr` holds: the same answer without the account of it, for what is asked often.
pub fn truth(expr: &Expr, scope: &dyn Scope) -> Truth {
    Evaluation { scope, compared: None }.truth(expr)
}

/// A value in its dimension's base, or why there is none.
type Known<'a> = Result<Operand<'a>, Doubt<'a>>;

#[derive(Clone, Debug, PartialEq)]
enum Operand<'a> {
    Boolean(bool),
    Literal(&'a str),
    Number(Finite, Dimension),
    Text(Arc<str>),
}

impl Operand<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Operand::Literal(text) => Some(text),
            Operand::Text(text) => Some(text),
            Operand::Boolean(_) | Operand::Number(..) => None,
        }
    }
}

struct Evaluation<'a> {
    scope: &'a dyn Scope,
    /// What was compared, if anybody wants to know.
    compared: Option<Vec<Compared>>,
}

impl Evaluation<'_> {
    fn truth(&mut self, expr: &Expr) -> Truth {
        match &expr.kind {
            Kind::And(all) => all.iter().fold(Truth::True, |truth, part| truth.and(self.truth(part))),
            Kind::Or(all) => all.iter().fold(Truth::False, |truth, part| truth.or(self.truth(part))),
            Kind::Not(inner) => self.truth(inner).not(),
            Kind::Boolean(value) => Truth::from(*value),
            Kind::Compare(comparator, sides) => self.compare(expr, *comparator, sides),
            _ => self.alone(expr),
        }
    }

    /// A name that is itself true or false.
    fn alone(&mut self, expr: &Expr) -> Truth {
        let known = self.operand(expr);
        let result = match &known {
            Ok(Operand::Boolean(value)) => Ok(*value),
            Ok(_) => Err(Doubt::new(What::WrongKind, expr)),
            Err(doubt) => Err(*doubt),
        };
        self.conclude(expr, result, || (Shown::of(&known, expr), None))
    }

    fn compare(&mut self, expr: &Expr, comparator: Comparator, sides: &[Expr; 2]) -> Truth {
        let [left, right] = sides;
        let (a, b) = (self.operand(left), self.operand(right));
        let result = match (&a, &b) {
            (Ok(known_a), Ok(known_b)) => match state_unknown(comparator, [(left, known_a), (right, known_b)]) {
                Some(doubt) => Err(doubt),
                None => compared(comparator, known_a, known_b).ok_or(Doubt::new(What::WrongKind, expr)),
            },
            (Err(doubt), _) | (_, Err(doubt)) => Err(*doubt),
        };
        self.conclude(expr, result, || (Shown::of(&a, left), Some(Shown::of(&b, right))))
    }

    fn conclude(
        &mut self,
        expr: &Expr,
        result: Result<bool, Doubt<'_>>,
        sides: impl Fn() -> (Shown, Option<Shown>),
    ) -> Truth {
        let truth = result.as_ref().map_or(Truth::Unknown, |value| Truth::from(*value));
        if let Some(all) = &mut self.compared {
            let (left, right) = sides();
            let reason = result.err().map(|doubt| doubt.reason());
            all.push(Compared { text: expr.to_string(), left, right, truth, reason });
        }
        truth
    }

    fn operand<'e>(&mut self, expr: &'e Expr) -> Known<'e> {
        match &expr.kind {
            Kind::And(_) | Kind::Compare(..) | Kind::Not(_) | Kind::Or(_) => match self.truth(expr) {
                Truth::False => Ok(Operand::Boolean(false)),
                Truth::True => Ok(Operand::Boolean(true)),
                Truth::Unknown => Err(Doubt::new(What::Undecided, expr)),
            },
            Kind::Arithmetic(operation, sides) => self.arithmetic(expr, *operation, sides),
            Kind::Boolean(value) => Ok(Operand::Boolean(*value)),
            Kind::Name(path, unit) => known(self.scope.value(path), expr, *unit, unit.dimension()),
            Kind::Negate(inner) => match self.operand(inner)? {
                Operand::Number(value, dimension) => number(-value.value(), dimension, expr),
                _ => Err(Doubt::new(What::WrongKind, expr)),
            },
            Kind::Number(value, unit) => number_in(*value, *unit, unit.dimension(), expr),
            Kind::Text(text) => Ok(Operand::Literal(text)),
            Kind::Window(window) => {
                let (unit, dimension) = result_of(window);
                let found = self.scope.window(&window.path, window.function, window.extent);
                known(found, expr, unit, dimension)
            }
        }
    }

    fn arithmetic<'e>(&mut self, expr: &'e Expr, operation: Operation, sides: &'e [Expr; 2]) -> Known<'e> {
        let [left, right] = sides;
        let (a, b) = (self.operand(left), self.operand(right));
        let (Operand::Number(a, of_a), Operand::Number(b, of_b)) = (a?, b?) else {
            return Err(Doubt::new(What::WrongKind, expr));
        };
        let value = match operation {
            Operation::Add => a.value() + b.value(),
            Operation::Divide if b == Finite::ZERO => return Err(Doubt::new(What::DivisionByZero, expr)),
            Operation::Divide => a.value() / b.value(),
            Operation::Multiply => a.value() * b.value(),
            Operation::Subtract => a.value() - b.value(),
        };
        let dimension = match operation {
            Operation::Add | Operation::Subtract => Some(of_a),
            Operation::Divide if bare(right) => Some(of_a),
            Operation::Divide => of_a.over(of_b),
            Operation::Multiply if bare(right) => Some(of_a),
            Operation::Multiply if bare(left) => Some(of_b),
            Operation::Multiply => of_a.times(of_b),
        };
        number(value, dimension.unwrap_or(Dimension::Plain), expr)
    }
}

/// Whether a factor is a bare number, which leaves the other's unit as it is.
fn bare(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Number(_, unit) => *unit == Unit::None,
        Kind::Negate(inner) => bare(inner),
        Kind::Arithmetic(_, sides) => sides.iter().all(bare),
        _ => false,
    }
}

/// In which unit a window's value comes, and what it measures.
fn result_of(window: &Window) -> (Unit, Dimension) {
    let dimension = window.unit.dimension();
    match window.function {
        Function::Count => (Unit::None, Dimension::Plain),
        Function::Rate => (window.unit, dimension.over(Dimension::Duration).unwrap_or(dimension)),
        _ => (window.unit, dimension),
    }
}

fn known(found: Lookup, expr: &Expr, unit: Unit, dimension: Dimension) -> Known<'_> {
    match found {
        Lookup::Missing => Err(Doubt::new(What::Missing, expr)),
        Lookup::Stale(since) => Err(Doubt::new(What::Stale(since), expr)),
        Lookup::Uncovered => Err(Doubt::new(What::Uncovered, expr)),
        Lookup::Value(Value::Bool(value)) => Ok(Operand::Boolean(value)),
        Lookup::Value(Value::Duration(span)) => match Finite::new(span.ms() as f64) {
            Some(ms) => number_in(ms, Unit::Millisecond, Dimension::Duration, expr),
            None => Err(Doubt::new(What::OutOfRange, expr)),
        },
        Lookup::Value(Value::Number(value)) => number_in(value, unit, dimension, expr),
        Lookup::Value(Value::Text(text)) => Ok(Operand::Text(text)),
        Lookup::Value(Value::List(_)) => Err(Doubt::new(What::WrongKind, expr)),
    }
}

fn number_in(value: Finite, unit: Unit, dimension: Dimension, expr: &Expr) -> Known<'_> {
    match unit.to_base(value) {
        Some(value) => Ok(Operand::Number(value, dimension)),
        None => Err(Doubt::new(What::OutOfRange, expr)),
    }
}

fn number(value: f64, dimension: Dimension, expr: &Expr) -> Known<'_> {
    match Finite::new(value) {
        Some(value) => Ok(Operand::Number(value, dimension)),
        None => Err(Doubt::new(What::OutOfRange, expr)),
    }
}

/// The comparison of two known values; nothing if they are of different kinds, as when a metric arrives as a text.
fn compared(comparator: Comparator, left: &Operand<'_>, right: &Operand<'_>) -> Option<bool> {
    match (left, right) {
        (Operand::Number(a, of_a), Operand::Number(b, of_b)) => match comparator {
            _ if of_a != of_b => None,
            Comparator::Equal => Some(a == b),
            Comparator::Greater => Some(a > b),
            Comparator::GreaterEqual => Some(a >= b),
            Comparator::Less => Some(a < b),
            Comparator::LessEqual => Some(a <= b),
            Comparator::NotEqual => Some(a != b),
            Comparator::AtLeast | Comparator::AtMost => None,
        },
        (Operand::Boolean(a), Operand::Boolean(b)) => equality(comparator, a == b),
        _ => {
            let (a, b) = (left.text()?, right.text()?);
            match comparator {
                Comparator::AtLeast => Some(severity(a)?.at_least(severity(b)?)),
                Comparator::AtMost => Some(severity(b)?.at_least(severity(a)?)),
                _ => equality(comparator, a == b),
            }
        }
    }
}

fn equality(comparator: Comparator, equal: bool) -> Option<bool> {
    match comparator {
        Comparator::Equal => Some(equal),
        Comparator::NotEqual => Some(!equal),
        _ => None,
    }
}

fn severity(text: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.as_str() == text)
}

/// A component whose state is UNKNOWN might be anything: `state != critical` must not pass for it. Only a comparison
/// that names `unknown` itself is answered.
fn state_unknown<'e>(comparator: Comparator, sides: [(&'e Expr, &Operand<'_>); 2]) -> Option<Doubt<'e>> {
    if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
        return None;
    }
    let unknown = State::Unknown.as_str();
    let asks = |(side, _): &(&Expr, &Operand<'_>)| matches!(&side.kind, Kind::Text(text) if text == unknown);
    if sides.iter().any(asks) {
        return None;
    }
    sides.into_iter().find_map(|(side, known)| match &side.kind {
        Kind::Name(path, _) if path.name == "state" && known.text() == Some(unknown) => {
            Some(Doubt::new(What::StateUnknown, side))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
