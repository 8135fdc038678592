//! What the stages of the engine concluded. Facts are the events it emits, the audit trail, and the explanation.

pub use crate::model::conclusion::Conclusion;
use crate::model::ids::{EventId, IncidentId, RunId};
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Under which an incident that was opened or reopened has the words of the alert that did it.
pub const SUMMARY: &str = "summary";

/// One conclusion: what, by which rule, from which values, because of which events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When it was concluded.
    pub at: Time,
    /// The stable id of the rule that concluded it, `<stage>.<rule>`.
    pub rule: Cow<'static, str>,
    /// The component it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Name>,
    /// The incident it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The events that decided it, the most direct first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<EventId>,
    /// The values compared, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(Cow<'static, str>, Value)>,
    /// What was concluded.
    pub said: Conclusion,
}

impl Fact {
    /// A fact by `rule` at `at`; further parts are added with the `about_…` methods.
    pub fn new(at: Time, rule: &'static str, said: Conclusion) -> Fact {
        Fact {
            at,
            rule: Cow::Borrowed(rule),
            component: None,
            incident: None,
            run: None,
            because: Vec::new(),
            values: Vec::new(),
            said,
        }
    }

    /// Names the component.
    #[must_use]
    pub fn component(mut self, component: &Name) -> Fact {
        self.component = Some(component.clone());
        self
    }

    /// Names the incident.
    #[must_use]
    pub fn incident(mut self, incident: IncidentId) -> Fact {
        self.incident = Some(incident);
        self
    }

    /// Names the run.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Fact {
        self.run = Some(run);
        self
    }

    /// Names the events that decided it.
    #[must_use]
    pub fn because(mut self, events: impl IntoIterator<Item = EventId>) -> Fact {
        if self.because.is_empty() {
            // Mostly a list is given, and its memory is taken over.
            self.because = events.into_iter().collect();
        } else {
            self.because.extend(events);
        }
        self
    }

    /// Adds a compared value.
    #[must_use]
    pub fn value(mut self, name: &'static str, value: Value) -> Fact {
        self.values.push((Cow::Borrowed(name), value));
        self
    }
}
