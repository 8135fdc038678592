use crate::support::{Demo, TempDir, wait_until};
use std::time::{Duration, Instant};

#[test]
fn it_says_who_it_is_and_that_it_is_well() {
    let demo = Demo::start(&["--name", "orders"]);
    let (status, body) = demo.ask("GET", "/").expect("answer");
    assert_eq!(status, 200);
    assert!(body.contains("\"name\":\"orders\"") && body.contains(&format!("\"pid\":{}", demo.pid())), "{body}");
    assert_eq!(demo.ask("GET", "/health").expect("answer").0, 200);
    assert_eq!(demo.ask("GET", "/none").expect("answer").0, 404);
    assert_eq!(demo.ask("POST", "/health").expect("answer").0, 404);
}

#[test]
fn told_to_fail_it_fails_until_its_restart() {
    let demo = Demo::start(&[]);
    demo.ask("POST", "/break/fail").expect("answer");
    assert_eq!(demo.ask("GET", "/health").expect("answer").0, 503);
    assert_eq!(demo.ask("GET", "/").expect("answer").0, 200);
    assert_eq!(Demo::start(&[]).ask("GET", "/health").expect("answer").0, 200);
}

#[test]
fn a_fault_file_outlives_a_restart() {
    let dir = TempDir::new();
    let file = dir.join("fault");
    std::fs::write(&file, "").expect("fault");
    let arguments = ["--fault-file", file.to_str().expect("path")];
    for _ in 0..2 {
        assert_eq!(Demo::start(&arguments).ask("GET", "/health").expect("answer").0, 503);
    }
    let demo = Demo::start(&arguments);
    std::fs::remove_file(&file).expect("cure");
    assert_eq!(demo.ask("GET", "/health").expect("answer").0, 200);
}

#[test]
fn hanging_it_keeps_its_port_and_never_answers() {
    let demo = Demo::start(&[]);
    demo.ask("POST", "/break/hang").expect("answer");
    let error = demo.ask_within(Duration::from_millis(300), "GET", "/health").expect_err("no answer");
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{error}");
}

#[test]
fn it_crashes_when_it_is_due_and_ends_when_its_time_is_over() {
    let mut demo = Demo::start(&["--crash-after", "50ms"]);
    assert_eq!(demo.wait(), Some(1));
    let mut demo = Demo::start(&["--max-life", "50ms"]);
    assert_eq!(demo.wait(), Some(0));
}

#[test]
fn it_ends_when_the_process_it_was_given_is_gone() {
    let mut other = Demo::start(&[]);
    let mut demo = Demo::start(&["--until-gone", &other.pid().to_string()]);
    assert_eq!(demo.ask("GET", "/health").expect("answer").0, 200);
    other.kill();
    let started = Instant::now();
    assert_eq!(demo.wait(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_taken_port_is_said_with_its_number() {
    let demo = Demo::start(&[]);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_homeostat"))
        .args(["demo-service", "--name", "second", "--port", &demo.port().to_string()])
        .output()
        .expect("run");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("second") && text.contains(&demo.port().to_string()), "{text}");
    wait_until("the first is untouched", || demo.ask("GET", "/health").is_ok());
}
