//! Standard output and error. Whoever stops reading is no reason to fail.

use serde::Serialize;
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// Writes lines to standard output. Whatever they quote, it moves the cursor no further.
pub(super) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(lines(text).as_bytes()).and_then(|()| stdout.flush());
}

/// Writes lines to standard error, likewise.
pub(super) fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(lines(text).as_bytes());
}

/// Text of others on one line of a terminal: what would move the cursor does not.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Text of several lines, cleaned but for their ends and tabs.
fn lines(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Writes one JSON value on lines of its own.
pub(super) fn json(value: &impl Serialize) {
    // Values of this program always have a form in JSON: their keys are texts.
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    out(&(text + "\n"));
}

/// Says what is wrong with what was given; the exit code for it.
pub(super) fn wrong(why: &str, as_json: bool) -> ExitCode {
    if as_json {
        json(&json!({ "accepted": false, "error": why }));
    }
    err(&format!("error: {}\n", clean(why)));
    ExitCode::from(2)
}

/// Says why it could not be done; the exit code for it.
pub(super) fn failed(why: &str, as_json: bool) -> ExitCode {
    if as_json {
        json(&json!({ "error": why }));
    }
    err(&format!("error: {}\n", clean(why)));
    ExitCode::FAILURE
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
