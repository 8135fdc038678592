//! The way of a run from pass to pass, and what its end means for the incident.

use crate::model::command::{Command, Purpose};
use crate::model::event::Event;
use crate::model::fact::Conclusion;
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::model::value::Value;
use crate::policy::components::Component;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::fit::is_well;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::command::flight;
use crate::remediate::run::rollback::Undone;
use crate::remediate::run::step::{Work, answered_failure};
use crate::remediate::run::{Afterwards, At, Progress, Run, Status};
use crate::remediate::safety::breaker::FORGOTTEN;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How soon a step is reverted whose target another run is acting on.
const WHILE_BUSY: Span = Span::from_secs(5);
/// How seldom the gate is asked again about a revert that it has refused; each wait is as long as all before it.
const ASKED_AGAIN: Span = Span::from_mins(5);
/// How long it is asked.
const ASKED_FOR: Span = Span::from_mins(24 * 60);

/// What becomes of a run after a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Goes,
    /// It is over; the incident is looked at again.
    Over,
    /// It is over, and so is everything automatic for this incident.
    HandedOver,
}

impl Remediate {
    /// Moves every run as far as it goes.
    pub fn progress_runs(&mut self, desk: &mut Desk<'_>) {
        let ids: Vec<_> = self.runs.keys().copied().collect();
        for id in ids {
            if let Some(run) = self.runs.remove(&id) {
                self.progress_run(run, desk);
            }
        }
        self.shed_half_done(desk);
    }

    /// Moves one run, which is not in the table, as far as it goes, and puts it back unless it is over.
    pub fn progress_run(&mut self, mut run: Run, desk: &mut Desk<'_>) {
        let knowledge = desk.knowledge;
        let kept = run.closed.take();
        let Some(known) = knowledge.incidents.get(run.incident).or(kept.as_deref()) else { return };
        run.closed.clone_from(&kept);
        let waits = matches!(run.status, Status::AwaitingApproval { .. });
        let cause = (waits && known.component != run.component).then(|| known.component.clone());
        let incident = &*run.as_begun(known);
        let component = knowledge.topology.component(&run.component).cloned();
        let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        let fate = match (component, &cause) {
            _ if run.status == Status::Settled => work.linger(&mut run),
            _ if run.undoes_the_rest() => work.undo_the_rest(&mut run),
            (Some(_), _) if !incident.is_open() => work.cancel(&mut run, "the incident was closed"),
            (Some(_), Some(cause)) => work.give_way(&mut run, cause),
            (Some(component), None) => work.advance(&mut run, &component),
            (None, _) => work.cancel(&mut run, "the component was removed"),
        };
        let id = run.incident;
        if fate == Fate::Goes || work.settle(&mut run) {
            self.runs.insert(run.id, run);
        }
        if fate != Fate::Goes {
            self.look_again(id, fate == Fate::HandedOver);
        }
    }
}

impl Work<'_, '_> {
    fn advance(&mut self, run: &mut Run, component: &Arc<Component>) -> Fate {
        let mut trouble = self.answers(run).err();
        loop {
            let before = core::mem::discriminant(&run.status);
            let fate = match &run.status {
                Status::AwaitingApproval { .. } => return self.await_approval(run, component),
                Status::Running => self.run_forward(run, trouble.take()),
                Status::Failing { .. } => self.fail(run),
                Status::RollingBack { .. } => self.roll_on(run),
                Status::Settled => return Fate::Goes,
                Status::Verifying(_) => self.verify(run, component),
            };
            if fate != Fate::Goes || core::mem::discriminant(&run.status) == before {
                return fate;
            }
        }
    }

    /// Takes the answer that came in, and the silence of those that did not.
    pub(super) fn answers(&mut self, run: &mut Run) -> Result<(), String> {
        if let Some(Event::OutcomeReported(outcome)) = self.desk.context.event()
            && outcome.epoch == self.desk.context.epoch
        {
            self.outcome(run, outcome)?;
        }
        self.overdue(run)
    }

