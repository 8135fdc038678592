//! How long a fault can go unnoticed, from what the checks say.

use crate::model::health::Tier;
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

/// How long a component may be DEGRADED at least before that is an incident; in between it is on its way elsewhere.
const PASSING: Span = Span::from_mins(1);
/// How long at most, however slow its checks are.
const LASTING: Span = Span::from_mins(10);

impl Component {
    /// How long it is DEGRADED before that lasts: as long as its checks take to see it well, a minute at least and ten at
    /// most.
    pub fn degraded_lasts(&self) -> Span {
        let asked = self.checks.iter().filter(|check| check.tier != Tier::Comprehensive);
        let spans = asked.map(|check| {
            let successes = i64::from(check.success_threshold.max(1));
            check.recheck_interval.times(successes).plus(check.timeout)
        });
        spans.max().unwrap_or(PASSING).clamp(PASSING, LASTING)
    }

    /// How long its quickest check takes to confirm a fault; nothing without a check.
    pub fn detection(&self) -> Option<DetectionTime> {
        self.checks.iter().map(|check| check.detection()).min_by_key(|time| (time.worst, time.mean))
    }
}
