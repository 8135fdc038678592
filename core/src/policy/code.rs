//! Arguments that a program would read as code: there a value from an event must never stand.

mod wrapper;

use crate::policy::actions::Argument;
use alloc::string::String;
use alloc::vec::Vec;

/// A word of an argument vector as it is written; none where a value will stand.
type Word<'a> = Option<&'a str>;

/// Programs that read any of their arguments as a line of commands.
const SHELLS: [&str; 15] = [
    "ash",
    "bash",
    "cmd",
    "csh",
    "dash",
    "fish",
    "ksh",
    "mksh",
    "powershell",
    "pwsh",
    "rbash",
    "sh",
    "su",
    "tcsh",
    "zsh",
];
/// Other programs that may read any of their arguments as code, as a program, or as what decides on one.
const TOOLS: [&str; 32] = [
    "awk",
    "bun",
    "clickhouse-client",
    "cqlsh",
    "deno",
    "eval",
    "gawk",
    "gmake",
    "make",
    "mariadb",
    "mawk",
    "mongo",
    "mongosh",
    "mysql",
    "nawk",
    "parallel",
    "psql",
    "redis-cli",
    "rsh",
    "runuser",
    "screen",
    "script",
    "sed",
    "slogin",
    "sqlite",
    "sqlplus",
    "ssh",
    "sshpass",
    "tmux",
    "valkey-cli",
    "watch",
    "xargs",
];
/// Programs that read code from a file, which their first argument names, or from an option before it.
const INTERPRETERS: [&str; 40] = [
    "ed",
    "elixir",
    "emacs",
    "erl",
    "escript",
    "ex",
    "expect",
    "gdb",
    "ghc",
    "groovy",
    "guile",
    "iex",
    "ipython",
    "irb",
    "jshell",
    "julia",
    "lldb",
    "lua",
    "luajit",
    "node",
    "nodejs",
    "nvim",
    "octave",
    "osascript",
    "perl",
    "php",
    "pypy",
    "python",
    "r",
    "racket",
    "rscript",
    "ruby",
    "runghc",
    "sbcl",
    "scala",
    "swipl",
    "tclsh",
    "vi",
    "vim",
    "wish",
];
/// Options behind which every program may expect code or a program.
const ANNOUNCING: [&str; 11] = [
    "--code",
    "--command",
    "--eval",
    "--exec",
    "--execute",
    "--expression",
    "--script",
    "-exec",
    "-execdir",
    "-ok",
    "-okdir",
];

/// Whether a value could be read as code, or as the program itself: anywhere behind a shell, behind an option of whatever
/// reads code, and the same behind `sudo`, `env` and their like, or within the arguments of another program.
pub fn takes_a_value_for_code(argv: &[Argument]) -> bool {
    let words: Vec<Word<'_>> = argv.iter().map(literal).collect();
    reads_a_value(&words)
}

