//! Ids. They are derived from content, never from a counter: leaving out an unrelated event changes no other id.

use crate::model::evidence::Part;
use crate::model::silence::Silence;
use crate::primitives::digest::{Digest, Id};
use crate::primitives::json;
use crate::primitives::name::Name;
use alloc::format;
use alloc::sync::Arc;
use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! content_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl core::str::FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<$name, &'static str> {
                text.parse().map($name)
            }
        }
    };
}

content_id! {
    /// One command that wants an answer: run, step, try and purpose. The idempotency key of whoever carries it out.
    CommandId
}
content_id! {
    /// One request for evidence: incident, how often that was reopened, and which part.
    EvidenceId
}
content_id! {
    /// One incident: component, kind of issue and the event that opened it.
    IncidentId
}
content_id! {
    /// One notification: incident, chain, level, repetition and channel.
    NotificationId
}
content_id! {
    /// One run: incident, playbook and attempt.
    RunId
}

content_id! {
    /// One silence: what it says and who ordered it.
    SilenceId
}

impl SilenceId {
    /// The id of a silence that `by` ordered.
    pub fn derive(silence: &Silence, by: &Name) -> SilenceId {
        SilenceId(derive("silence", &[json::digest(silence).short().bytes(), by.as_str().as_bytes()]))
    }
}

impl IncidentId {
    /// The id of the incident that `event` opened for `issue` on `component`.
    pub fn derive(component: &Name, issue: &Name, event: &EventId) -> IncidentId {
        IncidentId(derive(
            "incident",
            &[component.as_str().as_bytes(), issue.as_str().as_bytes(), event.as_str().as_bytes()],
        ))
    }
}

impl EvidenceId {
    /// The id of the request for `part` in `epoch` of `incident`.
    pub fn derive(incident: IncidentId, epoch: u32, part: Part) -> EvidenceId {
        let fields: [&[u8]; 3] = [incident.0.bytes(), &epoch.to_le_bytes(), part.as_str().as_bytes()];
        EvidenceId(derive("evidence", &fields))
    }
}

impl RunId {
    /// The id of attempt number `attempt` of `playbook` in `epoch` of `incident`.
    pub fn derive(incident: IncidentId, epoch: u32, playbook: &Name, attempt: u32) -> RunId {
        let numbers = [epoch.to_le_bytes(), attempt.to_le_bytes()].concat();
        RunId(derive("run", &[incident.0.bytes(), playbook.as_str().as_bytes(), &numbers]))
    }
}

impl CommandId {
    /// The id of try number `attempt` of `step` in `run`, for `purpose` (`execute`, `capture`, `rollback` …).
    pub fn derive(run: RunId, step: u32, attempt: u32, purpose: &str) -> CommandId {
        let numbers = [step.to_le_bytes(), attempt.to_le_bytes()].concat();
        CommandId(derive("command", &[run.0.bytes(), &numbers, purpose.as_bytes()]))
    }
}

impl NotificationId {
    /// The id of the notification about `subject` (an incident or a run) for `reason`, repetition `round`, on `channel` to `whom`.
    pub fn derive(subject: &str, reason: &str, round: u32, whom: &Name, channel: &Name) -> NotificationId {
        let round = round.to_le_bytes();
        let fields: [&[u8]; 5] =
            [subject.as_bytes(), reason.as_bytes(), &round, whom.as_str().as_bytes(), channel.as_str().as_bytes()];
        NotificationId(derive("notification", &fields))
    }
}

fn derive(kind: &str, fields: &[&[u8]]) -> Id {
    let mut all = alloc::vec![kind.as_bytes()];
    all.extend_from_slice(fields);
    Digest::of_fields(&all).short()
}

/// Which event: its source and the id it has there, or the digest of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Arc<str>);

impl EventId {
    /// The event that `source` calls `id`.
    pub fn from_source(source: &str, id: &str) -> EventId {
        EventId(format!("{source}/{id}").into())
    }

    /// An event known by its content.
    pub fn from_digest(digest: &Digest) -> EventId {
        EventId(format!("{}", digest.short()).into())
    }

    /// An event whose id is already spelled out.
    pub fn from_text(text: &str) -> EventId {
        EventId(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_each_of_its_fields_and_on_nothing_else() {
        let incident = IncidentId::derive(&"web".into(), &"down".into(), &EventId::from_source("host", "7"));
        let again = IncidentId::derive(&"web".into(), &"down".into(), &EventId::from_source("host", "7"));
        assert_eq!(incident, again);
        let run = RunId::derive(incident, 0, &"restart".into(), 1);
        for other in [
            RunId::derive(incident, 1, &"restart".into(), 1),
            RunId::derive(incident, 0, &"restart".into(), 2),
            RunId::derive(incident, 0, &"scale".into(), 1),
        ] {
            assert_ne!(run, other);
        }
        assert_ne!(CommandId::derive(run, 0, 1, "execute"), CommandId::derive(run, 0, 1, "rollback"));
        assert_ne!(CommandId::derive(run, 0, 1, "execute"), CommandId::derive(run, 1, 0, "execute"));
    }
}
