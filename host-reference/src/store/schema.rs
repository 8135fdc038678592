use super::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

pub(super) const SCHEMA_VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    source_event_id TEXT,
    bytes BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_once ON events (source, source_event_id) WHERE source_event_id IS NOT NULL;
CREATE TABLE outbox (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    idempotent INTEGER NOT NULL CHECK (idempotent IN (0, 1)),
    event_seq INTEGER NOT NULL REFERENCES events (seq),
    epoch INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'claimed', 'done')),
    claim_epoch INTEGER,
    lease_end INTEGER,
    outcome BLOB
) STRICT;
CREATE INDEX outbox_event ON outbox (event_seq);
CREATE INDEX outbox_open ON outbox (state, ordinal) WHERE state <> 'done';
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TABLE incidents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO meta (key, value) VALUES ('schema_version', 1), ('host_epoch', 0), ('audit_seq', 0), ('audit_hash', zeroblob(32));
";

/// Opens for writing: settings, integrity, schema.
pub(super) fn open_writer(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    make_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    settings(&connection, busy_timeout)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    check_integrity(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// What SQLite would say in words that help nobody.
pub(super) fn check_place(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if directory.is_some_and(|directory| !directory.is_dir()) {
        return Err(StoreError::Io("its directory is missing, or closed to you".to_owned()));
    }
    if path.is_dir() {
        return Err(StoreError::Io("it is a directory, expected a file".to_owned()));
    }
    Ok(())
}

/// What the journal holds is its owner's alone until he says otherwise; the files beside it take on its mode.
fn make_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Opens for reading beside a running host.
pub(super) fn open_reader(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    check_place(path)?;
    if access(path, Access::READ_OK) == Err(Errno::ACCESS) {
        return Err(StoreError::Io("it is its owner's, ask as him or as root".to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    settings(&connection, busy_timeout)?;
    match schema_version(&connection)? {
        Some(SCHEMA_VERSION) => Ok(connection),
        Some(found) => Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION }),
        None => Err(StoreError::Foreign),
    }
}

fn settings(connection: &Connection, busy_timeout: Duration) -> Result<(), StoreError> {
    connection.busy_timeout(busy_timeout)?;
    connection.pragma_update(None, "trusted_schema", "off")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(())
}

fn check_integrity(connection: &Connection) -> Result<(), StoreError> {
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer == "ok" { Ok(()) } else { Err(StoreError::corrupt(answer)) }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match schema_version(&transaction)? {
        Some(SCHEMA_VERSION) => {}
        Some(found) => return Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION }),
        None => transaction.execute_batch(TABLES)?,
    }
    transaction.commit()?;
    Ok(())
}

/// The version in the file; none where the file is new. A file with tables of someone else is refused.
fn schema_version(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(None);
    }
    let version = connection
        .query_row("SELECT value FROM meta WHERE key = 'schema_version'", [], |row| row.get(0))
        .optional()
        .map_err(|error| match StoreError::from(error) {
            StoreError::Refused(_) => StoreError::Foreign,
            other => other,
        })?;
    version.map(Some).ok_or_else(|| StoreError::corrupt("the schema version is missing"))
}
