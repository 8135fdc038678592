//! The way in from this machine: a Unix socket beside the database file, for those who may (`access.rs`).
//! One JSON order a line, one JSON answer a line; an order is answered once it is durable.

use super::access::{Access, Conversation, set_mode};
use super::message::{Answer, Asked, Message};
use super::orders::Order;
use super::people::Peer;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bytes of one order.
const ORDER_BYTES: u64 = 1 << 20;
/// Silence after which a conversation ends.
const SILENCE: Duration = Duration::from_secs(60);
/// Time for a host to answer an order.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where the socket of the store at `db` is.
#[must_use]
pub fn path_of(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(".sock");
    PathBuf::from(name)
}

/// The socket file of this process, which another host may have replaced by its own.
#[derive(Debug)]
pub(super) struct Own {
    path: PathBuf,
    file: (u64, u64),
}

impl Own {
    fn at(path: &Path) -> io::Result<Own> {
        Ok(Own { path: path.to_owned(), file: file_at(path)? })
    }

    /// Removes it where it is still this process's own: one nobody listens to would only puzzle whoever finds it. While
    /// this process listens, no other file has its number.
    pub fn remove(&self) {
        if file_at(&self.path).is_ok_and(|found| found == self.file) {
            // One that stays is replaced at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn file_at(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Opens the socket and serves it in the background. The caller holds the lock of the store, so a socket that is
/// there already is that of a host that is gone.
pub(super) fn listen(access: Arc<Access>, path: &Path, asked: Sender<Message>) -> io::Result<Own> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    set_mode(path, 0o600)?;
    let own = Own::at(path)?;
    tokio::spawn(serve(listener, access, asked));
    Ok(own)
}

/// Takes everybody in and turns those away at once who may not speak, so that they are in nobody's way.
async fn serve(listener: UnixListener, access: Arc<Access>, asked: Sender<Message>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others will be closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(uid) = stream.peer_cred().map(|it| it.uid()) else { continue };
        match access.begin(uid) {
            Ok(conversation) => {
                let asked = asked.clone();
                tokio::spawn(async move {
                    // Who hangs up in the middle of a conversation has ended it.
                    let _ = converse(stream, &conversation, &asked).await;
                });
            }
            Err(why) => {
                // A line fits into a connection that is new.
                let _ = stream.try_write(&line(&Answer::refused(why)));
            }
        }
    }
}

async fn converse(stream: UnixStream, conversation: &Conversation, asked: &Sender<Message>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut order = Vec::new();
        let mut limited = (&mut read).take(ORDER_BYTES);
        let got = timeout(SILENCE, limited.read_until(b'\n', &mut order)).await??;
        if got == 0 {
            return Ok(());
        }
        let whole = order.last() == Some(&b'\n') || got < ORDER_BYTES as usize;
        // The policy may have been replaced since the order before.
        let (answer, last) = match conversation.peer() {
            Ok(peer) => (take(peer, order, whole, asked).await?, !whole),
            Err(why) => (Answer::refused(why), true),
        };
        timeout(SILENCE, write.write_all(&line(&answer))).await??;
        if last {
            return Ok(());
        }
    }
}

async fn take(peer: Peer, order: Vec<u8>, whole: bool, asked: &Sender<Message>) -> io::Result<Answer> {
    let order = if whole {
        serde_json::from_slice(&order).map_err(|error| (order, format!("not an order: {error}")))
    } else {
        Err((order, format!("longer than {ORDER_BYTES} bytes")))
    };
    let (reply, answer) = oneshot::channel();
    let ended = || io::Error::from(io::ErrorKind::BrokenPipe);
    asked.send(Message::Asked(Asked { peer, order, reply })).map_err(|_| ended())?;
    answer.await.map_err(|_| ended())
}

fn line(answer: &Answer) -> Vec<u8> {
    // Answers always have a form in JSON: their keys are texts.
    let mut text = serde_json::to_vec(answer).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Puts one order to the host of the store at `db`; what it answers.
///
/// # Errors
/// Where no host is running, it ends before it answers, or does not answer in time: [`io::ErrorKind::TimedOut`]. It may
/// still take the order then.
pub async fn put(db: &Path, order: &Order) -> io::Result<Answer> {
    match timeout(ANSWER_WITHIN, put_patiently(db, order)).await {
        // So many wait already that the kernel lets nobody in any more.
        Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
        Ok(answer) => answer,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn put_patiently(db: &Path, order: &Order) -> io::Result<Answer> {
    let stream = UnixStream::connect(path_of(db)).await?;
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_vec(order)?;
    text.push(b'\n');
    // Whoever may not ask is told so before he has asked; then this fails, and there is an answer all the same.
    let sent = write.write_all(&text).await;
    let mut line = String::new();
    let read = BufReader::new(read).read_line(&mut line).await;
    if line.is_empty() {
        sent?;
        read?;
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(serde_json::from_str(&line)?)
}
