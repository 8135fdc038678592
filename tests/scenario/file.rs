//! A scenario file: prose, policies, runs made of steps, what must and must not happen, and what was recorded.
//!
//! What stands at the left margin was written by a person and is kept to the letter. Indented lines after a step are what
//! the engine said; recording replaces them, and nothing else. `docs/scenarios.md` describes the language.

use crate::must::Must;

/// One file.
#[derive(Debug)]
pub struct File {
    lines: Vec<Line>,
}

/// A line at the left margin, with what belongs to it.
#[derive(Debug)]
struct Line {
    raw: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Prose, or nothing.
    Prose,
    /// A named policy: its lines as written.
    Policy {
        name: String,
        body: Vec<String>,
    },
    /// A run begins; the policy text with one passage replaced at a time.
    Run,
    Change {
        from: String,
        to: String,
    },
    Show(String),
    Must(Must),
    /// A step, and what was recorded for it.
    Step {
        recorded: Vec<String>,
    },
}

/// One run of a file: a fresh engine, a policy, steps.
#[derive(Debug, Default)]
pub struct Run {
    /// Its title; empty where a file has one run only.
    pub title: String,
    /// The policy it begins with.
    pub policy: String,
    /// All policies of the file by name, for replacing.
    pub policies: Vec<(String, String)>,
    /// What is shown besides the usual.
    pub show: Vec<String>,
    /// What must hold over the whole run.
    pub musts: Vec<Must>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step as written.
#[derive(Debug)]
pub struct Step {
    /// The number of its line, from 1.
    pub line: usize,
    /// The sentence.
    pub text: String,
    /// What must hold of what this step makes the engine say.
    pub musts: Vec<Must>,
}

impl File {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<File, String> {
        let mut lines: Vec<Line> = Vec::new();
        for (number, raw) in (1..).zip(text.lines()) {
            if raw.starts_with(' ') && !raw.trim().is_empty() {
                attach(&mut lines, raw).map_err(|problem| format!("line {number}: {problem}"))?;
                continue;
            }
            let kind = kind(raw).map_err(|problem| format!("line {number}: {problem}"))?;
            if let (true, Some(Line { kind: Kind::Policy { body, .. }, .. })) = (raw.is_empty(), lines.last_mut()) {
                body.push(String::new());
                continue;
            }
            lines.push(Line { raw: raw.to_owned(), kind });
        }
        Ok(File { lines })
    }

    /// Its runs.
    pub fn runs(&self) -> Result<Vec<Run>, String> {
        let mut policies: Vec<(String, String)> = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        let mut after_step = false;
        let mut number = 0;
        for line in &self.lines {
            number += 1;
            let titled = matches!(line.kind, Kind::Run);
            let begins = titled || (runs.is_empty() && !matches!(line.kind, Kind::Prose | Kind::Policy { .. }));
            if begins {
                let title = line.raw.strip_prefix("run ").filter(|_| titled).unwrap_or_default().to_owned();
                let (_, policy) = policies.first().cloned().ok_or("a run needs a `policy` before it")?;
                runs.push(Run { title, policy, policies: policies.clone(), ..Run::default() });
            }
            let run = runs.last_mut();
            match (&line.kind, run) {
                (Kind::Policy { name, body }, None) => policies.push((name.clone(), body.join("\n"))),
                (Kind::Policy { .. }, Some(_)) => return Err(format!("line {number}: policies come before all runs")),
                (Kind::Change { from, to }, Some(run)) => {
                    if run.policy.matches(from.as_str()).count() != 1 {
                        return Err(format!("line {number}: `{from}` must be in the policy exactly once"));
                    }
                    run.policy = run.policy.replacen(from.as_str(), to, 1);
                }
                (Kind::Show(what), Some(run)) => run.show.push(what.clone()),
                (Kind::Must(must), Some(run)) => {
                    let first = run.steps.is_empty();
                    match run.steps.last_mut().filter(|_| after_step) {
                        Some(step) => step.musts.push(must.clone()),
                        None if first => run.musts.push(must.clone()),
                        None => return Err(format!("line {number}: put it right after a step, or before the first")),
                    }
                }
                (Kind::Step { .. }, Some(run)) => {
                    run.steps.push(Step { line: number, text: line.raw.clone(), musts: Vec::new() });
                }
                _ => {}
            }
            after_step = matches!(line.kind, Kind::Step { .. }) || (after_step && matches!(line.kind, Kind::Must(_)));
            number += match &line.kind {
                Kind::Policy { body, .. } => body.len(),
                Kind::Step { recorded } => recorded.len(),
                _ => 0,
            };
        }
        Ok(runs)
    }

    /// The file with what was said now, one list of lines for each step in order.
    pub fn recorded(&self, said: &[Vec<String>]) -> String {
        let mut text = String::new();
        let mut said = said.iter();
        let mut pending: &[String] = &[];
        for line in &self.lines {
            if !matches!(line.kind, Kind::Must(_)) {
                push(&mut text, pending);
                pending = &[];
            }
            push(&mut text, std::slice::from_ref(&line.raw));
            match &line.kind {
                Kind::Policy { body, .. } => push(&mut text, body),
                Kind::Step { .. } => pending = said.next().map_or(&[], Vec::as_slice),
                _ => {}
            }
        }
        push(&mut text, pending);
        text
    }
}

fn push(text: &mut String, lines: &[String]) {
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
}

/// An indented line belongs to the policy, or to the step, above it.
fn attach(lines: &mut [Line], raw: &str) -> Result<(), String> {
    for line in lines.iter_mut().rev() {
        match &mut line.kind {
            Kind::Policy { body, .. } => {
                body.push(raw.to_owned());
                return Ok(());
            }
            Kind::Step { recorded } => {
                recorded.push(raw.to_owned());
                return Ok(());
            }
            Kind::Must(_) => {}
            _ => break,
        }
    }
    Err(format!("`{}` is indented, but nothing above it takes such lines", raw.trim()))
}

fn kind(raw: &str) -> Result<Kind, String> {
    let (word, rest) = raw.split_once(' ').unwrap_or((raw, ""));
    if raw.trim().is_empty() || raw.starts_with('#') {
        return Ok(Kind::Prose);
    }
    Ok(match word {
        "policy" => Kind::Policy { name: rest.trim().to_owned(), body: Vec::new() },
        "run" => Kind::Run,
        "show" => Kind::Show(rest.to_owned()),
        "change" if rest.starts_with('"') => {
            let parts: Vec<&str> = rest.split('"').collect();
            match parts.as_slice() {
                ["", from, " to ", to, ""] => Kind::Change { from: unescape(from), to: unescape(to) },
                _ => return Err("expected `change \"…\" to \"…\"`".to_owned()),
            }
        }
        word if word.starts_with("must") => Kind::Must(Must::parse(raw)?),
        _ => Kind::Step { recorded: Vec::new() },
    })
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("'", "\"")
}
