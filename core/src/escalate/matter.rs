//! What people are told, until it is worded: what waits is worded when it goes.

use crate::escalate::mail::{Letter, Origin};
use crate::escalate::{Desk, text};
use crate::model::ids::IncidentId;
use crate::model::incident::Incident;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Matter {
    /// A step of a run says something.
    Message(Letter),
    /// An incident is over.
    Over(About, Over),
    /// He is called.
    Page(About, Page),
}

/// The incident, for the case that it is forgotten when the message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    pub incident: IncidentId,
    pub severity: Severity,
    pub title: String,
    pub onset: Time,
}

/// A level of a chain calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Page {
    pub reason: String,
    pub chain: Name,
    /// From 1.
    pub number: u32,
    pub round: u32,
    /// The level after it, in words.
    pub next: Option<String>,
}

/// An incident is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Over {
    /// How often it was.
    pub round: u32,
    /// How it ended.
    pub state: String,
    /// Why he would have been called, where he was not yet.
    pub called_for: Option<String>,
}

impl About {
    pub fn of(incident: &Incident) -> About {
        let title = format!("{} {} {}", incident.severity, incident.component, incident.issue);
        About { incident: incident.id, severity: incident.severity, title, onset: incident.onset }
    }
}

impl Over {
    pub fn of(incident: &Incident, round: u32) -> Over {
        let state = incident.resolution.clone().unwrap_or_else(|| "resolved, until it has proved stable".to_string());
        Over { round, state, called_for: None }
    }
}

impl Matter {
    /// The incident that it is about.
    pub fn incident(&self) -> Option<IncidentId> {
        match self {
            Matter::Message(letter) => letter.notification.incident,
            Matter::Over(about, _) | Matter::Page(about, _) => Some(about.incident),
        }
    }

    pub fn severity(&self) -> Option<Severity> {
        match self {
            Matter::Message(letter) => letter.notification.severity,
            Matter::Over(about, _) | Matter::Page(about, _) => Some(about.severity),
        }
    }

    /// The level of its chain, from 1; 0 where it is none.
    pub fn level(&self) -> u32 {
        match self {
            Matter::Page(_, page) => page.number,
            _ => 0,
        }
    }

    /// The whole message.
    pub fn letter(&self, to: (&Name, &Name), desk: &Desk<'_>) -> Letter {
        match self {
            Matter::Message(letter) => letter.clone(),
            Matter::Over(about, over) => text::over(about, over, to, desk),
            Matter::Page(about, page) => text::page(about, page, to, desk),
        }
    }
}

/// Something to tell, with the channels to try should its own fail, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub matter: Matter,
    pub others: Vec<Name>,
    pub origins: Vec<Origin>,
}

impl Told {
    /// It is said instead of what was to be said of the same incident before.
    pub fn take_place_of(&mut self, before: Told) {
        if let (Matter::Page(_, page), Matter::Over(_, over)) = (&before.matter, &mut self.matter) {
            over.called_for = Some(page.reason.clone());
        }
        for origin in before.origins {
            if !self.origins.contains(&origin) {
                self.origins.push(origin);
            }
        }
    }
}
