//! Going forward: which step is next, what it waits for, and its command.

use crate::knowledge::evaluate::Truth;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{CheckVerdict, State};
use crate::model::incident::Incident;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::Adapter;
use crate::policy::playbook::OnFailure;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::asked;
use crate::remediate::desk::Desk;
use crate::remediate::plan::{self, PlannedStep};
use crate::remediate::run::hold::ends_a_hold;
use crate::remediate::run::{At, Progress, Run, Status};
use crate::remediate::safety::Memory;
use crate::remediate::safety::budget::RunTable;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How soon a step is tried again whose target another step of the run is acting on.
const SAME_TARGET: Span = Span::from_secs(1);

/// What a run works with while it moves.
#[derive(Debug)]
pub struct Work<'a, 'b> {
    /// Context, knowledge, draft.
    pub desk: &'a mut Desk<'b>,
    /// What the gate remembers.
    pub memory: &'a mut Memory,
    /// All other runs.
    pub others: &'a RunTable,
    /// The incident of the run.
    pub incident: &'a Incident,
}

impl Work<'_, '_> {
    /// Moves every step that can move. Returns why the run cannot go on, if it cannot.
    pub fn forward(&mut self, run: &mut Run) -> Result<(), String> {
        if self.desk.now() >= run.ends_by && !run.is_held() {
            return Err("the steps took longer than the playbook allows".into());
        }
        self.watch_rollout(run)?;
        loop {
            let stage = next_stage(run);
            if let Some(reason) = answered_failure(run) {
                return Err(reason);
            }
            if !self.may_go_on(run, stage)? {
                return Ok(());
            }
            let Some(stage) = stage else { return Ok(()) };
            self.stage(run, stage)?;
            if next_stage(run) == Some(stage) {
                return Ok(());
            }
        }
    }

