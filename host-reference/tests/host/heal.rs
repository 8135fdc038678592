//! A real service is killed, and everything that follows is seen from outside.

use crate::program::Program;
use crate::support::{ask, free_port};
use rustix::process::{Pid, Signal, kill_process};

/// Times are short, and stand here openly; no limit is loosened.
const POLICY: &str = "
mode: auto
components:
  web:
    healthy_delay: 500ms
    run: [BIN, demo-service, --name, web, --port, 'PORT', --max-life, 90s, --until-gone, 'TEST']
    checks:
      - { http: 'http://127.0.0.1:PORT/health', interval: 200ms, recheck_interval: 200ms, timeout: 150ms }
playbooks:
  - name: restart-web
    trigger: web.unhealthy
    steps: [restart]
    verify: { settle: 1s, within: 10s, stability: 1s }
";

#[test]
fn a_killed_service_is_detected_restarted_verified_and_its_incident_closed_and_explained() {
    let port = free_port();
    let mut program = Program::new(&POLICY.replace("PORT", &port.to_string()));
    program.start();
    program.until_said(&["web        healthy"]);
    let first = program.pid_of("web").expect("it was started");
    kill_process(Pid::from_raw(first as i32).expect("a pid"), Signal::KILL).expect("it is there");
    program.until_said(&["suspect", "UNHEALTHY", "incident 1 opened", "does", "restart on web", "RESOLVED", "closed"]);
    assert_ne!(program.pid_of("web"), Some(first));
    assert_eq!(ask(port, "GET", "/health").expect("it answers").0, 200);
    let incidents = program.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((&incidents[0]["phase"], &incidents[0]["resolution"]), (&"closed".into(), &"remediated".into()));
    let explained = program.tell(&["explain", "1"]).out;
    for expected in ["Incident 1 · SEV2 · web down · CLOSED", "restart-web helped, verified", "How it came to this"]
    {
        assert!(explained.contains(expected), "`{expected}` in\n{explained}");
    }
    assert!(program.tell(&["incidents", "--open"]).out.contains("no incident is open"));
    let past = program.tell(&["history", "web"]).out;
    assert!(past.contains("  unhealthy  ") && past.contains(" so far"), "{past}");
    let nobody = program.tell(&["history", "wbe"]);
    assert!(nobody.code == Some(1) && nobody.err.contains("there is no component `wbe`"), "{nobody:?}");
    program.stop();
    assert_eq!(ask(port, "GET", "/health").expect("it lives on without its host").0, 200);
    let ended = program.tell(&["down"]);
    assert!(ended.out.contains("ended web-1"), "{ended:?}");
    assert!(ask(port, "GET", "/health").is_err(), "and ends when told to");
}

#[test]
fn a_host_that_was_killed_finds_its_process_again_and_restarts_nothing() {
    let port = free_port();
    let mut program = Program::new(&POLICY.replace("PORT", &port.to_string()));
    program.start();
    program.until_said(&["web        healthy"]);
    let first = program.pid_of("web");
    program.kill();
    program.start();
    program.until_said(&["found      web-1 again", ""]);
    program.until("the host is ready", |program| program.is_ready());
    assert_eq!(program.pid_of("web"), first);
    assert_eq!(program.incidents(), Vec::<serde_json::Value>::new());
    assert_eq!(program.read("account").matches("started    web-1").count(), 1);
}

/// What answers on the port is the test itself; the program that the policy is about does nothing but live.
fn squatted(port: u16) -> String {
    let run = POLICY.lines().find(|line| line.trim_start().starts_with("run: ")).expect("what is run");
    let asked = POLICY
        .replace(run, "    run: [sleep, '90']")
        .replace("http: 'http://127.0.0.1:PORT/health'", "tcp: '127.0.0.1:PORT'");
    asked.replace("PORT", &port.to_string())
}

#[test]
fn a_service_that_ended_is_not_well_because_something_else_answers_on_its_port() {
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = squatter.local_addr().expect("its address").port();
    let mut program = Program::new(&squatted(port));
    program.start();
    program.until_said(&["web        healthy"]);
    let first = program.pid_of("web").expect("it was started");
    kill_process(Pid::from_raw(first as i32).expect("a pid"), Signal::KILL).expect("it is there");
    program.until_said(&["what answered is something else", "UNHEALTHY", "restart on web", "RESOLVED"]);
    assert_ne!(program.pid_of("web"), Some(first));
    program.stop();
    program.tell(&["down"]);
}

/// Says something before it serves, as programs do.
const TALKATIVE: &str =
    "'sh', '-c', 'echo out of memory with password=canary-1; exec \"$0\" \"$@\"', BIN, demo-service";

#[test]
fn i3_what_was_seen_before_it_acted_is_explained_and_no_secret_is_kept() {
    let port = free_port();
    let policy = POLICY.replace("BIN, demo-service", TALKATIVE).replace("PORT", &port.to_string());
    let mut program = Program::new(&policy);
    program.start();
    program.until_said(&["web        healthy"]);
    let first = program.pid_of("web").expect("it was started");
    kill_process(Pid::from_raw(first as i32).expect("a pid"), Signal::KILL).expect("it is there");
    program.until_said(&["UNHEALTHY", "restart on web", "closed"]);
    let explained = program.tell(&["explain", "1"]).out;
    for expected in [
        "context of web: web-1: its process ended",
        "logs of web: out of memory with password=[masked]",
        "by remediate.evidence_found",
    ] {
        assert!(explained.contains(expected), "`{expected}` in\n{explained}");
    }
    let (seen, done) = (explained.find("remediate.evidence_found"), explained.find("by remediate.execute"));
    assert!(seen < done, "seen first\n{explained}");
    assert!(!program.read("account").contains("unseen"), "it was there in time");
    assert!(!program.tell(&["explain", "1", "--json"]).out.contains("canary"));
    program.stop();
    program.tell(&["down"]);
}
