//! Which chain is for an incident, and over which channels people are reached.

use crate::escalate::Desk;
use crate::model::incident::Incident;
use crate::model::severity::Severity;
use crate::policy::Policy;
use crate::policy::escalation::{Chain, ChainLevel, LevelCondition};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The first chain that applies to the incident; without one the first that applies to everything. The policy always
/// has one, and should it not, everybody on call hears over every channel.
pub(super) fn choose(policy: &Policy, about: Option<(&Incident, &Desk<'_>)>) -> Chain {
    let applies = |chain: &&Chain| match about {
        None => chain.applies_to.is_empty(),
        Some((incident, desk)) => {
            incident.severity.at_least(chain.at_least)
                && (chain.applies_to.is_empty() || names(incident, desk).any(|name| chain.applies_to.contains(name)))
        }
    };
    let chain = policy.chains().iter().filter(|chain| !chain.levels.is_empty()).find(applies);
    chain.cloned().unwrap_or_else(|| Chain {
        name: "everybody".into(),
        applies_to: BTreeSet::new(),
        at_least: Severity::Sev3,
        levels: [ChainLevel {
            after: Span::ZERO,
            condition: LevelCondition::NotResolved,
            notify: Vec::new(),
            by: Vec::new(),
            repeat: None,
        }]
        .into(),
    })
}

/// What a chain may call the incident's component by: its name, its service, its groups.
fn names<'a>(incident: &'a Incident, desk: &'a Desk<'_>) -> impl Iterator<Item = &'a Name> {
    let component = desk.knowledge.topology.component(&incident.component);
    let others = component.into_iter().flat_map(|component| component.groups.iter().chain([component.service()]));
    others.chain([&incident.component])
}

/// The policy's channels by name; a log without any.
pub(super) fn channels(policy: &Policy) -> Vec<Name> {
    let all: Vec<Name> = policy.channels().iter().map(|channel| channel.name.clone()).collect();
    if all.is_empty() { [Name::new("log")].into() } else { all }
}

/// Over which channels something is said, each with those to try should it fail: over the first of `by` and then the
/// others; over all at once where `by` names none.
pub(super) fn routes(by: &[Name], all: &[Name]) -> Vec<(Name, Vec<Name>)> {
    if by.is_empty() {
        return all.iter().map(|channel| (channel.clone(), Vec::new())).collect();
    }
    let sequence = first_then(by, all);
    sequence.split_first().map(|(first, others)| (first.clone(), others.to_vec())).into_iter().collect()
}

/// `first`, and behind it the rest of `all`.
pub(super) fn first_then(first: &[Name], all: &[Name]) -> Vec<Name> {
    let mut sequence: Vec<Name> = Vec::new();
    for channel in first.iter().chain(all) {
        if !sequence.contains(channel) {
            sequence.push(channel.clone());
        }
    }
    sequence
}
