//! What is known of a store: read from it, or asked of the host that runs on it by those who may not read it.

use crate::host::look::{self, Account, Listed, Numbers};
use crate::host::orders::Order;
use crate::host::recover;
use crate::host::socket;
use crate::store::{Reader, store_says};
use homeostat_core::engine::Engine;
use homeostat_core::engine::history::Past;
use homeostat_core::primitives::name::Name;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// One incident, explained; the latest where none is `wanted`.
pub(super) async fn account(db: &Path, wanted: Option<&str>) -> Result<Account, String> {
    if is_closed(db) {
        return ask(db, Order::Explain { incident: wanted.map(str::to_owned) }).await;
    }
    let (engine, numbers) = read(db)?;
    look::account(&engine, &numbers, wanted)
}

/// All incidents.
pub(super) async fn incidents(db: &Path) -> Result<Listed, String> {
    if is_closed(db) {
        return ask(db, Order::Incidents {}).await;
    }
    let (engine, numbers) = read(db)?;
    Ok(look::listed(&engine, &numbers))
}

/// How a component was.
pub(super) async fn past(db: &Path, component: &Name) -> Result<Past, String> {
    if is_closed(db) {
        return ask(db, Order::History { component: component.clone() }).await;
    }
    look::past(&read(db)?.0, component)
}

/// Whether a host runs on the store at `db`. Where that cannot be told, there is taken to be one.
pub(super) fn is_served(db: &Path) -> bool {
    let nobody = |error: io::Error| matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound);
    !UnixStream::connect(socket::path_of(db)).is_err_and(nobody)
}

/// Whether the store is another's, and a host runs on it that may let us ask.
fn is_closed(db: &Path) -> bool {
    let denied = File::open(db).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    denied && is_served(db)
}

fn read(db: &Path) -> Result<(Engine, Numbers), String> {
    if !db.exists() {
        return Err(format!("there is no store `{}`: name it with `--db`", db.display()));
    }
    let reader = Reader::open(db).map_err(|error| error.of(db))?;
    let restored = recover::restore(&reader).map_err(|error| store_says(db, &error))?;
    let engine = restored.ok_or_else(|| store_says(db, &"it has seen nothing yet"))?.engine;
    let numbers = reader.incident_numbers().map_err(|error| error.of(db))?;
    let numbers = numbers.into_iter().filter_map(|(number, id)| Some((id.parse().ok()?, number))).collect();
    Ok((engine, numbers))
}

async fn ask<T: DeserializeOwned>(db: &Path, order: Order) -> Result<T, String> {
    let answer = socket::put(db, &order).await.map_err(|error| super::orders::why_not(db, &error))?;
    if !answer.accepted {
        return Err(answer.detail);
    }
    serde_json::from_value(answer.data)
        .map_err(|error| format!("the host answers otherwise than this program asks: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_host_is_there_as_long_as_its_socket_is_listened_to() {
        let db = std::env::temp_dir().join(format!("homeostat-served-{}.db", std::process::id()));
        assert!(!is_served(&db), "there is no socket");
        let listener = UnixListener::bind(socket::path_of(&db)).expect("a socket");
        assert!(is_served(&db));
        drop(listener);
        assert!(!is_served(&db), "its host is gone, the file stays");
        std::fs::remove_file(socket::path_of(&db)).expect("it is there");
    }
}
