//! The pause on a component after each run, doubling while runs follow each other.

use crate::policy::safety::Cooldown;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeMap;
use serde::{Deserialize, Serialize};

/// Without a run for this long the pause is short again.
const FORGET: Span = Span::from_mins(60);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pause {
    ended: Time,
    runs: u32,
}

/// Pauses by component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cooldowns {
    pauses: BTreeMap<Name, Pause>,
}

impl Cooldowns {
    /// Until when nothing runs on `component`, if it is pausing at `now`, and after how many runs.
    pub fn until(&self, component: &Name, settings: &Cooldown, now: Time) -> Option<(Time, u32)> {
        let pause = self.pauses.get(component)?;
        let mut span = settings.initial;
        for _ in 1..pause.runs.min(64) {
            span = span.times(2).min(settings.cap);
        }
        let until = pause.ended.after(span.min(settings.cap));
        (now < until).then_some((until, pause.runs))
    }

    /// Begins a pause at the end of a run.
    pub fn run_ended(&mut self, component: &Name, settings: &Cooldown, now: Time) {
        let forget = FORGET.max(settings.cap);
        self.pauses.retain(|_, pause| now.since(pause.ended) < forget);
        let pause = self.pauses.entry(component.clone()).or_insert(Pause { ended: now, runs: 0 });
        pause.ended = now;
        pause.runs = pause.runs.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_to_its_cap_and_is_forgotten_after_an_hour() {
        let settings = Cooldown { initial: Span::from_secs(5), cap: Span::from_secs(15) };
        let web = Name::new("web");
        let mut cooldowns = Cooldowns::default();
        let mut now = Time::from_ms(0);
        for expected in [5, 10, 15, 15] {
            cooldowns.run_ended(&web, &settings, now);
            let until = now.after(Span::from_secs(expected));
            assert_eq!(cooldowns.until(&web, &settings, now).map(|(until, _)| until), Some(until));
            assert_eq!(cooldowns.until(&web, &settings, until), None);
            now = until;
        }
        now = now.after(FORGET);
        cooldowns.run_ended(&web, &settings, now);
        assert_eq!(cooldowns.until(&web, &settings, now), Some((now.after(Span::from_secs(5)), 1)));
    }

    #[test]
    fn an_hour_after_its_end_a_run_is_forgotten_and_not_before() {
        let settings = Cooldown { initial: Span::from_secs(5), cap: Span::from_secs(15) };
        for (since, runs) in [(FORGET.ms() - 1, 2), (FORGET.ms(), 1)] {
            let (mut cooldowns, web, now) = (Cooldowns::default(), Name::new("web"), Time::from_ms(since));
            cooldowns.run_ended(&web, &settings, Time::ZERO);
            cooldowns.run_ended(&web, &settings, now);
            assert_eq!(cooldowns.until(&web, &settings, now).map(|(_, runs)| runs), Some(runs));
        }
    }

    #[test]
    fn a_pause_longer_than_an_hour_outlives_the_runs_of_others() {
        let day = Span::from_mins(24 * 60);
        let settings = Cooldown { initial: day, cap: day };
        let (web, db) = (Name::new("web"), Name::new("db"));
        let mut cooldowns = Cooldowns::default();
        cooldowns.run_ended(&web, &settings, Time::from_ms(0));
        let later = Time::from_ms(0).after(Span::from_mins(61));
        cooldowns.run_ended(&db, &settings, later);
        assert_eq!(cooldowns.until(&web, &settings, later), Some((Time::from_ms(0).after(day), 1)));
    }
}
