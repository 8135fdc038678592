//! What a trouble with the store must not lose, and what a stop between decision and execution must not let through.

use crate::program::Program;
use rusqlite::Connection;
use rustix::process::Signal;

/// `slow` waits for a file; `mark` follows it. Both leave their command's id.
const POLICY: &str = "
mode: MODE
components:
  SICK
actions:
  slow:
    about: Leaves a line and waits.
    category: test
    risk: low
    touches: instance
    idempotent: false
    disruptive: false
    reversal: not_needed
    timeout: 20s
    adapter: { exec: 'echo \"$HOMEOSTAT_COMMAND_ID\" >> DIR/effects; until [ -e DIR/go ]; do sleep 0.05; done', shell: true }
  MARK
playbooks:
  - name: mend
    trigger: sick.unhealthy
    steps: [slow, mark]
    verify: { settle: 1s, within: 3s, stability: 1s }
";

fn policy(mode: &str) -> String {
    POLICY.replace("MODE", mode)
}

/// As long as this is there, the store of `program` takes no event.
fn refuse_events(program: &Program, refused: bool) {
    let change = if refused {
        "CREATE TRIGGER refused BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'refused by a test'); END"
    } else {
        "DROP TRIGGER refused"
    };
    let database = Connection::open(program.path("h.db")).expect("open");
    database.busy_timeout(std::time::Duration::from_secs(5)).expect("a pause");
    database.execute_batch(change).expect("the change");
}

/// A host that was told to end while `slow` was at work: `mark` is decided and waits.
fn with_a_command_that_waits() -> Program {
    let mut program = Program::new(&policy("auto"));
    program.start();
    program.until_said(&["sick       healthy"]);
    program.write("fault", "");
    program.until("slow is at work", |program| program.effects().len() == 1);
    program.signal(Signal::TERM);
    // The end waits for what is under way, and begins nothing new.
    program.until_said(&["incident 1 does"]);
    program.write("go", "");
    program.until("it has ended", Program::has_ended);
    let database = Connection::open(program.path("h.db")).expect("open");
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'mark' AND state = 'pending'";
    assert_eq!(database.query_row(sql, [], |row| row.get(0)), Ok(1), "{}", program.read("account"));
    program
}

#[test]
fn what_waited_over_a_stop_is_done_at_the_next_start() {
    let mut program = with_a_command_that_waits();
    program.start();
    program.until("mark is done", |program| program.effects().len() == 2);
    program.stop();
}

#[test]
fn what_waited_over_a_stop_is_not_done_under_a_mode_that_does_not_allow_it() {
    for mode in ["approve", "observe", "off"] {
        let mut program = with_a_command_that_waits();
        program.write("policy.yaml", &policy(mode));
        program.start();
        program.until_said(&[&format!("the mode is `{mode}`")]);
        program.until("it is ready", |program| program.is_ready());
        program.stop();
        assert_eq!(program.effects().len(), 1, "{}", program.read("account"));
    }
}

#[test]
fn what_came_of_a_command_is_known_also_where_the_store_refused_it() {
    let mut program = Program::new(&policy("auto"));
    program.start();
    program.until_said(&["sick       healthy"]);
    program.write("fault", "");
    program.until("slow is at work", |program| program.effects().len() == 1);
    refuse_events(&program, true);
    program.write("go", "");
    program.until_said(&["STOPPED    acting"]);
    refuse_events(&program, false);
    program.until_said(&["RESUMED    acting"]);
    program.until("mark is done too", |program| program.effects().len() == 2);
    program.stop();
    let account = program.read("account");
    assert!(!account.contains("in doubt"), "it is known that slow ended well: {account}");
    assert!(!account.contains("kill switch is engaged"), "nobody is called for a trouble that is over: {account}");
    assert!(account.contains("nothing could be written down"), "and it is recorded: {account}");
}

#[test]
fn the_policy_of_a_start_comes_into_force_also_where_the_store_refused_its_beginning() {
    let mut program = Program::new(&policy("auto"));
    program.start();
    program.until_said(&["sick       healthy"]);
    program.stop();
    program.write("policy.yaml", &policy("observe"));
    refuse_events(&program, true);
    program.start();
    program.until_said(&["STOPPED    acting"]);
    refuse_events(&program, false);
    program.until_said(&["RESUMED    acting"]);
    let status = program.tell(&["status"]);
    assert!(status.out.contains("mode observe"), "{status:?}");
    program.stop();
}

#[test]
fn a_replay_that_differs_stops_everything_also_where_the_store_refused_to_say_so() {
    let mut program = with_a_command_that_waits();
    let database = Connection::open(program.path("h.db")).expect("open");
    database.execute("DELETE FROM snapshots", []).expect("no snapshots");
    let changed = database.execute("UPDATE outbox SET bytes = CAST(bytes || ' ' AS BLOB) WHERE kind = 'slow'", []);
    assert_eq!(changed, Ok(1));
    drop(database);
    refuse_events(&program, true);
    program.start();
    program.until_said(&["STOPPED    acting"]);
    refuse_events(&program, false);
    program.until_said(&["RESUMED    acting"]);
    program.until("it says why", |program| program.tell(&["status"]).out.contains("STOPPED: replayed"));
    program.stop();
    assert_eq!(program.effects().len(), 1, "{}", program.read("account"));
}
