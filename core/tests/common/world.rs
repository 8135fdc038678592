//! A small world around one engine: checks answer by whether a component is sick, commands by a script.
#![allow(dead_code)]

use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::{Command, Execution, Purpose};
use homeostat_core::model::event::{CheckReport, Event, Input, Outcome, OutcomeResult, Principal};
use homeostat_core::model::evidence::EvidenceReport;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::incident::Incident;
use homeostat_core::model::value::{Parameters, Value};
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Steps in one simulated second beyond which the engine counts as spinning.
const SPIN: u32 = 200;

pub struct World {
    pub engine: Engine,
    pub facts: Vec<Fact>,
    /// Every Execute, with the second it was given in.
    pub executed: Vec<(i64, Arc<Execution>)>,
    pub notified: Vec<String>,
    pub sick: BTreeSet<&'static str>,
    /// What `<action>`, `<action>/<purpose>` or `<action>@<target>` comes to; unset: it succeeds. `None`: no answer.
    pub answers: BTreeMap<&'static str, Option<OutcomeResult>>,
    /// Components that a successful forward command of this action makes well.
    pub heals: BTreeMap<&'static str, &'static str>,
    /// Whether what was seen is told when it is asked for.
    pub witness: bool,
    pending: VecDeque<(Time, Event)>,
    now: Time,
    next: Option<Time>,
    steps: (i64, u32),
}

pub fn load(text: &str) -> Policy {
    let source = Source { name: "policy.yaml".into(), text: text.into() };
    let loaded = Policy::load(&[source]);
    let messages = |one: &homeostat_core::policy::problem::Problem| one.message.clone();
    loaded.map_err(|problems| problems.iter().map(messages).collect::<Vec<_>>()).unwrap().policy
}

/// What may be done: undoable, disruptive, harmless.
pub const ACTIONS: &str = "
actions:
  widen:
    risk: low
    disruptive: false
    reversal: { undo: widen }
    parameters: {}
  poke: { risk: low, disruptive: true, reversal: not_needed, parameters: {} }
  shove: { risk: low, disruptive: false, reversal: not_needed, parameters: { who: { type: component, required: false } } }
";

pub const WEB: &str = "  web: { type: custom, checks: [{ http: \"http://web/\" }] }\n";
pub const DB: &str = "  db: { type: custom, checks: [{ http: \"http://db/\" }] }\n";

/// These components with these playbooks, acting alone, a minute after the start.
pub fn world(components: &str, playbooks: &str) -> World {
    let mut world = World::new(&format!("mode: auto\ncomponents:\n{components}playbooks:\n{playbooks}{ACTIONS}"));
    world.until(60);
    world
}

pub fn person(id: &str, role: &str) -> Principal {
    Principal { id: id.into(), roles: [role.into()].into() }
}

impl World {
    pub fn new(policy: &str) -> World {
        let mut world = World {
            engine: Engine::new(load(policy)),
            facts: Vec::new(),
            executed: Vec::new(),
            notified: Vec::new(),
            sick: BTreeSet::new(),
            answers: BTreeMap::new(),
            heals: BTreeMap::new(),
            witness: true,
            pending: VecDeque::new(),
            now: Time::from_ms(0),
            next: None,
            steps: (0, 0),
        };
        world.say(Event::Started { epoch: 1 });
        world
    }

    /// Takes `event` now.
    pub fn say(&mut self, event: Event) {
        let second = self.now.ms().div_euclid(1_000);
        self.steps = if self.steps.0 == second { (second, self.steps.1 + 1) } else { (second, 1) };
        assert!(self.steps.1 < SPIN, "it spins at second {second}: {:?}", self.next);
        let output = self.engine.step(&Input::new(self.now, event));
        self.take(output);
    }

    /// Lets time pass, to this second.
    pub fn until(&mut self, second: i64) {
        let end = Time::from_ms(second * 1_000);
        loop {
            let answer = self.pending.front().map(|(at, _)| *at);
            let next = answer.into_iter().chain(self.next).min().filter(|at| *at <= end);
            let Some(at) = next else { break };
            self.now = self.now.max(at);
            let due = answer.filter(|answer| *answer <= self.now).and_then(|_| self.pending.pop_front());
            self.say(due.map_or(Event::TimeAdvanced, |(_, event)| event));
        }
        self.now = end;
    }

