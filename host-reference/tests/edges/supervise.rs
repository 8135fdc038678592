use crate::support::{Killed, TempDir, as_child, ask, child_argument, free_port, wait_until};
use homeostat::supervise::proc::{self, ProcessId};
use homeostat::supervise::{
    Found, InstanceId, Program, Restarted, Running, Status, SuperviseError, Supervisor, SupervisorOptions,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A directory whose processes are killed with the test.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new())
    }

    fn open(&self) -> (Supervisor, Vec<(String, Found)>) {
        let (supervisor, adopted) =
            Supervisor::open(self.0.path(), SupervisorOptions { log_cap_bytes: 1_000 }).expect("open");
        (supervisor, adopted.into_iter().map(|a| (a.instance.to_string(), a.found)).collect())
    }

    fn state(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.0.join("supervised.json")).expect("state")).expect("json")
    }

    /// Writes the state as a killed or confused host would have left it.
    fn rewrite(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut state = self.state();
        change(&mut state);
        std::fs::write(self.0.join("supervised.json"), state.to_string()).expect("write");
    }

    fn log(&self, instance: &str) -> PathBuf {
        self.0.join("logs").join(format!("{instance}.log"))
    }

    fn left(&self) -> Vec<i32> {
        let Ok(bytes) = std::fs::read(self.0.join("supervised.json")) else { return Vec::new() };
        let state: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let Some(supervisor) = state["supervisor"].as_str() else { return Vec::new() };
        let mark = |pid| proc::environment_of(pid, "HOMEOSTAT_INSTANCE").unwrap_or_default();
        proc::all().map(|stat| stat.id.pid).filter(|pid| mark(*pid).starts_with(supervisor)).collect()
    }
}

impl Home {
    /// Again and again, because one may fork while it is being killed.
    fn kill_all(&self) {
        wait_until("all are gone", || {
            let left = self.left();
            for pid in &left {
                let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
            }
            left.is_empty()
        });
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.kill_all();
    }
}

fn program(argv: &[&str]) -> Program {
    Program {
        component: "web".into(),
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        environment: Default::default(),
        directory: None,
        grace: Duration::from_secs(5),
    }
}

fn demo(arguments: &[&str]) -> Program {
    let service = [env!("CARGO_BIN_EXE_homeostat"), "demo-service", "--max-life", "60s"];
    program(&[&service[..], arguments].concat())
}

fn web(number: u32) -> InstanceId {
    InstanceId { component: "web".into(), number }
}

fn restarted(restarted: Restarted) -> Running {
    match restarted {
        Restarted::Now(running) => running,
        Restarted::Already => panic!("nothing was done"),
    }
}

#[tokio::test]
async fn a_started_process_leads_its_own_group_and_is_known_by_pid_and_start_time() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    assert_eq!(supervisor.status(&web(1)), Status::NotStarted);
    let running = supervisor.start(&program(&["sleep", "60"]), 1).await.expect("start");
    let stat = proc::stat(running.process.pid).expect("there");
    assert_eq!((stat.id, stat.group), (running.process, running.process.pid));
    assert_eq!(supervisor.status(&web(1)), Status::Running(running));
    assert_eq!(supervisor.start(&program(&["sleep", "60"]), 1).await.expect("start"), running, "left alone");
    supervisor.stop(&web(1), Duration::from_secs(5)).await.expect("stop");
    assert!(!proc::is_alive(running.process));
    assert_eq!(supervisor.status(&web(1)), Status::NotStarted);
}

#[tokio::test]
async fn an_ended_process_is_reaped_and_says_how_it_ended() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let running = supervisor.start(&program(&["sh", "-c", "exit 3"]), 1).await.expect("start");
    wait_until("it ends", || matches!(supervisor.status(&web(1)), Status::Ended(_)));
    wait_until("it is reaped", || {
        supervisor.tend();
        proc::stat(running.process.pid).is_none_or(|stat| stat.id != running.process)
    });
    let Status::Ended(Some(how)) = supervisor.status(&web(1)) else { panic!("ended") };
    assert!(how.contains('3'), "{how}");
}

#[tokio::test]
async fn a_restart_frees_the_port_and_takes_it_again() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let port = free_port();
    let service = demo(&["--port", &port.to_string(), "--name", "${instance}"]);
    let first = supervisor.start(&service, 1).await.expect("start");
    wait_until("it answers", || ask(port, "GET", "/").is_ok());
    for command in ["c1", "c2", "c3"] {
        let before = supervisor.status(&web(1));
        let next = restarted(supervisor.restart(&service, 1, command).await.expect("restart"));
        assert_ne!(before, Status::Running(next));
        wait_until("the new one answers", || {
            ask(port, "GET", "/").is_ok_and(|(_, body)| body.contains(&format!("\"pid\":{}", next.process.pid)))
        });
    }
    assert!(ask(port, "GET", "/").expect("answer").1.contains("web-1"));
    assert!(!proc::is_alive(first.process));
}

