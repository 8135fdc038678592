//! What can never come to pass: words that no component, person or incident answers to.

use super::Lint;
use crate::model::window::WindowKind;
use crate::policy::escalation::Chain;
use crate::policy::playbook::Playbook;
use crate::policy::problem::{Problem, listed};
use crate::policy::windows::When;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A level that comes later than this is more likely a slip: nobody waits so long with an incident.
const LATE: Span = Span::from_secs(7 * 86_400);

/// The types that checks and shipped playbooks know.
const TYPES: [&str; 20] = [
    "certificate",
    "custom",
    "deployment",
    "external",
    "filesystem",
    "http",
    "kubernetes_node",
    "mysql",
    "node",
    "pod",
    "postgres",
    "process",
    "prometheus",
    "queue",
    "redis",
    "service",
    "systemd",
    "tcp",
    "vm",
    "workflow",
];

/// How many subjects of chains are compared in all.
const MOST_COMPARED: usize = 2_000_000;

impl Lint<'_> {
    /// A type is any word, so that only one very near to a known one is doubted, and none that a trigger names.
    pub(super) fn misspelled_types(&self) {
        let triggers: BTreeSet<&str> =
            self.policy.playbooks.iter().flat_map(|playbook| &playbook.trigger.kinds).map(Name::as_str).collect();
        let is_known = |name: &str| TYPES.contains(&name) || triggers.contains(name);
        for (name, origin) in self.places.types.iter().filter(|(name, _)| !is_known(name.as_str())) {
            let known = TYPES.into_iter().chain(triggers.iter().copied());
            if let Some(near) = self.near.slip(name.as_str(), TYPES.len() + triggers.len(), known) {
                let warning = origin.warning(format!("`{name}` is nearly the type `{near}`, but not it"));
                let help = "a type is any word; triggers and conditions compare it letter by letter";
                (self.report)(warning.did_you_mean(Some(near)).help(help));
            }
        }
    }

    /// Playbooks of the policy's own whose trigger fits none of its components.
    pub(super) fn idle_playbooks(&self) {
        let components = &self.policy.components;
        let idle = |playbook: &Playbook| !components.iter().any(|component| playbook.trigger.concerns(component));
        let own = self.policy.playbooks.iter().zip(&self.places.parts.playbooks);
        for (playbook, origin) in own.filter(|(playbook, _)| !components.is_empty() && idle(playbook)) {
            if playbook.id.as_str().starts_with("library/") {
                continue;
            }
            let kinds = || components.iter().map(|component| component.kind.as_str());
            let near =
                playbook.trigger.kinds.iter().find_map(|kind| self.near.slip(kind.as_str(), components.len(), kinds()));
            let message = format!("the trigger of `{}` fits no component of this policy", playbook.id);
            let warning = origin.warning(message).help(why(playbook));
            (self.report)(match near {
                Some(near) => warning.help(format!("did you mean the type `{near}`?")),
                None => warning,
            });
        }
    }

    /// Chains that an earlier one leaves no incident, as far as that can be told cheaply.
    pub(super) fn covered_chains(&self) {
        let chains = &self.policy.chains;
        let mut left = MOST_COMPARED;
        for (at, (chain, origin)) in chains.iter().zip(self.places.chains).enumerate() {
            let cost = at.saturating_mul(chain.applies_to.len().saturating_add(1));
            let Some(rest) = usize::checked_sub(left, cost) else { return };
            left = rest;
            if let Some(first) = chains.iter().take(at).find(|first| covers(first, chain)) {
                let message = format!("the escalation chain `{}` is never reached", chain.name);
                let help =
                    format!("`{}` before it takes every incident that it is for: put this one first", first.name);
                (self.report)(origin.warning(message).help(help));
            }
        }
    }

    /// Levels that nobody will live to see.
    pub(super) fn late_levels(&self) {
        for (chain, origin) in self.policy.chains.iter().zip(self.places.chains) {
            let late = (1_u32..).zip(&chain.levels).find(|(_, level)| level.after > LATE);
            if let Some((number, level)) = late {
                let what =
                    format!("level {number} of the escalation chain `{}` comes after {}", chain.name, level.after);
                (self.report)(origin.warning(what).help("whom it names is called no earlier: is that meant?"));
            }
        }
    }

    /// Windows that last a whole day, as they end at the time at which they begin; maintenance that never ends.
    pub(super) fn odd_windows(&self) {
        for window in &self.policy.windows {
            let When::Every { days, from, to, .. } = &window.when else { continue };
            if from == to && *from == Span::ZERO && days.are_all() && window.kind == WindowKind::Maintenance {
                let over: Vec<&str> = window.over.iter().map(Name::as_str).collect();
                let over = if over.is_empty() { String::from("anything") } else { listed(over.into_iter()) };
                let what = format!("the maintenance window `{}` is always open", window.name);
                let help = format!("it holds back all that it says about {over}, for ever: is that meant?");
                (self.report)(self.places.whole.warning(what).help(help));
            } else if from == to && *from > Span::ZERO {
                let what = format!("the {} window `{}` lasts a whole day", window.kind, window.name);
                let help =
                    "it ends at the time of day at which it begins: write another `to`, or 00:00 to 00:00 for days";
                (self.report)(self.places.whole.warning(what).help(help));
            }
        }
    }

    /// Whom chains tell may be anybody, so that only a word very near to a person or a role of his is doubted.
    pub(super) fn misspelled_people(&self) {
        let people = &self.policy.people;
        let known: BTreeSet<&str> =
            people.iter().flat_map(|(who, roles)| roles.iter().chain([who])).map(Name::as_str).collect();
        let mut seen = BTreeSet::new();
        for (whom, origin) in self.places.told {
            if !known.contains(whom.as_str())
                && seen.insert(whom)
                && let Some(near) = self.near.slip(whom.as_str(), known.len(), known.iter().copied())
            {
                let warning: Problem = origin.warning(format!("nobody under `people` is called `{whom}`"));
                (self.report)(warning.did_you_mean(Some(near)).help("messages are addressed to the word as it stands"));
            }
        }
    }
}

fn why(playbook: &Playbook) -> &'static str {
    let trigger = &playbook.trigger;
    match (trigger.kinds.is_empty(), trigger.supervised) {
        (false, false) => "none is of such a type: compare `type` of the components",
        (true, true) => "none has `run`, and `supervised: true` asks for it",
        _ => "none is all that the trigger asks for at once",
    }
}

/// Whether every incident that `chain` is for goes to `first`.
fn covers(first: &Chain, chain: &Chain) -> bool {
    let subjects = first.applies_to.is_empty()
        || !chain.applies_to.is_empty() && chain.applies_to.iter().all(|one| first.applies_to.contains(one));
    subjects && chain.at_least.at_least(first.at_least)
}
