//! Why a part of a condition is unknown, before anybody asks for it in words.

use super::Reason;
use crate::policy::condition::Expr;
use crate::primitives::time::Time;
use alloc::string::ToString;

/// Which part is unknown, and why. Costs nothing: what is asked often and unknown often is put in words only where it is
/// shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Doubt<'a> {
    what: What,
    of: &'a Expr,
}

/// Why something is unknown, as [`Reason`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    DivisionByZero,
    Missing,
    OutOfRange,
    Stale(Time),
    StateUnknown,
    Uncovered,
    Undecided,
    WrongKind,
}

impl<'a> Doubt<'a> {
    pub const fn new(what: What, of: &'a Expr) -> Doubt<'a> {
        Doubt { what, of }
    }

    /// In words.
    pub fn reason(&self) -> Reason {
        let name = self.of.to_string();
        match self.what {
            What::DivisionByZero => Reason::DivisionByZero(name),
            What::Missing => Reason::Missing(name),
            What::OutOfRange => Reason::OutOfRange(name),
            What::Stale(since) => Reason::Stale { name, since },
            What::StateUnknown => Reason::StateUnknown(name),
            What::Uncovered => Reason::Uncovered(name),
            What::Undecided => Reason::Undecided(name),
            What::WrongKind => Reason::WrongKind(name),
        }
    }
}
