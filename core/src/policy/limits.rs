//! The limits on what the engine keeps. Past a limit it sheds, in a fixed order, and says so.

use serde::{Deserialize, Serialize};

/// How much the engine keeps and does. The cost stated is what one unit takes at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Components; 2 KiB each when quiet.
    pub components: u32,
    /// Open incidents; 16 KiB each.
    pub open_incidents: u32,
    /// Closed incidents remembered for reopening and explanation, oldest dropped first; 16 KiB each.
    pub closed_incidents: u32,
    /// Changes of health remembered, the oldest dropped first; 100 bytes each.
    pub health_changes: u32,
    /// Timeline entries of one incident, later ones dropped except the last; 200 bytes each.
    pub timeline: u32,
    /// Components whose state changed, or that were changed on purpose, a short while ago, each counted alone; 500 bytes
    /// each. Past it the one that would be forgotten first is.
    pub unsettled: u32,
    /// Components that were deployed a short while ago; 100 bytes each. Past it the oldest is forgotten, and everything
    /// counts as deployed for as long as that one would have.
    #[serde(default = "deployments")]
    pub deployments: u32,
    /// Metric series; 16 bytes a sample.
    pub series: u32,
    /// Samples kept for one series.
    pub samples: u32,
    /// Check requests in one step; the rest follow a millisecond later.
    pub checks_per_step: u32,
    /// Check requests without an answer at one time.
    pub checks_in_flight: u32,
    /// Messages that wait for others to go with; 1 KiB each. Past it pages go at once, and what is only to know is dropped.
    #[serde(default = "messages")]
    pub messages: u32,
    /// Bytes of what was seen around an incident, kept twice for each time that is handled: of before the first action and
    /// of after it. The oldest of each kind is dropped first. Where nothing is kept nothing is asked for.
    #[serde(default = "evidence_bytes")]
    pub evidence_bytes: u32,
    /// Bytes of one text in an event; longer ones are refused.
    pub text_bytes: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            components: 200_000,
            open_incidents: 1_000,
            closed_incidents: 1_000,
            health_changes: 10_000,
            timeline: 500,
            unsettled: 100_000,
            deployments: deployments(),
            series: 100_000,
            samples: 512,
            checks_per_step: 1_000,
            checks_in_flight: 10_000,
            messages: messages(),
            evidence_bytes: evidence_bytes(),
            text_bytes: 65_536,
        }
    }
}

fn deployments() -> u32 {
    4_096
}

fn messages() -> u32 {
    10_000
}

fn evidence_bytes() -> u32 {
    8_192
}
