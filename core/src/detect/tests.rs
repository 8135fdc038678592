use super::*;
use crate::knowledge::fixtures::{fleet, health, pass, playbook, policy, second};
use crate::model::health::State;
use crate::model::severity::Severity;
use crate::policy::Policy;
use crate::policy::playbook::Playbook;
use crate::primitives::finite::Finite;
use crate::primitives::time::Span;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::string::{String, ToString};

struct World {
    stage: Detect,
    knowledge: Knowledge,
    policy: Policy,
}

impl World {
    fn new(playbooks: Vec<Playbook>) -> World {
        let mut policy = policy(&[]);
        policy.playbooks = playbooks.into_iter().map(Arc::new).collect();
        World { stage: Detect::default(), knowledge: fleet(&[("db", &[]), ("web", &["db"])]), policy }
    }

    /// One pass, the stage through a snapshot before it; what was said of signals, as `+issue on component`.
    fn step(&mut self, at: i64, input: Option<Event>, before: &[Fact]) -> Vec<String> {
        let saved = serde_json::to_string(&self.stage).unwrap();
        self.stage = serde_json::from_str(&saved).unwrap();
        let stage = &mut self.stage;
        let out =
            pass(&mut self.knowledge, &self.policy, second(at), input, before, |context, knowledge, said, out| {
                stage.advance(context, knowledge, said, out);
            });
        assert!(self.stage.deadline().is_none_or(|deadline| deadline.at > second(at)));
        out.facts.iter().map(shown).collect()
    }

    fn sample(&mut self, at: i64, component: &str, value: u32) -> Vec<String> {
        let (component, metric) = (component.into(), "cpu_usage".into());
        let value = Finite::from(value);
        self.knowledge.observe((&component, &metric), (value, None), second(at), &self.policy.limits).unwrap();
        self.step(at, Some(Event::SampleReported { component, metric, value, taken_at: None }), &[])
    }
}

fn shown(fact: &Fact) -> String {
    let component = fact.component.as_ref().map(ToString::to_string).unwrap_or_default();
    match &fact.said {
        Conclusion::SignalChanged { issue, raised, .. } => {
            std::format!("{}{issue} on {component}", if *raised { '+' } else { '-' })
        }
        _ => fact.rule.to_string(),
    }
}

const NONE: [&str; 0] = [];

#[test]
fn a4_a_condition_is_a_signal_once_when_it_has_held_and_over_when_it_does_not() {
    let mut world = World::new([playbook("hot", "cpu_usage > 85%", Span::from_mins(5))].into());
    for minute in 0..5 {
        assert_eq!(world.sample(minute * 60, "web", 90), NONE);
    }
    assert_eq!(world.stage.deadline(), Some(Deadline { at: second(300), reason: "condition_holds" }));
    assert_eq!(world.step(300, None, &[]), ["+hot on web"], "at its deadline, without another sample");
    assert_eq!(world.sample(360, "web", 99), NONE, "one episode is one signal");
    assert_eq!(world.stage.deadline(), None);
    assert_eq!(world.sample(420, "web", 85), ["-hot on web"]);
    assert_eq!(world.sample(480, "web", 90), NONE, "another episode begins");
    assert_eq!(world.sample(481, "db", 85), NONE);
}

#[test]
fn p6_the_signal_names_what_was_compared_and_the_samples_that_bore_it_out() {
    let mut world = World::new([playbook("hot", "cpu_usage > 85%", Span::from_secs(60))].into());
    world.sample(0, "web", 90);
    world.sample(30, "web", 91);
    let stage = &mut world.stage;
    let out = pass(&mut world.knowledge, &world.policy, second(60), None, &[], |context, knowledge, said, out| {
        stage.advance(context, knowledge, said, out);
    });
    let [fact] = &out.facts[..] else { panic!("{:?}", out.facts) };
    assert_eq!(fact.rule, "detect.condition_held");
    assert_eq!(fact.because.len(), 3, "the deadline and two samples");
    let compared: Vec<_> = fact.values.iter().map(|(name, value)| (name.as_ref(), value.to_string())).collect();
    assert_eq!(compared, [("compared", "`cpu_usage > 85%` is true: cpu_usage = 91%".to_string())]);
    let Conclusion::SignalChanged { severity, detail, playbook, .. } = &fact.said else { panic!("{fact:?}") };
    assert_eq!((*severity, detail.as_str()), (Some(Severity::Sev2), "cpu_usage > 85% for 1 m"));
    assert_eq!(playbook.as_ref().map(ToString::to_string).as_deref(), Some("hot"));
}

