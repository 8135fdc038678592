//! Who may ask a running host for what: other users of this machine, by the names of the policy.

use crate::program::{Program, Said};
use crate::support::skipped;
use homeostat::store::Reader;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// A plan for `sick` waits for an approval.
const POLICY: &str = "
mode: approve
people:
  ANN: viewer
  root: [admin, operator]
components:
  SICK
actions:
  REPAIR
playbooks:
  - { name: mend, trigger: sick.unhealthy, steps: [repair] }
";

/// Two users of this machine with their ids, if this process may become them.
#[track_caller]
fn users() -> Option<[(String, u32); 2]> {
    if !rustix::process::geteuid().is_root() {
        skipped("only root can become other users");
        return None;
    }
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = list.lines().filter_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
    });
    let mut next = || users.find(|(_, uid)| (1..60_000).contains(uid));
    let found = next().zip(next()).map(|(ann, bob)| [ann, bob]);
    if found.is_none() {
        skipped("this machine has no other users");
    }
    found
}

fn policy(people: &str) -> String {
    POLICY.replace("  ANN: viewer\n", people)
}

fn mode(program: &Program, file: &str) -> u32 {
    std::fs::metadata(program.path(file)).expect("a file").permissions().mode() & 0o777
}

fn refused(said: &Said, why: &str) {
    assert!(said.code == Some(1) && said.err.contains(why), "expected `{why}` in {said:?}");
}

