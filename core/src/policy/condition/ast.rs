//! The tree of a condition.

use super::error::At;
use super::unit::Unit;
use crate::primitives::finite::Finite;
use crate::primitives::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A name: a fact or a metric, of the component at hand or of the one named before the last dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Path {
    /// Whose it is; nobody named means the component the condition is evaluated for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The fact or metric.
    pub name: String,
}

impl Path {
    /// A name of the component at hand.
    pub fn own(name: &str) -> Path {
        Path { component: None, name: name.into() }
    }

    /// A name of another component.
    pub fn of(component: &str, name: &str) -> Path {
        Path { component: Some(component.into()), name: name.into() }
    }
}

/// A node, and where in the text it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where it was read; no part of equality, nor of what is stored.
    #[serde(skip)]
    pub at: At,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    /// Two or more.
    And(Vec<Expr>),
    Arithmetic(Operation, Box<[Expr; 2]>),
    Boolean(bool),
    Compare(Comparator, Box<[Expr; 2]>),
    /// A name and the unit its values are in; the type check finds the unit.
    Name(Path, Unit),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Number(Finite, Unit),
    /// Two or more.
    Or(Vec<Expr>),
    /// Quoted text, or a word such as `degraded` once the type check has recognised it.
    Text(String),
    Window(Window),
}

/// A function of a metric's recent samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Which function.
    pub function: Function,
    /// Of which metric.
    pub path: Path,
    /// The unit of the metric's values; the type check finds it.
    pub unit: Unit,
    /// Over which samples; `baseline` and `last` need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<Extent>,
}

/// Which samples a window looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The newest so many.
    Samples(u32),
    /// Those of the time before now.
    Time(Span),
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Operation {
    Add,
    Divide,
    Multiply,
    Subtract,
}

/// Comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Comparator {
    /// Severities: this one or a graver one.
    AtLeast,
    /// Severities: this one or a milder one.
    AtMost,
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    NotEqual,
}

/// The functions over windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Function {
    Avg,
    Baseline,
    /// The newest value less the oldest: for values that go both ways.
    Change,
    Count,
    /// How much a counter grew.
    Increase,
    Last,
    Max,
    Min,
    P50,
    P90,
    P95,
    P99,
    /// How much a counter grew per second.
    Rate,
    Sum,
}

impl Operation {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Operation::Add => "+",
            Operation::Divide => "/",
            Operation::Multiply => "*",
            Operation::Subtract => "-",
        }
    }
}

impl Comparator {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparator::AtLeast => "at_least",
            Comparator::AtMost => "at_most",
            Comparator::Equal => "==",
            Comparator::Greater => ">",
            Comparator::GreaterEqual => ">=",
            Comparator::Less => "<",
            Comparator::LessEqual => "<=",
            Comparator::NotEqual => "!=",
        }
    }
}

impl Function {
    /// Every function with its name.
    pub const ALL: [(Function, &'static str); 14] = [
        (Function::Avg, "avg"),
        (Function::Baseline, "baseline"),
        (Function::Change, "change"),
        (Function::Count, "count"),
        (Function::Increase, "increase"),
        (Function::Last, "last"),
        (Function::Max, "max"),
        (Function::Min, "min"),
        (Function::P50, "p50"),
        (Function::P90, "p90"),
        (Function::P95, "p95"),
        (Function::P99, "p99"),
        (Function::Rate, "rate"),
        (Function::Sum, "sum"),
    ];

    /// The function of that name.
    pub fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|(_, known)| *known == name).map(|(function, _)| function)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Function::ALL.into_iter().find(|(function, _)| *function == self).map_or("", |(_, name)| name)
    }

    /// Whether it can do without a window.
    pub(super) fn stands_alone(self) -> bool {
        matches!(self, Function::Baseline | Function::Last)
    }
}

impl Expr {
    /// The nodes directly below.
    pub fn children(&self) -> &[Expr] {
        match &self.kind {
            Kind::And(all) | Kind::Or(all) => all,
            Kind::Arithmetic(_, sides) | Kind::Compare(_, sides) => sides.as_slice(),
            Kind::Negate(inner) | Kind::Not(inner) => core::slice::from_ref(inner),
            Kind::Boolean(_) | Kind::Name(..) | Kind::Number(..) | Kind::Text(_) | Kind::Window(_) => &[],
        }
    }

    /// How many nodes lie on the longest way down, this one included.
    pub fn depth(&self) -> u32 {
        1 + self.children().iter().map(Expr::depth).max().unwrap_or(0)
    }

    /// How many nodes there are, this one included.
    pub fn nodes(&self) -> u32 {
        1 + self.children().iter().map(Expr::nodes).sum::<u32>()
    }

    /// What one evaluation costs at most, in about the time of one node; a window is charged by its samples.
    pub fn cost(&self) -> u32 {
        let own = match &self.kind {
            Kind::Window(window) => window.cost(),
            _ => 1,
        };
        self.children().iter().fold(own, |sum, child| sum.saturating_add(child.cost()))
    }

    /// Calls `visit` with every name and window in the tree, from left to right.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        for child in self.children() {
            child.visit(visit);
        }
    }
}

impl Window {
    /// The samples a window of time is charged for, which does not say how many it will meet: a full series, as shipped.
    const TIMED: u32 = 512;

    fn cost(&self) -> u32 {
        let samples = match self.extent {
            Some(Extent::Samples(n)) => n,
            Some(Extent::Time(_)) => Window::TIMED,
            None => 1,
        };
        let sorts = matches!(self.function, Function::P50 | Function::P90 | Function::P95 | Function::P99);
        samples.saturating_mul(if sorts { 4 } else { 1 })
    }
}
