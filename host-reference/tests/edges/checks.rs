use crate::support::{Answering, Demo, TempDir, free_port, wait_until};
use homeostat::checks::{CheckAnswer, CheckSpec, Checker, ExecCheck, HttpCheck, ProcessCheck, TcpCheck, Verdict};
use homeostat::child::Job;
use homeostat::supervise::{InstanceId, Program, Supervisor, SupervisorOptions, proc};
use homeostat::web::Web;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(200);

fn checker(in_flight: usize) -> Checker {
    Checker::new(Web::new().expect("client"), None, in_flight)
}

async fn run(spec: CheckSpec, deadline: Duration) -> CheckAnswer {
    checker(8).run(&spec, deadline).await
}

fn http(url: &str) -> CheckSpec {
    CheckSpec::Http(HttpCheck { url: url.into(), ..HttpCheck::default() })
}

fn exec(argv: &[&str]) -> CheckSpec {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    CheckSpec::Exec(ExecCheck { job: Job { argv, environment: Default::default(), directory: None } })
}

async fn verdict(spec: CheckSpec) -> (Verdict, String) {
    let answer = run(spec, LONG).await;
    (answer.verdict, answer.detail)
}

#[tokio::test]
async fn http_follows_the_service_from_good_to_bad_to_gone() {
    let mut demo = Demo::start(&[]);
    let health = demo.url("/health");
    let answer = run(http(&health), LONG).await;
    assert!(answer.verdict == Verdict::Pass && answer.detail.starts_with("http 200 in "), "{answer:?}");
    demo.ask("POST", "/break/fail").expect("break");
    assert_eq!(verdict(http(&health)).await, (Verdict::Fail, "http 503".into()));
    demo.ask("POST", "/break/hang").expect("break");
    let answer = run(http(&health), SHORT).await;
    assert_eq!((answer.verdict, answer.detail.as_str()), (Verdict::Fail, "no answer in 200 ms"));
    demo.kill();
    assert_eq!(verdict(http(&health)).await, (Verdict::Fail, "connection refused".into()));
}

#[tokio::test]
async fn http_judges_status_body_and_latency() {
    let server = Answering::start(|head| match head.split(' ').nth(1) {
        Some("/moved") => "HTTP/1.1 302 Found\r\nLocation: /gone\r\nContent-Length: 0\r\n\r\n".into(),
        Some("/gone") => "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n".into(),
        _ => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len()),
    });
    let spec = |change: fn(&mut HttpCheck), path: &str| {
        let mut check = HttpCheck { url: server.url(path), ..HttpCheck::default() };
        change(&mut check);
        CheckSpec::Http(check)
    };
    assert_eq!(verdict(spec(|_| {}, "/moved")).await.0, Verdict::Pass, "not followed");
    assert_eq!(verdict(spec(|c| c.expected_status = vec![200], "/moved")).await, (Verdict::Fail, "http 302".into()));
    assert_eq!(verdict(spec(|c| c.expected_status = vec![410], "/gone")).await.0, Verdict::Pass);
    assert_eq!(verdict(spec(|c| c.body_contains = Some("GET /".into()), "/")).await.0, Verdict::Pass);
    let (missing, why) = verdict(spec(|c| c.body_contains = Some("absent".into()), "/")).await;
    assert!(missing == Verdict::Fail && why.contains("`absent` is not in the body"), "{why}");
    let host = |c: &mut HttpCheck| {
        c.headers = vec![("Host".into(), "shop.example".into())];
        c.body_contains = Some("host: shop.example".into());
    };
    assert_eq!(verdict(spec(host, "/")).await.0, Verdict::Pass);
    let (slow, why) = verdict(spec(|c| c.latency_at_most = Some(Duration::ZERO), "/")).await;
    assert!(slow == Verdict::Fail && why.contains("at most 0 ms allowed"), "{why}");
}

#[tokio::test]
async fn http_reads_no_more_than_a_mebibyte() {
    let server = Answering::start(|_| {
        let body = "x".repeat(3 * 1024 * 1024);
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}end", body.len() + 3)
    });
    let check = HttpCheck { url: server.url("/"), body_contains: Some("end".into()), ..HttpCheck::default() };
    let (verdict, why) = verdict(CheckSpec::Http(check)).await;
    assert!(verdict == Verdict::Fail && why.contains("first 1048576 bytes"), "{why}");
}

