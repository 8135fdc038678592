//! The section `health`: what is not said keeps its careful default.

use super::names::{count, key, mins, secs, span};
use crate::policy::components::Component;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::health::{Flapping, Grace, HealthRules};
use crate::policy::problem::{Near, shown};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

const HOUR: Span = mins(60);
const DAY: Span = mins(24 * 60);

/// What the section came to, with what is checked against the components later.
#[derive(Default)]
struct Drafted {
    /// The rules.
    rules: HealthRules,
    /// Each component with its own rule, and where it stands.
    components: Vec<(Name, Origin)>,
}

/// The rules of a policy that has these components.
pub(super) fn rules(fields: &Fields<'_>, components: &[Arc<Component>]) -> HealthRules {
    let drafted = fields.get("health", health).unwrap_or_default();
    drafted.check(components, fields.item());
    drafted.rules
}

/// Reads the section.
fn health(item: &Item<'_>) -> Option<Drafted> {
    let fields = item.fields("`health`", &["flapping", "grace", "warm_up", "warm_up_seconds"])?;
    let usual = HealthRules::default();
    let mut components = Vec::new();
    let (flapping, flapping_of) =
        fields.get("flapping", |item| flapping(item, &mut components)).unwrap_or((usual.flapping, usual.flapping_of));
    let rules = HealthRules {
        flapping,
        flapping_of,
        grace: fields.or("grace", usual.grace, grace),
        warm_up: span(&fields, "warm_up", Span::ZERO..=HOUR).unwrap_or(usual.warm_up),
    };
    Some(Drafted { rules, components })
}

impl Default for HealthRules {
    /// The shipped rules (SPEC H4, H7, P9).
    fn default() -> HealthRules {
        HealthRules {
            flapping: Flapping { changes: 6, window: mins(10), calm: mins(10) },
            flapping_of: BTreeMap::new(),
            grace: Grace { config: mins(2), deploy: mins(5), reboot: mins(10), at_most: mins(30) },
            warm_up: secs(60),
        }
    }
}

impl Drafted {
    /// Reports a rule for what is none of the components, which are `known` by name.
    fn check(&self, known: &[Arc<Component>], item: &Item<'_>) {
        let near = Near::new();
        let is_known = |name: &Name| known.binary_search_by(|component| component.name.cmp(name)).is_ok();
        for (name, origin) in self.components.iter().filter(|(name, _)| !is_known(name)) {
            let problem = origin.error(format!("no component is called `{}`", shown(name.as_str())));
            let near = near.of(name.as_str(), known.len(), known.iter().map(|component| component.name.as_str()));
            item.report(problem.did_you_mean(near));
        }
    }
}

/// The rule for all, and those for single components.
fn flapping(item: &Item<'_>, places: &mut Vec<(Name, Origin)>) -> Option<(Flapping, BTreeMap<Name, Flapping>)> {
    const KNOWN: &[&str] = &["changes", "window", "window_seconds", "calm", "calm_seconds", "components"];
    const OWN: &[&str] = &["changes", "window", "window_seconds", "calm", "calm_seconds"];
    let fields = item.fields("`flapping`", KNOWN)?;
    let all = rule(&fields, &HealthRules::default().flapping);
    let own = fields.map("components", |item| {
        places.push((key(item)?, item.key_origin()));
        Some(rule(&item.fields("`flapping`", OWN)?, &all))
    });
    Some((all, own.into_iter().map(|(name, rule)| (Name::new(&name), rule)).collect()))
}

fn rule(fields: &Fields<'_>, usual: &Flapping) -> Flapping {
    Flapping {
        changes: fields.or("changes", usual.changes, |item| count(item, 2..=100)),
        window: span(fields, "window", secs(1)..=DAY).unwrap_or(usual.window),
        calm: span(fields, "calm", secs(1)..=DAY).unwrap_or(usual.calm),
    }
}

fn grace(item: &Item<'_>) -> Option<Grace> {
    let known = [
        "config",
        "config_seconds",
        "deploy",
        "deploy_seconds",
        "reboot",
        "reboot_seconds",
        "at_most",
        "at_most_seconds",
    ];
    let fields = item.fields("`grace`", &known)?;
    let usual = HealthRules::default().grace;
    let read = |name, usual| span(&fields, name, Span::ZERO..=HOUR).unwrap_or(usual);
    Some(Grace {
        config: read("config", usual.config),
        deploy: read("deploy", usual.deploy),
        reboot: read("reboot", usual.reboot),
        at_most: span(&fields, "at_most", mins(1)..=DAY).unwrap_or(usual.at_most),
    })
}
