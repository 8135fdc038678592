//! What people ordered about who is told: who stands in on call.

use crate::model::fact::{Conclusion, Fact};
use crate::policy::rotation::StandIn;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// As many as may stand in for one rotation at one time; 100 bytes each.
pub const MOST_STAND_INS: usize = 100;

/// Orders that hold for a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// Who stands in, by rotation, the latest order last.
    stand_ins: BTreeMap<Name, Vec<StandIn>>,
}

impl People {
    /// Who was ordered to stand in for `rotation`, the latest order last.
    pub fn stand_ins(&self, rotation: &Name) -> &[StandIn] {
        self.stand_ins.get(rotation).map_or(&[], Vec::as_slice)
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Conclusion::OnCallChanged(order) = &fact.said {
            let standing = self.stand_ins.entry(order.rotation.clone()).or_default();
            forget_past(standing, fact.at);
            standing.push(StandIn { who: order.who.clone(), from: fact.at, until: order.until });
        }
    }
}

fn forget_past(standing: &mut Vec<StandIn>, now: Time) {
    standing.retain(|it| it.until > now);
    if standing.len() >= MOST_STAND_INS {
        standing.remove(0);
    }
}