#[tokio::test]
async fn what_the_checker_cannot_ask_is_an_error_not_a_failure() {
    for (url, why) in [
        ("no url", "is no url"),
        ("ftp://127.0.0.1/", "expected http or https"),
        ("http://169.254.169.254/latest/meta-data", "never asked"),
        ("http://no-such-name.invalid/", "cannot be resolved"),
    ] {
        let (verdict, detail) = verdict(http(url)).await;
        assert!(verdict == Verdict::Error && detail.contains(why), "{url}: {detail}");
    }
    let (missing, why) = verdict(exec(&["no-such-program-at-all"])).await;
    assert!(missing == Verdict::Error && why.contains("`no-such-program-at-all` was not found"), "{why}");
    let supervised = ProcessCheck::Supervised(InstanceId { component: "a".into(), number: 1 });
    assert_eq!(verdict(CheckSpec::Process(supervised)).await.0, Verdict::Error);
}

#[tokio::test]
async fn tcp_says_open_or_refused() {
    let demo = Demo::start(&[]);
    let tcp = |host: &str, port| CheckSpec::Tcp(TcpCheck { host: host.into(), port });
    assert_eq!(verdict(tcp("127.0.0.1", demo.port())).await.0, Verdict::Pass);
    assert_eq!(verdict(tcp("127.0.0.1", free_port())).await, (Verdict::Fail, "connection refused".into()));
    assert_eq!(verdict(tcp("169.254.169.254", 80)).await.0, Verdict::Error);
    assert_eq!(verdict(tcp("no-such-name.invalid", 80)).await.0, Verdict::Error);
}

#[tokio::test]
async fn exec_goes_by_the_exit_code_and_shows_the_last_line() {
    assert_eq!(verdict(exec(&["sh", "-c", "echo fine"])).await, (Verdict::Pass, "exit code 0: fine".into()));
    let (verdict, why) = verdict(exec(&["sh", "-c", "echo x; echo 'disk 97 %' >&2; exit 2"])).await;
    assert_eq!((verdict, why.as_str()), (Verdict::Fail, "exit code 2: disk 97 %"));
    let killed = run(exec(&["sh", "-c", "kill -9 $$"]), LONG).await;
    assert_eq!((killed.verdict, killed.detail.as_str()), (Verdict::Fail, "ended by signal 9"));
}

#[tokio::test]
async fn exec_sees_only_the_environment_it_was_given() {
    let known = "^(HOME|LANG|LC_ALL|LOGNAME|PATH|TMPDIR|TZ|USER|GIVEN|PWD|OLDPWD|SHLVL|_)=";
    let script = format!("test \"$GIVEN\" = 'a b' && test -n \"$PATH\" && ! env | grep -vE '{known}'");
    let argv = ["sh", "-c", &script];
    let job = Job {
        argv: argv.map(str::to_owned).to_vec(),
        environment: [("GIVEN".to_owned(), "a b".to_owned())].into(),
        directory: None,
    };
    assert_eq!(verdict(CheckSpec::Exec(ExecCheck { job })).await.0, Verdict::Pass);
}

#[tokio::test]
async fn exec_that_takes_too_long_is_killed_with_its_grandchildren() {
    let dir = TempDir::new();
    let pids = dir.join("pids");
    let script = "sleep 60 & echo $! $$ > \"$0.new\"; mv \"$0.new\" \"$0\"; wait";
    let deadline = Duration::from_secs(1);
    let answer = run(exec(&["sh", "-c", script, pids.to_str().expect("path")]), deadline).await;
    assert_eq!((answer.verdict, answer.detail.as_str()), (Verdict::Fail, "no answer in 1000 ms, killed"));
    let text = std::fs::read_to_string(&pids).expect("it wrote its pids");
    let pids: Vec<i32> = text.split_whitespace().map(|pid| pid.parse().expect("pid")).collect();
    assert_eq!(pids.len(), 2);
    wait_until("both are gone", || pids.iter().all(|pid| proc::stat(*pid).is_none_or(|stat| stat.zombie)));
}

