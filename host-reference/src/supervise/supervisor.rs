use super::SuperviseError;
use super::launch::{InstanceId, Program};
use super::log::LogFile;
use super::proc::{self, ProcessId};
use super::state::{Record, StateFile};
use super::stop::{Launched, find_leader};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a process that was being started when its host was killed may take to show its mark.
const MARK_TIME: Duration = Duration::from_millis(250);

/// How to supervise.
#[derive(Debug, Clone)]
pub struct SupervisorOptions {
    /// An instance's log is moved to `.1` beyond this size.
    pub log_cap_bytes: u64,
}

impl Default for SupervisorOptions {
    fn default() -> Self {
        Self { log_cap_bytes: 10 * 1024 * 1024 }
    }
}

/// Starts, stops and finds again. Share it in an [`Arc`]; calls for one instance wait for each other, calls for
/// different ones do not.
#[derive(Debug)]
pub struct Supervisor {
    directory: PathBuf,
    options: SupervisorOptions,
    boot: String,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) file: StateFile,
    children: BTreeMap<InstanceId, Child>,
    ends: BTreeMap<InstanceId, String>,
    /// What could not be started, as it was tried last.
    pub(super) failed: BTreeMap<InstanceId, Program>,
    turns: BTreeMap<InstanceId, Arc<tokio::sync::Mutex<()>>>,
    /// Variables of Homeostat's own environment that no process inherits.
    withheld: BTreeSet<String>,
}

/// What became of a process of an earlier host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Which instance.
    pub instance: InstanceId,
    /// What was found.
    pub found: Found,
}

/// See [`Adoption`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It lives, and is supervised again.
    Alive(ProcessId),
    /// It has ended meanwhile.
    Gone,
    /// It ended with the machine, which has been started anew: nothing was wrong with it, and it is to be started again.
    Over,
}

/// A process that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Who it is.
    pub process: ProcessId,
    /// When it was started, in milliseconds since 1970.
    pub started_at_ms: i64,
}

/// How an instance stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It has ended; how, where this host saw it.
    Ended(Option<String>),
    /// Its last start failed; why.
    Failed(String),
    /// This supervisor has not started it, or has stopped it.
    NotStarted,
    /// It runs.
    Running(Running),
}

/// What a restart did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restarted {
    /// Nothing: it was started since.
    Already,
    /// Stopped what was left of it, and started it.
    Now(Running),
}

impl Supervisor {
    /// Opens the directory of state and logs, and finds the processes of earlier hosts again.
    ///
    /// # Errors
    /// [`SuperviseError::State`].
    pub fn open(directory: &Path, options: SupervisorOptions) -> Result<(Self, Vec<Adoption>), SuperviseError> {
        let mut file = StateFile::open(directory)?;
        let boot = proc::boot_id().map_err(|error| SuperviseError::State { path: directory.to_path_buf(), error })?;
        let adopted = adopt(&mut file, &boot);
        file.save()?;
        let inner = Inner {
            file,
            children: BTreeMap::new(),
            ends: BTreeMap::new(),
            failed: BTreeMap::new(),
            turns: BTreeMap::new(),
            withheld: BTreeSet::new(),
        };
        Ok((Self { directory: directory.to_path_buf(), options, boot, inner: Mutex::new(inner) }, adopted))
    }

    /// From now on no process that is started inherits these variables of Homeostat's own environment: its secrets. A
    /// program that names one of them itself is given what it names.
    pub fn withhold(&self, variables: BTreeSet<String>) {
        self.inner().withheld = variables;
    }

    /// Starts an instance; one that runs is left alone.
    ///
    /// # Errors
    /// All of [`SuperviseError`].
    pub async fn start(&self, program: &Program, number: u32) -> Result<Running, SuperviseError> {
        let instance = program.instance(number);
        let turn = self.turn(&instance);
        let _mine = turn.lock().await;
        if let Status::Running(running) = self.status(&instance) {
            return Ok(running);
        }
        // What cannot be written down is not done: found out before anything is ended.
        self.inner().file.save()?;
        self.clear(&instance, program.grace).await?;
        self.launch(program, &instance, None)
    }

