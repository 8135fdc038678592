//! Whether each story ended as it should, by the store alone.

use super::record::Record;
use super::script::{End, STORIES, Story};
use homeostat_core::engine::Engine;
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::health::State;
use homeostat_core::model::incident::{Incident, Phase};
use homeostat_core::model::run::RunEnd;
use homeostat_core::policy::safety::Cooldown;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};
use serde::Serialize;

/// So many services are not touched, at least.
const QUIET: usize = 5;

/// What the store says of all of it.
#[derive(Debug, Serialize)]
pub(super) struct Judgement {
    /// Each story.
    pub stories: Vec<Told>,
    /// The services nobody broke.
    pub quiet: Vec<String>,
    /// What happened to them nevertheless, and what else should not have been.
    pub wrong: Vec<String>,
    /// Events replayed.
    pub events: i64,
}

/// What the store says of one story.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    /// What was broken.
    pub component: &'static str,
    /// How.
    pub title: &'static str,
    /// How it should end.
    pub expected: &'static str,
    /// `healed`, `escalated`, `open` or `not noticed`.
    pub outcome: &'static str,
    /// From the first sign to the incident.
    pub detected_ms: Option<i64>,
    /// From the first sign to the beginning of the health that lasted.
    pub recovered_ms: Option<i64>,
    /// From the first sign until a person was called.
    pub escalated_ms: Option<i64>,
    /// Runs that began.
    pub attempts: usize,
    /// Between the end of a run and the beginning of the next.
    pub pauses_ms: Vec<i64>,
    /// Why this is not how it should be.
    pub wrong: Vec<String>,
}

impl Judgement {
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty() && self.stories.iter().all(|told| told.wrong.is_empty())
    }
}

/// Judges a journal that was read to its end.
pub(super) fn judge(record: &Record) -> Judgement {
    let Some(engine) = record.engine() else {
        let wrong = vec!["the journal is empty".to_owned()];
        return Judgement { stories: Vec::new(), quiet: Vec::new(), wrong, events: 0 };
    };
    let told: Vec<Told> = STORIES.iter().map(|story| tell(story, engine, record)).collect();
    let broken = |name: &Name| STORIES.iter().any(|story| story.component == name.as_str());
    let components = engine.policy().components().iter().map(|component| &component.name);
    let quiet: Vec<&Name> = components.filter(|name| !broken(name)).collect();
    let mut wrong: Vec<String> = quiet.iter().flat_map(|name| disturbed(name, engine, record)).collect();
    if quiet.len() < QUIET {
        wrong.push(format!("{} services were to stay quiet, expected at least {QUIET}", quiet.len()));
    }
    let quiet = quiet.into_iter().map(ToString::to_string).collect();
    Judgement { stories: told, quiet, wrong, events: record.seq }
}

/// What happened to a service that nobody touched.
fn disturbed(name: &Name, engine: &Engine, record: &Record) -> Vec<String> {
    let mut wrong = Vec::new();
    if engine.knowledge().incidents.iter().any(|incident| incident.members.contains(name)) {
        wrong.push(format!("{name} has an incident, nobody broke it"));
    }
    if restarts(name, record) > 0 {
        wrong.push(format!("{name} was restarted, nobody broke it"));
    }
    let state = engine.knowledge().health.of(name, &engine.knowledge().topology).state;
    if state != State::Healthy {
        wrong.push(format!("{name} is {state}, nobody broke it"));
    }
    wrong
}

/// How often something was commanded that acts on it.
fn restarts(name: &Name, record: &Record) -> usize {
    let acts = |said: &Conclusion| matches!(said, Conclusion::StepStarted { target, .. } if target == name);
    record.facts.iter().filter(|fact| acts(&fact.said)).count()
}

