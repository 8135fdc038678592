use crate::support::{Answering, Demo, TempDir, free_port, wait_until};
use homeostat::actions::{
    ActionSpec, Actions, ExecAction, HttpAction, Invocation, Outcome, Report, ScriptAction, Value,
};
use homeostat::supervise::proc;
use homeostat::web::Web;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn invocation(values: &[(&str, Value)]) -> Invocation {
    Invocation {
        command_id: "cmd-1".into(),
        epoch: 3,
        values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        time: Duration::from_secs(10),
        not_after_ms: None,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

async fn run(spec: ActionSpec, invocation: Invocation) -> Outcome {
    Actions::new(Web::new().expect("client")).run(&spec, &invocation).await
}

fn exec(argv: &[&str]) -> ActionSpec {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    ActionSpec::Exec(ExecAction { argv, ..ExecAction::default() })
}

fn script(script: &str) -> ActionSpec {
    ActionSpec::Script(ScriptAction { script: script.to_owned(), ..ScriptAction::default() })
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

const HOSTILE: [&str; 7] =
    ["\"; touch HIT; \"", "$(touch HIT)", "`touch HIT`", "a b|touch HIT", "x && touch HIT", "${IFS}", "*"];

#[tokio::test]
async fn a_value_reaches_the_program_as_it_is() {
    for hostile in HOSTILE {
        let outcome = run(exec(&["printf", "%s|", "${who}", "end"]), invocation(&[("who", text(hostile))])).await;
        assert_eq!(succeeded(outcome).output, format!("{hostile}|end|"));
    }
}

#[tokio::test]
async fn a_value_reaches_a_script_only_as_a_variable() {
    let dir = TempDir::new();
    for hostile in HOSTILE {
        let action = ScriptAction {
            script: "printf '%s' \"$who\"".into(),
            directory: Some(dir.path().to_path_buf()),
            ..ScriptAction::default()
        };
        let outcome = run(ActionSpec::Script(action), invocation(&[("who", text(hostile))])).await;
        assert_eq!(succeeded(outcome).output, hostile);
    }
    assert!(!dir.join("HIT").exists());
    assert!(not_started(run(script("true"), invocation(&[("PATH", text("/tmp"))])).await).contains("PATH"));
}

#[tokio::test]
async fn what_could_be_an_option_or_two_lines_does_not_start() {
    for hostile in ["-rf", "--option", "a\nb", "a\0b", ""] {
        for spec in [exec(&["printf", "${who}"]), script("true")] {
            not_started(run(spec, invocation(&[("who", text(hostile))])).await);
        }
    }
    assert!(not_started(run(exec(&["echo", "${other}"]), invocation(&[])).await).contains("`other`"));
}

#[tokio::test]
async fn a_program_gets_the_command_id_and_the_epoch() {
    let outcome =
        run(script("echo $HOMEOSTAT_COMMAND_ID $HOMEOSTAT_EPOCH; test -z \"$CARGO_PKG_NAME\""), invocation(&[]));
    assert_eq!(succeeded(outcome.await).output, "cmd-1 3\n");
}

#[tokio::test]
async fn exit_codes_signals_timeouts_and_missing_programs_are_told_apart() {
    let failed = run(script("echo no space >&2; exit 4"), invocation(&[])).await;
    assert!(matches!(&failed, Outcome::Failed(report) if report.detail == "exit code 4: no space"), "{failed:?}");
    assert!(matches!(run(script("kill -9 $$"), invocation(&[])).await, Outcome::Unknown(_)));
    let missing = not_started(run(exec(&["no-such-program-at-all"]), invocation(&[])).await);
    assert!(missing.contains("`no-such-program-at-all` was not found"), "{missing}");
    let expired = Invocation { not_after_ms: Some(1_000), ..invocation(&[]) };
    assert!(not_started(run(exec(&["true"]), expired).await).contains("expired"));

    let dir = TempDir::new();
    let file = dir.join("pid");
    let spec = exec(&["sh", "-c", "echo before; echo $$ > \"$0\"; sleep 60 & wait", "${file}"]);
    let values = [("file", text(file.to_str().expect("path")))];
    let outcome = run(spec, Invocation { time: Duration::from_secs(1), ..invocation(&values) }).await;
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
    let spec = exec(&["sh", "-c", &start, env!("CARGO_BIN_EXE_homeostat"), &host]);
    let report = succeeded(run(spec, invocation(&[])).await);
    wait_until("it answers after its action has ended", || crate::support::ask(port, "GET", "/health").is_ok());
    let pid = report.output.trim().to_owned();
    let killed = std::process::Command::new("kill").arg(&pid).current_dir(dir.path()).status().expect("kill");
    assert!(killed.success());
}

#[tokio::test]
async fn much_output_is_cut_and_said_so() {
    let report = succeeded(run(script("head -c 200000 /dev/zero | tr '\\0' x"), invocation(&[])).await);
    assert_eq!((report.output.len(), report.cut), (64 * 1024, true));
}

#[tokio::test]
async fn http_sends_key_epoch_and_typed_body_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = Answering::start(move |request| {
        log.lock().expect("log").push(request.to_owned());
        "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\ndone".into()
    });
    let action = HttpAction {
        method: "POST".into(),
        url: server.url("/scale/${who}"),
        headers: vec![("Authorization".into(), "Bearer t".into())],
        body: Some(serde_json::json!({ "replicas": "${n}" })),
        expected_status: vec![],
    };
    let values = [("who", text("a/b")), ("n", Value::Int(4))];
    let report = succeeded(run(ActionSpec::Http(action), invocation(&values)).await);
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
        let action = HttpAction { method: "POST".into(), url, ..HttpAction::default() };
        run(ActionSpec::Http(action), Invocation { time: Duration::from_millis(500), ..invocation(&[]) })
    };
    assert!(matches!(ask(server.url("/refuses")).await, Outcome::Failed(report) if report.detail == "http 409"));
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
