//! Text from outside is data: it is shown on one line, without anything that steers a terminal, and at bounded length.

use alloc::string::String;

/// `text` on one line of at most `limit` characters; what is cut is marked. Control and direction characters become
/// spaces, runs of white space one space.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || steers(c) {
            gap = !line.is_empty();
            continue;
        }
        if length + usize::from(gap) >= limit {
            line.push('…');
            break;
        }
        if gap {
            line.push(' ');
            length += 1;
            gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}

/// Marks of direction, invisible joiners and the like.
fn steers(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_no_longer_than_the_limit() {
        assert_eq!(one_line("disk\r\n\u{1b}[31m full\u{202e}!", 80), "disk [31m full !");
        assert_eq!(one_line("  abcdef ", 3), "abc…");
        assert_eq!(one_line("ab cd", 3), "ab…");
        assert_eq!(one_line("abc", 3), "abc");
    }
}
