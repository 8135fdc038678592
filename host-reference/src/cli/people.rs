//! What people say about incidents, runs and each other: how bad it is, that it is over, who is called, what is undone.

use super::orders::{EXIT_CODES, HostArgs, put};
use super::windows::span;
use crate::host::orders::Order;
use clap::{Args, Subcommand};
use homeostat_core::model::severity::Severity;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Span;
use std::process::ExitCode;

/// Give back an incident: nobody has it any more
///
/// Whoever waited for that is called, where the chain stands.
///
/// Example: homeostat unack 7
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct UnackArgs {
    /// Its number, or the first digits of its id
    incident: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Say how bad an incident is, also milder than it was taken for
///
/// Example: homeostat severity 7 SEV1
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct SeverityArgs {
    /// Its number, or the first digits of its id
    incident: String,
    /// SEV0 (the worst) to SEV3
    #[arg(value_parser = worst)]
    severity: Severity,
    #[command(flatten)]
    host: HostArgs,
}

/// Close an incident by hand
///
/// Example: homeostat close 7 "the disk was replaced"
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CloseArgs {
    /// Its number, or the first digits of its id
    incident: String,
    /// How it was solved
    resolution: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Undo what is being done for an incident
///
/// Its steps are undone in reverse, each once; the incident is left to people.
///
/// Example: homeostat rollback 7
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct RollbackArgs {
    /// The number of the incident, or the first digits of the run's id
    run: String,
    #[command(flatten)]
    host: HostArgs,
}

/// Close the breaker of a playbook, and free a component on which undoing failed
///
/// Examples:
///   homeostat reset-breaker library/restart web
///   homeostat reset-breaker all                    the breaker for every playbook
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, verbatim_doc_comment)]
pub(super) struct ResetArgs {
    /// The playbook; `all`: the breaker for every one
    playbook: String,
    /// The component; none: the breaker of the playbook on all of them
    component: Option<String>,
    #[command(flatten)]
    host: HostArgs,
}

/// Say who stands in on call
///
/// Example: homeostat on-call primary bob --for 8h
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct OnCallArgs {
    /// The rotation, as the policy names it
    rotation: String,
    /// Who stands in
    who: String,
    /// For how long from now, such as 8h
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    lasts: Span,
    #[command(flatten)]
    host: HostArgs,
}

/// Call nobody for something, for a time
///
/// Examples:
///   homeostat silence begin "new release" web --for 2h
///   homeostat silence begin "known" --issue slow --for 1h
///   homeostat silence begin "we have it" --incident 7 --for 30m --at-most SEV0
///   homeostat silence end web
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct SilenceArgs {
    #[command(subcommand)]
    command: SilenceCommand,
}

#[derive(Debug, Subcommand)]
enum SilenceCommand {
    /// From now on; who is told when it ends is who would have been
    Begin(BeginArgs),
    /// Before its time
    End(EndArgs),
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct BeginArgs {
    /// Why
    reason: String,
    /// Components, services or groups
    of: Vec<String>,
    /// Kinds of issue
    #[arg(long, value_delimiter = ',')]
    issue: Vec<String>,
    /// One incident: its number, or the first digits of its id
    #[arg(long)]
    incident: Option<String>,
    /// What is worse is told all the same
    #[arg(long, default_value = "SEV1", value_parser = worst)]
    at_most: Severity,
    /// For how long from now, such as 2h; 30 days at most
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    lasts: Span,
    #[command(flatten)]
    host: HostArgs,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct EndArgs {
    /// The first digits of its id, or what it is of
    silence: String,
    #[command(flatten)]
    host: HostArgs,
}

fn worst(text: &str) -> Result<Severity, String> {
    let meant = Severity::ALL.into_iter().find(|severity| severity.as_str().eq_ignore_ascii_case(text));
    meant.ok_or_else(|| "expected `SEV0`, `SEV1`, `SEV2` or `SEV3`".to_owned())
}

pub(super) async fn give_back(args: UnackArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::GiveBack { incident: args.incident }, json).await
}

pub(super) async fn severity(args: SeverityArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Severity { incident: args.incident, severity: args.severity }, json).await
}

pub(super) async fn close(args: CloseArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::Close { incident: args.incident, resolution: args.resolution }, json).await
}

pub(super) async fn roll_back(args: RollbackArgs, json: bool) -> ExitCode {
    put(&args.host.db, Order::RollBack { run: args.run }, json).await
}

pub(super) async fn reset(args: ResetArgs, json: bool) -> ExitCode {
    let component = args.component.map(|component| Name::new(&component));
    put(&args.host.db, Order::Reset { playbook: Name::new(&args.playbook), component }, json).await
}

pub(super) async fn on_call(args: OnCallArgs, json: bool) -> ExitCode {
    let (rotation, who) = (Name::new(&args.rotation), Name::new(&args.who));
    put(&args.host.db, Order::OnCall { rotation, who, lasts: args.lasts }, json).await
}

pub(super) async fn silence(args: SilenceArgs, json: bool) -> ExitCode {
    match args.command {
        SilenceCommand::Begin(args) => {
            let names = |all: &[String]| all.iter().map(|name| Name::new(name)).collect();
            let order = Order::Silence {
                of: names(&args.of),
                issues: names(&args.issue),
                incident: args.incident,
                at_most: args.at_most,
                lasts: args.lasts,
                reason: args.reason,
            };
            put(&args.host.db, order, json).await
        }
        SilenceCommand::End(args) => put(&args.host.db, Order::EndSilence { silence: args.silence }, json).await,
    }
}
