//! One Homeostat of a test: its directory, its policy, its process.

use crate::support::{Killed, TempDir};
use homeostat::store::Reader;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const BIN: &str = env!("CARGO_BIN_EXE_homeostat");

/// No test waits longer for anything, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// Parts of the policies of several tests, each under the word that stands for it: a component that fails as long as
/// `fault` exists, an action that leaves the id of its command, and one of a risk that one person may approve.
const PARTS: [(&str, &str); 3] = [
    (
        "  SICK\n",
        "  sick:
    checks: [{ exec: [test, '!', -e, 'DIR/fault'], interval: 300ms, recheck_interval: 300ms, timeout: 250ms }]
",
    ),
    (
        "  MARK\n",
        "  mark:
    about: Leaves a line.
    category: test
    risk: low
    touches: instance
    idempotent: false
    disruptive: false
    reversal: not_needed
    timeout: 5s
    adapter: { exec: 'echo \"$HOMEOSTAT_COMMAND_ID\" >> DIR/effects', shell: true }
",
    ),
    (
        "  REPAIR\n",
        "  repair:
    about: Leaves a file.
    category: test
    risk: medium
    touches: instance
    idempotent: true
    disruptive: false
    reversal: not_needed
    timeout: 5s
    adapter: { exec: [touch, 'DIR/mended'] }
",
    ),
];

/// What a command of the program said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub struct Program {
    pub dir: TempDir,
    host: Option<Killed>,
    environment: Vec<(String, String)>,
    wrapper: Vec<String>,
}

impl Program {
    /// A directory with this policy; `DIR`, `BIN` and `TEST` in it become the directory, the program and this process,
    /// `SICK`, `MARK` and `REPAIR` on a line of their own what several tests have in common.
    pub fn new(policy: &str) -> Program {
        let dir = TempDir::new();
        let program = Program { dir, host: None, environment: Vec::new(), wrapper: Vec::new() };
        program.write("policy.yaml", policy);
        program
    }

    /// The host is started through this program.
    pub fn wrapped(policy: &str, wrapper: &[&str]) -> Program {
        let mut program = Program::new(policy);
        program.wrapper = wrapper.iter().map(|word| (*word).to_owned()).collect();
        program
    }

    pub fn write(&self, name: &str, text: &str) {
        let dir = self.dir.path().display().to_string();
        let text = PARTS.iter().fold(text.to_owned(), |text, (word, part)| text.replace(word, part));
        let text = text.replace("DIR", &dir).replace("BIN", BIN).replace("TEST", &std::process::id().to_string());
        fs::write(self.path(name), text).expect("a file");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The host dies, as by `kill -9`, at this named point.
    pub fn crash_at(&mut self, point: Option<&str>) {
        self.environment = point.map(|point| ("HOMEOSTAT_CRASH_AT".to_owned(), point.to_owned())).into_iter().collect();
    }

    /// Starts the host; what it says is added to `account`.
    pub fn start(&mut self) {
        self.start_as(&["run", "policy.yaml", "--db", "h.db"]);
    }

    /// Starts the host by these arguments.
    pub fn start_as(&mut self, arguments: &[&str]) {
        let account = File::options().create(true).append(true).open(self.path("account")).expect("a file");
        let mut words = self.wrapper.clone();
        words.extend([BIN].iter().chain(arguments).map(|word| (*word).to_owned()));
        let (program, arguments) = words.split_first().expect("a program");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.dir.path()).stdin(Stdio::null());
        command.envs(self.environment.iter().cloned()).env("TZ", "UTC");
        let (out, err) = (account.try_clone().expect("a handle"), account);
        self.host = Some(Killed(command.stdout(out).stderr(err).spawn().expect("the host starts")));
    }

    /// The signal that ended the host, if it has ended by one.
    pub fn ended_by(&mut self) -> Option<i32> {
        self.host.as_mut()?.0.try_wait().expect("wait")?.signal()
    }

    pub fn has_ended(&mut self) -> bool {
        self.host.as_mut().is_none_or(|host| host.0.try_wait().expect("wait").is_some())
    }

    /// As a power cut does: nothing can be tidied up.
    pub fn kill(&mut self) {
        self.host.take();
    }

    /// Lets the host run on beside the next one that is started.
    pub fn leave(&mut self) -> Killed {
        self.host.take().expect("a host")
    }