    /// Whether a component's instance of that number was never started, nor tried with this very program.
    #[must_use]
    pub fn is_missing(&self, program: &Program, number: u32) -> bool {
        let instance = program.instance(number);
        let inner = self.inner();
        // What a command was to start is for whoever commands.
        let record = inner.file.find(&instance);
        let never = record.is_none_or(|record| record.why_not.is_some() && record.command.is_none());
        never && inner.failed.get(&instance) != Some(program)
    }

    /// Ends what is left of an instance, and starts it. For one command that is done once, whatever the clock does and
    /// however often it is asked for.
    ///
    /// # Errors
    /// All of [`SuperviseError`].
    pub async fn restart(&self, program: &Program, number: u32, command: &str) -> Result<Restarted, SuperviseError> {
        let instance = program.instance(number);
        let turn = self.turn(&instance);
        let _mine = turn.lock().await;
        let done = |record: &Record| record.command.as_deref() == Some(command) && record.why_not.is_none();
        if self.inner().file.find(&instance).is_some_and(done) {
            return Ok(Restarted::Already);
        }
        // What cannot be written down is not done: found out before anything is ended.
        self.inner().file.save()?;
        self.clear(&instance, program.grace).await?;
        self.launch(program, &instance, Some(command)).map(Restarted::Now)
    }

    /// Ends an instance and forgets it, and with the last one of a component how many there were to be; none running is
    /// fine.
    ///
    /// # Errors
    /// [`SuperviseError::StillThere`], [`SuperviseError::State`].
    pub async fn stop(&self, instance: &InstanceId, grace: Duration) -> Result<(), SuperviseError> {
        let turn = self.turn(instance);
        let _mine = turn.lock().await;
        self.clear(instance, grace).await?;
        let mut inner = self.inner();
        inner.ends.remove(instance);
        inner.failed.remove(instance);
        inner.file.remove(instance);
        if inner.file.highest(&instance.component).is_none() {
            inner.file.state.wanted.remove(&instance.component);
        }
        inner.file.save()
    }

    /// How an instance stands now.
    #[must_use]
    pub fn status(&self, instance: &InstanceId) -> Status {
        let mut inner = self.inner();
        inner.reap();
        let Some(record) = inner.file.find(instance) else { return Status::NotStarted };
        if let Some(why) = &record.why_not {
            return Status::Failed(why.clone());
        }
        match record.process {
            Some(process) if record.boot == self.boot && proc::is_alive(process) => {
                Status::Running(Running { process, started_at_ms: record.started_at_ms })
            }
            _ => Status::Ended(inner.ends.get(instance).cloned()),
        }
    }

    /// Every instance whose start was tried and that was not stopped, running or not.
    #[must_use]
    pub fn instances(&self) -> BTreeSet<InstanceId> {
        self.inner().file.state.records.iter().map(Record::instance).collect()
    }

    /// Reaps those who have ended and keeps the logs to their size; call it each second or so.
    pub fn tend(&self) {
        self.inner().reap();
        for instance in self.instances() {
            // A log that cannot be cut now is tried again at the next call; the process must not suffer for it.
            let _ = self.log(&instance).keep_to_size();
        }
    }

    /// What an instance printed last, as far as it can be read: whole lines among the last `bytes`, none where nothing was
    /// printed since `since`.
    #[must_use]
    pub fn last_lines(&self, instance: &InstanceId, bytes: u64, since: SystemTime) -> Vec<String> {
        self.log(instance).last_lines(bytes, since).unwrap_or_default()
    }

    /// Ends whatever is left of the last start, so that ports and locks are free.
    async fn clear(&self, instance: &InstanceId, grace: Duration) -> Result<(), SuperviseError> {
        let Some(left) = self.launched(instance) else { return Ok(()) };
        let ended = if left.is_gone() { Ok(()) } else { left.end(grace).await };
        self.inner().reap();
        ended.map_err(|pid| SuperviseError::StillThere { instance: instance.clone(), pid })
    }

