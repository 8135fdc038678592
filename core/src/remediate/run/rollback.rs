//! Undoing: started steps (unknown counts as started) in reverse, once each, through the gate (SPEC R8).

pub mod back;
pub mod checkpoint;
pub mod degrees;
pub mod meanwhile;

use crate::model::command::{Command, Execution, Purpose};
use crate::model::fact::{Conclusion, Fact};
use crate::model::gate::Occasion;
use crate::model::health::State;
use crate::model::ids::CommandId;
use crate::model::incident::Incident;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::{Argument, Undo};
use crate::policy::playbook::Strategy;
use crate::primitives::time::{Span, Time};
use crate::remediate::means;
use crate::remediate::plan;
use crate::remediate::run::command;
use crate::remediate::run::rollback::degrees::Degree;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Afterwards, Progress, Run, Status};
use crate::remediate::safety::frozen::Freeze;
use crate::remediate::safety::rate::Draw;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A way back that is not all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To the checkpoint that was named before the first step, once that is known to be whole.
    Checkpoint {
        /// Whether it is.
        whole: bool,
    },
    /// A share at a time.
    Degrees {
        /// The stage, from 0.
        stage: u32,
        /// Until when the next one waits.
        until: Option<Time>,
    },
}

impl Way {
    /// When it goes on by itself.
    pub fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Way::Degrees { until, .. } => until.map(|until| (until, "rollback_stage")),
            Way::Checkpoint { .. } => None,
        }
    }
}

/// How a rollback came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Something could not be undone: the target is frozen.
    Failed,
    /// The host began none of what the next command asks for: nothing was done by it.
    NotBegun,
    /// The gate did not let it through.
    Refused,
    /// All is undone, or there was nothing to undo.
    Whole,
}

impl Work<'_, '_> {
    /// Begins to undo what was started. `then` says what comes after.
    pub fn roll_back(&mut self, run: &mut Run, then: Afterwards) {
        let way = self.way_back(run, &then);
        let all = match way {
            Some(Way::Checkpoint { .. }) => run.to_checkpoint(),
            _ => run.to_undo(),
        };
        let left = if run.playbook.rollback { all } else { Vec::new() };
        let how = if left.is_empty() { "nothing to undo" } else { "started" };
        self.desk.say_of(run, "remediate.rollback", Conclusion::RollbackMoved { how: Cow::Borrowed(how) });
        let way = way.filter(|_| !left.is_empty());
        let by_degrees = matches!(way, Some(Way::Degrees { .. }));
        run.status = Status::RollingBack { left, flight: None, failed: false, not_begun: None, then, way };
        if by_degrees {
            self.begin_degree(run, 0);
        }
    }

    /// In which way the run is undone. Where things are badly wrong it is at once.
    fn way_back(&self, run: &Run, then: &Afterwards) -> Option<Way> {
        let state = self.desk.knowledge.health.of(&run.component, &self.desk.knowledge.topology).state;
        match run.playbook.strategy {
            Strategy::Immediate => None,
            Strategy::Checkpoint { .. } => Some(Way::Checkpoint { whole: false }),
            Strategy::Gradual { .. } => {
                let mild = !then.escalate && state < State::Unhealthy;
                (mild && run.goes_by_degrees()).then_some(Way::Degrees { stage: 0, until: None })
            }
        }
    }

    /// Undoes the next step; `Some` once nothing is left or it cannot go on.
    pub fn undo_next(&mut self, run: &mut Run) -> Option<Undone> {
        loop {
            let Status::RollingBack { flight: None, not_begun, .. } = &run.status else { return None };
            if not_begun.is_some() {
                return Some(Undone::NotBegun);
            }
            let Some(index) = self.take_left(run)? else {
                match self.next_degree(run) {
                    Degree::Last => return Some(Undone::Whole),
                    Degree::Next => continue,
                    Degree::Waits => return None,
                }
            };
            match self.undo_or_look(run, index) {
                Ok(execution) => {
                    if let Status::RollingBack { flight: slot, .. } = &mut run.status {
                        *slot = Some(command::flight(&execution, self.desk.now()));
                    }
                    self.desk.out.commands.push(Command::Execute(execution));
                }
                Err(Undone::Whole) => {}
                Err(undone) => return Some(undone),
            }
        }
    }

