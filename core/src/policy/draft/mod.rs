//! Documents become a policy: every section read, every default filled in, every mistake recorded.

pub mod action;
mod address;
mod argument;
mod argv;
mod caution;
mod checks;
mod components;
mod condition;
mod escalation;
mod groups;
mod health;
mod instance;
mod limits;
mod masking;
mod names;
mod needs;
mod notifications;
mod people;
pub mod playbook;
mod playbooks;
mod probes;
mod registration;
mod roster;
mod rotations;
mod safety;
mod sev0;
mod severity;
mod storm;
mod trust;
mod windows;

use crate::model::window::WindowKind;
use crate::policy::actions::Action;
use crate::policy::components::Component;
use crate::policy::condition::Open;
use crate::policy::document::{self, Fields, Item, Origin};
use crate::policy::escalation::{Channel, ChannelKind};
use crate::policy::limits::Limits;
use crate::policy::mode::Mode;
use crate::policy::notifications::Notifications;
use crate::policy::playbook::Playbook;
use crate::policy::problem::{Near, Problem, Problems, Spot, listed, shown, suggest};
use crate::policy::rotation::Rotation;
use crate::policy::safety::Safety;
use crate::policy::windows::Window;
use crate::policy::{Loaded, Objective, Origins, Policy, Source, lint};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use names::{mins, secs, span};
use roster::Roster;

/// The sections of a policy.
const SECTIONS: &[&str] = &[
    "mode",
    "objective",
    "components",
    "playbooks",
    "actions",
    "safety",
    "maintenance",
    "change_windows",
    "groups",
    "health",
    "severity",
    "escalation",
    "escalation_policies",
    "channels",
    "notifications",
    "people",
    "rotations",
    "limits",
    "masking",
    "seed",
];

/// The modes, as policies spell them.
const MODES: [(&str, Mode); 5] = [
    ("off", Mode::Off),
    ("observe", Mode::Observe),
    ("suggest", Mode::Suggest),
    ("approve", Mode::Approve),
    ("auto", Mode::Auto),
];

impl Policy {
    /// Reads a policy: the first source, and the others as it includes them. All mistakes are found at once.
    ///
    /// # Errors
    /// Every problem, in the order of the documents, when there is at least one error. Nothing was loaded then.
    pub fn load(sources: &[Source]) -> Result<Loaded, Vec<Problem>> {
        let problems = Problems::new();
        let policy = draft(sources, &problems);
        match policy {
            Some((policy, origins)) if !problems.has_errors() => {
                Ok(Loaded { policy, warnings: problems.into_sorted(), origins })
            }
            _ => Err(problems.into_sorted()),
        }
    }
}

fn draft(sources: &[Source], problems: &Problems) -> Option<(Policy, Origins)> {
    let first = sources.first().or_else(|| {
        let place = crate::policy::problem::Place::new(&Arc::from("policy"), Spot::default());
        problems.push(Problem::error(place, "there is no document").help("give at least one"));
        None
    })?;
    let document = document::load(&first.name, first.text.as_bytes(), &document::Limits::default(), problems)?;
    let root = Item::root(&document, problems);
    if root.is_null() {
        root.report(root.error("the document is empty"));
        return None;
    }
    let fields = root.fields("a policy", SECTIONS)?;
    let limits = fields.or("limits", Limits::default(), limits::limits);
    let roster = fields.get("components", |item| roster::roster(item, limits.components)).unwrap_or_default();
    let rules = severity::with_shipped(fields.get("severity", severity::rules).unwrap_or_default(), problems);
    let actions = registry(&fields, problems);
    let drafted = playbooks::playbooks(&fields, sources, &roster, &actions, problems);
    let playbooks::Drafted { playbooks, origins: playbook_origins } = drafted;
    let declared = fields.get("channels", people::channels);
    let rotations = fields.get("rotations", rotations::rotations).unwrap_or_default();
    let escalation = escalation(&fields, declared.as_deref().unwrap_or_default(), &rotations, problems);
    let channels = channels(&root, declared, &escalation);
    check_subjects(&root, &escalation, &roster);
    let mut approvers = Vec::new();
    let safety = fields.or("safety", Safety::default(), |item| {
        let drafted = safety::safety(item)?;
        check_budgets(item, &drafted, &roster);
        approvers = drafted.approvers;
        Some(sev0::resolve(item, drafted.safety, drafted.sev0_allow.as_deref(), &actions))
    });
    let windows = read_windows(&root, &fields, &roster);
    let notifications = read_notifications(&root, &fields, &roster);
    let people = fields.get("people", people::Drafted::read).unwrap_or_default();
    check_roles(&root, &people, &approvers, &safety, &escalation, &playbooks);
    let policy = Policy {
        groups: groups::groups(&fields, &roster),
        health: health::rules(&fields, &roster.components),
        actions,
        chains: escalation.chains,
        channels,
        components: roster.components,
        digest: digest(sources),
        limits,
        masker: fields.get("masking", masking::masking).unwrap_or_default(),
        mode: fields.or("mode", Mode::default(), |item| item.one_of(&MODES)),
        notifications,
        objective: fields.or("objective", Objective::default(), objective),
        people: people.people,
        playbooks,
        rotations,
        safety,
        seed: fields.get("seed", seed).unwrap_or(0),
        severity: rules,
        sources: sources.to_vec(),
        windows,
    };
    let people_at = fields.get("people", |item| Some(item.key_origin()));
    let origins = Origins { components: roster.origins, playbooks: playbook_origins, people: people_at };
    if !problems.has_errors() {
        let (types, chains, told) = (&roster.types, &escalation.origins, &escalation.told);
        let safety = fields.get("safety", |item| Some(item.key_origin()));
        let places = lint::Places { whole: &root.origin(), parts: &origins, types, chains, safety, told };
        lint::lint(&policy, &places, &|problem| problems.push(problem));
    }
    Some((policy, origins))
}

