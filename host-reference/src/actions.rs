//! Actions on the world: a program or an HTTP request, each with a time limit and an honest outcome.
//!
//! The engine has put every value in its place and looked at it before; nothing here is filled in any more.

use crate::child::{Ended, Job, Leftovers, Output, run};
use crate::web::{Answer, Ask, Web};
use std::time::Duration;

/// Kept of an answer's body.
const OUTPUT_BYTES: usize = 64 * 1024;

/// One carrying out of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The command: idempotency key of whoever carries it out.
    pub command_id: String,
    /// The host epoch: fencing token of whoever carries it out.
    pub epoch: u64,
    /// It may take this long.
    pub time: Duration,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and says that it did not succeed.
    Failed(Report),
    /// Certainly nothing was done; why.
    NotStarted(String),
    /// It was done.
    Succeeded(Report),
    /// Nobody knows what was done: look, do not repeat.
    Unknown(Report),
}

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// One short line for a person.
    pub detail: String,
    /// What it printed or answered, as far as kept.
    pub output: String,
}

/// Carries actions out, each once; never repeats by itself.
#[derive(Debug, Clone)]
pub struct Actions {
    web: Web,
}

impl Actions {
    /// Over this client.
    #[must_use]
    pub fn new(web: Web) -> Self {
        Self { web }
    }

    /// Runs a program, with the command id and the host epoch in its environment. Processes that it leaves running
    /// stay: it may have started a service.
    pub async fn program(&self, mut job: Job, invocation: &Invocation) -> Outcome {
        job.environment.insert("HOMEOSTAT_COMMAND_ID".to_owned(), invocation.command_id.clone());
        job.environment.insert("HOMEOSTAT_EPOCH".to_owned(), invocation.epoch.to_string());
        match run(&job, invocation.time, Leftovers::Leave).await {
            Ended::Exited(status, output) => match status.code() {
                Some(0) => Outcome::Succeeded(report("exit code 0".to_owned(), &output)),
                Some(code) => Outcome::Failed(report(format!("exit code {code}"), &output)),
                // Ended from outside, in the middle of whatever it did.
                None => Outcome::Unknown(report(format!("ended by {status}"), &output)),
            },
            Ended::NotStarted(why) => Outcome::NotStarted(why),
            Ended::TimedOut(output) => {
                Outcome::Unknown(report(format!("not done in {} ms, killed", invocation.time.as_millis()), &output))
            }
        }
    }

    /// Sends a request once, with the command id as `Idempotency-Key` and the host epoch as `Homeostat-Epoch`, by
    /// which a receiver knows a repetition, and a host that was replaced. No expected status given: 200 to 299.
    pub async fn request(&self, mut ask: Ask, expected: &[u16], invocation: &Invocation) -> Outcome {
        ask.headers.push(("Idempotency-Key".to_owned(), invocation.command_id.clone()));
        ask.headers.push(("Homeostat-Epoch".to_owned(), invocation.epoch.to_string()));
        match self.web.ask(&ask, invocation.time).await {
            Ok(answer) => judge(&answer, expected),
            Err(error) if error.nothing_sent() => Outcome::NotStarted(error.to_string()),
            Err(error) => Outcome::Unknown(Report { detail: error.to_string(), ..Report::default() }),
        }
    }
}

fn report(what: String, output: &Output) -> Report {
    let said = output.last_line().map_or_else(String::new, |line| format!(": {line}"));
    let text = [&output.out[..], &output.err[..]].concat();
    Report { detail: what + &said, output: String::from_utf8_lossy(&text).into_owned() }
}

fn judge(answer: &Answer, expected: &[u16]) -> Outcome {
    let expected = match expected {
        [] => (200..300).contains(&answer.status),
        list => list.contains(&answer.status),
    };
    let kept = answer.body.get(..OUTPUT_BYTES).unwrap_or(&answer.body);
    let output = String::from_utf8_lossy(kept).into_owned();
    let report = Report { detail: format!("http {}", answer.status), output };
    match answer.status {
        _ if expected => Outcome::Succeeded(report),
        // A gateway that lost its upstream does not know what the upstream did.
        502 | 504 => Outcome::Unknown(report),
        _ => Outcome::Failed(report),
    }
}
