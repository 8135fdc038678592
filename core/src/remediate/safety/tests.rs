//! Each link of the gate at its edge: the plan is let through, and refused with nothing but that link changed.

mod approval;
mod blast;
mod breaker;
mod budgets;
mod change_window;
mod cooldown;
mod flapping;
mod gate;
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
use crate::policy::playbook::Playbook;
use crate::policy::safety::{Budget, Safety, Share};
use crate::policy::{Policy, Source};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::blast::{Grip, of_plan};
use crate::remediate::fixtures;
use crate::remediate::plan::{Plan, PlannedStep};
use crate::remediate::run::{Grant, Run, Status};
use crate::remediate::safety::Memory;
use crate::remediate::safety::budget::RunTable;
use crate::remediate::safety::gate::{Decision, ask};
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
    planning: bool,
    /// The limits the run began under, where they are not those in force.
    pinned: Option<Safety>,
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
            planning: false,
            pinned: None,
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
        let mut run = Run { id, playbook: Arc::new(self.playbook.clone()), status, ..fixtures::run(target, 9) };
        (run.incident, run.safety) = (incident("web-0", "down").id, Arc::new(self.policy.safety.clone()));
        run.plan.targets = [(target.into(), Grip::Disruptive)].into();
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
        self.decision().refusal().cloned()
    }

    /// What each link says.
    fn links(&self) -> Vec<LinkResult> {
        self.decision().links
    }

    /// What the link `link` says.
    fn says(&self, link: Link) -> LinkResult {
        self.links().into_iter().find(|said| said.link == link).unwrap()
    }

    fn decision(&self) -> Decision {
        let (severity, evidence) = (self.severity, self.evidence);
        let incident = Incident { severity, evidence, ..incident("web-0", "down") };
        let actions = [&self.action].into_iter().chain(&self.others);
        let actions = actions.map(|one| (one.name.clone(), Arc::new(one.clone()))).collect();
        let plan = self.plan();
        let question = Question {
            occasion: self.occasion,
            planning: self.planning,
            incident: &incident,
            by: self.by.as_ref(),
            run: self.run(),
            playbook: &self.playbook,
            actions: &actions,
            pinned: self.pinned.as_ref().unwrap_or(&self.policy.safety),
            plan: &plan,
            action: self.acts.then_some(&self.action),
            grant: self.grant.as_ref(),
            acting: &self.targets,
        };
        let context = Context::new(self.now, &self.policy, None, 1);
        let view = View { context: &context, knowledge: &self.knowledge, runs: &self.runs, memory: &self.memory };
        ask(&question, &view)
    }
}

/// A step of a plan that is `action` on `web-0`.
fn step(action: &str) -> PlannedStep {
    PlannedStep { id: action.into(), ..fixtures::step(action, "web-0") }
}

/// What the gate says to a plan that it lets through, once `change` is made.
fn with(change: impl FnOnce(&mut World)) -> String {
    let mut world = World::of(3);
    assert_eq!(world.asks(), "allowed");
    change(&mut world);
    world.asks()
}

/// How many deployments are remembered, and for how long they matter.
const LIMITS: (u32, Span) = (9, Span::from_mins(30));

fn control(what: &'static str, to: &str) -> Fact {
    let said = Conclusion::ControlChanged { what: what.into(), to: to.into(), detail: "ann".into() };
    Fact::new(second(1), "engine.test", said)
}
