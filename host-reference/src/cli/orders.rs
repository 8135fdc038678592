//! What people ask of a running host: each is one order over its socket.

use super::obstacle::quoted;
use super::print;
use crate::host::orders::Order;
use crate::host::{kill_file_of, socket};
use crate::os_error;
use clap::Args;
use homeostat_core::primitives::name::Name;
use serde_json::json;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 refused, or no host is running on this store · 2 what was given is wrong";

const STATUS_EXIT_CODES: &str = "\
Exit codes: 0 ready, in whatever mode · 1 stopped, unable to write, or no host is running on this store · 2 what was \
given is wrong";

/// A host of this machine.
#[derive(Debug, Args)]
pub(super) struct HostArgs {
    /// The database file of the running host
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    pub(super) db: PathBuf,
}

/// Approve a plan that waits for it
///
/// Example: homeostat approve 77b2a1 (the first digits that `homeostat run` and `homeostat explain` show suffice)
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct PlanArgs {
    /// The first digits of the plan, at least four
    plan: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Carry out a playbook on a component
///
/// It is for the open incident about it; where nothing is wrong with it, one is opened for that.
/// It goes through the same gate as what nobody ordered; what is wider or riskier than you may start alone is put to
/// somebody else first.
///
/// Example: homeostat run-playbook library/restart web
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct RunPlaybookArgs {
    /// The playbook, as `homeostat check` names it
    playbook: String,
    /// The component
    component: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Say that you take care of an incident
///
/// Example: homeostat ack 7
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct AckArgs {
    /// Its number, or the first digits of its id
    incident: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Call off what is being done for an incident
///
/// Nothing new begins, what has begun is waited for and not undone, and the incident is left to people.
///
/// Example: homeostat cancel 7
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CancelArgs {
    /// The number of the incident, or the first digits of the run's id
    run: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Stop everything automatic at once
///
/// Example: homeostat kill "we are moving the database"
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct KillArgs {
    /// What for; each reason is released by itself
    #[arg(default_value = "stopped by hand")]
    reason: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Let go on what was stopped
///
/// Example: homeostat resume "we are moving the database"
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ResumeArgs {
    /// The reason that no longer holds; none: the only one
    reason: Option<String>,
    #[command(flatten)]
    host: HostArgs,
}

/// Set how much may happen without a person, below what the policy says
///
/// Example: homeostat mode observe
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ModeArgs {
    /// off, observe, suggest, approve or auto
    mode: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Report that a component is alive, for its heartbeat check
///
/// Example: homeostat beat nightly-backup
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct BeatArgs {
    /// The component
    component: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Send an event, such as a metric, an alert or a deploy
///
/// Examples:
///   homeostat send event.json        where event.json holds one of
///     {"type":"sample_reported","component":"web","metric":"cpu_usage","value":91.5}
///     {"type":"alert_raised","component":"web","issue":"slow","severity":"SEV2","summary":"p95"}
///     {"type":"change_reported","component":"web","change":"deploy","summary":"v42"}
///   homeostat send - <event.json     the same
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct SendArgs {
    /// A file with one event as JSON; `-` reads it from standard input
    file: PathBuf,
    /// Its id with the sender: sent again with the same id, it does nothing
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    host: HostArgs,
}

/// Whether it is ready to act, or why not; what is open, what waits
///
/// Ready is a host that does what its mode says. In a mode that does not act (off, observe, suggest) it does what it is
/// told, and is ready too; while the kill switch is engaged it is not, whatever the mode.
#[derive(Debug, Args)]
#[command(after_help = STATUS_EXIT_CODES)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(super) async fn decide(args: PlanArgs, approved: bool, json: bool) -> ExitCode {
    put(&args.host.db, Order::Decide { plan: args.plan, approved }, json).await
}

pub(super) async fn run_playbook(args: RunPlaybookArgs, json: bool) -> ExitCode {
    let (playbook, component) = (Name::new(&args.playbook), Name::new(&args.component));
    put(&args.host.db, Order::Run { playbook, component }, json).await
}

pub(super) async fn acknowledge(args: AckArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Acknowledge { incident: args.incident }, json).await
}

pub(super) async fn cancel(args: CancelArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Cancel { run: args.run }, json).await
}

pub(super) async fn kill(args: KillArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Kill { reason: args.reason }, json).await
}

pub(super) async fn resume(args: ResumeArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Resume { reason: args.reason }, json).await
}

pub(super) async fn mode(args: ModeArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Mode { mode: Name::new(&args.mode) }, json).await
}

pub(super) async fn beat(args: BeatArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Beat { component: Name::new(&args.component) }, json).await
}

