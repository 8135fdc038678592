//! The `homeostat` program.

use clap::{Parser, Subcommand};
use homeostat::demo_service::{self, DemoServiceArgs};
use std::process::ExitCode;

/// Self-healing operations: detects sick components, decides what may safely be done, does it, verifies, explains.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A small service to break and heal; `homeostat demo` starts several.
    #[command(hide = true)]
    DemoService(DemoServiceArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::DemoService(args) => demo_service::run(args).await,
    }
}
