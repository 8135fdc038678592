//! The host's clock: wall time that never goes back.

use homeostat_core::primitives::time::Time;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time, but set back it goes on by the steady clock: no pause is prolonged and no deadline missed.
#[derive(Debug)]
pub struct Clock {
    last: Mutex<(i64, Instant)>,
}

impl Clock {
    /// A clock that shows at least `least`: the time an earlier host had come to.
    #[must_use]
    pub fn new(least: Time) -> Clock {
        Clock { last: Mutex::new((least.ms(), Instant::now())) }
    }

    /// Now.
    pub fn now(&self) -> Time {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = i64::try_from(last.1.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = last.0.saturating_add(passed).max(wall_ms());
        if now > last.0 {
            *last = (now, Instant::now());
        }
        Time::from_ms(now)
    }

    /// The time on this clock of an instant that was read from the wall clock a short while ago.
    pub fn of_wall(&self, at_ms: i64) -> Time {
        let age_ms = wall_ms().saturating_sub(at_ms).max(0);
        Time::from_ms(self.now().ms().saturating_sub(age_ms))
    }
}

/// Milliseconds since 1970 by the wall clock.
pub(crate) fn wall_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back_and_follows_the_wall() {
        let ahead = Clock::new(Time::from_ms(wall_ms() + 3_600_000));
        let first = ahead.now();
        assert!(first.ms() >= wall_ms() + 3_590_000, "an earlier host's time stands");
        assert!(ahead.now() >= first);
        let usual = Clock::new(Time::ZERO);
        assert!((usual.now().ms() - wall_ms()).abs() < 1_000);
        assert!(usual.of_wall(wall_ms() - 5_000) < usual.now());
    }
}
