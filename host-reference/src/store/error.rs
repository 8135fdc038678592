use crate::os_error;
use rusqlite::ErrorCode;
use std::io;
use std::path::Path;

/// Why the store could not do what was asked; for people with its file, see [`StoreError::of`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was read is not what was written.
    #[error("damaged: {what}")]
    Corrupt {
        /// Which part, and how it was noticed.
        what: String,
    },
    /// A newer process has opened the store since; this one must stop.
    #[error("another host has taken it over (start {found}, after start {mine} of this one): this one ends")]
    Fenced {
        /// Epoch this process was given at its start.
        mine: u64,
        /// Epoch found in the store.
        found: u64,
    },
    /// The file is something else.
    #[error("not a store of Homeostat: choose another file with `--db`")]
    Foreign,
    /// No space is left.
    #[error("its disk is full: free some space, Homeostat resumes by itself")]
    Full,
    /// Another process runs on this store.
    #[error("in use by the process with pid {pid}: stop it, or choose another file with `--db`")]
    Held {
        /// The holder as it wrote itself into the lock file, `unknown` if it could not be read.
        pid: String,
    },
    /// The operating system refused.
    #[error("cannot be read or written: {0}")]
    Io(String),
    /// Another connection holds the write lock for longer than the busy timeout.
    #[error("locked by another connection: end its transaction, Homeostat resumes by itself")]
    Locked,
    /// The store was written by a newer version.
    #[error("written by a newer Homeostat (schema {found}, this one knows up to {known}): run that one")]
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
    #[error("cannot be used: {0}")]
    Refused(rusqlite::Error),
}

impl StoreError {
    /// The error of the store at `path`, in words.
    #[must_use]
    pub fn of(&self, path: &Path) -> String {
        store_says(path, self)
    }

    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            Some(ErrorCode::DatabaseCorrupt) => Self::corrupt(error.to_string()),
            Some(ErrorCode::CannotOpen) => Self::Io("it cannot be opened".to_owned()),
            Some(ErrorCode::ReadOnly) => Self::Io("it can only be read".to_owned()),
            Some(ErrorCode::SystemIoFailure | ErrorCode::PermissionDenied) => Self::Io(error.to_string()),
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

/// What is the matter with the store at `path`.
pub(crate) fn store_says(path: &Path, what: &dyn std::fmt::Display) -> String {
    format!("store `{}`: {what}", path.display())
}
