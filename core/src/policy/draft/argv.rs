//! Programs with their arguments, which no shell ever sees.

use super::instance::text;
use crate::policy::document::Item;
use crate::policy::problem::{Problem, shown};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a shell would act on, and a program takes for an argument like any other.
const SHELL_WORDS: [&str; 10] = ["|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"];

/// A program with its arguments.
pub(super) fn argv(item: &Item<'_>) -> Option<Vec<String>> {
    if item.is_scalar() {
        item.report(not_a_list(item).help("no shell is involved"));
        return None;
    }
    let argument = |item: &Item<'_>| {
        let argument = if item.text() == Some("") { Some(String::new()) } else { text(item) };
        argument.inspect(|argument| report_shell_word(item, argument))
    };
    let argv = item.list(argument)?;
    if argv.first().is_none_or(String::is_empty) {
        item.report(item.error(format!("`{}` names no program", item.key())).help("write `[program, argument, …]`"));
        return None;
    }
    Some(argv)
}

/// A warning where an argument is a word that only a shell would understand.
pub(super) fn report_shell_word(item: &Item<'_>, argument: &str) {
    if SHELL_WORDS.contains(&argument) {
        let warning =
            item.warning(format!("`{argument}` is handed to the program as an argument: no shell is involved"));
        item.report(warning.help("write `[sh, -c, \"…\"]` where a shell is wanted"));
    }
}

/// The problem of a text in the place of a program with its arguments, with the list that was probably meant.
pub(super) fn not_a_list(item: &Item<'_>) -> Problem {
    let text = item.node();
    let crate::policy::document::Value::Scalar(text, _) = &text.value else {
        return item.error(format!("`{}` expects a list", item.key()));
    };
    let message = format!("`{}` expects a program and its arguments as a list, found `{}`", item.key(), shown(text));
    item.error(message).did_you_mean(Some(&as_list(text)))
}

/// `text` as a list: its words, or the whole for a shell where it has what only a shell understands.
fn as_list(text: &str) -> String {
    let for_shell = text.contains(['|', '&', ';', '>', '<', '$', '`', '*', '\'', '"', '\\', '(', '~']);
    let words: Vec<&str> = if for_shell { Vec::from(["sh", "-c", text]) } else { text.split_whitespace().collect() };
    let written: Vec<String> = words.into_iter().map(written).collect();
    format!("[{}]", shown(&written.join(", ")))
}

/// A word as YAML takes it for text.
fn written(word: &str) -> String {
    let plain = word.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '.' | '-'))
        && word.len() > 1
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '=' | '+'))
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&word);
    match word {
        word if plain => word.to_string(),
        word if word.contains('"') => format!("'{}'", word.replace('\'', "''")),
        word => format!("\"{word}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_the_list_that_was_meant() {
        let known = [
            ("ls -la", "[ls, -la]"),
            ("python3 -m http.server 8080", "[python3, -m, http.server, \"8080\"]"),
            ("./run --on yes", "[./run, --on, \"yes\"]"),
            ("ps ax | grep x", "[sh, -c, \"ps ax | grep x\"]"),
            ("echo \"it's\"", "[sh, -c, 'echo \"it''s\"']"),
        ];
        for (text, list) in known {
            assert_eq!(as_list(text), list);
        }
    }
}
