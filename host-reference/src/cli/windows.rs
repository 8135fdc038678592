//! Maintenance and change windows that people open and close.

use super::orders::{self, HostArgs};
use super::print;
use crate::host::orders::Order;
use clap::{Args, Subcommand};
use homeostat_core::policy::duration;
use homeostat_core::primitives::time::Span;
use serde_json::json;
use std::process::ExitCode;

/// Hold Homeostat back from what you are at work on
///
/// Examples:
///   homeostat maintenance open web --for 2h --reason "new disk"
///   homeostat maintenance open web --for 3h      opened anew, it lasts from now
///   homeostat maintenance close web
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct MaintenanceArgs {
    #[command(subcommand)]
    what: MaintenanceCommand,
}

#[derive(Debug, Subcommand)]
enum MaintenanceCommand {
    /// Touch nothing of it until then, and tell nobody of it; what is wrong when it ends is looked at as new
    Open {
        #[command(flatten)]
        window: OpenArgs,
        /// What is held back
        #[arg(long, value_delimiter = ',', default_value = "notify,remediate", value_parser = ["notify", "open", "remediate"])]
        suppress: Vec<String>,
    },
    /// It is over
    Close(CloseArgs),
}

/// Let what is only done in a change window be done now
///
/// Examples:
///   homeostat change-window open router --for 1h --reason "agreed with ops"
///   homeostat change-window open db --for 1h --permit schema_change
///   homeostat change-window close router
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ChangeArgs {
    #[command(subcommand)]
    what: ChangeCommand,
}

#[derive(Debug, Subcommand)]
enum ChangeCommand {
    /// Allow it until then
    Open {
        #[command(flatten)]
        window: OpenArgs,
        /// Classes of actions that are allowed; none: all
        #[arg(long, value_delimiter = ',')]
        permit: Vec<String>,
    },
    /// Allow it no longer
    Close(CloseArgs),
}

/// A window that is opened.
#[derive(Debug, Args)]
struct OpenArgs {
    /// Components, services or groups
    #[arg(required = true)]
    over: Vec<String>,
    /// How long it lasts, such as 2h
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    lasts: Span,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    /// Its name; none: that of the first it is over
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    host: HostArgs,
}

/// A window that is closed.
#[derive(Debug, Args)]
struct CloseArgs {
    /// Its name
    window: String,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn span(text: &str) -> Result<Span, String> {
    duration::parse(text).map_err(|mistake| format!("expected a span such as `2h`: it {}", mistake.reason))
}

pub(super) async fn maintenance(args: MaintenanceArgs, json: bool) -> ExitCode {
    match args.what {
        MaintenanceCommand::Open { window, suppress } => open(window, "maintenance", &suppress, json).await,
        MaintenanceCommand::Close(args) => close(args, json).await,
    }
}

pub(super) async fn change(args: ChangeArgs, json: bool) -> ExitCode {
    match args.what {
        ChangeCommand::Open { window, permit } => open(window, "change", &permit, json).await,
        ChangeCommand::Close(args) => close(args, json).await,
    }
}

async fn open(args: OpenArgs, kind: &str, terms: &[String], json: bool) -> ExitCode {
    let Some(name) = args.name.as_ref().or(args.over.first()) else {
        return print::wrong("a window is over something", json);
    };
    let event = json!({
        "type": "window_opened",
        "window": name,
        "kind": kind,
        "over": args.over,
        "terms": terms,
        "lasts": args.lasts,
        "reason": args.reason,
    });
    orders::put(&args.host.db, Order::Event { event, id: None }, json).await
}

async fn close(args: CloseArgs, json: bool) -> ExitCode {
    let event = json!({ "type": "window_closed", "window": args.window });
    orders::put(&args.host.db, Order::Event { event, id: None }, json).await
}