#[test]
fn c2_what_is_unknown_neither_raises_nor_ends_a_signal() {
    let mut world = World::new([playbook("hot", "cpu_usage > 85% AND disk_usage > 1%", Span::ZERO)].into());
    assert_eq!(world.sample(0, "web", 90), NONE, "nothing is known of the disk");
    let mut world = World::new([playbook("hot", "cpu_usage > 85%", Span::from_mins(4))].into());
    assert_eq!(world.sample(0, "web", 90), NONE);
    assert_eq!(world.step(3_600, None, &[]), NONE, "the sample is stale by now");
    assert_eq!(world.stage.deadline(), None, "only another sample can tell");
    assert_eq!(world.sample(3_601, "web", 90), NONE, "the time starts over");
    assert_eq!(world.step(3_841, None, &[]), ["+hot on web"]);
    let unwell = [health(second(9_000), "web", State::Unknown)];
    assert_eq!(world.step(9_000, None, &unwell), NONE, "still raised");
}

#[test]
fn a4_health_and_the_state_of_the_trigger_count_too() {
    let mut waits = playbook("slow", "state == degraded", Span::from_mins(60));
    waits.trigger.issues = ["latency".into()].into();
    let mut busy = playbook("busy", "cpu_usage > 85%", Span::ZERO);
    busy.trigger.state = Some(State::Degraded);
    let mut world = World::new([waits, busy].into());
    assert_eq!(world.sample(0, "web", 90), NONE, "healthy");
    let degraded = [health(second(10), "web", State::Degraded)];
    assert_eq!(world.step(10, None, &degraded), ["+busy on web"]);
    assert_eq!(world.step(3_610, None, &[]), ["+latency on web"], "a fact lasts until it changes; the issue as named");
    let healthy = [health(second(3_611), "web", State::Healthy)];
    assert_eq!(world.step(3_611, None, &healthy), ["-latency on web", "-busy on web"], "the state alone decides");
}

#[test]
fn one_issue_lasts_as_long_as_one_of_its_conditions_does() {
    let mut playbooks = Vec::new();
    for (id, condition) in [("hot", "cpu_usage > 80%"), ("hotter", "cpu_usage > 90%")] {
        let mut one = playbook(id, condition, Span::ZERO);
        one.trigger.issues = ["cpu".into()].into();
        playbooks.push(one);
    }
    let mut world = World::new(playbooks);
    assert_eq!(world.sample(0, "web", 95), ["+cpu on web", "+cpu on web"]);
    assert_eq!(world.sample(1, "web", 85), NONE);
    assert_eq!(world.sample(2, "web", 50), ["-cpu on web"]);
}

#[test]
fn a_sample_of_another_component_decides_for_those_the_trigger_names() {
    let mut one = playbook("starved", "db.cpu_usage > 85%", Span::ZERO);
    one.trigger.components = ["web".into()].into();
    let mut world = World::new([one].into());
    assert_eq!(world.sample(0, "web", 99), NONE);
    assert_eq!(world.sample(1, "db", 99), ["+starved on web"]);
    assert_eq!(world.sample(2, "db", 9), ["-starved on web"]);
}

#[test]
fn what_is_removed_holds_no_more() {
    let mut world = World::new([playbook("hot", "cpu_usage > 85%", Span::ZERO)].into());
    world.sample(0, "web", 90);
    assert!(world.knowledge.incidents.signal_holds(&"web".into(), &"hot".into()));
    let removed = [Fact::new(second(1), "engine.removed", Conclusion::ComponentRemoved {}).component(&"web".into())];
    assert_eq!(world.step(1, None, &removed), ["-hot on web"]);
    assert!(!world.knowledge.incidents.signal_holds(&"web".into(), &"hot".into()));
    assert_eq!(world.stage, Detect::default());
}

#[test]
fn h1_reports_are_counted_and_those_about_nothing_known_refused() {
    let mut world = World::new(Vec::new());
    let customer = |name: &str, vip| Event::CustomerReported { component: name.into(), vip };
    assert_eq!(world.step(0, Some(customer("web", false)), &[]), ["detect.report"]);
    assert_eq!(world.step(1, Some(customer("web", true)), &[]), ["detect.report"]);
    assert_eq!(world.step(2, Some(customer("ghost", true)), &[]), ["detect.unknown_component"]);
    let counted = ["customer", "vip"].map(|what| world.knowledge.reports.count(&"web".into(), what, second(3)));
    assert_eq!(counted, [1, 1]);
}