    fn await_approval(&mut self, run: &mut Run, component: &Component) -> Fate {
        if is_well(self.incident, component, self.desk) {
            return self.cancel(run, "well again before anybody decided");
        }
        let Status::AwaitingApproval { expires } = run.status else { return Fate::Goes };
        if self.desk.now() >= expires {
            self.lose(run, "expired", None);
            self.finish(run, RunEnd::NotStarted, "nobody decided in time");
            self.hand_over(run, "remediate.approval_expired", "nobody decided about the plan in time");
            return Fate::HandedOver;
        }
        Fate::Goes
    }

    /// An approval is no longer to be had or no longer valid.
    pub fn lose(&mut self, run: &Run, how: &'static str, by: Option<Name>) {
        let said = Conclusion::ApprovalLost { plan: run.plan.digest, how: Cow::Borrowed(how), by };
        self.desk.say_of(run, "remediate.approval", said);
    }

    fn run_forward(&mut self, run: &mut Run, trouble: Option<String>) -> Fate {
        let trouble = self.harm(run).or(trouble);
        let result = match trouble {
            Some(reason) => Err(reason),
            None if run.is_in_doubt() => Ok(()),
            None => self.forward(run),
        };
        if let Some(reason) = result.err().or_else(|| answered_failure(run)) {
            run.status = Status::Failing { reason };
            return Fate::Goes;
        }
        let waiting = run.flights().next().is_some();
        let all_ended = run.steps.iter().all(|progress| progress.ended()) && run.has_rolled_out();
        if all_ended && run.only_tells() {
            return self.told(run, "people were told");
        }
        if !waiting && (all_ended || run.is_in_doubt()) {
            self.begin_verification(run);
        }
        Fate::Goes
    }

    /// Nothing new begins; once nothing is in flight, what was started is undone. Harm waits for no flight.
    fn fail(&mut self, run: &mut Run) -> Fate {
        let is_harm = |run: &Run| run.guard.harmed || run.rolling.as_ref().is_some_and(|rolling| rolling.is_worse());
        let seen = if is_harm(run) { None } else { self.harm(run) };
        let Status::Failing { reason } = &run.status else { return Fate::Goes };
        let (reason, worse) = (seen.unwrap_or_else(|| reason.clone()), is_harm(run));
        let began = run.steps.iter().any(|progress| progress.started);
        if run.flights().next().is_some() {
            if !worse || !began {
                return Fate::Goes;
            }
            self.tell_of_harm(run, &reason);
        }
        if run.only_tells() {
            return self.told(run, &reason);
        }
        if !began {
            self.memory.rates.give_back(run.id);
            self.finish(run, RunEnd::NotStarted, &reason);
            self.desk.move_to(run.incident, Phase::Analyzing, "remediate.not_started", &reason);
            return Fate::Over;
        }
        self.roll_back(run, Afterwards { reason, escalate: worse });
        Fate::Goes
    }

    fn roll_on(&mut self, run: &mut Run) -> Fate {
        self.hurry(run);
        let Some(mut undone) = self.undo_next(run) else { return Fate::Goes };
        let Status::RollingBack { then, failed, .. } = &run.status else { return Fate::Goes };
        let then = then.clone();
        if *failed {
            undone = Undone::Failed;
        }
        let cut = undone != Undone::Failed && run.was_cut() && !self.memory.trust.has_taken_down(run.id);
        self.finish(run, if cut { RunEnd::Cancelled } else { RunEnd::Failed }, &then.reason);
        match undone {
            Undone::Whole if !then.escalate => {
                self.said_undone(run);
                self.desk.move_to(run.incident, Phase::Analyzing, "remediate.next", &then.reason);
                Fate::Over
            }
            Undone::Whole => {
                self.said_undone(run);
                self.hand_over(run, "remediate.rolled_back", &format!("{}; undone", then.reason));
                Fate::HandedOver
            }
            Undone::Refused => {
                let detail = format!("{}; undoing was refused by the gate", then.reason);
                self.note_half_done(run, &detail, true);
                self.hand_over(run, "remediate.rollback_refused", &detail);
                Fate::HandedOver
            }
            Undone::NotBegun => {
                let detail = format!("{}; {}", then.reason, self.said_not_begun(run));
                self.note_half_done(run, &detail, true);
                self.hand_over(run, "remediate.rollback_not_begun", &detail);
                Fate::HandedOver
            }
            Undone::Failed => {
                let detail = format!("{}; undoing failed, nothing more is done on the targets", then.reason);
                self.hand_over(run, "remediate.rollback_failed", &detail);
                Fate::HandedOver
            }
        }
    }

