//! A rollout: stage after stage, a wait and a look between them, and back at the first sign that it does harm (SPEC R9).
//!
//! Missing data is never success: where the metric that must not rise is not known before the first stage, none begins;
//! where it, or a target, is not heard of after a stage, what was done is undone.

mod doubt;

use crate::knowledge::evaluate::Lookup;
use crate::knowledge::scope::STALE_AFTER;
use crate::model::event::Event;
use crate::model::fact::Conclusion;
use crate::model::health::State;
use crate::model::run::Stage;
use crate::model::value::Value;
use crate::policy::actions::Touches;
use crate::policy::playbook::{AbortOn, Node};
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::blast::Grip;
use crate::remediate::run::Run;
use crate::remediate::run::rollback::undo_of;
use crate::remediate::run::step::Work;
use crate::remediate::stages::RolloutStage;
use crate::remediate::verify::Watch;
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// For how long at least evidence is awaited once a stage and its wait are over: metrics come every minute or so.
const PATIENCE: Span = Span::from_mins(2);

/// How far a rollout is, and what is seen of it. At most one entry for each target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rolling {
    /// When the first stage began.
    began: Time,
    /// The metric that must not rise, by component, as it was then.
    before: BTreeMap<Name, Finite>,
    /// The same as last measured since.
    since: BTreeMap<Name, (Time, Finite)>,
    /// What is seen of each target from the end of its last step on.
    watched: BTreeMap<Name, Watch>,
    /// Targets seen well since then.
    once: BTreeSet<Name>,
    /// Targets seen well now.
    stable: BTreeSet<Name>,
    /// Steps of which it was said that they wait for others.
    told: BTreeSet<u32>,
    /// Stages begun.
    begun: u32,
    /// Stages after which all was seen to be well.
    passed: u32,
    /// When the steps of the present stage had ended.
    ended: Option<Time>,
    /// When there is something to decide even if nothing is heard.
    next: Option<Time>,
    /// Whether it has done harm: people are called whatever undoing gives.
    worse: bool,
}

impl Rolling {
    /// Whether it has done harm.
    pub const fn is_worse(&self) -> bool {
        self.worse
    }

    /// When there is something to decide even if nothing is heard.
    pub const fn deadline(&self) -> Option<Time> {
        self.next
    }

    /// Takes note that `target` is acted on again.
    pub fn acts_on(&mut self, target: &Name) {
        self.watched.remove(target);
        self.once.remove(target);
        self.stable.remove(target);
    }

    /// Whether it is said for the first time that step `index` waits for others.
    pub fn waits(&mut self, index: u32) -> bool {
        self.told.insert(index)
    }
}

impl Run {
    /// Whether each stage of its rollout is over and was seen to be well; true where it has none.
    pub fn has_rolled_out(&self) -> bool {
        let passed = self.rolling.as_ref().map_or(0, |rolling| rolling.passed);
        passed as usize >= self.plan.rollout.len()
    }

    /// What it acts on now, step `next` included: of a rollout, what was begun and is not seen well yet; else all of it.
    pub fn acting(&self, next: Option<u32>) -> BTreeMap<Name, Grip> {
        if self.plan.rollout.is_empty() {
            return self.plan.targets.clone();
        }
        let mut held = BTreeMap::new();
        for (index, (planned, progress)) in (0..).zip(self.plan.steps.iter().zip(&self.steps)) {
            let is_next = next == Some(index);
            let seen_well = || self.rolling.as_ref().is_some_and(|rolling| rolling.stable.contains(&planned.target));
            if !is_next && (!progress.started || seen_well()) {
                continue;
            }
            match self.actions.get(&planned.step.action).map(|action| action.touches) {
                Some(Touches::Nothing) => {}
                Some(Touches::Instance) => {
                    let grip = self.plan.targets.get(&planned.target).copied().unwrap_or(Grip::Disruptive);
                    held.insert(planned.target.clone(), grip);
                }
                // What reaches further, or cannot be told, counts as all of it.
                Some(Touches::Service | Touches::Cluster) | None => return self.plan.targets.clone(),
            }
        }
        held
    }