    /// The first of the commands that were given and have no answer.
    pub fn given(&self) -> Option<Arc<Execution>> {
        self.engine.outstanding().into_iter().find_map(|command| match command {
            Command::Execute(execution) => Some(execution),
            _ => None,
        })
    }

    /// Nobody calls the engine for so many seconds, and what was on its way is lost; then its host starts anew.
    pub fn away(&mut self, seconds: i64, epoch: u64) {
        self.pending.clear();
        self.now = Time::from_ms(self.now.ms() + seconds * 1_000);
        self.say(Event::Started { epoch });
    }

    pub fn now(&self) -> i64 {
        self.now.ms() / 1_000
    }

    /// The seconds at which `what` was executed: `<action>` or `<action>/<purpose>`.
    pub fn times(&self, what: &str) -> Vec<i64> {
        let same = |execution: &Execution| names(execution).iter().any(|name| name == what);
        self.executed.iter().filter(|(_, execution)| same(execution)).map(|(second, _)| *second).collect()
    }

    /// How many facts by `rule` were said.
    pub fn said(&self, rule: &str) -> usize {
        self.facts.iter().filter(|fact| fact.rule == rule).count()
    }

    pub fn incident(&self) -> Incident {
        let all: Vec<&Incident> = self.engine.knowledge().incidents.iter().collect();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    fn take(&mut self, output: Output) {
        self.facts.extend(output.facts);
        self.next = output.deadline.map(|deadline| deadline.at);
        for command in output.commands {
            match command {
                Command::CollectEvidence(_) if !self.witness => {}
                Command::CollectEvidence(request) => {
                    let (id, epoch) = (request.id, request.epoch);
                    let report = EvidenceReport { id, epoch, items: Vec::new() };
                    self.pending.push_back((self.now, Event::EvidenceReported(report)));
                }
                Command::RunCheck(request) => {
                    let sick = self.sick.contains(request.component.as_str());
                    let report = CheckReport {
                        component: request.component.clone(),
                        check: request.check.clone(),
                        asked_at: Some(request.asked_at),
                        taken_at: request.asked_at,
                        verdict: if sick { CheckVerdict::Fail } else { CheckVerdict::Pass },
                        detail: String::new(),
                        epoch: request.epoch,
                    };
                    self.pending.push_back((self.now, Event::CheckReported(report)));
                }
                Command::Execute(execution) => self.execute(&execution),
                Command::Notify(notification) => {
                    self.notified.push(notification.title.clone());
                    let (notification, detail) = (notification.id, String::new());
                    let event = Event::DeliveryReported { notification, delivered: true, detail };
                    self.pending.push_back((self.now, event));
                }
            }
        }
    }

    fn execute(&mut self, execution: &Arc<Execution>) {
        self.executed.push((self.now(), Arc::clone(execution)));
        let names = names(execution);
        let scripted = names.iter().rev().find_map(|name| self.answers.get(name.as_str())).copied();
        let Some(result) = scripted.unwrap_or(Some(OutcomeResult::Succeeded)) else { return };
        if execution.purpose == Purpose::Forward && result == OutcomeResult::Succeeded {
            let healed = names.iter().find_map(|name| self.heals.get(name.as_str())).copied();
            self.sick.retain(|component| healed != Some(component));
        }
        let outputs = match execution.purpose {
            Purpose::Capture => Parameters::from([("size".into(), Value::text("7"))]),
            _ => Parameters::new(),
        };
        let outcome =
            Outcome { command: execution.id, epoch: execution.epoch, result, detail: "scripted".into(), outputs };
        self.pending.push_back((self.now, Event::OutcomeReported(outcome)));
    }
}

/// What a command may be called by in a script, the most particular last.
fn names(execution: &Execution) -> [String; 4] {
    let (action, purpose) = (execution.action.as_str(), execution.purpose.as_str());
    [
        action.into(),
        format!("{action}/{purpose}"),
        format!("{action}@{}", execution.target),
        format!("{action}/{purpose}@{}", execution.target),
    ]
}
