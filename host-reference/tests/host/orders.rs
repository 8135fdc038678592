//! What people can ask of a running host: stop, go on, refuse, tell.

use crate::program::Program;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// `sick` fails as long as `fault` exists. Between its two marks the plan waits long enough to be stopped.
const POLICY: &str = "
mode: auto
components:
  SICK
  quiet:
    checks: [{ heartbeat: 1h }]
actions:
  MARK
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
    program.until_said(&["STOPPED    moving house", "stopped    mend"]);
    program.kill();
    program.start();
    program.until("it answers", |program| program.tell(&["status"]).out.contains("STOPPED: moving house · mode auto"));
    assert_eq!(program.effects().len(), 1, "the second mark never came");
    let wrong = program.tell(&["resume", "another reason"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("moving house"), "{wrong:?}");
    assert_eq!(program.tell(&["resume"]).code, Some(0));
    program.until_said(&["resumed    moving house"]);
    program.stop();
}

#[test]
fn a_probe_fails_while_it_is_stopped_and_sees_all_reasons_and_not_only_since_its_mode_does_not_act() {
    let mut program = sick();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.tell(&["mode", "observe"]).code, Some(0));
    let status = program.tell(&["status"]);
    assert!(status.code == Some(0) && status.out.starts_with("ready · mode observe (policy: auto; "), "{status:?}");
    for reason in ["dinner", "lunch\u{1b}[2J"] {
        assert_eq!(program.tell(&["kill", reason]).code, Some(0));
    }
    let status = program.tell(&["status"]);
    assert!(status.code == Some(1) && status.out.starts_with("STOPPED: dinner; lunch"), "{status:?}");
    assert!(status.out.contains("`homeostat resume 'dinner' --db 'h.db'` releases one reason"), "{status:?}");
    assert!(!status.out.contains('\u{1b}'), "{status:?}");
    let status = program.tell(&["status", "--json"]);
    let data: serde_json::Value = serde_json::from_str(&status.out).expect("json");
    assert_eq!((status.code, &data["ready"], &data["kills"][0]), (Some(1), &false.into(), &"dinner".into()));
    assert!(data["why"].as_str().is_some_and(|why| why.starts_with("STOPPED: dinner; ")), "{data}");
    program.stop();
}

#[test]
fn a_file_called_kill_stops_at_the_next_look_and_its_end_releases_nothing() {
    let mut program = sick();
    program.until("the first mark", |program| program.effects().len() == 1);
    program.write("KILL", "");
    let then = program.events("h.db", "check_reported").last().copied().expect("checks");
    program.until_said(&["STOPPED ", "stopped    mend"]);
    let resumed = program.tell(&["resume"]);
    assert!(resumed.code == Some(1) && resumed.err.contains("not released: remove `KILL` first"), "{resumed:?}");
    std::fs::remove_file(program.path("KILL")).expect("the file");
    assert!(program.tell(&["status"]).out.contains("STOPPED"));
    assert_eq!(program.effects().len(), 1, "the second mark never came");
    let stopped = program.events("h.db", "kill_engaged");
    assert_eq!(stopped.len(), 1);
    let checks = program.events("h.db", "check_reported").into_iter();
    let between = checks.filter(|seq| (then..stopped[0]).contains(seq)).count();
    assert!(between <= 4, "{between} checks, of which there are three a second, were taken in before it was seen");
    program.stop();
}

#[test]
fn a_kill_file_is_written_down_once_however_its_path_is_spelled_and_as_a_link_to_nowhere_stops_too() {
    let mut program = Program::new(POLICY);
    std::fs::create_dir(program.path("my  data\tof today")).expect("a directory");
    let db = "my  data\tof today/h.db";
    std::os::unix::fs::symlink(program.path("nowhere"), program.path(db).with_file_name("KILL")).expect("a link");
    program.start_as(&["run", "policy.yaml", "--db", db]);
    program.until_said(&["STOPPED    my data of today/KILL exists"]);
    let checked = program.events(db, "check_reported").len();
    program.until("it has looked again and again", |program| program.events(db, "check_reported").len() >= checked + 5);
    assert_eq!(program.events(db, "kill_engaged").len(), 1);
    std::fs::remove_file(program.path(db).with_file_name("KILL")).expect("the link");
    program.stop();
}