    /// What its first step that changes anything acts on; without a rollout all of it.
    pub fn acting_at_first(&self) -> BTreeMap<Name, Grip> {
        let changes = |touches| touches != Touches::Nothing;
        let first = (0..)
            .zip(&self.plan.steps)
            .find(|(_, planned)| self.actions.get(&planned.step.action).is_none_or(|action| changes(action.touches)));
        self.acting(first.map(|(index, _)| index))
    }

    /// What undoing step `index` acts on: its target and all of the plan; of a rollout its target alone, where what undoes
    /// it reaches no further.
    pub fn undoing(&self, index: u32) -> BTreeMap<Name, Grip> {
        let Some((planned, _)) = self.step(index) else { return self.plan.targets.clone() };
        let undo = undo_of(self, index).and_then(|undo| self.actions.get(&undo.action));
        let reaches = undo.map_or(Touches::Cluster, |action| action.touches);
        let mut targets = self.plan.targets.clone();
        if self.is_target(&planned.target) && matches!(reaches, Touches::Nothing | Touches::Instance) {
            targets.retain(|name, _| *name == planned.target);
        }
        targets.entry(planned.target.clone()).or_insert(Grip::None);
        targets
    }

    /// Whether `target` may be out of service or changing because of this run now.
    pub fn acts_on(&self, target: &Name) -> bool {
        self.holds(target) && (self.plan.rollout.is_empty() || self.acting(None).contains_key(target))
    }

    fn abort_on(&self) -> Option<&AbortOn> {
        self.playbook.steps.iter().find_map(|node| match node {
            Node::ForEach { rollout: Some(rollout), .. } => Some(&rollout.abort_on),
            _ => None,
        })
    }

    fn is_target(&self, name: &Name) -> bool {
        self.plan.rollout.iter().any(|stage| stage.targets.contains(name))
    }

    /// Of which components the metric has to be known after a stage: of the one it is taken from, else of that of the
    /// incident where it is not a target itself, else of all that was acted on.
    fn sources(&self, rolling: &Rolling) -> Vec<Name> {
        if let Some(of) = self.abort_on().and_then(|abort| abort.of.clone()) {
            return Vec::from([of]);
        }
        if rolling.before.contains_key(&self.component) && !self.is_target(&self.component) {
            return Vec::from([self.component.clone()]);
        }
        rolling.watched.keys().cloned().collect()
    }
}

impl Work<'_, '_> {
    /// Takes in what is heard while a rollout goes on. Returns why it has to go back, if it has to.
    pub(super) fn watch_rollout(&mut self, run: &mut Run) -> Result<(), String> {
        let Some(mut rolling) = run.rolling.take() else { return Ok(()) };
        self.measure(run, &mut rolling);
        self.observe_targets(run, &mut rolling);
        let result = self.goes_back(run, &mut rolling);
        run.rolling = Some(rolling);
        self.aborted(run, result)
    }

    /// Whether what comes next may begin, stage `stage` of the plan or nothing more. A stage of a rollout begins only
    /// once the one before has ended, its wait is over, and all was seen to be well after it.
    pub(super) fn may_go_on(&mut self, run: &mut Run, stage: Option<u32>) -> Result<bool, String> {
        if run.plan.rollout.is_empty() {
            return Ok(true);
        }
        let (begun, passed) = run.rolling.as_ref().map_or((0, 0), |rolling| (rolling.begun, rolling.passed));
        let at = |number: u32| run.plan.rollout.get(number as usize);
        if begun > passed {
            if stage.is_some() && at(passed).map(|now| now.stage) == stage {
                return Ok(true);
            }
            let result = self.look_at_stage(run);
            if !self.aborted(run, result)? {
                return Ok(false);
            }
        }
        let next = run.plan.rollout.get(begun as usize).filter(|next| Some(next.stage) == stage).cloned();
        if let Some(next) = next {
            self.begin_stage(run, &next)?;
        }
        Ok(true)
    }

