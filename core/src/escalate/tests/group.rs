//! What is told together, and what is too much.

use super::*;
use crate::policy::notifications::{Notifications, RateLimit};

/// A world with many components, in which what is mild waits.
fn many(names: &[&str]) -> World {
    let mut world = world();
    world.policy.notifications = Notifications::default();
    let fleet: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &[][..])).collect();
    world.knowledge = crate::knowledge::fixtures::fleet(&fleet);
    world
}

/// Somebody is called for a mild incident.
fn called(world: &mut World, at: i64, component: &str) {
    world.open(at, component, Severity::Sev2);
    let why = Conclusion::PlaybooksExhausted { tried: Vec::new(), detail: "no playbook fits".into() };
    world.say(at, component, why);
}

fn titles(world: &World) -> Vec<&str> {
    world.sent.iter().map(|one| one.title.as_str()).collect()
}

#[test]
fn s5_what_comes_together_is_one_message_and_all_of_it_is_reached() {
    let mut world = many(&["a", "b"]);
    called(&mut world, 0, "a");
    called(&mut world, 10, "b");
    assert!(world.told().is_empty());
    assert_eq!(world.stage.deadline(), Some(Deadline { at: second(30), reason: "messages_go_together" }));
    world.step(second(30), None, &[]);
    assert_eq!(titles(&world), ["2 messages: SEV2 a down; SEV2 b down"]);
    assert_eq!(world.sent[0].incident, None);
    assert_eq!(world.sent[0].reason.as_str(), "escalation.group");
    let ack = format!("SEV2 a down: no playbook fits (`homeostat ack {}`)", id("a"));
    assert_eq!(world.sent[0].lines[0], ack);
    // Not delivered over any channel: both go on to their next level at once.
    for at in [31, 32, 33] {
        world.answer(at, false);
    }
    let next = world.rules().into_iter().filter(|rule| rule == "escalate.level").count();
    assert_eq!(next, 2, "{:?}", world.rules());
    assert_eq!(world.told(), ["lead over phone"], "as one message");
}

#[test]
fn s5_the_next_waits_for_the_interval_and_not_a_millisecond_longer() {
    let mut world = many(&["a", "b", "c"]);
    called(&mut world, 0, "a");
    world.step(second(30), None, &[]);
    world.answer(30, true);
    called(&mut world, 100, "b");
    world.step(Time::from_ms(329_999), None, &[]);
    assert!(!world.told().iter().any(|told| told == "ann over page"));
    world.step(second(330), None, &[]);
    assert!(titles(&world).contains(&"SEV2 b down"), "{:?}", titles(&world));
    called(&mut world, 700, "c");
    world.step(second(730), None, &[]);
    assert!(titles(&world).contains(&"SEV2 c down"), "the interval is over: it waits for the first wait only");
}

#[test]
fn s5_past_the_rate_limit_what_is_mild_waits_and_what_is_severe_does_not() {
    let mut world = many(&["a", "b", "c", "d"]);
    let limit = RateLimit { messages: 2, within: Span::from_mins(10) };
    (world.policy.notifications.rate_limit, world.policy.notifications.group_wait) = (limit, Span::ZERO);
    world.policy.notifications.group_interval = Span::ZERO;
    for (at, component) in [(0, "a"), (10, "b")] {
        called(&mut world, at, component);
        assert_eq!(world.sent.len(), 1, "{component}");
        world.answer(at, true);
    }
    called(&mut world, 20, "c");
    assert!(world.told().is_empty());
    assert_eq!(world.rules(), ["escalate.exhausted", "escalate.level", "escalate.rate_limited"]);
    world.open(30, "d", Severity::Sev1);
    assert_eq!(titles(&world), ["SEV1 d down"]);
    world.answer(30, true);
    // Three within the time: the second of them has to leave it.
    world.step(Time::from_ms(609_999), None, &[]);
    assert!(!titles(&world).contains(&"SEV2 c down"));
    world.step(second(610), None, &[]);
    assert!(titles(&world).contains(&"SEV2 c down"), "{:?}", titles(&world));
}

#[test]
fn s5_what_only_says_something_waits_for_room_and_past_the_limit_of_the_table_is_dropped_aloud() {
    let mut world = many(&["a"]);
    world.policy.notifications.rate_limit = RateLimit { messages: 1, within: Span::from_mins(10) };
    world.policy.limits.messages = 1;
    world.open(0, "a", Severity::Sev2);
    let wanted = |text: &str| Conclusion::MessageWanted {
        channel: Some("page".into()),
        recipient: Some("zoe".into()),
        text: text.into(),
    };
    world.say(1, "a", wanted("first"));
    assert_eq!(world.told(), ["zoe over page"]);
    world.answer(1, true);
    world.say(2, "a", wanted("second"));
    assert_eq!(world.rules(), ["escalate.rate_limited"]);
    world.say(3, "a", wanted("third"));
    assert_eq!(world.rules(), ["escalate.overloaded"]);
    let why = Conclusion::PlaybooksExhausted { tried: Vec::new(), detail: "no playbook fits".into() };
    world.say(4, "a", why);
    assert_eq!(world.told(), ["ann over page"], "nobody is left uncalled because a table is full");
    world.answer(4, true);
    world.step(second(601), None, &[]);
    let lines: Vec<&str> = world.sent.iter().flat_map(|one| &one.lines).map(String::as_str).collect();
    assert!(lines.contains(&"second") && !lines.contains(&"third"), "{lines:?}");
}

#[test]
fn s5_whom_two_levels_name_at_one_time_is_told_once_and_reached_for_both() {
    let mut world = world();
    let both = |severity| Chain {
        name: "both".into(),
        applies_to: [].into(),
        at_least: severity,
        levels: ["ann", "ann", "boss"]
            .into_iter()
            .zip([0, 0, 10])
            .map(|(who, after)| level(after, LevelCondition::NotResolved, who, &["page"], None))
            .collect(),
    };
    world.policy.chains = [both(Severity::Sev3)].into();
    world.open(0, "web", Severity::Sev1);
    assert_eq!(world.told(), ["ann over page"]);
    assert_eq!(world.rules(), ["escalate.severe", "escalate.level", "escalate.level", "escalate.told_already"]);
    for at in [1, 2, 3] {
        world.answer(at, false);
    }
    assert_eq!(world.told(), ["boss over page"], "nobody of either level was reached");
}
