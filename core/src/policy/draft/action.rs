//! The action registry as documents write it: the shipped one, a user's own actions, and changes to shipped ones.

pub(super) mod adapter;
mod parameter;
mod proof;
pub(super) mod reversal;

pub use parameter::describe;

use crate::model::severity::Risk;
use crate::policy::actions::{Action, ActionClass, Adapter, Reversal, Touches};
use crate::policy::condition::Schema;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::draft::condition::precondition;
use crate::policy::library;
use crate::policy::problem::{Problems, shown, suggest};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

const FIELDS: [&str; 22] = [
    "about",
    "adapter",
    "aliases",
    "category",
    "classes",
    "description",
    "disruptive",
    "idempotent",
    "implementation",
    "parameters",
    "pre_conditions",
    "preconditions",
    "reversal",
    "risk",
    "risk_level",
    "rollback",
    "timeout",
    "timeout_seconds",
    "touches",
    "type",
    "verification",
    "verify",
];
const RISKS: [(&str, Risk); 4] =
    [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High), ("critical", Risk::Critical)];
const TOUCHES: [(&str, Touches); 4] = [
    ("nothing", Touches::Nothing),
    ("instance", Touches::Instance),
    ("service", Touches::Service),
    ("cluster", Touches::Cluster),
];

/// Actions by name and alias, while documents are read.
#[derive(Debug)]
pub struct Registry {
    actions: BTreeMap<Name, Arc<Action>>,
    read: Vec<(Name, Origin)>,
}

impl Registry {
    /// A registry of nothing.
    pub fn empty() -> Registry {
        Registry { actions: BTreeMap::new(), read: Vec::new() }
    }

    /// The shipped actions. Problems with them would be ours; they are recorded all the same.
    pub fn shipped(schema: &dyn Schema, problems: &Problems) -> Registry {
        let mut registry = Registry::empty();
        for (file, text) in library::ACTIONS {
            library::read(file, text, problems, |root| registry.read_file(root, schema));
        }
        registry
    }

    /// Reads a file of definitions: a map with `actions:`.
    pub fn read_file(&mut self, item: &Item<'_>, schema: &dyn Schema) {
        if let Some(fields) = item.fields("a file of actions", &["actions"]) {
            fields.need("actions", |item| {
                self.read(item, schema);
                Some(())
            });
        }
    }

    /// Reads definitions, a map from names. One for a name that is already known changes what it says and keeps the
    /// rest, parameter by parameter.
    pub fn read(&mut self, item: &Item<'_>, schema: &dyn Schema) {
        item.map(|entry| {
            let name = action_name(entry)?;
            let base = self.actions.get(&name).cloned();
            let action = definition(entry, &name, base.as_deref(), schema)?;
            self.define(entry, action, base.as_deref());
            Some(())
        });
    }

    /// Every name and alias with its action, after the last checks: who undoes what.
    pub fn finish(self, problems: &Problems) -> BTreeMap<Name, Arc<Action>> {
        for (name, origin) in &self.read {
            if let Some(action) = self.actions.get(name) {
                reversal::check(action, origin, &self.actions, problems);
            }
        }
        self.actions
    }

    fn define(&mut self, entry: &Item<'_>, action: Action, base: Option<&Action>) {
        if let Some(base) = base.filter(|base| base.name != action.name) {
            self.release(base, &action.name);
        }
        let origin = entry.key_origin();
        let name = action.name.clone();
        let action = Arc::new(action);
        for alias in &action.aliases {
            match self.actions.get(alias) {
                Some(other) if other.name != name => {
                    let problem =
                        entry.error(format!("`{}` is already a name of `{}`", shown(alias.as_str()), other.name));
                    entry.report(problem);
                }
                _ => {
                    self.actions.insert(alias.clone(), action.clone());
                }
            }
        }
        self.actions.insert(name.clone(), action);
        self.read.push((name, origin));
    }

    /// Takes the alias `name` away from `base`, because it becomes an action of its own.
    fn release(&mut self, base: &Action, name: &Name) {
        let rest = base.aliases.iter().filter(|alias| *alias != name).cloned().collect();
        let changed = Arc::new(Action { aliases: rest, ..base.clone() });
        for (_, action) in self.actions.iter_mut().filter(|(_, action)| action.name == base.name) {
            *action = changed.clone();
        }
    }
}

/// The name an action may have: what stands in it is a word of the playbook language.
pub(super) fn action_name(entry: &Item<'_>) -> Option<Name> {
    let key = entry.key();
    let fits = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.len() <= 64
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if fits {
        return Some(Name::new(&key));
    }
    let problem = entry.key_error(format!("`{}` is no name for an action", shown(&key)));
    entry.report(
        problem.help("a name is letters, digits, `_` and `-`, begins with a letter and has at most 64 of them"),
    );
    None
}

