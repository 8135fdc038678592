//! When what is asked.

use super::*;
use crate::model::run::Verdict;
use crate::primitives::time::Span;

#[test]
fn the_first_ask_is_drawn_from_the_interval_after_the_delay_by_name() {
    let first = |name: &str, seed| {
        let mut world = World::of(&[(name, "checks: [{ name: c, tcp: 'h:1', initial_delay: 20s }]")]);
        world.policy.seed = seed;
        world.next_asked(i64::MAX).unwrap().0 - 1_000_000
    };
    let draws: Vec<i64> = (0..50).map(|i| first(&format!("web-{i}"), 1)).collect();
    assert!(draws.iter().all(|draw| (20_000..30_000).contains(draw)), "{draws:?}");
    let (least, most) = (draws.iter().min().unwrap(), draws.iter().max().unwrap());
    assert!(*least < 22_000 && *most > 28_000, "spread over the interval: {least} to {most}");
    assert_eq!(first("web-0", 1), draws[0]);
    assert_ne!(first("web-0", 2), draws[0]);
}

#[test]
fn a_check_is_asked_at_its_interval_and_faster_until_it_has_recovered() {
    let mut world = web();
    let mut times = Vec::new();
    for letter in ["P", "P", "F", "F", "P", "P", "P"] {
        world.answers("web/c", letter);
        times.push(world.now);
    }
    let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps, [10_000, 10_000, 5_000, 5_000, 5_000, 10_000]);
}

#[test]
fn a_slow_answer_does_not_shift_the_interval() {
    let mut world = web();
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    world.now += 900;
    world.answer("web/c", CheckVerdict::Pass);
    assert_eq!(world.next_asked(i64::MAX).map(|(at, _)| at), Some(asked_at + 10_000));
}

#[test]
fn the_first_shallow_failure_asks_the_deep_checks_at_once_and_changes_no_state() {
    let checks = "checks: [{ name: a, tcp: 'h:1' }, { name: d1, tcp: 'h:2', tier: deep, interval: 1h }, \
                  { name: d0, tcp: 'h:3', tier: deep, interval: 1h }, { name: z, tcp: 'h:4', tier: comprehensive, interval: 1h }]";
    let mut world = World::of(&[("web", checks)]);
    world.tick(world.now);
    while world.next_asked(i64::MAX).unwrap().1 != ["web/a"] {
        for check in ["web/d0", "web/d1", "web/z"] {
            let mut out = Vec::new();
            world.monitor.outstanding(7, &mut out);
            if out.iter().filter_map(request).any(|it| format!("{}/{}", it.component, it.check) == check) {
                world.answer(check, CheckVerdict::Pass);
            }
        }
    }
    let before = world.state("web");
    let out = world.answer("web/a", CheckVerdict::Fail);
    assert_eq!(asked(&out), ["web/d0", "web/d1"].map(String::from));
    assert_eq!(world.state("web"), before);
    world.answer("web/d0", CheckVerdict::Pass);
    world.answer("web/d1", CheckVerdict::Pass);
    world.next_asked(i64::MAX).unwrap();
    assert!(asked(&world.answer("web/a", CheckVerdict::Fail)).is_empty(), "only the first");
}

#[test]
fn checks_due_in_the_same_millisecond_are_asked_by_component_then_check() {
    let checks = "checks: [{ name: z, tcp: 'h:1' }, { name: a, tcp: 'h:2' }]";
    let mut world = World::of(&[("web", checks), ("db", checks)]);
    world.tick(world.now);
    let mut dues: Vec<(Time, String)> = world
        .monitor
        .schedule
        .roster
        .posts()
        .map(|(key, post)| {
            let owner = world.monitor.schedule.roster.owner(key).unwrap();
            (post.due, format!("{}/{}", owner.component.name, post.check.name))
        })
        .collect();
    dues.sort();
    let out = world.tick(world.now + 20_000);
    let expected: Vec<String> = dues.into_iter().map(|(_, name)| name).collect();
    assert_eq!(asked(&out), expected, "what was due earlier comes first");
    let mut same = World::of(&[("web", checks), ("db", checks)]);
    same.tick(same.now);
    let keys: Vec<u32> = same.monitor.schedule.roster.posts().map(|(key, _)| key).collect();
    for key in keys {
        same.monitor.schedule.roster.post_mut(key).unwrap().due = Time::from_ms(1_000_005);
        same.monitor.schedule.arm(key);
    }
    assert_eq!(asked(&same.tick(1_000_005)), ["db/a", "db/z", "web/a", "web/z"].map(String::from));
}

#[test]
fn a_pushed_result_counts_and_brings_the_recheck_forward() {
    let mut world = World::of(&[("web", "checks: [{ name: c, tcp: 'h:1', interval: 1h }]")]);
    world.answers("web/c", "P");
    let at = world.now + 60_000;
    let push = |taken_at| match report("web/c", None, CheckVerdict::Fail, 7) {
        Event::CheckReported(it) => Event::CheckReported(CheckReport { taken_at: Time::from_ms(taken_at), ..it }),
        other => other,
    };
    assert_eq!(rules(&world.step(at, push(at))), ["check_failed c 1/2"]);
    assert_eq!(rules(&world.step(at, push(at))), ["duplicate_answer"]);
    assert_eq!(rules(&world.step(at, push(at - 1))), ["duplicate_answer"], "older than what is known");
    assert_eq!(world.next_asked(i64::MAX), Some((at + 5_000, vec!["web/c".to_string()])));
}

#[test]
fn what_is_verified_is_asked_from_then_on_at_the_recheck_interval_and_its_passes_are_told() {
    let mut world = World::of(&[("web", "checks: [{ name: c, tcp: 'h:1', interval: 1h }]")]);
    world.answers("web/c", "P");
    let from = Time::from_ms(world.now + 60_000);
    world.conclude("web", Conclusion::VerificationStarted { step: None, from, within: Span::from_secs(60) });
    let deadline = world.monitor.deadline(&world.knowledge).unwrap();
    assert_eq!(deadline.at.ms(), world.now + 1, "the monitor looks at once");
    for i in 0..4 {
        assert_eq!(world.next_asked(i64::MAX).map(|(at, _)| at), Some(from.ms() + i * 5_000));
        assert_eq!(rules(&world.answer("web/c", CheckVerdict::Pass)), ["check_passed c 2/2"]);
    }
    let done = Conclusion::VerdictReached {
        verdict: Verdict::Success,
        provisional: false,
        detail: String::new(),
        since: None,
    };
    world.conclude("web", done);
    let (last, _) = world.next_asked(i64::MAX).unwrap();
    assert!(world.answer("web/c", CheckVerdict::Pass).facts.is_empty());
    assert_eq!(world.next_asked(i64::MAX).map(|(at, _)| at), Some(last + 3_600_000));
}

#[test]
fn evidence_asked_for_before_it_counts_is_not_told() {
    let mut world = web();
    world.answers("web/c", "P");
    world.next_asked(i64::MAX).unwrap();
    let from = Time::from_ms(world.now + 500);
    world.conclude("web", Conclusion::VerificationStarted { step: None, from, within: Span::from_secs(60) });
    world.tick(world.now + 600);
    let out = world.answer("web/c", CheckVerdict::Pass);
    assert!(out.facts.is_empty());
    assert_eq!(asked(&out), ["web/c"], "it is asked again at once");
    assert_eq!(rules(&world.answer("web/c", CheckVerdict::Pass)), ["check_passed c 2/2"]);
}
