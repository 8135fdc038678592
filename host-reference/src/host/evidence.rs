//! What was seen around an incident: what the engine was told lately, how processes stand, and what they printed last.
//! A host has no traces; whoever has them answers through a host of its own.

use crate::supervise::{InstanceId, Status, Supervisor};
use homeostat_core::engine::Engine;
use homeostat_core::model::evidence::{EvidenceItem, EvidenceKind, EvidenceReport, EvidenceRequest, EvidenceWindow};
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// How long looking may take: the engine waits a little longer, so that what was found counts.
const LOOKING: Duration = Duration::from_secs(4);
/// Bytes at the end of what an instance printed.
const LOG_BYTES: u64 = 16 * 1024;
/// Instances of one component that are looked at.
const INSTANCES: usize = 5;
/// Samples of one metric, the latest ones.
const SAMPLES: usize = 20;

/// What the engine knows already: samples, and how the component and what it needs are.
pub(super) fn known(engine: &Engine, request: &EvidenceRequest) -> Vec<EvidenceItem> {
    let knowledge = engine.knowledge();
    let mut items = Vec::new();
    for component in &request.components {
        let Some(definition) = knowledge.topology.component(component) else { continue };
        // A service that it needs is not one of its members, which are named besides.
        let needed = definition.depends_on.iter().filter(|name| knowledge.topology.component(name).is_some());
        for name in std::iter::once(component).chain(needed) {
            let health = knowledge.health.of(name, &knowledge.topology);
            let text =
                if name == component { health.state.to_string() } else { format!("needs {name}: {}", health.state) };
            items.push(item(EvidenceKind::Context, component, Some(health.since), text));
        }
        let Some(window) = window(request, EvidenceKind::Metrics) else { continue };
        for metric in knowledge.metrics.of(component.as_str()) {
            let named = (component.as_str(), metric.as_str());
            let samples: Vec<_> = knowledge.metrics.between(named, window.from, window.until).collect();
            let latest = samples.iter().skip(samples.len().saturating_sub(SAMPLES));
            let text = |value| format!("{metric} {value}");
            items.extend(latest.map(|(at, value)| item(EvidenceKind::Metrics, component, Some(*at), text(value))));
        }
    }
    items
}

/// The whole answer; where looking takes too long, what the engine knew.
pub(super) async fn collect(
    supervisor: Arc<Supervisor>,
    request: Arc<EvidenceRequest>,
    known: Vec<EvidenceItem>,
) -> EvidenceReport {
    let asked = Arc::clone(&request);
    let looking = tokio::task::spawn_blocking(move || seen(&supervisor, &asked));
    let seen = match tokio::time::timeout(LOOKING, looking).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    let items = known.into_iter().chain(seen).collect();
    EvidenceReport { id: request.id, epoch: request.epoch, items }
}

/// How the supervised processes stand, and what they printed last. Lines carry no time of their own: those of a log that
/// nothing was written to since before are left out.
fn seen(supervisor: &Supervisor, request: &EvidenceRequest) -> Vec<EvidenceItem> {
    let mut items = Vec::new();
    let since = window(request, EvidenceKind::Logs).map_or(0, |window| window.from.ms());
    let since = UNIX_EPOCH + Duration::from_millis(since.max(0).unsigned_abs());
    let started = supervisor.instances();
    for component in &request.components {
        let own = |instance: &&InstanceId| instance.component == component.as_str();
        for instance in started.iter().filter(own).take(INSTANCES) {
            let text = format!("{instance}: {}", standing(&supervisor.status(instance)));
            items.push(item(EvidenceKind::Context, component, None, text));
            for line in supervisor.last_lines(instance, LOG_BYTES, since) {
                items.push(item(EvidenceKind::Logs, component, None, line));
            }
        }
    }
    items
}

fn standing(status: &Status) -> String {
    match status {
        Status::Ended(Some(how)) => format!("its process ended, {how}"),
        Status::Ended(None) => "its process ended".to_owned(),
        Status::Failed(why) => why.clone(),
        Status::NotStarted => "its process is not started".to_owned(),
        Status::Running(running) => format!("runs, pid {}", running.process.pid),
    }
}

fn window(request: &EvidenceRequest, kind: EvidenceKind) -> Option<&EvidenceWindow> {
    request.windows.iter().find(|window| window.kind == kind)
}

fn item(kind: EvidenceKind, component: &Name, at: Option<Time>, text: String) -> EvidenceItem {
    EvidenceItem { kind, component: component.clone(), at, text }
}
