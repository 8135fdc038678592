//! Switches and ceilings that people and the host set: mode, kill switch, fault latch, epoch.

use crate::model::fact::{Conclusion, Fact};
use crate::policy::mode::Mode;
use crate::primitives::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use serde::{Deserialize, Serialize};

/// Switches and ceilings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The ceiling that was set at run time.
    pub ceiling: Option<Mode>,
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

    pub(super) fn apply(&mut self, fact: &Fact) {
        match &fact.said {
            Conclusion::ControlChanged { what, to, detail } => match what.as_ref() {
                "mode" => self.ceiling = Mode::ALL.into_iter().find(|mode| mode.as_str() == to),
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
