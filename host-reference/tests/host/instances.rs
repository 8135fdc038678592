//! How many instances of a component there are to be is known for good, whatever becomes of them.

use crate::program::Program;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const STATE: &str = "h.db.processes/supervised.json";

/// `prog` is there or is not, as a test has it; as long as `fault` exists, more instances are asked for.
const POLICY: &str = "
mode: auto
components:
  web:
    healthy_delay: 300ms
    run: { argv: [DIR/prog], instances: NUMBER }
    checks:
      - { process: {}, interval: 300ms, recheck_interval: 200ms, timeout: 150ms }
  load:
    checks: [{ exec: [test, '!', -e, 'DIR/fault'], interval: 300ms, recheck_interval: 200ms, timeout: 150ms }]
playbooks:
  - { name: again, trigger: web.unhealthy, steps: [restart], verify: { settle: 1s, within: 5s, stability: 1s } }
  - name: more
    trigger: load.unhealthy
    steps: [{ scale: { replicas: 4 }, target: web }]
    verify: { settle: 1s, within: 10s, stability: 1s }
";

fn policy(number: u32) -> String {
    POLICY.replace("NUMBER", &number.to_string())
}

fn web(number: u32) -> Program {
    Program::new(&policy(number))
}

fn make_program(program: &Program) {
    program.write("prog", "#!/bin/sh\nexec sleep 90\n");
    fs::set_permissions(program.path("prog"), Permissions::from_mode(0o755)).expect("a program");
}

/// Numbers and pids of what is supervised and runs.
fn running(program: &Program) -> Vec<(u64, i32)> {
    let state: Value = serde_json::from_str(&program.read(STATE)).unwrap_or_default();
    let records = state["records"].as_array().cloned().unwrap_or_default();
    let pid = |record: &Value| record["process"]["pid"].as_i64().and_then(|pid| Pid::from_raw(pid as i32));
    let alive = records.iter().filter_map(|record| Some((record["number"].as_u64()?, pid(record)?)));
    let alive = alive.filter(|(_, pid)| rustix::process::test_kill_process(*pid).is_ok());
    let mut alive: Vec<(u64, i32)> = alive.map(|(number, pid)| (number, pid.as_raw_nonzero().get())).collect();
    alive.sort_unstable();
    alive
}

fn until_running(program: &mut Program, count: usize) {
    program.until(&format!("{count} are running"), |program| running(program).len() == count);
}

fn until_healthy(program: &mut Program) {
    program.until("web is healthy", |program| program.tell(&["status"]).out.contains("2 of 2 components healthy"));
}

/// Changes what a host has left behind.
fn rewrite(program: &Program, change: impl FnOnce(&mut Value)) {
    let mut state: Value = serde_json::from_str(&program.read(STATE)).expect("state");
    change(&mut state);
    fs::write(program.path(STATE), state.to_string()).expect("state");
}

fn remove_instance(state: &mut Value, number: u64) {
    state["records"].as_array_mut().expect("records").retain(|record| record["number"] != number);
}

#[cfg(debug_assertions)]
#[test]
fn killed_between_the_first_starts_the_next_host_starts_the_rest() {
    let mut program = web(5);
    make_program(&program);
    program.crash_at(Some("starting:4"));
    program.start();
    program.until("it has been killed", |program| program.has_ended());
    let first = running(&program);
    assert_eq!(first.len(), 3, "{}", program.read("account"));
    program.crash_at(None);
    program.start();
    until_running(&mut program, 5);
    assert_eq!(running(&program)[..3], first, "found again");
    until_healthy(&mut program);
    assert_eq!(program.incidents(), Vec::<Value>::new());
}

#[test]
fn what_could_not_be_started_at_first_is_said_once_and_missed_until_all_of_it_runs() {
    let mut program = web(3);
    program.start();
    program.until_said(&["not started `web-1`", "not started `web-2`", "not started `web-3`", "UNHEALTHY", "failed"]);
    assert_eq!(program.read("account").matches("not started").count(), 3, "{}", program.read("account"));
    make_program(&program);
    program.until_said(&["restarted, pids", "closed"]);
    assert_eq!(running(&program).len(), 3);
    assert_eq!(program.incidents()[0]["resolution"], "remediated");
}

#[test]
fn an_instance_whose_restart_failed_is_missed_until_it_runs() {
    let mut program = web(3);
    make_program(&program);
    program.start();
    until_running(&mut program, 3);
    until_healthy(&mut program);
    let (_, first) = running(&program)[0];
    fs::remove_file(program.path("prog")).expect("the program");
    kill_process(Pid::from_raw(first).expect("a pid"), Signal::KILL).expect("it is there");
    program.until_said(&["UNHEALTHY", "restart on web", "failed     `web-1` cannot start"]);
    // A host that comes anew misses it as well, and leaves its restart to the engine.
    program.kill();
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(running(&program).len(), 2);
    assert!(program.tell(&["status"]).out.contains("1 of 2 components healthy"), "{:?}", program.tell(&["status"]));
    assert!(!program.read("account").contains("not started"), "{}", program.read("account"));
    make_program(&program);
    program.until_said(&["restarted, pids", "closed"]);
    assert_eq!(running(&program).len(), 3);
}

