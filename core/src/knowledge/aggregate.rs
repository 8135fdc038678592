//! From members to their group (SPEC H5). What is not known counts for nothing good: a group of which not enough is known
//! is UNKNOWN, and UNKNOWN lets nothing through.

use crate::knowledge::topology::{Counts, Topology};
use crate::model::health::State;
use crate::policy::groups::{Aggregate, SYSTEM, enough};
use crate::policy::safety::Share;
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;

/// How a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// How many members are in each.
    pub counts: Counts,
}

/// How the service or group `name` is, or the whole where it is called so; nothing where there is no such thing. A
/// component alone is a service of one.
pub fn standing(rules: &BTreeMap<Name, Aggregate>, topology: &Topology, name: &Name) -> Option<Standing> {
    let counts = topology.counts(name).or_else(|| (name.as_str() == SYSTEM).then(|| topology.all()))?;
    let worst = Aggregate::Worst;
    let rule = rules.get(name).unwrap_or(&worst);
    let state = match rule {
        Aggregate::Weighted(weights) => majority(&weighed(weights, topology, name, counts)),
        rule => state(rule, &counts),
    };
    Some(Standing { state, counts })
}

/// How a group is that has so many members in each state.
fn state(rule: &Aggregate, counts: &Counts) -> State {
    match rule {
        Aggregate::AllHealthy if counts.worst() >= State::Degraded => counts.worst().max(State::Unhealthy),
        Aggregate::AllHealthy | Aggregate::Worst => counts.worst(),
        Aggregate::Majority | Aggregate::Weighted(_) => majority(counts),
        Aggregate::MinHealthy(wanted) => reaches(*wanted, counts),
    }
}

/// HEALTHY where strictly more than half of the known are, UNHEALTHY where strictly more than half are that or worse,
/// CRITICAL likewise, else DEGRADED; UNKNOWN unless strictly more than half of all are known.
fn majority(counts: &Counts) -> State {
    let known = counts.known();
    let most = |part: u64, whole: u64| part.saturating_mul(2) > whole;
    if !most(known, counts.members()) {
        State::Unknown
    } else if most(counts.healthy, known) {
        State::Healthy
    } else if most(counts.critical, known) {
        State::Critical
    } else if most(counts.critical.saturating_add(counts.unhealthy), known) {
        State::Unhealthy
    } else {
        State::Degraded
    }
}

/// HEALTHY while so many are, DEGRADED while so many are that at least, UNKNOWN while as many may be.
fn reaches(wanted: Share, counts: &Counts) -> State {
    let wanted = enough(wanted, counts.members());
    let working = counts.healthy.saturating_add(counts.degraded);
    if counts.healthy >= wanted {
        State::Healthy
    } else if working >= wanted {
        State::Degraded
    } else if working.saturating_add(counts.unknown) >= wanted {
        State::Unknown
    } else {
        State::Unhealthy
    }
}