    /// The next command on the way back from step `index`: what undoes it, or what has to be known before that.
    fn undo_or_look(&mut self, run: &mut Run, index: u32) -> Result<Arc<Execution>, Undone> {
        match run.way() {
            Some(Way::Checkpoint { whole: false }) => self.look_at_checkpoint(run, index),
            _ => {
                let undo = self.undo(run, index, Purpose::Rollback);
                if undo == Err(Undone::Refused) && run.way().is_some_and(|way| matches!(way, Way::Checkpoint { .. })) {
                    run.look_anew(index);
                }
                undo
            }
        }
    }

    /// The command that undoes step `index`, gated and said; or why there is none.
    pub fn undo(&mut self, run: &mut Run, index: u32, purpose: Purpose) -> Result<Arc<Execution>, Undone> {
        let Some((undo, (planned, progress))) = undo_of(run, index).zip(run.step(index)) else {
            return Err(Undone::Whole);
        };
        if !progress.started {
            // It was at work when undoing began, and has turned out never to have begun.
            return Err(Undone::Whole);
        }
        let (planned, before) = (planned.clone(), progress.before.clone());
        if self.desk.knowledge.topology.component(&planned.target).is_none() {
            let how = Cow::Borrowed("target gone");
            self.desk.say_of(run, "remediate.rollback_moot", Conclusion::RollbackMoved { how });
            return Err(Undone::Whole);
        }
        let Some(action) = run.actions.get(&undo.action).cloned() else {
            self.undo_failed(run, &format!("action `{}` is not in the registry", undo.action));
            return Err(Undone::Failed);
        };
        let decision = self.gate(run, Occasion::Rollback, Some(&action), Some(index));
        self.report(run, Occasion::Rollback, Some(&planned.id), &decision);
        if decision.refusal().is_some() {
            return Err(Undone::Refused);
        }
        let filled = self.undo_parameters(run, index, &undo, &before);
        let filled = filled.and_then(|parameters| Ok((means::of(&action, &parameters)?, parameters)));
        let (means, parameters) = match filled {
            Ok(filled) => filled,
            Err(problem) if self.desk.knowledge.topology.component(&run.component).is_none() => {
                // What was sick is gone, and with it what its labels and its place say: it may be registered again.
                self.say_unknown(run, &problem);
                return Err(Undone::Refused);
            }
            Err(problem) => {
                self.undo_failed(run, &problem);
                return Err(Undone::Failed);
            }
        };
        let now = self.desk.now();
        let attempt = run.attempt_to_undo(index);
        let execution = Arc::new(Execution {
            id: CommandId::derive(run.id, index, attempt, purpose.as_str()),
            epoch: self.desk.context.epoch,
            purpose,
            incident: run.incident,
            run: run.id,
            step: planned.id.clone(),
            attempt,
            action: action.name.clone(),
            target: planned.target.clone(),
            parameters,
            means,
            idempotent: action.idempotent,
            plan: run.plan.digest,
            not_after: now.after(Span::from_secs(30)),
            timeout: action.timeout,
        });
        run.note_undone(index, &execution);
        let keep = self.longest_window(run);
        let draw = Draw::of(run.id, &run.component, &run.plan, &run.actions);
        self.memory.rates.take(draw, now, true, keep);
        self.note_move(run, &execution, now);
        self.say_started(run, &execution);
        Ok(execution)
    }

