//! Switches and ceilings that people and the host set: mode, kill switch, fault latch, epoch.

use crate::model::fact::{Conclusion, Fact};
use crate::policy::mode::Mode;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use serde::{Deserialize, Serialize};

/// The reason of the stop that the host sets and ends.
pub const HOST: &str = "host";
/// Who lowers the mode where trust was lost, before why.
pub const ITSELF: &str = "the engine itself: ";
/// The one reason that people's further ones are kept under.
pub const OTHERS: &str = "and others";
/// Reasons to stop that are kept apart; 1.3 KiB each.
const MOST_KILLS: usize = 64;

/// Switches and ceilings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The ceiling that was set at run time.
    pub ceiling: Option<Mode>,
    /// Who set it; unset where that was not written down yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling_by: Option<String>,
    /// Why nothing may be executed, with who said so. Sticky across restore, upgrade and time.
    pub kills: BTreeMap<String, String>,
    /// What contradiction was found; nothing is executed any more.
    pub fault: Option<String>,
    /// The host's epoch.
    pub epoch: u64,
    /// When the host last started.
    pub started: Time,
}

impl Control {
    /// The mode in force: the least of the policy's, the one set at run time, and `own`.
    pub fn mode(&self, policy: Mode, own: Option<Mode>) -> Mode {
        policy.min(self.ceiling.unwrap_or(Mode::Auto)).min(own.unwrap_or(Mode::Auto))
    }

    /// The first reason why nothing may be executed.
    pub fn stopped(&self) -> Option<String> {
        match &self.fault {
            Some(fault) => Some(alloc::format!("fault latch: {fault}")),
            None => self.kills.keys().next().cloned(),
        }
    }

    /// As what a stop for `reason` is kept: past the limit a further reason is kept under one with others, but it stops.
    pub fn kept_as<'a>(&self, reason: &'a str) -> &'a str {
        let apart = self.kills.len() < MOST_KILLS || self.kills.contains_key(reason);
        if apart { reason } else { OTHERS }
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        match &fact.said {
            Conclusion::ControlChanged { what, to, detail } => match what.as_ref() {
                "mode" => {
                    self.ceiling = Mode::ALL.into_iter().find(|mode| mode.as_str() == to);
                    self.ceiling_by = Some(detail.clone());
                }
                "kill" => drop(self.kills.insert(to.clone(), detail.clone())),
                "resume" => drop(self.kills.remove(to)),
                "epoch" => {
                    self.epoch = to.parse().unwrap_or(self.epoch);
                    self.started = fact.at;
                }
                _ => {}
            },
            Conclusion::FaultLatched { what } => drop(self.fault.get_or_insert_with(|| what.to_string())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn p8_reasons_past_the_limit_are_kept_under_one_and_each_of_them_stops() {
        let mut control = Control::default();
        let say = |what: &'static str, reason: &str, control: &mut Control| {
            let said = Conclusion::ControlChanged { what: what.into(), to: reason.into(), detail: "ann".into() };
            control.apply(&Fact::new(Time::ZERO, "test.control", said));
        };
        for n in 0..MOST_KILLS {
            let reason = format!("reason {n}");
            assert_eq!(control.kept_as(&reason), reason, "within the limit");
            say("kill", &reason, &mut control);
        }
        assert_eq!(control.kept_as("reason 0"), "reason 0", "what is known stays apart");
        for n in MOST_KILLS..200 {
            let reason = format!("reason {n}");
            assert_eq!(control.kept_as(&reason), OTHERS);
            say("kill", control.kept_as(&reason).to_string().as_str(), &mut control);
        }
        say("kill", HOST, &mut control);
        assert_eq!(control.kills.len(), MOST_KILLS + 2, "the host's own is never kept under another");
        for n in 0..MOST_KILLS {
            say("resume", &format!("reason {n}"), &mut control);
        }
        say("resume", HOST, &mut control);
        assert_eq!(control.stopped().as_deref(), Some(OTHERS), "the rest stops until it is released itself");
        say("resume", OTHERS, &mut control);
        assert_eq!(control.stopped(), None);
    }
}
