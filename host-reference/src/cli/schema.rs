//! `homeostat schema`: the JSON Schema of a policy, for editors.

use super::print;
use clap::Args;
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Examples:
  homeostat schema > policy.schema.json

An editor with the YAML language server completes a policy that begins with
  # yaml-language-server: $schema=policy.schema.json

Exit code: 0 printed";

/// Print the JSON Schema of a policy, for completion in an editor
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SchemaArgs {}

pub(super) fn run(_: &SchemaArgs) -> ExitCode {
    print::out(homeostat_core::policy::SCHEMA);
    ExitCode::SUCCESS
}
