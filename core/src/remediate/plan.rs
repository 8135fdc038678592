//! Planning: a playbook and an incident become an exact plan, with its targets, its order and its digest.

use crate::knowledge::Knowledge;
use crate::knowledge::topology::Topology;
use crate::model::incident::Incident;
use crate::model::radius::Level;
use crate::model::radius::Reach;
use crate::model::value::{Parameters, Value};
use crate::policy::Policy;
use crate::policy::actions::{Action, Argument, Touches};
use crate::policy::components::Component;
use crate::policy::outside;
use crate::policy::playbook::{Node, OnFailure, Playbook, Rollout, Step, Strategy};
use crate::policy::resolve::{admit, resolve};
use crate::policy::url::address;
use crate::primitives::digest::Digest;
use crate::primitives::json;
use crate::primitives::name::Name;
use crate::remediate::blast::{self, Grip};
use crate::remediate::stages::{self, RolloutStage};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Steps of one plan at most, loops unrolled.
pub const MAX_STEPS: usize = 100;

/// An exact plan: approved as a whole, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The digest of everything below and of the definitions it uses.
    pub digest: Digest,
    /// Its steps, loops unrolled, in order.
    pub steps: Vec<PlannedStep>,
    /// How many branches of each stage run side by side.
    pub concurrency: Vec<u32>,
    /// What it acts on, by name.
    pub targets: BTreeMap<Name, Grip>,
    /// The stages that are a part of a rollout, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollout: Vec<RolloutStage>,
    /// How far it reaches. Its level is part of the digest.
    #[serde(default)]
    pub reach: Reach,
}

/// One step, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Its id; in a loop with the value of the loop variable.
    pub id: Name,
    /// As the playbook has it.
    pub step: Step,
    /// What it acts on.
    pub target: Name,
    /// The loop variable and its value.
    pub binding: Option<(Name, Value)>,
    /// The stage it belongs to; stages run one after the other.
    pub stage: u32,
    /// The branch within the stage; steps of a branch run one after the other.
    pub branch: u32,
    /// The step whose failure it answers.
    pub fallback_of: Option<u32>,
}

impl PlannedStep {
    /// What it does, in a few words.
    pub fn in_words(&self) -> String {
        match (self.step.action.as_str(), self.step.parameters.get("duration")) {
            ("wait", Some(Argument::Value(Value::Duration(span)))) => format!("wait {span}"),
            ("notify", _) => format!("notify {}", self.told()),
            (action, _) => format!("{action} {}", self.target),
        }
    }
}

/// Makes the plan of `playbook` for attempt number `attempt` on `incident`: what was approved for one is not for the next.
///
/// # Errors
/// In words, when a target or a parameter cannot be determined or is not admitted.
pub fn plan(
    playbook: &Playbook,
    actions: &BTreeMap<Name, Arc<Action>>,
    (incident, attempt): (&Incident, u32),
    policy: &Policy,
    knowledge: &Knowledge,
) -> Result<Plan, String> {
    let mut draft = Planner { incident, knowledge, steps: Vec::new(), concurrency: Vec::new(), rollout: Vec::new() };
    for node in &playbook.steps {
        draft.node(node)?;
    }
    if draft.steps.len() > MAX_STEPS {
        return Err(format!("the plan has {} steps; at most {MAX_STEPS} are allowed", draft.steps.len()));
    }
    let mut targets = BTreeMap::new();
    for planned in &draft.steps {
        grip(planned, actions, &knowledge.topology, &mut targets);
        arguments(planned, actions, &|name| before_the_run(name, planned, incident, knowledge), knowledge, true)?;
    }
    let reach = blast::of_plan(&targets, actions.values().map(Arc::as_ref), knowledge);
    within_ceiling(playbook, actions, reach.level)?;
    let definitions: Vec<Digest> = actions.values().map(|action| action.digest()).collect();
    let content = (
        incident.id,
        (incident.epoch, attempt),
        (playbook.digest(), definitions, policy.digest()),
        &draft.steps,
        &draft.concurrency,
        &targets,
        draft.surroundings(&targets),
        reach.level,
    );
    let digest = json::digest(&content);
    Ok(Plan { digest, steps: draft.steps, concurrency: draft.concurrency, targets, rollout: draft.rollout, reach })
}

