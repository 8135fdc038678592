//! The words for whether it is time to act: flapping, grace after a change, warm-up.

use super::{Said, here, host, listed};
use crate::notify::Tone;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::health::State;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};

/// What is said of whether it is time to act.
pub(super) fn of(fact: &Fact) -> Said {
    use Tone::{Bad, Good, Neutral};
    match &fact.said {
        Conclusion::FlappingBegan(it) => here("FLAPPING", flapping(it.held, it.changes, it.calm), Bad),
        Conclusion::GraceOpened(it) => here("changed", grace(fact, &it.change, it.until), Neutral),
        Conclusion::WarmUpBegan(it) => host("warms up", warming(fact, it.until, it.awaited), Neutral),
        Conclusion::WarmUpEnded(it) => host("is warm", warm(it.missing, &it.silent), Neutral),
        _ => here("calm", "has kept its state for long enough", Good),
    }
}

fn flapping(held: State, changes: u32, calm: Span) -> String {
    format!("{changes} changes of state · held as {held}, nothing is started on it until it is calm for {calm}")
}

fn grace(fact: &Fact, change: &Name, until: Time) -> String {
    format!("by {change} · for {} it is only observed", until.since(fact.at))
}

fn warming(fact: &Fact, until: Time, awaited: u32) -> String {
    format!("nothing is done before {awaited} components were heard of, at most for {}", until.since(fact.at))
}

fn warm(missing: u32, silent: &[Name]) -> String {
    if missing == 0 {
        return "every component was heard of".to_owned();
    }
    let more = if missing as usize > silent.len() { " and others" } else { "" };
    format!("nothing was heard of {}{more}", listed(silent))
}

/// For how long a step does nothing, and what for.
pub(super) fn pause(fact: &Fact, step: &Name, why: &str, until: Time) -> String {
    let span = until.since(fact.at);
    match why {
        "retry" => format!("{span}, then step {step} is tried again"),
        "delay" => format!("{span} before step {step}"),
        "gate" => format!("{span}, then step {step} may be let through"),
        _ => format!("{span} (step {step})"),
    }
}