#[test]
fn what_is_no_event_is_refused_and_recorded_and_a_repetition_does_nothing() {
    let mut program = sick();
    program.until("it is ready", |program| program.is_ready());
    program.write("broken.json", "{ \"type\": \"change_reported\", \"component\": 7 }");
    let refused = program.tell(&["send", "broken.json"]);
    assert!(refused.code == Some(1) && refused.err.starts_with("error: not an event"), "{refused:?}");
    program.until_said(&["not taken  from ", "not an event"]);
    program.write("forged.json", "{ \"type\": \"started\", \"epoch\": 99 }");
    let forged = program.tell(&["send", "forged.json"]);
    assert!(forged.code == Some(1) && forged.err.contains("only the host itself says"), "{forged:?}");
    let change =
        "{ \"type\": \"change_reported\", \"component\": \"sick\", \"change\": \"deploy\", \"summary\": \"v2\" }";
    program.write("change.json", change);
    let first = program.ask(&["send", "change.json", "--id", "d1"]);
    let again = program.ask(&["send", "change.json", "--id", "d1"]);
    assert_eq!(
        (first["detail"].as_str(), again["detail"].as_str()),
        (Some("recorded; nothing follows from it now"), Some("delivered before"))
    );
    for known in [
        "{ \"type\": \"log_seen\", \"component\": \"sick\", \"line\": \"x\" }",
        "{ \"type\": \"sample_reported\", \"component\": \"sick\", \"metric\": \"cpu_usage\", \"value\": 9 }",
        change,
        "{ \"type\": \"alert_raised\", \"component\": \"sick\", \"issue\": \"i\", \"severity\": null, \"summary\": \"\" }",
        "{ \"type\": \"customer_reported\", \"component\": \"sick\", \"vip\": false }",
        "{ \"type\": \"heartbeat_received\", \"component\": \"sick\" }",
    ] {
        program.write("unknown.json", &known.replace("sick", "ghost"));
        let said = program.tell(&["send", "unknown.json"]);
        assert!(said.code == Some(1) && said.err.contains("no") && said.err.contains("component"), "{known}: {said:?}");
    }
    assert_eq!(program.tell(&["beat", "quiet"]).code, Some(0));
    let unknown = program.tell(&["beat", "nobody"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("nobody"), "{unknown:?}");
    program.stop();
}

#[test]
fn an_event_that_was_refused_is_judged_anew_when_it_comes_again_with_its_id() {
    let mut program = Program::new(APPROVED);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    let alert = "{ \"type\": \"alert_raised\", \"component\": \"late\", \"issue\": \"slow\", \"severity\": \"SEV3\", \
                 \"summary\": \"\" }";
    program.write("alert.json", alert);
    for _ in 0..2 {
        let refused = program.tell(&["send", "alert.json", "--id", "a1"]);
        assert!(refused.code == Some(1) && refused.err.contains("no component `late`"), "{refused:?}");
    }
    let late = "{ \"type\": \"component_registered\", \"definition\": { \"name\": \"late\", \"checks\": \
                [{ \"heartbeat\": \"1h\" }] } }";
    program.write("late.json", late);
    assert_eq!(taken(&program, &["send", "late.json"]), "`late` is registered");
    let opened = taken(&program, &["send", "alert.json", "--id", "a1"]);
    assert!(opened.starts_with("incident 1 opened: SEV3 `late` slow"), "{opened}");
    program.kill();
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(taken(&program, &["send", "alert.json", "--id", "a1"]), "delivered before");
    assert_eq!(program.incidents().len(), 1);
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

/// A plan for `sick` waits for an approval.
const APPROVED: &str = "
mode: approve
components:
  SICK
  quiet:
    checks: [{ heartbeat: 1h }]
actions:
  REPAIR
playbooks:
  - { name: mend, trigger: sick.unhealthy, steps: [repair] }
";

/// What is answered to an order that must be taken.
fn taken(program: &Program, arguments: &[&str]) -> String {
    let said = program.tell(arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said.out.trim().to_owned()
}

#[test]
fn an_answer_says_what_the_order_came_to() {
    let mut program = Program::new(APPROVED);
    program.write("fault", "");
    program.start();
    program.until_said(&["asks       `homeostat approve "]);
    let plan = program.ask(&["status"])["engine"]["awaiting"][0]["plan"].as_str().expect("a plan").to_owned();
    assert_eq!(taken(&program, &["ack", "1"]), "incident 1 is yours for 30 m: whoever waits for that is not called");
    assert_eq!(
        taken(&program, &["kill", "moving house"]),
        "stopped: nothing automatic is done until `homeostat resume`; nothing is at work"
    );
    let approved = program.tell(&["approve", &plan[..8]]);
    assert_eq!(approved.code, Some(1), "approved, and nothing was begun: {approved:?}");
    let approved = approved.err.trim_start_matches("error: ").to_owned();
    let why = "approved; not started: the kill switch is engaged for `moving house`, `homeostat resume` releases it";
    assert!(approved.starts_with(why), "{approved}");
    assert!(!program.path("mended").exists());
    let resumed = taken(&program, &["resume"]);
    assert!(resumed.starts_with("released: what is open is looked at again"), "{resumed}");
    program.until("a plan waits again", |program| program.ask(&["status"])["engine"]["awaiting"][0].is_object());
    let plan = program.ask(&["status"])["engine"]["awaiting"][0]["plan"].as_str().expect("a plan").to_owned();
    assert_eq!(taken(&program, &["approve", &plan]), "approved; `mend` has begun");
    let again = program.tell(&["approve", &plan[..8]]);
    assert!(
        again.code == Some(1) && again.err.contains(&format!("plan `{}` was approved by ", &plan[..8])),
        "{again:?}"
    );
    assert!(again.err.contains("it waits no more: see `homeostat explain 1`"), "{again:?}");
    let slip = program.tell(&["run-playbook", "mendd", "sick"]);
    assert!(slip.code == Some(1) && slip.err.contains("did you mean `mend`?"), "{slip:?}");
    let twice = program.tell(&["run-playbook", "mend", "sick"]);
    assert!(twice.code == Some(1) && twice.err.contains("incident 1 "), "{twice:?}");
    assert_eq!(taken(&program, &["mode", "auto"]), "no more than `auto`; in force is `approve`, as the policy says");
    assert_eq!(taken(&program, &["mode", "observe"]), "the mode is `observe`");
    assert_eq!(taken(&program, &["beat", "quiet"]), "recorded; nothing follows from it now");
    let alert = "{ \"type\": \"alert_raised\", \"component\": \"quiet\", \"issue\": \"slow\", \"severity\": \"SEV3\", \
                 \"summary\": \"\" }";
    program.write("alert.json", alert);
    assert_eq!(
        taken(&program, &["send", "alert.json"]),
        "incident 2 opened: SEV3 `quiet` slow; incident 2 is with people"
    );
    let closed = "{ \"type\": \"incident_ordered\", \"incident\": \"ID\", \"order\": { \"close\": \
                  { \"resolution\": \"a false alarm\" } } }";
    let id = program.incidents()[0]["id"].as_str().expect("an id").to_owned();
    program.write("close.json", &closed.replace("ID", &id));
    assert_eq!(taken(&program, &["send", "close.json"]), "incident 2 is closed");
    let again = program.tell(&["send", "close.json"]);
    assert!(again.code == Some(1) && again.err.starts_with("error: "), "{again:?}");
    program.stop();
}

#[test]
fn a_denied_plan_is_with_people_and_what_is_no_mode_is_refused() {
    let mut program = Program::new(APPROVED);
    program.write("fault", "");
    program.start();
    program.until_said(&["asks       `homeostat approve "]);
    let plan = program.ask(&["status"])["engine"]["awaiting"][0]["plan"].as_str().expect("a plan").to_owned();
    let denied = program.ask(&["deny", &plan]);
    assert_eq!(denied["detail"], "denied; incident 1 is with people");
    let again = program.tell(&["approve", &plan]);
    assert!(again.code == Some(1) && again.err.contains("was denied by "), "{again:?}");
    let never = program.tell(&["approve", "0123456789abcdef"]);
    assert!(never.code == Some(1) && never.err.contains("none waits"), "{never:?}");
    let mode = program.tell(&["mode", "fast"]);
    assert!(mode.code == Some(1) && mode.err.contains("`fast` is no mode"), "{mode:?}");
    program.stop();
}
