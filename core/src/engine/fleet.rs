//! How groups and the whole are (SPEC H5): counted as health changes, put together when somebody looks.

use crate::engine::Engine;
use crate::knowledge::aggregate::standing;
use crate::model::health::State;
use crate::policy::groups::{Aggregate, SYSTEM};
use crate::primitives::name::Name;
use alloc::vec::Vec;
use serde::Serialize;

/// How a service, a group or the whole is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupStanding {
    /// Its name; `system` for the whole.
    pub group: Name,
    /// Its state.
    pub state: State,
    /// The rule by which it is so.
    pub by: &'static str,
    /// How many members it has.
    pub members: u64,
    /// Of how many of them the state is known.
    pub known: u64,
}

impl Engine {
    /// The whole, then each service and group by name.
    pub fn groups(&self) -> Vec<GroupStanding> {
        let whole = Name::new(SYSTEM);
        let own = self.knowledge().topology.groups().filter(|name| **name != whole);
        [&whole].into_iter().chain(own).filter_map(|name| self.group(name)).collect()
    }

    /// How the service or group `name` is.
    pub fn group(&self, name: &Name) -> Option<GroupStanding> {
        let rules = self.policy().groups();
        let found = standing(rules, &self.knowledge().topology, name)?;
        let by = rules.get(name).map_or(Aggregate::default().as_str(), Aggregate::as_str);
        let (members, known) = (found.counts.members(), found.counts.known());
        Some(GroupStanding { group: name.clone(), state: found.state, by, members, known })
    }
}
