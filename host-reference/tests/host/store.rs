//! When the store cannot be written, nothing is done, and it is said; then it goes on.

use crate::program::Program;
use crate::support::skipped;
use rusqlite::Connection;

const POLICY: &str = "
mode: auto
components:
  SICK
actions:
  MARK
playbooks:
  - name: mend
    trigger: sick.unhealthy
    steps: [mark]
    verify: { settle: 1s, within: 3s, stability: 1s }
";

#[test]
fn a_locked_database_stops_acting_at_once_and_it_resumes_by_itself() {
    let mut program = Program::new(POLICY);
    program.start();
    program.until_said(&["sick       healthy"]);
    let other = Connection::open(program.path("h.db")).expect("open");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    program.write("fault", "");
    program.until_said(&["STOPPED    acting: store `h.db`: locked"]);
    let status = program.tell(&["status"]);
    assert!(status.code == Some(1) && status.out.contains("not acting: store `h.db`: locked"), "{status:?}");
    let refused = program.tell(&["mode", "observe"]);
    assert!(refused.code == Some(1) && refused.err.contains("locked"), "{refused:?}");
    assert_eq!(program.effects(), Vec::<String>::new());
    other.execute_batch("ROLLBACK").expect("the end of the lock");
    program.until_said(&["RESUMED    acting", "incident 1 opened", "does"]);
    program.until("it acts again", |program| program.effects().len() == 1);
    program.stop();
}

#[test]
fn a_full_disk_stops_acting_at_once_and_it_resumes_when_there_is_space() {
    // A small file system in a mount namespace of its own. The database lies on it, the rest outside.
    let script = "mount -t tmpfs -o size=2m tmpfs disk || exit 77; (\
        while :; do \
          if [ -e fill ]; then cat /dev/zero > disk/ballast 2>/dev/null; mv fill filled; fi; \
          if [ -e free ]; then rm -f disk/ballast; mv free freed; fi; \
          sleep 0.05; kill -0 $$ 2>/dev/null || exit; \
        done) & exec \"$@\"";
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
    let mut program = Program::wrapped(POLICY, &wrapper);
    std::fs::create_dir(program.path("disk")).expect("a directory");
    program.start_as(&["run", "policy.yaml", "--db", "disk/h.db"]);
    program.until("it starts, or may not mount", |program| {
        program.read("account").contains("sick       healthy") || program.has_ended()
    });
    if program.has_ended() {
        let account = program.read("account");
        assert!(account.contains("mount: ") || account.contains("unshare: "), "{account}");
        return skipped(&format!("mounts are not allowed here: {account}"));
    }
    program.write("fill", "");
    program.until("the disk is full", |program| program.path("filled").exists());
    program.write("fault", "");
    program.until_said(&["STOPPED    acting: "]);
    assert_eq!(program.effects(), Vec::<String>::new());
    program.write("free", "");
    program.until_said(&["RESUMED    acting", "incident 1 opened", "does"]);
    program.until("it acts again", |program| program.effects().len() == 1);
    program.stop();
}

/// A host that has healed nothing yet but knows one open incident, stopped with a snapshot.
fn with_an_incident() -> Program {
    let mut program = Program::new(POLICY);
    program.write("fault", "");
    program.start();
    program.until("it has acted", |program| program.effects().len() == 1);
    program.stop();
    program
}

#[test]
fn a_damaged_snapshot_is_said_and_costs_a_longer_replay_and_nothing_else() {
    let mut program = with_an_incident();
    let opened = program.incidents()[0]["id"].clone();
    let database = Connection::open(program.path("h.db")).expect("open");
    let damaged = database.execute("UPDATE snapshots SET bytes = substr(bytes, 1, length(bytes) / 2)", []);
    assert_eq!(damaged, Ok(1));
    drop(database);
    assert_eq!(program.incidents()[0]["id"], opened, "also read beside the host");
    program.start();
    program.until_said(&["damaged", "snapshot", "the whole journal"]);
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.incidents()[0]["id"], opened);
    assert_eq!(program.effects().len(), 1);
    program.stop();
}

#[test]
fn a_long_journal_gets_a_snapshot_while_it_runs_and_a_killed_host_goes_on_from_there() {
    let mut program = Program::new(POLICY);
    program.write("fault", "");
    program.start();
    program.until("it has acted", |program| program.effects().len() == 1);
    let opened = program.incidents()[0]["id"].clone();
    let database = Connection::open(program.path("h.db")).expect("open");
    let snapshots =
        |database: &Connection| database.query_row("SELECT count(*) FROM snapshots", [], |row| row.get::<_, i64>(0));
    assert_eq!(snapshots(&database), Ok(0), "the journal is short");
    // A snapshot is due after 1 MiB of journal.
    let line = format!(r#"{{"type":"log_seen","component":"sick","line":"{}"}}"#, "x".repeat(4_000));
    program.write("event.json", &line);
    program.until("there is a snapshot", |program| {
        assert_eq!(program.tell(&["send", "event.json"]).code, Some(0));
        snapshots(&database) == Ok(1)
    });
    program.kill();
    // From here on the whole journal leads nowhere any more; only the snapshot does.
    let damaged = database.execute("UPDATE events SET bytes = CAST('{' AS BLOB) WHERE seq = 2", []);
    assert_eq!(damaged, Ok(1));
    drop(database);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.incidents()[0]["id"], opened, "what was known is known");
    let effects = program.effects();
    let once: std::collections::BTreeSet<&String> = effects.iter().collect();
    assert_eq!(once.len(), effects.len(), "and no command is carried out twice: {effects:?}");
    program.stop();
}

#[test]
fn a_replay_that_commands_something_else_than_was_recorded_stops_everything() {
    let mut program = with_an_incident();
    let database = Connection::open(program.path("h.db")).expect("open");
    database.execute("DELETE FROM snapshots", []).expect("no snapshots");
    let changed = database.execute("UPDATE outbox SET bytes = CAST(bytes || ' ' AS BLOB) WHERE kind = 'mark'", []);
    assert_eq!(changed, Ok(1));
    drop(database);
    program.start();
    program.until_said(&["STOPPED    replayed, event ", "commands something else than was recorded"]);
    program.until("it answers", |program| program.tell(&["status"]).out.contains("STOPPED: replayed"));
    program.stop();
}

#[test]
fn a_policy_that_was_changed_comes_into_force_at_the_next_start() {
    let mut program = with_an_incident();
    let policy = program.read("policy.yaml").replace("mode: auto", "mode: observe");
    program.write("policy.yaml", &policy);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert!(program.tell(&["status"]).out.contains("mode observe"));
    assert_eq!(program.incidents().len(), 1, "what was known is known");
    program.stop();
}

#[test]
fn a_link_to_the_store_is_the_same_store() {
    let mut program = Program::new(POLICY);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    std::os::unix::fs::symlink("h.db", program.path("alt.db")).expect("a link");
    std::os::unix::fs::symlink("nowhere.db", program.path("lost.db")).expect("a link");
    let status = program.tell_exactly(&["status", "--db", "alt.db"]);
    assert!(status.code == Some(0) && status.out.starts_with("ready"), "{status:?}");
    let second = program.tell_exactly(&["run", "policy.yaml", "--db", "alt.db"]);
    assert!(second.code == Some(1) && second.err.contains("in use by the process"), "{second:?}");
    let lost = program.tell_exactly(&["run", "policy.yaml", "--db", "lost.db"]);
    assert!(lost.code == Some(2) && lost.err.contains("`lost.db` is a link that leads nowhere"), "{lost:?}");
    program.stop();
}
