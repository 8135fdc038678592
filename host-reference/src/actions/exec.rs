use super::value::{Piece, Refusal, Values, find, first_placeholder, not_an_option, pieces, text_of};
use super::{Invocation, Outcome, Report, Value};
use crate::child::{Ended, Job, Leftovers, Output, run};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Runs a program, never through a shell. Processes that it leaves running stay: it may have started a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecAction {
    /// Program and arguments. The program is literal; an argument may contain `${name}`, and one that is nothing but
    /// `${name}` of a list becomes several.
    pub argv: Vec<String>,
    /// Literal variables, added to the few inherited ones.
    pub environment: BTreeMap<String, String>,
    /// Working directory; Homeostat's own where none is given.
    pub directory: Option<PathBuf>,
}

/// Runs a literal script with `/bin/sh`. Values arrive only as environment variables of their own names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptAction {
    /// The script, exactly as it is run.
    pub script: String,
    /// Literal variables, added to the few inherited ones.
    pub environment: BTreeMap<String, String>,
    /// Working directory; Homeostat's own where none is given.
    pub directory: Option<PathBuf>,
}

impl ExecAction {
    pub(super) async fn run(&self, invocation: &Invocation) -> Result<Outcome, Refusal> {
        let job = Job {
            argv: arguments(&self.argv, &invocation.values)?,
            environment: environment(&self.environment, invocation),
            directory: self.directory.clone(),
        };
        Ok(carry_out(&job, invocation).await)
    }
}

impl ScriptAction {
    pub(super) async fn run(&self, invocation: &Invocation) -> Result<Outcome, Refusal> {
        let mut environment = environment(&self.environment, invocation);
        for (name, value) in &invocation.values {
            if !is_harmless_variable(name) {
                return Err(Refusal::Unsafe { name: name.clone(), why: "has a name that no variable may take" });
            }
            environment.insert(name.clone(), not_an_option(name, text_of(name, value)?)?);
        }
        let argv = vec!["/bin/sh".to_owned(), "-c".to_owned(), self.script.clone()];
        Ok(carry_out(&Job { argv, environment, directory: self.directory.clone() }, invocation).await)
    }
}

pub(super) async fn carry_out(job: &Job, invocation: &Invocation) -> Outcome {
    match run(job, invocation.time, Leftovers::Leave).await {
        Ended::Exited(status, output) => match status.code() {
            Some(0) => Outcome::Succeeded(report("exit code 0".to_owned(), &output)),
            Some(code) => Outcome::Failed(report(format!("exit code {code}"), &output)),
            // Ended from outside, in the middle of whatever it did.
            None => Outcome::Unknown(report(format!("ended by {status}"), &output)),
        },
        Ended::NotStarted(why) => Outcome::NotStarted(why),
        Ended::TimedOut(output) => {
            Outcome::Unknown(report(format!("not done in {} ms, killed", invocation.time.as_millis()), &output))
        }
    }
}

fn report(what: String, output: &Output) -> Report {
    let said = output.last_line().map_or_else(String::new, |line| format!(": {line}"));
    let text = [&output.out[..], &output.err[..]].concat();
    Report { detail: what + &said, output: String::from_utf8_lossy(&text).into_owned(), cut: output.cut }
}

pub(super) fn environment(literal: &BTreeMap<String, String>, invocation: &Invocation) -> BTreeMap<String, String> {
    let mut environment = literal.clone();
    environment.insert("HOMEOSTAT_COMMAND_ID".to_owned(), invocation.command_id.clone());
    environment.insert("HOMEOSTAT_EPOCH".to_owned(), invocation.epoch.to_string());
    environment
}

/// Lower case only, as parameters are written: none of `PATH`, `IFS`, `LD_PRELOAD`, `BASH_ENV` … and no proxy.
fn is_harmless_variable(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let rest = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    first && rest && !name.ends_with("_proxy")
}