fn reads_a_value(words: &[Word<'_>]) -> bool {
    let Some((program, rest)) = words.split_first().filter(|_| has_value(words)) else { return false };
    let Some(program) = program else { return true };
    let name = name_of(program);
    if let Some(wrapper) = wrapper::find(&name) {
        return wrapper.command(rest).is_none_or(reads_a_value);
    }
    if is_among(&SHELLS, &name) || is_among(&TOOLS, &name) {
        return true;
    }
    if is_among(&INTERPRETERS, &name) {
        return !rest.first().is_some_and(|word| word.is_some() && !is_option(word));
    }
    is_announced(rest) || (0..rest.len()).filter_map(|at| rest.get(at..)).any(reads_within)
}

/// Whether `words`, somewhere among the arguments of another program (`docker exec db sh -c …`), are a command that
/// reads a value as code. A name alone may well be a name (`kubectl cordon node`), unless it is that of a shell.
fn reads_within(words: &[Word<'_>]) -> bool {
    let Some((Some(program), rest)) = words.split_first() else { return false };
    let name = name_of(program);
    let options = rest.iter().position(is_option).and_then(|at| rest.get(at..));
    if is_among(&SHELLS, &name) {
        has_value(rest)
    } else if is_among(&INTERPRETERS, &name) {
        rest.first().is_some_and(is_option) && has_value(rest)
    } else {
        is_among(&TOOLS, &name) && options.is_some_and(has_value)
    }
}

/// Whether a value follows an option that announces code.
fn is_announced(words: &[Word<'_>]) -> bool {
    words.windows(2).any(|pair| matches!(pair, [Some(option), None] if is_among(&ANNOUNCING, option)))
}

fn has_value(words: &[Word<'_>]) -> bool {
    words.iter().any(Option::is_none)
}

fn is_option(word: &Word<'_>) -> bool {
    word.is_some_and(|word| word.starts_with('-'))
}

fn is_among(names: &[&str], name: &str) -> bool {
    names.binary_search(&name).is_ok()
}

/// The name of a program without its directory and its version: `/usr/bin/python3.11` is `python`.
fn name_of(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    String::from(name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-')))
}

fn literal(argument: &Argument) -> Word<'_> {
    match argument {
        Argument::Value(value) => Some(value.as_text().unwrap_or_default()),
        Argument::List(_) | Argument::Reference(_) | Argument::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Value;
    use crate::primitives::name::Name;

    fn takes(line: &str) -> bool {
        let word = |word: &str| match word.strip_prefix('$') {
            Some(name) => Argument::Reference(Name::new(name)),
            None => Argument::Value(Value::text(word)),
        };
        takes_a_value_for_code(&line.split_whitespace().map(word).collect::<Vec<_>>())
    }

    #[test]
    fn no_value_is_code_or_the_program() {
        let refused = [
            "$x -v",
            "sh -c $x",
            "/bin/bash -lc $x",
            "bash -c -x $x",
            "sh $x",
            "python3.11 -c $x",
            "python3 $x",
            "perl -E $x",
            "perl -Mx -ne $x",
            "node --eval $x",
            "ruby -e $x",
            "php -r $x",
            "lua5.4 -e $x",
            "psql --command $x",
            "psql db -c $x",
            "sqlite3 a.db $x",
            "awk $x file",
            "ssh web $x",
            "su web -c $x",
            "xargs $x",
            "find . -exec $x",
            "find . -exec sh -c $x",
            "./own --eval $x",
            "env sh -c $x",
            "env -S $x",
            "env $x prog",
            "/usr/bin/sudo -u postgres psql -c $x",
            "sudo -s $x",
            "sudo $x",
            "nice -n 5 timeout -k 1s 10 perl -e $x",
            "timeout $x prog",
            "nohup setsid sh -c $x",
            "doas -u web sh -c $x",
            "busybox sh -c $x",
            "busybox awk $x",
            "docker exec db psql -c $x",
            "docker exec web sh -c $x",
            "kubectl exec web -- python3 -c $x",
        ];
        for line in refused {
            assert!(takes(line), "{line}");
        }
    }

    #[test]
    fn a_value_may_be_an_argument() {
        let fine = [
            "",
            "sh -c true",
            "touch -c $x",
            "systemctl restart $x",
            "sudo -n systemctl restart --no-block $x",
            "sudo --user=web TERM=dumb prog -q $x",
            "env -u HOME A=b prog $x",
            "timeout -s KILL --kill-after=5s 30 prog --name $x",
            "nice -n 5 ionice -c 2 -n7 prog $x",
            "flock -w 5 /run/lock prog $x",
            "python3 /opt/mend.py --host $x",
            "kubectl cordon node $x",
            "systemctl restart ssh $x",
            "find . -name $x",
            "rm -- $x",
        ];
        for line in fine {
            assert!(!takes(line), "{line}");
        }
    }

    #[test]
    fn the_names_are_sorted() {
        for names in [&SHELLS[..], &TOOLS, &INTERPRETERS, &ANNOUNCING] {
            assert!(names.is_sorted(), "{names:?}");
        }
    }
}