/// A level of blast written in a playbook is a ceiling: for what its plan reaches, and for what its actions say that
/// they touch, undoing included.
fn within_ceiling(playbook: &Playbook, actions: &BTreeMap<Name, Arc<Action>>, reached: Level) -> Result<(), String> {
    let said = actions.values().map(|action| blast::least(action.touches)).max().unwrap_or_default();
    let level = reached.max(said);
    match playbook.safety.blast_radius {
        Some(ceiling) if level > ceiling => Err(format!("it would reach {level}, and its ceiling is {ceiling}")),
        _ => Ok(()),
    }
}

/// The definitions that `playbook` uses, undoing included: what a run keeps of the policy it began under.
pub fn definitions(playbook: &Playbook, policy: &Policy) -> BTreeMap<Name, Arc<Action>> {
    let mut wanted: Vec<&Step> = Vec::new();
    for node in &playbook.steps {
        match node {
            Node::ForEach { steps, .. } | Node::Parallel { steps, .. } => wanted.extend(steps),
            Node::Step(step) => wanted.push(step),
        }
    }
    let mut found = BTreeMap::new();
    if let Strategy::Checkpoint { restore } = &playbook.strategy {
        found.extend(policy.action(restore).map(|action| (restore.clone(), Arc::clone(action))));
    }
    while let Some(step) = wanted.pop() {
        if let OnFailure::Branch(steps) = &step.on_failure {
            wanted.extend(steps.iter());
        }
        if let Some(action) = policy.action(&step.action) {
            let undo = step.undo.as_ref().or_else(|| action.reversal.undo());
            for name in undo.map(|undo| &undo.action).into_iter() {
                found.extend(policy.action(name).map(|action| (name.clone(), Arc::clone(action))));
            }
            found.insert(step.action.clone(), Arc::clone(action));
        }
    }
    found
}

/// The parameters of `planned` with values in place. With `early`, parameters that name what only the run will know
/// (`steps.…`, `before.…`) are left out.
pub fn arguments(
    planned: &PlannedStep,
    actions: &BTreeMap<Name, Arc<Action>>,
    lookup: &dyn Fn(&str) -> Option<Value>,
    knowledge: &Knowledge,
    early: bool,
) -> Result<Parameters, String> {
    let action = actions.get(&planned.step.action);
    let action = action.ok_or_else(|| format!("action `{}` is not in the registry", planned.step.action))?;
    values(action, &planned.step.parameters, lookup, knowledge, early)
        .map_err(|problem| format!("step `{}`: {problem}", planned.id))
}

/// The values of `given` for `action`, each admitted by the registry and fit for its place in the adapter, defaults
/// filled in.
pub fn values(
    action: &Action,
    given: &BTreeMap<Arc<str>, Argument>,
    lookup: &dyn Fn(&str) -> Option<Value>,
    knowledge: &Knowledge,
    early: bool,
) -> Result<Parameters, String> {
    let known = |name: &str| knowledge.topology.component(&Name::new(name)).is_some();
    if let Some(fault) = outside::fault(action, given) {
        return Err(fault);
    }
    let whole_address = outside::whole_address(action);
    let mut values = Parameters::new();
    for (name, argument) in given {
        if early && needs_the_run(argument) {
            continue;
        }
        let value = if whole_address == Some(name) {
            address(argument, lookup)
                .map(|url| Value::text(&url))
                .map_err(|error| format!("parameter `{name}`: {error}"))?
        } else {
            resolve(argument, lookup).map_err(|error| format!("parameter `{name}`: {error}"))?
        };
        if let Some(parameter) = action.parameters.get(name) {
            admit(&parameter.kind, &value, &known).map_err(|error| format!("parameter `{name}`: {error}"))?;
        }
        values.insert(Arc::clone(name), value);
    }
    for (name, parameter) in &action.parameters {
        if let Some(default) = parameter.default.as_ref().filter(|_| !given.contains_key(name)) {
            values.insert(Arc::clone(name), default.clone());
        }
    }
    Ok(values)
}

