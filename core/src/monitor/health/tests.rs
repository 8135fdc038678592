use super::*;
use crate::knowledge::fixtures;
use std::format;

fn check(tier: Tier, thresholds: (u32, u32, u32)) -> Check {
    let (degraded_threshold, failure_threshold, success_threshold) = thresholds;
    let recheck_interval = Span::from_secs(2);
    Check { degraded_threshold, failure_threshold, success_threshold, recheck_interval, ..fixtures::check("c", tier) }
}

/// The states after each answer, one letter each way: `F`, `P`, `E` in; `-` for never heard, `HDUC?` out.
fn states(check: &Check, answers: &str) -> std::string::String {
    let mut tally = Tally::NEW;
    let letter = |(second, answer): (i64, char)| {
        feed(&mut tally, check, answer, second, None);
        match tally.state() {
            None => '-',
            Some(State::Healthy) => 'H',
            Some(State::Unknown) => '?',
            Some(State::Degraded) => 'D',
            Some(State::Unhealthy) => 'U',
            Some(State::Critical) => 'C',
        }
    };
    (0..).zip(answers.chars()).map(letter).collect()
}

fn feed(tally: &mut Tally, check: &Check, answer: char, second: i64, acted: Option<i64>) -> Option<Finding> {
    let verdict = match answer {
        'F' => CheckVerdict::Fail,
        'P' => CheckVerdict::Pass,
        _ => CheckVerdict::Error,
    };
    let at = |second: i64| Time::from_ms(second * 1_000);
    let around = Circumstances { now: at(second), acted: acted.map(at), healthy_delay: Span::from_secs(30) };
    tally.observe(check, verdict, || EventId::from_text(&format!("e{second}")), around)
}

#[test]
fn a_shallow_check_goes_by_its_thresholds() {
    let shallow = check(Tier::Shallow, (2, 3, 2));
    assert_eq!(states(&shallow, "PFFFFPP"), "HHDUUUH");
    assert_eq!(states(&shallow, "FFFPP"), "-DUUH", "also as the first thing it says");
    assert_eq!(states(&shallow, "PFPFPF"), "HHHHHH", "failures must be in a row");
    assert_eq!(states(&shallow, "PFFPFPFPP"), "HHDDDDDDH", "passes must be in a row");
    assert_eq!(states(&shallow, "PFFPFFF"), "HHDDDDU", "and counting starts over");
}

#[test]
fn eager_deep_and_comprehensive_differ_by_thresholds_and_tier() {
    assert_eq!(states(&check(Tier::Shallow, (1, 3, 2)), "PFFF"), "HDDU");
    assert_eq!(states(&check(Tier::Deep, (3, 3, 2)), "PFFF"), "HHHU", "one failure confirmed by two rechecks");
    assert_eq!(states(&check(Tier::Comprehensive, (1, 1, 2)), "PFPP"), "HCCH");
}

#[test]
fn four_errors_in_a_row_give_unknown_and_are_never_a_failure() {
    let shallow = check(Tier::Shallow, (2, 3, 2));
    assert_eq!(states(&shallow, "PEEEEEP"), "HHHH??H");
    assert_eq!(states(&shallow, "PEEEPEEEE"), "HHHHHHHH?", "in a row");
    assert_eq!(states(&shallow, "EEEE"), "---?");
    assert_eq!(states(&shallow, "PFEF"), "HHHD", "an error neither counts nor interrupts");
    assert_eq!(states(&shallow, "PFFFEEEEFPPF"), "HHDUUUU???HH", "then all is counted anew");
}

#[test]
fn nothing_is_said_of_a_pass_while_all_is_well() {
    let shallow = check(Tier::Shallow, (2, 3, 2));
    let mut tally = Tally::NEW;
    let first = feed(&mut tally, &shallow, 'P', 1, None).unwrap();
    assert!(!first.telling, "the change of state says it");
    assert_eq!(feed(&mut tally, &shallow, 'P', 2, None), None);
    let failed = feed(&mut tally, &shallow, 'F', 3, None).unwrap();
    assert!(failed.telling && failed.first_failure);
    assert_eq!((failed.count, failed.needed), (1, 2));
    let worse = feed(&mut tally, &shallow, 'F', 4, None).unwrap();
    assert_eq!((worse.count, worse.needed, worse.first_failure), (2, 2, false));
    assert_eq!(worse.because, [EventId::from_text("e4"), EventId::from_text("e3")], "the latest first");
    assert_eq!(feed(&mut tally, &shallow, 'F', 5, None).map(|found| found.needed), Some(3));
    let told: std::vec::Vec<bool> =
        [6, 7, 8].map(|second| feed(&mut tally, &shallow, 'P', second, None).is_some_and(|f| f.telling)).into();
    assert_eq!(told, [true, true, false], "the first pass and the recovery");
    feed(&mut tally, &shallow, 'E', 9, None);
    assert!(feed(&mut tally, &shallow, 'P', 10, None).is_some_and(|found| found.telling));
    assert!(tally.is_well());
}

#[test]
fn after_an_action_it_must_pass_for_the_healthy_delay() {
    let shallow = check(Tier::Shallow, (2, 3, 2));
    let recovered_at = |acted: Option<i64>| {
        let mut tally = Tally::NEW;
        (0..3).for_each(|second| drop(feed(&mut tally, &shallow, 'F', 10 + second, acted)));
        (20..120).find(|second| {
            feed(&mut tally, &shallow, 'P', *second, acted);
            tally.is_well()
        })
    };
    assert_eq!(recovered_at(None), Some(21));
    assert_eq!(recovered_at(Some(15)), Some(50), "from its first pass");
    assert_eq!(recovered_at(Some(25)), Some(55), "from the action, if that was later");
    assert_eq!(recovered_at(Some(10)), Some(50), "an action in the same instant counts");
    assert_eq!(recovered_at(Some(9)), Some(21), "what was done before is of no account");
}

#[test]
fn silence_is_unknown_and_a_sick_check_must_still_recover_in_full() {
    let shallow = check(Tier::Shallow, (2, 3, 2));
    let mut tally = Tally::NEW;
    (0..3).for_each(|second| drop(feed(&mut tally, &shallow, 'F', second, None)));
    tally.silence();
    assert!(tally.is_unknown() && tally.is_sick());
    feed(&mut tally, &shallow, 'P', 9, None);
    assert_eq!(tally.state(), Some(State::Unknown));
    feed(&mut tally, &shallow, 'P', 10, None);
    assert_eq!(tally.state(), Some(State::Healthy));
}

#[test]
fn the_evidence_that_is_kept_is_bounded() {
    let shallow = check(Tier::Shallow, (2, 100, 2));
    let mut tally = Tally::NEW;
    let last = (0..100).map(|second| feed(&mut tally, &shallow, 'F', second, None)).last();
    let because = last.flatten().unwrap().because;
    assert_eq!((because.len(), because[0].as_str()), (EVIDENCE, "e99"));
}
