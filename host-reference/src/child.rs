//! A child process with a time limit: what checks and actions run.

use crate::os_error;
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// Kept of each of the two outputs; the rest is read and thrown away.
pub const OUTPUT_BYTES: usize = 64 * 1024;

/// Handed on from Homeostat's own environment; all else, secrets above all, a child gets only by name.
const INHERITED: [&str; 8] = ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"];

/// How long output may still come after the process has ended and others hold its pipe.
const LINGER: Duration = Duration::from_millis(200);
const KILL_TIME: Duration = Duration::from_secs(5);

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Added to the few inherited variables.
    pub environment: BTreeMap<String, String>,
    /// Working directory; Homeostat's own where none is given.
    pub directory: Option<PathBuf>,
}

/// How it ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus, Output),
    /// It was never there; why.
    NotStarted(String),
    /// It took too long, and was killed with its whole group.
    TimedOut(Output),
}

/// What it printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Standard output, as far as kept.
    pub out: Vec<u8>,
    /// Standard error, as far as kept.
    pub err: Vec<u8>,
}

impl Output {
    /// The last line with text, of standard error or else of standard output, cut to what a person reads.
    #[must_use]
    pub fn last_line(&self) -> Option<String> {
        [&self.err, &self.out].into_iter().find_map(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
            Some(line.chars().filter(|c| !c.is_control()).take(160).collect())
        })
    }
}

/// What to do with processes that the child leaves running in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// They are part of the job and end with it.
    Kill,
    /// They are its result: it started a service.
    Leave,
}

/// Runs it in a process group of its own, standard input closed. If the future is dropped, the group is killed.
pub async fn run(job: &Job, time: Duration, leftovers: Leftovers) -> Ended {
    let mut child = match command(job).spawn() {
        Ok(child) => child,
        Err(error) => return Ended::NotStarted(not_started(job, &error)),
    };
    let mut group = Group(child.id().and_then(|pid| Pid::from_raw(pid as i32)));
    let pipes = (child.stdout.take(), child.stderr.take());
    let mut output = Output::default();
    let ended = {
        let reading = read_both(pipes, &mut output);
        let waiting = timeout(time, child.wait());
        tokio::pin!(reading, waiting);
        let mut read = false;
        let ended = loop {
            tokio::select! {
                () = &mut reading, if !read => read = true,
                ended = &mut waiting => break ended,
            }
        };
        if ended.is_ok() && !read {
            let _ = timeout(LINGER, reading).await;
        }
        ended
    };
    match ended {
        Ok(Ok(status)) => {
            if leftovers == Leftovers::Leave {
                group.0 = None;
            }
            Ended::Exited(status, output)
        }
        Ok(Err(_)) | Err(_) => {
            drop(group);
            // Killed, it ends at once unless the kernel holds it; then tokio reaps it later.
            let _ = timeout(KILL_TIME, child.wait()).await;
            Ended::TimedOut(output)
        }
    }
}

fn command(job: &Job) -> Command {
    let (program, arguments) = job.argv.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs(&job.environment);
    if let Some(directory) = &job.directory {
        command.current_dir(directory);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

fn not_started(job: &Job, error: &io::Error) -> String {
    let program = job.argv.first().map_or("", String::as_str);
    match &job.directory {
        Some(path) if !Path::is_dir(path) => format!("directory `{}` is missing", path.display()),
        _ if is_missing(program, error) => format!("program `{program}` was not found"),
        _ => format!("`{program}` cannot start: {}", os_error::said(error)),
    }
}

/// Whether the program is nowhere to be found. An unreadable directory in `PATH` turns that into "permission denied".
pub(crate) fn is_missing(program: &str, error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::PermissionDenied if !program.contains('/') => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            !std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
        }
        _ => false,
    }
}

/// Kills the group when dropped: before its leader is reaped, or right after, when its number is not yet given away.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // None left is what was wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn read_both((out, err): (Option<impl AsyncRead + Unpin>, Option<impl AsyncRead + Unpin>), output: &mut Output) {
    tokio::join!(read(out, &mut output.out), read(err, &mut output.err));
}

/// Reads to the end, so that the child never waits on a full pipe.
async fn read(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        let room = OUTPUT_BYTES.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(read.min(room)));
    }
}
