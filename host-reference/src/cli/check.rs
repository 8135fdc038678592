//! `homeostat check`: every mistake at once, or what the policy came to.

use super::describe::describe;
use super::print::{self, counted};
use crate::foresight::foresee;
use crate::policy_file::{self, Rejected, render_all};
use clap::Args;
use homeostat_core::policy::playbook::Playbook;
use homeostat_core::policy::problem::{Problem, Severity};
use homeostat_core::policy::{Loaded, Policy};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Examples:
  homeostat check                           homeostat.yaml in this directory
  homeostat check policy.yaml               all mistakes with their places, or what the defaults came to
  homeostat check --playbook disk.yaml      one playbook, or a list of them, by itself
  homeostat check policy.yaml --json        the same for programs
  generate | homeostat check -              what comes from standard input

Exit codes: 0 the policy is good, perhaps with warnings · 2 it is refused, or cannot be read";

/// Check a policy, or a playbook by itself, and show what its defaults came to
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CheckArgs {
    /// The policy; `-` reads it from standard input
    #[arg(default_value = "homeostat.yaml")]
    policy: PathBuf,
    /// Check this document of playbooks instead
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    playbook: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, json: bool) -> ExitCode {
    match &args.playbook {
        Some(path) => match policy_file::load_playbooks(path) {
            Ok((playbooks, found)) => show_playbooks(path, &playbooks, &found, json),
            Err(rejected) => refuse(&rejected, json, "The playbook cannot be used."),
        },
        None => match load(&args.policy) {
            Ok(loaded) => show_policy(&args.policy, &loaded, json),
            Err(rejected) => refuse(&rejected, json, "Nothing was loaded."),
        },
    }
}

/// Reads a policy, and looks at what this machine lacks for it.
pub(super) fn load(path: &Path) -> Result<Loaded, Rejected> {
    let mut loaded = policy_file::load(path)?;
    loaded.warnings.extend(foresee(&loaded));
    loaded.warnings.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
    Ok(loaded)
}

/// Says why a document was refused; the exit code for it.
pub(super) fn refuse(rejected: &Rejected, json: bool, so: &str) -> ExitCode {
    if json {
        print::json(&json!({ "accepted": false, "problems": rejected.problems }));
    } else {
        print::err(&format!("{}{}. {so}\n", rejected.render(), tally(&rejected.problems)));
    }
    ExitCode::from(2)
}

/// Says what is accepted but worth a second look.
pub(super) fn warn(policy: &Policy, warnings: &[Problem]) {
    if !warnings.is_empty() {
        print::err(&format!("{}{}.\n", render_all(warnings, policy.sources()), tally(warnings)));
    }
}

fn show_policy(path: &Path, loaded: &Loaded, json: bool) -> ExitCode {
    let description = loaded.policy.describe();
    if json {
        print::json(&json!({ "accepted": true, "problems": loaded.warnings, "policy": description }));
    } else {
        warn(&loaded.policy, &loaded.warnings);
        let name = loaded.policy.sources().first().map_or_else(|| path.display().to_string(), |it| it.name.clone());
        print::out(&describe(&name, &description));
    }
    ExitCode::SUCCESS
}

fn show_playbooks(path: &Path, playbooks: &[Playbook], found: &Rejected, json: bool) -> ExitCode {
    if json {
        print::json(&json!({ "accepted": true, "problems": found.problems, "playbooks": playbooks }));
        return ExitCode::SUCCESS;
    }
    if !found.problems.is_empty() {
        print::err(&format!("{}{}.\n", found.render(), tally(&found.problems)));
    }
    let mut text = format!("{} is good: {}\n", path.display(), counted(playbooks.len(), "playbook"));
    for playbook in playbooks {
        let parts = counted(playbook.steps.len(), "part");
        let (id, attempts) = (&playbook.id, counted(playbook.safety.max_attempts as usize, "attempt"));
        text += &format!("  {id:<24} {parts}, at most {} in all, {attempts} for one incident\n", playbook.timeout);
    }
    print::out(&text);
    ExitCode::SUCCESS
}

fn tally(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    match (errors, warnings) {
        (0, _) => counted(warnings, "warning"),
        (_, 0) => counted(errors, "error"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
