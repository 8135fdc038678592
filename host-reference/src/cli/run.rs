//! `homeostat run`: watch, heal and say why, until told to stop.

use super::{check, print};
use crate::host::{self, HostOptions};
use crate::notify::Format;
use clap::Args;
use homeostat_core::policy::duration;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const AFTER_HELP: &str = "\
Examples:
  homeostat run                              homeostat.yaml in this directory, until Ctrl-C
  homeostat run shop.yaml --for 60s          for a minute
  homeostat run --db /var/lib/homeostat.db   with the store elsewhere

Everything it knows is in the store, one database file. Stopped or killed at any instant and started again, it goes on
where it was.
The processes it supervises live on without it; `homeostat down` ends them.
While a file called KILL lies beside that file nothing automatic is done (touch KILL).

Exit codes: 0 stopped as asked · 1 it could not run · 2 the policy is refused";

/// Run a policy: watch its components, heal them, say why
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RunArgs {
    /// The policy
    #[arg(default_value = "homeostat.yaml")]
    policy: PathBuf,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
    /// Stop by itself after this time, such as 60s or 10m
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    limit: Option<Duration>,
}

fn time(text: &str) -> Result<Duration, String> {
    let span =
        duration::parse(text).map_err(|mistake| format!("`{text}` {}: give a time such as `60s`", mistake.reason))?;
    Ok(Duration::from_millis(span.ms().unsigned_abs()))
}

pub(super) async fn run(args: RunArgs, json: bool) -> ExitCode {
    let loaded = match check::load(&args.policy) {
        Ok(loaded) => loaded,
        Err(rejected) => return check::refuse(&rejected, json, "Nothing was loaded."),
    };
    if !json {
        check::warn(&loaded.policy, &loaded.warnings);
    }
    let options = HostOptions {
        db: args.db,
        limit: args.limit,
        format: Format::for_stdout(json),
        utc_offset_s: crate::local_time::utc_offset_s(),
    };
    match host::run(loaded, options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => print::failed(&error.to_string(), json),
    }
}
