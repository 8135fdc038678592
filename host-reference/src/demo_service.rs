//! A small real HTTP service that a script can break: what `homeostat demo` heals.
//!
//! It answers `GET /` (who it is) and `GET /health`, and breaks for real: killed from outside, hanging, failing until
//! its restart, failing beyond its restart, crashing again and again.

use crate::os_error;
use crate::supervise::proc;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Connections held at a time; a hanging service holds them until the client leaves.
const CONNECTIONS: usize = 128;
const REQUEST_BYTES: usize = 8 * 1024;
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// How the service is started.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoServiceArgs {
    /// Port on 127.0.0.1; 0 takes a free one and prints it.
    #[arg(long)]
    pub port: u16,
    /// Name that it answers with.
    #[arg(long, default_value = "demo")]
    pub name: String,
    /// Health answers 503 as long as this file exists: a fault that a restart does not cure.
    #[arg(long, value_name = "PATH")]
    pub fault_file: Option<PathBuf>,
    /// Ends with exit code 1 so long after each start, such as `8s`.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub crash_after: Option<Duration>,
    /// Answers only after this time, such as `200ms`.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub slow: Option<Duration>,
    /// Does not end when asked to (SIGTERM), only when killed.
    #[arg(long)]
    pub ignore_term: bool,
    /// Ends by itself after this time, so that nothing is left behind.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "300s")]
    pub max_life: Duration,
    /// Ends by itself when this process is gone.
    #[arg(long, value_name = "PID")]
    pub until_gone: Option<i32>,
}

/// Serves until something ends it.
pub async fn run(args: DemoServiceArgs) -> ExitCode {
    let listener = match TcpListener::bind(("127.0.0.1", args.port)).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("error: `{}` cannot listen on 127.0.0.1:{}: {}", args.name, args.port, os_error::said(&error));
            return ExitCode::from(1);
        }
    };
    if let Ok(address) = listener.local_addr() {
        println!("{} listens on {address}", args.name);
    }
    let end_of_life = Instant::now() + args.max_life;
    let service = Arc::new(Service { args, broken: AtomicU8::new(Broken::No as u8) });
    tokio::select! {
        error = serve(listener, Arc::clone(&service)) => match error {
            Ok(never) => match never {},
            Err(error) => {
                eprintln!("error: `{}` cannot accept: {}", service.args.name, os_error::said(&error));
                ExitCode::from(1)
            }
        },
        () = crash(service.args.crash_after) => {
            eprintln!("{} crashes, as it was asked to", service.args.name);
            ExitCode::from(1)
        }
        () = gone(service.args.until_gone) => ExitCode::SUCCESS,
        () = sleep_until(end_of_life) => ExitCode::SUCCESS,
        () = swallow_term(service.args.ignore_term) => ExitCode::SUCCESS,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    No = 0,
    Fails = 1,
    Hangs = 2,
}

#[derive(Debug)]
struct Service {
    args: DemoServiceArgs,
    broken: AtomicU8,
}

async fn serve(listener: TcpListener, service: Arc<Service>) -> io::Result<Infallible> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            // A client that leaves in the middle is no fault of the service.
            let _ = service.talk(stream).await;
            drop(permit);
        });
    }
}

impl Service {
    async fn talk(&self, mut stream: TcpStream) -> io::Result<()> {
        if self.is(Broken::Hangs) {
            return hang(stream).await;
        }
        let head = timeout(REQUEST_TIME, read_head(&mut stream)).await??;
        if let Some(delay) = self.args.slow {
            sleep(delay).await;
        }
        let mut words = head.split_ascii_whitespace();
        let (status, body) = self.answer(words.next().unwrap_or(""), words.next().unwrap_or(""));
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    }

    fn answer(&self, method: &str, path: &str) -> (&'static str, String) {
        match (method, path) {
            ("GET", "/") => {
                let who = serde_json::json!({ "name": self.args.name, "pid": std::process::id() });
                ("200 OK", who.to_string())
            }
            ("GET", "/health") => match self.fault() {
                None => ("200 OK", r#"{"status":"ok"}"#.to_owned()),
                Some(why) => {
                    let why = serde_json::json!({ "status": "broken", "why": why });
                    ("503 Service Unavailable", why.to_string())
                }
            },
            ("POST", "/break/fail") => self.break_to(Broken::Fails),
            ("POST", "/break/hang") => self.break_to(Broken::Hangs),
            _ => ("404 Not Found", r#"{"status":"not found"}"#.to_owned()),
        }
    }

    fn fault(&self) -> Option<String> {
        if let Some(path) = self.args.fault_file.as_ref().filter(|path| path.exists()) {
            return Some(format!("{} exists", path.display()));
        }
        self.is(Broken::Fails).then(|| "told to fail until the next start".to_owned())
    }

    fn break_to(&self, broken: Broken) -> (&'static str, String) {
        self.broken.store(broken as u8, Ordering::Relaxed);
        ("202 Accepted", r#"{"status":"breaking"}"#.to_owned())
    }

    fn is(&self, broken: Broken) -> bool {
        self.broken.load(Ordering::Relaxed) == broken as u8
    }
}

/// Keeps the connection, reads what comes and never answers.
async fn hang(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        if read == 0 || head.len() + read > REQUEST_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend(buffer.iter().take(read));
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn crash(after: Option<Duration>) {
    match after {
        Some(after) => sleep(after).await,
        None => std::future::pending().await,
    }
}

async fn gone(pid: Option<i32>) {
    let Some(pid) = pid else { return std::future::pending().await };
    let Some(stat) = proc::stat(pid) else { return };
    while proc::is_alive(stat.id) {
        sleep(Duration::from_millis(100)).await;
    }
}

async fn swallow_term(ignore: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    if ignore && let Ok(mut term) = signal(SignalKind::terminate()) {
        while term.recv().await.is_some() {}
    }
    std::future::pending().await
}

/// A whole number and a unit of `ms`, `s` or `m`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(format!("expected a duration such as `500ms`, `8s` or `5m`, found `{text}`")),
    };
    let number: u64 = number.parse().map_err(|_| format!("expected a number before `{unit}` in `{text}`"))?;
    Ok(Duration::from_millis(number.saturating_mul(unit_ms)))
}
