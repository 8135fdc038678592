//! What is bounded, and what is refused.

use super::*;

fn many(n: usize) -> World {
    let names: Vec<String> = (0..n).map(|i| format!("web-{i:02}")).collect();
    let components: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), PLAIN)).collect();
    World::of(&components)
}

#[test]
fn more_than_a_step_may_ask_follows_a_millisecond_later_each() {
    let mut world = many(10);
    world.policy.limits.checks_per_step = 4;
    world.tick(world.now);
    let at = world.now + 3_600_000;
    let mut steps = vec![asked(&world.tick(at))];
    while let Some((now, more)) = world.next_asked(at + 100) {
        assert_eq!(now, at + i64::try_from(steps.len()).unwrap());
        steps.push(more);
    }
    assert_eq!(steps.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
    let mut all = steps.concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 10, "each once");
}

#[test]
fn two_steps_in_one_millisecond_share_its_budget() {
    let mut world = many(10);
    world.policy.limits.checks_per_step = 4;
    world.tick(world.now);
    let at = world.now + 3_600_000;
    assert_eq!((asked(&world.tick(at)).len(), asked(&world.tick(at)).len()), (4, 0));
}

#[test]
fn at_most_so_many_requests_are_out_and_that_is_said_once() {
    let mut world = many(6);
    world.policy.limits.checks_in_flight = 2;
    world.tick(world.now);
    let out = world.tick(world.now + 15_000);
    assert_eq!(asked(&out).len(), 2);
    assert_eq!(rules(&out), ["checks_in_flight"]);
    let name = asked(&out)[0].clone();
    let next = world.answer(&name, CheckVerdict::Pass);
    assert_eq!(
        (asked(&next).len(), rules(&next)),
        (1, vec!["unknown>healthy".to_string()]),
        "a place is taken at once"
    );
    let at = world.now + 2_000;
    let timed_out = world.tick(at);
    assert_eq!(asked(&timed_out).len(), 2, "an answer that never comes gives its place free too");
    assert!(!rules(&timed_out).contains(&"checks_in_flight".to_string()));
}

#[test]
fn what_fits_no_request_is_refused_and_changes_nothing() {
    let mut world = web();
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    let fail = CheckVerdict::Fail;
    world.answer("web/c", CheckVerdict::Pass);
    let cases = [
        (report("nobody/c", Some(asked_at), fail, 7), "unknown_component"),
        (report("web/d", Some(asked_at), fail, 7), "unknown_check"),
        (report("web/c", Some(asked_at), fail, 6), "stale_epoch"),
        (report("web/c", Some(asked_at), fail, 8), "stale_epoch"),
        (report("web/c", Some(asked_at), fail, 7), "duplicate_answer"),
        (report("web/c", Some(asked_at - 1), fail, 7), "late_answer"),
        (report("web/c", Some(asked_at + 1), fail, 7), "unasked_answer"),
    ];
    let before = world.monitor.snapshot();
    for (event, rule) in cases {
        let out = world.step(asked_at, event);
        assert_eq!((rules(&out), out.commands.len()), (vec![rule.to_string()], 0));
        assert_eq!(world.monitor.snapshot(), before, "{rule}");
    }
}

#[test]
fn an_answer_with_too_long_a_text_is_refused_and_the_request_stays_out() {
    let mut world = web();
    world.policy.limits.text_bytes = 3;
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    let with = |detail: &str| match report("web/c", Some(asked_at), CheckVerdict::Pass, 7) {
        Event::CheckReported(it) => Event::CheckReported(CheckReport { detail: detail.into(), ..it }),
        other => other,
    };
    assert_eq!(rules(&world.step(asked_at, with("abcd"))), ["detail_too_long"]);
    assert_eq!(rules(&world.step(asked_at, with("abc"))), ["unknown>healthy"]);
}

#[test]
fn after_a_restart_of_the_host_requests_go_out_again_with_the_new_epoch() {
    let mut world = web();
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    world.epoch = 8;
    let mut out = Vec::new();
    world.monitor.outstanding(8, &mut out);
    let requests: Vec<&CheckRequest> = out.iter().filter_map(request).collect();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].asked_at.ms(), requests[0].epoch), (asked_at, 8));
    assert_eq!(rules(&world.step(asked_at, report("web/c", Some(asked_at), CheckVerdict::Pass, 7))), ["stale_epoch"]);
    assert_eq!(rules(&world.answer("web/c", CheckVerdict::Pass)), ["unknown>healthy"]);
}
