//! The order of checks that fall due together, and what one of them takes.

use super::*;
use crate::knowledge::topology::Slot;
use crate::monitor::roster::{Post, Roster};
use proptest::prelude::*;

/// Two checks for each component, the second named before the first.
fn components(count: usize) -> Vec<(Slot, std::sync::Arc<crate::policy::components::Component>)> {
    let names: Vec<String> = (0..count).map(|number| format!("web-{:02}", number * 37 % 100)).collect();
    let checks = "checks: [{ name: b, tcp: 'h:1' }, { name: a, tcp: 'h:2' }]";
    let lines: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), checks)).collect();
    let world = World::of(&lines);
    let topology = &world.knowledge.topology;
    names
        .iter()
        .map(|name| topology.slot(&name.as_str().into()).unwrap())
        .map(|slot| (slot, topology.at(slot).unwrap().clone()))
        .collect()
}

proptest! {
    /// Ranks are given now and then, and the order is the same without any.
    #[test]
    fn checks_due_together_come_by_name_whether_ranked_or_not(
        deeds in proptest::collection::vec((0usize..30, 0u8..4), 1..80),
    ) {
        let components = components(30);
        let mut roster = Roster::default();
        for (number, deed) in deeds {
            let (slot, component) = &components[number];
            roster.strike(*slot);
            if deed > 0 {
                let due = |check: usize| Time::from_ms((number + check) as i64 % 3);
                let posts = component.checks.iter().enumerate();
                let posts = posts.map(|(at, check)| Post::new(component, check.clone(), *slot, due(at)));
                roster.enter(*slot, component.clone(), posts.collect());
            }
            if deed > 1 {
                roster.rank();
            }
            let mut keys: Vec<u32> = roster.posts().map(|(key, _)| key).collect();
            roster.put_in_order(&mut keys);
            let came: Vec<_> = keys.iter().map(|key| roster.post(*key).map(|post| (post.due, post.name()))).collect();
            prop_assert!(came.is_sorted(), "{came:?}");
            prop_assert_eq!(came.len(), roster.posts().count());
        }
    }
}

/// Two lines of the cache: what more takes is paid by every check of a large fleet.
#[test]
#[cfg(target_pointer_width = "64")]
fn a_post_takes_two_lines_of_the_cache() {
    assert_eq!((size_of::<Option<Post>>(), align_of::<Option<Post>>()), (128, 64));
}
