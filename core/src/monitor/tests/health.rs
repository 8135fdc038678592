//! What answers, errors and silence make of a component (SPEC H2, H3).

use super::*;

#[test]
fn failures_lead_from_suspicion_over_degraded_to_unhealthy_and_passes_back() {
    let mut world = web();
    let said: Vec<Vec<String>> = world.answers("web/c", "PFFFFPPP").iter().map(rules).collect();
    let expected: [&[&str]; 8] = [
        &["unknown>healthy"],
        &["check_failed c 1/2"],
        &["check_failed c 2/2", "healthy>degraded"],
        &["check_failed c 3/3", "degraded>unhealthy"],
        &[],
        &["check_passed c 1/2"],
        &["check_passed c 2/2", "unhealthy>healthy"],
        &[],
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_change_names_the_events_that_were_counted_and_the_numbers_compared() {
    let mut world = web();
    let outs = world.answers("web/c", "PFFF");
    let fact = outs[3].facts.last().unwrap();
    assert_eq!(fact.rule, "monitor.health_changed");
    let failures: Vec<String> = outs[1..].iter().rev().map(|out| out.facts[0].because[0].to_string()).collect();
    assert_eq!(fact.because.iter().map(ToString::to_string).collect::<Vec<_>>(), failures, "the latest first");
    assert_eq!(failures.len(), 3);
    let values: Vec<String> = fact.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(values, ["failures=3", "needed=3"]);
}

#[test]
fn suspicion_passes_without_a_change_and_is_then_forgotten() {
    let mut world = web();
    let outs = world.answers("web/c", "PFP");
    assert_eq!(rules(&outs[2]), ["check_passed c 1/2"]);
    let health = |world: &World| world.knowledge.health.of(&"web".into(), &world.knowledge.topology);
    assert!(health(&world).onset.is_some());
    assert_eq!(rules(&world.answers("web/c", "P")[0]), ["suspicion_cleared c 2/2"]);
    assert_eq!((health(&world).onset, world.knowledge.timeline.prelude(&"web".into()).len()), (None, 0));
}

#[test]
fn a_component_is_the_worst_of_its_checks_that_have_spoken() {
    let checks =
        "checks: [{ name: a, tcp: 'h:1' }, { name: b, tcp: 'h:2' }, { name: z, tcp: 'h:3', tier: comprehensive }]";
    let mut world = World::of(&[("web", checks)]);
    world.tick(world.now);
    let mut pushed = 0;
    let mut push = |world: &mut World, check: &str, verdict| {
        pushed += 1;
        let mut event = report(&format!("web/{check}"), None, verdict, 7);
        if let Event::CheckReported(report) = &mut event {
            report.taken_at = Time::from_ms(world.now - 100 + pushed);
        }
        world.step(world.now, event);
        world.state("web")
    };
    let (pass, fail, error) = (CheckVerdict::Pass, CheckVerdict::Fail, CheckVerdict::Error);
    assert_eq!(push(&mut world, "a", pass), "healthy", "nobody waits for the slow one");
    for state in ["healthy", "degraded", "unhealthy"] {
        assert_eq!(push(&mut world, "b", fail), state);
    }
    assert_eq!(push(&mut world, "z", fail), "critical");
    assert_eq!((push(&mut world, "z", pass), push(&mut world, "z", pass)), ("critical", "unhealthy"));
    assert_eq!((push(&mut world, "b", pass), push(&mut world, "b", pass)), ("unhealthy", "healthy"));
    for state in ["healthy", "healthy", "healthy", "unknown"] {
        assert_eq!(push(&mut world, "a", error), state, "unknown is worse than healthy");
    }
    assert_eq!((push(&mut world, "b", fail), push(&mut world, "b", fail)), ("unknown", "degraded"));
}

#[test]
fn no_answer_is_an_error_and_comes_too_late_afterwards() {
    let mut world = web();
    world.answers("web/c", "P");
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    assert!(world.tick(asked_at + 1_999).facts.is_empty());
    let out = world.tick(asked_at + 2_000);
    assert_eq!(rules(&out), ["no_answer c 1/4"]);
    let before = world.monitor.snapshot();
    let late = world.step(asked_at + 2_001, report("web/c", Some(asked_at), CheckVerdict::Fail, 7));
    assert_eq!(rules(&late), ["late_answer"]);
    let mut after = world.monitor.snapshot();
    (after.now, after.budget) = (before.now, before.budget);
    assert_eq!(after, before, "it changes nothing");
    assert_eq!(world.next_asked(i64::MAX).map(|(at, _)| at), Some(asked_at + 10_000), "no error hurries");
}

#[test]
fn an_answer_in_the_last_millisecond_counts() {
    let mut world = web();
    let (asked_at, _) = world.next_asked(i64::MAX).unwrap();
    let out = world.step(asked_at + 1_999, report("web/c", Some(asked_at), CheckVerdict::Pass, 7));
    assert_eq!(rules(&out), ["unknown>healthy"]);
}

#[test]
fn four_errors_make_it_unknown() {
    let mut world = web();
    let said: Vec<Vec<String>> = world.answers("web/c", "PEEEEP").iter().map(rules).collect();
    assert_eq!(said[4], ["check_error c 4/4", "healthy>unknown"]);
    assert_eq!(said[5], ["check_passed c 1/1", "unknown>healthy"]);
    assert_eq!(world.state("web"), "healthy");
}

#[test]
fn nothing_heard_for_three_intervals_is_unknown_and_never_a_failure() {
    let mut world = web();
    world.answers("web/c", "P");
    let heard = world.now;
    let mut changed = None;
    while changed.is_none() {
        let at = world.monitor.deadline(&world.knowledge).unwrap().at.ms();
        let out = world.step_with(at, None, &[]);
        let is_change = |fact: &&Fact| matches!(fact.said, Conclusion::HealthChanged { .. });
        changed = out.facts.iter().find(is_change).map(|_| (world.now - heard, rules(&out)));
    }
    assert_eq!(changed, Some((30_000, vec!["check_silent c 3/3".to_string(), "healthy>unknown".to_string()])));
    assert_eq!(world.state("web"), "unknown");
}

#[test]
fn after_a_long_sleep_nothing_old_is_believed_and_everything_is_asked_once() {
    let mut world = World::of(&[("b", PLAIN), ("a", PLAIN)]);
    world.answers("a/c", "FFF");
    let mut asked = asked(&world.tick(world.now + 3_600_000));
    asked.sort();
    assert_eq!(asked, ["a/c", "b/c"]);
    assert_eq!((world.state("a"), world.state("b")), ("unknown", "unknown"));
}

#[test]
fn after_an_action_health_waits_for_the_delay() {
    let mut world = World::of(&[("web", "healthy_delay: 30s, checks: [{ name: c, tcp: 'h:1' }]")]);
    world.answers("web/c", "PFFF");
    let command = crate::model::ids::CommandId(crate::primitives::digest::Digest::of(b"").short());
    let (step, action, target) = ("s".into(), "restart".into(), "web".into());
    world.conclude("web", Conclusion::StepStarted { step, attempt: 1, action, target, command });
    let began = world.now;
    world.answers("web/c", "P");
    let first = world.now;
    while world.state("web") != "healthy" {
        world.answers("web/c", "P");
    }
    assert!(first > began && world.now - first >= 30_000 && world.now - first < 36_000, "{}", world.now - first);
}

#[test]
fn a_heartbeat_fails_when_the_last_beat_is_too_old() {
    let mut world = World::of(&[("job", "checks: [{ name: beat, heartbeat: 30s }]")]);
    let began = world.now;
    world.tick(began);
    let beat = |world: &mut World| world.step(world.now, Event::HeartbeatReceived { component: "job".into() });
    assert!(world.tick(began + 30_000).facts.is_empty(), "too early to say anything");
    beat(&mut world);
    assert_eq!(rules(&world.tick(began + 40_000)), ["unknown>healthy"]);
    assert!(world.tick(began + 60_000).facts.is_empty(), "30 s old");
    let mut said = Vec::new();
    while world.state("job") != "unhealthy" {
        let at = world.monitor.deadline(&world.knowledge).unwrap().at.ms();
        said.extend(rules(&world.step_with(at, None, &[])));
    }
    assert_eq!(said[..3], ["check_failed beat 1/2", "check_failed beat 2/2", "healthy>degraded"]);
    beat(&mut world);
    world.until(world.now + 10_000);
    assert_eq!(world.state("job"), "healthy");
    let refused = world.step(world.now, Event::HeartbeatReceived { component: "nobody".into() });
    assert_eq!(rules(&refused), ["unknown_component"]);
    assert_eq!(
        rules(&web().step(1_000_000, Event::HeartbeatReceived { component: "web".into() })),
        ["unexpected_heartbeat"]
    );
}
