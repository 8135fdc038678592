//! Named points at which a test may kill the host.

/// Dies here, as by `kill -9`, if `HOMEOSTAT_CRASH_AT` names this point: `decided`, or `decided:3` for the third time.
/// A release build knows nothing of it.
#[cfg(debug_assertions)]
pub(super) fn point(name: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let Ok(wanted) = std::env::var("HOMEOSTAT_CRASH_AT") else { return };
    let (point, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == times.parse().unwrap_or(1) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(super) fn point(_: &str) {}
