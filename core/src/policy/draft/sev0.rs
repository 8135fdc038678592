//! What is done alone at SEV0 (SPEC S2): `safety.sev0_allow`.

use super::names::name;
use crate::model::severity::Risk;
use crate::policy::actions::{Action, Reversal, Touches};
use crate::policy::document::{Item, Origin};
use crate::policy::problem::{Near, shown};
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What is shipped: actions of low risk, for one instance or nothing that is watched, that leave nothing to undo.
pub(super) fn usual() -> BTreeSet<Name> {
    ["clear_evicted_pods", "create_ticket", "flush_dns_cache", "restart_pod", "retry_job"].map(Name::new).into()
}

/// The actions as they are named, with where.
pub(super) fn allowed(item: &Item<'_>) -> Option<Vec<(Name, Origin)>> {
    item.one_or_many(|item| Some((name(item)?, item.origin())))
}

/// The limits with the allowed actions by their own names, if the policy says. Of what would not be done alone all the same a warning says so.
pub(super) fn resolve(
    item: &Item<'_>,
    safety: Safety,
    allowed: Option<&[(Name, Origin)]>,
    actions: &BTreeMap<Name, Arc<Action>>,
) -> Safety {
    let Some(allowed) = allowed else { return safety };
    let near = Near::new();
    let mut found = BTreeSet::new();
    for (name, origin) in allowed {
        let Some(action) = actions.get(name) else {
            let close = near.of(name.as_str(), actions.len(), actions.keys().map(Name::as_str));
            item.report(origin.error(format!("there is no action `{}`", shown(name.as_str()))).did_you_mean(close));
            continue;
        };
        if let Some(why) = never_alone(action) {
            let message = format!("`{}` is never done alone at SEV0: {why}", action.name);
            item.report(origin.warning(message).help("only what is of low risk, reversible and for one instance is"));
        }
        found.insert(action.name.clone());
    }
    Safety { sev0_allow: found, ..safety }
}

fn never_alone(action: &Action) -> Option<&'static str> {
    if action.risk > Risk::Low {
        return Some("it is of more than low risk");
    }
    match action.reversal {
        Reversal::Compensable(_) | Reversal::Irreversible => Some("it cannot be taken back"),
        _ => (action.touches > Touches::Instance).then_some("it touches more than one instance"),
    }
}
