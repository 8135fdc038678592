//! In which stages a rollout reaches its targets (SPEC R9): one at least, each stage holding the one before, and what a
//! stage adds in one failure domain as long as fewer than half are reached.

use crate::knowledge::topology::Topology;
use crate::model::value::Value;
use crate::policy::components::Place;
use crate::policy::playbook::Rollout;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// From this percentage on a stage may reach into several failure domains.
const HALF: u32 = 50;

/// A stage of a plan that is one of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutStage {
    /// The stage of the plan.
    pub stage: u32,
    /// What it adds.
    pub targets: Vec<Name>,
    /// How long is waited after it.
    pub wait: Span,
}

/// Splits the targets `items` into what each stage adds; stages that add nothing are none. `first` is the number of the
/// first one in the plan. What is sick comes first: it takes no healthy capacity away.
///
/// # Errors
/// In words, when an item is no component, or there twice.
pub fn split(
    rollout: &Rollout,
    items: Vec<Value>,
    first: u32,
    sick: &Name,
    topology: &Topology,
) -> Result<(Vec<RolloutStage>, Vec<Vec<Value>>), String> {
    let mut left = targets(&items, topology)?;
    left.sort_by_key(|target| target.name != *sick);
    let total = u32::try_from(left.len()).unwrap_or(u32::MAX);
    let (mut notes, mut added): (Vec<RolloutStage>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
    let mut reached = 0_u32;
    let mut domain = None;
    for (index, percent) in rollout.stages.iter().enumerate() {
        let want = share(*percent, total).saturating_sub(reached);
        let wait = rollout.waits.get(index).copied().unwrap_or(Span::ZERO);
        let taken = take(&mut left, want, (*percent < HALF).then_some(&mut domain));
        if taken.is_empty() {
            // Equal stages merge: the longer wait of the two is kept.
            if let Some(last) = notes.last_mut() {
                last.wait = last.wait.max(wait);
            }
            continue;
        }
        reached = reached.saturating_add(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        let stage = first.saturating_add(u32::try_from(notes.len()).unwrap_or(u32::MAX));
        notes.push(RolloutStage { stage, targets: taken.iter().map(|target| target.name.clone()).collect(), wait });
        added.push(taken.iter().map(|target| Value::text(target.name.as_str())).collect());
    }
    if let Some(last) = notes.last_mut() {
        last.wait = Span::ZERO;
    }
    Ok((notes, added))
}

/// So much of `total`, rounded down, but one at least.
fn share(percent: u32, total: u32) -> u32 {
    let share = u64::from(percent) * u64::from(total) / 100;
    u32::try_from(share).unwrap_or(u32::MAX).max(1).min(total)
}

struct Target {
    name: Name,
    domain: Option<Name>,
}

fn targets(items: &[Value], topology: &Topology) -> Result<Vec<Target>, String> {
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for item in items {
        let name = Name::new(&item.to_string());
        let Some(component) = topology.component(&name) else {
            return Err(format!("`rollout`: `{name}` is not a registered component"));
        };
        if !seen.insert(name.clone()) {
            return Err(format!("`rollout`: `{name}` is among the targets twice"));
        }
        targets.push(Target { name, domain: domain(&component.place) });
    }
    if targets.iter().all(|target| target.domain.is_none()) {
        return Ok(targets);
    }
    // Where some say where they are, the others may be anywhere.
    for target in &mut targets {
        target.domain.get_or_insert_with(|| Name::new(&format!("of {}", target.name)));
    }
    Ok(targets)
}

/// What fails together: the host, where it is known, else the cluster.
fn domain(place: &Place) -> Option<Name> {
    place.host.as_ref().map(|host| Name::new(&format!("host {host}"))).or_else(|| {
        let cluster = place.cluster.as_ref()?;
        Some(Name::new(&format!("cluster {cluster}")))
    })
}

/// Takes up to `most` of what is left; with `within` all of one failure domain, the one before as long as it has any.
fn take(left: &mut Vec<Target>, most: u32, within: Option<&mut Option<Name>>) -> Vec<Target> {
    let only = within.map(|before| {
        let goes_on = left.iter().any(|target| target.domain == *before);
        if !goes_on {
            *before = left.first().and_then(|target| target.domain.clone());
        }
        before.clone()
    });
    let (mut taken, mut kept) = (Vec::new(), Vec::new());
    for target in left.drain(..) {
        let fits = only.as_ref().is_none_or(|only| target.domain == *only);
        let full = u32::try_from(taken.len()).is_ok_and(|taken| taken >= most);
        if fits && !full { taken.push(target) } else { kept.push(target) }
    }
    *left = kept;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::component;
    use crate::policy::playbook::AbortOn;
    use crate::primitives::finite::Finite;
    use alloc::sync::Arc;
    use std::vec;

    fn rollout(stages: &[u32], waits: &[i64]) -> Rollout {
        let abort_on = AbortOn { metric: "error_rate".into(), rise: Finite::ONE, of: None };
        Rollout { stages: stages.into(), waits: waits.iter().map(|mins| Span::from_mins(*mins)).collect(), abort_on }
    }

    /// How many targets each stage adds, of `total`, `per_host` to a host (0: nobody says where they are).
    fn sizes(total: u32, per_host: u32, stages: &[u32]) -> Vec<usize> {
        let mut topology = Topology::default();
        let mut items = Vec::new();
        for n in 0..total {
            let mut one = component(&format!("web-{n:03}"), &[]);
            one.place.host = (per_host > 0).then(|| Name::new(&format!("h{}", n.checked_div(per_host).unwrap_or(0))));
            items.push(Value::text(one.name.as_str()));
            topology.register(Arc::new(one));
        }
        let (notes, added) = split(&rollout(stages, &[5, 10, 15]), items, 3, &"other".into(), &topology).unwrap();
        assert_eq!(
            notes.iter().map(|note| note.targets.len()).collect::<Vec<_>>(),
            added.iter().map(Vec::len).collect::<Vec<_>>()
        );
        for (note, stage) in notes.iter().zip(3..) {
            assert_eq!(note.stage, stage);
        }
        added.iter().map(Vec::len).collect()
    }

    const USUAL: [u32; 4] = [1, 10, 50, 100];

    #[test]
    fn r9_a_stage_is_one_at_least_and_rounds_down() {
        assert_eq!(sizes(20, 0, &USUAL), [1, 1, 8, 10], "1 % of 20 is one");
        assert_eq!(sizes(100, 0, &USUAL), [1, 9, 40, 50]);
        assert_eq!(sizes(19, 0, &USUAL), [1, 8, 10], "10 % of 19 is one, as 1 % is: they merge");
        assert_eq!(sizes(3, 0, &USUAL), [1, 2], "50 % of 3 is one");
        assert_eq!(sizes(2, 0, &USUAL), [1, 1]);
        assert_eq!(sizes(1, 0, &USUAL), [1]);
    }

    #[test]
    fn r9_up_to_half_a_stage_adds_only_what_fails_together() {
        assert_eq!(sizes(40, 2, &USUAL), [1, 1, 18, 20], "the rest of the host of the canary, no more");
        assert_eq!(sizes(40, 1, &[5, 10, 49, 50, 100]), [1, 1, 1, 17, 20], "49 % is not half, 50 % is");
        assert_eq!(sizes(40, 10, &USUAL), [1, 3, 16, 20]);
    }

    #[test]
    fn r9_merged_stages_keep_the_longer_wait_and_the_last_has_none() {
        let mut topology = Topology::default();
        for name in ["a", "b", "c"] {
            topology.register(Arc::new(component(name, &[])));
        }
        let items = vec![Value::text("a"), Value::text("b"), Value::text("c")];
        let (notes, added) = split(&rollout(&USUAL, &[5, 10, 15]), items, 0, &"c".into(), &topology).unwrap();
        let waits: Vec<i64> = notes.iter().map(|note| note.wait.ms() / 60_000).collect();
        assert_eq!((waits, added[0].clone()), (vec![15, 0], vec![Value::text("c")]), "what is sick comes first");
    }

    #[test]
    fn r9_a_target_that_is_unknown_or_named_twice_makes_no_plan() {
        let mut topology = Topology::default();
        topology.register(Arc::new(component("a", &[])));
        let ask = |items: &[&str]| {
            let items = items.iter().map(|item| Value::text(item)).collect();
            split(&rollout(&USUAL, &[5, 10, 15]), items, 0, &"a".into(), &topology)
        };
        assert!(ask(&["a"]).is_ok());
        assert!(ask(&["a", "a"]).is_err());
        assert!(ask(&["a", "b"]).is_err());
    }

    #[test]
    fn r9_who_does_not_say_where_he_is_fails_alone() {
        let mut topology = Topology::default();
        for (name, host) in [("a", None), ("b", Some("h")), ("c", None), ("d", Some("h"))] {
            let mut one = component(name, &[]);
            one.place.host = host.map(Name::new);
            topology.register(Arc::new(one));
        }
        let items = ["a", "b", "c", "d"].map(Value::text).to_vec();
        let (_, added) = split(&rollout(&[49, 100], &[5]), items.clone(), 0, &"x".into(), &topology).unwrap();
        assert_eq!(added.iter().map(Vec::len).collect::<Vec<_>>(), [1, 3]);
        let (_, added) = split(&rollout(&[75, 100], &[5]), items, 0, &"x".into(), &topology).unwrap();
        assert_eq!(added.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
    }
}
