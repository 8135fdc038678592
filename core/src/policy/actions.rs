//! The action registry: what every named operation takes, touches and risks.

use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::condition::Condition;
use crate::primitives::digest::Digest;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The definition of one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its name, as playbooks call it.
    pub name: Name,
    /// Other names for it.
    pub aliases: Vec<Name>,
    /// `infrastructure`, `kubernetes`, `application`, `database`, `network` …
    pub category: Name,
    /// What kinds of sensitive thing it is, if any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<ActionClass>,
    /// How risky it is.
    pub risk: Risk,
    /// What it takes.
    pub parameters: BTreeMap<Arc<str>, Parameter>,
    /// What it touches, for its blast.
    pub touches: Touches,
    /// Whether carrying it out twice is the same as once, so that it may be sent again after a crash.
    pub idempotent: bool,
    /// How it is undone.
    pub reversal: Reversal,
    /// What must be true before it, besides the playbook's own preconditions.
    pub preconditions: Vec<Precondition>,
    /// What shows that it worked.
    #[serde(default, skip_serializing_if = "Proof::is_nothing")]
    pub verify: Proof,
    /// Who carries it out.
    pub adapter: Adapter,
    /// How long one execution may take unless the step says otherwise.
    pub timeout: Span,
    /// Whether it takes its target out of service while it runs (a restart does, a notification does not).
    pub disruptive: bool,
    /// What it does, in a sentence; a seed's `implementation` text is kept here and never executed.
    pub documentation: String,
}

impl Action {
    /// The digest of the whole definition.
    pub fn digest(&self) -> Digest {
        crate::primitives::json::digest(self)
    }
}

/// A kind of sensitive thing that an action may be: some ask a person always, some wait for a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionClass {
    /// Changes how a database is laid out, set up or led, not only what it is doing now.
    DatabaseChange,
    /// Deletes what its target holds, or its target.
    Deletion,
    /// Changes names, routes, interfaces or firewalls for good.
    NetworkReconfiguration,
    /// Changes the schema of a database.
    SchemaChange,
    /// Changes who may reach what.
    SecurityPolicyChange,
    /// Puts another version of software in place.
    Upgrade,
}

impl ActionClass {
    /// Every class, in the order of their words.
    pub const ALL: [ActionClass; 6] = [
        ActionClass::DatabaseChange,
        ActionClass::Deletion,
        ActionClass::NetworkReconfiguration,
        ActionClass::SchemaChange,
        ActionClass::SecurityPolicyChange,
        ActionClass::Upgrade,
    ];

    /// Its word in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            ActionClass::DatabaseChange => "database_change",
            ActionClass::Deletion => "deletion",
            ActionClass::NetworkReconfiguration => "network_reconfiguration",
            ActionClass::SchemaChange => "schema_change",
            ActionClass::SecurityPolicyChange => "security_policy_change",
            ActionClass::Upgrade => "upgrade",
        }
    }
}

/// One parameter of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// What values it takes.
    pub kind: ParameterKind,
    /// Whether a step must give it.
    pub required: bool,
    /// What it is when a step does not.
    pub default: Option<Value>,
}

/// What values a parameter takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Anything: for parameters that a host's own adapter interprets.
    Any,
    /// `true` or `false`.
    Bool,
    /// The name of a registered component.
    Component,
    /// A length of time.
    Duration,
    /// A list of texts.
    List,
    /// A number within bounds, both included.
    Number {
        /// Smallest.
        min: Option<Finite>,
        /// Largest.
        max: Option<Finite>,
    },
    /// One of these words.
    OneOf(Vec<Name>),
    /// A percentage, `50%`: the number before the sign, never negative, at most `max`.
    Percentage {
        /// Largest.
        max: Option<Finite>,
    },
    /// A text. Never begins with `-`, holds no control characters.
    Text,
}

