//! Approvals: a person's decision about exactly one plan.

use crate::model::event::Principal;
use crate::model::severity::Risk;
use crate::policy::actions::{Action, Reversal};
use crate::policy::mode::Mode;
use crate::policy::playbook::Playbook;
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::run::Grant;
use crate::remediate::telling::only_tells;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Whose approval a plan needs, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Why: stable words; empty where no approval is needed.
    pub reasons: Vec<&'static str>,
    /// One of these roles.
    pub any_of: BTreeSet<Name>,
    /// Each of these roles, besides.
    pub all_of: BTreeSet<Name>,
}

impl Need {
    /// What `playbook` needs in `mode`; `half_open` when a breaker lets one run through and is to be reset by hand.
    pub fn of(
        playbook: &Playbook,
        actions: &BTreeMap<Name, Arc<Action>>,
        mode: Mode,
        half_open: bool,
        safety: &Safety,
    ) -> Need {
        let mut need = Need::default();
        // A message needs no approval.
        if mode == Mode::Approve && !only_tells(actions) {
            need.reasons.push("mode");
        }
        if playbook.safety.require_approval {
            need.reasons.push("playbook");
        }
        if half_open && !only_tells(actions) {
            need.reasons.push("breaker");
        }
        let risk = actions.values().map(|action| action.risk).max().unwrap_or_default();
        if risk >= Risk::High {
            need.reasons.push("risk");
        }
        if actions.values().any(|action| action.reversal == Reversal::Irreversible && action.risk > Risk::Low) {
            need.reasons.push("irreversible");
        }
        if !need.reasons.is_empty() {
            need.any_of.clone_from(&safety.approval.any_of);
        }
        if risk == Risk::Critical {
            need.all_of.insert(Name::new("sre_lead"));
        }
        need
    }

    /// Whose approval, in words.
    pub fn in_words(&self) -> String {
        let joined = |roles: &BTreeSet<Name>, word: &str| roles.iter().map(Name::as_str).collect::<Vec<_>>().join(word);
        match (self.any_of.is_empty(), self.all_of.is_empty()) {
            (true, _) => joined(&self.all_of, " and "),
            (false, true) => joined(&self.any_of, " or "),
            (false, false) => format!("{}, and one of {}", joined(&self.all_of, " and "), joined(&self.any_of, " or ")),
        }
    }

    /// Whether any approval is needed.
    pub fn is_needed(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Whether `grant` covers it at `now`. One person does not stand for two.
    pub fn is_covered(&self, grant: Option<&Grant>, now: Time) -> bool {
        if !self.is_needed() {
            return true;
        }
        let Some(grant) = grant.filter(|grant| now < grant.until && !grant.by.is_empty()) else { return false };
        let any = self.any_of.is_empty()
            || grant.by.values().flatten().any(|role| self.any_of.contains(role) || self.all_of.contains(role));
        let all = self.all_of.iter().all(|wanted| grant.by.values().flatten().any(|role| role == wanted));
        any && all
    }

    /// The roles of `principal` that count towards this need; none: the principal may not approve it.
    pub fn counting(&self, principal: &Principal) -> Vec<Name> {
        principal
            .roles
            .iter()
            .filter(|role| self.any_of.contains(*role) || self.all_of.contains(*role))
            .cloned()
            .collect()
    }
}