fn needs_the_run(argument: &Argument) -> bool {
    let later = |name: &Name| name.as_str().starts_with("steps.") || name.as_str().starts_with("before.");
    match argument {
        Argument::List(items) => items.iter().any(needs_the_run),
        Argument::Reference(name) => later(name),
        Argument::Text(pieces) => {
            pieces.iter().any(|piece| matches!(piece, crate::policy::actions::Piece::Reference(name) if later(name)))
        }
        Argument::Value(_) => false,
    }
}

/// What a name means before the run has begun.
pub fn before_the_run(name: &str, planned: &PlannedStep, incident: &Incident, knowledge: &Knowledge) -> Option<Value> {
    match &planned.binding {
        Some((variable, value)) if variable.as_str() == name => Some(value.clone()),
        _ => world(name, &planned.target, incident, knowledge),
    }
}

/// What a name means for an incident about a component, whatever the plan.
fn world(name: &str, target: &Name, incident: &Incident, knowledge: &Knowledge) -> Option<Value> {
    let component = knowledge.topology.component(&incident.component);
    let place = |pick: fn(&crate::policy::components::Place) -> &Option<Name>| {
        component.and_then(|component| pick(&component.place).as_ref()).map(|name| Value::text(name.as_str()))
    };
    match name {
        "component" => Some(Value::text(incident.component.as_str())),
        "instance" | "target" => Some(Value::text(target.as_str())),
        "incident" => Some(Value::text(&incident.id.to_string())),
        "instances" => {
            let members = component.map(|component| knowledge.topology.members(component.service()))?;
            Some(Value::List(members.iter().map(|member| Value::text(member.as_str())).collect()))
        }
        "issue" => Some(Value::text(incident.issue.as_str())),
        "service" => component.map(|component| Value::text(component.service().as_str())),
        "host" => place(|place| &place.host),
        "cluster" => place(|place| &place.cluster),
        "region" => place(|place| &place.region),
        _ => {
            let label = component?.labels.get(name.strip_prefix("labels.")?)?;
            Some(Value::text(label.as_str()))
        }
    }
}

struct Planner<'a> {
    incident: &'a Incident,
    knowledge: &'a Knowledge,
    steps: Vec<PlannedStep>,
    concurrency: Vec<u32>,
    rollout: Vec<RolloutStage>,
}

