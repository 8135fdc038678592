//! The command line: what a person types, and what the program says back.

mod actions;
mod check;
mod describe;
mod init;
mod print;

use crate::demo_service::{self, DemoServiceArgs};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
    Actions(actions::ActionsArgs),
    Check(check::CheckArgs),
    /// A small service to break and heal; `homeostat demo` starts several.
    #[command(hide = true)]
    DemoService(DemoServiceArgs),
    Init(init::InitArgs),
}

/// Runs the program with the arguments of its process.
pub async fn main() -> ExitCode {
    let Arguments { json, command } = Arguments::parse();
    match command {
        Command::Actions(args) => actions::run(&args, json),
        Command::Check(args) => check::run(&args, json),
        Command::DemoService(args) => demo_service::run(args).await,
        Command::Init(args) => init::run(&args, json),
    }
}
