//! What the kernel says about processes, read from `/proc`.

use std::fs;
use std::io;

/// A process that cannot be confused with a later one of the same pid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProcessId {
    /// The pid, which the kernel gives again to others.
    pub pid: i32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
    pub start_ticks: u64,
}

/// The part of `/proc/<pid>/stat` that supervision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Who it is.
    pub id: ProcessId,
    /// Its short name.
    pub name: String,
    /// Its parent.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Whether it has ended and only waits to be reaped.
    pub zombie: bool,
}

/// The process of this pid, if there is one.
#[must_use]
pub fn stat(pid: i32) -> Option<Stat> {
    parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether exactly this process is there and has not ended.
#[must_use]
pub fn is_alive(id: ProcessId) -> bool {
    stat(id.pid).is_some_and(|stat| stat.id == id && !stat.zombie)
}

/// Every process that has not ended.
pub fn all() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .filter(|stat| !stat.zombie)
}

/// The value of an environment variable as the process was started with; none where it may not be read.
#[must_use]
pub fn environment_of(pid: i32, name: &str) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environ.split(|byte| *byte == 0).find_map(|pair| {
        let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        String::from_utf8(value.to_vec()).ok()
    })
}

/// An id that changes with each boot: pids and start times mean nothing across it.
///
/// # Errors
/// Where `/proc` is not mounted.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// The name stands in parentheses and may itself contain spaces and parentheses: the last one ends it.
fn parse(pid: i32, line: &str) -> Option<Stat> {
    let open = line.find('(')?;
    let close = line.rfind(')')?;
    let mut fields = line.get(close + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let start_ticks = fields.nth(16)?.parse().ok()?;
    Some(Stat {
        id: ProcessId { pid, start_ticks },
        name: line.get(open + 1..close)?.to_owned(),
        parent,
        group,
        zombie: matches!(state, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b (c) S 7 41 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 200";
        let stat = parse(42, line).expect("stat");
        assert_eq!((stat.name.as_str(), stat.parent, stat.group, stat.zombie), ("a) b (c", 7, 41, false));
        assert_eq!(stat.id, ProcessId { pid: 42, start_ticks: 123_456 });
        assert_eq!(parse(42, "42 (cut"), None);
    }

    #[test]
    fn this_process_is_alive_and_one_of_another_start_time_is_not() {
        let me = stat(std::process::id() as i32).expect("this process").id;
        assert!(is_alive(me));
        assert!(!is_alive(ProcessId { start_ticks: me.start_ticks + 1, ..me }));
        assert!(all().any(|stat| stat.id == me));
    }
}