impl Planner<'_> {
    fn node(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Step(step) => {
                self.concurrency.push(1);
                self.branch(core::slice::from_ref(step), 0, None)
            }
            Node::Parallel { concurrency, steps } => {
                self.concurrency.push((*concurrency).max(1));
                (0..).zip(steps).try_for_each(|(branch, step)| self.branch(core::slice::from_ref(step), branch, None))
            }
            Node::ForEach { over, variable, concurrency, rollout, steps } => {
                let lookup = |name: &str| world(name, &self.incident.component, self.incident, self.knowledge);
                let items = match resolve(over, &lookup).map_err(|error| format!("`for_each`: {error}"))? {
                    Value::List(items) => items,
                    single => alloc::vec![single],
                };
                if items.is_empty() || items.len() > MAX_STEPS {
                    return Err(format!("`for_each` goes over {} values; expected 1 to {MAX_STEPS}", items.len()));
                }
                let stages = match rollout {
                    None => Vec::from([items]),
                    Some(rollout) => self.stages(rollout, items)?,
                };
                for items in stages {
                    self.concurrency.push((*concurrency).max(1));
                    (0..)
                        .zip(items)
                        .try_for_each(|(branch, item)| self.branch(steps, branch, Some((variable.clone(), item))))?;
                }
                Ok(())
            }
        }
    }

    /// Notes the stages of a rollout; what each of them adds.
    fn stages(&mut self, rollout: &Rollout, items: Vec<Value>) -> Result<Vec<Vec<Value>>, String> {
        let first = u32::try_from(self.concurrency.len()).unwrap_or(u32::MAX);
        let (notes, items) = stages::split(rollout, items, first, &self.incident.component, &self.knowledge.topology)?;
        self.rollout = notes;
        Ok(items)
    }

    fn branch(&mut self, steps: &[Step], branch: u32, binding: Option<(Name, Value)>) -> Result<(), String> {
        for step in steps {
            let index = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
            self.step(step, branch, &binding, None)?;
            if let OnFailure::Branch(fallbacks) = &step.on_failure {
                for fallback in fallbacks.iter() {
                    self.step(fallback, branch, &binding, Some(index))?;
                }
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        step: &Step,
        branch: u32,
        binding: &Option<(Name, Value)>,
        fallback_of: Option<u32>,
    ) -> Result<(), String> {
        let lookup = |name: &str| match binding {
            Some((variable, value)) if variable.as_str() == name => Some(value.clone()),
            _ => world(name, &self.incident.component, self.incident, self.knowledge),
        };
        let target = match &step.target {
            None => self.incident.component.clone(),
            Some(argument) => match resolve(argument, &lookup) {
                Ok(Value::Text(text)) => Name::new(&text),
                Ok(_) => return Err(format!("step `{}`: the target is not the name of a component", step.id)),
                Err(error) => return Err(format!("step `{}`: target: {error}", step.id)),
            },
        };
        if self.knowledge.topology.component(&target).is_none() {
            return Err(format!("step `{}`: target `{target}` is not a registered component", step.id));
        }
        let id = match binding {
            Some((_, value)) => Name::new(&format!("{}[{value}]", step.id)),
            None => step.id.clone(),
        };
        let stage = u32::try_from(self.concurrency.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let (step, binding) = (step.clone(), binding.clone());
        self.steps.push(PlannedStep { id, step, target, binding, stage, branch, fallback_of });
        Ok(())
    }

    /// What is planned upon: the component of the incident, all targets, their definitions, and what depends on them.
    /// A component that was registered anew in the meantime is another one.
    fn surroundings<'k>(&'k self, targets: &BTreeMap<Name, Grip>) -> Vec<(Option<&'k Component>, Vec<&'k Name>)> {
        let planned = self.steps.iter().map(|planned| &planned.target).chain(targets.keys());
        let read: BTreeSet<&Name> = planned.chain([&self.incident.component]).collect();
        let topology = &self.knowledge.topology;
        read.into_iter()
            .map(|name| (topology.component(name).map(Arc::as_ref), topology.dependents(name).into_iter().collect()))
            .collect()
    }
}

/// Adds what `planned` touches: its target, or its whole service or cluster.
fn grip(
    planned: &PlannedStep,
    actions: &BTreeMap<Name, Arc<Action>>,
    topology: &Topology,
    targets: &mut BTreeMap<Name, Grip>,
) {
    let Some(action) = actions.get(&planned.step.action) else { return };
    let component = topology.component(&planned.target);
    let touched: BTreeSet<Name> = match action.touches {
        Touches::Nothing => BTreeSet::new(),
        Touches::Instance => BTreeSet::from([planned.target.clone()]),
        Touches::Service => component.map(|c| topology.members(c.service())).into_iter().flatten().collect(),
        Touches::Cluster => {
            let cluster = component.and_then(|component| component.place.cluster.as_ref());
            let same = |other: &&Arc<Component>| other.place.cluster.as_ref() == cluster;
            topology.by_name().into_iter().filter(same).map(|component| component.name.clone()).collect()
        }
    };
    let grip = if action.disruptive { Grip::Disruptive } else { Grip::Gentle };
    for name in touched {
        let held = targets.entry(name).or_default();
        *held = (*held).max(grip);
    }
}
