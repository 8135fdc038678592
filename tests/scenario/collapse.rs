//! Lines that say the same again become one.

use std::collections::BTreeMap;

/// A line that says again what was said of the same component before becomes a note on that one.
pub fn collapse(lines: &[String]) -> Vec<String> {
    let mut kept: Vec<(String, u32, String)> = Vec::new();
    let mut last: BTreeMap<(String, bool), (String, usize)> = BTreeMap::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let (at, subject) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let said = uncounted(&words.collect::<Vec<_>>());
        let stream = (subject.to_owned(), said.starts_with("ask "));
        let routine = stream.1 || said.contains("monitor.check_");
        match last.get(&stream).filter(|(before, _)| routine && *before == said) {
            Some((_, index)) => {
                let (_, more, until) = &mut kept[*index];
                *more += 1;
                at.clone_into(until);
            }
            None => {
                last.insert(stream, (said, kept.len()));
                kept.push((line.clone(), 0, String::new()));
            }
        }
    }
    let noted = kept.into_iter().map(|(line, more, until)| match more {
        0 => line,
        more => format!("{line} (and {more} more until {until})"),
    });
    noted.collect()
}

/// Without how many alike there were in a row, once that is more than it takes.
fn uncounted(words: &[&str]) -> String {
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
    let over = |at: usize| words.get(at + 1) == Some(&"of") && number(at) > number(at + 2);
    let kept = words.iter().enumerate().map(|(at, word)| if number(at).is_some() && over(at) { "many" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}