    pub(super) fn said_undone(&mut self, run: &Run) {
        if run.steps.iter().any(|progress| progress.undone) {
            let how = Cow::Borrowed("succeeded");
            self.desk.say_of(run, "remediate.rollback", Conclusion::RollbackMoved { how });
        }
    }

    /// Ends a run: its result counts for the breaker, its end begins the pause.
    pub fn finish(&mut self, run: &Run, end: RunEnd, detail: &str) {
        let now = self.desk.now();
        let said = Conclusion::RunEnded { playbook: run.playbook.id.clone(), end, detail: detail.into() };
        self.desk.say_of(run, "remediate.run_ended", said);
        let nothing_done =
            end == RunEnd::Told || end == RunEnd::NotStarted && self.memory.impossible.hinders(&run.plan).is_some();
        if run.started.is_some() && !nothing_done {
            let pause = &self.desk.context.policy.safety().cooldown;
            self.memory.cooldowns.run_ended(&run.component, pause, now);
        }
        self.remember_effect(run, end);
        self.memory.trust.over(run.id);
        // What was called off, or cut, says nothing about the playbook.
        if end == RunEnd::Cancelled || !run.steps.iter().any(|progress| progress.started) {
            return;
        }
        let success = end == RunEnd::Succeeded;
        self.weigh_breakers(run, success);
        self.weigh_end(run, end);
        if !success {
            self.tell_named(run, detail);
        }
    }

    fn weigh_breakers(&mut self, run: &Run, success: bool) {
        let (now, settings) = (self.desk.now(), &self.desk.context.policy.safety().breaker);
        for (scope, to) in self.memory.breakers.record(&run.playbook.id, &run.component, success, settings, now) {
            if to == FORGOTTEN {
                let dropped = format!("what became of runs of {scope}");
                self.desk.say_of(
                    run,
                    "remediate.breakers_full",
                    Conclusion::Overloaded { limit: "breakers".into(), dropped },
                );
                continue;
            }
            let playbook = scope.playbook.unwrap_or_else(|| Name::new("all"));
            let on = Value::text(scope.component.as_ref().map_or("any", Name::as_str));
            let said = Conclusion::BreakerChanged { to: Cow::Borrowed(to), playbook };
            let fact = self.desk.fact("remediate.breaker", said);
            self.desk.say(fact.component(&run.component).incident(run.incident).run(run.id).value("on", on));
        }
    }

    /// Gives the incident to people.
    pub(super) fn hand_over(&mut self, run: &Run, rule: &'static str, detail: &str) {
        self.desk.move_to(run.incident, Phase::Escalated, rule, detail);
    }

    /// Stops a run wherever it is. What is in flight cannot be called back: its target is held until the answer.
    pub fn cancel(&mut self, run: &mut Run, why: &str) -> Fate {
        if matches!(run.status, Status::AwaitingApproval { .. }) {
            self.lose(run, "void", None);
        }
        let end = if run.started.is_some() { RunEnd::Cancelled } else { RunEnd::NotStarted };
        self.finish(run, end, why);
        self.note_half_done(run, why, false);
        Fate::Over
    }

