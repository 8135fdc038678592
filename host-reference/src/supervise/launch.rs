use super::SuperviseError;
use super::log::LogFile;
use super::proc::{self, ProcessId};
use crate::child::is_missing;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The environment variable that carries the mark of a start.
pub(super) const MARK: &str = "HOMEOSTAT_INSTANCE";

/// What to run for a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The component it belongs to.
    pub component: String,
    /// Program and arguments, never through a shell. `${instance}` becomes the instance's name (`web-2`), `${number}`
    /// its number. The program `homeostat` is this very one, wherever it lies.
    pub argv: Vec<String>,
    /// Added to Homeostat's own environment, of which its secrets are withheld; values may contain the same two.
    pub environment: BTreeMap<String, String>,
    /// Working directory; Homeostat's own where none is given.
    pub directory: Option<PathBuf>,
    /// How long it may take to end after SIGTERM before it is killed.
    pub grace: Duration,
}

/// One running copy of a component's program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceId {
    /// The component.
    pub component: String,
    /// Its number, from 1.
    pub number: u32,
}

impl fmt::Display for InstanceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.component, self.number)
    }
}

impl Program {
    /// The id of one of its instances.
    #[must_use]
    pub fn instance(&self, number: u32) -> InstanceId {
        InstanceId { component: self.component.clone(), number }
    }

    /// Starts it detached, marked, writing to `log`, without the variables that are `withheld`.
    pub(super) fn launch(
        &self,
        instance: &InstanceId,
        mark: &str,
        log: &LogFile,
        withheld: &BTreeSet<String>,
    ) -> Result<(Child, ProcessId), SuperviseError> {
        let argv: Vec<String> = self.argv.iter().map(|text| fill(text, instance)).collect();
        let Some((program, arguments)) = argv.split_first() else {
            return Err(SuperviseError::NoProgram(instance.clone()));
        };
        let failed = |error| self.spawn_error(instance, program, error);
        let (out, err) = log.for_child().map_err(failed)?;
        let mut command = Command::new(own(program).as_deref().unwrap_or(program.as_ref()));
        command.args(arguments).stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        for variable in withheld {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, fill(value, instance)))).env(MARK, mark);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let child = command.spawn().map_err(failed)?;
        // The child is not yet reaped, so its entry is there even if it has ended already.
        let id = proc::stat(child.id() as i32).map(|stat| stat.id);
        id.map(|id| (child, id)).ok_or_else(|| failed(io::Error::other("`/proc` is not mounted")))
    }

    fn spawn_error(&self, instance: &InstanceId, program: &str, error: io::Error) -> SuperviseError {
        let (instance, program) = (instance.clone(), program.to_owned());
        match &self.directory {
            Some(path) if !path.is_dir() => SuperviseError::DirectoryMissing { instance, path: path.clone() },
            _ if is_missing(&program, &error) => SuperviseError::ProgramMissing { instance, program },
            _ => SuperviseError::Spawn { instance, program, error },
        }
    }
}

/// Where this program lies, if it is the one that is meant. Replaced by a newer one meanwhile, it is looked for by name.
fn own(program: &str) -> Option<PathBuf> {
    let own = program == "homeostat";
    own.then(std::env::current_exe).and_then(Result::ok).filter(|path| path.exists())
}

/// One pass: what is put in is not looked at again.
fn fill(text: &str, instance: &InstanceId) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, placeholder) = rest.split_at(at);
        filled.push_str(before);
        if let Some(after) = placeholder.strip_prefix("${instance}") {
            filled.push_str(&instance.to_string());
            rest = after;
        } else if let Some(after) = placeholder.strip_prefix("${number}") {
            filled.push_str(&instance.number.to_string());
            rest = after;
        } else {
            filled.push_str("${");
            rest = placeholder.strip_prefix("${").unwrap_or_default();
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_one_pass() {
        let instance = InstanceId { component: "${number}".into(), number: 2 };
        assert_eq!(fill("a ${instance} ${number} ${other} ${", &instance), "a ${number}-2 2 ${other} ${");
    }
}