    fn begin_stage(&mut self, run: &mut Run, stage: &RolloutStage) -> Result<(), String> {
        let mut rolling = match run.rolling.take() {
            Some(rolling) => rolling,
            None => self.before_the_first(run)?.into(),
        };
        rolling.begun = rolling.begun.saturating_add(1);
        rolling.ended = None;
        self.say_stage(run, rolling.begun, "began", stage.targets.clone(), String::new());
        run.rolling = Some(rolling);
        Ok(())
    }

    /// How the metric stands before the first stage; it has to be known of all that could do harm unseen.
    fn before_the_first(&self, run: &Run) -> Result<Rolling, String> {
        let abort = run.abort_on().ok_or("the rollout does not say what ends it")?;
        let now = self.desk.now();
        let value = |name: &Name| {
            let metrics = &self.desk.knowledge.metrics;
            match metrics.value(name.as_str(), abort.metric.as_str(), now, STALE_AFTER) {
                Lookup::Value(Value::Number(value)) => Some((name.clone(), value)),
                _ => None,
            }
        };
        let targets = || run.plan.rollout.iter().flat_map(|stage| &stage.targets);
        let before: BTreeMap<Name, Finite> = match &abort.of {
            Some(of) => value(of).into_iter().collect(),
            None => targets().chain([&run.component]).filter_map(value).collect(),
        };
        let known = match &abort.of {
            Some(of) => before.contains_key(of),
            None if run.is_target(&run.component) => targets().all(|target| before.contains_key(target)),
            None => before.contains_key(&run.component) || targets().all(|target| before.contains_key(target)),
        };
        if !known {
            return Err(format!(
                "`{}` is not known before the first stage, so nobody could tell if it rises",
                abort.metric
            ));
        }
        Ok(Rolling { began: now, before, ..Rolling::default() })
    }

    fn measure(&self, run: &Run, rolling: &mut Rolling) {
        let Some(Event::SampleReported { component, metric, value, taken_at }) = self.desk.context.event() else {
            return;
        };
        let at = taken_at.unwrap_or(self.desk.now()).min(self.desk.now());
        let is_meant = run.abort_on().is_some_and(|abort| abort.metric == *metric);
        let is_newer = rolling.since.get(component).is_none_or(|(before, _)| *before <= at);
        if is_meant && is_newer && at >= rolling.began && rolling.before.contains_key(component) {
            rolling.since.insert(component.clone(), (at, *value));
        }
    }

    /// Watches each target from the end of its last step on.
    fn observe_targets(&self, run: &Run, rolling: &mut Rolling) {
        let mut under_way = BTreeSet::new();
        let mut acted = BTreeSet::new();
        for (planned, progress) in run.plan.steps.iter().zip(&run.steps).filter(|(_, progress)| progress.started) {
            acted.insert(&planned.target);
            if !progress.ended() {
                under_way.insert(&planned.target);
            }
        }
        for target in acted.difference(&under_way).filter(|target| run.is_target(target)) {
            let component = self.desk.knowledge.topology.component(target);
            let watch = || Watch::new(self.desk.now(), &run.playbook.verification, component.map(AsRef::as_ref));
            rolling.watched.entry((*target).clone()).or_insert_with(watch);
        }
        let topology = &self.desk.knowledge.topology;
        for (name, watch) in &mut rolling.watched {
            watch.observe(name, self.desk);
            let state = self.desk.knowledge.health.of(name, topology).state;
            let passed = topology.component(name).is_some_and(|component| watch.has_passed(component));
            if passed && state == State::Healthy {
                rolling.once.insert(name.clone());
                rolling.stable.insert(name.clone());
            } else {
                rolling.stable.remove(name);
            }
        }
    }

    /// Why the rollout has to go back, whatever stage it is in.
    fn goes_back(&self, run: &Run, rolling: &mut Rolling) -> Result<(), String> {
        let Some(abort) = run.abort_on() else { return Ok(()) };
        if let Some(reason) = rolling.risen(abort) {
            rolling.worse = true;
            return Err(reason);
        }
        let now = self.desk.now();
        for (name, watch) in &rolling.watched {
            let component = self.desk.knowledge.topology.component(name);
            if let Some((check, failures)) = component.and_then(|component| watch.confirmed_failure(component)) {
                return Err(format!("`{check}` of `{name}` failed {failures} times in a row"));
            }
            if now >= watch.deadline() && !rolling.once.contains(name) {
                return Err(format!("`{name}` was not seen well in time"));
            }
        }
        let unseen = rolling.watched.iter().filter(|(name, _)| !rolling.once.contains(*name));
        rolling.next = unseen.map(|(_, watch)| watch.deadline()).min();
        Ok(())
    }

