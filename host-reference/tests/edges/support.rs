//! What several test files need.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A directory that goes away with the test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("homeostat-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("temporary directory");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits for a condition, at most ten seconds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < end, "waited 10 s in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A child that is killed with the test, whatever happens.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This test binary again, running only `test`, which sees `argument` in `HOMEOSTAT_TEST_CHILD`. `wrapper` is put
/// before it, for limits and mounts.
pub fn as_child(test: &str, argument: &OsStr, wrapper: &[&str]) -> Command {
    let binary = std::env::current_exe().expect("the test binary");
    let mut command = match wrapper {
        [] => Command::new(binary),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(binary);
            command
        }
    };
    command.args(["--exact", test, "--nocapture", "--include-ignored"]);
    command.env("HOMEOSTAT_TEST_CHILD", argument).stdin(Stdio::null());
    command
}

/// What the parent said, when this process is the child.
pub fn child_argument() -> Option<PathBuf> {
    std::env::var_os("HOMEOSTAT_TEST_CHILD").map(PathBuf::from)
}
