//! Secrets are taken out of what comes from outside before anything is made of it: before it is hashed, journaled or
//! decided upon. A host asks for it before it writes an input down; for one that does not, the engine does it itself.

mod keys;

use crate::engine::Engine;
use crate::model::event::{Event, IncidentOrder, Input};
use crate::model::value::Value;
use alloc::string::{String, ToString};

impl Engine {
    /// `input` without the secrets in its texts; nothing where it has none. Names are kept as they are: a secret has no
    /// place in one, and they are what everything else refers to. Of what an action gave back, a value with a secret is
    /// left out: a masked one would be put back as if it had been there.
    pub fn masked(&self, input: &Input) -> Option<Input> {
        let masker = self.policy().masker();
        // Of these there are the most: nothing was written, or nothing secret.
        if matches!(&input.event, Event::CheckReported(report) if masker.mask(&report.detail).is_none()) {
            return None;
        }
        let mut input = input.clone();
        let mut found = false;
        let mut hide = |text: &mut String| {
            if let Some(masked) = masker.mask(text) {
                *text = masked;
                found = true;
            }
        };
        match &mut input.event {
            Event::EvidenceReported(report) => {
                let key = keys::hide(&mut report.items);
                report.items.iter_mut().for_each(|item| hide(&mut item.text));
                found |= key;
            }
            event => texts(event).for_each(hide),
        }
        if let Event::OutcomeReported(outcome) = &mut input.event {
            let known = outcome.outputs.len();
            outcome.outputs.retain(|name, value| {
                let written = value.to_string();
                let given = alloc::format!("{name}={written}");
                masker.mask(&written).is_none() && (!matches!(value, Value::Text(_)) || masker.mask(&given).is_none())
            });
            found |= outcome.outputs.len() < known;
        }
        found.then_some(input)
    }
}

/// The texts of an event that people or programs wrote freely.
fn texts(event: &mut Event) -> impl Iterator<Item = &mut String> {
    let found: [Option<&mut String>; 2] = match event {
        Event::AlertRaised { summary, .. }
        | Event::ChangeReported { summary, .. }
        | Event::SecurityAlerted { summary, .. } => [Some(summary), None],
        Event::CheckReported(report) => [Some(&mut report.detail), None],
        Event::DeliveryReported { detail, .. } | Event::HostReported { detail, .. } => [Some(detail), None],
        Event::EventRefused { source, reason, .. } => [Some(source), Some(reason)],
        Event::IncidentOrdered { order: IncidentOrder::Close { resolution }, .. } => [Some(resolution), None],
        Event::KillEngaged { reason, .. } | Event::KillReleased { reason, .. } => [Some(reason), None],
        Event::LogSeen { line, .. } => [Some(line), None],
        Event::OutcomeReported(outcome) => [Some(&mut outcome.detail), None],
        _ => [None, None],
    };
    found.into_iter().flatten().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{event, policy};
    use crate::model::event::{Outcome, OutcomeResult};
    use crate::model::evidence::{EvidenceItem, EvidenceKind, EvidenceReport, Part};
    use crate::model::ids::{CommandId, EvidenceId, RunId};
    use crate::model::incident::Incident;
    use crate::primitives::time::Time;
    use alloc::vec::Vec;

    #[test]
    fn i3_what_an_action_gave_back_is_left_out_where_it_is_secret() {
        let engine = Engine::new(policy(&[]));
        let incident: Incident = crate::knowledge::fixtures::incident("web", "down");
        let run = RunId::derive(incident.id, 0, &"restart".into(), 1);
        let outcome = Outcome {
            command: CommandId::derive(run, 0, 1, "execute"),
            epoch: 1,
            result: OutcomeResult::Succeeded,
            detail: "done with password=canary".into(),
            outputs: [("replicas".into(), Value::text("2")), ("db_password".into(), Value::text("canary"))].into(),
        };
        let input = Input { id: Some(event("o")), ..Input::new(Time::ZERO, Event::OutcomeReported(outcome)) };
        let masked = engine.masked(&input).unwrap();
        let Event::OutcomeReported(outcome) = &masked.event else { panic!("an outcome") };
        assert_eq!(outcome.detail, "done with password=[masked]");
        assert!(outcome.outputs.keys().all(|name| &**name == "replicas"), "{:?}", outcome.outputs);
        assert_eq!(outcome.outputs.len(), 1);
        assert_eq!(engine.masked(&masked), None, "once is enough");
    }

    #[test]
    fn i3_each_piece_of_evidence_is_masked() {
        let engine = Engine::new(policy(&[]));
        let id = EvidenceId::derive(crate::knowledge::fixtures::incident("web", "down").id, 0, Part::Before);
        let item = |text: &str| EvidenceItem {
            kind: EvidenceKind::Logs,
            component: "web".into(),
            at: None,
            text: text.into(),
        };
        let items = Vec::from([item("plain"), item("password=canary"), item("token: canary")]);
        let report = EvidenceReport { id, epoch: 1, items };
        let input = Input { id: Some(event("e")), ..Input::new(Time::ZERO, Event::EvidenceReported(report)) };
        let masked = engine.masked(&input).unwrap();
        let Event::EvidenceReported(report) = &masked.event else { panic!("evidence") };
        let texts: Vec<&str> = report.items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(texts, ["plain", "password=[masked]", "token: [masked]"]);
        assert_eq!(engine.masked(&masked), None, "once is enough");
    }
}
