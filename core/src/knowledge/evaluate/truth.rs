//! True, false, or unknown.

use serde::{Deserialize, Serialize};

/// A truth value of strong Kleene logic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It is known not to hold.
    False,
    /// It is known to hold.
    True,
    /// It cannot be known now. Lets no action through; makes a verdict UNCERTAIN.
    #[default]
    Unknown,
}

impl Truth {
    /// Both: false if one is false, true if both are true.
    #[must_use]
    pub const fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    /// Either: true if one is true, false if both are false.
    #[must_use]
    pub const fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub const fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::True => Truth::False,
            Truth::Unknown => Truth::Unknown,
        }
    }

    /// Whether it is known to hold.
    pub const fn holds(self) -> bool {
        matches!(self, Truth::True)
    }

    /// As facts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Truth::False => "false",
            Truth::True => "true",
            Truth::Unknown => "unknown",
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_those_of_kleene() {
        use Truth::{False, True, Unknown};
        let and = [(True, True, True), (True, Unknown, Unknown), (Unknown, Unknown, Unknown), (False, Unknown, False)];
        let or = [(False, False, False), (False, Unknown, Unknown), (Unknown, Unknown, Unknown), (True, Unknown, True)];
        for (a, b, both) in and {
            assert_eq!((a.and(b), b.and(a)), (both, both));
        }
        for (a, b, either) in or {
            assert_eq!((a.or(b), b.or(a)), (either, either));
        }
        assert_eq!(Unknown.not(), Unknown);
    }
}