pub(super) async fn send(args: SendArgs, json: bool) -> ExitCode {
    let text = match read_event(&args.file) {
        Ok(text) => text,
        Err(error) => {
            let why = format!("`{}` cannot be read: {}", args.file.display(), os_error::said(&error));
            return print::wrong(&why, json);
        }
    };
    // A text that is no JSON goes to the host all the same, which refuses it and keeps a record.
    let event = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
    put(&args.host.db, Order::Event { event, id: args.id }, json).await
}

pub(super) async fn status(args: StatusArgs, json: bool) -> ExitCode {
    match socket::put(&args.host.db, &Order::Status {}).await {
        Ok(answer) if !answer.accepted => unready(&answer.detail, json),
        Ok(answer) => {
            let ready = answer.data.get("ready").and_then(serde_json::Value::as_bool) == Some(true);
            if json {
                print::json(&answer.data);
            } else if answer.data.get("engine").is_some() {
                print::out(&super::status::text(&answer.data, &named(&args.host.db)));
            } else {
                print::out(&format!("not acting: {}\n", print::clean(&answer.detail)));
            }
            if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => no_host(&args.host.db, &error, json),
    }
}

pub(super) async fn put(db: &Path, order: Order, json: bool) -> ExitCode {
    match socket::put(db, &order).await {
        Ok(answer) => {
            if json {
                print::json(&answer);
            } else if answer.accepted {
                print::out(&format!("{}\n", print::clean(&answer.detail)));
            } else {
                print::err(&format!("error: {}\n", print::clean(&answer.detail)));
            }
            if answer.accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => no_host(db, &error, json),
    }
}

/// How a command names this store, with a space before it; the usual one needs no name.
fn named(db: &Path) -> String {
    if db == Path::new(super::DB) { String::new() } else { format!(" --db {}", quoted(&db.display().to_string())) }
}

fn no_host(db: &Path, error: &std::io::Error, json: bool) -> ExitCode {
    unready(&why_not(db, error), json)
}

/// Why the host could not be asked.
pub(super) fn why_not(db: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            format!(
                "no host is running on `{}`: start one with `homeostat run`, or name another with `--db`",
                db.display()
            )
        }
        ErrorKind::PermissionDenied => not_open(&socket::path_of(db)),
        ErrorKind::TimedOut => {
            let file = kill_file_of(db);
            let file = std::path::absolute(&file).unwrap_or(file).display().to_string();
            format!(
                "the host does not answer; `touch {}` stops it once it goes on, and what was asked may be done then",
                quoted(&file)
            )
        }
        _ => format!("the host on `{}` did not answer: {}", db.display(), os_error::said(error)),
    }
}

/// Why this user may not reach the socket: a directory on the way to it keeps him out, or its own mode does.
fn not_open(socket: &Path) -> String {
    let whole = std::path::absolute(socket).unwrap_or_else(|_| socket.to_owned());
    let denied = |path: &&Path| path.metadata().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    // From the root on, the first that cannot be seen lies in the directory that is closed.
    let hidden = whole.ancestors().collect::<Vec<_>>().into_iter().rev().find(denied);
    match hidden.and_then(Path::parent) {
        Some(closed) => format!(
            "permission denied: the directory `{}` is closed to you, so that the socket `{}` cannot be reached; whoever \
             owns it lets in those who are named under `people` with `chmod o+x`, and root and the user who runs the host \
             may ask",
            closed.display(),
            socket.display()
        ),
        None => format!(
            "permission denied: the socket `{}` is not open to you: ask the host as root, as the user who runs it, or as \
             one named under `people` in its policy",
            socket.display()
        ),
    }
}

fn unready(why: &str, json: bool) -> ExitCode {
    if json {
        print::json(&json!({ "accepted": false, "ready": false, "why": why }));
    }
    print::err(&format!("error: {}\n", print::clean(why)));
    ExitCode::FAILURE
}

fn read_event(file: &Path) -> std::io::Result<String> {
    const MOST: u64 = 1 << 20;
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(MOST).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(MOST).read_to_string(&mut text)?;
    }
    Ok(text)
}
