//! Playbooks as documents write them: the short form, the full form and our own words become one tree.

mod draft;
mod outcome;
mod plan;
mod rollout;
mod step;
mod timing;
mod trigger;
mod undoing;

use crate::model::radius::Level;
use crate::policy::actions::{Action, Touches};
use crate::policy::condition::Schema;
use crate::policy::document::{Fields, Item};
use crate::policy::draft::action::either;
use crate::policy::draft::condition::precondition;
use crate::policy::draft::severity::SEVERITIES;
use crate::policy::mode::Mode;
use crate::policy::playbook::{Node, OnFailure, Playbook, PlaybookSafety, Step, Strategy};
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The most steps of a playbook, those of loops counted for each target as far as these are written out.
pub const MOST_STEPS: usize = 100;
/// Attempts for one incident unless the playbook says otherwise.
const ATTEMPTS: u32 = 3;

const FIELDS: [&str; 29] = [
    "about",
    "attempts",
    "category",
    "description",
    "diagnose_only",
    "escalation",
    "id",
    "metadata",
    "mode",
    "name",
    "on_failure",
    "playbook_id",
    "pre_conditions",
    "preconditions",
    "remediation_steps",
    "rollback",
    "rollout",
    "workaround",
    "rung",
    "safety",
    "severity",
    "steps",
    "timeout",
    "timeout_minutes",
    "timeout_seconds",
    "trigger",
    "verification",
    "verify",
    "version",
];
const LEVELS: [(&str, Level); 6] = [
    ("single_instance", Level::SingleInstance),
    ("single_host", Level::SingleInstance),
    ("single_service", Level::SingleService),
    ("multiple_services", Level::MultipleServices),
    ("cluster_wide", Level::ClusterWide),
    ("multi_region", Level::MultiRegion),
];

/// What a playbook is checked against.
pub struct Context<'c> {
    /// Every action by name and alias.
    pub actions: &'c BTreeMap<Name, Arc<Action>>,
    /// The components that exist; unset where a playbook is looked at by itself.
    pub components: Option<&'c BTreeSet<Name>>,
    /// The names that conditions may use.
    pub schema: &'c dyn Schema,
}

/// Reads a playbook. `None`, and in any case every mistake recorded, if it has mistakes that leave no plan.
pub fn read(item: &Item<'_>, context: &Context<'_>) -> Option<Playbook> {
    let fields = item.fields("a playbook", &FIELDS)?;
    let identity = identity(&fields);
    let trigger = fields.need("trigger", |item| trigger::read(item, context).map(|trigger| (trigger, item.origin())));
    let preconditions = either(&fields, "preconditions", "pre_conditions", |item| {
        item.one_or_many(|item| precondition(item, context.schema))
    });
    let both = fields.exactly_one(&["steps", "remediation_steps"]);
    let mut plan = both.and_then(|word| fields.need(word, |item| plan::read(item, context)));
    let whole = fields.get("rollout", |item| Some((rollout::read(item, context)??, item.key_origin())));
    if let Some(plan) = &mut plan {
        rollout::settle(&mut plan.nodes, whole, context, item);
    }
    let verification = either(&fields, "verify", "verification", |item| {
        outcome::verification(item, context.schema).map(|read| (read, item.origin()))
    });
    let undoing = fields.get("rollback", |item| undoing::rollback(item, context.schema));
    let workaround = fields.get("workaround", Item::name).map(|text| Name::new(&text));
    let escalation = outcome::escalation(&fields);
    let safety = safety(&fields);
    let mut metadata = metadata(&fields);
    let category = fields.get("category", Item::name).map(|text| Name::new(&text));
    let severity = fields.get("severity", |item| item.one_of(&SEVERITIES));
    let version = fields.get("version", Item::string);
    let explicit = timing::explicit(&fields);
    let diagnose = fields.get("diagnose_only", |item| item.boolean().map(|flag| (flag, item.origin())));

    let (id, name) = identity?;
    let ((trigger, trigger_at), plan) = (trigger?, plan?);
    undoing.iter().for_each(|undoing| undoing::settle(undoing, &plan.nodes, context, item));
    let (rollback, reason, critical, strategy) = undoing.map_or((true, None, None, Strategy::Immediate), |undoing| {
        (undoing.available, undoing.reason, undoing.when, undoing.strategy)
    });
    metadata.extend(plan.notes);
    metadata.extend(reason.map(|reason| (Name::new("rollback_reason"), reason)));
    let looks_only = all_steps(&plan.nodes).all(|step| changes_nothing(step, context));
    if let Some((true, origin)) = diagnose.filter(|_| !looks_only) {
        item.report(origin.error("a step of this playbook changes something, so it does not only diagnose"));
    }
    let (mut verification, verification_at) = match verification {
        Some((read, origin)) => (read, origin),
        None => (outcome::as_actions_say(&plan.nodes, context.actions, item), item.origin()),
    };
    verification.critical = critical;
    let timeout = timing::playbook(&plan.nodes, context.actions, explicit, item);
    if !looks_only {
        timing::repeats(&trigger, &verification, &trigger_at, &verification_at, item);
    }
    Some(Playbook {
        id,
        name,
        version,
        category,
        severity,
        trigger,
        preconditions: preconditions.unwrap_or_default(),
        steps: plan.nodes,
        verification,
        rollback,
        strategy,
        workaround,
        escalation,
        safety,
        timeout,
        diagnose_only: looks_only,
        standby: BTreeSet::new(),
        metadata,
    })
}

