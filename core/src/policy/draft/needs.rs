//! Dependencies: names bound to components, circles found.

use crate::policy::components::Component;
use crate::policy::document::{Item, Origin};
use crate::policy::problem::{Near, shown};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The most dependencies in all; 24 bytes each.
const MOST: usize = 1_000_000;
/// The longest circle that is written out.
const SHOWN: usize = 12;
/// The most circles that are reported, each found in one pass over all dependencies.
const MOST_CIRCLES: u32 = 20;

/// A component that is made, with what it still needs bound.
pub(super) struct Made {
    /// Without dependencies.
    pub component: Component,
    /// The entry it was made from.
    pub entry: Name,
    /// What it needs, as written.
    pub needs: Arc<[(Name, Option<Origin>)]>,
    /// Where its entry stands.
    pub origin: Origin,
}

/// The components with their dependencies. A name stands for a component, for all instances of an entry, or for all
/// members of a service.
pub(super) fn bind(item: &Item<'_>, made: Vec<Made>) -> Vec<Component> {
    let bound: Vec<BTreeSet<usize>> = {
        let known = Known::of(&made);
        let mut total = 0;
        made.iter()
            .enumerate()
            .map(|(at, made)| {
                let bound = known.bind(item, at, made);
                total += bound.len();
                if total > MOST { BTreeSet::new() } else { bound }
            })
            .collect()
    };
    if bound.iter().map(BTreeSet::len).sum::<usize>() >= MOST {
        item.report(item.key_error(format!("there are more than {MOST} dependencies between components")));
    }
    report_circles(item, &made, &bound);
    let names: Vec<Name> = made.iter().map(|made| made.component.name.clone()).collect();
    let named = |bound: BTreeSet<usize>| bound.into_iter().filter_map(|at| names.get(at).cloned());
    let services: BTreeSet<Name> = made.iter().map(|made| made.component.service().clone()).collect();
    let all = made.into_iter().zip(bound).map(|(made, bound)| {
        // By its name a service is needed with the members that it gets later, too.
        let whole = made.needs.iter().map(|(name, _)| name).filter(|name| services.contains(*name)).cloned();
        Component { depends_on: named(bound).chain(whole).collect(), ..made.component }
    });
    all.collect()
}

/// What a name in `depends_on` can mean.
struct Known<'m> {
    components: BTreeMap<&'m str, usize>,
    together: BTreeMap<&'m str, Vec<usize>>,
    near: Near,
}

impl<'m> Known<'m> {
    fn of(made: &'m [Made]) -> Known<'m> {
        let mut together: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, made) in made.iter().enumerate() {
            let service = made.component.service().as_str();
            together.entry(service).or_default().push(at);
            if made.entry.as_str() != service {
                together.entry(made.entry.as_str()).or_default().push(at);
            }
        }
        let components = made.iter().enumerate().map(|(at, made)| (made.component.name.as_str(), at)).collect();
        Known { components, together, near: Near::new() }
    }

    fn bind(&self, item: &Item<'_>, at: usize, made: &Made) -> BTreeSet<usize> {
        let mut bound = BTreeSet::new();
        for (name, origin) in made.needs.iter() {
            let place = origin.as_ref().unwrap_or(&made.origin);
            match (self.components.get(name.as_str()), self.together.get(name.as_str())) {
                (Some(one), _) => {
                    bound.insert(*one);
                }
                (None, Some(all)) => bound.extend(all),
                (None, None) if origin.is_some() && self.is_first(made) => self.report_unknown(item, name, place),
                (None, None) => {}
            }
            if bound.remove(&at) {
                let message = format!("component `{}` depends on itself", made.component.name);
                item.report(place.error(message).help("name only what it needs from others"));
            }
        }
        bound
    }

    /// Whether `made` is the first of its entry, so that a mistake is reported once and not for each instance.
    fn is_first(&self, made: &Made) -> bool {
        let service = made.component.service().as_str();
        let entry = self.together.get(made.entry.as_str()).or_else(|| self.together.get(service));
        let own = self.components.get(made.component.name.as_str());
        made.entry == made.component.name || entry.and_then(|all| all.first()) == own
    }

    fn report_unknown(&self, item: &Item<'_>, name: &Name, place: &Origin) {
        let words = self.components.keys().chain(self.together.keys()).copied();
        let near = self.near.of(name.as_str(), self.components.len().saturating_add(self.together.len()), words);
        let problem = place.error(format!("unknown component `{}` in `depends_on`", shown(name.as_str())));
        item.report(problem.did_you_mean(near).help("a component, or the name or service of several"));
    }
}

/// Reports each circle of dependencies once, up to a number.
fn report_circles(item: &Item<'_>, made: &[Made], bound: &[BTreeSet<usize>]) {
    let mut left = still_circular(bound, (0..bound.len()).collect());
    for _ in 0..MOST_CIRCLES {
        let Some(start) = left.first().copied() else { return };
        let mut way: Vec<usize> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut at = start;
        while seen.insert(at) {
            way.push(at);
            let next = bound.get(at).and_then(|needs| needs.iter().find(|next| left.contains(next)));
            match next {
                Some(next) => at = *next,
                None => break,
            }
        }
        let closed = way.iter().position(|step| *step == at).unwrap_or(0);
        let circle = way.get(closed..).unwrap_or_default();
        if let Some(first) = circle.first().and_then(|first| made.get(*first)) {
            let names = circle.iter().filter_map(|at| made.get(*at)).map(|made| made.component.name.to_string());
            let mut shown: Vec<String> = names.take(SHOWN).collect();
            shown.push(if circle.len() > SHOWN { "…".into() } else { first.component.name.to_string() });
            let place = first.needs.iter().find_map(|(_, origin)| origin.as_ref()).unwrap_or(&first.origin);
            let problem = place.error(format!("dependencies go in a circle: {}", shown.join(" → ")));
            item.report(problem.help("each would wait for the next: leave one of them out"));
        }
        let circle: BTreeSet<usize> = way.into_iter().collect();
        left.retain(|at| !circle.contains(at));
        left = still_circular(bound, left);
    }
}

/// What is left of `left` after taking away, again and again, what needs nothing in it.
fn still_circular(bound: &[BTreeSet<usize>], mut left: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut needed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for at in &left {
        let needs =
            bound.get(*at).map(|needs| needs.intersection(&left).copied().collect::<Vec<_>>()).unwrap_or_default();
        open.insert(*at, needs.len());
        for need in needs {
            needed_by.entry(need).or_default().push(*at);
        }
    }
    let mut free: Vec<usize> = open.iter().filter(|(_, needs)| **needs == 0).map(|(at, _)| *at).collect();
    while let Some(at) = free.pop() {
        left.remove(&at);
        for waiting in needed_by.get(&at).into_iter().flatten() {
            if let Some(needs) = open.get_mut(waiting) {
                *needs = needs.saturating_sub(1);
                if *needs == 0 {
                    free.push(*waiting);
                }
            }
        }
    }
    left
}
