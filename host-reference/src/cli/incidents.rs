//! `homeostat incidents` and `homeostat explain`: what the store knows, with or without a running host.

use super::obstacle::{Typing, quoted};
use super::{print, show};
use crate::host::orders::find_incident_by;
use crate::host::recover;
use crate::store::{Reader, store_says};
use clap::Args;
use homeostat_core::engine::Engine;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Incident;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const AFTER_INCIDENTS: &str = "\
Examples:
  homeostat incidents          all that are remembered, the latest first
  homeostat incidents --open   those that are not closed

It reads the store, beside a running host or without one. Exit codes: 0 shown · 1 the store cannot be read";

const AFTER_EXPLAIN: &str = "\
Examples:
  homeostat explain        the latest incident
  homeostat explain 7      incident 7: why it acted or did not, what would have changed that, what comes next

It reads the store, beside a running host or without one.
Exit codes: 0 shown · 1 the store cannot be read, or there is no such incident";

/// List incidents
#[derive(Debug, Args)]
#[command(after_help = AFTER_INCIDENTS)]
pub(super) struct IncidentsArgs {
    /// Only those that are not closed
    #[arg(long)]
    open: bool,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB)]
    db: PathBuf,
}

/// Explain an incident: why, and why not
#[derive(Debug, Args)]
#[command(after_help = AFTER_EXPLAIN)]
pub(super) struct ExplainArgs {
    /// Its number, or the first digits of its id; the latest where none is given
    incident: Option<String>,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB)]
    db: PathBuf,
}

/// What the store knows.
pub(super) struct Known {
    pub engine: Engine,
    pub numbers: BTreeMap<IncidentId, i64>,
}

impl Known {
    /// Reads it; why not, in words.
    pub fn read(db: &Path) -> Result<Known, String> {
        if !db.exists() {
            return Err(format!("there is no store `{}`: name it with `--db`", db.display()));
        }
        let reader = Reader::open(db).map_err(|error| error.of(db))?;
        let restored = recover::restore(&reader).map_err(|error| store_says(db, &error))?;
        let engine = restored.ok_or_else(|| store_says(db, &"it has seen nothing yet"))?.engine;
        let numbers = reader.incident_numbers().map_err(|error| error.of(db))?;
        let numbers = numbers.into_iter().filter_map(|(number, id)| Some((id.parse().ok()?, number))).collect();
        Ok(Known { engine, numbers })
    }

    /// All incidents, the latest first.
    fn incidents(&self) -> Vec<&Incident> {
        let mut incidents: Vec<&Incident> = self.engine.knowledge().incidents.iter().collect();
        incidents.sort_by_key(|incident| std::cmp::Reverse((incident.detected, self.numbers.get(&incident.id))));
        incidents
    }
}

pub(super) fn list(args: &IncidentsArgs, json: bool) -> ExitCode {
    let known = match Known::read(&args.db) {
        Ok(known) => known,
        Err(why) => return print::failed(&why, json),
    };
    let incidents: Vec<&Incident> =
        known.incidents().into_iter().filter(|incident| !args.open || incident.is_open()).collect();
    if json {
        let numbered = incidents.iter().map(|it| json!({ "number": known.numbers.get(&it.id), "incident": it }));
        print::json(&json!({ "incidents": numbered.collect::<Vec<_>>() }));
    } else if incidents.is_empty() {
        print::out(if args.open { "no incident is open\n" } else { "no incidents\n" });
    } else {
        print::out(&incidents.iter().map(|incident| show::incident(incident, &known.numbers)).collect::<String>());
    }
    ExitCode::SUCCESS
}

pub(super) fn explain(args: &ExplainArgs, json: bool) -> ExitCode {
    let known = match Known::read(&args.db) {
        Ok(known) => known,
        Err(why) => return print::failed(&why, json),
    };
    let id = match &args.incident {
        Some(wanted) => find_incident_by(wanted, &known.engine, &known.numbers),
        None => known.incidents().first().map(|incident| incident.id),
    };
    let Some(explanation) = id.and_then(|id| known.engine.explain(id)) else {
        let why = match &args.incident {
            Some(wanted) => format!("no incident `{wanted}` is remembered: `homeostat incidents` lists them"),
            None => "there are no incidents".to_owned(),
        };
        return print::failed(&why, json);
    };
    if json {
        print::json(&json!({ "number": known.numbers.get(&explanation.incident.id), "explanation": explanation }));
    } else {
        let db = match args.db.as_os_str() == super::DB {
            true => String::new(),
            false => format!(" --db {}", quoted(&args.db.display().to_string())),
        };
        let control = &known.engine.knowledge().control;
        let typing = Typing { db, fault: control.fault.clone(), stopped: control.kills.keys().next().cloned() };
        print::out(&super::explain::text(&explanation, &known.numbers, &typing));
    }
    ExitCode::SUCCESS
}