    /// Whether the stage whose steps have ended has passed: its wait is over, and all was seen to be well after it.
    fn look_at_stage(&mut self, run: &mut Run) -> Result<bool, String> {
        let Some(mut rolling) = run.rolling.take() else { return Ok(true) };
        let Some(stage) = run.plan.rollout.get(rolling.passed as usize).cloned() else { return Ok(true) };
        let now = self.desk.now();
        if rolling.ended.is_none() {
            self.say_stage(
                run,
                rolling.begun,
                "watched",
                stage.targets.clone(),
                format!("for {} at least", stage.wait),
            );
        }
        let ended = *rolling.ended.get_or_insert(now);
        let verification = &run.playbook.verification;
        let (soonest, from) = (ended.after(stage.wait), ended.after(verification.settle));
        let patience = rolling.watched.values().map(Watch::within).max().unwrap_or(verification.within);
        let latest = soonest.max(from).after(patience.max(PATIENCE));
        let missing = missing(run, &rolling, from);
        if now >= soonest && missing.is_none() {
            rolling.passed = rolling.begun;
            rolling.next = None;
            self.say_stage(run, rolling.begun, "passed", stage.targets, measured(run, &rolling));
            run.rolling = Some(rolling);
            return Ok(true);
        }
        let result = match missing {
            Some(what) if now >= latest => Err(format!("no evidence that stage {} did no harm: {what}", rolling.begun)),
            _ => Ok(false),
        };
        let next = if now < soonest { soonest } else { latest };
        rolling.next = Some(rolling.next.map_or(next, |before| before.min(next)));
        run.rolling = Some(rolling);
        result
    }

    /// Says that a rollout goes back, where `result` is why.
    fn aborted<T>(&mut self, run: &Run, result: Result<T, String>) -> Result<T, String> {
        if let (Err(reason), Some(rolling)) = (&result, &run.rolling) {
            let reached = run.plan.rollout.iter().take(rolling.begun as usize).flat_map(|stage| stage.targets.clone());
            self.say_stage(run, rolling.begun, "aborted", reached.collect(), reason.clone());
        }
        result
    }

    fn say_stage(&mut self, run: &Run, stage: u32, how: &'static str, targets: Vec<Name>, detail: String) {
        let of = u32::try_from(run.plan.rollout.len()).unwrap_or(u32::MAX);
        let said = Conclusion::RolloutMoved(Stage { stage, of, how: Cow::Borrowed(how), targets, detail });
        self.desk.say_of(run, "remediate.rollout", said);
    }
}

/// What has not been seen since `from` that has to be.
fn missing(run: &Run, rolling: &Rolling, from: Time) -> Option<String> {
    if let Some(name) = rolling.watched.keys().find(|name| !rolling.stable.contains(*name)) {
        return Some(format!("`{name}` is not seen well"));
    }
    let metric = run.abort_on().map(|abort| abort.metric.to_string()).unwrap_or_default();
    let is_fresh = |name: &Name| rolling.since.get(name).is_some_and(|(at, _)| *at >= from);
    let silent = run.sources(rolling).into_iter().find(|name| !is_fresh(name))?;
    Some(format!("`{metric}` of `{silent}` was not measured after it"))
}

/// The metric before and now, in words.
fn measured(run: &Run, rolling: &Rolling) -> String {
    let metric = run.abort_on().map(|abort| abort.metric.to_string()).unwrap_or_default();
    let sources = run.sources(rolling);
    let worst = sources.iter().filter_map(|name| {
        let (before, (_, now)) = (rolling.before.get(name)?, rolling.since.get(name)?);
        Some((Finite::new(now.value() - before.value())?, name, before, now))
    });
    match worst.max() {
        Some((_, name, before, now)) => format!("`{metric}` of `{name}` {now}, was {before}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
