//! The words for what a step does, and how it ends.

use super::{Said, told};
use crate::notify::Tone;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::primitives::name::Name;

/// A command of a step was given: what it is for, and what it does to what.
pub(super) fn started(fact: &Fact) -> Said {
    let Conclusion::StepStarted { step, action, target, attempt, .. } = &fact.said else {
        return told("does", fact.rule.as_ref(), Tone::Neutral);
    };
    let with = fact.values.iter().find(|(name, _)| name == "with");
    let with = with.map_or_else(String::new, |(_, with)| format!(" ({with})"));
    let (word, what) = match fact.rule.as_ref() {
        "remediate.capture" => ("reads", format!("the state before {action} on {target}")),
        "remediate.revert" => ("undoes", format!("`{step}`, as its time is over, by {action} on {target}{with}")),
        "remediate.undo" => ("undoes", format!("`{step}` by {action} on {target}{with}")),
        _ => ("does", format!("{action} on {target}")),
    };
    let again = if *attempt > 1 { format!(" · try {attempt}") } else { String::new() };
    told(word, what + &again, Tone::Neutral)
}

/// How a step ended.
pub(super) fn ended(step: &Name, how: &str, detail: &str) -> Said {
    let (word, tone) = match how {
        "succeeded" => ("step done", Tone::Good),
        "skipped" => ("skips", Tone::Neutral),
        "failed" => ("step failed", Tone::Bad),
        _ => ("in doubt", Tone::Warning),
    };
    told(word, format!("{step} · {detail}").trim_end_matches(" · "), tone)
}
