//! Arguments that a program would read as code: there a value from an event must never stand.

use crate::policy::actions::Argument;

/// Programs that read one of their arguments as code.
const READERS: [&str; 14] =
    ["ash", "bash", "busybox", "dash", "fish", "ksh", "mysql", "node", "perl", "psql", "python", "ruby", "sh", "zsh"];

/// Whether a value would be read as code, or as the program itself: `sh -c`, `bash -lc`, `python3 -c`, `perl -e`,
/// `psql -c` with anything but a literal behind it. One value alone stands for a whole list, which is looked at where it
/// is written.
pub fn takes_a_value_for_code(argv: &[Argument]) -> bool {
    if let [Argument::Reference(_)] = argv {
        return false;
    }
    let Some(program) = argv.first() else { return false };
    let Some(program) = literal(program) else { return true };
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    READERS.contains(&name)
        && argv
            .iter()
            .zip(argv.iter().skip(1))
            .any(|(option, code)| literal(option).is_none_or(announces_code) && literal(code).is_none())
}

fn literal(argument: &Argument) -> Option<&str> {
    match argument {
        Argument::Value(value) => Some(value.as_text().unwrap_or_default()),
        Argument::List(_) | Argument::Reference(_) | Argument::Text(_) => None,
    }
}

fn announces_code(option: &str) -> bool {
    option.starts_with('-') && !option.starts_with("--") && option.ends_with(['c', 'e'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Value;
    use crate::primitives::name::Name;
    use alloc::vec::Vec;

    fn argv(words: &[&str]) -> Vec<Argument> {
        let word = |word: &&str| match word.strip_prefix('$') {
            Some(name) => Argument::Reference(Name::new(name)),
            None => Argument::Value(Value::text(word)),
        };
        words.iter().map(word).collect()
    }

    #[test]
    fn a_value_may_be_an_argument_but_neither_code_nor_the_program() {
        for words in [&["sh", "-c", "$x"][..], &["/bin/bash", "-lc", "$x"], &["python3.11", "-c", "$x"], &["$x", "-v"]]
        {
            assert!(takes_a_value_for_code(&argv(words)), "{words:?}");
        }
        for words in [&["sh", "-c", "echo $1", "-", "$x"][..], &["touch", "-c", "$x"], &["psql", "--quiet", "$x"], &[]]
        {
            assert!(!takes_a_value_for_code(&argv(words)), "{words:?}");
        }
    }
}
