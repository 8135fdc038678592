//! What runs left half done, in words: what was done, why it was not undone, and what a person can do about it.

use super::obstacle::quoted;
use crate::local_time::day_and_time;
use homeostat_core::engine::half_done::Unfinished;

/// The lines about one run. `db` names its store in the commands to type, with a space before it.
pub(super) fn lines(it: &Unfinished, db: &str) -> Vec<String> {
    let id: String = it.run.to_string().chars().take(8).collect();
    let steps: Vec<String> = it.steps.iter().map(|step| format!("{} on {}", step.action, step.target)).collect();
    let mut targets: Vec<&str> = it.steps.iter().map(|step| step.target.as_str()).collect();
    targets.dedup();
    let so = if it.bars { ": nothing else is done there until then" } else { "" };
    let mut lines = vec![
        format!(
            "left half done by {} since {}: {} · {}",
            it.playbook,
            day_and_time(it.since),
            steps.join(", "),
            it.why
        ),
        format!("  homeostat rollback {id}{db}  undoes it, through the gate{so}"),
    ];
    lines.extend(
        targets
            .iter()
            .map(|target| format!("  homeostat reset-breaker all {}{db}  leaves it as it is", quoted(target))),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_left_half_done_is_named_with_what_a_person_can_do() {
        let id = "0123456789abcdef0123456789abcdef";
        let mut it: Unfinished = serde_json::from_value(json!({
            "run": id, "incident": id, "playbook": "grow", "since": 0, "why": "killed", "bars": true,
            "steps": [{ "step": "scale-1", "action": "scale", "target": "web" },
                      { "step": "scale-2", "action": "scale", "target": "web" }],
        }))
        .unwrap();
        let said = lines(&it, " --db x").join("\n");
        assert!(
            said.starts_with("left half done by grow since ")
                && said.contains(": scale on web, scale on web · killed\n")
        );
        assert!(
            said.contains("  homeostat rollback 01234567 --db x  undoes it, through the gate: nothing else is done")
        );
        assert_eq!(said.matches("homeostat reset-breaker all 'web' --db x  leaves it as it is").count(), 1, "{said}");
        it.bars = false;
        assert!(!lines(&it, "").join("\n").contains("nothing else"));
    }
}
