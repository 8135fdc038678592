//! How a group, a service or the whole is as its members are (SPEC H5).

use crate::policy::safety::Share;
use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// All components together, where no component, service or group is called so.
pub const SYSTEM: &str = "system";

/// How a group is as its members are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// HEALTHY only while every member is, UNHEALTHY as soon as one is known to be less.
    AllHealthy,
    /// As strictly more than half of the known members are.
    Majority,
    /// HEALTHY while so many members are; a percentage is rounded up.
    MinHealthy(Share),
    /// As members of strictly more than half of the known weight are; one that is not named weighs 1.
    Weighted(BTreeMap<Name, u32>),
    /// As the worst of them.
    #[default]
    Worst,
}

impl Aggregate {
    /// The name as policies spell it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Aggregate::AllHealthy => "all_healthy",
            Aggregate::Majority => "majority",
            Aggregate::MinHealthy(_) => "min_healthy",
            Aggregate::Weighted(_) => "weighted",
            Aggregate::Worst => "worst",
        }
    }
}

/// How many of `size` members must be healthy: at least one, and never fewer than the percentage says.
pub fn enough(wanted: Share, size: u64) -> u64 {
    match wanted {
        Share::Count(count) => u64::from(count),
        Share::Percent(percent) => size.saturating_mul(u64::from(percent)).div_ceil(100),
    }
    .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h5_a_percentage_is_rounded_up_and_asks_for_one_at_least() {
        for (percent, size, wanted) in
            [(40, 2, 1), (50, 1, 1), (1, 1, 1), (0, 7, 1), (50, 3, 2), (50, 4, 2), (100, 10, 10), (34, 3, 2)]
        {
            assert_eq!(enough(Share::Percent(percent), size), wanted, "{percent} % of {size}");
        }
        assert_eq!(enough(Share::Count(0), 5), 1);
        assert_eq!(enough(Share::Count(7), 5), 7, "a count is what it says");
    }
}