    fn launched(&self, instance: &InstanceId) -> Option<Launched> {
        let inner = self.inner();
        let record = inner.file.find(instance).filter(|record| record.boot == self.boot)?;
        Some(Launched { leader: record.process?, mark: inner.file.mark(record) })
    }

    fn launch(
        &self,
        program: &Program,
        instance: &InstanceId,
        command: Option<&str>,
    ) -> Result<Running, SuperviseError> {
        let mut inner = self.inner();
        let mut record = Record {
            component: instance.component.clone(),
            number: instance.number,
            launch: inner.file.next_launch(),
            boot: self.boot.clone(),
            started_at_ms: now_ms(),
            command: command.map(str::to_owned),
            process: None,
            why_not: None,
        };
        let before = inner.file.find(instance).cloned();
        inner.file.put(record.clone());
        if let Err(error) = inner.file.save() {
            inner.file.remove(instance);
            before.into_iter().for_each(|record| inner.file.put(record));
            return Err(error);
        }
        let mark = inner.file.mark(&record);
        let (child, process) = match program.launch(instance, &mark, &self.log(instance), &inner.withheld) {
            Ok(launched) => launched,
            Err(error) => {
                record.why_not = Some(error.to_string());
                inner.file.put(record);
                inner.failed.insert(instance.clone(), program.clone());
                // Not durable is no harm: the start is then looked for by its mark, and not found.
                let _ = inner.file.save();
                return Err(error);
            }
        };
        record.process = Some(process);
        let running = Running { process, started_at_ms: record.started_at_ms };
        inner.file.put(record);
        inner.ends.remove(instance);
        inner.failed.remove(instance);
        inner.children.insert(instance.clone(), child);
        // Not durable is no harm: the intent is, and the mark leads from it to the process.
        let _ = inner.file.save();
        Ok(running)
    }

    fn log(&self, instance: &InstanceId) -> LogFile {
        LogFile::new(&self.directory.join("logs"), &instance.to_string(), self.options.log_cap_bytes)
    }

    pub(super) fn turn(&self, instance: &InstanceId) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.inner().turns.entry(instance.clone()).or_default())
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn reap(&mut self) {
        let ends = &mut self.ends;
        self.children.retain(|instance, child| match child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                ends.insert(instance.clone(), status.to_string());
                false
            }
            Err(_) => false,
        });
    }
}

/// Looks for each recorded process; one whose pid was never written down is looked for by its mark. Where it is not
/// found it was about to start and did not: a first start is forgotten, so that it is made, and one that was commanded
/// counts as failed. What ended with the machine is forgotten too, so that it is started.
fn adopt(file: &mut StateFile, boot: &str) -> Vec<Adoption> {
    let mut adopted = Vec::new();
    for mut record in std::mem::take(&mut file.state.records) {
        if record.boot != boot {
            adopted.push(Adoption { instance: record.instance(), found: Found::Over });
            continue;
        }
        if record.why_not.is_some() {
            if record.command.is_some() {
                file.put(record);
            }
            continue;
        }
        if record.process.is_none() {
            record.process = wait_for_leader(&file.mark(&record));
        }
        let found = match record.process {
            Some(process) if proc::is_alive(process) => Found::Alive(process),
            _ => Found::Gone,
        };
        adopted.push(Adoption { instance: record.instance(), found });
        if record.process.is_none() {
            record.why_not = Some(format!("`{}` did not start: its host ended meanwhile", record.instance()));
        }
        if record.process.is_some() || record.command.is_some() {
            file.put(record);
        }
    }
    adopted
}

/// Between fork and exec a process does not show its mark yet.
fn wait_for_leader(mark: &str) -> Option<ProcessId> {
    let end = Instant::now() + MARK_TIME;
    loop {
        match find_leader(mark) {
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            found => return found,
        }
    }
}

fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