#[tokio::test]
async fn who_does_not_end_when_asked_is_killed_after_its_grace() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let port = free_port();
    let mut service = demo(&["--port", &port.to_string(), "--ignore-term"]);
    service.grace = Duration::from_millis(100);
    let first = supervisor.start(&service, 1).await.expect("start");
    wait_until("it answers", || ask(port, "GET", "/").is_ok());
    restarted(supervisor.restart(&service, 1, "c1").await.expect("restart"));
    assert!(!proc::is_alive(first.process));
    wait_until("the new one answers", || ask(port, "GET", "/").is_ok());
}

#[tokio::test]
async fn grandchildren_end_with_it_in_its_group_and_out_of_it() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let family = program(&["sh", "-c", "sleep 60 & setsid sleep 60 & wait"]);
    supervisor.start(&family, 1).await.expect("start");
    wait_until("all three are there", || home.left().len() == 3);
    let old = home.left();
    restarted(supervisor.restart(&family, 1, "c1").await.expect("restart"));
    assert!(home.left().iter().all(|pid| !old.contains(pid)));
    supervisor.stop(&web(1), Duration::from_secs(5)).await.expect("stop");
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn grandchildren_left_by_a_dead_leader_are_ended_before_the_next_start() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    supervisor.start(&program(&["sh", "-c", "sleep 60 & exit 0"]), 1).await.expect("start");
    wait_until("the leader ends", || matches!(supervisor.status(&web(1)), Status::Ended(_)));
    let old = home.left();
    assert_eq!(old.len(), 1);
    supervisor.start(&program(&["sleep", "60"]), 1).await.expect("start");
    assert!(!home.left().contains(&old[0]));
}

/// Child of the next tests: a host that starts something and waits to be killed.
#[tokio::test]
#[ignore = "runs only as a child of other tests"]
async fn child_host() {
    let Some(directory) = child_argument() else { return };
    let (supervisor, _) = Supervisor::open(&directory, SupervisorOptions::default()).expect("open");
    supervisor.start(&program(&["sh", "-c", "sleep 60 & sleep 60"]), 1).await.expect("start");
    std::fs::write(directory.join("ready"), "").expect("ready");
    std::thread::sleep(Duration::from_secs(60));
}

/// Starts a host, kills it with -9, and says who was left.
fn host_killed(directory: &Path) -> ProcessId {
    let command = &mut as_child("supervise::child_host", directory.as_os_str(), &[]);
    let mut host = Killed(command.stdout(Stdio::null()).spawn().expect("spawn"));
    wait_until("the host has started it", || directory.join("ready").exists());
    host.0.kill().expect("kill -9");
    host.0.wait().expect("gone");
    let state: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory.join("supervised.json")).expect("state")).expect("json");
    serde_json::from_value(state["records"][0]["process"].clone()).expect("process")
}

#[tokio::test]
async fn a_process_lives_on_when_its_host_is_killed_and_is_adopted() {
    let home = Home::new();
    let process = host_killed(home.0.path());
    assert!(proc::is_alive(process));
    let (supervisor, adopted) = home.open();
    assert_eq!(adopted, [("web-1".to_owned(), Found::Alive(process))]);
    let restarted = restarted(supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await.expect("restart"));
    assert!(!proc::is_alive(process), "an adopted process is stopped too");
    assert_eq!(home.left(), [restarted.process.pid], "and its grandchild");
}

#[test]
fn a_host_killed_between_start_and_record_finds_the_process_by_its_mark() {
    let home = Home::new();
    let process = host_killed(home.0.path());
    home.rewrite(|state| state["records"][0]["process"] = serde_json::Value::Null);
    let (supervisor, adopted) = home.open();
    assert_eq!(adopted, [("web-1".to_owned(), Found::Alive(process))], "the leader, not its child");
    assert!(matches!(supervisor.status(&web(1)), Status::Running(running) if running.process == process));
}

