use crate::os_error;
use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was read is not what was written.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// Which part, and how it was noticed.
        what: String,
    },
    /// A newer process has opened the store since; this one must stop.
    #[error("another host took over the store: its epoch is {found}, this host's is {mine}")]
    Fenced {
        /// Epoch this process was given at its start.
        mine: u64,
        /// Epoch found in the store.
        found: u64,
    },
    /// No space is left.
    #[error("the disk of the store is full: free some space, Homeostat resumes by itself")]
    Full,
    /// Another process runs on this store.
    #[error("`{path}` is in use by the process with pid {pid}: stop it, or choose another store", path = path.display())]
    Held {
        /// The store.
        path: PathBuf,
        /// The holder as it wrote itself into the lock file, `unknown` if it could not be read.
        pid: String,
    },
    /// The operating system refused.
    #[error("the store cannot be read or written: {0}")]
    Io(String),
    /// Another connection holds the write lock for longer than the busy timeout.
    #[error("the store is locked by another connection: end its transaction, Homeostat resumes by itself")]
    Locked,
    /// The store was written by a newer version.
    #[error("the store has schema {found}, this version knows up to {known}: run a newer Homeostat")]
    NewerSchema {
        /// Version in the file.
        found: i64,
        /// Highest version this program reads.
        known: i64,
    },
    /// A command is not in the state the call needs.
    #[error("command `{id}` is {state}, expected {expected}")]
    WrongState {
        /// Command id.
        id: String,
        /// Its state, or `unknown`.
        state: String,
        /// What the call needs.
        expected: &'static str,
    },
    /// SQLite answered something that none of the above describes.
    #[error("the store refused: {0}")]
    Refused(rusqlite::Error),
}

impl StoreError {
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::corrupt(error.to_string()),
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied,
            ) => Self::Io(error.to_string()),
            _ => Self::Refused(error),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(os_error::said(&error)),
        }
    }
}
