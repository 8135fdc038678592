//! The command line: what a person types, and what the program says back.

mod actions;
mod check;
mod describe;
mod down;
mod explain;
mod frozen;
mod half_done;
mod history;
mod incidents;
mod init;
mod known;
mod obstacle;
mod orders;
mod people;
mod print;
mod run;
mod schema;
mod seen;
mod show;
mod status;
mod storm;
mod windows;

use crate::demo::{self, DemoArgs};
use crate::demo_service::{self, DemoServiceArgs};
use crate::local_time;
use crate::os_error;
use clap::{Parser, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// The database file where none is named.
const DB: &str = "homeostat.db";

/// The database file that is meant: a link to it is followed, so that one store has one lock and one socket whatever it
/// is called.
fn store(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if !path.is_symlink() {
        return Ok(path);
    }
    path.canonicalize().map_err(|error| format!("`{text}` is a link that leads nowhere: {}", os_error::said(&error)))
}

const AFTER_HELP: &str = "\
Begin with:
  homeostat init                    writes homeostat.yaml, a policy with comments
  homeostat check homeostat.yaml    shows every mistake, or what the defaults came to
  homeostat run homeostat.yaml      watches, heals and says why

Exit codes: 0 done · 1 it could not be done · 2 what was given is wrong (a policy, an argument)";

/// Self-healing operations: detects sick components, decides what may safely be done, does it, verifies, explains.
#[derive(Debug, Parser)]
#[command(name = "homeostat", version, after_help = AFTER_HELP)]
struct Arguments {
    /// Say it in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ack(orders::AckArgs),
    Actions(actions::ActionsArgs),
    Approve(orders::PlanArgs),
    Beat(orders::BeatArgs),
    Cancel(orders::CancelArgs),
    ChangeWindow(windows::ChangeArgs),
    Close(people::CloseArgs),
    Check(check::CheckArgs),
    Demo(DemoArgs),
    /// A small service to break and heal; `homeostat demo` starts several.
    #[command(hide = true)]
    DemoService(DemoServiceArgs),
    /// Deny a plan that waits for approval
    Deny(orders::PlanArgs),
    Down(down::DownArgs),
    Explain(incidents::ExplainArgs),
    History(history::HistoryArgs),
    Incidents(incidents::IncidentsArgs),
    Init(init::InitArgs),
    Kill(orders::KillArgs),
    Maintenance(windows::MaintenanceArgs),
    Mode(orders::ModeArgs),
    OnCall(people::OnCallArgs),
    ResetBreaker(people::ResetArgs),
    Resume(orders::ResumeArgs),
    Rollback(people::RollbackArgs),
    Run(run::RunArgs),
    RunPlaybook(orders::RunPlaybookArgs),
    Schema(schema::SchemaArgs),
    Send(orders::SendArgs),
    Severity(people::SeverityArgs),
    Silence(people::SilenceArgs),
    Status(orders::StatusArgs),
    Storm(storm::StormArgs),
    Unack(people::UnackArgs),
}

/// Runs the program with the arguments of its process.
pub async fn main() -> ExitCode {
    let Arguments { json, command } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return unusable(&error),
    };
    match command {
        Command::Ack(args) => orders::acknowledge(args, json).await,
        Command::Actions(args) => actions::run(&args, json),
        Command::Approve(args) => orders::decide(args, true, json).await,
        Command::Beat(args) => orders::beat(args, json).await,
        Command::Cancel(args) => orders::cancel(args, json).await,
        Command::ChangeWindow(args) => windows::change(args, json).await,
        Command::Close(args) => people::close(args, json).await,
        Command::Check(args) => check::run(&args, json),
        Command::Demo(args) => demo::run(args, json, local_time::utc_offset_s()).await,
        Command::DemoService(args) => demo_service::run(args).await,
        Command::Deny(args) => orders::decide(args, false, json).await,
        Command::Down(args) => down::run(args, json).await,
        Command::Explain(args) => incidents::explain(&args, json).await,
        Command::History(args) => history::run(&args, json).await,
        Command::Incidents(args) => incidents::list(&args, json).await,
        Command::Init(args) => init::run(&args, json),
        Command::Kill(args) => orders::kill(args, json).await,
        Command::Maintenance(args) => windows::maintenance(args, json).await,
        Command::Mode(args) => orders::mode(args, json).await,
        Command::OnCall(args) => people::on_call(args, json).await,
        Command::ResetBreaker(args) => people::reset(args, json).await,
        Command::Rollback(args) => people::roll_back(args, json).await,
        Command::Resume(args) => orders::resume(args, json).await,
        Command::Run(args) => run::run(args, json).await,
        Command::Schema(args) => schema::run(&args),
        Command::RunPlaybook(args) => orders::run_playbook(args, json).await,
        Command::Send(args) => orders::send(args, json).await,
        Command::Severity(args) => people::severity(args, json).await,
        Command::Silence(args) => people::silence(args, json).await,
        Command::Status(args) => orders::status(args, json).await,
        Command::Storm(args) => storm::run(args, json).await,
        Command::Unack(args) => people::give_back(args, json).await,
    }
}

/// Arguments that make no sense, or that ask for help.
fn unusable(error: &clap::Error) -> ExitCode {
    let is_mistake = error.use_stderr();
    let mut words = std::env::args_os().skip(1).take_while(|word| word != "--");
    if is_mistake && words.any(|word| word == "--json") {
        // Up to the first empty line it says what is wrong, then how it is right.
        let text = error.render().to_string();
        let why: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        print::json(&json!({ "accepted": false, "error": why.join(" ").trim_start_matches("error: ") }));
    }
    // Who has closed what it is written to does not read it.
    let _ = error.print();
    if is_mistake { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
