//! One component as a document declares it, before its instances are made.

use super::argv::argv;
use super::checks::{Context, PRESETS, Preset, alive, checks, plain};
use super::instance::{Instance, text};
use super::names::{count, name, secs, span};
use super::probes::{environment, tcp_address, url};
use crate::model::probe::Probe;
use crate::model::value::Parameters;
use crate::policy::components::{Ask, Check, Component, Place, Supervise};
use crate::policy::document::{Fields, Item, Origin};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The most instances one entry can have.
const MOST_INSTANCES: u32 = 1_000;

/// A component as declared. Its instances and its dependencies are still words.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// What its instances have in common, under its own name; without dependencies.
    pub component: Component,
    /// What it needs, as written, with where; without a place where a template said so.
    pub needs: Vec<(Name, Option<Origin>)>,
    /// Its instances; none: it is one component.
    pub instances: Option<Vec<Name>>,
    /// Where it is declared.
    pub origin: Origin,
    /// Where its type stands, if it gives one.
    pub type_at: Option<Origin>,
}

/// The fields of a component. The first is for lists and for run-time registration, where no key names it.
const NAMED: [&str; 29] = [
    "name",
    "type",
    "class",
    "service",
    "host",
    "cluster",
    "region",
    "environment",
    "labels",
    "groups",
    "critical",
    "stateful",
    "users",
    "revenue_per_hour",
    "depends_on",
    "checks",
    "run",
    "healthy_delay",
    "healthy_delay_seconds",
    "like",
    "instances",
    "preset",
    "check",
    "url",
    "address",
    "interval",
    "interval_seconds",
    "timeout",
    "timeout_seconds",
];
const KEYED: &[&str] = match &NAMED {
    [_, keyed @ ..] => keyed,
};

const CLASSES: [(&str, &str); 5] = [
    ("compute", "compute"),
    ("network", "network"),
    ("storage", "storage"),
    ("database", "database"),
    ("security", "security"),
];

/// Reads a component. What it leaves open is as in `template`, or else the default.
pub(super) fn component(item: &Item<'_>, key: Option<&Name>, template: Option<&Shape>) -> Option<Shape> {
    let fields = item.fields("a component", if key.is_some() { KEYED } else { &NAMED })?;
    let given = if key.is_some() { None } else { fields.need("name", name) };
    let name = key.cloned().or(given)?;
    let base = template.map(|shape| &shape.component);
    let run = fields.get("run", run).or_else(|| base.and_then(|base| base.run.clone()));
    let preset = fields.or("preset", Preset::default(), |item| item.one_of(&PRESETS));
    let context = Context { preset, supervised: run.is_some() };
    let kind = fields.get("type", self::name);
    let checks = declared_checks(&fields, context, kind.as_ref(), base);
    fields.get("like", self::name);
    let needs = |item: &Item<'_>| self::name(item).map(|name| (name, Some(item.origin())));
    let inherited = || template.map(|shape| shape.needs.iter().map(|(name, _)| (name.clone(), None)).collect());
    let component = Component {
        kind: kind.or_else(|| base.map(|base| base.kind.clone())).unwrap_or_else(|| usual_kind(&checks, run.is_some())),
        class: fields.get("class", |item| item.one_of(&CLASSES)).map(Name::new).or_else(|| base?.class.clone()),
        labels: fields.get("labels", labels).or_else(|| Some(base?.labels.clone())).unwrap_or_default(),
        place: place(&fields, base),
        environment: fields.get("environment", self::name).or_else(|| base?.environment.clone()),
        groups: fields.get("groups", set).or_else(|| Some(base?.groups.clone())).unwrap_or_default(),
        critical: fields.or("critical", base.is_some_and(|base| base.critical), Item::boolean),
        stateful: fields.or("stateful", base.is_some_and(|base| base.stateful), Item::boolean),
        users: fields.get("users", users).or_else(|| base?.users),
        revenue_per_hour: fields
            .get("revenue_per_hour", |item| item.number(0.0..=1e15))
            .or_else(|| base?.revenue_per_hour),
        depends_on: BTreeSet::new(),
        checks,
        healthy_delay: span(&fields, "healthy_delay", Span::ZERO..=secs(3_600))
            .or_else(|| Some(base?.healthy_delay))
            .unwrap_or(secs(5)),
        run,
        name: name.clone(),
    };
    Some(Shape {
        component,
        needs: fields.get("depends_on", |item| item.one_or_many(needs)).or_else(inherited).unwrap_or_default(),
        instances: fields.get("instances", |item| instances(item, &name)),
        origin: item.key_origin(),
        type_at: fields.get("type", |item| Some(item.origin())),
    })
}

impl Shape {
    /// The components it stands for, without their dependencies.
    pub fn expand(self) -> Vec<Component> {
        let Some(instances) = self.instances else {
            let alone = Instance { name: self.component.name.as_str().into(), index: 1 };
            let checks = self.component.checks.iter().map(|check| alone.check(check)).collect();
            return Vec::from([Component { checks, ..self.component }]);
        };
        let service = self.component.service().clone();
        let all = instances.into_iter().zip(1..);
        all.map(|(name, index)| {
            let instance = Instance { name: name.as_str().into(), index };
            let shared = &self.component;
            Component {
                checks: shared.checks.iter().map(|check| instance.check(check)).collect(),
                run: shared.run.as_ref().map(|run| instance.run(run)),
                place: Place { service: Some(service.clone()), ..shared.place.clone() },
                name,
                ..shared.clone()
            }
        })
        .collect()
    }
}

