use super::InstanceId;
use crate::os_error;
use std::io;
use std::path::PathBuf;

/// Why a process could not be started, stopped or found again.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The working directory is missing.
    #[error("`{instance}` cannot start: its directory `{path}` is missing", path = path.display())]
    DirectoryMissing {
        /// Which instance.
        instance: InstanceId,
        /// Its working directory.
        path: PathBuf,
    },
    /// The argument vector is empty.
    #[error("`{0}` cannot start: expected a program, found an empty list")]
    NoProgram(InstanceId),
    /// The program is missing.
    #[error("`{instance}` cannot start: program `{program}` was not found (or its interpreter is missing)")]
    ProgramMissing {
        /// Which instance.
        instance: InstanceId,
        /// The program.
        program: String,
    },
    /// The operating system refused to start it.
    #[error("`{instance}` cannot start `{program}`: {}", os_error::said(error))]
    Spawn {
        /// Which instance.
        instance: InstanceId,
        /// The program.
        program: String,
        /// What it answered.
        error: io::Error,
    },
    /// The state file cannot be read or written: nothing was started.
    #[error("the state of supervised processes `{}` cannot be read or written: {}", path.display(), os_error::said(error))]
    State {
        /// The file.
        path: PathBuf,
        /// What the operating system answered, or what does not fit.
        error: io::Error,
    },
    /// A process outlived SIGKILL (it hangs in the kernel).
    #[error("`{instance}` (pid {pid}) is still there after SIGKILL: the kernel holds it, look at its disk or network")]
    StillThere {
        /// Which instance.
        instance: InstanceId,
        /// Its pid.
        pid: i32,
    },
}
