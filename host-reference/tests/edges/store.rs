use crate::support::{Killed, TempDir, as_child, child_argument, skipped, wait_until};
use homeostat::store::{Appended, BadSnapshot, Command, Event, Reader, Store, StoreError, StoreOptions};
use rusqlite::Connection;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

fn open(path: &Path) -> Store {
    Store::open(path, &StoreOptions { busy_timeout: Duration::from_millis(50) }).expect("open")
}

fn event(id: Option<&str>, bytes: &[u8]) -> Event {
    Event { at_ms: 1_000, source: "test".into(), source_event_id: id.map(Into::into), bytes: bytes.to_vec() }
}

fn command(id: &str, idempotent: bool) -> Command {
    Command { id: id.into(), kind: "restart".into(), idempotent, bytes: format!("do {id}").into_bytes() }
}

/// Inputs in one commit.
fn append(store: &mut Store, events: &[Event]) -> Vec<Appended> {
    let decision = store.begin().expect("begin");
    let appended = events.iter().map(|event| decision.append(event).expect("append")).collect();
    decision.commit().expect("commit");
    appended
}

fn finish(store: &mut Store, id: &str) -> Result<(), StoreError> {
    let decision = store.begin()?;
    decision.finish(id, b"ok")?;
    decision.commit()
}

/// One input with one command and one audit row, as the host writes them.
fn decide(store: &mut Store, id: &str) -> Result<(), StoreError> {
    let decision = store.begin()?;
    if let Appended::New(seq) = decision.append(&event(Some(id), id.as_bytes()))? {
        decision.command(seq, &command(id, true))?;
        decision.audit(2_000, id.as_bytes())?;
    }
    decision.commit()
}

fn all(reader: &Reader) -> Vec<(i64, Vec<u8>)> {
    reader.events_from(1).map(|event| event.map(|e| (e.seq, e.bytes)).expect("event")).collect()
}

#[test]
fn what_is_appended_is_read_back_in_order_after_a_reopen() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let many: Vec<Event> = (0..1_300u32).map(|n| event(None, &n.to_be_bytes())).collect();
    assert_eq!(append(&mut open(&path), &many).last(), Some(&Appended::New(1_300)));
    let store = open(&path);
    assert_eq!(store.epoch(), 2);
    let read = all(store.reader());
    assert_eq!(read.len(), 1_300);
    assert!((0..1_300u32).all(|n| read[n as usize] == (i64::from(n) + 1, n.to_be_bytes().to_vec())));
    assert_eq!(store.reader().events_from(1_299).count(), 2);
}

#[test]
fn a_second_delivery_is_known_and_writes_nothing() {
    let dir = TempDir::new();
    let mut store = open(&dir.join("s.db"));
    let twice = [event(Some("a"), b"1"), event(Some("a"), b"1"), event(None, b"2"), event(None, b"2")];
    let appended = append(&mut store, &twice);
    assert_eq!(appended, [Appended::New(1), Appended::Duplicate(1), Appended::New(2), Appended::New(3)]);
    assert_eq!(append(&mut store, &twice[..1]), [Appended::Duplicate(1)]);
    assert_eq!(all(store.reader()).len(), 3);
}

#[test]
fn a_dropped_decision_never_was() {
    let dir = TempDir::new();
    let mut store = open(&dir.join("s.db"));
    decide(&mut store, "kept").expect("decide");
    let decision = store.begin().expect("begin");
    let Appended::New(seq) = decision.append(&event(None, b"lost")).expect("append") else { panic!("duplicate") };
    decision.command(seq, &command("lost", true)).expect("command");
    decision.audit(1, b"lost").expect("audit");
    drop(decision);
    assert_eq!(all(store.reader()), [(1, b"kept".to_vec())]);
    assert_eq!(store.reader().pending().expect("pending").len(), 1);
    assert_eq!(store.reader().verify_audit().expect("audit").seq, 1);
}

