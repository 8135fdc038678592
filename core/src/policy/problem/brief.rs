//! Problems on one line, for a record that has no room for excerpts.

use super::{Problem, Severity};
use crate::primitives::text::one_line;
use alloc::format;
use alloc::string::String;

/// The most problems that are named.
const MOST: usize = 20;
/// The most characters of each.
const LONGEST: usize = 240;

/// The errors among `problems`, each with its place and what is suggested, on one line:
/// ``2 problems: p.yaml:1:7: `mode` is unknown: `fast`; p.yaml:3:12: …``
pub fn brief(problems: &[Problem]) -> String {
    let errors = || problems.iter().filter(|problem| problem.severity == Severity::Error);
    let count = errors().count();
    let mut line = format!("{count} problem{}: ", if count == 1 { "" } else { "s" });
    for (at, problem) in errors().take(MOST).enumerate() {
        let place = &problem.place;
        let label = if problem.label.is_empty() { String::new() } else { format!(", {}", problem.label) };
        let said = format!("{}:{}:{}: {}{label}", place.file, place.line, place.column, problem.message);
        line.push_str(if at == 0 { "" } else { "; " });
        line.push_str(&one_line(&said, LONGEST));
    }
    if count > MOST {
        line.push_str(&format!("; and {} more", count - MOST));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::problem::{Place, Spot};
    use std::vec::Vec;

    fn problems(count: u32) -> Vec<Problem> {
        let place = |line| Place::new(&"p.yaml".into(), Spot { line, column: 3, length: 1 });
        (1..=count).map(|line| Problem::error(place(line), "not a number")).collect()
    }

    #[test]
    fn every_error_is_named_with_its_place_up_to_the_limit_and_warnings_are_not() {
        let mut two = problems(2);
        two.push(Problem::warning(two[0].place.clone(), "odd"));
        two[1] = two[1].clone().did_you_mean(Some("7"));
        assert_eq!(brief(&two), "2 problems: p.yaml:1:3: not a number; p.yaml:2:3: not a number, did you mean `7`?");
        assert_eq!(brief(&problems(1)), "1 problem: p.yaml:1:3: not a number");
        let most = u32::try_from(MOST).unwrap();
        assert!(brief(&problems(most)).ends_with("p.yaml:20:3: not a number"));
        assert!(brief(&problems(most + 1)).ends_with("p.yaml:20:3: not a number; and 1 more"));
    }
}
