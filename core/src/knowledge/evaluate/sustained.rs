//! `for 5m`: a condition that must hold for a time.
//!
//! | the condition is | effect |
//! |---|---|
//! | true | starts the time, or lets it run on; when it has run long enough, the whole is true |
//! | false | ends it |
//! | unknown | neither starts nor completes it; the whole is unknown. Not seen true for longer than the patience given, the time starts over |

use super::Truth;
use crate::primitives::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// How long a condition has been true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sustained {
    /// Since when it is true, and when it was last seen to be.
    held: Option<(Time, Time)>,
}

impl Sustained {
    /// Takes in what the condition is worth now, and says whether it has held for `needed`. Evaluations further apart
    /// than `patience` do not connect.
    pub fn observe(&mut self, now: Time, truth: Truth, needed: Span, patience: Span) -> Truth {
        self.held = self.held.filter(|(_, seen)| now.since(*seen) <= patience);
        match truth {
            Truth::False => self.held = None,
            Truth::True => self.held = Some((self.since().unwrap_or(now), now)),
            Truth::Unknown => return Truth::Unknown,
        }
        Truth::from(self.since().is_some_and(|since| now.since(since) >= needed))
    }

    /// Since when the condition is true.
    pub fn since(&self) -> Option<Time> {
        self.held.map(|(since, _)| since)
    }

    /// When it will have held for `needed`, should it stay true: when to look again.
    pub fn due(&self, needed: Span) -> Option<Time> {
        self.since().map(|since| since.after(needed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Truth::{False, True, Unknown};

    /// Seconds and truths in, results out; needed 60 s, patience 30 s.
    fn run(steps: &[(i64, Truth)]) -> std::vec::Vec<Truth> {
        let mut sustained = Sustained::default();
        let (needed, patience) = (Span::from_secs(60), Span::from_secs(30));
        let observe =
            |(second, truth): &(i64, Truth)| sustained.observe(Time::from_ms(second * 1_000), *truth, needed, patience);
        steps.iter().map(observe).collect()
    }

    #[test]
    fn a_condition_true_all_the_time_completes_exactly_when_due() {
        let steps = [(0, True), (30, True), (59, True), (60, True), (61, False), (62, True)];
        assert_eq!(run(&steps), [False, False, False, True, False, False]);
    }

    #[test]
    fn unknown_neither_starts_nor_completes_it() {
        assert_eq!(run(&[(0, Unknown), (60, True)]), [Unknown, False]);
        assert_eq!(run(&[(0, True), (30, True), (50, Unknown), (60, Unknown), (60, True)])[3..], [Unknown, True]);
    }

    #[test]
    fn unknown_for_longer_than_the_patience_starts_it_over() {
        let steps = [(0, True), (20, Unknown), (40, Unknown), (60, True), (90, True), (120, True)];
        assert_eq!(run(&steps), [False, Unknown, Unknown, False, False, True]);
        assert_eq!(run(&[(0, True), (31, True), (60, True), (90, True), (91, True)])[2..], [False, False, True]);
    }

    #[test]
    fn it_tells_when_to_look_again() {
        let mut sustained = Sustained::default();
        assert_eq!(sustained.due(Span::from_secs(5)), None);
        sustained.observe(Time::from_ms(1_000), True, Span::from_secs(5), Span::MAX);
        assert_eq!(sustained.due(Span::from_secs(5)), Some(Time::from_ms(6_000)));
    }
}
