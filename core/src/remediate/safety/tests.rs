//! Each link of the gate at its edge: the plan is let through, and refused with nothing but that link changed.

mod approval;
mod blast;
mod breaker;
mod budgets;
mod change_window;
mod cooldown;
mod flapping;
mod grace;
mod ineffectiveness;
mod kill_switch;
mod maintenance;
mod mode;
mod preconditions;
mod rate_limits;
mod rates;
mod refusals;
mod reversibility;
mod role;
mod safe_mode;
mod severity;
mod storm;
mod warm_up;

use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::knowledge::fixtures::{component, fleet, health, incident, playbook, policy, second};
use crate::knowledge::health::Health;
use crate::model::event::Principal;
use crate::model::fact::{Conclusion, Fact};
use crate::model::gate::{Link, LinkResult, Occasion};
use crate::model::health::State;
use crate::model::ids::RunId;
use crate::model::incident::{Evidence, Incident};
use crate::model::radius::Level;
use crate::model::radius::Reach;
use crate::model::run::RunEnd;
use crate::model::severity::{Risk, Severity};
use crate::policy::actions::{Action, Adapter, Precondition, Reversal, Touches};
use crate::policy::condition::{Condition, Open};
use crate::policy::mode::Mode;
use crate::policy::playbook::{Node, Playbook, Step};
use crate::policy::safety::{Budget, Share};
use crate::policy::{Policy, Source};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::blast::{Grip, of_plan};
use crate::remediate::plan::{Plan, PlannedStep};
use crate::remediate::run::{Grant, Run, Status};
use crate::remediate::safety::Memory;
use crate::remediate::safety::budget::RunTable;
use crate::remediate::safety::gate::ask;
use crate::remediate::safety::question::{Question, View};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// Everything the gate looks at; as it begins, a run on `web-0` is let through.
struct World {
    knowledge: Knowledge,
    policy: Policy,
    memory: Memory,
    runs: RunTable,
    playbook: Playbook,
    action: Action,
    /// Further actions that the run keeps.
    others: Vec<Action>,
    targets: BTreeMap<Name, Grip>,
    steps: Vec<PlannedStep>,
    /// Whether the action that would be executed is known.
    acts: bool,
    /// The level the plan was made for; unset: the one it has.
    planned: Option<Level>,
    severity: Severity,
    /// What bore the incident out.
    evidence: Option<Evidence>,
    by: Option<Principal>,
    grant: Option<Grant>,
    occasion: Occasion,
    now: Time,
}

/// A restart, as the registry has it.
pub(crate) fn action() -> Action {
    Action {
        name: "restart".into(),
        aliases: Default::default(),
        category: "infrastructure".into(),
        classes: Default::default(),
        risk: Risk::Low,
        parameters: BTreeMap::new(),
        touches: Touches::Instance,
        idempotent: true,
        reversal: Reversal::NotNeeded,
        preconditions: Default::default(),
        verify: Default::default(),
        adapter: Adapter::Host,
        timeout: Span::from_secs(10),
        disruptive: true,
        documentation: String::new(),
    }
}

impl World {
    /// A service `web` of this many members, the first of them down.
    fn of(size: u32) -> World {
        let mut knowledge = fleet(&[]);
        for n in 0..size {
            let mut member = component(&format!("web-{n}"), &[]);
            member.place.service = Some("web".into());
            let slot = knowledge.topology.register(Arc::new(member));
            let state = if n == 0 { State::Unhealthy } else { State::Healthy };
            knowledge.health.restore(slot, Health { state, ..Health::default() });
        }
        let mut playbook = playbook("restart", "state == unhealthy", Span::ZERO);
        playbook.trigger.condition = None;
        playbook.trigger.issues.insert("down".into());
        World {
            knowledge,
            policy: policy(&[]),
            memory: Memory::default(),
            runs: RunTable::default(),
            playbook,
            action: action(),
            others: Vec::new(),
            targets: [("web-0".into(), Grip::Disruptive)].into(),
            steps: Vec::new(),
            acts: true,
            planned: None,
            severity: Severity::Sev2,
            evidence: None,
            by: None,
            grant: None,
            occasion: Occasion::FirstStep,
            now: second(1_000),
        }
    }

    fn plan(&self) -> Plan {
        let reach = of_plan(&self.targets, [&self.action].into_iter(), &self.knowledge);
        let level = self.planned.unwrap_or(reach.level);
        Plan {
            digest: Digest::of(b"plan"),
            steps: self.steps.clone(),
            concurrency: Default::default(),
            targets: self.targets.clone(),
            rollout: Default::default(),
            reach: Reach { level, ..reach },
        }
    }

