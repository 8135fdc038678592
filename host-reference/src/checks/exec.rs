use super::{Finding, Verdict, millis};
use crate::child::{Ended, Job, Leftovers, run};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;
use tokio::time::Instant;

/// Runs a program, never through a shell: exit code 0 is good. What takes too long is killed with its whole group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecCheck {
    /// What to run.
    pub job: Job,
}

impl ExecCheck {
    pub(super) async fn run(&self, time: Duration) -> Finding {
        let started = Instant::now();
        let (status, output) = match run(&self.job, time, Leftovers::Kill).await {
            Ended::Exited(status, output) => (status, output),
            Ended::NotStarted(why) => return Finding::new(Verdict::Error, why),
            Ended::TimedOut(_) => {
                return Finding::new(Verdict::Fail, format!("no answer in {} ms, killed", time.as_millis()));
            }
        };
        let latency_ms = millis(started.elapsed());
        let said = output.last_line().map_or_else(String::new, |line| format!(": {line}"));
        let finding = match (status.code(), status.signal()) {
            (Some(0), _) => Finding::new(Verdict::Pass, format!("exit code 0{said}")),
            (Some(code), _) => Finding::new(Verdict::Fail, format!("exit code {code}{said}")),
            (None, signal) => Finding::new(Verdict::Fail, format!("ended by signal {}{said}", signal.unwrap_or(0))),
        };
        let finding = finding.with("latency_ms", latency_ms);
        status.code().map_or(finding.clone(), |code| finding.with("exit_code", f64::from(code)))
    }
}
