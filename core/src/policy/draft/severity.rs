//! The severity rule table: the policy's own rules first, then the shipped ones.

use super::condition::condition;
use super::names::name;
use crate::model::severity::Severity;
use crate::policy::condition::{FACTS, NameType, Path, Schema, by_convention};
use crate::policy::document::Item;
use crate::policy::library;
use crate::policy::problem::{Problems, suggest};
use crate::policy::severity::{Gives, SeverityRule};
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
    "data_consistency_check",
    "duration",
    "environment",
    "initial_count",
    "issue",
    "recurrences",
    "revenue_per_hour",
    "rollback_failed",
    "security_alert",
    "state",
    "stateful",
    "time_since_detection",
    "type",
    "users",
    "vip_customer_affected",
];

/// What a severity rule can see: these names, and each metric whose ending tells its unit.
struct Scope;

impl Schema for Scope {
    fn lookup(&self, path: &Path) -> Option<NameType> {
        let name = path.name.as_str();
        if path.component.is_some() {
            return None;
        }
        if NAMES.contains(&name) {
            return Some(by_convention(name));
        }
        let metric = !FACTS.iter().any(|(fact, _)| *fact == name) && suggest(name, NAMES.iter().copied()).is_none();
        Some(by_convention(name)).filter(|kind| metric && matches!(kind, NameType::Number(_)))
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
        let fields = item.fields("a severity rule", &["id", "when", "severity", "raise", "escalate"])?;
        let id = fields.get("id", name).unwrap_or_else(|| Name::new(&format!("rule-{place}")));
        if !taken.insert(id.clone()) {
            item.report(item.error(format!("severity rule `{id}` is there twice")).help("give each rule its own id"));
        }
        let when = fields.need("when", |item| condition(item, &Scope));
        let gives = match fields.exactly_one(&["severity", "raise", "escalate"])? {
            "severity" => fields.get("severity", |item| item.one_of(&SEVERITIES)).map(Gives::Severity),
            "raise" => fields.get("raise", |item| item.one_of(&SEVERITIES)).map(Gives::Raise),
            _ => fields.get("escalate", |item| item.one_of(&[("one_level", Gives::OneLevelUp)])),
        };
        Some(SeverityRule { id, when: when?, gives: gives? })
    })
}

/// The policy's own rules and behind them the shipped ones, but for those whose id an own rule has taken. Mistakes in
/// the shipped ones are problems like any other.
pub(super) fn with_shipped(mut own: Vec<SeverityRule>, problems: &Problems) -> Vec<SeverityRule> {
    let shipped = library::read(library::SEVERITY.0, library::SEVERITY.1, problems, rules).flatten();
    let taken: BTreeSet<Name> = own.iter().map(|rule| rule.id.clone()).collect();
    own.extend(shipped.unwrap_or_default().into_iter().filter(|rule| !taken.contains(&rule.id)));
    own
}