    /// Sends the host a signal.
    pub fn signal(&self, signal: Signal) {
        let host = self.host.as_ref().expect("a host");
        kill_process(Pid::from_raw(host.0.id() as i32).expect("a pid"), signal).expect("it is there");
    }

    /// Asks the host to end, and waits for it.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let mut host = self.leave();
        assert!(host.0.wait().expect("its end").success(), "{}", self.read("account"));
    }

    /// Waits for a condition; in vain, it shows what the host has said.
    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Program) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !condition(self) {
            assert!(Instant::now() < end, "waited {PATIENCE:?} in vain: {what}\n{}", self.read("account"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the account holds all of these, in this order.
    pub fn until_said(&mut self, words: &[&str]) {
        self.until(&format!("`{}` is said", words.join("`, then `")), |program| {
            let account = program.read("account");
            words.iter().try_fold(account.as_str(), |rest, word| rest.split_once(word).map(|(_, rest)| rest)).is_some()
        });
    }

    /// Runs a command of the program in its directory, on its store.
    pub fn tell(&self, arguments: &[&str]) -> Said {
        let command = arguments.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
        let with_store = !["check", "init", "actions", "nonsense"].contains(&command);
        self.tell_exactly(&[arguments, if with_store { &["--db", "h.db"] } else { &[] }].concat())
    }

    /// Runs a command of the program in its directory with these arguments.
    pub fn tell_exactly(&self, arguments: &[&str]) -> Said {
        said(Command::new(BIN).args(arguments).current_dir(self.dir.path()).stdin(Stdio::null()))
    }

    /// Runs a command of the program in its directory as another user of this machine.
    pub fn tell_as(&self, uid: u32, arguments: &[&str]) -> Said {
        self.tell_as_on(uid, arguments, "h.db")
    }

    /// Likewise, on the store of that name.
    pub fn tell_as_on(&self, uid: u32, arguments: &[&str], db: &str) -> Said {
        // Where the program was built may be closed to him.
        let program = self.path("program");
        if !program.exists() {
            fs::hard_link(BIN, &program).or_else(|_| fs::copy(BIN, &program).map(drop)).expect("a program");
        }
        let mut command = Command::new(program);
        command.args(arguments).args(["--db", db]).uid(uid).gid(uid);
        said(command.current_dir(self.dir.path()).stdin(Stdio::null()))
    }

    /// A command that must succeed, in JSON.
    pub fn ask(&self, arguments: &[&str]) -> Value {
        let said = self.tell(&[arguments, &["--json"]].concat());
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        serde_json::from_str(&said.out).expect("json")
    }

    /// The incidents, the latest first.
    pub fn incidents(&self) -> Vec<Value> {
        let said = self.tell(&["incidents", "--json"]);
        let answer: Value = serde_json::from_str(&said.out).unwrap_or_default();
        let incidents = answer["incidents"].as_array().cloned().unwrap_or_default();
        incidents.into_iter().map(|incident| incident["incident"].clone()).collect()
    }

    /// The phase of the latest incident, empty where there is none.
    pub fn phase(&self) -> String {
        self.incidents().first().and_then(|it| it["phase"].as_str()).unwrap_or_default().to_owned()
    }

    pub fn is_ready(&self) -> bool {
        self.tell(&["status"]).code == Some(0)
    }

    /// The lines that effects have left, one for each command that was carried out.
    pub fn effects(&self) -> Vec<String> {
        self.read("effects").lines().map(str::to_owned).collect()
    }

    /// Where the events of a kind, such as `kill_engaged`, are in the journal of the store of that name.
    pub fn events(&self, db: &str, kind: &str) -> Vec<i64> {
        let reader = Reader::open(&self.path(db)).expect("the store");
        let events = reader.events_from(1).map(|event| event.expect("an event"));
        let is_one = |bytes: &[u8]| {
            let input: Value = serde_json::from_slice(bytes).expect("json");
            input["event"]["type"] == kind
        };
        events.filter(|event| is_one(&event.bytes)).map(|event| event.seq).collect()
    }

    /// The pid of a supervised instance, from the supervisor's own file.
    pub fn pid_of(&self, component: &str) -> Option<i64> {
        let state: Value = serde_json::from_str(&self.read("h.db.processes/supervised.json")).ok()?;
        let records = state["records"].as_array()?;
        records.iter().find(|record| record["component"] == component)?["process"]["pid"].as_i64()
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.host.take();
        self.tell(&["down"]);
    }
}
