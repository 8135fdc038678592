//! What was seen around an incident, for whoever reads its explanation. A component prints a line for each check that asks
//! it: of lines that differ in their numbers alone the last one is enough.

use crate::local_time::time_of_day;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::evidence::{EvidenceItem, EvidenceKind};
use homeostat_core::model::fact::Fact;
use homeostat_core::primitives::name::Name;
use std::collections::BTreeMap;

/// Lines of logs that are shown of one look at most, the last ones.
const LOGS: usize = 8;

/// What `fact` says was seen: a line each, with its time where that is known.
pub(super) fn lines(fact: &Fact) -> Vec<String> {
    let Conclusion::EvidenceFound(it) = &fact.said else { return Vec::new() };
    let mut alike: BTreeMap<(&Name, String), usize> = BTreeMap::new();
    let (mut shown, mut logs, mut skipped) = (Vec::new(), 0, 0);
    for item in &it.items {
        if item.kind == EvidenceKind::Logs {
            *alike.entry((&item.component, shape(&item.text))).or_default() += 1;
        }
    }
    for item in it.items.iter().rev() {
        if item.kind != EvidenceKind::Logs {
            shown.push(line(item));
            continue;
        }
        // The first that is met from the end stands for all of its kind.
        let Some(times) = alike.remove(&(&item.component, shape(&item.text))) else { continue };
        if logs == LOGS {
            skipped += times;
            continue;
        }
        logs += 1;
        let more = if times > 1 { format!(" (and {} more like it)", times - 1) } else { String::new() };
        shown.push(line(item) + &more);
    }
    shown.reverse();
    if skipped > 0 {
        shown.push(format!("{skipped} more of logs, which `--json` has"));
    }
    shown
}

fn line(item: &EvidenceItem) -> String {
    let at = item.at.map_or_else(String::new, |at| format!("{} ", time_of_day(at)));
    format!("{} of {}: {at}{}", item.kind.as_str(), item.component, item.text)
}

/// The text without its numbers.
fn shape(text: &str) -> String {
    let digit = |c: char| c.is_ascii_digit();
    text.split(digit).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    fn seen(items: &[Value]) -> Vec<String> {
        let said =
            json!({ "type": "evidence_found", "id": "0".repeat(32), "part": "before", "items": items, "left_out": 0 });
        lines(&from_value(json!({ "at": 7, "rule": "r", "said": said })).expect("a fact"))
    }

    fn item(kind: &str, text: &str) -> Value {
        json!({ "kind": kind, "component": "web", "text": text })
    }

    #[test]
    fn lines_that_the_checks_themselves_leave_do_not_bury_the_others() {
        let mut items: Vec<Value> =
            (0..16).map(|n| item("logs", &format!("10:00:{n:02} \"GET / HTTP/1.1\" 200 -"))).collect();
        items.insert(9, item("logs", "out of memory"));
        items.extend([item("metrics", "cpu 9"), item("metrics", "cpu 10")]);
        assert_eq!(
            seen(&items),
            [
                "logs of web: out of memory",
                "logs of web: 10:00:15 \"GET / HTTP/1.1\" 200 - (and 15 more like it)",
                "metrics of web: cpu 9",
                "metrics of web: cpu 10",
            ]
        );
    }

    #[test]
    fn of_many_different_lines_the_last_are_shown_and_the_others_counted() {
        let words: Vec<String> = ('a'..='k').map(String::from).collect();
        let all: Vec<Value> = words.iter().map(|word| item("logs", word)).collect();
        let shown = seen(&all);
        assert_eq!((shown.len(), shown[0].as_str()), (LOGS + 1, "logs of web: d"));
        assert_eq!(shown[LOGS], "3 more of logs, which `--json` has");
        assert_eq!(seen(&all[3..]).len(), LOGS, "as many as are shown");
    }
}
