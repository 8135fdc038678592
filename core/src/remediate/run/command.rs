//! The commands of a run: gated, made with everything in place, given and said.

use crate::model::command::{Command, Execution, Means, Purpose};
use crate::model::fact::Conclusion;
use crate::model::gate::Occasion;
use crate::model::ids::CommandId;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::Action;
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::{Span, Time};
use crate::remediate::fit::is_well;
use crate::remediate::means;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::hold::ends_by_itself;
use crate::remediate::run::rollback::checkpoint::CHECKPOINT;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Flight, Run};
use crate::remediate::safety::moved::way_back;
use crate::remediate::safety::rate::Draw;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// An executor may begin only within this time of the command.
pub(super) const START_WITHIN: Span = Span::from_secs(30);
/// Characters that are kept of what a step is undone with.
const GIVEN: usize = 200;
/// How soon it is asked again whether a step of a rollout may begin.
const FOR_OTHERS: Span = Span::from_secs(5);

impl Work<'_, '_> {
    /// Gives the command of the step: first, where undoing needs it, to read the state it will change.
    pub(super) fn command(
        &mut self,
        run: &mut Run,
        index: u32,
        planned: &PlannedStep,
        action: &Arc<Action>,
        retried: bool,
    ) -> Result<(), String> {
        let first = !run.steps.iter().any(|progress| progress.started);
        let occasion = match (retried, first) {
            (true, _) => Occasion::Retry,
            (false, true) => run.first(),
            (false, false) => Occasion::LaterStep,
        };
        let component = self.desk.knowledge.topology.component(&run.component);
        if first && component.is_none_or(|component| is_well(self.incident, component, self.desk)) {
            return Err("well again before anything was done".into());
        }
        if self.desk.knowledge.topology.component(&planned.target).is_none() {
            run.cut = Some(index);
            return Err(format!("step `{}`: target `{}` is not registered any more", planned.id, planned.target));
        }
        if first && self.waits_for_evidence(run, index) {
            return Ok(());
        }
        let decision = self.gate(run, occasion, Some(action), Some(index));
        let waits = !first && decision.refusal().is_some_and(|refusal| waits_for_others(&refusal.rule));
        if let Some(rolling) = run.rolling.as_mut().filter(|_| waits) {
            // A stage has more targets than may be under action at one time: the next once one of them is seen well.
            let is_news = rolling.waits(index);
            if is_news {
                self.report(run, occasion, Some(&planned.id), &decision);
            }
            if let Some(progress) = run.progress(index) {
                progress.at = At::Until(self.desk.now().after(FOR_OTHERS));
            }
            return Ok(());
        }
        self.report(run, occasion, Some(&planned.id), &decision);
        if let Some(refusal) = decision.refusal() {
            return match decision.again.filter(|_| ends_by_itself(&refusal.rule)) {
                Some(until) => {
                    self.hold(run, index, until);
                    Ok(())
                }
                None => Err(run.refused(index, &planned.id, &decision, refusal)),
            };
        }
        let parameters = self.parameters(run, planned)?;
        let undo = planned.step.undo.as_ref().or_else(|| action.reversal.undo());
        let mut capture = undo.map(|undo| undo.capture.clone()).unwrap_or_default();
        let named = run.steps.iter().any(|progress| progress.before.contains_key(CHECKPOINT));
        if run.has_checkpoint() && !named {
            capture.push(Name::new(CHECKPOINT));
        }
        let capture = Some(capture).filter(|names| !names.is_empty());
        let captured = run.step(index).is_some_and(|(_, progress)| progress.captured);
        let timeout = if planned.step.timeout > Span::ZERO { planned.step.timeout } else { action.timeout };
        let (purpose, means) = match capture {
            Some(names) if !captured => (Purpose::Capture, Means::Capture(names)),
            _ => (Purpose::Forward, means::of(action, &parameters)?),
        };
        let attempt = run.step(index).map_or(1, |(_, progress)| progress.tries.saturating_add(1));
        let order = Order { index, attempt, purpose, target: planned.target.clone(), timeout };
        let execution = self.execution(run, planned, action, order, parameters, means);
        self.send(run, index, execution);
        Ok(())
    }

