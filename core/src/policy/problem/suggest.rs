//! The near match: which of the words that would have been right is the one that was meant.

use alloc::vec::Vec;

/// The longest word that is compared; longer ones never match, which bounds the cost.
pub(super) const LONGEST: usize = 64;

/// What other programs call fields of ours.
const HABITS: [(&str, &[&str]); 26] = [
    ("args", &["argv"]),
    ("cmd", &["argv", "run", "exec"]),
    ("command", &["argv", "run", "exec"]),
    ("component", &["target"]),
    ("cwd", &["directory"]),
    ("dependencies", &["depends_on"]),
    ("depends", &["depends_on"]),
    ("dir", &["directory"]),
    ("environment", &["env"]),
    ("every", &["interval"]),
    ("exec", &["adapter"]),
    ("http", &["adapter"]),
    ("needs", &["depends_on"]),
    ("notify", &["chain"]),
    ("on", &["trigger"]),
    ("period", &["interval"]),
    ("replicas", &["instances"]),
    ("requires", &["depends_on"]),
    ("retries", &["failure_threshold", "retry", "attempts"]),
    ("secret", &["secret_from"]),
    ("tags", &["labels"]),
    ("threshold", &["failure_threshold"]),
    ("url", &["http", "webhook"]),
    ("when", &["trigger", "if"]),
    ("workdir", &["directory"]),
    ("working_directory", &["directory"]),
];

/// The field that `word` stands for in other programs, if it is one of `candidates`.
pub fn habit<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let (_, ours) = HABITS.iter().find(|(theirs, _)| *theirs == word)?;
    ours.iter().find_map(|ours| candidates.iter().copied().find(|candidate| candidate == ours))
}

/// The candidate nearest to `word`, if one is near enough to be what was meant: at most a third of its letters away,
/// but one in any case, by insertions, deletions, changes and swaps of neighbours, ignoring case and `-` for `_`. The
/// first of equals wins.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    nearest(word, candidates, |word, candidate| (word.max(candidate) / 3).max(1))
}

/// As [`suggest`], for words that may well be meant as they are: at most a quarter of the candidate's letters away, but
/// one in any case, and never for a word of two letters.
pub fn slip<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    nearest(word, candidates, |word, candidate| if word < 3 { 0 } else { (candidate / 4).max(1) })
}

/// The candidate nearest to `word`, at most as far away as `allowed` says of both lengths.
fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    allowed: impl Fn(usize, usize) -> usize,
) -> Option<&'c str> {
    let word = folded(word)?;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(letters) = folded(candidate) else { continue };
        let allowed = allowed(word.len(), letters.len()).min(best.map_or(usize::MAX, |(d, _)| d.saturating_sub(1)));
        if word.len().abs_diff(letters.len()) > allowed || best.is_some_and(|(d, _)| d == 0) {
            continue;
        }
        let distance = distance(&word, &letters, allowed);
        if distance <= allowed && distance < word.len().min(letters.len()) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Option<Vec<char>> {
    let letters: Vec<char> =
        word.chars().take(LONGEST + 1).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect();
    (1..=LONGEST).contains(&letters.len()).then_some(letters)
}

/// The Damerau–Levenshtein distance in its restricted form: no stretch is edited twice. One that is longer than `within`
/// is not counted to its end.
fn distance(a: &[char], b: &[char], within: usize) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (row, &from) in a.iter().enumerate() {
        let mut current = Vec::with_capacity(above.len());
        let mut left = row + 1;
        let mut last_b = None;
        current.push(left);
        for (column, (&to, pair)) in b.iter().zip(above.windows(2)).enumerate() {
            let &[diagonal, up] = pair else { continue };
            let mut best = (diagonal + usize::from(from != to)).min(up + 1).min(left + 1);
            if last_a == Some(to) && last_b == Some(from) {
                let swapped = column.checked_sub(1).and_then(|at| before.get(at));
                best = swapped.map_or(best, |&d| best.min(d + 1));
            }
            current.push(best);
            left = best;
            last_b = Some(to);
        }
        last_a = Some(from);
        // What comes next is made from these two rows, and never less than they hold.
        if above.iter().chain(&current).all(|&so_far| so_far > within) {
            return usize::MAX;
        }
        before = core::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let exact = distance(&a, &b, usize::MAX);
        assert_eq!(distance(&a, &b, exact), exact, "counted to its end where it is near enough");
        exact
    }

    #[test]
    fn distances_count_single_edits_and_swaps() {
        let known = [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "acb", 1),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
        ];
        for (a, b, d) in known {
            assert_eq!(apart(a, b), d, "{a} {b}");
            assert_eq!(apart(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_and_a_far_one_is_not() {
        let words = ["restart_service", "rotate_logs", "interval", "timeout", "run"];
        assert_eq!(suggest("restart_servise", words), Some("restart_service"));
        assert_eq!(suggest("intreval", words), Some("interval"));
        assert_eq!(suggest("Rotate-Logs", words), Some("rotate_logs"));
        assert_eq!(suggest("rn", words), Some("run"));
        for stranger in ["colour", "x", "", "go"] {
            assert_eq!(suggest(stranger, words), None, "{stranger}");
        }
    }

    #[test]
    fn a_word_that_may_be_meant_is_a_slip_only_when_it_is_very_near() {
        let words = ["postgres", "custom", "process", "node", "tcp"];
        for (word, meant) in [("postgress", "postgres"), ("postgresql", "postgres"), ("proces", "process")] {
            assert_eq!(slip(word, words), Some(meant), "{word}");
        }
        assert_eq!(slip("cd", ["hd"]), None, "two letters say nothing");
        for own in ["cluster", "customer", "processor", "nodejs", "api", "worker", "mysql"] {
            assert_eq!(slip(own, words), None, "{own}");
        }
    }

    #[test]
    fn what_other_programs_call_it_is_known() {
        assert_eq!(habit("command", &["instances", "exec", "run"]), Some("run"), "the first of ours that fits");
        assert_eq!(habit("cwd", &["argv"]), None);
        assert_eq!(suggest("retries", ["metric"]), None, "three letters of seven are too many");
        assert!(HABITS.is_sorted_by_key(|(word, _)| *word));
    }

    #[test]
    fn endless_words_cost_nothing() {
        let long = "k".repeat(1_000_000);
        assert_eq!(suggest(&long, ["k", &long]), None);
    }
}
