//! Programs that run another one: `sudo -u web prog`. Only what is known of them is let through before that one.

use super::Word;

/// A program that runs the one its arguments name.
pub(super) struct Wrapper {
    name: &'static str,
    /// Letters of options that stand alone.
    flags: &'static str,
    /// Letters of options with a value.
    values: &'static str,
    /// Long options that stand alone.
    long_flags: &'static [&'static str],
    /// Long options with a value.
    long_values: &'static [&'static str],
    /// How many arguments stand before the program.
    operands: usize,
    /// Whether `NAME=value` may stand before the program.
    assigns: bool,
}

const NONE: Wrapper =
    Wrapper { name: "", flags: "", values: "", long_flags: &[], long_values: &[], operands: 0, assigns: false };

/// Options that hand text to a shell (`env -S`, `sudo -s`, `flock -c`) are missing on purpose.
const WRAPPERS: [Wrapper; 15] = [
    Wrapper { name: "busybox", ..NONE },
    Wrapper { name: "chroot", operands: 1, long_values: &["groups", "userspec"], ..NONE },
    Wrapper { name: "doas", flags: "n", values: "u", ..NONE },
    Wrapper {
        name: "env",
        flags: "0iv",
        values: "Cu",
        long_flags: &["ignore-environment"],
        long_values: &["chdir", "unset"],
        assigns: true,
        ..NONE
    },
    Wrapper { name: "flock", flags: "Fensux", values: "Ew", operands: 1, ..NONE },
    Wrapper { name: "ionice", flags: "t", values: "cn", long_values: &["class", "classdata"], ..NONE },
    Wrapper { name: "nice", values: "n", long_values: &["adjustment"], ..NONE },
    Wrapper { name: "nohup", ..NONE },
    Wrapper { name: "setsid", flags: "cfw", long_flags: &["ctty", "fork", "wait"], ..NONE },
    Wrapper { name: "stdbuf", values: "eio", long_values: &["error", "input", "output"], ..NONE },
    Wrapper {
        name: "sudo",
        flags: "ABEHPknS",
        values: "CDRTgpu",
        long_flags: &["non-interactive", "preserve-env", "set-home"],
        long_values: &["chdir", "group", "preserve-env", "user"],
        assigns: true,
        ..NONE
    },
    Wrapper { name: "taskset", flags: "c", operands: 1, ..NONE },
    Wrapper { name: "time", flags: "apqv", values: "fo", ..NONE },
    Wrapper {
        name: "timeout",
        flags: "fpv",
        values: "ks",
        long_flags: &["foreground", "preserve-status", "verbose"],
        long_values: &["kill-after", "signal"],
        operands: 1,
        ..NONE
    },
    Wrapper { name: "toybox", ..NONE },
];

/// The wrapper of that name.
pub(super) fn find(name: &str) -> Option<&'static Wrapper> {
    WRAPPERS.iter().find(|wrapper| wrapper.name == name)
}

impl Wrapper {
    /// The command that it runs, its program first; none where that cannot be told for sure, or a value stands before it.
    pub(super) fn command<'w, 'a>(&self, words: &'w [Word<'a>]) -> Option<&'w [Word<'a>]> {
        let (mut words, mut operands) = (words, self.operands);
        loop {
            let (word, rest) = words.split_first()?;
            let word = (*word)?;
            words = match word.strip_prefix('-') {
                Some(option) if self.has_value_behind(option)? => {
                    rest.split_first().filter(|(value, _)| value.is_some())?.1
                }
                Some(_) => rest,
                None if self.assigns && word.contains('=') => rest,
                None if operands > 0 => {
                    operands -= 1;
                    rest
                }
                None => return Some(words),
            };
        }
    }

    /// Whether the next word is the value of `option`, which is without its first dash; none when it is not known.
    fn has_value_behind(&self, option: &str) -> Option<bool> {
        if let Some(long) = option.strip_prefix('-') {
            return match long.split_once('=') {
                Some((name, _)) => self.long_values.contains(&name).then_some(false),
                None if long.is_empty() || self.long_flags.contains(&long) => Some(false),
                None => self.long_values.contains(&long).then_some(true),
            };
        }
        let mut letters = option.chars();
        while let Some(letter) = letters.next() {
            if self.values.contains(letter) {
                return Some(letters.as_str().is_empty());
            }
            if !self.flags.contains(letter) {
                return None;
            }
        }
        Some(false)
    }
}
