use super::hash::{audit_hash, event_hash};
use super::lock::Lock;
use super::read::{self, Reader, StoredCommand};
use super::{Hash, StoreError, schema};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// How long a write waits for another connection's transaction before it is [`StoreError::Locked`].
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(2) }
    }
}

/// An input to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its time, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who sent it.
    pub source: String,
    /// The sender's own id, by which a second delivery is known.
    pub source_event_id: Option<String>,
    /// The input itself.
    pub bytes: Vec<u8>,
}

/// What became of an appended event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Delivered before: nothing was written, it must not be stepped again.
    Duplicate(i64),
    /// New, with this sequence number.
    New(i64),
}

/// A command for the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Unique over the whole history.
    pub id: String,
    /// What it is, for those who look.
    pub kind: String,
    /// Whether sending it twice does no harm.
    pub idempotent: bool,
    /// The command itself.
    pub bytes: Vec<u8>,
}

/// The one writer. Each opening raises the host epoch, which fences older hosts out.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    epoch: u64,
    path: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Opens or creates the store, checks it, locks it against a second process and raises the host epoch.
    ///
    /// # Errors
    /// [`StoreError::Held`] with the holder's pid, [`StoreError::Corrupt`], [`StoreError::NewerSchema`], and the
    /// operating system's.
    pub fn open(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        schema::check_place(path)?;
        let lock = Lock::take(path)?;
        let mut connection = schema::open_writer(path, options.busy_timeout)?;
        let epoch = raise_epoch(&mut connection)?;
        Ok(Self { reader: Reader::new(connection), epoch, path: path.to_path_buf(), _lock: lock })
    }

    /// The host epoch of this opening; every command carries it.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The reading side.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Starts a transaction that takes the write lock at once. Dropped without [`Decision::commit`], it never was.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Fenced`].
    pub fn begin(&mut self) -> Result<Decision<'_>, StoreError> {
        let epoch = self.epoch;
        let transaction = self.reader.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = read::meta(&transaction, "host_epoch")?;
        if found != epoch as i64 {
            return Err(StoreError::Fenced { mine: epoch, found: found as u64 });
        }
        Ok(Decision { transaction, epoch })
    }

    /// Claims a pending command for this host until `lease_end_ms`. Only who holds the claim may execute it.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] where it is not pending.
    pub fn claim(&mut self, id: &str, lease_end_ms: i64) -> Result<StoredCommand, StoreError> {
        let decision = self.begin()?;
        let command = decision.claim(id, lease_end_ms)?;
        decision.commit()?;
        Ok(command)
    }

    /// Moves the write-ahead log into the file and empties it; cheap when little was written.
    ///
    /// # Errors
    /// The operating system's.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.reader.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

/// One decision: inputs, commands and audit rows that become durable together or not at all.
#[derive(Debug)]
pub struct Decision<'a> {
    pub(super) transaction: Transaction<'a>,
    epoch: u64,
}

