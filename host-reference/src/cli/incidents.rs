//! `homeostat incidents` and `homeostat explain`: what the store knows, with or without a running host.

use super::obstacle::{Typing, quoted};
use super::{print, show};
use crate::host::account::incident_number;
use crate::host::kill_file_that_is_there;
use crate::host::orders::find_incident_by;
use crate::host::recover;
use crate::host::socket::path_of;
use crate::store::{Reader, store_says};
use clap::Args;
use homeostat_core::engine::Engine;
use homeostat_core::model::ids::IncidentId;
use homeostat_core::model::incident::Incident;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
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
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
}

/// Explain an incident: why, and why not
#[derive(Debug, Args)]
#[command(after_help = AFTER_EXPLAIN)]
pub(super) struct ExplainArgs {
    /// Its number, or the first digits of its id; the latest where none is given
    incident: Option<String>,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
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
        let line = |incident: &&Incident| print::clean(show::incident(incident, &known.numbers).trim_end()) + "\n";
        print::out(&incidents.iter().map(line).collect::<String>());
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
        let typing = Typing {
            number: incident_number(explanation.incident.id, &known.numbers),
            db,
            silent_since: (!is_served(&args.db)).then(|| known.engine.now()),
            fault: control.fault.clone(),
            stopped: control.kills.keys().next().cloned(),
            kill_file: kill_file_that_is_there(&args.db),
        };
        print::out(&super::explain::text(&explanation, &known.numbers, &typing));
    }
    ExitCode::SUCCESS
}

/// Whether a host runs on the store at `db`. Where that cannot be told, there is taken to be one.
fn is_served(db: &Path) -> bool {
    let nobody = |error: std::io::Error| matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound);
    !UnixStream::connect(path_of(db)).is_err_and(nobody)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_host_is_there_as_long_as_its_socket_is_listened_to() {
        let db = std::env::temp_dir().join(format!("homeostat-served-{}.db", std::process::id()));
        assert!(!is_served(&db), "there is no socket");
        let listener = UnixListener::bind(path_of(&db)).expect("a socket");
        assert!(is_served(&db));
        drop(listener);
        assert!(!is_served(&db), "its host is gone, the file stays");
        std::fs::remove_file(path_of(&db)).expect("it is there");
    }
}
