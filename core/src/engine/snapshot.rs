//! Snapshots: the whole state at one point of the journal. A snapshot and the rest of the journal give what the journal
//! gives from its beginning. The policy is in it as its documents; what is in flight keeps its own definitions.

use crate::analyze::Analyze;
use crate::detect::Detect;
use crate::engine::Engine;
use crate::engine::history::History;
use crate::escalate::Escalate;
use crate::knowledge::Knowledge;
use crate::knowledge::confirmed::Confirmed;
use crate::knowledge::context::Draft;
use crate::knowledge::control::Control;
use crate::knowledge::flapping::Flapping;
use crate::knowledge::grace::Grace;
use crate::knowledge::health::Health;
use crate::knowledge::incidents::Incidents;
use crate::knowledge::metrics::Metrics;
use crate::knowledge::people::People;
use crate::knowledge::records::Records;
use crate::knowledge::reports::Reports;
use crate::knowledge::runs::Runs;
use crate::knowledge::storms::Storms;
use crate::knowledge::timeline::Timeline;
use crate::knowledge::warm_up::WarmUp;
use crate::knowledge::watch::Watches;
use crate::knowledge::windows::Windows;
use crate::learn::Learn;
use crate::monitor::{self, Monitor};
use crate::policy::components::Component;
use crate::policy::{Policy, Source};
use crate::primitives::digest::Digest;
use crate::primitives::json;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::Remediate;
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version of the snapshot's form. Old ones load for ever.
pub const FORMAT: u32 = 1;

/// The version of what the engine decides. A journal is replayed under the behaviour it was written under, or refused.
pub const BEHAVIOUR: u32 = 1;

/// Why a snapshot cannot be taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// It is not what was written: truncated or changed.
    Corrupt(String),
    /// It was written by a later version.
    Newer(u32),
    /// The policy in it is no longer accepted.
    Policy(String),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::Corrupt(detail) => write!(f, "the snapshot is damaged: {detail}"),
            RestoreError::Newer(format) => {
                write!(f, "the snapshot has format {format}, this version reads up to {FORMAT}: use a later version")
            }
            RestoreError::Policy(detail) => write!(f, "the policy in the snapshot is not accepted: {detail}"),
        }
    }
}

impl core::error::Error for RestoreError {}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    format: u32,
    behaviour: u32,
    digest: Digest,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// The state as it is written.
#[derive(Serialize, Deserialize)]
struct State<'a> {
    now: Time,
    sources: Cow<'a, [Source]>,
    registered: Vec<Arc<Component>>,
    removed: BTreeSet<Name>,
    /// Where a version wrote none, nothing is taken for confirmed before it is again.
    #[serde(default, skip_serializing_if = "Confirmed::is_empty")]
    confirmed: Cow<'a, Confirmed>,
    control: Cow<'a, Control>,
    #[serde(default)]
    flapping: Cow<'a, Flapping>,
    #[serde(default)]
    grace: Cow<'a, Grace>,
    health: BTreeMap<Name, Health>,
    #[serde(default)]
    history: Cow<'a, History>,
    incidents: Cow<'a, Incidents>,
    metrics: Cow<'a, Metrics>,
    #[serde(default)]
    people: Cow<'a, People>,
    #[serde(default)]
    records: Cow<'a, Records>,
    reports: Cow<'a, Reports>,
    runs: Cow<'a, Runs>,
    #[serde(default)]
    storms: Cow<'a, Storms>,
    timeline: Cow<'a, Timeline>,
    /// A snapshot of a version without one was taken by an engine that was at work.
    #[serde(default = "WarmUp::unknown_before")]
    warm_up: WarmUp,
    watches: Cow<'a, Watches>,
    #[serde(default)]
    windows: Cow<'a, Windows>,
    monitor: monitor::Saved,
    detect: Cow<'a, Detect>,
    analyze: Cow<'a, Analyze>,
    remediate: Cow<'a, Remediate>,
    escalate: Cow<'a, Escalate>,
    learn: Cow<'a, Learn>,
}

impl Engine {
    /// The whole state, in canonical JSON with its own digest.
    pub fn snapshot(&self) -> Vec<u8> {
        let state = json::canonical(&self.state()).unwrap_or_default();
        let digest = Digest::of(&state);
        let text = String::from_utf8(state).unwrap_or_default();
        let Ok(raw) = RawValue::from_string(text) else { return Vec::new() };
        let envelope = Envelope { format: FORMAT, behaviour: BEHAVIOUR, digest, state: &raw };
        json::canonical(&envelope).unwrap_or_default()
    }

    /// The digest of the whole state: equal states have equal digests on every platform.
    pub fn digest(&self) -> Digest {
        json::digest(&self.state())
    }

