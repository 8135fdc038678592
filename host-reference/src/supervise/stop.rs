use super::launch::MARK;
use super::proc::{self, ProcessId, Stat};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the kernel may take to end a killed process.
const KILL_TIME: Duration = Duration::from_secs(10);
const POLL_AT_MOST: Duration = Duration::from_millis(50);

/// All processes of one start: its group, and whoever left the group but carries the mark.
#[derive(Debug, Clone)]
pub(super) struct Launched {
    pub(super) leader: ProcessId,
    pub(super) mark: String,
}

impl Launched {
    /// Ends all of them: asks, waits, kills, waits. On failure says who is left.
    pub(super) async fn end(&self, grace: Duration) -> Result<(), i32> {
        self.signal(Signal::TERM);
        if self.gone_within(grace, None).await.is_ok() {
            return Ok(());
        }
        self.gone_within(KILL_TIME, Some(Signal::KILL)).await
    }

    /// Whether any of them is left.
    pub(super) fn is_gone(&self) -> bool {
        self.members().is_empty()
    }

    /// Polls, because a process that is not our child cannot be waited for; repeats the signal for those who forked
    /// in between.
    async fn gone_within(&self, time: Duration, signal: Option<Signal>) -> Result<(), i32> {
        let end = Instant::now() + time;
        let mut pause = Duration::from_millis(2);
        loop {
            if let Some(signal) = signal {
                self.signal(signal);
            }
            match self.members().first() {
                None => return Ok(()),
                Some(left) if Instant::now() >= end => return Err(left.id.pid),
                Some(_) => sleep(pause).await,
            }
            pause = (pause * 2).min(POLL_AT_MOST);
        }
    }

    fn signal(&self, signal: Signal) {
        let members = self.members();
        if members.iter().any(|stat| stat.group == self.leader.pid)
            && let Some(group) = Pid::from_raw(self.leader.pid)
        {
            // The group was found to be ours just now, and a group that has members keeps its number.
            let _ = kill_process_group(group, signal);
        }
        for stranger in members.iter().filter(|stat| stat.group != self.leader.pid) {
            signal_exactly(stranger.id, signal);
        }
    }

    /// The group counts only while its leader is the one that was started, or while someone in it carries the mark:
    /// the number may have gone to others since.
    fn members(&self) -> Vec<Stat> {
        let later = proc::all().filter(|stat| stat.id.start_ticks >= self.leader.start_ticks);
        let (group, others): (Vec<Stat>, Vec<Stat>) = later.partition(|stat| stat.group == self.leader.pid);
        let ours = group.iter().any(|stat| stat.id == self.leader) || group.iter().any(|stat| self.marked(stat));
        let mut members = if ours { group } else { Vec::new() };
        members.extend(others.into_iter().filter(|stat| self.marked(stat)));
        members
    }

    fn marked(&self, stat: &Stat) -> bool {
        proc::environment_of(stat.id.pid, MARK).as_deref() == Some(self.mark.as_str())
    }
}

/// Finds the process that a start has made, by its mark: the one whose parent does not carry it.
pub(super) fn find_leader(mark: &str) -> Option<ProcessId> {
    let marked = |pid| proc::environment_of(pid, MARK).as_deref() == Some(mark);
    let found = proc::all().filter(|stat| stat.id.pid == stat.group && marked(stat.id.pid));
    found.filter(|stat| !marked(stat.parent)).min_by_key(|stat| stat.id.start_ticks).map(|stat| stat.id)
}

/// Through a pidfd, which stays with its process: checked after it is open, the signal cannot go astray.
fn signal_exactly(id: ProcessId, signal: Signal) {
    let Some(pid) = Pid::from_raw(id.pid) else { return };
    if let Ok(fd) = pidfd_open(pid, PidfdFlags::empty())
        && proc::is_alive(id)
    {
        // It may have ended since; that is what the signal is for.
        let _ = pidfd_send_signal(&fd, signal);
    }
}