fn declared_checks(
    fields: &Fields<'_>,
    context: Context,
    kind: Option<&Name>,
    base: Option<&Component>,
) -> Vec<Arc<Check>> {
    let shared = |checks: Vec<Check>| checks.into_iter().map(Arc::new).collect();
    let old = ["check", "url", "address", "interval", "interval_seconds", "timeout", "timeout_seconds"];
    if fields.has("checks") {
        for stray in old.iter().filter(|stray| fields.has(stray)) {
            fields.get(stray, |item| {
                let problem = item.key_error(format!("`{stray}` belongs to `check`, and this component has `checks`"));
                item.report(problem.help("write it within the check it is meant for"));
                Some(())
            });
        }
        return shared(fields.get("checks", |item| checks(item, context)).unwrap_or_default());
    }
    if report_map_of_checks(fields) {
        return Vec::new();
    }
    if old.iter().any(|field| fields.has(field)) {
        return shared(plain_check(fields, context, kind).into_iter().collect());
    }
    match base {
        Some(base) if !base.checks.is_empty() => base.checks.clone(),
        _ if context.supervised => Vec::from([Arc::new(alive())]),
        _ => Vec::new(),
    }
}

/// `check:` in the place of `checks:`.
fn report_map_of_checks(fields: &Fields<'_>) -> bool {
    let found = fields.get("check", |item| {
        if item.is_scalar() {
            return None;
        }
        let problem = item.key_error("`check` is the older form and takes one word, `connection` or `endpoint`");
        item.report(problem.did_you_mean(Some("checks")));
        Some(())
    });
    found.is_some()
}

/// The older form: `check: connection` or `check: endpoint`, with interval and timeout beside it.
fn plain_check(fields: &Fields<'_>, context: Context, kind: Option<&Name>) -> Option<Check> {
    const FORMS: [(&str, bool); 2] = [("connection", false), ("endpoint", true)];
    let url = fields.get("url", url);
    let address = fields.get("address", tcp_address);
    let endpoint = fields.need("check", |item| item.one_of(&FORMS))?;
    let named = kind.cloned().unwrap_or_else(|| Name::new("custom"));
    let probe = match (endpoint, url, address) {
        (true, Some(url), _) => {
            Probe::Http { url, method: "GET".into(), status: Vec::new(), contains: None, latency: None }
        }
        (true, None, _) => {
            if !fields.has("url") {
                let problem = fields.item().key_error("`check: endpoint` lacks the field `url`");
                fields.item().report(problem.help("write `url: http://…` beside it"));
            }
            return None;
        }
        (false, _, Some((host, port))) => Probe::Tcp { host, port },
        (false, ..) => {
            let parameters = Parameters::from([(Arc::from("check"), crate::model::value::Value::text("connection"))]);
            Probe::Custom { kind: named.clone(), parameters }
        }
    };
    Some(plain(&Name::new(if endpoint { "endpoint" } else { "connection" }), probe, fields, context.preset))
}

/// What a component is when it does not say: what keeps it, else what its first check asks.
fn usual_kind(checks: &[Arc<Check>], supervised: bool) -> Name {
    let asked = checks.first().map(|check| &check.ask);
    let kind = match asked {
        _ if supervised => "process",
        Some(Ask::Probe(probe)) => match &**probe {
            Probe::Custom { kind, .. } => return kind.clone(),
            Probe::Exec { .. } => "custom",
            Probe::Http { .. } => "http",
            Probe::Process { .. } => "process",
            Probe::Tcp { .. } => "tcp",
        },
        Some(Ask::Heartbeat { .. } | Ask::Metric(_)) | None => "custom",
    };
    Name::new(kind)
}

fn place(fields: &Fields<'_>, base: Option<&Component>) -> Place {
    let base = base.map(|base| base.place.clone()).unwrap_or_default();
    Place {
        service: fields.get("service", name).or(base.service),
        host: fields.get("host", name).or(base.host),
        cluster: fields.get("cluster", name).or(base.cluster),
        region: fields.get("region", name).or(base.region),
    }
}

fn labels(item: &Item<'_>) -> Option<BTreeMap<Name, Name>> {
    let labels = item.map(|value| Some((super::names::key(value)?, Name::new(value.text()?))))?;
    Some(labels.into_iter().map(|(_, label)| label).collect())
}

/// One name or several.
pub(super) fn set(item: &Item<'_>) -> Option<BTreeSet<Name>> {
    item.one_or_many(name).map(|names| names.into_iter().collect())
}

fn users(item: &Item<'_>) -> Option<u64> {
    item.integer(0..=crate::policy::quantity::LARGEST).and_then(|users| u64::try_from(users).ok())
}

fn instances(item: &Item<'_>, component: &Name) -> Option<Vec<Name>> {
    if item.is_scalar() {
        let many = count(item, 1..=MOST_INSTANCES)?;
        return Some((1..=many).map(|n| Name::new(&format!("{component}-{n}"))).collect());
    }
    let names = item.list(name)?;
    if names.is_empty() || names.len() > MOST_INSTANCES as usize {
        let message = format!("`instances` must be from 1 to {MOST_INSTANCES} names, found {}", names.len());
        item.report(item.error(message));
        return None;
    }
    Some(names)
}

fn run(item: &Item<'_>) -> Option<Supervise> {
    let alone = |argv| Supervise { argv, env: BTreeMap::new(), directory: None, instances: 1 };
    if !item.is_map() {
        return argv(item).map(alone);
    }
    let fields = item.fields("`run`", &["argv", "env", "directory", "instances"])?;
    let env = fields.get("env", environment).unwrap_or_default();
    let directory: Option<String> = fields.get("directory", text);
    let instances = fields.or("instances", 1, |item| count(item, 1..=100));
    Some(Supervise { env, directory, instances, ..alone(fields.need("argv", argv)?) })
}
