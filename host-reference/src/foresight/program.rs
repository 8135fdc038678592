//! Programs and directories, before they are needed.

use homeostat_core::policy::problem::{shown, slip};
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why a program cannot be started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub near: Option<String>,
    pub help: Option<String>,
}

/// What keeps `program` from being started in `directory`, with `path` in the place of this process's `PATH`.
pub(super) fn fault(program: &str, directory: Option<&Path>, path: Option<&str>) -> Option<Fault> {
    // What is filled in for each instance, or when the step is planned, is not known yet.
    if program.contains("${") {
        return None;
    }
    if program.contains('/') { at_path(program, directory) } else { in_search_path(program, path) }
}

/// What keeps `directory` from being worked in.
pub(super) fn directory_fault(directory: &str) -> Option<String> {
    let path = Path::new(directory);
    let known = !directory.contains("${") && !path.is_dir();
    let what = if path.exists() { "is no directory" } else { "does not exist" };
    known.then(|| format!("the directory `{}` {what}", shown(directory)))
}

fn at_path(program: &str, directory: Option<&Path>) -> Option<Fault> {
    let path = directory.unwrap_or_else(|| Path::new("")).join(program);
    let what = match path.metadata() {
        Ok(found) if found.is_dir() => "is a directory",
        Ok(found) if !is_executable(&found) => "is not executable",
        Ok(_) => return None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "does not exist",
        // Who runs the policy may see more than who checks it.
        Err(_) => return None,
    };
    let help = match what {
        "is not executable" => Some(format!("`chmod +x {}` makes it so", shown(&path.display().to_string()))),
        _ if path.is_relative() => {
            let here = std::env::current_dir().unwrap_or_default();
            Some(format!("it is looked for from where Homeostat runs, here `{}`", here.display()))
        }
        _ => None,
    };
    Some(Fault { message: format!("the program `{}` {what}", shown(program)), near: None, help })
}

fn in_search_path(program: &str, path: Option<&str>) -> Option<Fault> {
    let path = path.map_or_else(|| std::env::var_os("PATH").unwrap_or_default(), OsString::from);
    let directories = || std::env::split_paths(&path);
    let runs = |path: PathBuf| path.metadata().is_ok_and(|found| found.is_file() && is_executable(&found));
    if program.is_empty() || directories().any(|directory| runs(directory.join(program))) {
        return None;
    }
    let message = format!("there is no program `{}` in `PATH`", shown(program));
    if let Some((first, _)) = program.trim().split_once(char::is_whitespace) {
        let help = format!("a program and its arguments are words of their own: `[{}, …]`", shown(first));
        return Some(Fault { message, near: None, help: Some(help) });
    }
    let names: Vec<String> = directories()
        .filter_map(|directory| std::fs::read_dir(directory).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let near = slip(program, names.iter().map(String::as_str)).map(str::to_owned);
    let help =
        Path::new(program).is_file().then(|| format!("for the one in this directory write `./{}`", shown(program)));
    Some(Fault { message, near, help })
}

fn is_executable(found: &Metadata) -> bool {
    found.permissions().mode() & 0o111 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(program: &str) -> Option<String> {
        fault(program, None, None).map(|fault| fault.message)
    }

    #[test]
    fn what_can_be_started_is_told_from_what_cannot() {
        for good in ["sh", "/bin/sh", "${instance}/run", ""] {
            assert_eq!(said(good), None, "{good}");
        }
        assert_eq!(said("/etc/passwd").as_deref(), Some("the program `/etc/passwd` is not executable"));
        assert_eq!(said("/etc").as_deref(), Some("the program `/etc` is a directory"));
        assert_eq!(said("/no/such").as_deref(), Some("the program `/no/such` does not exist"));
        assert_eq!(said("no such program").as_deref(), Some("there is no program `no such program` in `PATH`"));
        assert_eq!(fault("sh", Some(Path::new("/no/such")), Some("/nowhere")).map(|it| it.near), Some(None));
        assert_eq!(fault("./sh", Some(Path::new("/bin")), None), None, "a path counts from the directory");
        assert_eq!(directory_fault("/etc/passwd").as_deref(), Some("the directory `/etc/passwd` is no directory"));
        assert_eq!(directory_fault("/etc"), None);
    }
}
