//! Actions on the world: a program, a script, an HTTP request, each with a time limit and an honest outcome.
//!
//! What a value contains never becomes a program, an option or code (see [`Value`]).

mod exec;
mod http;
mod value;

pub use exec::{ExecAction, ScriptAction};
pub use http::HttpAction;
pub use value::{Refusal, Value};

use crate::child::Job;
use crate::web::{Ask, Web};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionSpec {
    /// Run a program.
    Exec(ExecAction),
    /// Send an HTTP request.
    Http(HttpAction),
    /// Run a literal shell script (`shell: true`).
    Script(ScriptAction),
}

/// One carrying out of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The command: idempotency key of whoever carries it out.
    pub command_id: String,
    /// The host epoch: fencing token of whoever carries it out.
    pub epoch: u64,
    /// What fills the placeholders, by name.
    pub values: BTreeMap<String, Value>,
    /// It may take this long.
    pub time: Duration,
    /// It must not start later than this, in milliseconds since 1970.
    pub not_after_ms: Option<i64>,
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
    /// Whether there was more.
    pub cut: bool,
}

/// Carries actions out.
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

    /// Carries it out once; never repeats by itself.
    pub async fn run(&self, spec: &ActionSpec, invocation: &Invocation) -> Outcome {
        if invocation.not_after_ms.is_some_and(|end_ms| now_ms() >= end_ms) {
            return Outcome::NotStarted("expired: its time to start was over".to_owned());
        }
        let outcome = match spec {
            ActionSpec::Exec(action) => action.run(invocation).await,
            ActionSpec::Http(action) => action.run(&self.web, invocation).await,
            ActionSpec::Script(action) => action.run(invocation).await,
        };
        outcome.unwrap_or_else(|refusal| Outcome::NotStarted(refusal.to_string()))
    }

    /// Runs a program whose values are in place already; what they contain is not looked at again.
    pub async fn program(&self, mut job: Job, invocation: &Invocation) -> Outcome {
        job.environment = exec::environment(&job.environment, invocation);
        exec::carry_out(&job, invocation).await
    }

    /// Sends a request whose values are in place already; no expected status given: 200 to 299.
    pub async fn request(&self, mut ask: Ask, expected: &[u16], invocation: &Invocation) -> Outcome {
        ask.headers.extend(http::identity(invocation));
        http::send(&self.web, &ask, expected, invocation).await
    }
}

fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