#[test]
fn a_command_is_claimed_once_and_done_once() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    decide(&mut store, "c1").expect("decide");
    decide(&mut store, "c2").expect("decide");
    let claimed = store.claim("c1", 9_000).expect("claim");
    assert_eq!(claimed.bytes, b"do c1");
    assert!(matches!(store.claim("c1", 9_000), Err(StoreError::WrongState { state, .. }) if state == "claimed"));
    assert!(matches!(store.claim("none", 9_000), Err(StoreError::WrongState { state, .. }) if state == "unknown"));
    drop(store);

    let mut store = open(&path);
    let ids = |commands: Vec<homeostat::store::StoredCommand>| commands.into_iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!(ids(store.reader().pending().expect("pending")), ["c2"]);
    let left = store.reader().claimed().expect("claimed");
    assert_eq!(left[0].claimed.expect("claim").epoch, 1);
    finish(&mut store, "c1").expect("finish");
    assert!(matches!(finish(&mut store, "c1"), Err(StoreError::WrongState { state, .. }) if state == "done"));
    assert_eq!(store.reader().commands_of(1).expect("commands")[0].outcome.as_deref(), Some(&b"ok"[..]));
    assert_eq!(ids(store.reader().commands_of(2).expect("commands")), ["c2"]);

    let decision = store.begin().expect("begin");
    let again = decision.command(1, &command("c1", true));
    assert!(matches!(again, Err(StoreError::WrongState { .. })), "an id is used once in the whole history");
}

#[test]
fn a_second_process_is_refused_with_the_pid_of_the_first() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let store = open(&path);
    let error = Store::open(&path, &StoreOptions::default()).expect_err("held");
    assert!(error.to_string().contains(&format!("pid {}", std::process::id())), "{error}");
    drop(store);
    open(&path);
}

#[test]
fn a_reader_looks_on_beside_the_host() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    decide(&mut store, "a").expect("decide");
    let reader = Reader::open(&path).expect("reader");
    assert_eq!(all(&reader).len(), 1);
    decide(&mut store, "b").expect("decide");
    assert_eq!(all(&reader).len(), 2);
    assert!(matches!(Reader::open(&dir.join("none.db")), Err(StoreError::Io(_))));
}

#[test]
fn an_older_host_is_fenced_out() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut old = open(&path);
    decide(&mut old, "a").expect("decide");
    // As after a lock lost on a shared disk: the newer host got in.
    std::fs::remove_file(dir.join("s.db.lock")).expect("lock file");
    let mut new = open(&path);
    assert!(matches!(decide(&mut old, "b"), Err(StoreError::Fenced { mine: 1, found: 2 })));
    decide(&mut new, "b").expect("decide");
}

#[test]
fn a_locked_database_is_an_error_and_passes() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    let other = Connection::open(&path).expect("second connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("lock");
    let error = decide(&mut store, "a").expect_err("locked");
    assert!(matches!(error, StoreError::Locked));
    other.execute_batch("ROLLBACK").expect("unlock");
    decide(&mut store, "a").expect("it resumes");
    assert_eq!(all(store.reader()), [(1, b"a".to_vec())]);
}

#[test]
fn a_corrupt_snapshot_falls_back_to_the_one_before() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    for seq in 1..=5 {
        store.save_snapshot(seq, 0, format!("state {seq}").as_bytes()).expect("snapshot");
    }
    let seqs = |store: &Store| {
        let found = store.reader().latest_snapshots().expect("snapshots");
        (found.good.iter().map(|s| s.seq).collect::<Vec<_>>(), found.bad)
    };
    assert_eq!(seqs(&store), (vec![5, 4, 3], vec![]));
    let other = Connection::open(&path).expect("second connection");
    other.execute("UPDATE snapshots SET bytes = CAST('state 9' AS BLOB) WHERE seq = 5", []).expect("tamper");
    assert_eq!(seqs(&store), (vec![4, 3], vec![BadSnapshot { seq: 5 }]));
    other.execute("UPDATE snapshots SET seq = 9 WHERE seq = 4", []).expect("tamper");
    assert_eq!(seqs(&store).0, [3]);
}