    /// The parameters that undo: its own, and those of the step where it gives none of that name.
    fn undo_parameters(&self, run: &Run, index: u32, undo: &Undo, before: &Parameters) -> Result<Parameters, String> {
        let Some((planned, progress)) = run.step(index) else { return Err("the step is gone".into()) };
        let Some(action) = run.actions.get(&undo.action) else { return Err("the action is gone".into()) };
        let lookup = |name: &str| -> Option<Value> {
            match name.strip_prefix("before.") {
                Some(key) => run.by_degree(index, undo, key, before).or_else(|| before.get(key).cloned()),
                None => plan::before_the_run(name, planned, self.incident, self.desk.knowledge),
            }
        };
        let takes = |name: &str| action.parameters.contains_key(name);
        let mut given: BTreeMap<_, _> = planned.step.parameters.clone();
        given.retain(|name, _| takes(name));
        for (name, argument) in &mut given {
            if let Some(value) = progress.given.get(name) {
                *argument = Argument::Value(value.clone());
            }
        }
        given.extend(undo.parameters.iter().map(|(name, argument)| (Arc::clone(name), argument.clone())));
        plan::values(action, &given, &lookup, self.desk.knowledge, false)
            .map_err(|problem| format!("undoing: {problem}"))
    }

    /// The incident may be closed, and nobody called for it any more: people hear of it all the same, and what comes next.
    pub fn tell_not_reverted(&mut self, run: &Run, next: &str) {
        let text = format!("the time of a step of {} is over, but it could not be undone{next}", run.playbook.name);
        let said = Conclusion::MessageWanted { channel: None, recipient: None, text };
        let fact = self.desk.fact("remediate.revert_refused", said);
        let fact = fact.component(&run.component).incident(run.incident).run(run.id);
        let forgotten = self.desk.knowledge.incidents.get(run.incident).is_none();
        self.desk.say(if forgotten { with_incident(fact, self.incident) } else { fact });
    }

    fn say_unknown(&mut self, run: &Run, detail: &str) {
        let said = Conclusion::RollbackMoved { how: Cow::Borrowed("refused") };
        let fact = self.desk.fact("remediate.rollback_unknown", said);
        let fact = fact.component(&run.component).incident(run.incident).run(run.id);
        self.desk.say(fact.value("detail", Value::text(detail)));
    }

    /// Undoing failed: the targets are frozen until a person has looked at them.
    fn undo_failed(&mut self, run: &Run, detail: &str) {
        let by = Freeze::by(run, self.desk.now(), &format!("undoing failed: {detail}"));
        self.memory.freeze(run.plan.targets.keys().cloned(), &by);
        let said = Conclusion::RollbackMoved { how: Cow::Borrowed("failed") };
        let fact = self.desk.fact("remediate.rollback_failed", said);
        let fact = fact.component(&run.component).incident(run.incident).run(run.id);
        self.desk.say(fact.value("detail", Value::text(detail)));
    }
}

/// Adds what people need to know of an incident that is forgotten: the run alone remembers it.
fn with_incident(fact: Fact, incident: &Incident) -> Fact {
    let severity = Value::text(incident.severity.as_str());
    fact.value("severity", severity).value("issue", Value::text(incident.issue.as_str()))
}

impl Run {
    /// The steps that were started and are not undone, in their order.
    pub fn to_undo(&self) -> Vec<u32> {
        let open = |(index, progress): &(u32, &Progress)| {
            progress.started && !progress.undone && !self.stays(*index) && undo_of(self, *index).is_some()
        };
        (0..).zip(&self.steps).filter(open).map(|(index, _)| index).collect()
    }

    /// The way back it is on.
    pub(super) fn way(&self) -> Option<&Way> {
        match &self.status {
            Status::RollingBack { way, .. } => way.as_ref(),
            _ => None,
        }
    }
}

/// How step `index` is undone, if it can be.
pub fn undo_of(run: &Run, index: u32) -> Option<Undo> {
    if let Some(Way::Checkpoint { .. }) = run.way() {
        return run.restore();
    }
    let (planned, _) = run.step(index)?;
    let action = run.actions.get(&planned.step.action)?;
    planned.step.undo.clone().or_else(|| action.reversal.undo().cloned())
}
