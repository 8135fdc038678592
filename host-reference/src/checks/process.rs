use super::{Finding, Verdict};
use crate::os_error;
use crate::supervise::{InstanceId, Status, Supervisor, proc};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The kernel cuts process names to this.
const NAME_BYTES: usize = 15;

/// Whether a process is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessCheck {
    /// Any process of this name.
    Named(String),
    /// The process whose pid stands in this file.
    PidFile(PathBuf),
    /// A process that Homeostat supervises.
    Supervised(InstanceId),
}

impl ProcessCheck {
    pub(super) fn run(&self, supervisor: Option<&Supervisor>) -> Finding {
        match self {
            Self::Named(name) => named(name),
            Self::PidFile(path) => pid_file(path),
            Self::Supervised(instance) => match supervisor.map(|supervisor| supervisor.status(instance)) {
                Some(Status::Running(running)) => alive(running.process.pid),
                Some(Status::Ended(Some(how))) => Finding::new(Verdict::Fail, format!("process ended, {how}")),
                Some(Status::Ended(None)) => Finding::new(Verdict::Fail, "process ended"),
                Some(Status::Failed(why)) => Finding::new(Verdict::Fail, why),
                Some(Status::NotStarted) => Finding::new(Verdict::Fail, "process not started"),
                None => Finding::new(Verdict::Error, "nothing is supervised here"),
            },
        }
    }
}

fn alive(pid: i32) -> Finding {
    Finding::new(Verdict::Pass, format!("pid {pid} alive"))
}

fn named(name: &str) -> Finding {
    let cut = name.get(..NAME_BYTES).unwrap_or(name);
    match proc::all().find(|stat| stat.name == cut) {
        Some(stat) => alive(stat.id.pid),
        None => Finding::new(Verdict::Fail, format!("no process `{name}`")),
    }
}

fn pid_file(path: &PathBuf) -> Finding {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Finding::new(Verdict::Fail, format!("pid file `{}` is missing", path.display()));
        }
        Err(error) => {
            let why = os_error::said(&error);
            return Finding::new(Verdict::Error, format!("pid file `{}` cannot be read: {why}", path.display()));
        }
    };
    match text.trim().parse() {
        Ok(pid) if proc::stat(pid).is_some_and(|stat| !stat.zombie) => alive(pid),
        Ok(pid) => Finding::new(Verdict::Fail, format!("no process {pid}")),
        Err(_) => Finding::new(Verdict::Error, format!("pid file `{}` holds no pid", path.display())),
    }
}