    fn execution(
        &self,
        run: &Run,
        planned: &PlannedStep,
        action: &Action,
        order: Order,
        parameters: Parameters,
        means: Means,
    ) -> Arc<Execution> {
        Arc::new(Execution {
            id: CommandId::derive(run.id, order.index, order.attempt, order.purpose.as_str()),
            epoch: self.desk.context.epoch,
            purpose: order.purpose,
            incident: run.incident,
            run: run.id,
            step: planned.id.clone(),
            attempt: order.attempt,
            action: action.name.clone(),
            target: order.target,
            parameters,
            means,
            idempotent: action.idempotent || order.purpose == Purpose::Capture,
            plan: run.plan.digest,
            not_after: self.desk.now().after(START_WITHIN),
            timeout: order.timeout,
        })
    }

    fn send(&mut self, run: &mut Run, index: u32, execution: Arc<Execution>) {
        let now = self.desk.now();
        if execution.purpose == Purpose::Forward {
            run.note_beginning(now);
            let keep = self.longest_window(run);
            let draw = Draw::of(run.id, &run.component, &run.plan, &run.actions);
            self.memory.rates.take(draw, now, false, keep);
            self.note_move(run, &execution, now);
        }
        if let Some(rolling) = &mut run.rolling {
            rolling.acts_on(&execution.target);
        }
        if let Some(progress) = run.progress(index) {
            if execution.purpose == Purpose::Forward {
                progress.tries = execution.attempt;
                progress.started = true;
                progress.given.clone_from(&execution.parameters);
            }
            progress.at = At::Flight(flight(&execution, now));
        }
        self.say_started(run, &execution);
        self.desk.out.commands.push(Command::Execute(execution));
    }

    /// Remembers what moves work from one place to another.
    pub(super) fn note_move(&mut self, run: &Run, execution: &Execution, now: Time) {
        let moves = run.actions.get(&execution.action).is_some_and(|action| way_back(action, &run.actions).is_some());
        if moves {
            self.memory.moves.record(run.id, &execution.action, &execution.target, now);
        }
    }

    /// How long a run counts, by the limits it began under or those in force.
    pub(super) fn longest_window(&self, run: &Run) -> Span {
        let in_force = self.desk.context.policy.safety();
        let longest = |safety: &Safety| safety.attempts.window.max(safety.rates.window);
        longest(&run.safety).max(longest(in_force))
    }

    /// Says that a command was given.
    pub fn say_started(&mut self, run: &Run, execution: &Execution) {
        let said = Conclusion::StepStarted {
            step: execution.step.clone(),
            attempt: execution.attempt,
            action: execution.action.clone(),
            target: execution.target.clone(),
            command: execution.id,
        };
        let rule = match execution.purpose {
            Purpose::Capture => "remediate.capture",
            Purpose::Forward => "remediate.execute",
            Purpose::Revert => "remediate.revert",
            Purpose::Rollback => "remediate.undo",
        };
        let fact = self.desk.fact(rule, said).component(&run.component).incident(run.incident).run(run.id);
        self.desk.say(match self.undone_with(execution) {
            Some(given) => fact.value("with", Value::text(&given)),
            None => fact,
        });
    }

    /// What a step is undone with, in words; nothing for what undoes nothing, or takes nothing.
    fn undone_with(&self, execution: &Execution) -> Option<String> {
        let undoes = matches!(execution.purpose, Purpose::Revert | Purpose::Rollback);
        let given: Vec<String> = execution.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let given = given.join(", ");
        let given = self.desk.context.policy.masker().mask(&given).unwrap_or(given);
        (undoes && !given.is_empty()).then(|| one_line(&given, GIVEN))
    }
}

/// Whether a refusal ends once what is under action is seen well.
fn waits_for_others(rule: &str) -> bool {
    matches!(
        rule,
        "budgets.dependency"
            | "budgets.failure_domain"
            | "budgets.max_unhealthy"
            | "budgets.max_in_flight"
            | "budgets.keep_healthy_at_least"
    )
}

/// What is particular to one command.
struct Order {
    index: u32,
    attempt: u32,
    purpose: Purpose,
    target: Name,
    timeout: Span,
}

/// A command on its way: unknown, once it could have begun as late as allowed and taken as long as allowed.
pub fn flight(execution: &Arc<Execution>, now: Time) -> Flight {
    let answer_by = execution.not_after.max(now).after(execution.timeout);
    Flight { execution: Arc::clone(execution), answer_by, doubt: None }
}
