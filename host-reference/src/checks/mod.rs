//! Checks: one question to one target, answered in time, whatever the target does.
//!
//! *Fail* means that the target is bad. *Error* means that the checker could not ask (bad url, program missing, name
//! not resolved): it says nothing about the target, and nothing may be done to the target because of it.

mod exec;
mod http;
mod process;
mod tcp;

pub use exec::ExecCheck;
pub use http::HttpCheck;
pub use process::ProcessCheck;
pub use tcp::TcpCheck;

use crate::supervise::Supervisor;
use crate::web::{Web, WebError};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckSpec {
    /// A program's exit code.
    Exec(ExecCheck),
    /// An HTTP answer.
    Http(HttpCheck),
    /// Whether a process is alive.
    Process(ProcessCheck),
    /// Whether a port accepts.
    Tcp(TcpCheck),
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The checker could not ask.
    Error,
    /// The target is bad.
    Fail,
    /// The target is good.
    Pass,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckAnswer {
    /// How it went.
    pub verdict: Verdict,
    /// One short line for a person, such as `http 503`.
    pub detail: String,
    /// When the question was put, in milliseconds since 1970: what happened before is not judged by it.
    pub taken_at_ms: i64,
}

/// What a check says before it is dated.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    verdict: Verdict,
    detail: String,
}

impl Finding {
    fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { verdict, detail: detail.into() }
    }
}

impl From<WebError> for Finding {
    fn from(error: WebError) -> Self {
        let verdict = match error {
            WebError::Broken(_) | WebError::NotConnected(_) | WebError::TimedOut(_) => Verdict::Fail,
            WebError::BadRequest(_) | WebError::NotResolved(_) | WebError::Refused(_) => Verdict::Error,
        };
        Self::new(verdict, error.to_string())
    }
}

/// Puts the questions, only so many at a time.
#[derive(Debug)]
pub struct Checker {
    web: Web,
    supervisor: Option<Arc<Supervisor>>,
    permits: Semaphore,
    in_flight: usize,
}

impl Checker {
    /// A checker that has at most `in_flight` checks under way; more wait for their turn, within their own deadline.
    #[must_use]
    pub fn new(web: Web, supervisor: Option<Arc<Supervisor>>, in_flight: usize) -> Self {
        Self { web, supervisor, permits: Semaphore::new(in_flight), in_flight }
    }

    /// Asks, and answers no later than `deadline` from now, whatever the target does.
    pub async fn run(&self, spec: &CheckSpec, deadline: Duration) -> CheckAnswer {
        let Some((_permit, left)) = self.turn(deadline).await else {
            let detail = format!("not asked: {} other checks were still under way", self.in_flight);
            return dated(now_ms(), Finding::new(Verdict::Error, detail));
        };
        let taken_at_ms = now_ms();
        let finding = match spec {
            CheckSpec::Exec(check) => check.run(left).await,
            CheckSpec::Http(check) => check.run(&self.web, left).await,
            CheckSpec::Process(check) => check.run(self.supervisor.as_deref()),
            CheckSpec::Tcp(check) => check.run(left).await,
        };
        dated(taken_at_ms, finding)
    }

    /// Waits for a turn; the time that is left of the deadline then.
    async fn turn(&self, deadline: Duration) -> Option<(SemaphorePermit<'_>, Duration)> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Some((permit, deadline));
        }
        let end = Instant::now() + deadline;
        let permit = timeout_at(end, self.permits.acquire()).await.ok()?.ok()?;
        Some((permit, end.saturating_duration_since(Instant::now())))
    }
}

fn dated(taken_at_ms: i64, finding: Finding) -> CheckAnswer {
    CheckAnswer { verdict: finding.verdict, detail: finding.detail, taken_at_ms }
}

fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