#[test]
fn a_viewer_sees_and_no_more_whoever_is_not_named_sees_nothing_and_both_are_told_so() {
    let Some([(ann, ann_uid), (bob, bob_uid)]) = users() else { return };
    let mut program = Program::new(&policy(&format!("  {ann}: viewer\n")));
    program.write("fault", "");
    program.start();
    program.until_said(&["asks       `homeostat approve "]);
    assert_eq!(
        (mode(&program, "h.db.sock"), mode(&program, "h.db"), mode(&program, "h.db.lock")),
        (0o666, 0o600, 0o600)
    );

    let seen = program.tell_as(ann_uid, &["status"]);
    assert!(seen.code == Some(0) && seen.out.contains("waits for approval"), "{seen:?}");
    let status = program.ask(&["status"]);
    let plan = status["engine"]["awaiting"][0]["plan"].as_str().expect("a plan").to_owned();
    refused(&program.tell_as(ann_uid, &["kill", "for fun"]), &format!("`{ann}` holds none of the roles"));
    refused(&program.tell_as(ann_uid, &["approve", &plan]), &format!("`{ann}` holds none of the roles"));
    refused(&program.tell_as(ann_uid, &["mode", "off"]), &format!("`{ann}` holds none of the roles"));
    let incident = program.incidents()[0]["id"].as_str().expect("an incident").to_owned();
    for order in [
        &["close", &incident, "done"][..],
        &["severity", &incident, "SEV3"],
        &["unack", &incident],
        &["rollback", &incident],
        &["reset-breaker", "mend"],
        &["silence", "begin", "quiet", "sick", "--for", "1h"],
        &["run-playbook", "mend", "sick"],
    ] {
        let said = program.tell_as(ann_uid, order);
        assert!(said.code == Some(1), "{order:?}: {said:?}");
    }
    refused(&program.tell_as(ann_uid, &["close", &incident, "done"]), &format!("`{ann}` holds none of the roles"));
    refused(&program.tell_as(ann_uid, &["beat", "sick"]), &format!("`{ann}` holds none of the roles that may report"));
    let alert =
        "{\"type\":\"alert_raised\",\"component\":\"sick\",\"issue\":\"x\",\"severity\":\"SEV0\",\"summary\":\"\"}";
    program.write("alert.json", alert);
    refused(&program.tell_as(ann_uid, &["send", "alert.json"]), "that may report");

    for arguments in [&["status"][..], &["kill"], &["approve", &plan]] {
        refused(&program.tell_as(bob_uid, arguments), &format!("`{bob}` may not ask this host"));
    }
    let json = program.tell_as(bob_uid, &["status", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.out).expect("json");
    assert!(answer["ready"] == false && answer["why"].as_str().is_some_and(|why| why.contains(&bob)), "{json:?}");

    // The file is its owner's: she is told by the host what he reads there.
    for question in [&["incidents", "--json"][..], &["explain", "1", "--json"], &["history", "sick", "--json"]] {
        let (told, read) = (program.tell_as(ann_uid, question), program.tell(question));
        let parsed = |said: &Said| serde_json::from_str::<serde_json::Value>(&said.out).expect("json");
        assert!(told.code == Some(0), "{told:?}");
        let (told, read) = (parsed(&told), parsed(&read));
        let keys = |it: &serde_json::Value| it.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
        assert!(keys(&told) == keys(&read) && keys(&told).is_some(), "{told} {read}");
        refused(&program.tell_as(bob_uid, question), &format!("`{bob}` may not ask this host"));
    }
    let explained = program.tell_as(ann_uid, &["explain", "1"]);
    assert!(explained.out.starts_with("Incident 1 · ") && explained.out.contains("waits for a person's approval"));
    refused(&program.tell_as(ann_uid, &["explain", "99"]), "no incident `99` is remembered");
    refused(&program.tell_as(ann_uid, &["history", "nobody"]), "there is no component `nobody`");

    for _ in 5..20 {
        refused(&program.tell_as(ann_uid, &["kill", "again"]), "holds none of the roles");
    }
    let unwritten = program.tell_as(ann_uid, &["kill", "again"]);
    refused(&unwritten, "holds none of the roles");
    refused(&unwritten, &format!("`{ann}` had 20 orders refused in the last minute: this one is not written down"));
    assert_eq!(program.tell_as(ann_uid, &["status"]).code, Some(0), "to look on is no order");

    assert!(!program.path("mended").exists());
    assert_eq!(program.ask(&["status"])["engine"]["stopped"], serde_json::Value::Null);
    let reader = Reader::open(&program.path("h.db")).expect("the store");
    let rows = reader.audit_from(1, 1_000).expect("the audit");
    let of_ann = rows.iter().filter(|row| {
        let text = String::from_utf8_lossy(&row.bytes);
        text.contains("input_refused") && text.contains(&format!("`{ann}` holds none of the roles"))
    });
    assert_eq!(of_ann.count(), 20, "each refusal once, with her name, and no more than that a minute");
    assert!(program.tell(&["approve", &plan]).code == Some(0), "who may, may");
    program.until("it is mended", |program| program.path("mended").exists());
    program.stop();
}

#[test]
fn whoever_was_refused_often_can_order_what_he_may_all_the_same_and_little_is_kept_of_what_he_may_not() {
    let Some([(ann, ann_uid), (bob, bob_uid)]) = users() else { return };
    let people = format!("  {ann}: operator\n  {bob}: source\n");
    let beats = "  job:\n    checks: [{ heartbeat: 1h }]\nactions:";
    let mut program = Program::new(&policy(&people).replace("actions:", beats));
    program.start();
    program.until("it is ready", |program| program.is_ready());
    let long = format!("{{\"type\":\"log_seen\",\"{}\":1}}", "z".repeat(200_000));
    std::fs::write(program.path("long.json"), long).expect("a file");
    let kill = format!("{{\"type\":\"kill_engaged\",\"reason\":\"{}\"}}", "z".repeat(200_000));
    std::fs::write(program.path("kill.json"), kill).expect("a file");
    for _ in 0..11 {
        refused(&program.tell_as(ann_uid, &["approve", "abcd"]), "no plan `abcd` waits");
        refused(&program.tell_as(ann_uid, &["ack", "77"]), "there is no incident `77`");
        refused(&program.tell_as(bob_uid, &["beat", "gone"]), "gone");
        refused(&program.tell_as(bob_uid, &["send", "long.json"]), "not an event");
        refused(&program.tell_as(bob_uid, &["send", "kill.json"]), "kill: `");
    }
    refused(&program.tell_as(bob_uid, &["kill", "x"]), "this one is not written down");
    let beat = program.tell_as(bob_uid, &["beat", "job"]);
    assert!(beat.code == Some(0), "a component that is well stays so: {beat:?}");
    let killed = program.tell_as(ann_uid, &["kill", "it burns"]);
    assert!(killed.code == Some(0) && killed.out.contains("stopped: "), "{killed:?}");
    let reader = Reader::open(&program.path("h.db")).expect("the store");
    let events: Vec<_> = reader.events_from(1).map(|event| event.expect("an event").bytes).collect();
    let refusals: Vec<_> =
        events.iter().filter(|bytes| String::from_utf8_lossy(bytes).contains("event_refused")).collect();
    assert!(refusals.len() == 20 && refusals.iter().all(|bytes| bytes.len() < 2_000), "{refusals:?}");
    assert!(String::from_utf8_lossy(refusals[19]).contains("more are answered, but not written down"));
    program.stop();
}

#[test]
fn a_policy_that_is_replaced_lets_in_and_shuts_out_at_once() {
    let Some([(ann, ann_uid), (bob, bob_uid)]) = users() else { return };
    let mut program = Program::new(&policy(&format!("  {ann}: viewer\n")));
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.tell_as(ann_uid, &["status"]).code, Some(0));
    for (people, ann_may, bob_may, socket) in [
        (format!("  {bob}: [viewer]\n"), false, true, 0o666),
        (String::new(), false, false, 0o600),
        (format!("  {ann}: operator\n  {bob}: viewer\n"), true, true, 0o666),
    ] {
        program.write("policy.yaml", &policy(&people));
        let source = serde_json::json!({ "name": "policy.yaml", "text": program.read("policy.yaml") });
        let event = serde_json::json!({ "type": "policy_replaced", "sources": [source] });
        std::fs::write(program.path("event.json"), event.to_string()).expect("a file");
        assert_eq!(program.ask(&["send", "event.json"])["detail"], "the policy is in force");
        let may = |uid| program.tell_as(uid, &["status"]).code == Some(0);
        assert_eq!((may(ann_uid), may(bob_uid), mode(&program, "h.db.sock")), (ann_may, bob_may, socket), "{people}");
    }
    let killed = program.tell_as(ann_uid, &["kill", "lunch"]);
    assert!(killed.code == Some(0) && killed.out.contains("stopped: nothing automatic is done"), "{killed:?}");
    program.until_said(&[&format!("STOPPED    lunch · {ann}")]);
    program.stop();
}

