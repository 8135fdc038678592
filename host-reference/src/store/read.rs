use super::hash::{audit_hash, event_hash};
use super::{Hash, StoreError, schema};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

/// Events read at a time: bounds what a replay holds in memory.
const PAGE_ROWS: usize = 512;

/// The reading side of a store; may run in another process beside the host.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
}

/// An event as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the journal, from 1, without gaps.
    pub seq: i64,
    /// Its time, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who sent it.
    pub source: String,
    /// The sender's own id.
    pub source_event_id: Option<String>,
    /// The input itself.
    pub bytes: Vec<u8>,
}

/// A command as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommand {
    /// Unique over the whole history.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Whether sending it twice does no harm.
    pub idempotent: bool,
    /// The event whose step asked for it.
    pub event_seq: i64,
    /// The host epoch under which it was decided.
    pub epoch: u64,
    /// The command itself.
    pub bytes: Vec<u8>,
    /// Who claimed it, if someone did.
    pub claimed: Option<Claimed>,
    /// How it ended, once it is done.
    pub outcome: Option<Vec<u8>>,
}

/// A claim on a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// The host epoch of the claim.
    pub epoch: u64,
    /// When the executor's lease ends, in milliseconds since 1970.
    pub lease_end_ms: i64,
}

/// One row of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, from 1.
    pub seq: i64,
    /// Its time, in milliseconds since 1970.
    pub at_ms: i64,
    /// What happened.
    pub bytes: Vec<u8>,
    /// Hash of the row before and this one.
    pub hash: Hash,
}

