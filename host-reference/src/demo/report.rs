//! The summary: a table for a person, one value for a program.

use super::judge::Judgement;
use crate::notify::Format;
use serde_json::json;
use std::fmt::Write;
use std::io::Write as _;
use std::time::Duration;

pub(super) fn show(judgement: &Judgement, sabotage: bool, took: Duration, format: Format) {
    let text = match format {
        Format::Json => {
            let value = json!({
                "summary": judgement, "good": judgement.is_good(), "sabotage": sabotage, "took_ms": took.as_millis() as u64,
            });
            format!("{value}\n")
        }
        Format::Coloured => table(judgement, sabotage, took, ("\x1b[1;32m", "\x1b[1;31m", "\x1b[0m")),
        Format::Plain => table(judgement, sabotage, took, ("", "", "")),
    };
    // Whoever stops reading is no reason to fail.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

type Colours = (&'static str, &'static str, &'static str);

fn table(judgement: &Judgement, sabotage: bool, took: Duration, colours: Colours) -> String {
    let (good, bad, off) = colours;
    let mut out = String::from("\n");
    push(&mut out, &row("broken", "how", "ended", "attempts", ["detected", "recovered", "called"], "as it should"));
    for told in &judgement.stories {
        let (colour, verdict) = if told.wrong.is_empty() { (good, "yes") } else { (bad, "NO") };
        let [detected, recovered, called] = [told.detected_ms, told.recovered_ms, told.escalated_ms].map(seconds);
        let times = [&*detected, &*recovered, &*called];
        let verdict = format!("{colour}{verdict}{off}");
        push(&mut out, &row(told.component, told.title, told.outcome, &told.attempts.to_string(), times, &verdict));
        for wrong in &told.wrong {
            push(&mut out, &format!("           {bad}{wrong}{off}"));
        }
    }
    let quiet = judgement.quiet.join(", ");
    if judgement.wrong.is_empty() {
        push(&mut out, &format!("\nleft alone: {quiet}: no incident, never restarted"));
    }
    for wrong in &judgement.wrong {
        push(&mut out, &format!("\n{bad}{wrong}{off}"));
    }
    let count = |outcome| judgement.stories.iter().filter(|told| told.outcome == outcome).count();
    let detected = judgement.stories.iter().filter(|told| told.detected_ms.is_some()).count();
    push(
        &mut out,
        &format!(
            "{detected} detected, {} healed, {} escalated to a person, in {:.0} s.\n\
         Judged from the store: {} events replayed. Times count from the first failed check; `called`: a person was.",
            count("healed"),
            count("escalated"),
            took.as_secs_f64(),
            judgement.events
        ),
    );
    let verdict = match (judgement.is_good(), sabotage) {
        (true, _) => format!("{good}Each story ended as it should.{off}"),
        (false, true) => {
            format!("{bad}Not as it should: the restarts were sabotaged, and that did not go unnoticed.{off}")
        }
        (false, false) => format!("{bad}Not each story ended as it should.{off}"),
    };
    push(&mut out, &verdict);
    out
}

fn row(broken: &str, how: &str, ended: &str, attempts: &str, times: [&str; 3], verdict: &str) -> String {
    let [detected, recovered, called] = times;
    format!("{broken:<10} {how:<28} {ended:<10} {attempts:>8} {detected:>9} {recovered:>10} {called:>8}   {verdict}")
}

fn seconds(ms: Option<i64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100))
}

fn push(out: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{line}");
}