#[test]
fn a_tampered_audit_chain_is_found() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    for id in ["a", "b", "c", "d"] {
        decide(&mut store, id).expect("decide");
    }
    let head = store.reader().verify_audit().expect("whole");
    assert_eq!((head.seq, head), (4, store.reader().audit_head().expect("head")));
    let other = Connection::open(&path).expect("second connection");
    assert!(other.execute("UPDATE audit SET at = 1 WHERE seq = 2", []).is_err(), "append-only");
    assert!(other.execute("DELETE FROM audit WHERE seq = 2", []).is_err(), "append-only");
    other
        .execute_batch("DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete")
        .expect("drop");
    for (tamper, found) in [
        ("UPDATE audit SET at = 1 WHERE seq = 2", "audit row 2 does not fit"),
        ("UPDATE audit SET bytes = x'00' WHERE seq = 3", "audit row 3 does not fit"),
        ("DELETE FROM audit WHERE seq = 2", "audit row 2 is missing"),
        ("DELETE FROM audit WHERE seq = 4", "ends at row 3, expected 4"),
        (
            "UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 9",
            "audit row 2 does not fit",
        ),
    ] {
        other.execute_batch(&format!("SAVEPOINT t; {tamper}")).expect("tamper");
        other.execute_batch("RELEASE t").expect("tamper");
        let error = store.reader().verify_audit().expect_err(tamper).to_string();
        assert!(error.contains(found), "{tamper}: {error}");
        restore_audit(&path, &other);
        assert_eq!(store.reader().verify_audit().expect("restored"), head);
    }
}

/// Puts the four audit rows back as `decide` wrote them.
fn restore_audit(path: &Path, other: &Connection) {
    let scratch = path.with_extension("scratch");
    let mut store = open(&scratch);
    for id in ["a", "b", "c", "d"] {
        decide(&mut store, id).expect("decide");
    }
    drop(store);
    other.execute("ATTACH ?1 AS scratch", [scratch.to_str()]).expect("attach");
    other
        .execute_batch("DELETE FROM audit; INSERT INTO audit SELECT * FROM scratch.audit; DETACH scratch")
        .expect("restore");
    std::fs::remove_file(&scratch).expect("scratch");
}

#[test]
fn a_changed_or_missing_event_stops_the_replay() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    append(&mut store, &[event(None, b"a"), event(None, b"b"), event(None, b"c")]);
    let other = Connection::open(&path).expect("second connection");
    other.execute("UPDATE events SET at = 7 WHERE seq = 2", []).expect("tamper");
    let read: Vec<_> = store.reader().events_from(1).collect();
    assert_eq!(read.len(), 2, "it ends at the damage");
    assert!(read[1].as_ref().expect_err("damage").to_string().contains("event 2"));
    other.execute("DELETE FROM events WHERE seq = 2", []).expect("tamper");
    assert!(store.reader().events_from(1).any(|e| e.is_err_and(|e| e.to_string().contains("event 2 is missing"))));
}

#[test]
fn a_file_that_is_no_store_or_a_newer_one_is_refused_untouched() {
    let dir = TempDir::new();
    let text = dir.join("text.db");
    std::fs::write(&text, "not a database, but longer than one hundred bytes ".repeat(20)).expect("write");
    assert!(matches!(Store::open(&text, &StoreOptions::default()), Err(StoreError::Foreign)));
    let foreign = dir.join("foreign.db");
    Connection::open(&foreign).expect("open").execute_batch("CREATE TABLE t (x)").expect("table");
    assert!(matches!(Store::open(&foreign, &StoreOptions::default()), Err(StoreError::Foreign)));
    let newer = dir.join("newer.db");
    drop(open(&newer));
    let other = Connection::open(&newer).expect("open");
    other.execute("UPDATE meta SET value = 99 WHERE key = 'schema_version'", []).expect("update");
    let error = Store::open(&newer, &StoreOptions::default()).expect_err("newer");
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }));
}

#[test]
fn a_file_damaged_on_disk_is_found_at_start() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let mut store = open(&path);
    let events: Vec<Event> = (0..500).map(|n| event(Some(&format!("id {n}")), &[7; 200])).collect();
    append(&mut store, &events);
    store.checkpoint().expect("checkpoint");
    drop(store);
    let mut bytes = std::fs::read(&path).expect("read");
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    std::fs::write(&path, bytes).expect("write");
    assert!(matches!(Store::open(&path, &StoreOptions::default()), Err(StoreError::Corrupt { .. })));
}

