//! Words: names of states and severities, and other text that stands on one side of a comparison.

use super::ast::{Comparator, Expr, Kind, Path};
use super::error::did_you_mean;
use super::types::{Checker, Type};
use crate::model::health::State;
use crate::model::severity::Severity;
use alloc::format;
use alloc::string::ToString;

impl Checker<'_> {
    /// Where one side asks for a word, a bare name or a quoted text on the other side is that word.
    pub(super) fn words(&mut self, asking: Type, side: &mut Expr, found: &mut Type, comparator: Comparator) {
        let equality = matches!(comparator, Comparator::Equal | Comparator::NotEqual);
        let word = match &side.kind {
            Kind::Name(Path { component: None, name }, _) => name.clone(),
            Kind::Text(text) => text.clone(),
            _ => return,
        };
        let quoted = *found == Type::Quoted;
        let (known, meant): (&[&str], Option<&str>) = match asking {
            Type::State if *found != Type::State => {
                (&STATES, STATES.into_iter().find(|s| s.eq_ignore_ascii_case(&word)))
            }
            Type::Severity if *found != Type::Severity => (&SEVERITIES, severity(&word)),
            Type::Text(words) if !words.is_empty() && !matches!(found, Type::Text(_)) => {
                (words, words.iter().copied().find(|known| *known == word))
            }
            Type::Text(_) | Type::Undeclared | Type::Quoted
                if equality && matches!(found, Type::Undeclared | Type::Unknown) =>
            {
                // Left of the sign stands what is asked for, right of it the word.
                (&[], (asking != Type::Quoted).then_some(word.as_str()))
            }
            _ => return,
        };
        match meant {
            Some(meant) => {
                side.kind = Kind::Text(meant.to_string());
                *found = if asking == Type::Undeclared { Type::Quoted } else { asking };
            }
            None if !known.is_empty() && (quoted || matches!(found, Type::Undeclared | Type::Unknown)) => {
                let message = format!("unknown word `{word}`");
                let expected = format!("one of `{}`", known.join("`, `"));
                let suggestion = did_you_mean(&word, known.iter().copied());
                self.error(side.at, message, &expected, suggestion);
                *found = Type::Broken;
            }
            None => {}
        }
    }

    pub(super) fn graded_only(&mut self, comparator: Comparator, left: &Expr, right: &Expr) {
        let message = "severities have no `<`, `>` or `==`: SEV0 is the gravest but the smallest number".to_string();
        let word = match comparator {
            Comparator::Less | Comparator::LessEqual => "at_most",
            _ => "at_least",
        };
        let (name, level) = match (&left.kind, &right.kind) {
            (Kind::Text(level), _) => (right.to_string(), level.clone()),
            (_, Kind::Text(level)) => (left.to_string(), level.clone()),
            _ => (left.to_string(), right.to_string()),
        };
        let suggestion = format!("if you mean graver or milder than `{level}`, write `{name} {word} {level}`");
        self.error(left.at.to(right.at), message, "`at_least` (as grave or graver) or `at_most`", Some(suggestion));
    }
}

const STATES: [&str; 5] = [
    State::Unknown.as_str(),
    State::Healthy.as_str(),
    State::Degraded.as_str(),
    State::Unhealthy.as_str(),
    State::Critical.as_str(),
];

const SEVERITIES: [&str; 4] =
    [Severity::Sev0.as_str(), Severity::Sev1.as_str(), Severity::Sev2.as_str(), Severity::Sev3.as_str()];

/// SEV0 … SEV3, or critical, high, medium and low.
fn severity(word: &str) -> Option<&'static str> {
    let names = ["critical", "high", "medium", "low"];
    SEVERITIES
        .into_iter()
        .zip(names)
        .find(|(sev, name)| word.eq_ignore_ascii_case(sev) || word == *name)
        .map(|(sev, _)| sev)
}
