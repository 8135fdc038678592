//! The `homeostat` program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    homeostat::cli::main().await
}