    /// A plan that waits is about a consequence: the cause was found since, and what is to be done about that is planned.
    fn give_way(&mut self, run: &mut Run, root: &Name) -> Fate {
        let why = format!("the cause was found in `{root}`");
        let fate = self.cancel(run, &why);
        self.desk.move_to(run.incident, Phase::Analyzing, "remediate.root_found", &why);
        fate
    }

    /// Keeps of a run that is over what is not: commands without an answer, steps to be reverted. `false`: nothing is.
    pub fn settle(&mut self, run: &mut Run) -> bool {
        if let Status::RollingBack { flight: Some(flight), .. } = &run.status {
            let flight = flight.clone();
            let undoing = |planned: &PlannedStep| planned.id == flight.execution.step;
            let place = run.plan.steps.iter().position(undoing);
            if let Some(progress) = place.and_then(|place| run.steps.get_mut(place)) {
                progress.at = At::Flight(flight);
            }
        }
        run.status = Status::Settled;
        if run.closed.is_none() {
            run.closed = Some(self.incident.clone().into());
        }
        is_pending(run)
    }

    /// A run that is over: answers are taken in, steps are undone whose time has come.
    fn linger(&mut self, run: &mut Run) -> Fate {
        // Nothing goes forward any more: why it could not is of no consequence.
        self.answers(run).ok();
        let now = self.desk.now();
        let is_due = |progress: &Progress| progress.revert_at.is_some_and(|at| now >= at);
        let due: Vec<u32> =
            (0..).zip(&run.steps).filter(|(_, progress)| is_due(progress)).map(|(index, _)| index).collect();
        for index in due {
            self.revert(run, index);
        }
        self.forget_what_is_gone(run);
        if is_pending(run) { Fate::Goes } else { Fate::Over }
    }

    fn revert(&mut self, run: &mut Run, index: u32) {
        let now = self.desk.now();
        let target = run.step(index).map(|(planned, _)| planned.target.clone()).unwrap_or_default();
        let busy = run.flights().any(|flight| flight.execution.target == target)
            || self.others.values().any(|other| other.is_in_flight() && other.holds(&target));
        if busy {
            if let Some(progress) = run.progress(index) {
                progress.revert_at = Some(now.after(WHILE_BUSY));
            }
            return;
        }
        match self.undo(run, index, Purpose::Revert) {
            Ok(execution) => {
                if let Some(progress) = run.progress(index) {
                    progress.at = At::Flight(flight(&execution, now));
                }
                self.desk.out.commands.push(Command::Execute(execution));
            }
            Err(Undone::Refused) => self.revert_later(run, index),
            Err(Undone::Failed | Undone::NotBegun | Undone::Whole) => {
                if let Some(progress) = run.progress(index) {
                    progress.revert_at = None;
                }
                self.tell_not_reverted(run, "");
            }
        }
    }

    /// The gate lets nothing be reverted now: people are told, and it is asked again, ever more seldom, for a day.
    pub(super) fn revert_later(&mut self, run: &mut Run, index: u32) {
        let now = self.desk.now();
        let Some(progress) = run.progress(index) else { return };
        let first = progress.refused_since.is_none();
        let waited = now.since(*progress.refused_since.get_or_insert(now));
        let given_up = waited >= ASKED_FOR;
        progress.revert_at = (!given_up).then(|| now.after(waited.max(WHILE_BUSY).min(ASKED_AGAIN)));
        match (first, given_up) {
            (_, true) => self.tell_not_reverted(run, " for a day, and is not tried again"),
            (true, false) => self.tell_not_reverted(run, "; it is tried again, for a day"),
            (false, false) => {}
        }
    }
}

/// Whether an answer is out, a step is still to be reverted, or something was left half done.
fn is_pending(run: &Run) -> bool {
    let comes = run.steps.iter().any(|progress| progress.revert_at.is_some()) || run.flights().next().is_some();
    comes || run.is_half_done()
}
