use super::*;
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::knowledge::fixtures::{component, fleet, incident, playbook, policy, second};
use crate::model::event::{CheckReport, Input};
use crate::model::health::Tier;
use crate::model::ids::CommandId;
use crate::model::probe::Probe;
use crate::policy::Policy;
use crate::policy::components::Component;
use crate::primitives::time::Span;
use crate::remediate::fixtures;
use crate::remediate::run::Progress;
use crate::remediate::safety::Memory;
use crate::remediate::safety::budget::RunTable;
use crate::remediate::verdict::Guard;

fn check(name: &str) -> Asked {
    let ask = Ask::Probe(Arc::new(Probe::Process { pid_file: None, program: None }));
    Asked { ask, timeout: Span::from_secs(2), ..crate::knowledge::fixtures::check(name, Tier::Shallow) }
}

/// A run for `web` with a step on it and one on `spare`, of which the first was started; each has the checks `a` and `b`.
struct World {
    knowledge: Knowledge,
    policy: Policy,
    run: Run,
    now: Time,
}

impl World {
    fn new() -> World {
        let mut knowledge = fleet(&[]);
        for name in ["spare", "web"] {
            let checks = Vec::from(["a", "b"].map(|name| Arc::new(check(name))));
            knowledge.topology.register(Arc::new(Component { checks, ..component(name, &[]) }));
        }
        let policy = policy(&[]);
        let mut playbook = playbook("p", "state == unhealthy", Span::ZERO);
        playbook.verification.settle = Span::from_secs(5);
        let mut run = Run { playbook: Arc::new(playbook), ..fixtures::run("web", 1) };
        run.plan.targets = ["spare", "web"].map(|name| (name.into(), Grip::Gentle)).into();
        run.plan.steps = ["web", "spare"].map(|target| fixtures::step("restart", target)).into();
        run.steps = [true, false].map(|started| Progress { started, ..Progress::default() }).into();
        run.guard.failing = Some(Failing::default());
        World { knowledge, policy, run, now: second(200) }
    }

    /// What is seen of it with `said` before and `event` as the input.
    fn sees(&mut self, said: &[Fact], event: Option<Event>) -> Option<String> {
        let input = event.map(|event| Input::new(self.now, event));
        let context = Context::new(self.now, &self.policy, input.as_ref(), 1);
        let (mut out, mut memory, others) = (Draft::default(), Memory::default(), RunTable::default());
        let mut desk = Desk::new(&context, &self.knowledge, said, &mut out);
        let incident = incident("web", "down");
        let work = Work { desk: &mut desk, memory: &mut memory, others: &others, incident: &incident };
        work.too_many_fail(&mut self.run)
    }

    fn fails(&mut self, of: &str, check: &str, count: u32) -> Option<String> {
        let fact = found_in(self.now, of, check, CheckVerdict::Fail, count);
        self.sees(&[fact], None)
    }

    fn passes(&mut self, of: &str, check: &str) -> Option<String> {
        let fact = found_in(self.now, of, check, CheckVerdict::Pass, 1);
        self.sees(&[fact], None)
    }

    /// A result that is worth no word any more.
    fn reported(&mut self, check: &str, asked: i64) -> Option<String> {
        let report = CheckReport {
            component: "web".into(),
            check: check.into(),
            asked_at: Some(second(asked)),
            taken_at: second(asked),
            verdict: CheckVerdict::Fail,
            detail: String::new(),
            epoch: 1,
        };
        self.sees(&[], Some(Event::CheckReported(report)))
    }

    /// `web` is acted on at 200 s, and `a` and `b` are seen to fail within the settle time.
    fn fail_within_the_settle_time(&mut self) {
        let command = CommandId::derive(self.run.id, 0, 1, "forward");
        let (step, action, target) = ("web".into(), "restart".into(), "web".into());
        let said = Conclusion::StepStarted { step, attempt: 1, action, target, command };
        let fact = Fact::new(second(200), "test.harm", said).component(&"web".into()).run(self.run.id);
        self.knowledge.apply(&[fact], &self.policy.limits);
        self.now = Time::from_ms(204_999);
        assert_eq!(self.fails("web", "a", 3), None);
        assert_eq!(self.fails("web", "b", 3), None);
    }
}

fn found_in(at: Time, of: &str, check: &str, verdict: CheckVerdict, count: u32) -> Fact {
    let said = Conclusion::CheckFound { check: check.into(), verdict, count, needed: 3, detail: String::new() };
    Fact::new(at, "test.harm", said).component(&of.into())
}

#[test]
fn r8_more_than_half_of_what_was_acted_on_is_harm_and_just_half_is_none() {
    let mut world = World::new();
    assert_eq!(world.fails("web", "a", 3), None, "1 of 2");
    assert_eq!(world.fails("web", "b", 2), None, "not as often as it takes");
    let harm = world.fails("web", "b", 3);
    assert_eq!(harm.as_deref(), Some("2 of 2 checks fail, among them `a` of `web`, which did not before"));
    assert_eq!(world.sees(&[], None), harm, "it is so for as long as they fail");
    assert_eq!(world.passes("web", "a"), None);
}

#[test]
fn r8_what_was_not_acted_on_counts_in_neither_number_until_it_is() {
    let mut world = World::new();
    assert_eq!(world.fails("web", "a", 3), None);
    assert_eq!(world.fails("spare", "a", 3), None);
    assert_eq!(world.fails("spare", "b", 3), None, "1 of 2");
    world.run.steps.iter_mut().for_each(|progress| progress.started = true);
    let harm = world.sees(&[], None);
    assert_eq!(harm.as_deref(), Some("3 of 4 checks fail, among them `a` of `spare`, which did not before"));
    assert_eq!(world.passes("spare", "b"), None, "2 of 4");
}

