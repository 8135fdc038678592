//! How long a fault can go unnoticed, from what the checks say.

use crate::policy::components::{Ask, Check, Component};
use crate::primitives::time::Span;
use serde::{Deserialize, Serialize};

/// From the onset of a fault that a check can see to the state that starts healing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectionTime {
    /// When the fault begins at a moment drawn at random, and each answer takes half its time limit.
    pub mean: Span,
    /// When the fault begins right after a pass and each answer takes its whole time limit.
    pub worst: Span,
}

impl Check {
    /// How long this check takes to confirm a fault: the wait for the next ask, the rechecks, the last answer.
    pub fn detection(&self) -> DetectionTime {
        let rechecks = i64::from(self.failure_threshold.saturating_sub(1));
        let confirm = self.recheck_interval.times(rechecks);
        let silence = match &self.ask {
            Ask::Heartbeat { within } => *within,
            _ => Span::ZERO,
        };
        let half = |span: Span| Span::from_ms(span.ms() / 2);
        DetectionTime {
            mean: half(self.interval).plus(silence).plus(confirm).plus(half(self.timeout)),
            worst: self.interval.plus(silence).plus(confirm).plus(self.timeout),
        }
    }
}

impl Component {
    /// How long its quickest check takes to confirm a fault; nothing without a check.
    pub fn detection(&self) -> Option<DetectionTime> {
        self.checks.iter().map(|check| check.detection()).min_by_key(|time| (time.worst, time.mean))
    }
}