/// What an action touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touches {
    /// Nothing that serves: notes, tickets, waiting.
    Nothing,
    /// Its target alone.
    #[default]
    Instance,
    /// All instances of the target's service.
    Service,
    /// The target's whole cluster.
    Cluster,
}

/// How an action is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversal {
    /// There is nothing to undo (a restart leaves the target as it should be).
    NotNeeded,
    /// Undone exactly, by this action with these parameters; `before.…` names state captured before it ran.
    Reversible(Undo),
    /// Its effect can be made good, not undone.
    Compensable(Undo),
    /// Cannot be undone. Runs alone only at low risk.
    Irreversible,
}

impl Reversal {
    /// The action that undoes or makes good, if there is one.
    pub fn undo(&self) -> Option<&Undo> {
        match self {
            Reversal::Reversible(undo) | Reversal::Compensable(undo) => Some(undo),
            Reversal::NotNeeded | Reversal::Irreversible => None,
        }
    }
}

/// The action that undoes another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Its name in the registry.
    pub action: Name,
    /// Its parameters; those it does not give are those of the step that is undone.
    pub parameters: BTreeMap<Arc<str>, Argument>,
    /// Names of values the host reads before the step runs and that `before.…` refers to.
    pub capture: Vec<Name>,
}

/// What shows that an action worked. It holds for playbooks that do not say themselves how their success is recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// In a sentence.
    pub shows: String,
    /// What must hold besides the health of the component.
    pub condition: Option<Condition>,
    /// From its end until evidence counts.
    pub settle: Option<Span>,
    /// How long the immediate checks may take to pass.
    pub within: Option<Span>,
    /// How long it must stay well.
    pub stability: Option<Span>,
}

impl Proof {
    /// Whether it says nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Proof::default()
    }
}

/// Who carries an action out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adapter {
    /// The engine itself: `notify`, `verify`, `wait`.
    Engine,
    /// A program with an argument vector. With `shell`, one literal script; values reach it only as environment variables.
    Exec {
        /// Program and arguments, each a literal or one whole value.
        argv: Vec<Argument>,
        /// Whether `argv` is one script for `/bin/sh -c`.
        shell: bool,
        /// Environment, values included.
        env: BTreeMap<String, Argument>,
    },
    /// The host, by the action's own name.
    Host,
    /// An HTTP request.
    Http {
        /// `POST` unless given.
        method: String,
        /// Absolute URL.
        url: Argument,
        /// Headers.
        headers: BTreeMap<String, Argument>,
        /// Body.
        body: Option<Argument>,
        /// Statuses that mean success; empty: any 2xx.
        status: Vec<u16>,
    },
}

/// A parameter as a playbook gives it: a value, or where to take one from when the step is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// A list.
    List(Vec<Argument>),
    /// A whole typed value, as `${…}` names it: `component`, `service`, `instance`, `incident`, a loop variable,
    /// `steps.<step>.<output>`, `before.<name>`, `parameters.<name>`.
    Reference(Name),
    /// Pieces put together to one text, in one pass; what a value contains is never looked at again.
    Text(Vec<Piece>),
    /// A literal.
    Value(Value),
}

impl Argument {
    /// As a person reads it: values as they are, what is not known yet by its name.
    pub fn in_words(&self) -> String {
        match self {
            Argument::List(items) => items.iter().map(Argument::in_words).collect::<Vec<_>>().join(", "),
            Argument::Reference(name) => format!("${{{name}}}"),
            Argument::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => text.to_string(),
                    Piece::Reference(name) => format!("${{{name}}}"),
                })
                .collect(),
            Argument::Value(Value::List(items)) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Argument::Value(value) => value.to_string(),
        }
    }
}

/// A piece of a composed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Taken as it is.
    Literal(Arc<str>),
    /// The text of a value.
    Reference(Name),
}

/// Something that must be known to be true before an action; unknown is false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// How it is called in facts and messages.
    pub name: Name,
    /// What must hold. A precondition known only by name (`writable_filesystem`) is the condition of that one name.
    pub condition: Condition,
}
