//! What reaches the loop from its surroundings, and what is answered.

use super::orders::Order;
use super::people::Peer;
use super::recover::Tail;
use homeostat_core::model::event::{CheckReport, Event, Outcome};
use homeostat_core::model::evidence::EvidenceReport;
use homeostat_core::model::ids::NotificationId;
use homeostat_core::primitives::json;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::oneshot;

/// What reaches the loop.
#[derive(Debug)]
pub(super) enum Message {
    Asked(Asked),
    Report(Report),
    /// The state after event `seq`, and how long it took to write it out.
    Snapshot {
        seq: i64,
        bytes: Vec<u8>,
        took: Duration,
        before: Tail,
    },
    Stop,
}

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was taken.
    pub accepted: bool,
    /// Why not, or what came of it.
    pub detail: String,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub data: serde_json::Value,
}

impl Answer {
    /// It was not taken.
    pub(super) fn refused(detail: impl Into<String>) -> Answer {
        Answer { accepted: false, detail: detail.into(), data: serde_json::Value::Null }
    }

    /// It was taken.
    pub(super) fn accepted(detail: impl Into<String>) -> Answer {
        Answer { accepted: true, detail: detail.into(), data: serde_json::Value::Null }
    }
}

/// What came in.
#[derive(Debug)]
pub(super) struct Asked {
    pub peer: Peer,
    /// The order, or the bytes that are none with why.
    pub order: Result<Order, (Vec<u8>, String)>,
    pub reply: oneshot::Sender<Answer>,
}

/// What the tasks at the edge report.
#[derive(Debug, Clone)]
pub(super) enum Report {
    /// A check gave an answer.
    Checked(CheckReport),
    /// A command came to an end.
    Performed(Outcome),
    /// What was seen around an incident.
    Seen(EvidenceReport),
    /// A message arrived, or did not.
    Told(NotificationId, Result<(), String>),
}

impl Report {
    /// The row of the outbox that it ends, with how.
    pub fn ends(&self) -> Option<(String, Vec<u8>)> {
        let (id, how) = match self {
            Report::Checked(_) | Report::Seen(_) => return None,
            Report::Performed(outcome) => (outcome.command.to_string(), json::canonical(outcome)),
            Report::Told(notification, told) => (notification.to_string(), json::canonical(told)),
        };
        Some((id, how.unwrap_or_default()))
    }

    /// The same report with what is said in `event`, which was made from it.
    pub fn retold(self, event: &Event) -> Report {
        match (self, event) {
            (Report::Checked(_), Event::CheckReported(report)) => Report::Checked(report.clone()),
            (Report::Performed(_), Event::OutcomeReported(outcome)) => Report::Performed(outcome.clone()),
            (Report::Told(id, Err(_)), Event::DeliveryReported { detail, .. }) => Report::Told(id, Err(detail.clone())),
            (report, _) => report,
        }
    }

    /// As the engine is told.
    pub fn into_event(self) -> Event {
        match self {
            Report::Checked(report) => Event::CheckReported(report),
            Report::Performed(outcome) => Event::OutcomeReported(outcome),
            Report::Seen(report) => Event::EvidenceReported(report),
            Report::Told(notification, told) => Event::DeliveryReported {
                notification,
                delivered: told.is_ok(),
                detail: told.err().unwrap_or_default(),
            },
        }
    }
}
