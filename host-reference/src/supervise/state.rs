use super::proc::ProcessId;
use super::{InstanceId, SuperviseError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The starts that this supervisor has made and not undone, in one small file that is replaced as a whole.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    pub(super) state: State,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    /// Tells this supervisor's marks from another's on the same machine.
    supervisor: String,
    last_launch: u64,
    pub(super) records: Vec<Record>,
    /// By component. A file of an earlier version says nothing of it.
    #[serde(default)]
    pub(super) wanted: BTreeMap<String, Wanted>,
}

/// How many instances there are to be, whatever became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) count: u32,
    /// What the policy said when it was last looked at: only another number of the policy overrules a scaling.
    pub(super) policy: Option<u32>,
}

/// One start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) component: String,
    pub(super) number: u32,
    pub(super) launch: u64,
    pub(super) boot: String,
    pub(super) started_at_ms: i64,
    /// The command that asked for it; the first start is the host's own.
    pub(super) command: Option<String>,
    /// None: about to start, or started by a host that was killed before it could write the pid down.
    pub(super) process: Option<ProcessId>,
    /// Why there is no process, where the start failed.
    #[serde(default)]
    pub(super) why_not: Option<String>,
}

impl Record {
    pub(super) fn instance(&self) -> InstanceId {
        InstanceId { component: self.component.clone(), number: self.number }
    }

    pub(super) fn is(&self, instance: &InstanceId) -> bool {
        self.component == instance.component && self.number == instance.number
    }
}

impl StateFile {
    /// Reads the file, or begins a new one.
    pub(super) fn open(directory: &Path) -> Result<Self, SuperviseError> {
        let path = directory.join("supervised.json");
        // What processes print is for nobody but the user who runs Homeostat.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        let read = made.and_then(|()| match fs::read(&path) {
            Ok(bytes) => parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => new_state(),
            Err(error) => Err(error),
        });
        match read {
            Ok(state) => Ok(Self { path, state }),
            Err(error) => Err(SuperviseError::State { path, error }),
        }
    }

    pub(super) fn find(&self, instance: &InstanceId) -> Option<&Record> {
        self.state.records.iter().find(|record| record.is(instance))
    }

    pub(super) fn remove(&mut self, instance: &InstanceId) {
        self.state.records.retain(|record| !record.is(instance));
    }

    /// Replaces the record of the same instance.
    pub(super) fn put(&mut self, record: Record) {
        self.remove(&record.instance());
        self.state.records.push(record);
    }

    /// Replaces how many there are to be of each component, durably or not at all.
    pub(super) fn set_wanted(&mut self, wanted: BTreeMap<String, Wanted>) -> Result<(), SuperviseError> {
        if wanted == self.state.wanted {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.state.wanted, wanted);
        let saved = self.save();
        if saved.is_err() {
            self.state.wanted = before;
        }
        saved
    }

    /// The highest number that was started of a component.
    pub(super) fn highest(&self, component: &str) -> Option<u32> {
        let records = self.state.records.iter().filter(|record| record.component == component);
        records.map(|record| record.number).max()
    }

    pub(super) fn next_launch(&mut self) -> u64 {
        self.state.last_launch += 1;
        self.state.last_launch
    }

    /// The mark that a start's processes carry in their environment.
    pub(super) fn mark(&self, record: &Record) -> String {
        format!("{}/{}/{}/{}", self.state.supervisor, record.component, record.number, record.launch)
    }

    /// Makes the present records durable.
    pub(super) fn save(&self) -> Result<(), SuperviseError> {
        self.write().map_err(|error| SuperviseError::State { path: self.path.clone(), error })
    }

    fn write(&self) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        let mut file = File::create(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(&self.state)?)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        self.path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    }
}

/// A file that does not fit is an error, not a new beginning: that would start everything a second time.
fn parse(bytes: &[u8]) -> io::Result<State> {
    let state: State = serde_json::from_slice(bytes)?;
    if state.version == 1 {
        Ok(state)
    } else {
        Err(io::Error::other(format!("it has version {}, this program knows 1", state.version)))
    }
}

fn new_state() -> io::Result<State> {
    let supervisor = fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim().to_owned();
    Ok(State { version: 1, supervisor, last_launch: 0, records: Vec::new(), wanted: BTreeMap::new() })
}
