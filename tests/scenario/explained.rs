//! An explanation, one line each: why it was done, why not, what would have decided otherwise, what comes next.

use crate::look;
use crate::phrase::{clock, link_values, readable};
use crate::render::Aliases;
use homeostat_core::engine::Output;
use homeostat_core::engine::view::{Explanation, Refusal, Tried};
use homeostat_core::primitives::json;

impl Aliases {
    /// The digest of all that the engine gave so far, where it is shown: the same bytes on every platform.
    pub fn digest(&self, outputs: &[Output]) -> Option<String> {
        self.shows("digest").then(|| format!("  digest of {} outputs: {}", outputs.len(), json::digest(&outputs)))
    }

    /// The lines of an explanation.
    pub fn explained(&self, it: &Explanation) -> Vec<String> {
        let begun = it.attempts.iter().filter(|tried| tried.started.is_some());
        let mut lines: Vec<String> = begun.flat_map(tried).collect();
        lines.extend(it.refusals.iter().flat_map(refused));
        for plan in &it.awaiting {
            lines.push(format!("  waits for a person: {}, until {}", plan.playbook, clock(plan.expires)));
        }
        lines.extend(it.half_done.iter().map(look::half_done));
        lines.extend(it.frozen.iter().map(look::frozen));
        if it.left_to_people {
            lines.push("  left to people: nothing automatic is tried any more".to_owned());
        }
        lines.extend(it.next.iter().map(|next| format!("  next: {} at {}", next.reason, clock(next.at))));
        lines.into_iter().map(|line| self.short(line)).collect()
    }
}

fn tried(tried: &Tried) -> Vec<String> {
    let end = tried.end.map_or_else(|| "is under way".to_owned(), |end| format!("ended {end:?}").to_lowercase());
    let because: Vec<String> = tried.because.iter().map(|event| readable(event.as_str())).collect();
    let mut lines = vec![format!("  why: {} {end}, because {}", tried.playbook, because.join(", "))];
    lines.extend(tried.unless.iter().map(|link| format!("    but for {}: {}", link_values(link), link.remedy)));
    lines
}

fn refused(refusal: &Refusal) -> Vec<String> {
    let first = &refusal.link;
    let mut lines = vec![format!("  why not: {} at {}, {}", refusal.playbook, clock(refusal.at), link_values(first))];
    let all = [first].into_iter().chain(&refusal.also);
    lines.extend(all.map(|link| format!("    otherwise: {}", link.remedy)));
    lines
}
