//! Whether enough was heard since the last start, or since the policy in force came, for anything to be done (SPEC P9).

use crate::model::fact::{Conclusion, Fact};
use crate::primitives::time::Time;
use serde::{Deserialize, Serialize};

/// The warm-up. It begins as one that is not over: nothing was heard of anything yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmUp {
    over: bool,
    /// When it ends at the latest, once that is settled.
    until: Option<Time>,
    /// When it was over.
    #[serde(default)]
    ended: Option<Time>,
}

impl WarmUp {
    /// One that is over.
    pub const OVER: WarmUp = WarmUp { over: true, until: None, ended: None };

    /// Whether it is over.
    pub const fn is_over(self) -> bool {
        self.over
    }

    /// When it ends at the latest, as far as that is known.
    pub const fn until(self) -> Option<Time> {
        self.until
    }

    /// When it was over, once it is.
    pub const fn ended(self) -> Option<Time> {
        self.ended
    }

    /// As it was before there was one.
    pub(crate) const fn unknown_before() -> WarmUp {
        WarmUp::OVER
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        match &fact.said {
            Conclusion::ControlChanged { what, .. } if what == "epoch" => *self = WarmUp::default(),
            Conclusion::PolicyReplaced { .. } => *self = WarmUp::default(),
            Conclusion::WarmUpBegan(crate::model::calm::Warming { until, .. }) => {
                *self = WarmUp { over: false, until: Some(*until), ended: None }
            }
            Conclusion::WarmUpEnded(_) => *self = WarmUp { ended: Some(fact.at), ..WarmUp::OVER },
            _ => {}
        }
    }
}
