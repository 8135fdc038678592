use super::{Finding, Verdict};
use crate::child::{Ended, Job, Leftovers, run};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// Runs a program, never through a shell: exit code 0 is good. What takes too long is killed with its whole group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecCheck {
    /// What to run.
    pub job: Job,
}

impl ExecCheck {
    pub(super) async fn run(&self, time: Duration) -> Finding {
        let (status, output) = match run(&self.job, time, Leftovers::Kill).await {
            Ended::Exited(status, output) => (status, output),
            Ended::NotStarted(why) => return Finding::new(Verdict::Error, why),
            Ended::TimedOut(_) => {
                return Finding::new(Verdict::Fail, format!("no answer in {} ms, killed", time.as_millis()));
            }
        };
        let said = output.last_line().map_or_else(String::new, |line| format!(": {line}"));
        match (status.code(), status.signal()) {
            (Some(0), _) => Finding::new(Verdict::Pass, format!("exit code 0{said}")),
            (Some(code), _) => Finding::new(Verdict::Fail, format!("exit code {code}{said}")),
            (None, signal) => Finding::new(Verdict::Fail, format!("ended by signal {}{said}", signal.unwrap_or(0))),
        }
    }
}