#[tokio::test]
async fn a_host_killed_before_the_start_does_it_when_asked_again() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await.expect("restart");
    supervisor.stop(&web(1), Duration::from_secs(5)).await.expect("stop");
    supervisor.restart(&program(&["true"]), 1, "c1").await.expect("restart");
    wait_until("it ends", || matches!(supervisor.status(&web(1)), Status::Ended(_)));
    home.rewrite(|state| state["records"][0]["process"] = serde_json::Value::Null);
    let (supervisor, adopted) = home.open();
    assert_eq!(adopted, [("web-1".to_owned(), Found::Gone)]);
    assert!(matches!(supervisor.status(&web(1)), Status::Failed(_)), "not forgotten, and not the host's own to start");
    assert!(!supervisor.is_missing(&program(&["sleep", "60"]), 1));
    assert_eq!(home.open().1, [], "nothing is looked for twice");
    restarted(supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await.expect("restart"));
    home.rewrite(|state| state["records"][0]["command"] = serde_json::Value::Null);
    home.kill_all();
    home.rewrite(|state| state["records"][0]["process"] = serde_json::Value::Null);
    let (supervisor, _) = home.open();
    assert!(supervisor.is_missing(&program(&["sleep", "60"]), 1), "a first start is the host's own");
}

#[tokio::test]
async fn no_signal_goes_to_a_pid_that_has_changed_hands() {
    let home = Home::new();
    host_killed(home.0.path());
    home.kill_all();
    let mut command = Command::new("sleep");
    let mut stranger =
        Killed(std::os::unix::process::CommandExt::process_group(command.arg("60"), 0).spawn().expect("spawn"));
    home.rewrite(|state| state["records"][0]["process"]["pid"] = stranger.0.id().into());
    let (supervisor, adopted) = home.open();
    assert_eq!(adopted, [("web-1".to_owned(), Found::Gone)]);
    assert!(matches!(supervisor.status(&web(1)), Status::Ended(_)));
    restarted(supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await.expect("restart"));
    assert!(stranger.0.try_wait().expect("wait").is_none(), "the stranger lives");
}

#[test]
fn after_a_boot_nothing_is_taken_for_alive() {
    let home = Home::new();
    host_killed(home.0.path());
    home.rewrite(|state| state["records"][0]["boot"] = "another".into());
    assert_eq!(home.open().1, [("web-1".to_owned(), Found::Over)]);
}

#[tokio::test]
async fn a_restart_is_done_once_for_its_command() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let sleep = program(&["sleep", "60"]);
    let first = supervisor.start(&sleep, 1).await.expect("start");
    let second = restarted(supervisor.restart(&sleep, 1, "c7").await.expect("restart"));
    assert!(!proc::is_alive(first.process) && proc::is_alive(second.process));
    assert_eq!(supervisor.restart(&sleep, 1, "c7").await.expect("restart"), Restarted::Already);
    drop(supervisor);
    let (supervisor, _) = home.open();
    assert_eq!(supervisor.restart(&sleep, 1, "c7").await.expect("restart"), Restarted::Already);
    assert!(proc::is_alive(second.process));
    restarted(supervisor.restart(&sleep, 1, "c8").await.expect("restart"));
}

#[tokio::test]
async fn scaling_numbers_the_instances_and_can_be_asked_twice() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let service = program(&["sh", "-c", "echo \"$0 $N\"; exec sleep 60", "${instance}"]);
    let service = Program { environment: [("N".to_owned(), "n${number}".to_owned())].into(), ..service };
    supervisor.scale(&service, 3).await.expect("scale");
    assert_eq!(supervisor.instances(), [web(1), web(2), web(3)].into());
    wait_until("it has said its name", || {
        std::fs::read_to_string(home.log("web-2")).is_ok_and(|text| text == "web-2 n2\n")
    });
    let first = supervisor.status(&web(1));
    supervisor.scale(&service, 3).await.expect("scale");
    assert_eq!((supervisor.status(&web(1)), home.left().len()), (first.clone(), 3), "left as they are");
    supervisor.scale(&service, 1).await.expect("scale");
    assert_eq!((supervisor.status(&web(1)), supervisor.instances()), (first, [web(1)].into()));
    assert_eq!(home.left().len(), 1);
    supervisor.scale(&service, 2).await.expect("scale");
    let grace = Duration::from_secs(5);
    supervisor.stop(&web(1), grace).await.expect("stop");
    assert_eq!(home.open().0.wanted("web"), 2, "whoever ends them all may be killed meanwhile");
    supervisor.stop(&web(2), grace).await.expect("stop");
    assert_eq!(home.open().0.wanted("web"), 1, "with the last one its number is forgotten");
}