#[test]
fn a_scaling_stays_until_the_policy_has_another_number() {
    let mut program = web(2);
    make_program(&program);
    program.start();
    until_running(&mut program, 2);
    program.write("fault", "");
    program.until_said(&["scale on web", "2 instances before, 4 now"]);
    fs::remove_file(program.path("fault")).expect("the fault");
    program.until("it is over", |program| program.phase() == "closed");
    // One that was never recorded, as where a host is killed in the middle of it, is started by the next.
    program.stop();
    let fourth = running(&program)[3].1;
    rewrite(&program, |state| remove_instance(state, 4));
    kill_process(Pid::from_raw(fourth).expect("a pid"), Signal::KILL).expect("it is there");
    program.start();
    until_running(&mut program, 4);
    let first = running(&program)[..1].to_vec();
    program.stop();
    program.write("policy.yaml", &policy(1));
    program.start();
    program.until_said(&["ending     web-2, web-3, web-4: `web` is to have 1"]);
    until_running(&mut program, 1);
    assert_eq!(running(&program), first);
    until_healthy(&mut program);
    program.stop();
    program.write("policy.yaml", &policy(3));
    program.start();
    until_running(&mut program, 3);
    program.stop();
    program.tell(&["down"]);
    assert_eq!(running(&program), []);
}

#[test]
fn while_everything_automatic_is_stopped_no_surplus_is_ended() {
    let mut program = web(2);
    make_program(&program);
    program.start();
    until_running(&mut program, 2);
    program.stop();
    program.write("policy.yaml", &policy(1));
    program.write("KILL", "");
    program.start();
    program.until("it is stopped", |program| program.tell(&["status"]).out.contains("STOPPED"));
    assert!(!program.read("account").contains("ending"), "{}", program.read("account"));
    fs::remove_file(program.path("KILL")).expect("the file");
    let reason = format!("{} exists", program.path("KILL").display());
    program.until("it goes on", |program| {
        program.tell(&["resume", &reason]);
        program.tell(&["resume"]);
        program.is_ready()
    });
    program.stop();
    program.start();
    program.until_said(&["ending     web-2: `web` is to have 1"]);
    until_running(&mut program, 1);
}

#[test]
fn a_state_file_of_an_earlier_version_takes_the_number_of_the_policy_and_a_damaged_one_is_refused() {
    let mut program = web(2);
    make_program(&program);
    program.start();
    until_running(&mut program, 2);
    program.stop();
    let second = running(&program)[1].1;
    kill_process(Pid::from_raw(second).expect("a pid"), Signal::KILL).expect("it is there");
    rewrite(&program, |state| {
        state.as_object_mut().expect("an object").remove("wanted").expect("it was there");
        remove_instance(state, 2);
        state["records"][0].as_object_mut().expect("a record").remove("why_not").expect("it was there");
    });
    program.start();
    until_running(&mut program, 2);
    until_healthy(&mut program);
    program.stop();
    let whole = program.read(STATE);
    rewrite(&program, |state| state["wanted"]["web"]["count"] = "many".into());
    let refused = program.tell(&["run", "policy.yaml"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("supervised.json") && refused.err.contains("\"many\""), "{refused:?}");
    assert_eq!(running(&program).len(), 2);
    fs::write(program.path(STATE), whole).expect("state");
}

#[test]
fn what_ended_with_the_machine_is_started_again_and_is_no_incident() {
    let mut program = web(3);
    make_program(&program);
    program.start();
    until_running(&mut program, 3);
    until_healthy(&mut program);
    program.stop();
    for (_, pid) in running(&program) {
        kill_process(Pid::from_raw(pid).expect("a pid"), Signal::KILL).expect("it is there");
    }
    program.until("all have ended", |program| running(program).is_empty());
    rewrite(&program, |state| {
        for record in state["records"].as_array_mut().expect("records") {
            record["boot"] = "of-another-boot".into();
        }
    });
    program.start();
    program.until_said(&["web-1, the machine has been started anew", "started    web-1"]);
    until_running(&mut program, 3);
    until_healthy(&mut program);
    assert_eq!(program.incidents(), Vec::<Value>::new());
    program.stop();
}

#[test]
fn nothing_is_started_while_everything_is_stopped_and_all_of_it_is_once_that_is_released() {
    let mut program = web(3);
    make_program(&program);
    program.write("KILL", "");
    program.start();
    program.until_said(&["STOPPED", "KILL exists"]);
    program.until("the check has seen that none runs", |program| program.read("account").contains("not started"));
    assert_eq!(running(&program), []);
    fs::remove_file(program.path("KILL")).expect("the file");
    assert_eq!(program.tell(&["resume"]).code, Some(0));
    until_running(&mut program, 3);
    until_healthy(&mut program);
    program.stop();
}
