//! The socket of a host that does not answer, and of one that was replaced.

use crate::program::Program;
use rustix::process::Signal;
use std::fs;
use std::time::{Duration, Instant};

const POLICY: &str = "
mode: observe
components:
  well:
    checks: [{ exec: ['true'], interval: 1s, timeout: 250ms }]
";

#[test]
fn whoever_asks_a_host_that_hangs_is_told_so_in_time_and_how_to_stop_it() {
    let mut program = Program::new(POLICY);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    program.signal(Signal::STOP);
    let since = Instant::now();
    let asked = std::thread::scope(|scope| {
        let asked = [&["status"][..], &["kill", "now"]].map(|arguments| scope.spawn(|| program.tell(arguments)));
        asked.map(|it| it.join().expect("it ends"))
    });
    let took = since.elapsed();
    let stops = format!("`touch '{}'` stops it once it goes on", program.path("KILL").display());
    for said in asked {
        assert!(said.code == Some(1) && said.err.contains("the host does not answer"), "{said:?}");
        assert!(said.err.contains(&stops), "expected `{stops}` in {said:?}");
    }
    assert!(Duration::from_secs(9) < took && took < Duration::from_secs(25), "{took:?}");
    program.write("KILL", "");
    program.signal(Signal::CONT);
    program.until_said(&["STOPPED "]);
    program.stop();
}

#[test]
fn a_host_that_was_replaced_leaves_the_socket_to_the_one_that_did() {
    let mut program = Program::new(POLICY);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    let mut first = program.leave();
    fs::remove_file(program.path("h.db.lock")).expect("a lock");
    program.start();
    program.until("the first has ended", |_| first.0.try_wait().expect("wait").is_some());
    program.until_said(&["another host has taken it over"]);
    let killed = program.tell(&["kill", "now"]);
    assert!(killed.code == Some(0) && program.path("h.db.sock").exists(), "{killed:?}");
    program.stop();
    assert!(!program.path("h.db.sock").exists(), "its own it takes away");
}
