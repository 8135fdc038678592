//! Approvals: people's decision about exactly one plan.

use crate::model::event::Principal;
use crate::policy::Policy;
use crate::policy::authority::is_machine;
use crate::policy::blast::{Asks, Rule};
use crate::policy::safety::Approval;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::run::Grant;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Why a plan needs a person that would need none in mode `auto`.
pub const BY_MODE: &str = "mode";

/// Whose approval a plan needs, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Why: stable words; empty where no approval is needed.
    pub reasons: Vec<&'static str>,
    /// One of these roles.
    pub any_of: BTreeSet<Name>,
    /// One of each of these besides, whoever holds it: what another policy asks for that has none of them in common.
    pub besides: Vec<BTreeSet<Name>>,
    /// Each of these roles besides, each held by another person.
    pub all_of: BTreeSet<Name>,
    /// By so many people at least.
    pub people: u32,
}

impl Grant {
    /// What counts of it by `policy`: who has lost his role since does not.
    #[must_use]
    pub fn in_force(&self, policy: &Policy) -> Grant {
        let now = |(id, roles): (&Name, &Vec<Name>)| {
            let then = Principal { id: id.clone(), roles: roles.iter().cloned().collect() };
            let now = policy.in_force(&then);
            (!is_machine(&now)).then(|| (now.id, now.roles.into_iter().collect()))
        };
        Grant { by: self.by.iter().filter_map(now).collect(), until: self.until }
    }
}

impl Need {
    /// Needs a person who may approve, for `reason`.
    pub fn person(&mut self, reason: &'static str, approval: &Approval) {
        self.reasons.push(reason);
        self.any_of.clone_from(&approval.any_of);
        self.people = self.people.max(1);
    }

    /// Needs what a line of the table of blast asks for.
    pub fn rule(&mut self, rule: &Rule, approval: &Approval) {
        match rule.asks {
            Asks::Person => self.person(rule.id, approval),
            Asks::TwoPeople => {
                self.person(rule.id, approval);
                self.people = self.people.max(2);
            }
            Asks::Role(role) => {
                self.reasons.push(rule.id);
                self.all_of.insert(Name::new(role));
            }
            Asks::SignOff(roles) => {
                self.reasons.push(rule.id);
                self.all_of.extend(roles.iter().map(|role| Name::new(role)));
            }
        }
    }

    /// What covers this need and `other`: of whom both name, one is enough; where they name nobody in common, it takes one
    /// of each.
    #[must_use]
    pub fn and(mut self, other: Need) -> Need {
        self.reasons.extend(other.reasons.iter().filter(|reason| !self.reasons.contains(reason)).collect::<Vec<_>>());
        for any_of in core::iter::once(other.any_of).chain(other.besides).filter(|any_of| !any_of.is_empty()) {
            let both: BTreeSet<Name> = self.any_of.intersection(&any_of).cloned().collect();
            if self.any_of.is_empty() {
                self.any_of = any_of;
            } else if !both.is_empty() {
                self.any_of = both;
            } else if !self.besides.contains(&any_of) {
                self.besides.push(any_of);
            }
        }
        self.all_of.extend(other.all_of);
        self.people = self.people.max(other.people);
        self
    }

    /// Whose approval, in words.
    pub fn in_words(&self) -> String {
        let joined = |roles: &BTreeSet<Name>, word: &str| roles.iter().map(Name::as_str).collect::<Vec<_>>().join(word);
        let whose = match (self.any_of.is_empty(), self.all_of.is_empty()) {
            (true, _) => joined(&self.all_of, " and "),
            (false, true) => joined(&self.any_of, " or "),
            (false, false) => format!("{}, and one of {}", joined(&self.all_of, " and "), joined(&self.any_of, " or ")),
        };
        let besides = self.besides.iter().map(|roles| format!(", and one of {}", joined(roles, " or ")));
        let whose = besides.fold(whose, |whose, more| whose + &more);
        if self.people > 1 { format!("{whose}, {} people", self.people) } else { whose }
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
        let Some(grant) = grant.filter(|grant| now < grant.until) else { return false };
        let counts = |role: &Name| self.counts(role);
        let people: BTreeMap<&Name, &Vec<Name>> =
            grant.by.iter().filter(|(_, roles)| roles.iter().any(counts)).collect();
        let one_of = |roles: &BTreeSet<Name>| {
            roles.is_empty() || people.values().any(|held| held.iter().any(|role| roles.contains(role)))
        };
        let one_of_those = one_of(&self.any_of) && self.besides.iter().all(one_of);
        let roles: Vec<&Name> = self.all_of.iter().collect();
        let enough = people.len() >= self.people.max(1) as usize;
        enough && one_of_those && each_by_another(&roles, &people, &mut BTreeSet::new())
    }

    /// The roles of `principal` that count towards this need; none: the principal may not approve it.
    pub fn counting(&self, principal: &Principal) -> Vec<Name> {
        if is_machine(principal) {
            return Vec::new();
        }
        principal.roles.iter().filter(|role| self.counts(role)).cloned().collect()
    }

    fn counts(&self, role: &Name) -> bool {
        [&self.any_of, &self.all_of].into_iter().chain(&self.besides).any(|roles| roles.contains(role))
    }
}