    /// Another run, acting on `target`.
    fn runs_on(&mut self, target: &str, status: Status) {
        let id = RunId::derive(incident("web-0", "down").id, 0, &Name::new(target), 9);
        let run = Run {
            id,
            incident: incident("web-0", "down").id,
            component: target.into(),
            attempt: 9,
            by: None,
            playbook: Arc::new(self.playbook.clone()),
            actions: BTreeMap::new(),
            safety: Arc::new(self.policy.safety.clone()),
            plan: Plan { targets: [(target.into(), Grip::Disruptive)].into(), ..self.plan() },
            steps: Default::default(),
            status,
            before: State::Unhealthy,
            started: Some(self.now),
            ends_by: Time::NEVER,
            approval: None,
            because: Default::default(),
            closed: None,
            rolling: None,
            guard: Default::default(),
            cut: None,
            half_done: None,
        };
        self.runs.insert(id, run);
    }

    /// The run that is asked about.
    fn run(&self) -> RunId {
        RunId::derive(incident("web-0", "down").id, 0, &self.playbook.id, 1)
    }

    fn is(&mut self, name: &str, state: State) {
        self.knowledge.apply(&[health(self.now, name, state)], &self.policy.limits);
    }

    /// Which rule refuses; `allowed` where none does.
    fn asks(&self) -> String {
        self.refusal().map_or("allowed".to_string(), |refusal| refusal.rule.to_string())
    }

    fn refusal(&self) -> Option<LinkResult> {
        self.links().into_iter().find(|result| !result.allowed)
    }

    /// What each link says.
    fn links(&self) -> Vec<LinkResult> {
        let (severity, evidence) = (self.severity, self.evidence);
        let incident = Incident { severity, evidence, ..incident("web-0", "down") };
        let actions = [&self.action].into_iter().chain(&self.others);
        let actions = actions.map(|one| (one.name.clone(), Arc::new(one.clone()))).collect();
        let plan = self.plan();
        let question = Question {
            occasion: self.occasion,
            planning: false,
            incident: &incident,
            by: self.by.as_ref(),
            run: self.run(),
            playbook: &self.playbook,
            actions: &actions,
            pinned: &self.policy.safety,
            plan: &plan,
            action: self.acts.then_some(&self.action),
            grant: self.grant.as_ref(),
            acting: &self.targets,
        };
        let context = Context { now: self.now, policy: &self.policy, input: None, epoch: 1 };
        let view = View { context: &context, knowledge: &self.knowledge, runs: &self.runs, memory: &self.memory };
        ask(&question, &view).links
    }
}

/// A step of a plan that is `action` on `web-0`.
fn step(action: &str) -> PlannedStep {
    let text = "playbooks: [{ name: p, trigger: { state: unhealthy }, steps: [restart] }]".to_string();
    let loaded = Policy::load(&[Source { name: "p.yaml".into(), text }]);
    let policy = loaded.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
    let Some(Node::Step(step)) = policy.playbooks().first().and_then(|playbook| playbook.steps.first()) else {
        panic!("expected a playbook of one step")
    };
    let step = Step { action: action.into(), ..step.clone() };
    PlannedStep {
        id: action.into(),
        step,
        target: "web-0".into(),
        binding: None,
        stage: 0,
        branch: 0,
        fallback_of: None,
    }
}

/// What the gate says to a plan that it lets through, once `change` is made.
fn with(change: impl FnOnce(&mut World)) -> String {
    let mut world = World::of(3);
    assert_eq!(world.asks(), "allowed");
    change(&mut world);
    world.asks()
}

fn control(what: &'static str, to: &str) -> Fact {
    let said = Conclusion::ControlChanged { what: what.into(), to: to.into(), detail: "ann".into() };
    Fact::new(second(1), "engine.test", said)
}