fn definition(item: &Item<'_>, name: &Name, base: Option<&Action>, schema: &dyn Schema) -> Option<Action> {
    let what = format!("the action `{}`", name);
    let fields = item.fields(&what, &FIELDS)?;
    let parameters = parameter::read(&fields, base);
    let preconditions =
        either(&fields, "preconditions", "pre_conditions", |item| item.one_or_many(|item| precondition(item, schema)));
    let known: BTreeSet<&str> = parameters.all.keys().map(|key| &**key).collect();
    let new = |missing: &str| {
        if base.is_none() {
            let problem = item.key_error(format!("the action `{name}` lacks the field `{missing}`"));
            item.report(problem.help("only a change to an action that exists can leave it out"));
        }
    };
    let risk = either(&fields, "risk", "risk_level", |item| item.one_of(&RISKS));
    if risk.is_none() && !fields.has("risk") && !fields.has("risk_level") {
        new("risk");
    }
    let category = either(&fields, "category", "type", Item::name).map(|text| Name::new(&text));
    let adapter = fields.get("adapter", |item| adapter::read(item, &known));
    let reversal = fields.get("reversal", |item| reversal::read(item, &known));
    let timeout = fields.duration("timeout").or(parameters.timeout).filter(|timeout| positive(item, *timeout));
    let aliases = fields.get("aliases", |item| item.list(alias));
    let documentation = documentation(&fields, base);
    let inherited = |pick: fn(&Action) -> bool| base.map(pick);
    Some(Action {
        name: name.clone(),
        aliases: aliases.unwrap_or_else(|| kept_aliases(name, base)),
        category: category.or_else(|| base.map(|base| base.category.clone())).unwrap_or_else(|| Name::new("custom")),
        classes: fields
            .get("classes", |item| item.one_or_many(class))
            .map(|classes| classes.into_iter().collect())
            .or_else(|| base.map(|base| base.classes.clone()))
            .unwrap_or_default(),
        risk: risk.or(base.map(|base| base.risk)).unwrap_or(Risk::High),
        parameters: parameters.all,
        touches: fields
            .get("touches", |item| item.one_of(&TOUCHES))
            .or(base.map(|base| base.touches))
            .unwrap_or(Touches::Instance),
        idempotent: fields.get("idempotent", Item::boolean).or(inherited(|base| base.idempotent)).unwrap_or(false),
        reversal: reversal.or_else(|| base.map(|base| base.reversal.clone())).unwrap_or(Reversal::Irreversible),
        preconditions: preconditions.or_else(|| base.map(|base| base.preconditions.clone())).unwrap_or_default(),
        verify: fields
            .get("verify", |item| proof::read(item, schema))
            .or_else(|| base.map(|base| base.verify.clone()))
            .unwrap_or_default(),
        adapter: adapter.or_else(|| base.map(|base| base.adapter.clone())).unwrap_or(Adapter::Host),
        timeout: timeout.or(base.map(|base| base.timeout)).unwrap_or(Span::from_mins(5)),
        disruptive: fields.get("disruptive", Item::boolean).or(inherited(|base| base.disruptive)).unwrap_or(true),
        documentation,
    })
}

fn kept_aliases(name: &Name, base: Option<&Action>) -> Vec<Name> {
    base.filter(|base| base.name == *name).map(|base| base.aliases.clone()).unwrap_or_default()
}

fn alias(item: &Item<'_>) -> Option<Name> {
    item.name().map(|text| Name::new(&text))
}

fn class(item: &Item<'_>) -> Option<ActionClass> {
    item.one_of(&ActionClass::ALL.map(|class| (class.as_str(), class)))
}

fn positive(item: &Item<'_>, timeout: Span) -> bool {
    if timeout == Span::ZERO {
        item.report(item.key_error("an action needs a timeout longer than nothing"));
    }
    timeout > Span::ZERO
}

/// A field that goes by two names, one of them a seed's. Both at once are a problem.
pub(super) fn either<'a, T>(
    fields: &Fields<'a>,
    ours: &str,
    other: &str,
    read: impl FnOnce(&Item<'a>) -> Option<T>,
) -> Option<T> {
    if fields.has(ours) && fields.has(other) {
        fields.get::<()>(other, |item| {
            item.report(item.key_error(format!("`{other}` says the same as `{ours}`")).help("keep one of the two"));
            None
        });
    }
    fields.get(if fields.has(ours) { ours } else { other }, read)
}

/// What the action does, for people. Shell text is part of that, and of nothing else: it is never executed.
fn documentation(fields: &Fields<'_>, base: Option<&Action>) -> String {
    let about = either(fields, "about", "description", Item::string);
    let mut text = about.or_else(|| base.map(|base| base.documentation.clone())).unwrap_or_default();
    for section in ["implementation", "verification", "rollback"] {
        if let Some(body) = fields.get(section, Item::string) {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(section);
            text.push_str(", as documented, never executed:\n");
            text.push_str(body.trim_end());
        }
    }
    text.trim_end().to_string()
}

/// The action called `name`, or a problem with the nearest that there is.
pub(super) fn find<'r>(
    name: &str,
    actions: &'r BTreeMap<Name, Arc<Action>>,
    item: &Item<'_>,
    at_key: bool,
) -> Option<&'r Arc<Action>> {
    let found = actions.get(name);
    if found.is_none() {
        let message = format!("unknown action `{}`", shown(name));
        let problem = if at_key { item.key_error(message) } else { item.error(message) };
        let near = suggest(name, actions.keys().map(Name::as_str));
        item.report(problem.did_you_mean(near).help("actions: homeostat actions"));
    }
    found
}