/// Every step of a plan, with those of groups and branches.
pub fn all_steps(nodes: &[Node]) -> impl Iterator<Item = &Step> {
    let direct = nodes.iter().flat_map(|node| match node {
        Node::ForEach { steps, .. } | Node::Parallel { steps, .. } => steps.as_slice(),
        Node::Step(step) => core::slice::from_ref(step),
    });
    all_of(direct)
}

/// Each of `steps` with those of its branch.
fn all_of<'s>(steps: impl Iterator<Item = &'s Step>) -> impl Iterator<Item = &'s Step> {
    steps.flat_map(|step| {
        let branch: &[Step] = match &step.on_failure {
            OnFailure::Branch(steps) => steps,
            OnFailure::Abort | OnFailure::Continue => &[],
        };
        core::iter::once(step).chain(branch)
    })
}

fn changes_nothing(step: &Step, context: &Context<'_>) -> bool {
    context.actions.get(&step.action).is_some_and(|action| action.touches == Touches::Nothing)
}

/// Id and name: `playbook_id` or `id` where given, else the name for both.
fn identity(fields: &Fields<'_>) -> Option<(Name, String)> {
    let id = either(fields, "id", "playbook_id", |item| {
        let id = item.name()?;
        let fits =
            id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':')) && id.len() <= 128;
        if !fits {
            let problem = item.error(format!("`{}` is no id for a playbook", shown(&id)));
            item.report(problem.help("an id is letters, digits and `-_.:/`, at most 128 bytes"));
        }
        fits.then_some(id)
    });
    let has_id = fields.has("id") || fields.has("playbook_id");
    let name = if has_id { fields.get("name", Item::name) } else { fields.need("name", Item::name) };
    let id = if has_id { id? } else { name.clone()? };
    Some((Name::new(&id), name.unwrap_or(id)))
}

fn safety(fields: &Fields<'_>) -> PlaybookSafety {
    let mode = |item: &Item<'_>| item.one_of(&Mode::ALL.map(|mode| (mode.as_str(), mode)));
    let attempts = |item: &Item<'_>| item.integer(1..=100).and_then(|n| u32::try_from(n).ok());
    let mut safety = PlaybookSafety {
        max_attempts: fields.get("attempts", attempts).unwrap_or(ATTEMPTS),
        require_approval: false,
        blast_radius: None,
        mode: fields.get("mode", mode),
        rung: fields.get("rung", attempts),
    };
    fields.get("safety", |item| {
        let inner = item.fields("`safety`", &["blast_radius", "max_retries", "mode", "require_approval"])?;
        let retries = inner.get("max_retries", |item| item.integer(0..=99).and_then(|n| u32::try_from(n).ok()));
        if retries.is_some() && fields.has("attempts") {
            let problem = item.key_error("`attempts` and `max_retries` both say how often the playbook may run");
            item.report(problem.help("`max_retries: 1` is `attempts: 2`"));
        }
        safety.max_attempts = retries.map_or(safety.max_attempts, |retries| retries.saturating_add(1));
        safety.require_approval = inner.or("require_approval", false, Item::boolean);
        safety.blast_radius = inner.get("blast_radius", |item| item.one_of(&LEVELS));
        if fields.has("mode") && inner.has("mode") {
            item.report(item.key_error("`mode` is given twice").help("keep one of the two"));
        }
        safety.mode = inner.get("mode", mode).or(safety.mode);
        Some(())
    });
    safety
}

/// `metadata`, and what is there for people only: kept as text.
fn metadata(fields: &Fields<'_>) -> BTreeMap<Name, String> {
    let entry = |item: &Item<'_>| {
        let words: Vec<String> = item.one_or_many(Item::string)?;
        Some(words.join(", "))
    };
    let mut metadata: BTreeMap<Name, String> =
        fields.map("metadata", entry).into_iter().map(|(key, text)| (Name::new(&key), text)).collect();
    if let Some(about) = either(fields, "about", "description", |item| item.string()) {
        metadata.insert(Name::new("about"), about.trim().to_string());
    }
    metadata
}
