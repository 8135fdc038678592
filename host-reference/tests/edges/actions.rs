use crate::support::{Answering, Demo, TempDir, free_port, wait_until};
use homeostat::actions::{Actions, Invocation, Outcome, Report};
use homeostat::child::Job;
use homeostat::supervise::proc;
use homeostat::web::{Ask, Web};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(10);

fn invocation(time: Duration) -> Invocation {
    Invocation { command_id: "cmd-1".into(), epoch: 3, time }
}

async fn run_for(time: Duration, argv: &[&str]) -> Outcome {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    let job = Job { argv, environment: Default::default(), directory: None };
    Actions::new(Web::new().expect("client")).program(job, &invocation(time)).await
}

async fn run(argv: &[&str]) -> Outcome {
    run_for(LONG, argv).await
}

async fn script(script: &str) -> Outcome {
    run(&["/bin/sh", "-c", script]).await
}

async fn send(ask: Ask, expected: &[u16], time: Duration) -> Outcome {
    Actions::new(Web::new().expect("client")).request(ask, expected, &invocation(time)).await
}

fn succeeded(outcome: Outcome) -> Report {
    match outcome {
        Outcome::Succeeded(report) => report,
        other => panic!("expected success, found {other:?}"),
    }
}

fn not_started(outcome: Outcome) -> String {
    match outcome {
        Outcome::NotStarted(why) => why,
        other => panic!("expected that nothing started, found {other:?}"),
    }
}

#[tokio::test]
async fn an_argument_reaches_the_program_as_it_is() {
    for hostile in ["\"; touch HIT; \"", "$(touch HIT)", "`touch HIT`", "a b|touch HIT", "${who}", "*"] {
        assert_eq!(succeeded(run(&["printf", "%s|", hostile, "end"]).await).output, format!("{hostile}|end|"));
    }
}

#[tokio::test]
async fn a_program_gets_the_command_id_and_the_epoch() {
    let outcome = script("echo $HOMEOSTAT_COMMAND_ID $HOMEOSTAT_EPOCH; test -z \"$CARGO_PKG_NAME\"").await;
    assert_eq!(succeeded(outcome).output, "cmd-1 3\n");
}

#[tokio::test]
async fn exit_codes_signals_timeouts_and_missing_programs_are_told_apart() {
    let failed = script("echo no space >&2; exit 4").await;
    assert!(matches!(&failed, Outcome::Failed(report) if report.detail == "exit code 4: no space"), "{failed:?}");
    assert!(matches!(script("kill -9 $$").await, Outcome::Unknown(_)));
    let missing = not_started(run(&["no-such-program-at-all"]).await);
    assert!(missing.contains("`no-such-program-at-all` was not found"), "{missing}");

    let dir = TempDir::new();
    let file = dir.join("pid");
    let argv = ["sh", "-c", "echo before; echo $$ > \"$0\"; sleep 60 & wait", file.to_str().expect("path")];
    let outcome = run_for(Duration::from_secs(1), &argv).await;
    let Outcome::Unknown(report) = outcome else { panic!("{outcome:?}") };
    assert!(report.detail.starts_with("not done in 1000 ms, killed") && report.output == "before\n", "{report:?}");
    let pid: i32 = std::fs::read_to_string(&file).expect("pid").trim().parse().expect("pid");
    wait_until("its whole group is gone", || proc::all().all(|stat| stat.group != pid));
}

#[tokio::test]
async fn what_an_action_starts_stays() {
    let dir = TempDir::new();
    let port = free_port();
    let start = format!("\"$0\" demo-service --port {port} --max-life 60s --until-gone $1 > /dev/null 2>&1 & echo $!");
    let host = std::process::id().to_string();
    let report = succeeded(run(&["sh", "-c", &start, env!("CARGO_BIN_EXE_homeostat"), &host]).await);
    wait_until("it answers after its action has ended", || crate::support::ask(port, "GET", "/health").is_ok());
    let pid = report.output.trim().to_owned();
    let killed = std::process::Command::new("kill").arg(&pid).current_dir(dir.path()).status().expect("kill");
    assert!(killed.success());
}

#[tokio::test]
async fn much_output_is_cut() {
    let report = succeeded(script("head -c 200000 /dev/zero | tr '\\0' x").await);
    assert_eq!(report.output.len(), 64 * 1024);
}

#[tokio::test]
async fn http_sends_key_epoch_and_body_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = Answering::start(move |request| {
        log.lock().expect("log").push(request.to_owned());
        "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\ndone".into()
    });
    let ask = Ask {
        method: "POST".into(),
        url: server.url("/scale/a%2Fb"),
        headers: vec![("Authorization".into(), "Bearer t".into())],
        body: b"{\"replicas\":4}".to_vec(),
    };
    let report = succeeded(send(ask, &[], LONG).await);
    assert_eq!((report.detail.as_str(), report.output.as_str()), ("http 202", "done"));
    let seen = seen.lock().expect("log");
    let [request] = seen.as_slice() else { panic!("one request, found {seen:?}") };
    assert!(
        request.starts_with("POST /scale/a%2Fb HTTP/1.1\r\n") && request.ends_with("{\"replicas\":4}"),
        "{request}"
    );
    for header in ["idempotency-key: cmd-1", "homeostat-epoch: 3", "authorization: Bearer t"] {
        assert!(request.contains(header), "{header} in {request}");
    }
}

#[tokio::test]
async fn http_outcomes_are_honest() {
    let server = Answering::start(|request| match request.split(' ').nth(1) {
        Some("/refuses") => "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n".into(),
        Some("/gateway") => "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n".into(),
        Some("/elsewhere") => "HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".into(),
        _ => String::new(),
    });
    let ask = |url: String| {
        let ask = Ask { method: "POST".into(), url, headers: vec![], body: vec![] };
        send(ask, &[], Duration::from_millis(500))
    };
    assert!(matches!(ask(server.url("/refuses")).await, Outcome::Failed(report) if report.detail == "http 409"));
    let conflict = Ask { method: "POST".into(), url: server.url("/refuses"), headers: vec![], body: vec![] };
    assert_eq!(
        succeeded(send(conflict, &[200, 409], LONG).await).detail,
        "http 409",
        "expected is what the policy says"
    );
    assert!(matches!(ask(server.url("/elsewhere")).await, Outcome::Failed(_)), "a redirect is not followed");
    assert!(matches!(ask(server.url("/gateway")).await, Outcome::Unknown(_)));
    assert!(matches!(ask(server.url("/hangs-up")).await, Outcome::Unknown(_)), "it may have been done");
    let hanging = Demo::start(&[]);
    hanging.ask("POST", "/break/hang").expect("break");
    assert!(matches!(ask(hanging.url("/")).await, Outcome::Unknown(report) if report.detail == "no answer in 500 ms"));
    assert_eq!(not_started(ask(format!("http://127.0.0.1:{}/", free_port())).await), "connection refused");
    assert!(not_started(ask("http://169.254.169.254/".into()).await).contains("never asked"));
    assert!(not_started(ask("file:///etc/passwd".into()).await).contains("expected http or https"));
}