impl Default for Objective {
    fn default() -> Objective {
        Objective { detect: secs(60), recover: mins(20) }
    }
}

fn objective(item: &Item<'_>) -> Option<Objective> {
    let known = ["detect", "detect_seconds", "recover", "recover_seconds", "recover_minutes"];
    let fields = item.fields("`objective`", &known)?;
    let usual = Objective::default();
    let range = secs(1)..=Span::from_secs(30 * 86_400);
    Some(Objective {
        detect: span(&fields, "detect", range.clone()).unwrap_or(usual.detect),
        recover: span(&fields, "recover", range).unwrap_or(usual.recover),
    })
}

fn seed(item: &Item<'_>) -> Option<u64> {
    item.integer(0..=crate::policy::quantity::LARGEST).and_then(|seed| u64::try_from(seed).ok())
}

fn escalation(
    fields: &Fields<'_>,
    channels: &[Channel],
    rotations: &BTreeMap<Name, Rotation>,
    problems: &Problems,
) -> escalation::Drafted {
    let mut drafted = escalation::Drafted::default();
    fields.get("escalation", |item| drafted.chains(item));
    fields.get("escalation_policies", |item| drafted.older_chains(item));
    drafted.complete(&escalation::Known { channels, rotations }, problems)
}

/// The channels: those declared, a log in any case, and those that chains name without declaring them, which the host
/// must know. A near miss of a declared one is a mistake.
fn channels(root: &Item<'_>, declared: Option<Vec<Channel>>, escalation: &escalation::Drafted) -> Vec<Channel> {
    let mut channels = declared.unwrap_or_default();
    if !channels.iter().any(|channel| channel.kind == ChannelKind::Log) {
        channels.push(Channel { name: Name::new("log"), kind: ChannelKind::Log });
    }
    let known: BTreeSet<Name> = channels.iter().map(|channel| channel.name.clone()).collect();
    let mut undeclared = BTreeSet::new();
    for (name, origin) in escalation.channels.iter().filter(|(name, _)| !known.contains(name)) {
        let message = format!("channel `{}` is not declared under `channels`", shown(name.as_str()));
        if let Some(near) = suggest(name.as_str(), known.iter().map(Name::as_str)) {
            root.report(origin.error(message).did_you_mean(Some(near)));
        } else if undeclared.insert(name.clone()) {
            root.report(
                origin.warning(message).help("a host that does not know it by this name tries the next channel"),
            );
            channels.push(Channel { name: name.clone(), kind: ChannelKind::Custom(name.clone()) });
        }
    }
    channels
}