fn arguments(templates: &[String], values: &Values) -> Result<Vec<String>, Refusal> {
    let Some(program) = templates.first().filter(|program| first_placeholder(program).is_none()) else {
        return Err(Refusal::NotLiteral("the program"));
    };
    let mut arguments = vec![program.clone()];
    let mut options_ended = false;
    let mut code_follows = false;
    for template in templates.iter().skip(1) {
        if let Some(name) = first_placeholder(template).filter(|_| code_follows) {
            return Err(Refusal::BecomesCode(name.to_owned()));
        }
        arguments.extend(argument(template, values, options_ended)?);
        options_ended |= template == "--";
        code_follows = takes_code(program, template);
    }
    Ok(arguments)
}

fn argument(template: &str, values: &Values, options_ended: bool) -> Result<Vec<String>, Refusal> {
    let pieces = pieces(template);
    let one = |name: &str, value: &Value| {
        let text = text_of(name, value)?;
        if options_ended { Ok(text) } else { not_an_option(name, text) }
    };
    if let [Piece::Placeholder(name)] = pieces.as_slice() {
        return match find(values, name)? {
            Value::List(items) => items.iter().map(|item| one(name, item)).collect(),
            value => Ok(vec![one(name, value)?]),
        };
    }
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => filled.push_str(text),
            Piece::Placeholder(name) if filled.is_empty() => filled.push_str(&one(name, find(values, name)?)?),
            Piece::Placeholder(name) => filled.push_str(&text_of(name, find(values, name)?)?),
        }
    }
    Ok(vec![filled])
}

/// `sh -c`, `bash -lc`, `python3 -c`, `perl -e`, `psql -c`: what follows is read as code.
fn takes_code(program: &str, option: &str) -> bool {
    const READERS: [&str; 14] = [
        "ash", "bash", "busybox", "dash", "fish", "ksh", "mysql", "node", "perl", "psql", "python", "ruby", "sh", "zsh",
    ];
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    READERS.contains(&name) && option.starts_with('-') && !option.starts_with("--") && option.ends_with(['c', 'e'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(argv: &[&str], value: Value) -> Result<Vec<String>, Refusal> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        arguments(&argv, &[("a".to_owned(), value)].into())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_value_is_one_argument_whatever_it_contains() {
        for hostile in ["\"; rm -rf /", "$(reboot)", "`reboot`", "a b", "* ?", "${a}", "|& x", "é"] {
            assert_eq!(render(&["restart", "${a}"], text(hostile)), Ok(vec!["restart".into(), hostile.into()]));
        }
        assert_eq!(render(&["p", "--unit=${a}.service"], text("-x")).expect("argv")[1], "--unit=-x.service");
    }

    #[test]
    fn a_list_alone_is_several_arguments() {
        let list = Value::List(vec![text("x y"), Value::Int(3), Value::Bool(true)]);
        assert_eq!(render(&["p", "${a}", "end"], list.clone()).expect("argv"), ["p", "x y", "3", "true", "end"]);
        assert!(render(&["p", "in ${a}"], list).is_err());
        assert_eq!(render(&["p", "${a}"], Value::List(vec![])).expect("argv"), ["p"]);
    }

    #[test]
    fn no_value_becomes_an_option_a_program_or_code() {
        assert!(render(&["kill", "${a}"], Value::Int(-9)).is_err());
        assert!(render(&["p", "${a}"], Value::List(vec![text("ok"), text("--force")])).is_err());
        assert_eq!(render(&["rm", "--", "${a}"], text("-x")).expect("argv")[2], "-x");
        assert_eq!(render(&["${a}"], text("sh")), Err(Refusal::NotLiteral("the program")));
        assert_eq!(render(&[], text("sh")), Err(Refusal::NotLiteral("the program")));
        for argv in [["sh", "-c", "echo ${a}"], ["/bin/bash", "-lc", "${a}"], ["python3.11", "-c", "${a}"]] {
            assert_eq!(render(&argv, text("x")), Err(Refusal::BecomesCode("a".into())), "{argv:?}");
        }
        assert!(render(&["sh", "-c", "echo \"$1\"", "sh", "${a}"], text("x")).is_ok());
    }

    #[test]
    fn no_value_takes_a_variable_that_means_something_to_others() {
        for name in ["PATH", "LD_PRELOAD", "IFS", "http_proxy", "a=b", "", "1a", "a-b"] {
            assert!(!is_harmless_variable(name), "{name}");
        }
        assert!(is_harmless_variable("service_name"));
    }
}
