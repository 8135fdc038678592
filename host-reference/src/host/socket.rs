//! The way in from this machine: a Unix socket beside the database that only its owner and root can open.
//! One JSON order a line, one JSON answer a line; an order is answered once it is durable.

use super::desk::Message;
use super::orders::Order;
use super::people::Peer;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// Bytes of one order.
const ORDER_BYTES: u64 = 1 << 20;
/// Conversations at one time.
const CONVERSATIONS: usize = 64;
/// Silence after which a conversation ends.
const SILENCE: Duration = Duration::from_secs(60);

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was taken.
    pub accepted: bool,
    /// Why not, or what came of it.
    pub detail: String,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub data: serde_json::Value,
}

impl Answer {
    /// It was not taken.
    pub(super) fn refused(detail: impl Into<String>) -> Answer {
        Answer { accepted: false, detail: detail.into(), data: serde_json::Value::Null }
    }

    /// It was taken.
    pub(super) fn accepted(detail: impl Into<String>) -> Answer {
        Answer { accepted: true, detail: detail.into(), data: serde_json::Value::Null }
    }
}

/// What came in.
#[derive(Debug)]
pub(super) struct Asked {
    pub peer: Peer,
    /// The order, or the bytes that are none with why.
    pub order: Result<Order, (Vec<u8>, String)>,
    pub reply: oneshot::Sender<Answer>,
}

/// Where the socket of the database at `db` is.
#[must_use]
pub fn path_of(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(".sock");
    PathBuf::from(name)
}

/// Opens the socket and serves it in the background. The caller holds the lock of the store, so a socket that is
/// there already is that of a host that is gone.
pub(super) fn listen(db: &Path, asked: Sender<Message>) -> io::Result<()> {
    let path = path_of(db);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    tokio::spawn(serve(listener, asked));
    Ok(())
}

async fn serve(listener: UnixListener, asked: Sender<Message>) {
    let permits = Arc::new(Semaphore::new(CONVERSATIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others will be closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let asked = asked.clone();
        tokio::spawn(async move {
            // Who hangs up in the middle of a conversation has ended it.
            let _ = converse(stream, &asked).await;
            drop(permit);
        });
    }
}

async fn converse(stream: UnixStream, asked: &Sender<Message>) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    // Between its making and its narrowing the file was open to others for an instant.
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let peer = Peer::of_uid(uid);
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut read).take(ORDER_BYTES);
        let got = timeout(SILENCE, limited.read_until(b'\n', &mut line)).await??;
        if got == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n') || got < ORDER_BYTES as usize;
        let order = if whole {
            serde_json::from_slice(&line).map_err(|error| (line, format!("not an order: {error}")))
        } else {
            Err((line, format!("longer than {ORDER_BYTES} bytes")))
        };
        let (reply, answer) = oneshot::channel();
        let ended = || io::Error::from(io::ErrorKind::BrokenPipe);
        asked.send(Message::Asked(Asked { peer: peer.clone(), order, reply })).map_err(|_| ended())?;
        let answer = answer.await.map_err(|_| ended())?;
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        write.write_all(&text).await?;
        if !whole {
            return Ok(());
        }
    }
}

/// Puts one order to the host of the database at `db`; what it answers.
///
/// # Errors
/// Where no host is running, or it ends before it answers.
pub async fn put(db: &Path, order: &Order) -> io::Result<Answer> {
    let stream = UnixStream::connect(path_of(db)).await?;
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_vec(order)?;
    text.push(b'\n');
    write.write_all(&text).await?;
    let mut line = String::new();
    BufReader::new(read).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line)?)
}
