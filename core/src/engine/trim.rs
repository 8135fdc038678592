//! What is never refused for its length: a kill, an outcome and evidence are cut to the limit and taken in.

use crate::model::event::{Event, Input};
use crate::model::value::Parameters;
use crate::primitives::json;
use alloc::string::String;

/// The most pieces of evidence that are looked at in one answer, the latest ones.
const MOST_ITEMS: usize = 1_000;

/// `input` with its texts cut to `longest` bytes, where it is too long and must not be refused for that.
pub(super) fn trimmed(input: &Input, longest: usize) -> Option<Input> {
    let event = match &input.event {
        Event::KillEngaged { reason, by } if reason.len() > longest => {
            Event::KillEngaged { reason: cut(reason, longest), by: by.clone() }
        }
        Event::OutcomeReported(outcome) if outcome.detail.len() > longest || is_long(&outcome.outputs, longest) => {
            let mut outcome = outcome.clone();
            outcome.detail = cut(&outcome.detail, longest);
            if is_long(&outcome.outputs, longest) {
                // Half of what was given back would be wrong; nothing of it is merely missing.
                outcome.outputs = Parameters::new();
            }
            Event::OutcomeReported(outcome)
        }
        Event::EvidenceReported(report) if report.items.len() > MOST_ITEMS || report.has_longer(longest) => {
            let mut report = report.clone();
            let beyond = report.items.len().saturating_sub(MOST_ITEMS);
            report.items.drain(..beyond);
            report.items.iter_mut().for_each(|item| item.text = cut(&item.text, longest));
            Event::EvidenceReported(report)
        }
        _ => return None,
    };
    Some(Input { at: input.at, id: Some(input.event_id()), event })
}

fn is_long(outputs: &Parameters, longest: usize) -> bool {
    !outputs.is_empty() && json::canonical(outputs).map_or(true, |bytes| bytes.len() > longest)
}

fn cut(text: &str, longest: usize) -> String {
    let fits = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=longest.min(text.len())).rev().find(fits).unwrap_or(0);
    text.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::person;
    use crate::model::evidence::{EvidenceItem, EvidenceKind, EvidenceReport};
    use crate::model::ids::EvidenceId;
    use crate::primitives::digest::Digest;
    use crate::primitives::time::Time;

    #[test]
    fn a_kill_with_a_long_reason_is_cut_at_a_whole_character_and_keeps_its_id() {
        let kill = |reason: &str| {
            let event = Event::KillEngaged { reason: reason.into(), by: person("ann", "operator") };
            Input::new(Time::from_ms(1), event)
        };
        let input = kill("smörgåsbord");
        assert_eq!(trimmed(&input, 100), None);
        let short = trimmed(&input, 3).unwrap();
        assert_eq!(short.event, kill("sm").event);
        assert_eq!(short.event_id(), input.event_id());
    }

    #[test]
    fn of_too_much_evidence_the_latest_is_looked_at_and_long_texts_are_cut() {
        let report = |texts: &[&str]| {
            let item = |text: &&str| EvidenceItem {
                kind: EvidenceKind::Logs,
                component: "web".into(),
                at: None,
                text: (*text).into(),
            };
            let id = EvidenceId(Digest::of(b"request").short());
            let report = EvidenceReport { id, epoch: 1, items: texts.iter().map(item).collect() };
            Input::new(Time::from_ms(1), Event::EvidenceReported(report))
        };
        let mut many = alloc::vec!["new"; MOST_ITEMS];
        assert_eq!(trimmed(&report(&many), 3), None, "just so many");
        assert_eq!(trimmed(&report(&["four"]), 3).unwrap().event, report(&["fou"]).event);
        many.insert(0, "old");
        assert_eq!(trimmed(&report(&many), 3).unwrap().event, report(&many[1..]).event);
    }
}
