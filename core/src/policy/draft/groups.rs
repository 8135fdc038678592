//! The section `groups`: how a service, a group or the whole is as its members are.

use super::names::{count, key};
use super::roster::Roster;
use super::safety::share;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::groups::{Aggregate, SYSTEM, enough};
use crate::policy::problem::{Near, listed, shown};
use crate::policy::safety::Share;
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

const METHODS: [(&str, &str); 5] = [
    ("all_healthy", "all_healthy"),
    ("majority", "majority"),
    ("min_healthy", "min_healthy"),
    ("weighted", "weighted"),
    ("worst", "worst"),
];

/// Reads the section. A group without an entry of its own is as its worst member.
pub(super) fn groups(fields: &Fields<'_>, roster: &Roster) -> BTreeMap<Name, Aggregate> {
    let sizes = super::group_sizes(&roster.components, false);
    let near = Near::new();
    let read = fields.map("groups", |item| {
        let name = key(item)?;
        let (aggregate, places) = aggregate(item)?;
        let size = match sizes.get(&name) {
            Some(size) => *size,
            None if name.as_str() == SYSTEM => u32::try_from(roster.components.len()).unwrap_or(u32::MAX),
            None => {
                let problem = item.key_error(format!("no service or group is called `{}`", shown(name.as_str())));
                let near = near.of(name.as_str(), sizes.len(), sizes.keys().map(Name::as_str));
                let known = listed(sizes.keys().map(Name::as_str));
                item.report(
                    problem.did_you_mean(near).help(format!("services and groups: {known}; the whole is `{SYSTEM}`")),
                );
                return None;
            }
        };
        let group = Group { name: &name, size, roster };
        group.check(&aggregate, &places, item);
        Some((name, aggregate))
    });
    read.into_iter().map(|(_, one)| one).collect()
}

/// How a group is to be looked at, and where each weight stands.
fn aggregate(item: &Item<'_>) -> Option<(Aggregate, Vec<(Name, Origin)>)> {
    let fields = item.fields("a group", &["aggregate", "weights", "min_healthy"])?;
    let mut places = Vec::new();
    let weights = fields.get("weights", |item| {
        let read = item.map(|item| {
            let name = key(item)?;
            places.push((name.clone(), item.key_origin()));
            Some((name, count(item, 0..=1_000)?))
        })?;
        Some(read.into_iter().map(|(_, weight)| weight).collect::<BTreeMap<Name, u32>>())
    });
    let wanted = fields.get("min_healthy", |item| share(item, 1));
    let meant = match (fields.has("weights"), fields.has("min_healthy")) {
        (true, _) => "weighted",
        (false, true) => "min_healthy",
        (false, false) => "worst",
    };
    let method = if fields.has("aggregate") { fields.get("aggregate", |item| item.one_of(&METHODS))? } else { meant };
    for (field, of) in [("weights", "weighted"), ("min_healthy", "min_healthy")] {
        if fields.has(field) && method != of {
            let problem = item.key_error(format!("`{field}` says nothing where `aggregate` is `{method}`"));
            item.report(problem.help(format!("write `aggregate: {of}`, or leave `{field}` out")));
            return None;
        }
    }
    let aggregate = match method {
        "all_healthy" => Aggregate::AllHealthy,
        "majority" => Aggregate::Majority,
        "weighted" => Aggregate::Weighted(fields.need("weights", |_| weights)?),
        "min_healthy" => Aggregate::MinHealthy(fields.need("min_healthy", |_| wanted)?),
        _ => Aggregate::Worst,
    };
    Some((aggregate, places))
}

/// A group that an entry is about.
struct Group<'a> {
    name: &'a Name,
    size: u32,
    roster: &'a Roster,
}

impl Group<'_> {
    /// Warns of what can never be: more healthy members than there are, and weights of strangers.
    fn check(&self, aggregate: &Aggregate, places: &[(Name, Origin)], item: &Item<'_>) {
        let (name, size) = (shown(self.name.as_str()), self.size);
        if let Aggregate::MinHealthy(wanted @ Share::Count(_)) = aggregate
            && enough(*wanted, u64::from(size)) > u64::from(size)
        {
            let message = format!("`{name}` has {size} members, so many can never be healthy");
            item.report(item.key_origin().warning(message).help("it will never be HEALTHY: lower `min_healthy`"));
        }
        let strangers = places.iter().filter(|(member, _)| !self.has(member));
        for (member, origin) in strangers {
            let message = format!("`{}` is no member of `{name}`", shown(member.as_str()));
            item.report(origin.warning(message).help("its weight counts for nothing, unless it is registered later"));
        }
        if let Aggregate::Weighted(weights) = aggregate
            && size > 0
            && weights.iter().filter(|(member, weight)| **weight == 0 && self.has(member)).count() >= size as usize
        {
            let message = format!("no member of `{name}` has any weight");
            item.report(item.key_origin().warning(message).help("it will always be UNKNOWN: give one at least 1"));
        }
    }

    fn has(&self, member: &Name) -> bool {
        let components = &self.roster.components;
        let found = components.binary_search_by(|component| component.name.cmp(member)).ok();
        found.and_then(|at| components.get(at)).is_some_and(|component| {
            self.name.as_str() == SYSTEM || component.service() == self.name || component.groups.contains(self.name)
        })
    }
}