#[tokio::test]
async fn secrets_are_not_inherited_and_what_is_printed_is_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let (supervisor, _) = home.open();
    let variable = "CARGO_MANIFEST_DIR";
    assert!(std::env::var_os(variable).is_some(), "this process has one to withhold");
    let service = program(&["sh", "-c", "echo \"<$CARGO_MANIFEST_DIR>\"; exec sleep 60"]);
    supervisor.withhold([variable.to_owned()].into());
    supervisor.start(&service, 1).await.expect("start");
    let printed = |text: &str| std::fs::read_to_string(home.log("web-1")).is_ok_and(|log| log.ends_with(text));
    wait_until("nothing was inherited", || printed("<>\n"));
    let own = Program { environment: [(variable.to_owned(), "given".to_owned())].into(), ..service.clone() };
    restarted(supervisor.restart(&own, 1, "c1").await.expect("restart"));
    wait_until("what the program names is given", || printed("<given>\n"));
    supervisor.withhold(Default::default());
    restarted(supervisor.restart(&service, 1, "c2").await.expect("restart"));
    wait_until("all else is inherited", || printed(&format!("<{}>\n", env!("CARGO_MANIFEST_DIR"))));
    let made = home.0.join("made");
    Supervisor::open(&made, SupervisorOptions::default()).expect("open");
    let mode = std::fs::metadata(made).expect("the directory").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn what_failed_is_tried_anew_with_another_program_only() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let (missing, there) = (program(&["no-such-program-at-all"]), program(&["sleep", "60"]));
    assert!(supervisor.is_missing(&missing, 1));
    supervisor.start(&missing, 1).await.expect_err("missing");
    assert!(!supervisor.is_missing(&missing, 1) && supervisor.is_missing(&there, 1));
    supervisor.start(&there, 1).await.expect("start");
    assert!(!supervisor.is_missing(&missing, 1) && !supervisor.is_missing(&there, 1));
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let missing = supervisor.start(&program(&["no-such-program-at-all"]), 1).await.expect_err("missing");
    assert!(missing.to_string().contains("program `no-such-program-at-all` was not found"), "{missing}");
    let denied = supervisor.start(&program(&["/etc/passwd"]), 1).await.expect_err("no program");
    assert!(matches!(&denied, SuperviseError::Spawn { .. }) && denied.to_string().contains("/etc/passwd"), "{denied}");
    let nowhere = Program { directory: Some("/no/such/directory".into()), ..program(&["true"]) };
    assert!(matches!(supervisor.start(&nowhere, 1).await, Err(SuperviseError::DirectoryMissing { .. })));
    assert!(matches!(supervisor.start(&program(&[]), 1).await, Err(SuperviseError::NoProgram(_))));
    assert!(matches!(supervisor.status(&web(1)), Status::Failed(why) if why.contains("found an empty list")));
    assert_eq!(home.open().1, [], "nothing is looked for that did not start");
}

#[tokio::test]
async fn a_log_is_kept_to_its_size_while_the_process_writes_on() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let go = home.0.join("go");
    let script = "head -c 5000 /dev/zero; while [ ! -e \"$0\" ]; do sleep 0.01; done; echo after; exec sleep 60";
    supervisor.start(&program(&["sh", "-c", script, go.to_str().expect("path")]), 1).await.expect("start");
    let log = home.log("web-1");
    let size = || std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
    wait_until("it has written", || size() == 5_000);
    supervisor.tend();
    assert_eq!(size(), 0);
    assert_eq!(std::fs::metadata(log.with_extension("log.1")).expect("old").len(), 5_000);
    std::fs::write(&go, "").expect("go");
    wait_until("it writes on at the beginning", || std::fs::read(&log).is_ok_and(|text| text == b"after\n"));
}

#[tokio::test]
async fn state_that_cannot_be_written_stops_nothing_and_starts_nothing() {
    let home = Home::new();
    let (supervisor, _) = home.open();
    let running = supervisor.start(&program(&["sleep", "60"]), 1).await.expect("start");
    // A directory where the new state would be written: works for root too, whom permissions do not stop.
    std::fs::create_dir(home.0.join("supervised.new")).expect("obstacle");
    let restart = supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await;
    assert!(matches!(restart, Err(SuperviseError::State { .. })));
    assert!(proc::is_alive(running.process));
    assert!(matches!(supervisor.start(&program(&["sleep", "60"]), 2).await, Err(SuperviseError::State { .. })));
    assert_eq!(home.left().len(), 1);
    std::fs::remove_dir(home.0.join("supervised.new")).expect("cleared");
    restarted(supervisor.restart(&program(&["sleep", "60"]), 1, "c1").await.expect("it resumes"));
}

#[test]
fn a_damaged_state_file_is_refused_rather_than_forgotten() {
    let home = Home::new();
    std::fs::write(home.0.join("supervised.json"), "{").expect("write");
    let refused = Supervisor::open(home.0.path(), SupervisorOptions::default());
    assert!(matches!(refused, Err(SuperviseError::State { .. })));
}
