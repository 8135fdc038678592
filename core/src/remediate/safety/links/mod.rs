//! What each link of the gate chain asks, one file each.

mod approval;
mod blast;
mod breaker;
mod budgets;
mod change_window;
mod cooldown;
mod flapping;
mod ineffectiveness;
mod kill_switch;
mod maintenance;
mod mode;
mod preconditions;
mod rate_limits;
mod reversibility;
mod role;
mod safe_mode;
mod severity;
mod storm;
mod warm_up;

pub(in crate::remediate) use ineffectiveness::has_effect;
pub(in crate::remediate) use severity::NOT_ALONE;

use crate::model::value::Value;
use crate::primitives::finite::Finite;
use crate::primitives::time::Time;
use alloc::format;
use alloc::string::{String, ToString};

fn number(value: u32) -> Value {
    Value::Number(Finite::from(value))
}

fn at(time: Time) -> Value {
    Value::Text(time.ms().to_string().into())
}

/// How many more of what would have made a link refuse: `1 more run within 1 h`.
fn more(count: u32, what: &str, how: &str) -> String {
    format!("{count} more {what}{} {how}", if count == 1 { "" } else { "s" })
}
