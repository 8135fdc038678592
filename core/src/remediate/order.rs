//! In which order the playbooks that fit are tried: the ladder first, and what was learned only among equals (SPEC R5).
//!
//! | what decides | where |
//! |---|---|
//! | the order in which they are written | playbooks without a `rung`, and rungs against each other |
//! | the closer fit: the component, then the issue, then the kind | within a rung |
//! | the less invasive: risk, then what it touches | within that |
//! | what helped with the same issue before, then the score | within that |
//! | the id | within that |
//!
//! What is known to help rarely goes behind all that is not. Nothing here admits anything: each is asked of the gate.

use crate::knowledge::records::{Record, Records};
use crate::model::incident::Incident;
use crate::model::severity::Risk;
use crate::policy::Policy;
use crate::policy::actions::{Action, Touches};
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::plan;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Runs after which what is known of a playbook may put it last.
const ENOUGH: u32 = 10;
/// All of a share.
const WHOLE: u64 = 1_000;
/// What helped longer ago than this counts as if it never had.
const RECENT: Span = Span::from_secs(30 * 86_400);

/// `fitting`, which is in the order written, in the order in which it is tried.
pub fn order(
    fitting: Vec<Arc<Playbook>>,
    incident: &Incident,
    records: &Records,
    policy: &Policy,
    now: Time,
) -> Vec<Arc<Playbook>> {
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut keyed: Vec<_> = fitting
        .into_iter()
        .enumerate()
        .map(|(at, playbook)| {
            let place = playbook.safety.rung.map_or(at, |rung| *places.entry(rung).or_insert(at));
            let record = records.of(&playbook.id);
            let actions = plan::definitions(&playbook, policy);
            let key = (
                record.is_some_and(helps_rarely),
                place,
                closeness(&playbook, incident),
                invasiveness(&actions),
                !record.is_some_and(|record| record.issues.contains(&incident.issue)),
                Reverse(score(record, &actions, policy.objective().recover, now)),
                playbook.id.clone(),
            );
            (key, playbook)
        })
        .collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.into_iter().map(|(_, playbook)| playbook).collect()
}

/// The score of `playbook` at `now`, from 0 to 1000; what it decides says [`order`].
pub fn score_of(playbook: &Playbook, records: &Records, policy: &Policy, now: Time) -> u64 {
    score(records.of(&playbook.id), &plan::definitions(playbook, policy), policy.objective().recover, now)
}

/// How closely the trigger names what is the matter: the component, else the issue, else the kind of component.
fn closeness(playbook: &Playbook, incident: &Incident) -> u8 {
    let trigger = &playbook.trigger;
    match (trigger.components.is_empty(), trigger.issues.contains(&incident.issue) || playbook.id == incident.issue) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}

fn invasiveness(actions: &BTreeMap<Name, Arc<Action>>) -> (Risk, Touches) {
    let risk = actions.values().map(|action| action.risk).max().unwrap_or_default();
    (risk, touches(actions))
}

fn touches(actions: &BTreeMap<Name, Arc<Action>>) -> Touches {
    actions.values().map(|action| action.touches).max().unwrap_or_default()
}

/// From 0 to 1000: 40 % how often it helped at least, 20 % how quickly, 30 % how little it touches, 10 % how lately.
fn score(record: Option<&Record>, actions: &BTreeMap<Name, Arc<Action>>, within: Span, now: Time) -> u64 {
    let fit = match touches(actions) {
        Touches::Nothing | Touches::Instance => WHOLE,
        Touches::Service => WHOLE / 2,
        Touches::Cluster => 0,
    };
    let Some(record) = record else { return fit * 3 / 10 };
    let mean = record.time.ms().checked_div(i64::from(record.successes));
    let quick = mean.map_or(0, |mean| WHOLE - share(mean, within.ms()));
    let lately = record.helped.map_or(0, |at| WHOLE - share(now.since(at).ms(), RECENT.ms()));
    let (least, _) = bounds(record.successes, record.runs);
    (least * 4 + quick * 2 + fit * 3 + lately) / 10
}

