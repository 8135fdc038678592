//! Problems as a person reads them.

use super::{Problem, Severity, is_invisible};
use alloc::format;
use alloc::string::{String, ToString};

/// The widest piece of a source line that is shown; longer lines are cut around the caret.
const WIDEST: usize = 160;

/// The problem as text, with the source line it stands on and a caret under what is wrong:
///
/// ```text
/// error: unknown action `restart_servise`
///   --> homeostat.yaml:24:9
///    |
/// 24 |       - restart_servise: { service_name: checkout }
///    |         ^^^^^^^^^^^^^^^ did you mean `restart_service`?
///    = actions: homeostat actions
/// ```
///
/// `source` finds a document's text by its name; without it the line is left out and the rest stays.
pub fn render<'s>(problem: &Problem, source: impl FnOnce(&str) -> Option<&'s str>) -> String {
    let place = &problem.place;
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = format!("{severity}: {}\n  --> {}", problem.message, place.file);
    if place.line == 0 {
        out.push('\n');
        push_notes(&mut out, problem, "  ", true);
        return out;
    }
    out.push_str(&format!(":{}", place.line));
    if place.column > 0 {
        out.push_str(&format!(":{}", place.column));
    }
    out.push('\n');
    let line_at = usize::try_from(place.line - 1).unwrap_or(usize::MAX);
    let line = source(&place.file).and_then(|text| text.strip_prefix('\u{feff}').unwrap_or(text).lines().nth(line_at));
    let margin = " ".repeat(place.line.to_string().len());
    if let Some(line) = line {
        let (shown, underline) = excerpt(line, place.column, place.length);
        out.push_str(&format!("{margin} |\n{} | {shown}\n", place.line));
        if place.column > 0 {
            let label = if problem.label.is_empty() { String::new() } else { format!(" {}", problem.label) };
            out.push_str(&format!("{margin} | {underline}{label}\n"));
        }
    }
    push_notes(&mut out, problem, &margin, line.is_none() || place.column == 0);
    out
}

fn push_notes(out: &mut String, problem: &Problem, margin: &str, with_label: bool) {
    if with_label && !problem.label.is_empty() {
        out.push_str(&format!("{margin} = {}\n", problem.label));
    }
    for help in &problem.help {
        out.push_str(&format!("{margin} = {help}\n"));
    }
}

/// The part of `line` to show, and the blanks and carets that go under it.
fn excerpt(line: &str, column: u32, length: u32) -> (String, String) {
    let start = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let length = if length == 0 { usize::MAX } else { usize::try_from(length).unwrap_or(usize::MAX) };
    let skipped = if start < WIDEST / 2 { 0 } else { start - WIDEST / 4 };
    let mut shown = String::from(if skipped > 0 { "…" } else { "" });
    let mut underline = String::from(if skipped > 0 { " " } else { "" });
    let mut carets = 0;
    for (n, c) in line.trim_end().chars().enumerate().skip(skipped).take(WIDEST) {
        shown.push(match c {
            '\t' => '\t',
            c if is_invisible(c) => '\u{fffd}',
            c => c,
        });
        if n < start {
            underline.push(if c == '\t' { '\t' } else { ' ' });
        } else if n - start < length {
            underline.push('^');
            carets += 1;
        }
    }
    if carets == 0 {
        underline.push('^');
    }
    (shown, underline)
}

#[cfg(test)]
mod tests {
    use super::super::{Place, Spot};
    use super::*;
    use alloc::sync::Arc;

    fn problem(line: u32, column: u32, length: u32) -> Problem {
        Problem::error(Place::new(&Arc::from("homeostat.yaml"), Spot { line, column, length }), "wrong")
    }

    #[test]
    fn the_line_the_caret_and_the_help_are_shown() {
        let source = "steps:\n  - restart_servise: { service_name: checkout }\n";
        let problem = Problem { message: "unknown action `restart_servise`".into(), ..problem(2, 5, 15) }
            .did_you_mean(Some("restart_service"))
            .help("actions: homeostat actions");
        let expected = "error: unknown action `restart_servise`
  --> homeostat.yaml:2:5
  |
2 |   - restart_servise: { service_name: checkout }
  |     ^^^^^^^^^^^^^^^ did you mean `restart_service`?
  = actions: homeostat actions
";
        assert_eq!(render(&problem, |_| Some(source)), expected);
    }

    #[test]
    fn without_a_source_or_a_line_nothing_is_lost() {
        let labelled = problem(7, 3, 1).label("did you mean `b`?").help("do this");
        let expected = "error: wrong\n  --> homeostat.yaml:7:3\n  = did you mean `b`?\n  = do this\n";
        assert_eq!(render(&labelled, |_| None), expected);
        let whole = problem(0, 0, 0).help("do this");
        assert_eq!(render(&whole, |_| Some("a: b")), "error: wrong\n  --> homeostat.yaml\n   = do this\n");
    }

    #[test]
    fn endless_lines_are_cut_and_control_characters_do_not_reach_the_terminal() {
        let source = format!("{}\u{1b}[31m{}", "x".repeat(100_000), "y".repeat(100_000));
        let text = render(&problem(1, 100_001, 200_000), |_| Some(&source));
        assert!(text.len() < 1_000, "{}", text.len());
        assert!(text.contains("x\u{fffd}[31my") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn the_caret_stays_under_a_tabbed_column() {
        let text = render(&problem(1, 3, 2), |_| Some("\t\tab"));
        assert!(text.ends_with("\t\t^^\n"), "{text:?}");
    }
}
