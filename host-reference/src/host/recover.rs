//! The engine as the store has it: the newest good snapshot, and the journal from there on.

use crate::store::{Reader, Recorded, StoreError};
use homeostat_core::engine::snapshot::RestoreError;
use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::Command;
use homeostat_core::model::event::{Event, Input};
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::json;

/// An engine that stands where the journal ends.
#[derive(Debug)]
pub struct Restored {
    /// The engine.
    pub engine: Engine,
    /// The last event it has seen.
    pub seq: i64,
    /// What was replayed to get there.
    pub tail: Tail,
    /// The first event whose commands are not those that were recorded. Then nothing more may be done to the world.
    pub mismatch: Option<i64>,
    /// Snapshots that could not be used, and why.
    pub bad_snapshots: Vec<String>,
}

/// The journal since a snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tail {
    /// Events.
    pub events: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of the snapshot before them.
    pub snapshot_bytes: u64,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was written by a later version.
    #[error("its state was written by a newer Homeostat ({0}): run that one")]
    Newer(u32),
    /// An event that this version cannot read.
    #[error("event {seq} of the journal cannot be read: {why}")]
    Unreadable {
        /// Which.
        seq: i64,
        /// Why.
        why: String,
    },
}

/// The engine as the store has it; none where the journal is empty.
///
/// # Errors
/// See [`RecoverError`]. A damaged snapshot is no error while an older one, or the whole journal, leads to the state.
pub fn restore(reader: &Reader) -> Result<Option<Restored>, RecoverError> {
    let found = reader.latest_snapshots()?;
    let mut bad: Vec<String> = found.bad.iter().map(|bad| format!("snapshot {} is damaged", bad.seq)).collect();
    for snapshot in &found.good {
        match Engine::restore(&snapshot.bytes) {
            Ok(engine) => {
                let tail = Tail { snapshot_bytes: snapshot.bytes.len() as u64, ..Tail::default() };
                return replay(reader, engine, snapshot.seq, tail, bad).map(Some);
            }
            Err(RestoreError::Newer(version)) => return Err(RecoverError::Newer(version)),
            Err(error) => bad.push(format!("snapshot {}: {error}", snapshot.seq)),
        }
    }
    let Some(first) = reader.events_from(1).next().transpose()? else { return Ok(None) };
    let engine = Engine::new(first_policy(&first)?);
    replay(reader, engine, 0, Tail::default(), bad).map(Some)
}

/// The journal begins with the policy it began under.
fn first_policy(first: &Recorded) -> Result<Policy, RecoverError> {
    let unreadable = |why: &str| RecoverError::Unreadable { seq: first.seq, why: why.to_owned() };
    let Event::PolicyReplaced { sources, .. } = read(first)?.event else {
        return Err(unreadable("expected the policy it began under"));
    };
    let sources: Vec<Source> =
        sources.into_iter().map(|document| Source { name: document.name, text: document.text }).collect();
    let loaded = Policy::load(&sources).map_err(|_| unreadable("its policy is no longer accepted"))?;
    Ok(loaded.policy)
}

fn read(recorded: &Recorded) -> Result<Input, RecoverError> {
    serde_json::from_slice(&recorded.bytes)
        .map_err(|error| RecoverError::Unreadable { seq: recorded.seq, why: error.to_string() })
}

fn replay(
    reader: &Reader,
    mut engine: Engine,
    after: i64,
    mut tail: Tail,
    bad_snapshots: Vec<String>,
) -> Result<Restored, RecoverError> {
    let mut output = Output::default();
    let (mut seq, mut mismatch) = (after, None);
    for recorded in reader.events_from(after + 1) {
        let recorded = recorded?;
        engine.step_into(&read(&recorded)?, &mut output);
        seq = recorded.seq;
        tail.events += 1;
        tail.bytes += recorded.bytes.len() as u64;
        if mismatch.is_none() && !is_as_recorded(reader, seq, &output.commands)? {
            mismatch = Some(seq);
        }
    }
    Ok(Restored { engine, seq, tail, mismatch, bad_snapshots })
}

fn is_as_recorded(reader: &Reader, seq: i64, commands: &[Command]) -> Result<bool, StoreError> {
    let stored = reader.commands_of(seq)?;
    let mut given = commands.iter().filter(|command| is_for_the_outbox(command));
    let same = stored.iter().all(|stored| {
        given.next().is_some_and(|command| json::canonical(command).is_ok_and(|bytes| bytes == stored.bytes))
    });
    Ok(same && given.next().is_none())
}

/// Whether a command changes the world or tells people; a check does neither, nor does looking for evidence: both are asked again instead.
pub(super) fn is_for_the_outbox(command: &Command) -> bool {
    !matches!(command, Command::CollectEvidence(_) | Command::RunCheck(_))
}