/// A role that is none of the known ones must be named where it matters, and one that may approve must be held.
fn check_roles(
    root: &Item<'_>,
    people: &people::Drafted,
    approvers: &[(Name, Origin)],
    safety: &Safety,
    escalation: &escalation::Drafted,
    playbooks: &[Arc<Playbook>],
) {
    let told = escalation.told.iter().map(|(name, _)| name);
    let called = playbooks.iter().flat_map(|playbook| &playbook.escalation);
    let named = safety.approval.any_of.iter().chain(told).chain(called).collect();
    people.report_idle_roles(&named, &|problem| root.report(problem));
    people.report_approvers(approvers, &|problem| root.report(problem));
}

fn check_subjects(root: &Item<'_>, escalation: &escalation::Drafted, roster: &Roster) {
    let (groups, close) = (group_sizes(&roster.components, true), Near::new());
    for (name, origin, known) in escalation.subjects.iter().filter(|(name, ..)| !groups.contains_key(name)) {
        let message = format!("no component, service or group is called `{}`", shown(name.as_str()));
        let problem = if *known { origin.error(message) } else { origin.warning(message) };
        let near = close.of(name.as_str(), groups.len(), groups.keys().map(Name::as_str));
        root.report(problem.did_you_mean(near));
    }
}

/// The shipped actions, and those of the policy.
fn registry(fields: &Fields<'_>, problems: &Problems) -> BTreeMap<Name, Arc<Action>> {
    let mut registry = action::Registry::shipped(&Open, problems);
    fields.get("actions", |item| {
        registry.read(item, &Open);
        Some(())
    });
    registry.finish(problems)
}

fn read_windows(root: &Item<'_>, fields: &Fields<'_>, roster: &Roster) -> Vec<Window> {
    let mut windows = windows::Drafted::default();
    fields.get("maintenance", |item| windows.read(item, WindowKind::Maintenance));
    fields.get("change_windows", |item| windows.read(item, WindowKind::Change));
    check_named(root, &windows.subjects, roster);
    windows.windows
}

fn read_notifications(root: &Item<'_>, fields: &Fields<'_>, roster: &Roster) -> Notifications {
    let mut drafted = notifications::Drafted::default();
    fields.get("notifications", |item| drafted.read(item));
    check_named(root, &drafted.subjects, roster);
    drafted.rules
}

fn check_named(root: &Item<'_>, subjects: &[(Name, Origin)], roster: &Roster) {
    let (groups, close) = (group_sizes(&roster.components, true), Near::new());
    for (name, origin) in subjects.iter().filter(|(name, _)| !groups.contains_key(name)) {
        let problem = origin.error(format!("no component, service or group is called `{}`", shown(name.as_str())));
        root.report(problem.did_you_mean(close.of(name.as_str(), groups.len(), groups.keys().map(Name::as_str))));
    }
}

fn check_budgets(item: &Item<'_>, drafted: &safety::Drafted, roster: &Roster) {
    let (groups, close) = (group_sizes(&roster.components, false), Near::new());
    for (name, origin) in &drafted.budgets {
        let Some(size) = groups.get(name) else {
            let near = close.of(name.as_str(), groups.len(), groups.keys().map(Name::as_str));
            let problem = origin.error(format!("no service or group is called `{}`", shown(name.as_str())));
            let known = listed(groups.keys().map(Name::as_str));
            item.report(problem.did_you_mean(near).help(format!("services and groups: {known}")));
            continue;
        };
        let keep = drafted.safety.budgets.get(name).map_or(0, |budget| budget.keep_healthy_at_least.of(*size));
        if keep > *size {
            let message = format!("`{}` has {size} members, it can never keep {keep} healthy", shown(name.as_str()));
            item.report(origin.warning(message).help("nothing automatic will ever be done on its healthy members"));
        }
    }
}

/// The size of every service and group, and of every component as a group of one where `alone`.
pub(in crate::policy) fn group_sizes(components: &[Arc<Component>], alone: bool) -> BTreeMap<Name, u32> {
    let mut sizes: BTreeMap<Name, u32> = BTreeMap::new();
    for component in components {
        let own = (alone && component.service() != &component.name).then_some(&component.name);
        let names = component.groups.iter().filter(|group| *group != component.service());
        for name in names.chain([component.service()]).chain(own) {
            let size = sizes.entry(name.clone()).or_default();
            *size = size.saturating_add(1);
        }
    }
    sizes
}

fn digest(sources: &[Source]) -> Digest {
    let fields: Vec<&[u8]> =
        sources.iter().flat_map(|source| [source.name.as_bytes(), source.text.as_bytes()]).collect();
    Digest::of_fields(&fields)
}
