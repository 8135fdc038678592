//! What people say about plans, runs and breakers. Everything is checked here: who, what exactly, and whether still in time.

use crate::model::event::{Event, Principal};
use crate::model::fact::Conclusion;
use crate::model::ids::RunId;
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::policy::authority::{Verb, is_machine};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::look::Look;
use crate::remediate::plan;
use crate::remediate::run::hold::ends_by_itself;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Afterwards, Grant, Run, Status};
use crate::remediate::safety::breaker::Scope;
use crate::remediate::verdict::Guard;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Remediate {
    /// Takes an order, an approval, or the outcome of a command nobody knows.
    pub fn take_orders(&mut self, desk: &mut Desk<'_>) {
        if desk.said.iter().any(|fact| matches!(fact.said, Conclusion::PolicyReplaced { .. })) {
            self.void_plans("the policy was replaced", desk);
        }
        match desk.context.event() {
            Some(Event::ApprovalDecided { plan, approved, by }) => self.approval(*plan, *approved, by, desk),
            Some(Event::BreakerReset { playbook, component, by }) => self.reset(playbook, component.as_ref(), by, desk),
            Some(Event::OutcomeReported(outcome)) => {
                if outcome.epoch != desk.context.epoch {
                    let reason = format!("outcome of epoch {}, now is {}", outcome.epoch, desk.context.epoch);
                    desk.refuse("remediate.outcome_stale", reason);
                } else if !self.runs.values().any(|run| run.awaits(outcome.command, outcome.result)) {
                    let reason = format!("no command {} is waiting for an outcome", outcome.command);
                    desk.refuse("remediate.outcome_unexpected", reason);
                }
            }
            Some(Event::RollbackOrdered { run, by }) => self.order_rollback(*run, by, desk),
            Some(Event::RunOrdered { playbook, component, by }) => self.order_run(playbook, component, by, desk),
            Some(Event::RunCancelled { run, by }) => self.call_off(*run, by, desk),
            _ => {}
        }
    }

    /// Plans that have not begun are void: under a new policy, or when too little is trusted.
    pub(super) fn void_plans(&mut self, why: &str, desk: &mut Desk<'_>) {
        let waiting = |run: &&Run| matches!(run.status, Status::AwaitingApproval { .. });
        let ids: alloc::vec::Vec<RunId> = self.runs.values().filter(waiting).map(|run| run.id).collect();
        for id in ids {
            let Some(mut run) = self.runs.remove(&id) else { continue };
            let knowledge = desk.knowledge;
            let Some(incident) = knowledge.incidents.get(run.incident) else { continue };
            let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
            work.cancel(&mut run, why);
            work.desk.move_to(run.incident, Phase::Analyzing, "remediate.plan_void", why);
            self.look_again(run.incident, false);
        }
    }

    fn approval(&mut self, plan: Digest, approved: bool, by: &Principal, desk: &mut Desk<'_>) {
        let waiting = |run: &&Run| matches!(run.status, Status::AwaitingApproval { .. }) && run.plan.digest == plan;
        let Some(id) = self.runs.values().find(waiting).map(|run| run.id) else {
            let reason =
                format!("no plan {} waits for an approval; plans change, ask for the present one", plan.short());
            return desk.refuse("remediate.approval_unexpected", reason);
        };
        let Some(mut run) = self.runs.remove(&id) else { return };
        let knowledge = desk.knowledge;
        let Some(incident) = knowledge.incidents.get(run.incident) else { return };
        let expired = matches!(run.status, Status::AwaitingApproval { expires } if desk.now() >= expires);
        let work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        let need = work.gate(&run, run.first(), None, None).need;
        let policy = work.desk.context.policy;
        let who = policy.in_force(by);
        let own = run.by.as_ref().is_some_and(|asked| asked.id == by.id);
        if own && !approved {
            return self.deny(&run, by, "withdrawn", desk);
        }
        let counting = if own {
            Vec::new()
        } else if need.is_needed() {
            need.counting(&who)
        } else {
            // The mode was raised since: the plan that was put to people is still decided by those who may.
            let may = &policy.safety().approval.any_of;
            if is_machine(&who) { Vec::new() } else { who.roles.intersection(may).cloned().collect() }
        };
        let twice = approved && run.approval.as_ref().is_some_and(|grant| grant.by.contains_key(&by.id));
        if counting.is_empty() || expired || twice {
            let reason = if expired {
                "it came too late".into()
            } else if own {
                format!("`{}` ordered it, and nobody approves what he asked for himself", by.id)
            } else if twice {
                format!("`{}` has approved it already; it waits for somebody else", by.id)
            } else {
                format!("`{}` holds none of the roles asked for", by.id)
            };
            work.desk.refuse("remediate.approval_refused", format!("approval of plan {}: {reason}", plan.short()));
            self.runs.insert(id, run);
            return;
        }
        if !approved {
            let withdrawn = run.approval.as_ref().is_some_and(|grant| grant.by.contains_key(&by.id));
            return self.deny(&run, by, if withdrawn { "withdrawn" } else { "denied" }, desk);
        }
        let until = work.desk.now().after(work.desk.context.policy.safety().approval.expires);
        let grant = run.approval.get_or_insert_with(|| Grant { by: BTreeMap::new(), until });
        grant.by.insert(by.id.clone(), counting);
        work.desk.say_of(&run, "remediate.approval", Conclusion::ApprovalGranted { plan, by: by.id.clone() });
        let counts = run.approval.as_ref().map(|grant| grant.in_force(policy));
        if need.is_covered(counts.as_ref(), work.desk.now()) {
            self.begin_approved(run, desk);
        } else {
            self.runs.insert(id, run);
        }
    }

    /// The plan is off: those who may said so, one of them after an approval, or whoever ordered it.
    fn deny(&mut self, run: &Run, by: &Principal, how: &'static str, desk: &mut Desk<'_>) {
        let knowledge = desk.knowledge;
        let Some(incident) = knowledge.incidents.get(run.incident) else { return };
        let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        work.lose(run, how, Some(by.id.clone()));
        work.finish(run, RunEnd::NotStarted, &format!("{how} by {}", by.id));
        let detail = format!("plan {} was {how} by {}", run.plan.digest.short(), by.id);
        work.desk.move_to(run.incident, Phase::Escalated, "remediate.approval_denied", &detail);
        self.look_again(run.incident, true);
    }

    /// Begins an approved plan, if it is still the plan that would be made now and the gate lets it through.
    fn begin_approved(&mut self, mut run: Run, desk: &mut Desk<'_>) {
        let knowledge = desk.knowledge;
        let Some(incident) = knowledge.incidents.get(run.incident) else { return };
        let now_planned =
            plan::plan(&run.playbook, &run.actions, (incident, run.attempt), desk.context.policy, knowledge);
        let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        if now_planned.as_ref().map(|plan| plan.digest) != Ok(run.plan.digest) {
            work.lose(&run, "changed", None);
            work.finish(&run, RunEnd::NotStarted, "the plan is no longer what was approved");
            work.desk.move_to(run.incident, Phase::Analyzing, "remediate.plan_changed", "the plan has changed");
            return self.look_again(run.incident, false);
        }
        let decision = work.gate(&run, run.first(), None, None);
        work.report(&run, run.first(), None, &decision);
        // What ends by itself holds its first step, and costs nobody an approval.
        if let Some(refusal) = decision.refusal().filter(|refusal| !ends_by_itself(&refusal.rule)) {
            let detail = format!("refused by {}", refusal.rule);
            work.finish(&run, RunEnd::NotStarted, &detail);
            work.desk.move_to(run.incident, Phase::Analyzing, "remediate.not_started", &detail);
            return self.look_again(run.incident, false);
        }
        self.begin(&mut run, desk);
        self.progress_run(run, desk);
    }

    /// Begins a run that the gate let through.
    pub fn begin(&mut self, run: &mut Run, desk: &mut Desk<'_>) {
        let said = Conclusion::RunStarted { playbook: run.playbook.id.clone(), attempt: run.attempt };
        desk.say_of(run, "remediate.run_started", said);
        desk.move_to(run.incident, Phase::Remediating, "remediate.remediating", &run.playbook.name);
        run.status = Status::Running;
        run.started = Some(desk.now());
        run.ends_by = desk.now().after(run.playbook.timeout);
        self.note_serving(run, desk);
        if let Some(incident) = desk.knowledge.incidents.get(run.incident) {
            run.guard = Guard::of(run, incident, desk);
        }
    }

    fn reset(&mut self, playbook: &Name, component: Option<&Name>, by: &Principal, desk: &mut Desk<'_>) {
        if let Err(reason) = Verb::UndoOrReset.check(by) {
            return desk.refuse("remediate.reset_refused", reason);
        }
        let playbook_scope = (playbook.as_str() != "all").then(|| playbook.clone());
        let scope = Scope { playbook: playbook_scope, component: component.cloned() };
        let closed = self.memory.breakers.reset(&scope);
        // A breaker of one playbook is another matter than what was left half done.
        let whole = component.filter(|_| playbook.as_str() == "all");
        let left = whole.is_some_and(|component| self.leave_as_is(component, by, desk));
        let forgiven = component.is_some_and(|component| self.memory.effects.forget(component));
        let thawed = component.filter(|component| self.memory.thaw(component));
        if let Some(component) = thawed {
            let (to, detail) = (component.to_string(), by.id.to_string());
            let said = Conclusion::ControlChanged { what: Cow::Borrowed("thaw"), to, detail };
            desk.say(desk.fact("remediate.thawed", said).component(component));
        }
        if let Some(component) = component.filter(|_| forgiven) {
            let (to, detail) = (component.to_string(), by.id.to_string());
            let said = Conclusion::ControlChanged { what: Cow::Borrowed("begin_anew"), to, detail };
            desk.say(desk.fact("remediate.begun_anew", said).component(component));
        }
        if !closed && !forgiven && !left && thawed.is_none() {
            return desk.refuse("remediate.reset_unexpected", format!("no breaker of `{playbook}` is open there"));
        }
        self.looks.values_mut().for_each(Look::wake);
        if !closed {
            return;
        }
        let said = Conclusion::BreakerChanged { to: Cow::Borrowed("closed"), playbook: playbook.clone() };
        let fact = desk.fact("remediate.breaker_reset", said);
        desk.say(match component {
            Some(component) => fact.component(component),
            None => fact,
        });
    }

    fn order_rollback(&mut self, id: RunId, by: &Principal, desk: &mut Desk<'_>) {
        if let Err(reason) = Verb::UndoOrReset.check(by) {
            return desk.refuse("remediate.rollback_refused", reason);
        }
        if self.runs.get(&id).is_some_and(|run| run.status == Status::Settled && run.is_half_done()) {
            return self.order_the_rest_undone(id, by, desk);
        }
        if let Some(why_not) = why_not_rolled_back(self.runs.get(&id)) {
            return desk.refuse("remediate.rollback_unexpected", format!("run {id} {why_not}"));
        }
        let Some(mut run) = self.runs.remove(&id) else { return };
        let knowledge = desk.knowledge;
        let Some(incident) = knowledge.incidents.get(run.incident) else { return };
        let reason = format!("ordered by {}", by.id);
        let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        work.roll_back(&mut run, Afterwards { reason, escalate: true });
        self.runs.insert(id, run);
    }

    /// A person calls a run off: nothing new begins, what is in flight is waited for, and the incident is his.
    fn call_off(&mut self, id: RunId, by: &Principal, desk: &mut Desk<'_>) {
        if let Err(reason) = Verb::UndoOrReset.check(by) {
            return desk.refuse("remediate.cancel_refused", reason);
        }
        let why_not = match self.runs.get(&id).map(|run| &run.status) {
            None | Some(Status::Settled) => Some(format!("run {id} is not under way")),
            // Half undone is worse than either: what began is undone to its end.
            Some(Status::Failing { .. } | Status::RollingBack { .. }) => {
                Some(format!("run {id} is being undone; the kill switch stops that"))
            }
            Some(Status::AwaitingApproval { .. } | Status::Running | Status::Verifying(_)) => None,
        };
        if let Some(reason) = why_not {
            return desk.refuse("remediate.cancel_unexpected", reason);
        }
        let Some(mut run) = self.runs.remove(&id) else { return };
        let knowledge = desk.knowledge;
        let Some(incident) = knowledge.incidents.get(run.incident) else { return };
        let reason = format!("called off by {}", by.id);
        let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
        work.cancel(&mut run, &reason);
        work.desk.move_to(run.incident, Phase::Escalated, "remediate.called_off", &reason);
        let pending = work.settle(&mut run);
        self.look_again(run.incident, true);
        if pending {
            self.runs.insert(id, run);
        }
    }
}

/// Why a run cannot be undone by order, if so. What is at work is undone once it has ended.
fn why_not_rolled_back(run: Option<&Run>) -> Option<&'static str> {
    let Some(run) = run else { return Some("is not under way, and has left nothing half done") };
    match run.status {
        Status::AwaitingApproval { .. } => Some("has not begun: it waits for an approval"),
        Status::RollingBack { .. } => Some("is being undone"),
        Status::Settled => Some("is over, and has left nothing half done"),
        Status::Failing { .. } | Status::Running | Status::Verifying(_) => {
            let undoable = if run.has_checkpoint() { run.to_checkpoint() } else { run.to_undo() };
            (undoable.is_empty() || !run.playbook.rollback).then_some("has done nothing that can be undone")
        }
    }
}