impl Decision<'_> {
    /// Appends an input, or says that it was delivered before.
    ///
    /// # Errors
    /// [`StoreError::Full`] and the operating system's; drop the decision then.
    pub fn append(&self, event: &Event) -> Result<Appended, StoreError> {
        if let Some(id) = &event.source_event_id {
            let known = self
                .transaction
                .prepare_cached("SELECT seq FROM events WHERE source = ?1 AND source_event_id = ?2")?
                .query_row(params![event.source, id], |row| row.get(0))
                .optional()?;
            if let Some(seq) = known {
                return Ok(Appended::Duplicate(seq));
            }
        }
        let last: Option<i64> =
            self.transaction.prepare_cached("SELECT max(seq) FROM events")?.query_row([], |row| row.get(0))?;
        let seq = last.unwrap_or(0) + 1;
        let hash = event_hash(seq, event.at_ms, &event.source, event.source_event_id.as_deref(), &event.bytes);
        self.transaction
            .prepare_cached(
                "INSERT INTO events (seq, at, source, source_event_id, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![seq, event.at_ms, event.source, event.source_event_id, event.bytes, &hash[..]])?;
        Ok(Appended::New(seq))
    }

    /// Puts a command of the event `event_seq` into the outbox, pending.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] where the id was used before: ids are unique over the whole history.
    pub fn command(&self, event_seq: i64, command: &Command) -> Result<(), StoreError> {
        let written = self
            .transaction
            .prepare_cached(
                "INSERT INTO outbox (id, kind, idempotent, event_seq, epoch, bytes, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending') ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                command.id,
                command.kind,
                command.idempotent,
                event_seq,
                self.epoch as i64,
                command.bytes
            ])?;
        if written == 1 { Ok(()) } else { Err(self.wrong_state(&command.id, "an id never used before")) }
    }

    /// Appends an audit row to the chain.
    ///
    /// # Errors
    /// [`StoreError::Full`] and the operating system's.
    pub fn audit(&self, at_ms: i64, bytes: &[u8]) -> Result<Hash, StoreError> {
        let seq = read::meta(&self.transaction, "audit_seq")? + 1;
        let previous = read::meta_hash(&self.transaction, "audit_hash")?;
        let hash = audit_hash(&previous, seq, at_ms, bytes);
        self.transaction
            .prepare_cached("INSERT INTO audit (seq, at, bytes, hash) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![seq, at_ms, bytes, &hash[..]])?;
        let mut update = self.transaction.prepare_cached("UPDATE meta SET value = ?2 WHERE key = ?1")?;
        update.execute(params!["audit_seq", seq])?;
        update.execute(params!["audit_hash", &hash[..]])?;
        Ok(hash)
    }

    /// Gives an incident the next short number, by which people call it; once.
    ///
    /// # Errors
    /// [`StoreError::Full`] and the operating system's.
    pub fn number_incident(&self, id: &str) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("INSERT INTO incidents (id) VALUES (?1) ON CONFLICT (id) DO NOTHING")?
            .execute([id])?;
        Ok(())
    }

    /// See [`Store::claim`].
    ///
    /// # Errors
    /// As there.
    pub fn claim(&self, id: &str, lease_end_ms: i64) -> Result<StoredCommand, StoreError> {
        let changed = self
            .transaction
            .prepare_cached(
                "UPDATE outbox SET state = 'claimed', claim_epoch = ?2, lease_end = ?3
                 WHERE id = ?1 AND state = 'pending'",
            )?
            .execute(params![id, self.epoch as i64, lease_end_ms])?;
        if changed == 0 {
            return Err(self.wrong_state(id, "pending"));
        }
        read::command(&self.transaction, id)?.ok_or_else(|| self.wrong_state(id, "claimed"))
    }

    /// Marks a command as done, in one commit with the event of its outcome.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] where it is done already or unknown, or what the database says.
    pub fn finish(&self, id: &str, outcome: &[u8]) -> Result<(), StoreError> {
        let changed = self
            .transaction
            .prepare_cached("UPDATE outbox SET state = 'done', outcome = ?2 WHERE id = ?1 AND state <> 'done'")?
            .execute(params![id, outcome])?;
        if changed == 1 { Ok(()) } else { Err(self.wrong_state(id, "pending or claimed")) }
    }

    /// Makes it durable: when this returns, it survives a power cut.
    ///
    /// # Errors
    /// [`StoreError::Full`] and the operating system's; then nothing of it was written.
    pub fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit()?)
    }

    fn wrong_state(&self, id: &str, expected: &'static str) -> StoreError {
        let state = self
            .transaction
            .query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0))
            .unwrap_or_else(|_| "unknown".to_owned());
        StoreError::WrongState { id: id.to_owned(), state, expected }
    }
}

fn raise_epoch(connection: &mut Connection) -> Result<u64, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE meta SET value = value + 1 WHERE key = 'host_epoch'", [])?;
    let epoch = read::meta(&transaction, "host_epoch")?;
    transaction.commit()?;
    Ok(epoch as u64)
}
