//! Which components flap, as the monitor says (SPEC H4).

use crate::model::fact::{Conclusion, Fact};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// Components that flap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flapping {
    since: BTreeMap<Name, Time>,
}

impl Flapping {
    /// Since when `component` flaps; nothing where it does not.
    pub fn since(&self, component: &Name) -> Option<Time> {
        self.since.get(component).copied()
    }

    /// All that flap, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, Time)> {
        self.since.iter().map(|(name, since)| (name, *since))
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        let Some(component) = &fact.component else { return };
        match fact.said {
            Conclusion::FlappingBegan(_) => drop(self.since.insert(component.clone(), fact.at)),
            Conclusion::ComponentRegistered {} | Conclusion::ComponentRemoved {} | Conclusion::FlappingEnded {} => {
                self.since.remove(component);
            }
            _ => {}
        }
    }
}
