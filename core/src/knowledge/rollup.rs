//! Who is to blame when several things fail together: the root among what a component depends on (SPEC H5).

use crate::knowledge::health::Healths;
use crate::knowledge::topology::Topology;
use crate::model::health::State;
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec;
use alloc::vec::Vec;

/// How many components one search looks at; what lies beyond is not found. One takes about 100 bytes meanwhile.
const REACH: usize = 256;

/// The deepest failed thing that `component` depends on: what is to be healed first, and named as the cause.
///
/// A dependency may be a component, or a service or group, which is as its worst member. The search stops at what is
/// known not to have failed. Where failed things depend on each other in a circle, the first of them by name is the
/// root and has no cause itself, so that something can always be done. Of several equally deep the first by name.
pub fn root_cause(topology: &Topology, healths: &Healths, component: &Name) -> Option<Name> {
    let search = Search { topology, healths };
    let below = search.below(component);
    let mut found: Option<(u32, &Name)> = None;
    for (name, depth) in &below {
        let further_down = found.is_none_or(|(deepest, _)| *depth > deepest);
        if further_down && name != component && search.is_failed(name) && search.is_root(name) {
            found = Some((*depth, name));
        }
    }
    let (_, root) = found?;
    // In its own circle the first by name has no cause.
    let alone = search.is_failed(component) && search.is_root(component);
    (!alone).then(|| root.clone())
}

struct Search<'a> {
    topology: &'a Topology,
    healths: &'a Healths,
}

impl Search<'_> {
    /// What `from` depends on, over everything that is not known to work, with the number of steps to it.
    fn below(&self, from: &Name) -> BTreeMap<Name, u32> {
        let mut found = BTreeMap::new();
        let mut level = vec![from.clone()];
        let mut depth = 0u32;
        while !level.is_empty() && found.len() < REACH {
            depth = depth.saturating_add(1);
            let mut next = Vec::new();
            for needed in level.iter().flat_map(|name| self.needs(name)) {
                if found.len() >= REACH || self.works(&needed) {
                    continue;
                }
                if let Entry::Vacant(place) = found.entry(needed) {
                    next.push(place.key().clone());
                    place.insert(depth);
                }
            }
            level = next;
        }
        found
    }

    /// Whether nothing failed lies below `name`, circles aside, in which it must be the first.
    fn is_root(&self, name: &Name) -> bool {
        let below = self.below(name);
        let mut failed = below.keys().filter(|other| *other != name && self.is_failed(other));
        failed.all(|other| name < other && self.below(other).contains_key(name))
    }

    fn needs(&self, name: &Name) -> Vec<Name> {
        let Some(component) = self.topology.component(name) else { return Vec::new() };
        component.depends_on.iter().flat_map(|needed| self.topology.members(needed)).collect()
    }

    fn is_failed(&self, name: &Name) -> bool {
        self.healths.of(name, self.topology).state >= State::Unhealthy
    }

    fn works(&self, name: &Name) -> bool {
        self.healths.of(name, self.topology).state == State::Healthy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::health::Health;
    use crate::policy::components::{Component, Place};
    use crate::primitives::time::Span;
    use alloc::sync::Arc;
    use std::string::{String, ToString};

    /// `web>db,cache` lines: who needs what; a name in capitals has failed, `?` after it: unknown.
    fn world(lines: &[&str]) -> (Topology, Healths) {
        let (mut topology, mut healths) = (Topology::default(), Healths::default());
        for line in lines {
            let (name, needs) = line.split_once('>').unwrap_or((line, ""));
            let (name, state) = match name.strip_suffix('?') {
                Some(name) => (name, State::Unknown),
                None if name.to_uppercase() == name => (name, State::Unhealthy),
                None => (name, State::Healthy),
            };
            let slot = topology.register(Arc::new(component(&name.to_lowercase(), needs)));
            healths.restore(slot, Health { state, ..Health::default() });
        }
        (topology, healths)
    }

    fn component(name: &str, needs: &str) -> Component {
        Component {
            name: name.into(),
            kind: "custom".into(),
            class: None,
            labels: BTreeMap::new(),
            place: Place { service: name.split_once('-').map(|(service, _)| service.into()), ..Place::default() },
            environment: None,
            groups: [].into(),
            critical: false,
            stateful: false,
            users: None,
            revenue_per_hour: None,
            depends_on: needs.split(',').filter(|need| !need.is_empty()).map(Name::from).collect(),
            checks: Vec::new(),
            run: None,
            healthy_delay: Span::ZERO,
        }
    }

    fn cause(lines: &[&str], of: &str) -> Option<String> {
        let (topology, healths) = world(lines);
        root_cause(&topology, &healths, &of.into()).map(|name| name.to_string())
    }

    #[test]
    fn the_deepest_failed_dependency_is_the_cause() {
        let lines = ["WEB>api", "API>db", "DB>disk", "DISK"];
        assert_eq!(cause(&lines, "web").as_deref(), Some("disk"));
        assert_eq!(cause(&lines, "db").as_deref(), Some("disk"));
        assert_eq!(cause(&lines, "disk"), None);
    }

    #[test]
    fn what_works_ends_the_search_and_what_is_unknown_does_not() {
        assert_eq!(cause(&["WEB>api", "api>db", "DB"], "web"), None);
        assert_eq!(cause(&["WEB>api", "api?>db", "DB"], "web").as_deref(), Some("db"));
        assert_eq!(cause(&["WEB>api", "api?"], "web"), None, "unknown is no failure");
    }

    #[test]
    fn of_equally_deep_ones_the_first_by_name_is_it() {
        assert_eq!(cause(&["WEB>b,a", "B", "A"], "web").as_deref(), Some("a"));
        assert_eq!(cause(&["WEB>a,b", "A", "B>c", "C"], "web").as_deref(), Some("c"), "deeper wins");
    }

    #[test]
    fn in_a_circle_exactly_one_has_no_cause() {
        let lines = ["C>a", "A>b", "B>c", "WEB>c"];
        let causes: Vec<_> = ["a", "b", "c", "web"].iter().map(|of| cause(&lines, of)).collect();
        assert_eq!(causes, [None, Some("a".to_string()), Some("a".to_string()), Some("a".to_string())]);
        assert_eq!(cause(&["A>a"], "a"), None, "not even itself");
    }

    #[test]
    fn a_circle_above_a_root_has_that_root_as_its_cause() {
        let lines = ["A>b", "B>a,z", "Z"];
        assert_eq!(cause(&lines, "a").as_deref(), Some("z"));
        assert_eq!(cause(&lines, "b").as_deref(), Some("z"));
    }

    #[test]
    fn a_service_is_as_its_worst_member() {
        assert_eq!(cause(&["WEB>db", "db-1", "DB-2"], "web").as_deref(), Some("db-2"));
        assert_eq!(cause(&["WEB>db", "db-1", "db-2"], "web"), None);
        assert_eq!(cause(&["WEB>nobody"], "web"), None);
    }

    #[test]
    fn a_long_chain_ends() {
        let lines: Vec<String> = (0..1_000).map(|i| std::format!("N{i:04}>n{:04}", i + 1)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(cause(&lines, "n0900").as_deref(), Some("n0999"));
        assert_eq!(cause(&lines, "n0000"), None, "beyond reach nothing is known to be the root");
    }
}