#[test]
fn r8_nothing_is_harm_of_a_run_that_has_not_begun_nor_later_what_failed_by_then() {
    let mut world = World::new();
    world.run.steps.iter_mut().for_each(|progress| progress.started = false);
    assert_eq!(world.fails("web", "a", 3), None);
    assert_eq!(world.fails("web", "b", 1), None);
    world.run.steps.iter_mut().for_each(|progress| progress.started = true);
    assert_eq!(world.fails("web", "b", 3), None, "all of that had begun before");
    assert_eq!(world.fails("spare", "a", 2), None, "it is not confirmed");
    assert!(world.fails("spare", "a", 3).is_some(), "3 of 4, and that is new");
}

#[test]
fn r8_what_failed_before_counts_and_is_no_news() {
    let mut world = World::new();
    let before: BTreeSet<Check> = [("web".into(), "a".into())].into();
    world.run.guard.failing = Some(Failing { now: before.clone(), before, ..Failing::default() });
    assert_eq!(world.sees(&[], None), None);
    let harm = world.fails("web", "b", 3);
    assert_eq!(harm.as_deref(), Some("2 of 2 checks fail, among them `b` of `web`, which did not before"));
}

#[test]
fn r8_what_was_seen_within_the_settle_time_is_harm_once_it_fails_after_it() {
    let mut world = World::new();
    world.fail_within_the_settle_time();
    world.now = second(206);
    assert_eq!(world.sees(&[], None), None, "nobody has looked since");
    assert_eq!(world.reported("a", 204), None, "nobody has looked since");
    assert_eq!(world.reported("a", 205), None, "1 of 2");
    assert!(world.reported("b", 205).is_some());
}

#[test]
fn r8_what_passes_or_is_counted_anew_after_the_settle_time_is_no_harm() {
    let mut world = World::new();
    world.fail_within_the_settle_time();
    world.now = second(206);
    assert_eq!(world.passes("web", "a"), None);
    assert_eq!(world.reported("b", 205), None);
    assert_eq!(world.reported("a", 205), None);
    let mut world = World::new();
    world.fail_within_the_settle_time();
    world.now = second(206);
    assert_eq!(world.fails("web", "a", 1), None);
    assert_eq!(world.reported("b", 205), None);
    assert_eq!(world.reported("a", 205), None);
}

#[test]
fn r8_what_nobody_reports_fails_still_where_nothing_came_since_the_settle_time() {
    let mut world = World::new();
    let beat = Asked { ask: Ask::Heartbeat { within: Span::from_secs(7) }, ..check("b") };
    let checks = Vec::from([check("a"), beat].map(Arc::new));
    world.knowledge.topology.register(Arc::new(Component { checks, ..component("web", &[]) }));
    world.fail_within_the_settle_time();
    world.now = Time::from_ms(211_999);
    assert_eq!(world.reported("a", 211), None);
    assert_eq!(world.sees(&[], None), None);
    world.now = second(212);
    assert!(world.sees(&[], None).is_some());
}

#[test]
fn r8_what_nothing_is_known_of_any_more_is_counted_anew() {
    let mut world = World::new();
    world.fails("web", "a", 3);
    let errors = |world: &World, count| found_in(world.now, "web", "a", CheckVerdict::Error, count);
    let twice = [errors(&world, 1), errors(&world, 2)];
    assert_eq!(world.sees(&twice, None), None);
    assert!(world.fails("web", "b", 3).is_some(), "an error says nothing about either");
    let third = [errors(&world, 3)];
    assert_eq!(world.sees(&third, None), None);
}

#[test]
fn r8_what_first_fails_where_it_has_not_acted_may_be_as_old_as_the_last_look() {
    let mut world = World::new();
    world.run.steps = [false, true].map(|started| Progress { started, ..Progress::default() }).into();
    let old = |world: &World, count, now| world.run.may_be_old(&"web".into(), &check("a"), count, now);
    assert!(old(&world, 1, second(112)), "10 s from one ask to the next, 2 s for the answer");
    assert!(!old(&world, 1, Time::from_ms(112_001)));
    assert!(!old(&world, 2, second(112)));
    world.run.steps = [true, true].map(|started| Progress { started, ..Progress::default() }).into();
    assert!(!old(&world, 1, second(101)), "it has acted on it");
}

#[test]
fn r8_a_check_that_is_no_more_counts_in_neither_number() {
    let mut world = World::new();
    world.fails("web", "a", 3);
    let checks = Vec::from(["b", "c"].map(|name| Arc::new(check(name))));
    world.knowledge.topology.register(Arc::new(Component { checks, ..component("web", &[]) }));
    assert_eq!(world.fails("web", "b", 3), None, "1 of 2");
}

#[test]
fn p4_a_run_of_which_nobody_knows_what_failed_before_is_never_said_to_do_harm_by_that() {
    let mut world = World::new();
    let text = serde_json::to_string(&world.run.guard).unwrap();
    assert_eq!(serde_json::from_str::<Guard>(&text).unwrap(), world.run.guard, "nothing failed is known, too");
    world.run.guard = serde_json::from_str(r#"{"errors":{},"critical":false,"harmed":false}"#).unwrap();
    assert_eq!(world.fails("web", "a", 3), None);
    assert_eq!(world.fails("web", "b", 3), None);
    assert_eq!(world.run.guard.failing, None);
}
