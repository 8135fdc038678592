//! What is frozen, in words: where undoing failed, since when and why, and how a person frees it.

use super::obstacle::quoted;
use crate::local_time::day_and_time;
use homeostat_core::engine::frozen::FrozenTarget;

/// That more is frozen than is remembered by name.
pub(super) const ALL: &str = "more is frozen than is remembered by name: nothing is done on anything until all that is named \
                              was looked at and reset";

/// The lines about one component. `number` is what people call the incident of the run that froze it, `db` names the
/// store in the commands to type, with a space before it.
pub(super) fn lines(it: &FrozenTarget, number: &str, db: &str) -> Vec<String> {
    let component = &it.component;
    let (head, playbook) = match &it.by {
        Some(by) => {
            let (playbook, since) = (&by.playbook, day_and_time(by.since));
            let why = &by.why;
            (format!("frozen by {playbook} since {since}: {component} · {why} (incident {number})"), playbook.as_str())
        }
        None => (format!("frozen: {component} · undoing failed there"), "all"),
    };
    let (playbook, target) = (quoted(playbook), quoted(component.as_str()));
    vec![
        head,
        "  look how it stands, and mend it: until then nothing is done there, not by order either".to_owned(),
        format!("  homeostat reset-breaker {playbook} {target}{db}  says that you have, and frees it"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn what_is_frozen_is_named_with_since_when_why_and_what_frees_it() {
        let id = "0123456789abcdef0123456789abcdef";
        let by =
            json!({ "since": 0, "run": id, "incident": id, "playbook": "tune", "why": "undoing failed: no route" });
        let it: FrozenTarget = from_value(json!({ "component": "web", "by": by })).expect("one");
        let said = lines(&it, "2", " --db x").join("\n");
        assert!(said.starts_with("frozen by tune since "), "{said}");
        assert!(said.contains(": web · undoing failed: no route (incident 2)\n"), "{said}");
        assert!(
            said.ends_with("  homeostat reset-breaker 'tune' 'web' --db x  says that you have, and frees it"),
            "{said}"
        );
        let old: FrozenTarget = from_value(json!({ "component": "web", "by": null })).expect("one");
        let said = lines(&old, "", "").join("\n");
        assert!(said.starts_with("frozen: web · undoing failed there\n"), "{said}");
        assert!(said.contains("homeostat reset-breaker 'all' 'web'  says"), "{said}");
    }
}
