//! `homeostat demo` as a person runs it: it ends by itself, tells the truth, and leaves nothing behind.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What `homeostat demo --help` and the documentation promise.
const AT_MOST: Duration = Duration::from_secs(90);
const BROKEN: [&str; 4] = ["web-2", "search", "orders", "payments"];

#[test]
fn each_story_ends_as_it_should() {
    let run = Run::start(&["--json"]);
    let (output, folder, took) = run.finish();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(took < AT_MOST, "it took {took:?}");
    folder.assert_nothing_left();

    let summary = summary(&text);
    assert_eq!((&summary["good"], &summary["sabotage"]), (&Value::Bool(true), &Value::Bool(false)));
    let stories = summary["summary"]["stories"].as_array().expect("stories");
    let seen: Vec<_> = stories.iter().map(|story| (text_of(story, "component"), text_of(story, "outcome"))).collect();
    assert_eq!(seen, BROKEN.into_iter().zip(["healed", "healed", "healed", "escalated"]).collect::<Vec<_>>());
    let attempts: Vec<_> = stories.iter().filter_map(|story| story["attempts"].as_u64()).collect();
    assert_eq!(attempts, [1, 1, 2, 2]);
    assert!(stories.iter().all(|story| story["detected_ms"].as_i64().is_some_and(|ms| ms >= 0)));
    let quiet = summary["summary"]["quiet"].as_array().expect("quiet");
    assert_eq!(quiet.len(), 5, "{quiet:?}");

    // Each breach was announced before its story.
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for (component, word) in BROKEN.into_iter().zip(["kills", "hangs", "kills", "breaks"]) {
        let said = lines.iter().any(|line| line["word"] == word && text_of(line, "text").starts_with(component));
        assert!(said, "nobody said that {component} was broken");
    }
}

#[test]
fn restarts_that_do_nothing_are_found_out() {
    let (output, folder, took) = Run::start(&["--sabotage"]).finish();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(took < AT_MOST, "it took {took:?}");
    assert!(text.contains("SABOTAGE") && text.contains("the restarts were sabotaged"), "{text}");
    assert!(text.contains("0 healed") && !text.contains("Each story ended as it should"), "{text}");
    folder.assert_nothing_left();
}

#[test]
fn interrupted_it_leaves_nothing_behind() {
    let mut run = Run::start(&[]);
    let policy = run.folder.wait_for_policy();
    wait_until("services are started", || run.folder.processes().len() >= 10);
    let pid = run.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    wait_until("the demo ends", || run.child.try_wait().expect("wait").is_some());
    let (output, folder, _) = run.finish();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert!(!policy.exists());
    folder.assert_nothing_left();
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The last line of the program's output.
fn summary(text: &str) -> Value {
    serde_json::from_str(text.lines().last().expect("lines")).expect("the summary in JSON")
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "waited 20 s in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A demo with a place for temporary folders of its own, by which its processes are known.
struct Run {
    child: Child,
    folder: Folder,
    started: Instant,
}

impl Run {
    fn start(arguments: &[&str]) -> Run {
        let folder = Folder::new();
        let child = Command::new(env!("CARGO_BIN_EXE_homeostat"))
            .arg("demo")
            .args(arguments)
            .env("TMPDIR", &folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("spawn");
        Run { child, folder, started: Instant::now() }
    }

    fn finish(self) -> (Output, Folder, Duration) {
        let output = self.child.wait_with_output().expect("an end");
        (output, self.folder, self.started.elapsed())
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("homeostat-demo-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn wait_for_policy(&self) -> PathBuf {
        let find = || std::fs::read_dir(&self.0).ok()?.next()?.ok().map(|entry| entry.path().join("demo.yaml"));
        wait_until("the policy is written", || find().is_some_and(|path| path.exists()));
        find().expect("a folder")
    }

    /// Processes that were started with this place for temporary files: the demo, its host and its services.
    fn processes(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}\0", self.0.display());
        let marked = |path: &Path| {
            std::fs::read(path.join("environ")).is_ok_and(|environ| {
                let text = String::from_utf8_lossy(&environ).into_owned() + "\0";
                text.contains(&mark)
            })
        };
        let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
        let found = entries.map(|entry| entry.path()).filter(|path| marked(path));
        found.map(|path| std::fs::read_to_string(path.join("cmdline")).unwrap_or_default().replace('\0', " ")).collect()
    }

    fn assert_nothing_left(&self) {
        let left = self.processes();
        assert!(left.is_empty(), "still running: {left:?}");
        let files: Vec<_> = std::fs::read_dir(&self.0).expect("the folder").flatten().map(|it| it.path()).collect();
        assert!(files.is_empty(), "still there: {files:?}");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What a failed test leaves is looked at by hand.
        let _ = std::fs::remove_dir(&self.0);
    }
}
