use super::{Finding, Verdict, millis};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Senders remembered; a beat of one more is not.
const SENDERS: usize = 100_000;

/// Whether beats keep coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeartbeatCheck {
    /// Who beats.
    pub sender: String,
    /// Silence beyond this is bad.
    pub silence_at_most: Duration,
}

/// When each sender was last heard. Ages are measured by the steady clock: setting the time makes no beat old.
#[derive(Debug)]
pub struct Heartbeats {
    listening_since: Instant,
    last: Mutex<BTreeMap<String, Instant>>,
}

impl Default for Heartbeats {
    fn default() -> Self {
        Self { listening_since: Instant::now(), last: Mutex::default() }
    }
}

impl Heartbeats {
    /// A beat came in now.
    pub fn beat(&self, sender: &str) {
        let mut last = self.last();
        if let Some(at) = last.get_mut(sender) {
            *at = Instant::now();
        } else if last.len() < SENDERS {
            last.insert(sender.to_owned(), Instant::now());
        }
    }

    /// Until someone could have been heard, silence says nothing: that is an error, neither pass nor fail.
    pub(super) fn judge(&self, check: &HeartbeatCheck) -> Finding {
        let allowed = check.silence_at_most;
        match self.last().get(&check.sender) {
            Some(at) => {
                let age = at.elapsed();
                let verdict = if age <= allowed { Verdict::Pass } else { Verdict::Fail };
                let detail =
                    format!("last beat {} ms ago, at most {} ms allowed", age.as_millis(), allowed.as_millis());
                Finding::new(verdict, detail).with("age_ms", millis(age))
            }
            None if self.listening_since.elapsed() <= allowed => Finding::new(Verdict::Error, "no beat heard yet"),
            None => Finding::new(Verdict::Fail, format!("no beat in {} ms", allowed.as_millis())),
        }
    }

    fn last(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_unknown_then_bad_and_a_beat_makes_it_good() {
        let beats = Heartbeats::default();
        let check = HeartbeatCheck { sender: "a".into(), silence_at_most: Duration::from_secs(10) };
        let verdict = || beats.judge(&check).verdict;
        assert_eq!(verdict(), Verdict::Error);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(verdict(), Verdict::Fail);
        beats.beat("b");
        assert_eq!(verdict(), Verdict::Fail, "another's beat does not count");
        beats.beat("a");
        assert_eq!(verdict(), Verdict::Pass);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(verdict(), Verdict::Pass);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(verdict(), Verdict::Fail);
    }
}