/// Whether each of `roles` is held by another one of `people`, those in `taken` left out.
fn each_by_another<'a>(
    roles: &[&Name],
    people: &BTreeMap<&'a Name, &Vec<Name>>,
    taken: &mut BTreeSet<&'a Name>,
) -> bool {
    let Some((role, others)) = roles.split_first() else { return true };
    for (person, held) in people {
        if !held.contains(role) || !taken.insert(person) {
            continue;
        }
        if each_by_another(others, people, taken) {
            return true;
        }
        taken.remove(person);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(any_of: &[&str], all_of: &[&str], people: u32) -> Need {
        let names = |names: &[&str]| names.iter().map(|name| Name::new(name)).collect();
        Need { reasons: ["test"].into(), any_of: names(any_of), all_of: names(all_of), people, ..Need::default() }
    }

    fn covered(need: &Need, by: &[(&str, &[&str])]) -> bool {
        let roles = |roles: &[&str]| roles.iter().map(|role| Name::new(role)).collect();
        let by = by.iter().map(|(id, held)| (Name::new(id), roles(held))).collect();
        need.is_covered(Some(&Grant { by, until: Time::from_ms(9) }), Time::from_ms(8))
    }

    #[test]
    fn g6_one_person_with_two_roles_does_not_stand_for_two() {
        let both = need(&[], &["sre_lead", "engineering_manager"], 0);
        let (lead, manager, all) =
            (&["sre_lead"][..], &["engineering_manager"][..], &["engineering_manager", "sre_lead"]);
        assert!(!covered(&both, &[]));
        assert!(!covered(&both, &[("ann", all)]));
        assert!(!covered(&both, &[("ann", lead), ("bob", lead)]));
        assert!(covered(&both, &[("ann", lead), ("bob", manager)]));
        assert!(covered(&both, &[("ann", all), ("bob", lead)]), "bob leads, so ann is the manager");
        assert!(covered(&both, &[("ann", all), ("bob", manager)]));
        assert!(!covered(&both, &[("ann", manager), ("bob", &["operator"])]));
    }

    #[test]
    fn g6_high_risk_takes_two_people_of_whom_each_counts() {
        let two = need(&["operator"], &[], 2);
        assert!(!covered(&two, &[("ann", &["operator"])]));
        assert!(!covered(&two, &[("ann", &["operator"]), ("eve", &["viewer"])]));
        assert!(covered(&two, &[("ann", &["operator"]), ("bob", &["operator"])]));
        let critical = need(&["operator"], &["sre_lead"], 2);
        assert!(!covered(&critical, &[("ann", &["operator"]), ("bob", &["operator"])]));
        assert!(!covered(&critical, &[("lea", &["operator", "sre_lead"])]));
        assert!(covered(&critical, &[("ann", &["operator"]), ("lea", &["sre_lead"])]));
        assert!(!covered(&critical, &[("lee", &["sre_lead"]), ("lea", &["sre_lead"])]), "one of `operator` is missing");
        assert!(covered(&critical, &[("lee", &["sre_lead"]), ("lea", &["operator", "sre_lead"])]));
        let usual = need(&["operator", "sre_lead"], &["sre_lead"], 2);
        assert!(covered(&usual, &[("lee", &["sre_lead"]), ("lea", &["sre_lead"])]));
    }

    #[test]
    fn g6_a_grant_holds_until_its_time_and_nothing_is_needed_for_nothing() {
        let one = need(&["operator"], &[], 1);
        let grant = Grant { by: [("ann".into(), ["operator".into()].into())].into(), until: Time::from_ms(9) };
        assert!(one.is_covered(Some(&grant), Time::from_ms(8)));
        assert!(!one.is_covered(Some(&grant), Time::from_ms(9)));
        assert!(!one.is_covered(None, Time::from_ms(0)));
        assert!(Need::default().is_covered(None, Time::from_ms(0)));
        assert!(!covered(&need(&[], &[], 0), &[("ann", &["operator"])]), "nobody is named whose word counts");
    }

    #[test]
    fn p7_of_two_needs_the_stricter_holds() {
        let both = need(&["operator", "sre_lead"], &["cto"], 1).and(need(&["sre_lead", "manager"], &["vp"], 2));
        assert_eq!((both.any_of, both.all_of), ([Name::new("sre_lead")].into(), ["cto".into(), "vp".into()].into()));
        assert_eq!((both.people, both.reasons.len()), (2, 1));
        let apart = need(&["operator"], &[], 1).and(need(&["manager", "cto"], &[], 1));
        assert_eq!(apart.in_words(), "operator, and one of cto or manager");
        let (operator, manager) = (("ann", &["operator"][..]), ("bob", &["manager"][..]));
        assert!(!covered(&apart, &[operator]) && !covered(&apart, &[manager]), "each policy has a word of its own");
        assert!(covered(&apart, &[operator, manager]) && covered(&apart, &[("eva", &["cto", "operator"])]));
        let again = need(&["operator"], &[], 1).and(apart.clone());
        assert_eq!((&again.any_of, &again.besides), (&apart.any_of, &apart.besides), "it is said once");
        let manages = Principal { id: "bob".into(), roles: ["manager".into(), "viewer".into()].into() };
        assert_eq!(apart.counting(&manages), ["manager".into()]);
        let only_one = Need::default().and(need(&["manager"], &[], 1));
        assert_eq!((only_one.any_of, only_one.people), (["manager".into()].into(), 1));
    }

    #[test]
    fn g6_the_words_name_every_part_of_it() {
        assert_eq!(need(&["a", "b"], &[], 1).in_words(), "a or b");
        assert_eq!(need(&["a"], &["c", "d"], 2).in_words(), "c and d, and one of a, 2 people");
        assert_eq!(need(&[], &["c", "d"], 0).in_words(), "c and d");
    }

    #[test]
    fn g6_a_machine_approves_nothing() {
        let principal =
            |roles: &[&str]| Principal { id: "x".into(), roles: roles.iter().map(|r| Name::new(r)).collect() };
        let need = need(&["operator"], &[], 1);
        assert_eq!(need.counting(&principal(&["operator", "viewer"])).len(), 1);
        for role in ["agent", "source"] {
            assert!(need.counting(&principal(&["operator", role])).is_empty(), "{role}");
        }
    }
}
