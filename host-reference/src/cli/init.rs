//! `homeostat init`: a policy to start from.

use super::print;
use crate::os_error;
use clap::Args;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What `init` writes; it is tested to load without a warning.
pub const STARTER: &str = include_str!("starter.yaml");

const AFTER_HELP: &str = "\
Examples:
  homeostat init                  writes homeostat.yaml
  homeostat init shop.yaml        writes shop.yaml

A file that is there is never overwritten. Exit codes: 0 written · 1 not written";

/// Write a policy to start from, with comments
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct InitArgs {
    /// Where to
    #[arg(default_value = "homeostat.yaml")]
    file: PathBuf,
}

pub(super) fn run(args: &InitArgs, json: bool) -> ExitCode {
    let file = args.file.display();
    let opened = OpenOptions::new().write(true).create_new(true).open(&args.file);
    let written = opened.and_then(|mut out| out.write_all(STARTER.as_bytes()));
    match written {
        Ok(()) if json => print::json(&json!({ "written": args.file })),
        Ok(()) => print::out(&format!(
            "wrote {file}: it keeps a small web server alive\n\
             next: `homeostat check {file}` shows what it comes to, `homeostat run {file}` runs it\n"
        )),
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::AlreadyExists => {
                    format!("`{file}` is there already and was left as it is: name another file")
                }
                ErrorKind::NotFound => format!("`{file}` cannot be written: its directory does not exist"),
                _ => format!("`{file}` cannot be written: {}", os_error::said(&error)),
            };
            return print::failed(&why, json);
        }
    }
    ExitCode::SUCCESS
}