#[test]
fn who_is_kept_out_is_told_by_what_a_closed_directory_or_a_policy_that_names_nobody() {
    let Some([(ann, ann_uid), _]) = users() else { return };
    let mut program = Program::new(&policy(&format!("  {ann}: viewer\n")));
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.tell_as(ann_uid, &["status"]).code, Some(0));
    let within = program.path("closed");
    std::fs::create_dir(&within).expect("a directory");
    std::os::unix::fs::symlink(program.path("h.db.sock"), within.join("h.db.sock")).expect("a link");
    std::fs::set_permissions(&within, std::fs::Permissions::from_mode(0o700)).expect("closed");
    let said = program.tell_as_on(ann_uid, &["status"], "closed/h.db");
    refused(&said, &format!("permission denied: the directory `{}` is closed to you", within.display()));
    let socket = program.path("h.db.sock");
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600)).expect("closed");
    let said = program.tell_as(ann_uid, &["status"]);
    refused(&said, "permission denied: the socket `h.db.sock` is not open to you");
    program.stop();
}

#[test]
fn a_socket_that_could_not_be_opened_to_the_people_is_opened_as_soon_as_it_can() {
    let mut program = Program::new(&policy(""));
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(mode(&program, "h.db.sock"), 0o600);
    program.write("policy.yaml", &policy("  ann-of-nowhere: viewer\n"));
    let source = serde_json::json!({ "name": "policy.yaml", "text": program.read("policy.yaml") });
    let order = serde_json::json!({ "order": "event", "event": { "type": "policy_replaced", "sources": [source] } });
    let mut stream = UnixStream::connect(program.path("h.db.sock")).expect("a conversation");
    std::fs::rename(program.path("h.db.sock"), program.path("aside")).expect("out of the way");
    stream.write_all(format!("{order}\n").as_bytes()).expect("an order");
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer).expect("an answer");
    assert!(answer.contains("the policy is in force"), "{answer}");
    program.until_said(&["the socket cannot be opened to the people of the policy"]);
    // It is tried again with each thing that is taken in.
    let checked = program.events("h.db", "check_reported").len();
    program.until("it was tried again", |program| program.events("h.db", "check_reported").len() >= checked + 3);
    std::fs::rename(program.path("aside"), program.path("h.db.sock")).expect("back");
    program.until("it is opened", |program| mode(program, "h.db.sock") == 0o666);
    assert_eq!(program.read("account").matches("the socket cannot be opened").count(), 1, "it is said once");
    program.stop();
}
