//! What people ordered about who is told: who stands in on call, and what is silent.

use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::SilenceId;
use crate::model::silence::Silence;
use crate::policy::rotation::StandIn;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// As many as may stand in for one rotation at one time; 100 bytes each.
pub const MOST_STAND_INS: usize = 100;

/// As many silences as there may be at one time; 500 bytes each.
pub const MOST_SILENCES: usize = 1_000;

/// Orders that hold for a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// Who stands in, by rotation, the latest order last.
    stand_ins: BTreeMap<Name, Vec<StandIn>>,
    /// What is not told. No end of an incident ends it.
    #[serde(default)]
    silences: BTreeMap<SilenceId, Silence>,
}

impl People {
    /// Who was ordered to stand in for `rotation`, the latest order last.
    pub fn stand_ins(&self, rotation: &Name) -> &[StandIn] {
        self.stand_ins.get(rotation).map_or(&[], Vec::as_slice)
    }

    /// What is silent at `now`.
    pub fn silences(&self, now: Time) -> impl Iterator<Item = (SilenceId, &Silence)> {
        self.silences.iter().filter(move |(_, silence)| now < silence.until).map(|(id, silence)| (*id, silence))
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Conclusion::OnCallChanged(order) = &fact.said {
            let standing = self.stand_ins.entry(order.rotation.clone()).or_default();
            forget_past(standing, fact.at);
            standing.push(StandIn { who: order.who.clone(), from: fact.at, until: order.until });
        }
        if let Conclusion::SilenceChanged(change) = &fact.said {
            self.silences.retain(|id, silence| fact.at < silence.until && *id != change.id);
            self.silences.extend(change.silence.clone().map(|silence| (change.id, silence)));
        }
    }
}

fn forget_past(standing: &mut Vec<StandIn>, now: Time) {
    standing.retain(|it| it.until > now);
    if standing.len() >= MOST_STAND_INS {
        standing.remove(0);
    }
}
