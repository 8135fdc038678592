//! What a person says about a storm: that it is over.

use super::orders::{HostArgs, put};
use crate::host::orders::Order;
use clap::{Args, Subcommand};
use homeostat_core::model::area::Area;
use std::process::ExitCode;

/// Say that a storm, many failing together, is over
#[derive(Debug, Args)]
pub(super) struct StormArgs {
    #[command(subcommand)]
    command: StormCommand,
}

#[derive(Debug, Subcommand)]
enum StormCommand {
    End(EndArgs),
}

/// Say that a storm is over: what is automatic goes on for what still fails
///
/// Example: homeostat storm end host:h1 (`homeostat status` names the storms; without a name all of them)
#[derive(Debug, Args)]
struct EndArgs {
    /// What fails together: `all`, or `cluster:`, `group:`, `host:`, `region:` or `service:` and a name
    #[arg(value_parser = area)]
    area: Option<Area>,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) async fn run(args: StormArgs, json: bool) -> ExitCode {
    match args.command {
        StormCommand::End(args) => put(&args.host.db, Order::EndStorm { area: args.area }, json).await,
    }
}

fn area(text: &str) -> Result<Area, String> {
    Area::try_from(text.to_owned())
}
