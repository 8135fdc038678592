//! What people can ask of a running host: stop, go on, refuse, tell.

use crate::program::Program;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// `sick` fails as long as `fault` exists. Between its two marks the plan waits long enough to be stopped.
const POLICY: &str = "
mode: auto
components:
  sick:
    checks: [{ exec: [test, '!', -e, 'DIR/fault'], interval: 300ms, recheck_interval: 300ms, timeout: 250ms }]
  quiet:
    checks: [{ heartbeat: 1h }]
actions:
  mark:
    about: Leaves a line.
    category: test
    risk: low
    touches: instance
    idempotent: false
    disruptive: false
    reversal: not_needed
    timeout: 5s
    adapter: { exec: 'echo \"$HOMEOSTAT_COMMAND_ID\" >> DIR/effects', shell: true }
playbooks:
  - name: mend
    trigger: sick.unhealthy
    steps: [mark, { wait: 2s }, mark]
    verify: { settle: 1s, within: 3s, stability: 1s }
";

fn sick() -> Program {
    let mut program = Program::new(POLICY);
    program.write("fault", "");
    program.start();
    program
}

#[test]
fn the_kill_switch_stops_a_run_in_its_middle_and_holds_over_a_restart() {
    let mut program = sick();
    program.until("the first mark", |program| program.effects().len() == 1);
    let killed = program.tell(&["kill", "moving house"]);
    assert_eq!(killed.code, Some(0), "{killed:?}");
    program.until_said(&["STOPPED    moving house", "gives up"]);
    program.kill();
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert!(program.tell(&["status"]).out.contains("STOPPED: moving house"));
    assert_eq!(program.effects().len(), 1, "the second mark never came");
    let wrong = program.tell(&["resume", "another reason"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("moving house"), "{wrong:?}");
    assert_eq!(program.tell(&["resume"]).code, Some(0));
    program.until_said(&["resumed    moving house"]);
    program.stop();
}

#[test]
fn a_file_called_kill_stops_within_a_second_and_its_end_releases_nothing() {
    let mut program = sick();
    program.until("the first mark", |program| program.effects().len() == 1);
    program.write("KILL", "");
    let since = std::time::Instant::now();
    program.until_said(&["STOPPED "]);
    assert!(since.elapsed().as_millis() < 1_500, "{:?}", since.elapsed());
    program.until_said(&["gives up"]);
    std::fs::remove_file(program.path("KILL")).expect("the file");
    assert!(program.tell(&["status"]).out.contains("STOPPED"));
    assert_eq!(program.effects().len(), 1, "the second mark never came");
    program.stop();
}

#[test]
fn what_is_no_event_is_refused_and_recorded_and_a_repetition_does_nothing() {
    let mut program = sick();
    program.until("it is ready", |program| program.is_ready());
    program.write("broken.json", "{ \"type\": \"change_reported\", \"component\": 7 }");
    let refused = program.tell(&["send", "broken.json"]);
    assert!(refused.code == Some(1) && refused.err.contains("not an event"), "{refused:?}");
    program.until_said(&["not taken  from ", "not an event"]);
    program.write("forged.json", "{ \"type\": \"started\", \"epoch\": 99 }");
    let forged = program.tell(&["send", "forged.json"]);
    assert!(forged.code == Some(1) && forged.err.contains("only the host says this"), "{forged:?}");
    let change =
        "{ \"type\": \"change_reported\", \"component\": \"sick\", \"change\": \"deploy\", \"summary\": \"v2\" }";
    program.write("change.json", change);
    let first = program.ask(&["send", "change.json", "--id", "d1"]);
    let again = program.ask(&["send", "change.json", "--id", "d1"]);
    assert_eq!((first["detail"].as_str(), again["detail"].as_str()), (Some("done"), Some("delivered before")));
    assert_eq!(program.tell(&["beat", "quiet"]).code, Some(0));
    let unknown = program.tell(&["beat", "nobody"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("nobody"), "{unknown:?}");
    program.stop();
}

#[test]
fn the_socket_is_its_owners_alone_and_survives_garbage() {
    let mut program = sick();
    program.until("it is ready", |program| program.is_ready());
    let path = program.path("h.db.sock");
    assert_eq!(std::fs::metadata(&path).expect("a socket").permissions().mode() & 0o777, 0o600);
    let mut stream = UnixStream::connect(&path).expect("connected");
    stream.write_all(b"\xff\xfe garbage\n").expect("sent");
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).expect("an answer");
    assert!(String::from_utf8_lossy(&answer[..read]).contains("not an order"));
    let mut flood = UnixStream::connect(&path).expect("connected");
    // It hangs up when it has read more than an order may have.
    let _ = flood.write_all(&vec![b'x'; 3 << 20]);
    assert!(program.is_ready());
    program.stop();
    assert!(!path.exists());
}
