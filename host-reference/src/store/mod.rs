//! Everything durable, in one SQLite file: the journal of inputs, the outbox, the audit chain and the snapshots.
//!
//! The host writes through one [`Store`]; anyone may look through a [`Reader`] beside it. An input is durable before
//! its commands run: [`Store::begin`], append the input, step the engine, add its commands and audit rows, then
//! [`Decision::commit`]: one commit, synced to disk.

mod error;
mod hash;
mod lock;
mod read;
mod schema;
mod snapshot;
mod write;

pub use error::StoreError;
pub(crate) use error::store_says;
pub use hash::Hash;
pub use read::{AuditHead, AuditRow, Claimed, Events, Reader, Recorded, StoredCommand};
pub use snapshot::{BadSnapshot, Snapshot, Snapshots};
pub use write::{Appended, Command, Decision, Event, Store, StoreOptions};
