//! The host: it feeds the engine with events, carries out what it commands, and remembers both.
//!
//! One thread owns engine and store. Adapters at the edge run in tasks of their own and report back through a channel;
//! every report is an input. An input is durable before what it commands is done, so that a host killed at any instant
//! goes on where it was.

mod access;
pub mod account;
mod answer;
mod ask;
mod asked;
pub mod at_work;
mod audit;
pub mod clock;
mod crash;
mod desk;
mod dispatch;
mod evidence;
mod ledger;
pub(crate) mod look;
pub mod message;
pub mod orders;
pub mod people;
pub(crate) mod perform;
pub mod recover;
pub mod socket;
mod tell;
mod trouble;
mod voice;
mod world;

use crate::notify::{Format, LogChannel};
use crate::os_error;
use crate::store::{Store, StoreError, StoreOptions};
use crate::supervise::{SuperviseError, Supervisor, SupervisorOptions};
use crate::web::{Web, WebError};
use access::Access;
use clock::Clock;
use desk::{Desk, Findings, lies_there};
use homeostat_core::engine::Engine;
use homeostat_core::policy::{Loaded, Policy};
use homeostat_core::primitives::time::Time;
use message::Message;
use recover::{RecoverError, Restored, Tail};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use world::World;

/// How to run.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The database file; what else the host keeps lies beside it.
    pub db: PathBuf,
    /// Ends by itself after this time.
    pub limit: Option<Duration>,
    /// How the account is written.
    pub format: Format,
    /// How far the reader's clock is ahead of UTC.
    pub utc_offset_s: i32,
}

/// Why the host could not run, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The store cannot be used.
    #[error("{}", .error.of(.path))]
    Store {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: StoreError,
    },
    /// The state cannot be found again.
    #[error("{}", crate::store::store_says(.path, .error))]
    Recover {
        /// The file of the store.
        path: PathBuf,
        /// Why not.
        error: RecoverError,
    },
    /// The supervised processes cannot be found again.
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    /// The machine refuses something the host needs.
    #[error("{what}: {}", os_error::said(error))]
    Machine {
        /// What.
        what: &'static str,
        /// How it was refused.
        error: io::Error,
    },
    /// The client for checks and actions over http cannot be made.
    #[error(transparent)]
    Web(#[from] WebError),
}

/// Where the supervisor of the store at `db` keeps its state and the logs of its processes.
#[must_use]
pub fn processes_of(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(".processes");
    PathBuf::from(name)
}

/// The file whose existence stops everything automatic.
#[must_use]
pub fn kill_file_of(db: &Path) -> PathBuf {
    db.with_file_name("KILL")
}

/// The whole path of that file, if it is there.
#[must_use]
pub fn kill_file_that_is_there(db: &Path) -> Option<PathBuf> {
    found(&kill_file_of(db))
}

/// The whole path of a file that stops everything, if it is there.
fn found(kill_file: &Path) -> Option<PathBuf> {
    lies_there(kill_file).then(|| std::path::absolute(kill_file).unwrap_or_else(|_| kill_file.to_owned()))
}

/// Runs until it is told to end (SIGINT, SIGTERM, the limit). Supervised processes go on running.
///
/// # Errors
/// See [`HostError`].
pub async fn run(loaded: Loaded, options: HostOptions) -> Result<(), HostError> {
    let path = || options.db.clone();
    let store = Store::open(&options.db, &StoreOptions { busy_timeout: Duration::from_millis(500) })
        .map_err(|error| HostError::Store { path: path(), error })?;
    let restored = recover::restore(store.reader()).map_err(|error| HostError::Recover { path: path(), error })?;
    let web = Web::new()?;
    let (supervisor, adopted) = Supervisor::open(&processes_of(&options.db), SupervisorOptions::default())?;
    let log = Arc::new(LogChannel::new(options.format, options.utc_offset_s, Box::new(io::stdout())));
    let least = restored.as_ref().map_or(Time::ZERO, |restored| restored.engine.now());
    let (sender, inbox) = mpsc::channel();
    let world = World::new(Arc::new(Clock::new(least)), Arc::new(supervisor), log, web, sender.clone());
    let machine = |what| move |error| HostError::Machine { what, error };
    let socket = socket::path_of(&options.db);
    let access = Arc::new(Access::new(socket.clone()));
    let own_socket = socket::listen(Arc::clone(&access), &socket, sender.clone())
        .map_err(machine("the socket beside the database file cannot be opened"))?;
    let mut restored = restored.unwrap_or_else(|| new(&loaded.policy));
    let bad_snapshots = std::mem::take(&mut restored.bad_snapshots);
    let found = Findings { adopted, bad_snapshots, mismatch: restored.mismatch };
    let desk = Desk::new(store, restored, (world, access), (sender.clone(), inbox), kill_file_of(&options.db));
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || ended.send(desk.run(loaded.policy, &found)))
        .map_err(machine("the engine's thread cannot be started"))?;
    tokio::spawn(async move {
        told_to_end(options.limit).await;
        // Nobody listens only where the host has ended already.
        let _ = sender.send(Message::Stop);
    });
    let result = end.await.unwrap_or_else(|_| {
        let error = io::Error::other("this is a defect, please report it with what was printed above");
        Err(HostError::Machine { what: "the engine's thread ended unexpectedly", error })
    });
    if !matches!(result, Err(HostError::Store { error: StoreError::Fenced { .. }, .. })) {
        own_socket.remove();
    }
    result
}

/// An engine that has seen nothing.
fn new(policy: &Policy) -> Restored {
    Restored {
        engine: Engine::new(policy.clone()),
        seq: 0,
        tail: Tail::default(),
        mismatch: None,
        bad_snapshots: Vec::new(),
    }
}

async fn told_to_end(limit: Option<Duration>) {
    let stop = async |kind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    let over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop(SignalKind::interrupt()) => {}
        () = stop(SignalKind::terminate()) => {}
        () = over => {}
    }
}
