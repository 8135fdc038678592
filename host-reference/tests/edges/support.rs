//! What several test files need.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
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

/// Says that a test ends without having tested anything, and why; `./test` shows it.
#[track_caller]
pub fn skipped(why: &str) {
    let line = format!("skipped: {}: {}", std::panic::Location::caller(), why.trim().replace('\n', " · "));
    if let Some(list) = std::env::var_os("HOMEOSTAT_TEST_SKIPPED") {
        let mut list = std::fs::File::options().append(true).create(true).open(list).expect("the list of the skipped");
        list.write_all(format!("{line}\n").as_bytes()).expect("a line");
    }
    println!("{line}");
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

/// A demo service on a free port.
pub struct Demo {
    child: Killed,
    port: u16,
}

impl Demo {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_homeostat"))
            .args(["demo-service", "--port", "0"])
            .args(if arguments.contains(&"--max-life") { &[] } else { &["--max-life", "60s"][..] })
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("spawn");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        let child = Killed(child);
        BufReader::new(stdout).read_line(&mut line).expect("first line");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        Self { child, port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn kill(&mut self) {
        self.child.0.kill().expect("kill");
        self.child.0.wait().expect("gone");
    }

    /// Waits for its end; its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let mut code = None;
        wait_until("the service ends", || match self.child.0.try_wait().expect("wait") {
            Some(status) => {
                code = status.code();
                true
            }
            None => false,
        });
        code
    }

    /// One request by hand: status and body.
    pub fn ask(&self, method: &str, path: &str) -> std::io::Result<(u16, String)> {
        self.ask_within(Duration::from_secs(10), method, path)
    }

    /// One request that bears only so much silence.
    pub fn ask_within(&self, silence: Duration, method: &str, path: &str) -> std::io::Result<(u16, String)> {
        ask_within(self.port, silence, method, path)
    }
}

/// A port that was free just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// One request by hand to a port of this machine: status and body.
pub fn ask(port: u16, method: &str, path: &str) -> std::io::Result<(u16, String)> {
    ask_within(port, Duration::from_secs(10), method, path)
}

fn ask_within(port: u16, silence: Duration, method: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(silence))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: demo\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    Ok((status.ok_or(std::io::ErrorKind::InvalidData)?, body.unwrap_or_default()))
}

/// A server that answers each request by a function of what it received: head and, with a `Content-Length`, body.
pub struct Answering {
    port: u16,
}

impl Answering {
    pub fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                if let Ok(request) = read_request(&mut stream) {
                    // Who hangs up in the middle of a long answer has read enough.
                    let _ = stream.write_all(answer(&request).as_bytes());
                }
            }
        });
        Self { port }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    while reader.read_line(&mut request)? > 2 {}
    let length = request.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    request.push_str(&String::from_utf8_lossy(&body));
    Ok(request)
}