fn tell(story: &Story, engine: &Engine, record: &Record) -> Told {
    let name = Name::new(story.component);
    let expected = match story.end {
        End::Escalated { .. } => "escalated",
        End::Healed { .. } => "healed",
    };
    let mut told = Told { component: story.component, title: story.title(), expected, ..Told::default() };
    let incidents: Vec<&Incident> =
        engine.knowledge().incidents.iter().filter(|incident| incident.members.contains(&name)).collect();
    let [incident] = incidents.as_slice() else {
        told.outcome = "not noticed";
        told.wrong.push(format!("{} incidents, expected 1", incidents.len()));
        return told;
    };
    told.outcome = match incident.phase {
        Phase::Closed => "healed",
        Phase::Escalated => "escalated",
        _ => "open",
    };
    let since = |at: Time| at.since(incident.onset).ms();
    told.detected_ms = Some(since(incident.detected));
    told.recovered_ms = incident.recovered.map(since);
    let called = |said: &Conclusion| matches!(said, Conclusion::EscalationReached { .. });
    let call = record.facts.iter().find(|fact| fact.incident == Some(incident.id) && called(&fact.said));
    told.escalated_ms = call.map(|fact| since(fact.at));
    let runs = engine.knowledge().runs.of(incident.id);
    let begun: Vec<_> = runs.iter().filter_map(|run| Some((run.started?, run.ended))).collect();
    told.attempts = begun.len();
    let pairs = begun.iter().zip(begun.iter().skip(1));
    told.pauses_ms = pairs.filter_map(|((_, ended), (next, _))| Some(next.since((*ended)?.0).ms())).collect();
    let ends: Vec<RunEnd> = begun.iter().filter_map(|(_, ended)| Some((*ended)?.1)).collect();
    let wrong = match story.end {
        End::Healed { attempts } => not_healed(&told, &ends, attempts),
        End::Escalated { attempts } => not_escalated(&told, &ends, attempts, record.told.contains(&incident.id)),
    };
    told.wrong.extend(wrong);
    let executed = restarts(&name, record);
    if executed != told.attempts {
        told.wrong.push(format!("{executed} restarts in {} attempts", told.attempts));
    }
    told.wrong.extend(hurried(&told.pauses_ms, &engine.policy().safety().cooldown));
    told
}

fn not_healed(told: &Told, ends: &[RunEnd], attempts: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    if told.outcome != "healed" {
        wrong.push(format!("it is {}, expected healed", told.outcome));
    }
    if let Some(ms) = told.escalated_ms {
        wrong.push(format!("a person was called after {ms} ms"));
    }
    let good = |(n, end): (usize, &RunEnd)| *end == if n + 1 == attempts { RunEnd::Succeeded } else { RunEnd::Failed };
    if ends.len() != attempts || !ends.iter().enumerate().all(good) {
        wrong.push(format!("its runs ended as {ends:?}, expected {attempts}, of which the last succeeds"));
    }
    wrong
}

fn not_escalated(told: &Told, ends: &[RunEnd], attempts: usize, arrived: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    if told.outcome != "escalated" {
        wrong.push(format!("it is {}, expected escalated", told.outcome));
    }
    if !arrived {
        wrong.push("no message about it arrived".to_owned());
    }
    if ends.len() != attempts || ends.iter().any(|end| *end != RunEnd::Failed) {
        wrong.push(format!("its runs ended as {ends:?}, expected {attempts} failures"));
    }
    wrong
}

/// Pauses that are shorter than the cooldown, which doubles.
fn hurried(pauses_ms: &[i64], cooldown: &Cooldown) -> Vec<String> {
    let least = |n: usize| {
        let doubled: Span = (0..n).fold(cooldown.initial, |span, _| span.times(2));
        doubled.min(cooldown.cap).ms()
    };
    let short = pauses_ms.iter().enumerate().filter(|(n, ms)| **ms < least(*n));
    short.map(|(n, ms)| format!("a pause of {ms} ms, the cooldown is {} ms", least(n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_below_the_doubling_cooldown_is_found() {
        let cooldown = Cooldown { initial: Span::from_secs(5), cap: Span::from_secs(15) };
        assert_eq!(hurried(&[5_000, 10_000, 15_000], &cooldown), Vec::<String>::new());
        assert_eq!(hurried(&[4_999], &cooldown).len(), 1);
        assert_eq!(hurried(&[5_000, 9_999], &cooldown).len(), 1);
    }

    #[test]
    fn only_the_scripted_ends_count() {
        let told = |outcome, escalated_ms| Told { outcome, escalated_ms, ..Told::default() };
        let (healed, escalated) = (told("healed", None), told("escalated", Some(9)));
        use RunEnd::{Failed, Succeeded};
        assert!(not_healed(&healed, &[Failed, Succeeded], 2).is_empty());
        assert_eq!(not_healed(&healed, &[Succeeded], 2).len(), 1);
        assert_eq!(not_healed(&escalated, &[Failed, Failed], 2).len(), 3);
        assert!(not_escalated(&escalated, &[Failed, Failed], 2, true).is_empty());
        assert_eq!(not_escalated(&escalated, &[Failed, Failed], 2, false).len(), 1);
        assert_eq!(not_escalated(&healed, &[Failed, Succeeded], 2, true).len(), 2);
    }
}
