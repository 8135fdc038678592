//! The severity rule table: the policy's own rules first, then the shipped ones.

use super::condition::condition;
use super::names::name;
use crate::model::severity::Severity;
use crate::policy::condition::{NameType, Path, Schema, Unit, by_convention};
use crate::policy::document::Item;
use crate::policy::library;
use crate::policy::problem::Problems;
use crate::policy::severity::SeverityRule;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

/// The names a severity rule may use.
pub(super) const NAMES: &[&str] = &[
    "affected_components",
    "affected_services",
    "attempts",
    "class",
    "critical",
    "customer_reports",
    "duration",
    "environment",
    "rollback_failed",
    "security_alert",
    "state",
    "stateful",
    "type",
    "users",
    "vip_customer_affected",
];

/// What a severity rule can see: these names, and no metric.
struct Scope;

impl Schema for Scope {
    fn lookup(&self, path: &Path) -> Option<NameType> {
        let known = path.component.is_none() && NAMES.contains(&path.name.as_str());
        known.then(|| match path.name.as_str() {
            "affected_components" | "attempts" | "users" => NameType::Number(Unit::None),
            "class" | "environment" | "type" => NameType::Text(&[]),
            "rollback_failed" | "stateful" => NameType::Boolean,
            name => by_convention(name),
        })
    }

    fn names(&self) -> Vec<&str> {
        NAMES.to_vec()
    }
}

/// Every spelling of a severity.
pub(super) const SEVERITIES: [(&str, Severity); 8] = [
    ("SEV0", Severity::Sev0),
    ("SEV1", Severity::Sev1),
    ("SEV2", Severity::Sev2),
    ("SEV3", Severity::Sev3),
    ("critical", Severity::Sev0),
    ("high", Severity::Sev1),
    ("medium", Severity::Sev2),
    ("low", Severity::Sev3),
];

/// Reads the rules of a document. One without an id is called after its place: `rule-1`.
pub(super) fn rules(item: &Item<'_>) -> Option<Vec<SeverityRule>> {
    let mut taken = BTreeSet::new();
    let mut place = 0_u32;
    item.list(|item| {
        place = place.saturating_add(1);
        let fields = item.fields("a severity rule", &["id", "when", "severity"])?;
        let id = fields.get("id", name).unwrap_or_else(|| Name::new(&format!("rule-{place}")));
        if !taken.insert(id.clone()) {
            item.report(item.error(format!("severity rule `{id}` is there twice")).help("give each rule its own id"));
        }
        let when = fields.need("when", |item| condition(item, &Scope));
        let severity = fields.need("severity", |item| item.one_of(&SEVERITIES));
        Some(SeverityRule { id, when: when?, severity: severity? })
    })
}

/// The shipped rules; mistakes in them are problems like any other.
pub(super) fn shipped(problems: &Problems) -> Vec<SeverityRule> {
    let rules = library::read(library::SEVERITY.0, library::SEVERITY.1, problems, rules).flatten();
    rules.unwrap_or_default()
}