    /// The engine that wrote `bytes`.
    ///
    /// # Errors
    /// When the bytes are damaged, written by a later version, or hold a policy that is no longer accepted.
    pub fn restore(bytes: &[u8]) -> Result<Engine, RestoreError> {
        let corrupt = |error: serde_json::Error| RestoreError::Corrupt(error.to_string());
        let envelope: Envelope<'_> = serde_json::from_slice(bytes).map_err(corrupt)?;
        if envelope.format > FORMAT || envelope.behaviour > BEHAVIOUR {
            return Err(RestoreError::Newer(envelope.format.max(envelope.behaviour)));
        }
        if Digest::of(envelope.state.get().as_bytes()) != envelope.digest {
            return Err(RestoreError::Corrupt("its digest does not match".into()));
        }
        let state: State<'_> = serde_json::from_str(envelope.state.get()).map_err(corrupt)?;
        let loaded = Policy::load(&state.sources).map_err(|problems| {
            RestoreError::Policy(problems.first().map(|problem| problem.message.clone()).unwrap_or_default())
        })?;
        Ok(Engine::from_state(loaded.policy, state))
    }

    fn from_state(policy: Policy, state: State<'_>) -> Engine {
        let mut knowledge = Knowledge {
            confirmed: state.confirmed.into_owned(),
            control: state.control.into_owned(),
            flapping: state.flapping.into_owned(),
            grace: state.grace.into_owned(),
            incidents: state.incidents.into_owned().restored(),
            metrics: state.metrics.into_owned(),
            people: state.people.into_owned(),
            records: state.records.into_owned(),
            reports: state.reports.into_owned(),
            runs: state.runs.into_owned(),
            storms: state.storms.into_owned(),
            timeline: state.timeline.into_owned(),
            warm_up: state.warm_up,
            watches: state.watches.into_owned(),
            windows: state.windows.into_owned(),
            ..Knowledge::default()
        };
        let kept = policy.components().iter().filter(|component| !state.removed.contains(&component.name));
        for component in kept.chain(&state.registered) {
            knowledge.topology.register(Arc::clone(component));
        }
        for (name, health) in &state.health {
            if let Some(slot) = knowledge.topology.slot(name) {
                knowledge.restore_health(slot, *health);
            }
        }
        let engine = Engine {
            now: state.now,
            next: None,
            history: state.history.into_owned(),
            registered: state.registered.iter().map(|component| component.name.clone()).collect(),
            monitor: Monitor::restore(&state.monitor, &knowledge, &policy),
            policy: Arc::new(policy),
            knowledge,
            detect: state.detect.into_owned(),
            analyze: state.analyze.into_owned().restored(),
            remediate: state.remediate.into_owned(),
            escalate: state.escalate.into_owned(),
            learn: state.learn.into_owned(),
            draft: Draft::default(),
        };
        engine.with_deadline()
    }

    fn state(&self) -> State<'_> {
        let topology = &self.knowledge.topology;
        let missing = |component: &&Arc<Component>| topology.component(&component.name).is_none();
        let health = topology.iter().map(|(slot, component)| (component.name.clone(), self.knowledge.health.at(slot)));
        State {
            now: self.now,
            sources: Cow::Borrowed(self.policy.sources()),
            registered: self.registered.iter().filter_map(|name| topology.component(name)).cloned().collect(),
            removed: self.policy.components().iter().filter(missing).map(|component| component.name.clone()).collect(),
            confirmed: Cow::Borrowed(&self.knowledge.confirmed),
            control: Cow::Borrowed(&self.knowledge.control),
            flapping: Cow::Borrowed(&self.knowledge.flapping),
            grace: Cow::Borrowed(&self.knowledge.grace),
            history: Cow::Borrowed(&self.history),
            health: health.filter(|(_, health)| *health != Health::default()).collect(),
            incidents: Cow::Borrowed(&self.knowledge.incidents),
            metrics: Cow::Borrowed(&self.knowledge.metrics),
            people: Cow::Borrowed(&self.knowledge.people),
            records: Cow::Borrowed(&self.knowledge.records),
            reports: Cow::Borrowed(&self.knowledge.reports),
            runs: Cow::Borrowed(&self.knowledge.runs),
            storms: Cow::Borrowed(&self.knowledge.storms),
            timeline: Cow::Borrowed(&self.knowledge.timeline),
            warm_up: self.knowledge.warm_up,
            watches: Cow::Borrowed(&self.knowledge.watches),
            windows: Cow::Borrowed(&self.knowledge.windows),
            monitor: self.monitor.snapshot(),
            detect: Cow::Borrowed(&self.detect),
            analyze: Cow::Borrowed(&self.analyze),
            remediate: Cow::Borrowed(&self.remediate),
            escalate: Cow::Borrowed(&self.escalate),
            learn: Cow::Borrowed(&self.learn),
        }
    }
}