#[test]
fn r6_mode_kill_switch_and_fault_latch_each_refuse_alone() {
    for (mode, rule) in [(Mode::Off, "mode.off"), (Mode::Observe, "mode.observe"), (Mode::Suggest, "mode.suggest")] {
        assert_eq!(with(|world| world.policy.mode = mode), rule);
        assert_eq!(with(|world| world.playbook.safety.mode = Some(mode)), rule, "its own ceiling");
        let lowered =
            |world: &mut World| world.knowledge.apply(&[control("mode", mode.as_str())], &world.policy.limits);
        assert_eq!(with(lowered), rule, "lowered at run time");
    }
    assert_eq!(with(|world| world.policy.mode = Mode::Approve), "approval.required");
    let killed = |world: &mut World| world.knowledge.apply(&[control("kill", "storm")], &world.policy.limits);
    assert_eq!(with(killed), "kill_switch.engaged");
    let undoing = |world: &mut World| world.occasion = Occasion::Rollback;
    assert_eq!(with(|world| (killed(world), undoing(world)).0), "kill_switch.engaged", "undoing too");
    let allowed = |world: &mut World| world.policy.safety.kill_allows_rollback = true;
    assert_eq!(with(|world| (killed(world), undoing(world), allowed(world)).0), "allowed");
    let fault = |world: &mut World| {
        let said = Conclusion::FaultLatched { what: "test".into() };
        world.knowledge.apply(&[Fact::new(second(1), "engine.test", said)], &world.policy.limits);
    };
    assert_eq!(with(|world| (fault(world), undoing(world), allowed(world)).0), "kill_switch.fault_latch");
}

#[test]
fn b3_at_most_so_much_is_unhealthy_rounded_down_but_at_least_one() {
    for (size, down, rule) in [
        (1, 1, "allowed"),
        (2, 1, "allowed"),
        (2, 2, "budgets.max_unhealthy"),
        (4, 2, "budgets.max_unhealthy"),
        (5, 2, "allowed"),
        (5, 3, "budgets.max_unhealthy"),
    ] {
        for state in [State::Critical, State::Degraded, State::Unknown] {
            let mut world = World::of(size);
            (1..down).for_each(|n| world.is(&format!("web-{n}"), state));
            assert_eq!(world.asks(), rule, "40 % of {size}, {down} of them down: {state}");
        }
    }
}

#[test]
fn b3_what_is_under_action_or_not_yet_stable_counts() {
    let acting = |world: &mut World| world.runs_on("web-1", Status::Running);
    assert_eq!(with(acting), "budgets.max_unhealthy", "2 of 3");
    let mut world = World::of(5);
    acting(&mut world);
    assert_eq!(world.asks(), "budgets.max_in_flight", "2 of 5 are not too many, two at once are");
    world.policy.safety.default_budget.max_in_flight = Share::Count(2);
    assert_eq!(world.asks(), "allowed");
    assert_eq!(with(|world| world.runs_on("web-0", Status::Running)), "budgets.target_busy");
    assert_eq!(with(|world| world.runs_on("web-1", Status::Settled)), "allowed", "it is over");
    let frozen = |world: &mut World| world.memory.frozen.extend(["web-0".into()]);
    assert_eq!(with(frozen), "budgets.target_frozen");
}

#[test]
fn b3_healthy_capacity_is_not_taken_below_the_floor_and_never_the_last_of_a_critical_service() {
    let healthy_target = |world: &mut World| world.targets = [("web-1".into(), Grip::Disruptive)].into();
    assert_eq!(with(healthy_target), "allowed", "web-2 stays");
    let one_left = |world: &mut World| {
        healthy_target(world);
        world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
        world.is("web-2", State::Unhealthy);
    };
    assert_eq!(with(one_left), "budgets.keep_healthy_at_least");
    let undoing = |world: &mut World| world.occasion = Occasion::Rollback;
    assert_eq!(with(|world| (one_left(world), undoing(world)).0), "budgets.keep_healthy_at_least", "undoing too");
    let gentle = |world: &mut World| world.targets = [("web-1".into(), Grip::Gentle)].into();
    assert_eq!(with(|world| (one_left(world), gentle(world)).0), "allowed", "it goes on serving");
    let none = Budget {
        max_unhealthy: Share::Count(3),
        max_in_flight: Share::Count(1),
        keep_healthy_at_least: Share::Count(0),
    };
    let no_floor = |world: &mut World| world.policy.safety.default_budget = none.clone();
    assert_eq!(with(|world| (one_left(world), no_floor(world)).0), "allowed");
    let critical = |world: &mut World| {
        let mut member = (**world.knowledge.topology.component(&"web-1".into()).unwrap()).clone();
        member.critical = true;
        world.knowledge.topology.register(Arc::new(member));
    };
    let all = |world: &mut World| (one_left(world), no_floor(world), critical(world)).0;
    assert_eq!(with(all), "budgets.keep_healthy_at_least");
}

#[test]
fn c2_a_precondition_that_is_false_or_unknown_refuses() {
    for (text, rule) in [
        ("state == unhealthy", "allowed"),
        ("state == healthy", "preconditions.false"),
        ("cpu > 1", "preconditions.unknown"),
    ] {
        let condition = Condition::parse(text, &Open).unwrap();
        let precondition = Precondition { name: "p".into(), condition };
        assert_eq!(with(|world| world.playbook.preconditions.push(precondition.clone())), rule, "{text}");
        assert_eq!(with(|world| world.action.preconditions.push(precondition)), rule, "{text}");
    }
}

