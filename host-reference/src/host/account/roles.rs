//! Who is asked.

use homeostat_core::primitives::name::Name;

/// Whose approval is asked.
#[must_use]
pub fn roles(any_of: &[Name], all_of: &[Name], people: u32) -> String {
    let joined = |roles: &[Name], word: &str| roles.iter().map(Name::as_str).collect::<Vec<_>>().join(word);
    let whose = match (any_of.is_empty(), all_of.is_empty()) {
        (true, _) => joined(all_of, " and "),
        (false, true) => joined(any_of, " or "),
        (false, false) => format!("{}, and one of {}", joined(all_of, " and "), joined(any_of, " or ")),
    };
    if people > 1 { format!("{whose}, {people} people") } else { whose }
}
