//! `homeostat incidents` and `homeostat explain`: what is known, with or without a running host.

use super::obstacle::{Typing, quoted};
use super::{known, print, show};
use crate::host::account::incident_number;
use crate::host::kill_file_that_is_there;
use crate::host::look::{Account, Listed};
use clap::Args;
use homeostat_core::model::incident::Incident;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

const AFTER_INCIDENTS: &str = "\
Examples:
  homeostat incidents          all that are remembered, the latest first
  homeostat incidents --open   those that are not closed

It reads the store, beside a running host or without one; who may not read it, but is named under `people`, asks the host. Exit codes: 0 shown · 1 the store cannot be read";

const AFTER_EXPLAIN: &str = "\
Examples:
  homeostat explain        the latest open incident, or the latest of all
  homeostat explain 7      incident 7: why it acted or did not, what would have changed that, what comes next

It reads the store, beside a running host or without one; who may not read it, but is named under `people`, asks the host.
Exit codes: 0 shown · 1 the store cannot be read, or there is no such incident";

/// List incidents
#[derive(Debug, Args)]
#[command(after_help = AFTER_INCIDENTS)]
pub(super) struct IncidentsArgs {
    /// Only those that are not closed
    #[arg(long)]
    open: bool,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
}

/// Explain an incident: why, and why not
#[derive(Debug, Args)]
#[command(after_help = AFTER_EXPLAIN)]
pub(super) struct ExplainArgs {
    /// Its number, or the first digits of its id; the latest open one where none is given
    incident: Option<String>,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
}

pub(super) async fn list(args: &IncidentsArgs, json: bool) -> ExitCode {
    let Listed { mut incidents, numbers } = match known::incidents(&args.db).await {
        Ok(listed) => listed,
        Err(why) => return print::failed(&why, json),
    };
    incidents.retain(|incident| !args.open || incident.is_open());
    if json {
        let numbered = incidents.iter().map(|it| json!({ "number": numbers.get(&it.id), "incident": it }));
        print::json(&json!({ "incidents": numbered.collect::<Vec<_>>() }));
    } else if incidents.is_empty() {
        print::out(if args.open { "no incident is open\n" } else { "no incidents\n" });
    } else {
        let line = |incident: &Incident| print::clean(show::incident(incident, &numbers).trim_end()) + "\n";
        print::out(&incidents.iter().map(line).collect::<String>());
    }
    ExitCode::SUCCESS
}

pub(super) async fn explain(args: &ExplainArgs, json: bool) -> ExitCode {
    let account = match known::account(&args.db, args.incident.as_deref()).await {
        Ok(account) => account,
        Err(why) => return print::failed(&why, json),
    };
    let Account { explanation, numbers, now, fault, stopped } = account;
    if json {
        print::json(&json!({ "number": numbers.get(&explanation.incident.id), "explanation": explanation }));
    } else {
        let db = match args.db.as_os_str() == super::DB {
            true => String::new(),
            false => format!(" --db {}", quoted(&args.db.display().to_string())),
        };
        let typing = Typing {
            number: incident_number(explanation.incident.id, &numbers),
            db,
            silent_since: (!known::is_served(&args.db)).then_some(now),
            fault,
            stopped,
            kill_file: kill_file_that_is_there(&args.db),
        };
        print::out(&super::explain::text(&explanation, &numbers, &typing));
    }
    ExitCode::SUCCESS
}
