//! The storms that go on: what fails together, since when, and what was done about it meanwhile.

use crate::knowledge::topology::{Topology, areas};
use crate::model::area::Area;
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::RunId;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// The storms that go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storms {
    active: BTreeMap<Area, Storm>,
}

/// One storm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// When it began.
    pub began: Time,
    /// The one component that everything that failed depends on.
    pub root: Option<Name>,
    /// The one run that was begun in it.
    pub canary: Option<RunId>,
}

impl Storms {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// The storm of `area`.
    pub fn get(&self, area: &Area) -> Option<&Storm> {
        self.active.get(area)
    }

    /// Those that go on.
    pub fn iter(&self) -> impl Iterator<Item = (&Area, &Storm)> {
        self.active.iter()
    }

    /// Those that `component` is in the midst of; each, where it is not known where the component is.
    pub fn over<'a>(
        &'a self,
        component: &Name,
        topology: &Topology,
    ) -> impl Iterator<Item = (&'a Area, &'a Storm)> + use<'a> {
        let near = topology.component(component).map(|component| areas(component));
        self.active
            .iter()
            .filter(move |(area, _)| **area == Area::All || near.as_ref().is_none_or(|near| near.contains(area)))
    }

    pub(super) fn apply(&mut self, fact: &Fact, topology: &Topology) {
        match &fact.said {
            Conclusion::StormChanged { area, active: true, root, .. } => {
                let began = Storm { began: fact.at, root: None, canary: None };
                self.active.entry(area.clone()).or_insert(began).root = root.clone();
            }
            Conclusion::StormChanged { area, .. } => drop(self.active.remove(area)),
            Conclusion::RunStarted { .. } if !self.active.is_empty() => {
                let (Some(component), Some(run)) = (&fact.component, fact.run) else { return };
                let near = topology.component(component).map(|component| areas(component)).unwrap_or_default();
                let within = self.active.iter_mut().filter(|(area, _)| **area == Area::All || near.contains(area));
                for (_, storm) in within {
                    storm.canary.get_or_insert(run);
                }
            }
            _ => {}
        }
    }
}
