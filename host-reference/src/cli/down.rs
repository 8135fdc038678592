//! `homeostat down`: the end of supervised processes, when no host is running.

use super::print;
use crate::host::processes_of;
use crate::store::{Store, StoreOptions};
use crate::supervise::{Supervisor, SupervisorOptions};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Before a process that ends politely is killed.
const GRACE: Duration = Duration::from_secs(10);

const AFTER_HELP: &str = "\
Example:
  homeostat down        after `homeostat run` has been stopped

Exit codes: 0 all ended · 1 a host is running on the store, or a process did not end";

/// End the processes that a stopped host has left running
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DownArgs {
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
}

pub(super) async fn run(args: DownArgs, json: bool) -> ExitCode {
    match end_all(&args).await {
        Ok(ended) if json => print::json(&json!({ "ended": ended })),
        Ok(ended) if ended.is_empty() => print::out("nothing was running\n"),
        Ok(ended) => print::out(&format!("ended {}\n", ended.join(", "))),
        Err(error) => return print::failed(&error.to_string(), json),
    }
    ExitCode::SUCCESS
}

async fn end_all(args: &DownArgs) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    if !args.db.exists() {
        return Err(format!("there is no store `{}`: name it with `--db`", args.db.display()).into());
    }
    // Holding the store keeps a host from starting meanwhile; one that runs holds it.
    let _store = Store::open(&args.db, &StoreOptions::default()).map_err(|error| error.of(&args.db))?;
    let (supervisor, _) = Supervisor::open(&processes_of(&args.db), SupervisorOptions::default())?;
    let mut ended = Vec::new();
    for instance in supervisor.instances() {
        supervisor.stop(&instance, GRACE).await?;
        ended.push(instance.to_string());
    }
    Ok(ended)
}
