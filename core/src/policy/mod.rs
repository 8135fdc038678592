//! Floor 3: validated configuration. One way in: documents are read, checked whole, and become a [`Policy`]
//! or a list of all their problems.

pub mod actions;
pub mod authority;
pub mod blast;
pub mod code;
pub mod components;
pub mod condition;
pub mod describe;
pub mod detection;
pub mod document;
pub mod draft;
pub mod duration;
pub mod escalation;
pub mod groups;
pub mod health;
pub mod instant;
pub mod library;
pub mod limits;
mod lint;
pub mod mode;
pub mod notifications;
pub mod outside;
pub mod percentages;
pub mod playbook;
pub mod problem;
pub mod quantity;
pub mod resolve;
pub mod rotation;
pub mod safety;
pub mod severity;
pub mod url;
pub mod windows;

use crate::policy::actions::Action;
use crate::policy::components::Component;
use crate::policy::document::Origin;
use crate::policy::escalation::{Chain, Channel};
use crate::policy::groups::Aggregate;
use crate::policy::health::HealthRules;
use crate::policy::limits::Limits;
use crate::policy::mode::Mode;
use crate::policy::notifications::Notifications;
use crate::policy::playbook::Playbook;
use crate::policy::problem::Problem;
use crate::policy::rotation::Rotation;
use crate::policy::safety::Safety;
use crate::policy::severity::SeverityRule;
use crate::policy::windows::Window;
use crate::primitives::digest::Digest;
use crate::primitives::mask::Masker;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A document as the host read it. The first one given is the policy; the others are files it includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name in messages and in `include:`, usually a file name.
    pub name: String,
    /// Its text: YAML, or JSON.
    pub text: String,
}

/// The JSON Schema of a policy, for editors. It is made of the tables of `docs/policy.md`, which are those of the loader.
pub const SCHEMA: &str = include_str!("../../schema/policy.schema.json");

/// All configuration together, validated. Made only from documents; its fields are read, never set.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) actions: BTreeMap<Name, Arc<Action>>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) components: Vec<Arc<Component>>,
    pub(crate) digest: Digest,
    pub(crate) groups: BTreeMap<Name, Aggregate>,
    pub(crate) health: HealthRules,
    pub(crate) limits: Limits,
    pub(crate) masker: Masker,
    pub(crate) mode: Mode,
    pub(crate) notifications: Notifications,
    pub(crate) objective: Objective,
    pub(crate) people: BTreeMap<Name, BTreeSet<Name>>,
    pub(crate) playbooks: Vec<Arc<Playbook>>,
    pub(crate) rotations: BTreeMap<Name, Rotation>,
    pub(crate) safety: Safety,
    pub(crate) seed: u64,
    pub(crate) severity: Vec<SeverityRule>,
    pub(crate) sources: Vec<Source>,
    pub(crate) windows: Vec<Window>,
}

/// A policy that was read, and what about it is worth a second look.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// Accepted, but probably not meant, in the order of the documents.
    pub warnings: Vec<Problem>,
    /// Where its parts stand, for what a host has to say about them.
    pub origins: Origins,
}

/// Where the parts of a policy stand in its documents.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The entry that made each component, in the order of the components.
    pub components: Vec<Origin>,
    /// Each playbook that a document holds, in ladder order.
    pub playbooks: Vec<Origin>,
    /// The section `people`.
    pub people: Option<Origin>,
}

/// What the operators want to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// From onset to detection; 60 s.
    pub detect: Span,
    /// From onset to recovery; 20 min.
    pub recover: Span,
}

impl Policy {
    /// The action called `name`, also by an alias.
    pub fn action(&self, name: &Name) -> Option<&Arc<Action>> {
        self.actions.get(name)
    }

    /// The registry: every name and alias with its definition.
    pub fn actions(&self) -> &BTreeMap<Name, Arc<Action>> {
        &self.actions
    }

    /// Escalation chains, in the order they are tried.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Notification channels; never empty, there is always a log.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Components, by name.
    pub fn components(&self) -> &[Arc<Component>] {
        &self.components
    }

    /// The digest of all documents.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How those groups are as their members are for which it says so; every other is as its worst member.
    pub fn groups(&self) -> &BTreeMap<Name, Aggregate> {
        &self.groups
    }

    /// Flapping, grace and warm-up.
    pub fn health(&self) -> &HealthRules {
        &self.health
    }

    /// Limits on what the engine keeps.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What takes secrets out of texts.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// The global ceiling on the mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What the operators want to reach.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// How much people are told at one time.
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// Roles by principal.
    pub fn people(&self) -> &BTreeMap<Name, BTreeSet<Name>> {
        &self.people
    }

    /// Playbooks in ladder order.
    pub fn playbooks(&self) -> &[Arc<Playbook>] {
        &self.playbooks
    }

    /// Who takes turns on call, by the name that chains call them by.
    pub fn rotations(&self) -> &BTreeMap<Name, Rotation> {
        &self.rotations
    }

    /// Safety limits.
    pub fn safety(&self) -> &Safety {
        &self.safety
    }

    /// The seed of every random draw.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The severity rule table.
    pub fn severity(&self) -> &[SeverityRule] {
        &self.severity
    }

    /// The documents it was made from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Maintenance and change windows.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }
}