/// `part` of `whole`, at most all of it.
fn share(part: i64, whole: i64) -> u64 {
    let (part, whole) = (u64::try_from(part).unwrap_or(0), u64::try_from(whole).unwrap_or(0).max(1));
    part.saturating_mul(WHOLE).checked_div(whole).unwrap_or(WHOLE).min(WHOLE)
}

/// Whether it surely helps in fewer than half of its runs.
fn helps_rarely(record: &Record) -> bool {
    record.runs >= ENOUGH && bounds(record.successes, record.runs).1 < WHOLE / 2
}

/// Between which shares of 1000 success lies, with 95 % confidence (Wilson); nothing is known of what never ran.
fn bounds(successes: u32, runs: u32) -> (u64, u64) {
    if runs == 0 {
        return (0, WHOLE);
    }
    // All in millionths: z² = 1.96² = 3.8416.
    const MILLION: u128 = 1_000_000;
    const Z_SQUARED: u128 = 3_841_600;
    let (hits, all) = (u128::from(successes.min(runs)), u128::from(runs));
    let spread = (hits * (all - hits) * MILLION * MILLION / all + Z_SQUARED * MILLION / 4) * Z_SQUARED / MILLION;
    let (middle, spread) = (hits * MILLION + Z_SQUARED / 2, spread.isqrt());
    let scale = all * MILLION + Z_SQUARED;
    let share = |part: u128| u64::try_from(part * u128::from(WHOLE) / scale).unwrap_or(WHOLE).min(WHOLE);
    (share(middle.saturating_sub(spread)), share(middle + spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{incident, second};
    use crate::policy::Source;
    use alloc::string::String;

    #[test]
    fn r5_success_is_counted_by_its_lower_bound() {
        // Known values of the Wilson interval at 95 %.
        for (successes, runs, low, high) in [
            (0, 0, 0, 1000),
            (1, 1, 206, 1000),
            (0, 1, 0, 793),
            (5, 10, 236, 763),
            (9, 10, 595, 982),
            (90, 100, 825, 944),
        ] {
            assert_eq!(bounds(successes, runs), (low, high), "{successes} of {runs}");
        }
        assert!(bounds(u32::MAX, u32::MAX).0 > 998);
        assert!(bounds(9, 10).0 < bounds(90, 100).0, "more runs say more");
    }

    #[test]
    fn r5_rarely_is_said_only_when_it_is_sure() {
        let record = |successes, runs| Record { runs, successes, ..Record::default() };
        assert!(!helps_rarely(&record(0, 9)), "nine runs are too few");
        assert!(helps_rarely(&record(1, 10)));
        assert!(!helps_rarely(&record(2, 10)), "that may yet be half of them");
        assert!(!helps_rarely(&record(50, 100)));
    }

    fn policy() -> Policy {
        let playbook = |name: &str, rung: &str, trigger: &str, step: &str| {
            alloc::format!(r#"{{ "name": "{name}", {rung} "trigger": {trigger}, "steps": ["{step}"] }}"#)
        };
        let any = r#"{ "state": "unhealthy" }"#;
        let playbooks = [
            playbook("first", "", any, "failover"),
            playbook("z-exact", r#""rung": 1,"#, r#"{ "component": "web" }"#, "failover"),
            playbook("between", "", any, "restart"),
            playbook("issue", r#""rung": 1,"#, r#"{ "issue": "down" }"#, "failover"),
            playbook("b-light", r#""rung": 1,"#, any, "restart"),
            playbook("a-light", r#""rung": 1,"#, any, "restart"),
            playbook("heavy", r#""rung": 1,"#, any, "failover"),
        ];
        let text = alloc::format!(
            r#"{{ "components": {{ "web": {{ "checks": [{{ "tcp": "x:1" }}] }} }}, "playbooks": [{}] }}"#,
            playbooks.join(",")
        );
        Policy::load(&[Source { name: "p.json".into(), text }]).unwrap().policy
    }

    fn ordered(records: &Records, reversed: bool) -> Vec<String> {
        let policy = policy();
        let mut fitting = policy.playbooks().to_vec();
        if reversed {
            fitting.reverse();
        }
        let all = order(fitting, &incident("web", "down"), records, &policy, second(1_000));
        all.iter().map(|playbook| playbook.id.as_str().into()).collect()
    }

    fn records(of: &[(&str, u32, u32, &str)]) -> Records {
        let saved: BTreeMap<Name, Record> = of
            .iter()
            .map(|(name, successes, runs, issue)| {
                let helped = (*successes > 0).then(|| second(900));
                let issues = [Name::new(issue)].into();
                ((*name).into(), Record { runs: *runs, successes: *successes, helped, issues, ..Record::default() })
            })
            .collect();
        serde_json::from_value(serde_json::json!({ "by_playbook": saved })).unwrap()
    }

    #[test]
    fn r5_the_ladder_comes_first_then_the_closest_fit_the_least_invasive_the_id() {
        let expected = ["first", "z-exact", "issue", "a-light", "b-light", "heavy", "between"];
        assert_eq!(ordered(&Records::default(), false), expected);
        let reversed = ["z-exact", "issue", "a-light", "b-light", "heavy", "between", "first"];
        assert_eq!(ordered(&Records::default(), true), reversed, "a rung stands where its first playbook does");
    }

    #[test]
    fn r5_what_was_learned_decides_among_equals_only() {
        let helped = records(&[("b-light", 9, 10, "other"), ("heavy", 9, 10, "down"), ("between", 9, 10, "down")]);
        let expected = ["first", "z-exact", "issue", "b-light", "a-light", "heavy", "between"];
        assert_eq!(ordered(&helped, false), expected);
        let similar = records(&[("b-light", 9, 10, "other"), ("a-light", 1, 5, "down")]);
        assert_eq!(ordered(&similar, false)[3..5], ["a-light", "b-light"], "it helped with the same before");
    }

    #[test]
    fn r5_what_helps_rarely_goes_last() {
        let rarely = records(&[("first", 1, 10, "down")]);
        let expected = ["z-exact", "issue", "a-light", "b-light", "heavy", "between", "first"];
        assert_eq!(ordered(&rarely, false), expected);
    }

    #[test]
    fn r5_the_score_has_its_shares() {
        let policy = policy();
        let of = |name: &str| policy.playbooks().iter().find(|playbook| playbook.id.as_str() == name).unwrap();
        let actions = |name: &str| plan::definitions(of(name), &policy);
        let (restart, failover) = (actions("a-light"), actions("heavy"));
        let (within, now) = (Span::from_mins(20), second(10_000));
        assert_eq!(score(None, &restart, within, now), 300, "it touches its instance alone");
        assert_eq!(score(None, &failover, within, now), 150);
        let record = |time: Span, helped: i64| Record {
            runs: 100,
            successes: 90,
            time,
            helped: Some(second(helped)),
            ..Record::default()
        };
        assert_eq!(score(Some(&record(Span::ZERO, 10_000)), &restart, within, now), 330 + 200 + 300 + 100);
        let slow = record(Span::from_mins(20 * 90), 10_000);
        assert_eq!(score(Some(&slow), &restart, within, now), 330 + 300 + 100);
        let half = record(Span::from_mins(10 * 90), 10_000);
        assert_eq!(score(Some(&half), &restart, within, now), 330 + 100 + 300 + 100);
        let late = second(10_000).after(Span::from_secs(40 * 86_400));
        assert_eq!(score(Some(&record(Span::ZERO, 10_000)), &restart, within, late), 330 + 200 + 300);
    }
}