#[test]
fn g1_the_last_run_within_a_limit_is_let_through_and_the_next_is_not_until_the_window_has_moved() {
    let used = |world: &mut World, runs: u32, component: &str| {
        for n in 0..runs {
            let run = RunId::derive(incident("web-0", "down").id, 0, &Name::new(component), 100 + n);
            world.memory.rates.consume(run, &component.into(), second(0), false, Span::from_mins(240));
        }
    };
    assert_eq!(with(|world| used(world, 99, "db")), "allowed");
    assert_eq!(with(|world| used(world, 100, "db")), "rate_limits.total");
    assert_eq!(with(|world| used(world, 4, "web-0")), "allowed");
    assert_eq!(with(|world| used(world, 5, "web-0")), "rate_limits.attempts_per_component");
    let later = |world: &mut World, at| (used(world, 100, "db"), world.now = second(at)).0;
    assert_eq!(with(|world| later(world, 3_599)), "rate_limits.total");
    assert_eq!(with(|world| later(world, 3_600)), "allowed");
    let undoing = |world: &mut World| (used(world, 100, "db"), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "undoing has a reserve");
}

#[test]
fn r8_what_began_to_be_undone_is_undone_and_a_small_total_has_a_reserve_too() {
    let hour = Span::from_mins(60);
    let undoing = |world: &mut World, total: u32, percent: u32, begun: u32| {
        world.occasion = Occasion::Rollback;
        let rates = &mut world.policy.safety.rates;
        (rates.total, rates.rollback_reserve_percent) = (total, percent);
        let run = |n| RunId::derive(incident("web-0", "down").id, 0, &"other".into(), n);
        (0..total).for_each(|n| world.memory.rates.consume(run(n), &"db".into(), second(0), false, hour));
        (0..begun).for_each(|n| world.memory.rates.consume(run(n), &"db".into(), second(0), true, hour));
    };
    for (total, percent, reserve) in [(1, 20, 1), (4, 20, 1), (10, 20, 2), (1, 1, 1), (0, 20, 1), (3, 100, 3)] {
        assert_eq!(with(|world| undoing(world, total, percent, reserve - 1)), "allowed", "{percent} % of {total}");
        assert_eq!(
            with(|world| undoing(world, total, percent, reserve)),
            "rate_limits.total",
            "{percent} % of {total}"
        );
        let begun = |world: &mut World| {
            undoing(world, total, percent, reserve);
            world.memory.rates.consume(world.run(), &"web-0".into(), second(0), true, hour);
        };
        assert_eq!(with(begun), "allowed", "its own undoing goes on");
    }
    assert_eq!(with(|world| undoing(world, 5, 0, 0)), "rate_limits.total", "a reserve of nothing is nothing");
}

#[test]
fn g2_g3_breaker_and_cooldown_refuse_a_first_step_and_no_other() {
    let fails = |world: &mut World, runs: u32| {
        let settings = world.policy.safety.breaker.clone();
        for run in 0..runs {
            // Not all on one component: else the breaker for all stays closed.
            let on = if run == 0 { "web-1" } else { "web-0" };
            world.memory.breakers.record(&"restart".into(), &on.into(), false, &settings, second(0));
        }
    };
    assert_eq!(with(|world| fails(world, 2)), "allowed");
    assert_eq!(with(|world| fails(world, 3)), "breaker.open");
    let later = |world: &mut World| (fails(world, 3), world.now = second(3_600)).0;
    assert_eq!(with(later), "approval.required", "half open: with a person, where it is reset by hand");
    let automatic = |world: &mut World| (later(world), world.policy.safety.breaker.manual_reset = false).0;
    assert_eq!(with(automatic), "allowed");
    let other = |world: &mut World| {
        automatic(world);
        world.playbook.id = "other".into();
        world.runs_on("db", Status::Running);
        world.playbook.id = "third".into();
    };
    assert_eq!(with(other), "breaker.half_open", "the breaker for all lets one run through, whichever it is");
    let paused = |world: &mut World| {
        world.memory.cooldowns.run_ended(&"web-0".into(), &world.policy.safety.cooldown, second(990))
    };
    assert_eq!(with(paused), "cooldown.pausing");
    assert_eq!(with(|world| (paused(world), world.now = second(1_020)).0), "allowed");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (paused(world), fails(world, 3), world.occasion = occasion).0), "allowed");
    }
}
