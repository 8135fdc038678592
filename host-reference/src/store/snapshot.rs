use super::hash::snapshot_hash;
use super::{Hash, Reader, Store, StoreError};
use rusqlite::params;

/// Snapshots kept: a damaged newest one costs a longer replay, never the state.
const KEPT: i64 = 3;

/// The engine's state after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last event that it contains; replay goes on from the one after.
    pub seq: i64,
    /// When it was taken, in milliseconds since 1970.
    pub at_ms: i64,
    /// The state.
    pub bytes: Vec<u8>,
}

/// A snapshot that is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSnapshot {
    /// Its event.
    pub seq: i64,
}

/// What [`Reader::latest_snapshots`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshots {
    /// Those whose checksum fits, newest first. None left means: replay from the first event.
    pub good: Vec<Snapshot>,
    /// Those whose checksum does not fit: say so, they mean a failing disk.
    pub bad: Vec<BadSnapshot>,
}

impl Store {
    /// Saves the state after event `seq` and forgets all but the newest three.
    ///
    /// # Errors
    /// [`StoreError::Full`] and the operating system's; the older snapshots stand then.
    pub fn save_snapshot(&mut self, seq: i64, at_ms: i64, bytes: &[u8]) -> Result<(), StoreError> {
        let decision = self.begin()?;
        let hash = snapshot_hash(seq, bytes);
        decision
            .transaction
            .prepare_cached("INSERT OR REPLACE INTO snapshots (seq, at, bytes, hash) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![seq, at_ms, bytes, &hash[..]])?;
        decision
            .transaction
            .prepare_cached(
                "DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?1)",
            )?
            .execute([KEPT])?;
        decision.commit()
    }
}

impl Reader {
    /// The kept snapshots, good and bad.
    ///
    /// # Errors
    /// The operating system's.
    pub fn latest_snapshots(&self) -> Result<Snapshots, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT seq, at, bytes, hash FROM snapshots ORDER BY seq DESC")?;
        let rows = statement.query_map([], |row| {
            let snapshot = Snapshot { seq: row.get(0)?, at_ms: row.get(1)?, bytes: row.get(2)? };
            Ok((snapshot, row.get::<_, Vec<u8>>(3)?))
        })?;
        let mut found = Snapshots::default();
        for row in rows {
            let (snapshot, hash) = row?;
            let expected: Hash = snapshot_hash(snapshot.seq, &snapshot.bytes);
            if hash == expected {
                found.good.push(snapshot);
            } else {
                found.bad.push(BadSnapshot { seq: snapshot.seq });
            }
        }
        Ok(found)
    }
}