#[tokio::test]
async fn exec_does_not_wait_for_who_holds_its_output_open() {
    let started = Instant::now();
    let (verdict, why) = verdict(exec(&["sh", "-c", "sleep 60 & echo done"])).await;
    assert_eq!((verdict, why.as_str()), (Verdict::Pass, "exit code 0: done"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_flood_of_output_is_read_and_cut() {
    let answer = run(exec(&["sh", "-c", "head -c 3000000 /dev/zero; echo; echo last >&2"]), LONG).await;
    assert_eq!((answer.verdict, answer.detail.as_str()), (Verdict::Pass, "exit code 0: last"));
}

#[tokio::test]
async fn a_supervised_process_is_alive_until_it_ends() {
    let dir = TempDir::new();
    let (supervisor, _) = Supervisor::open(dir.path(), SupervisorOptions::default()).expect("open");
    let supervisor = Arc::new(supervisor);
    let checker = Checker::new(Web::new().expect("client"), Some(Arc::clone(&supervisor)), 8);
    let instance = InstanceId { component: "web".into(), number: 1 };
    let spec = CheckSpec::Process(ProcessCheck::Supervised(instance.clone()));
    assert_eq!(checker.run(&spec, LONG).await.detail, "process not started");
    let go = dir.join("go");
    let script = "while [ ! -e \"$0\" ]; do sleep 0.01; done; exit 7";
    let program = Program {
        component: "web".into(),
        argv: ["timeout", "60", "sh", "-c", script, go.to_str().expect("path")].map(str::to_owned).to_vec(),
        environment: Default::default(),
        directory: None,
        grace: LONG,
    };
    supervisor.start(&program, 1).await.expect("start");
    assert_eq!(checker.run(&spec, LONG).await.verdict, Verdict::Pass);
    std::fs::write(&go, "").expect("go");
    let end = Instant::now() + LONG;
    while checker.run(&spec, LONG).await.verdict == Verdict::Pass && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = checker.run(&spec, LONG).await;
    assert!(answer.verdict == Verdict::Fail && answer.detail.contains("exit status: 7"), "{answer:?}");
}

#[tokio::test]
async fn a_process_is_found_by_pid_file_and_by_name() {
    let dir = TempDir::new();
    let file = dir.join("pid");
    let by_file = || CheckSpec::Process(ProcessCheck::PidFile(file.clone()));
    assert_eq!(verdict(by_file()).await.0, Verdict::Fail);
    std::fs::write(&file, format!("{}\n", std::process::id())).expect("write");
    assert_eq!(verdict(by_file()).await.0, Verdict::Pass);
    std::fs::write(&file, "4194999").expect("write");
    assert_eq!(verdict(by_file()).await, (Verdict::Fail, "no process 4194999".into()));
    std::fs::write(&file, "none").expect("write");
    assert_eq!(verdict(by_file()).await.0, Verdict::Error);
    let _demo = Demo::start(&[]);
    assert_eq!(verdict(CheckSpec::Process(ProcessCheck::Named("homeostat".into()))).await.0, Verdict::Pass);
    assert_eq!(verdict(CheckSpec::Process(ProcessCheck::Named("no-such-name".into()))).await.0, Verdict::Fail);
}

#[tokio::test]
async fn one_that_hangs_holds_no_other_and_too_many_wait_only_so_long() {
    let hanging = Demo::start(&[]);
    hanging.ask("POST", "/break/hang").expect("break");
    let good = Demo::start(&[]);
    let checker = Arc::new(checker(2));
    let ask = |url: String, deadline| {
        let checker = Arc::clone(&checker);
        tokio::spawn(async move { checker.run(&http(&url), deadline).await })
    };
    let first = ask(hanging.url("/"), Duration::from_secs(2));
    let started = Instant::now();
    assert_eq!(ask(good.url("/health"), LONG).await.expect("answer").verdict, Verdict::Pass);
    assert!(started.elapsed() < Duration::from_millis(1_900), "it did not wait for the one that hangs");
    let second = ask(hanging.url("/"), Duration::from_secs(2));
    tokio::task::yield_now().await;
    let third = ask(good.url("/health"), SHORT).await.expect("answer");
    assert_eq!(third.verdict, Verdict::Error);
    assert!(third.detail.contains("2 other checks"), "{}", third.detail);
    assert_eq!(first.await.expect("answer").verdict, Verdict::Fail);
    assert_eq!(second.await.expect("answer").verdict, Verdict::Fail);
    assert_eq!(ask(good.url("/health"), LONG).await.expect("answer").verdict, Verdict::Pass);
}