/// Child of the tests below: decides for ever; says each durable decision after its commit.
#[test]
#[ignore = "runs only as a child of other tests"]
fn child_that_writes_without_end() {
    let Some(path) = child_argument() else { return };
    let mut store = open(&path);
    for n in 1.. {
        if let Err(error) = decide(&mut store, &format!("e{n}")) {
            println!("stopped after {} by {error:?}", n - 1);
            assert!(matches!(error, StoreError::Full | StoreError::Io(_)));
            assert_eq!(all(store.reader()).len(), n - 1, "reading goes on");
            return;
        }
        std::fs::write(path.with_extension("progress"), n.to_string()).unwrap_or(());
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill_in_the_middle_of_writing() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    let progress = || std::fs::read_to_string(dir.join("s.progress")).ok().and_then(|n| n.parse::<i64>().ok());
    let mut acknowledged = 0;
    for round in 0..3 {
        let mut child = as_child("store::child_that_writes_without_end", path.as_os_str(), &[]);
        if round > 0 {
            // Ids repeat over rounds: the first ones are duplicates, so start where the last child was killed.
            let _ = std::fs::remove_file(dir.join("s.progress"));
        }
        let mut child = Killed(child.stdout(Stdio::null()).spawn().expect("spawn"));
        wait_until("thirty more decisions", || progress().is_some_and(|n| n >= acknowledged + 30));
        child.0.kill().expect("kill -9");
        child.0.wait().expect("gone");
        acknowledged = progress().unwrap_or(acknowledged).max(acknowledged);
        let store = open(&path);
        let events = all(store.reader());
        assert!(events.len() as i64 >= acknowledged, "{} events, {acknowledged} acknowledged", events.len());
        assert_eq!(store.reader().pending().expect("pending").len(), events.len(), "event and command together");
        assert_eq!(store.reader().verify_audit().expect("audit").seq, events.len() as i64);
    }
}

#[test]
fn a_file_size_limit_stops_acting_and_loses_nothing() {
    let dir = TempDir::new();
    let path = dir.join("s.db");
    // The limit is in blocks of 1024 bytes; SIGXFSZ is ignored so that the write fails instead.
    let wrapper = ["sh", "-c", "trap '' XFSZ; ulimit -f 400; exec \"$@\"", "sh"];
    let output = as_child("store::child_that_writes_without_end", path.as_os_str(), &wrapper).output().expect("run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("stopped after"), "{text}");
    decide(&mut open(&path), "after").expect("it resumes where there is space");
}

/// Child of the next test: fills the small disk it was given, frees it, goes on.
#[test]
#[ignore = "runs only as a child of other tests"]
fn child_on_a_small_disk() {
    let Some(dir) = child_argument() else { return };
    let mut store = open(&dir.join("s.db"));
    decide(&mut store, "before").expect("there is space");
    let ballast = dir.join("ballast");
    let mut size = 64 * 1024 * 1024;
    while size > 0 {
        // Writes in ever smaller pieces until the last page is gone.
        let old = std::fs::read(&ballast).unwrap_or_default();
        if std::fs::write(&ballast, [old.clone(), vec![1; size]].concat()).is_err() {
            size /= 2;
        }
    }
    let mut full = None;
    for n in 0..10_000 {
        if let Err(error) = decide(&mut store, &format!("full {n}")) {
            full = Some((n, error));
            break;
        }
    }
    let (written, error) = full.expect("the disk is full");
    assert!(matches!(error, StoreError::Full), "{error:?}");
    assert_eq!(all(store.reader()).len() as i64, written + 1, "reading goes on");
    std::fs::remove_file(&ballast).expect("free it");
    decide(&mut store, "after").expect("it resumes by itself");
    assert_eq!(store.reader().verify_audit().expect("audit").seq, written + 2);
    println!("full disk seen");
}

#[test]
fn a_full_disk_stops_acting_and_it_resumes_when_there_is_space() {
    let dir = TempDir::new();
    // A small file system in a mount namespace of its own: it goes away with the child.
    let script = "mount -t tmpfs -o size=1m tmpfs \"$HOMEOSTAT_TEST_CHILD\" || exit 77; exec \"$@\"";
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
    let output = match as_child("store::child_on_a_small_disk", dir.path().as_os_str(), &wrapper).output() {
        Ok(output) => output,
        Err(error) => return skipped(&format!("{error}; the file size limit test covers the rest")),
    };
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(77) || text.contains("unshare") {
        return skipped(&format!("mounts are not allowed here: {text}"));
    }
    assert!(output.status.success() && text.contains("full disk seen"), "{text}");
}
