//! Where the demo takes place: a folder, a policy with free ports, and a host that runs it.

use super::POLICY;
use crate::os_error;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, DirBuilder};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const POLICY_FILE: &str = "demo.yaml";
const DB_FILE: &str = "homeostat.db";
/// The ports of the example are these digits and one more.
const PORTS: &str = "1860";
/// Whole decades of ports, below those that systems give to whoever asks.
const PREFIXES: std::ops::Range<u16> = 1_100..3_200;
/// How the services of the example live: long. Those of the demo: as long as it does.
const LIFE: &str = "--max-life, 10080m";
/// Should everything else fail, the host ends by itself.
const HOST_TIME: &str = "88s";
const END_TIME: Duration = Duration::from_secs(10);

/// What `--sabotage` adds to the policy.
const SABOTAGE: &str = "
# Sabotage: a restart that reports success and does nothing.
actions:
  restart: { adapter: { exec: [\"true\"] } }
";

/// A running host with its folder.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    program: PathBuf,
    prefix: u16,
    json: bool,
    host: Child,
}

impl Stage {
    /// Makes the folder and starts the host in it.
    pub fn set(sabotage: bool, json: bool) -> Result<Stage, String> {
        let program = std::env::current_exe()
            .map_err(|error| format!("this program cannot be found: {}", os_error::said(&error)))?;
        let prefix = free_prefix().ok_or("no nine free ports in a row were found on 127.0.0.1")?;
        let folder =
            make_folder().map_err(|error| format!("no temporary folder can be made: {}", os_error::said(&error)))?;
        let text = policy(prefix, std::process::id(), sabotage);
        let started = fs::write(folder.join(POLICY_FILE), text).and_then(|()| {
            let mut host = command(&program, &folder, json);
            host.args(["run", POLICY_FILE, "--for", HOST_TIME]);
            // In a group of its own: Ctrl-C is for the demo, which then ends the host.
            host.process_group(0).kill_on_drop(true).spawn()
        });
        match started {
            Ok(host) => Ok(Stage { folder, program, prefix, json, host }),
            Err(error) => {
                // What is left is an almost empty folder among temporary ones.
                let _ = fs::remove_dir_all(&folder);
                Err(format!("the host cannot be started: {}", os_error::said(&error)))
            }
        }
    }

    /// Ends the host, then the services.
    pub async fn end(&mut self) -> Result<(), String> {
        if let Some(pid) = self.host.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            // It may have ended by itself: then there is nothing to end.
            let _ = kill_process(pid, Signal::TERM);
        }
        let ended = match timeout(END_TIME, self.host.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("the host ended badly, {status}")),
            Ok(Err(error)) => Err(format!("the host cannot be waited for: {}", os_error::said(&error))),
            Err(_) => {
                self.host.kill().await.map_err(|error| format!("the host cannot be ended: {}", os_error::said(&error)))
            }
        };
        let down = command(&self.program, &self.folder, self.json).args(["down"]).stdout(Stdio::null()).status().await;
        let down = match down {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`homeostat down` could not end every service, {status}")),
            Err(error) => Err(format!("`homeostat down` cannot be started: {}", os_error::said(&error))),
        };
        ended.and(down)
    }

    /// Whether the host still runs; how it ended where it does not.
    pub fn check_host(&mut self) -> Result<(), String> {
        match self.host.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("the host ended, {status}")),
            Err(error) => Err(format!("the host cannot be waited for: {}", os_error::said(&error))),
        }
    }

    /// Removes the folder.
    pub fn clear(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.folder)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn db(&self) -> PathBuf {
        self.folder.join(DB_FILE)
    }

    /// For a person.
    pub fn ports(&self) -> String {
        format!("127.0.0.1:{0}1 to {0}9", self.prefix)
    }

    /// The address of the service whose port ends so.
    pub fn url(&self, digit: u8, path: &str) -> String {
        format!("http://127.0.0.1:{}{digit}{path}", self.prefix)
    }
}

/// The example's text, as the demo runs it.
pub(super) fn policy(prefix: u16, pid: u32, sabotage: bool) -> String {
    let text = POLICY.replace(PORTS, &prefix.to_string()).replace(LIFE, &format!("--until-gone, \"{pid}\""));
    if sabotage { text + SABOTAGE } else { text }
}

fn command(program: &Path, folder: &Path, json: bool) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).args(json.then_some("--json"));
    command
}

/// Digits before which `0` to `9` are free ports. Another demo that starts now begins to look elsewhere.
fn free_prefix() -> Option<u16> {
    let span = PREFIXES.end - PREFIXES.start;
    let begin = u16::try_from(now().subsec_nanos() % u32::from(span)).unwrap_or(0);
    let candidates = (0..span).map(|step| PREFIXES.start + (begin + step) % span);
    candidates.into_iter().find(|prefix| {
        let listeners: Vec<_> = (1..=9).map(|digit| TcpListener::bind(("127.0.0.1", prefix * 10 + digit))).collect();
        listeners.iter().all(Result::is_ok)
    })
}

/// Only for its owner: the socket of the host lies in it.
fn make_folder() -> io::Result<PathBuf> {
    let name = format!("homeostat-demo-{}-{}", std::process::id(), now().as_millis());
    let path = std::env::temp_dir().join(name);
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::policy::safety::Safety;
    use homeostat_core::policy::{Loaded, Policy, Source};

    fn load(text: &str) -> Loaded {
        let source = Source { name: "demo.yaml".into(), text: text.into() };
        Policy::load(&[source]).expect("a policy that is accepted")
    }

    #[test]
    fn the_example_loads_without_a_warning_and_changes_no_safety_limit() {
        let loaded = load(POLICY);
        assert_eq!(loaded.warnings, []);
        assert_eq!(*loaded.policy.safety(), Safety::default());
        assert!(loaded.policy.playbooks().iter().all(|playbook| playbook.safety.max_attempts <= 3));
        assert_eq!(loaded.policy.components().len(), 9);
    }

    #[test]
    fn the_demo_changes_ports_and_lives_and_sabotage_the_restart_and_nothing_else() {
        let text = policy(1234, 77, false);
        assert!(!text.contains(PORTS) && !text.contains(LIFE));
        let (ours, example) = (load(&text).policy, load(POLICY).policy);
        assert_eq!(ours.safety(), example.safety());
        assert_eq!(text.lines().count(), POLICY.lines().count());
        let changed = text.lines().zip(POLICY.lines()).filter(|(ours, theirs)| ours != theirs);
        assert!(
            changed
                .map(|(line, _)| line)
                .all(|line| { line.contains("http") || line.contains("run:") || line.trim_start().starts_with('#') })
        );
        let sabotaged = load(&policy(1234, 77, true)).policy;
        assert_eq!((sabotaged.safety(), sabotaged.components()), (ours.safety(), ours.components()));
        let adapter = |policy: &Policy| policy.action(&"restart".into()).expect("an action").adapter.clone();
        assert_ne!(adapter(&sabotaged), adapter(&ours));
    }

    #[test]
    fn free_ports_are_free() {
        let prefix = free_prefix().expect("free ports");
        for digit in 1..=9 {
            assert!(TcpListener::bind(("127.0.0.1", prefix * 10 + digit)).is_ok());
        }
    }
}
