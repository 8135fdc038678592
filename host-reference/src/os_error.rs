//! What the operating system answered, in words for people.

use std::io::{Error, ErrorKind};

/// The answer without the number that programmers know it by.
#[must_use]
pub fn said(error: &Error) -> String {
    if error.kind() == ErrorKind::NotFound {
        return "there is no such file".to_owned();
    }
    let text = error.to_string();
    let words = text.find(" (os error").and_then(|at| text.get(..at)).unwrap_or(&text);
    // It says `Permission denied`; abbreviations such as `I/O` stay.
    let mut chars = words.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_left() {
        for (number, words) in
            [(2, "there is no such file"), (13, "permission denied"), (28, "no space left on device")]
        {
            assert_eq!(said(&Error::from_raw_os_error(number)), words);
        }
        assert_eq!(said(&Error::other("`/proc` is not mounted")), "`/proc` is not mounted");
    }
}