    fn stage(&mut self, run: &mut Run, stage: u32) -> Result<(), String> {
        let most = run.plan.concurrency.get(stage as usize).copied().unwrap_or(1);
        let mut active = 0;
        for branch in branches(run, stage) {
            if active >= most {
                break;
            }
            while let Some(index) = branch.iter().copied().find(|index| is_open(run, *index)) {
                if answered_failure(run).is_some() {
                    return Ok(());
                }
                self.step(run, index)?;
                if is_open(run, index) {
                    active += 1;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Moves step `index` as far as it goes now.
    fn step(&mut self, run: &mut Run, index: u32) -> Result<(), String> {
        let Some((planned, progress)) = run.step(index) else { return Ok(()) };
        let now = self.desk.now();
        let not_wanted = planned.fallback_of.is_some_and(|of| !run.step(of).is_some_and(|(_, p)| p.ended_as("failed")));
        if not_wanted {
            self.set(run, index, At::End(Cow::Borrowed("skipped")));
            return Ok(());
        }
        match progress.at {
            At::Waiting => self.admit(run, index),
            At::Until(until) if planned.step.action.as_str() == "verify" && progress.admitted => {
                self.own_check(run, index, until)
            }
            At::Until(until) if now >= until && progress.admitted && is_wait(run, index) => {
                self.end(run, index, "succeeded", String::new());
                Ok(())
            }
            At::Held { since, until }
                if now >= until || self.evidence_came(run) || self.desk.said.iter().any(ends_a_hold) =>
            {
                self.resume(run, now.since(since));
                self.begin(run, index)
            }
            At::Until(until) if now >= until => self.begin(run, index),
            At::Held { .. } | At::Until(_) | At::Flight(_) | At::End(_) => Ok(()),
        }
    }

    /// Asks the step's condition and keeps its pause.
    fn admit(&mut self, run: &mut Run, index: u32) -> Result<(), String> {
        let Some((planned, _)) = run.step(index) else { return Ok(()) };
        if let Some(condition) = &planned.step.condition {
            let found = asked::ask(condition, self.desk.knowledge, self.desk.context, self.incident);
            if found.truth != Truth::True {
                let detail = format!("`{condition}` is not known to be true");
                self.end(run, index, "skipped", detail);
                return Ok(());
            }
        }
        let delay = planned.step.delay;
        if delay > Span::ZERO {
            self.pause(run, index, delay, "delay");
            return Ok(());
        }
        self.begin(run, index)
    }

    /// Begins the step, or the next execution of it.
    fn begin(&mut self, run: &mut Run, index: u32) -> Result<(), String> {
        let Some((planned, progress)) = run.step(index) else { return Ok(()) };
        let planned = planned.clone();
        let action = run.actions.get(&planned.step.action).cloned();
        let action = action.ok_or_else(|| format!("action `{}` is not in the registry", planned.step.action))?;
        let retried = progress.began() > 0;
        if let Some(progress) = run.progress(index) {
            progress.admitted = true;
        }
        if action.adapter == Adapter::Engine {
            return self.engine_action(run, index, &planned);
        }
        if run.flights().any(|flight| flight.execution.target == planned.target) {
            self.set(run, index, At::Until(self.desk.now().after(SAME_TARGET)));
            return Ok(());
        }
        self.command(run, index, &planned, &action, retried)
    }

    fn engine_action(&mut self, run: &mut Run, index: u32, planned: &PlannedStep) -> Result<(), String> {
        let values = self.parameters(run, planned)?;
        let span = |name: &str| match values.get(name) {
            Some(Value::Duration(span)) => Some(*span),
            _ => None,
        };
        let now = self.desk.now();
        match planned.step.action.as_str() {
            "wait" => {
                self.pause(run, index, span("duration").unwrap_or(Span::ZERO), "wait");
                self.step(run, index)
            }
            "verify" => {
                let patience = patience(planned);
                self.set(run, index, At::Until(now.after(patience)));
                let said =
                    Conclusion::VerificationStarted { step: Some(planned.id.clone()), from: now, within: patience };
                self.desk.say_of(run, "remediate.step_verification", said);
                Ok(())
            }
            _ => {
                let text = |name: &str| values.get(name).map(ToString::to_string);
                for recipient in recipients(values.get("to")) {
                    let said = Conclusion::MessageWanted {
                        channel: text("channel").map(|channel| Name::new(&channel)),
                        recipient,
                        text: text("message").unwrap_or_else(|| format!("{} on {}", run.playbook.name, planned.target)),
                    };
                    self.desk.say_of(run, "remediate.message", said);
                }
                self.end(run, index, "succeeded", String::new());
                Ok(())
            }
        }
    }

    /// A `verify` among the steps: the component is seen well, on evidence taken since the step began.
    fn own_check(&mut self, run: &mut Run, index: u32, until: Time) -> Result<(), String> {
        let about = |fact: &&Fact| fact.component.as_ref() == Some(&run.component);
        let began = run.step(index).map_or(until, |(planned, _)| until.before(patience(planned)));
        let old = matches!(self.desk.context.event(), Some(Event::CheckReported(report)) if report.taken_at < began);
        let passed = self
            .desk
            .said
            .iter()
            .filter(about)
            .any(|fact| matches!(fact.said, Conclusion::CheckFound { verdict: CheckVerdict::Pass, .. }));
        let state = self.desk.knowledge.health.of(&run.component, &self.desk.knowledge.topology).state;
        let Some(progress) = run.progress(index) else { return Ok(()) };
        progress.seen |= passed && !old;
        if progress.seen && state == State::Healthy {
            self.end(run, index, "succeeded", format!("{state}"));
        } else if self.desk.now() >= until {
            return self.failed(run, index, format!("still {state}"));
        }
        Ok(())
    }

    /// The parameters of a step, with everything known by now in place.
    pub(super) fn parameters(&self, run: &Run, planned: &PlannedStep) -> Result<Parameters, String> {
        let lookup = |name: &str| {
            output(run, name).or_else(|| plan::before_the_run(name, planned, self.incident, self.desk.knowledge))
        };
        plan::arguments(planned, &run.actions, &lookup, self.desk.knowledge, false)
    }

    fn set(&mut self, run: &mut Run, index: u32, at: At) {
        if let Some(progress) = run.progress(index) {
            progress.at = at;
        }
    }

    /// Does nothing with a step for `span`, and says so.
    fn pause(&mut self, run: &mut Run, index: u32, span: Span, why: &'static str) {
        let until = self.desk.now().after(span);
        self.set(run, index, At::Until(until));
        if let Some((planned, _)) = run.step(index).filter(|_| span > Span::ZERO) {
            let said = Conclusion::StepPaused { step: planned.id.clone(), why: Cow::Borrowed(why), until };
            self.desk.say_of(run, "remediate.step_paused", said);
        }
    }

    /// Ends a step and says so.
    pub fn end(&mut self, run: &mut Run, index: u32, how: &'static str, detail: String) {
        let standing = run.step(index).filter(|(_, progress)| how == "succeeded" && !progress.undone);
        let revert_after = standing.and_then(|(planned, _)| planned.step.revert_after);
        let revert_at = revert_after.map(|span| self.desk.now().after(span));
        if let Some(progress) = run.progress(index) {
            progress.at = At::End(Cow::Borrowed(how));
            progress.revert_at = revert_at;
        }
        let ended = run.step(index).map(|(planned, _)| (planned.id.clone(), planned.step.action.as_str() == "verify"));
        let (step, looked) = ended.unwrap_or_default();
        let rule = if looked { "remediate.step_verified" } else { "remediate.step" };
        self.desk.say_of(run, rule, Conclusion::StepEnded { step, how: Cow::Borrowed(how), detail });
    }

    /// A step failed: again after a pause while the run goes on and executions are left, else for good. Nothing goes
    /// forward while nobody can tell whether another step ran, so that nothing is tried again then either.
    pub fn failed(&mut self, run: &mut Run, index: u32, detail: String) -> Result<(), String> {
        let Some((planned, progress)) = run.step(index) else { return Ok(()) };
        let (retry, tries) = (&planned.step.retry, progress.began().max(1));
        let engine = run.actions.get(&planned.step.action).is_none_or(|action| action.adapter == Adapter::Engine);
        let goes_on = run.status == Status::Running && !run.is_in_doubt();
        if goes_on && !engine && tries < retry.executions && progress.started {
            let pause = retry.pause(tries);
            self.pause(run, index, pause, "retry");
            return Ok(());
        }
        let (name, on_failure) = (planned.id.clone(), planned.step.on_failure.clone());
        self.end(run, index, "failed", detail.clone());
        match on_failure {
            OnFailure::Continue => Ok(()),
            OnFailure::Abort => Err(format!("step `{name}` failed: {detail}")),
            OnFailure::Branch(_) => Ok(()),
        }
    }
}

/// How long a check of its own may take.
fn patience(planned: &PlannedStep) -> Span {
    if planned.step.timeout > Span::ZERO { planned.step.timeout } else { Span::from_secs(30) }
}

/// The first stage with a step that has not ended.
fn next_stage(run: &Run) -> Option<u32> {
    let open = (0..).zip(&run.plan.steps).find(|(index, _)| is_open(run, *index));
    open.map(|(_, planned)| planned.stage)
}

fn is_open(run: &Run, index: u32) -> bool {
    run.status == Status::Running && run.step(index).is_some_and(|(_, progress)| !progress.ended())
}

fn is_wait(run: &Run, index: u32) -> bool {
    run.step(index).is_some_and(|(planned, _)| planned.step.action.as_str() == "wait")
}

fn branches(run: &Run, stage: u32) -> Vec<Vec<u32>> {
    let mut branches: alloc::collections::BTreeMap<u32, Vec<u32>> = alloc::collections::BTreeMap::new();
    for (index, planned) in (0..).zip(&run.plan.steps) {
        if planned.stage == stage {
            branches.entry(planned.branch).or_default().push(index);
        }
    }
    branches.into_values().collect()
}

/// The step whose failure was answered by other steps, once those have ended: then the run fails.
pub fn answered_failure(run: &Run) -> Option<String> {
    (0..).zip(&run.plan.steps).find_map(|(index, planned)| {
        let failed = run.step(index).is_some_and(|(_, progress)| progress.ended_as("failed"));
        let answers: Vec<&Progress> = run
            .plan
            .steps
            .iter()
            .zip(&run.steps)
            .filter(|(p, _)| p.fallback_of == Some(index))
            .map(|(_, s)| s)
            .collect();
        let answered = failed && !answers.is_empty() && answers.iter().all(|progress| progress.ended());
        answered.then(|| format!("step `{}` failed", planned.id))
    })
}

/// Whom a message is for, one by one; nobody named is one message for whoever is on call.
fn recipients(to: Option<&Value>) -> Vec<Option<Name>> {
    let named = |value: &Value| Some(Name::new(&value.to_string()));
    match to {
        Some(Value::List(people)) if !people.is_empty() => people.iter().map(named).collect(),
        Some(Value::Text(person)) => Vec::from([Some(Name::new(person))]),
        _ => Vec::from([None]),
    }
}

/// `steps.<id>.<output>` of this run.
fn output(run: &Run, name: &str) -> Option<Value> {
    let (step, key) = name.strip_prefix("steps.")?.rsplit_once('.')?;
    let index = run.plan.steps.iter().position(|planned| planned.id.as_str() == step)?;
    run.steps.get(index)?.outputs.get(key).cloned()
}