/// The weight in each state: 1 of every member, and what the policy says of those that it names.
fn weighed(weights: &BTreeMap<Name, u32>, topology: &Topology, group: &Name, counts: Counts) -> Counts {
    let whole = topology.counts(group).is_none();
    let is_member = |name: &Name| topology.component(name).is_some() && (whole || topology.is_member(name, group));
    let members = weights.iter().filter(|(name, _)| is_member(name));
    members.fold(counts, |mut counts, (name, weight)| {
        let place = counts.of(topology.state(name));
        *place = place.saturating_sub(1).saturating_add(u64::from(*weight));
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::component;
    use crate::policy::components::{Component, Place};
    use alloc::sync::Arc;

    /// A group of members in these states: `H`, `D`, `U`, `C`, `?`.
    fn group(letters: &str) -> Topology {
        let mut topology = Topology::default();
        for (n, letter) in letters.chars().enumerate() {
            let place = Place { service: Some("web".into()), ..Place::default() };
            let slot = topology.register(Arc::new(Component { place, ..component(&std::format!("m{n}"), &[]) }));
            let state = match letter {
                'H' => State::Healthy,
                'D' => State::Degraded,
                'U' => State::Unhealthy,
                'C' => State::Critical,
                _ => State::Unknown,
            };
            topology.observe(slot, state);
        }
        topology
    }

    fn of(rule: &Aggregate, letters: &str) -> State {
        let rules = [("web".into(), rule.clone()), (SYSTEM.into(), rule.clone())].into();
        let topology = group(letters);
        let found = standing(&rules, &topology, &"web".into()).unwrap().state;
        let Aggregate::Weighted(_) = rule else {
            let whole = standing(&rules, &topology, &SYSTEM.into()).unwrap().state;
            assert_eq!(whole, found, "the whole is the same members");
            return found;
        };
        found
    }

    #[test]
    fn h5_the_worst_decides_unless_the_policy_says_otherwise() {
        for (letters, state) in [
            ("HH", State::Healthy),
            ("H", State::Healthy),
            ("HDH", State::Degraded),
            ("HCU", State::Critical),
            ("H?", State::Unknown),
            ("?D", State::Degraded),
            ("?", State::Unknown),
        ] {
            assert_eq!(of(&Aggregate::default(), letters), state, "{letters}");
        }
    }

    #[test]
    fn h5_a_majority_is_strictly_more_than_half_of_the_known() {
        for (letters, state) in [
            ("H", State::Healthy),
            ("U", State::Unhealthy),
            ("HHU", State::Healthy),
            ("HU", State::Degraded),
            ("HHUU", State::Degraded),
            ("HHUUU", State::Unhealthy),
            ("HD", State::Degraded),
            ("HDU", State::Degraded),
            ("UC", State::Unhealthy),
            ("UCC", State::Critical),
            ("HH?", State::Healthy),
            ("HHU?", State::Healthy),
            ("HHU??", State::Healthy),
            ("HHU???", State::Unknown),
            ("H?", State::Unknown),
            ("U?", State::Unknown),
            ("???", State::Unknown),
        ] {
            assert_eq!(of(&Aggregate::Majority, letters), state, "{letters}");
        }
    }

    #[test]
    fn h5_all_healthy_is_the_strictest() {
        for (letters, state) in [
            ("HHH", State::Healthy),
            ("HHD", State::Unhealthy),
            ("HH?", State::Unknown),
            ("H?U", State::Unhealthy),
            ("HC", State::Critical),
        ] {
            assert_eq!(of(&Aggregate::AllHealthy, letters), state, "{letters}");
        }
    }

    #[test]
    fn h5_weights_count_and_one_where_none_is_given() {
        let rule = |weight| Aggregate::Weighted([("m0".into(), weight), ("stranger".into(), 100)].into());
        assert_eq!(of(&rule(3), "HUU"), State::Healthy);
        assert_eq!(of(&rule(2), "HUU"), State::Degraded, "half is not more than half");
        assert_eq!(of(&rule(0), "HUU"), State::Unhealthy);
        assert_eq!(of(&rule(0), "UHH"), State::Healthy);
        assert_eq!(of(&rule(3), "?HH"), State::Unknown, "most of the weight is not known");
        assert_eq!(of(&rule(1), "?HH"), State::Healthy);
        assert_eq!(of(&rule(0), "H"), State::Unknown, "nothing weighs anything");
    }

    #[test]
    fn h5_so_many_healthy_are_enough() {
        let two = Aggregate::MinHealthy(Share::Count(2));
        for (letters, state) in [
            ("HHU", State::Healthy),
            ("HH?", State::Healthy),
            ("HDU", State::Degraded),
            ("H?U", State::Unknown),
            ("D?U", State::Unknown),
            ("HUU", State::Unhealthy),
            ("H", State::Unhealthy),
            ("??", State::Unknown),
        ] {
            assert_eq!(of(&two, letters), state, "{letters}");
        }
        let share = Aggregate::MinHealthy(Share::Percent(40));
        for (letters, state) in [("HU", State::Healthy), ("UU", State::Unhealthy), ("HUUU", State::Unhealthy)] {
            assert_eq!(of(&share, letters), state, "40 % of {letters}");
        }
    }

    #[test]
    fn h5_who_comes_goes_and_moves_is_counted_where_he_is() {
        let mut topology = group("HU");
        let rules = BTreeMap::new();
        let state = |topology: &Topology, name: &str| standing(&rules, topology, &name.into()).map(|it| it.state);
        assert_eq!(state(&topology, "web"), Some(State::Unhealthy));
        assert_eq!(state(&topology, "m0"), Some(State::Healthy), "alone it is a service of one");
        assert_eq!(state(&topology, "nobody"), None);
        let place = Place { service: Some("api".into()), ..Place::default() };
        topology.register(Arc::new(Component { place, groups: ["api".into()].into(), ..component("m1", &[]) }));
        assert_eq!((state(&topology, "web"), state(&topology, "api")), (Some(State::Healthy), Some(State::Unhealthy)));
        assert_eq!(topology.counts(&"api".into()).map(|counts| counts.members()), Some(1), "counted once");
        topology.remove(&"m1".into());
        assert_eq!((state(&topology, "api"), state(&topology, SYSTEM)), (None, Some(State::Healthy)));
        topology.register(Arc::new(component("m2", &[])));
        assert_eq!(state(&topology, SYSTEM), Some(State::Unknown), "nothing was heard of a new one");
    }
}