/// The end of the audit chain: ship it off the host, and a cut chain is found too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The last row, 0 where there is none.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Reader {
    /// Opens an existing store for reading only.
    ///
    /// # Errors
    /// [`StoreError::Io`] where there is none, [`StoreError::Corrupt`], [`StoreError::NewerSchema`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::new(schema::open_reader(path, Duration::from_secs(2))?))
    }

    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The events from `seq` on, in order, read page by page; each is checked against its hash, and a gap is an error.
    #[must_use]
    pub fn events_from(&self, seq: i64) -> Events<'_> {
        Events { connection: &self.connection, next: seq.max(1), page: VecDeque::new(), ended: false }
    }

    /// Where the event is that `source` calls `id`, if it was delivered before.
    ///
    /// # Errors
    /// The operating system's.
    pub fn event_of(&self, source: &str, id: &str) -> Result<Option<i64>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT seq FROM events WHERE source = ?1 AND source_event_id = ?2")?;
        Ok(statement.query_row(params![source, id], |row| row.get(0)).optional()?)
    }

    /// The short numbers of incidents, by which people call them, in order.
    ///
    /// # Errors
    /// The operating system's.
    pub fn incident_numbers(&self) -> Result<Vec<(i64, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number, id FROM incidents ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Commands that nobody has claimed, oldest first.
    ///
    /// # Errors
    /// The operating system's.
    pub fn pending(&self) -> Result<Vec<StoredCommand>, StoreError> {
        self.commands("state = 'pending'")
    }

    /// Commands that were claimed and whose outcome is not known: after a restart each needs a resend (idempotent)
    /// or an `OutcomeUnknown`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn claimed(&self) -> Result<Vec<StoredCommand>, StoreError> {
        self.commands("state = 'claimed'")
    }

    /// The commands of one event's step, in the order they were added; what a replay is compared with.
    ///
    /// # Errors
    /// The operating system's.
    pub fn commands_of(&self, event_seq: i64) -> Result<Vec<StoredCommand>, StoreError> {
        self.commands(&format!("event_seq = {event_seq}"))
    }

    fn commands(&self, condition: &str) -> Result<Vec<StoredCommand>, StoreError> {
        let sql = format!("SELECT {COMMAND_COLUMNS} FROM outbox WHERE {condition} ORDER BY ordinal");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([], stored_command)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Audit rows from `seq` on, at most `limit`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn audit_from(&self, seq: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, at, bytes, hash FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2")?;
        let rows = statement.query_map(params![seq, limit], |row| {
            Ok(AuditRow { seq: row.get(0)?, at_ms: row.get(1)?, bytes: row.get(2)?, hash: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Recomputes the whole chain; a changed, missing, swapped or cut row is named.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first row that does not fit.
    pub fn verify_audit(&self) -> Result<AuditHead, StoreError> {
        let mut head = AuditHead { seq: 0, hash: [0; 32] };
        loop {
            let rows = self.audit_from(head.seq + 1, PAGE_ROWS as u32)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.seq != head.seq + 1 {
                    return Err(StoreError::corrupt(format!("audit row {} is missing", head.seq + 1)));
                }
                if row.hash != audit_hash(&head.hash, row.seq, row.at_ms, &row.bytes) {
                    return Err(StoreError::corrupt(format!("audit row {} does not fit the chain", row.seq)));
                }
                head = AuditHead { seq: row.seq, hash: row.hash };
            }
        }
        let recorded = self.audit_head()?;
        if recorded == head {
            Ok(head)
        } else {
            Err(StoreError::corrupt(format!("the audit chain ends at row {}, expected {}", head.seq, recorded.seq)))
        }
    }

    /// The recorded end of the audit chain.
    ///
    /// # Errors
    /// The operating system's.
    pub fn audit_head(&self) -> Result<AuditHead, StoreError> {
        Ok(AuditHead { seq: meta(&self.connection, "audit_seq")?, hash: meta_hash(&self.connection, "audit_hash")? })
    }
}

/// Events in order; ends after the first error.
#[derive(Debug)]
pub struct Events<'a> {
    connection: &'a Connection,
    next: i64,
    page: VecDeque<(Recorded, Hash)>,
    ended: bool,
}

impl Events<'_> {
    fn read_page(&mut self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, at, source, source_event_id, bytes, hash FROM events WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = statement.query_map(params![self.next, PAGE_ROWS as i64], |row| {
            let event = Recorded {
                seq: row.get(0)?,
                at_ms: row.get(1)?,
                source: row.get(2)?,
                source_event_id: row.get(3)?,
                bytes: row.get(4)?,
            };
            Ok((event, row.get(5)?))
        })?;
        self.page = rows.collect::<Result<_, _>>()?;
        Ok(())
    }

    fn checked(&mut self, event: Recorded, hash: Hash) -> Result<Recorded, StoreError> {
        if event.seq != self.next {
            return Err(StoreError::corrupt(format!("event {} is missing", self.next)));
        }
        let source_event_id = event.source_event_id.as_deref();
        if hash != event_hash(event.seq, event.at_ms, &event.source, source_event_id, &event.bytes) {
            return Err(StoreError::corrupt(format!("event {} does not fit its hash", event.seq)));
        }
        self.next += 1;
        Ok(event)
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Recorded, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.page.is_empty()
            && let Err(error) = self.read_page()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let Some((event, hash)) = self.page.pop_front() else {
            self.ended = true;
            return None;
        };
        let checked = self.checked(event, hash);
        self.ended = checked.is_err();
        Some(checked)
    }
}

const COMMAND_COLUMNS: &str = "id, kind, idempotent, event_seq, epoch, bytes, claim_epoch, lease_end, outcome";

pub(super) fn command(connection: &Connection, id: &str) -> Result<Option<StoredCommand>, StoreError> {
    let sql = format!("SELECT {COMMAND_COLUMNS} FROM outbox WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], stored_command).optional()?)
}

fn stored_command(row: &Row<'_>) -> rusqlite::Result<StoredCommand> {
    let claim_epoch: Option<i64> = row.get(6)?;
    let lease_end: Option<i64> = row.get(7)?;
    Ok(StoredCommand {
        id: row.get(0)?,
        kind: row.get(1)?,
        idempotent: row.get(2)?,
        event_seq: row.get(3)?,
        epoch: row.get::<_, i64>(4)? as u64,
        bytes: row.get(5)?,
        claimed: claim_epoch.zip(lease_end).map(|(epoch, lease_end_ms)| Claimed { epoch: epoch as u64, lease_end_ms }),
        outcome: row.get(8)?,
    })
}

pub(super) fn meta(connection: &Connection, key: &'static str) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let value = statement.query_row([key], |row| row.get(0)).optional()?;
    value.ok_or_else(|| StoreError::corrupt(format!("`{key}` is missing")))
}

pub(super) fn meta_hash(connection: &Connection, key: &'static str) -> Result<Hash, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let value = statement.query_row([key], |row| row.get(0)).optional()?;
    value.ok_or_else(|| StoreError::corrupt(format!("`{key}` is missing")))
}
