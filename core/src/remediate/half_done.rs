//! What a run that is over left half done: steps that were done and could be undone, and were not. People see it, undo it by
//! order, through the gate, or say that it stays as it is. Where the gate refused to undo it, nothing else is done on top.

use crate::model::event::Principal;
use crate::model::fact::Conclusion;
use crate::model::gate::Occasion;
use crate::model::ids::RunId;
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::ending::Fate;
use crate::remediate::run::rollback::{Undone, undo_of};
use crate::remediate::run::step::Work;
use crate::remediate::run::{Afterwards, Run, Status};
use crate::remediate::safety::frozen::Freeze;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Runs that left something half done remembered; past it the oldest is forgotten, and its targets stay closed. Some 10 KB
/// each.
const MOST: usize = 64;

/// That a run, which is over, left something half done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfDone {
    /// Since when.
    pub since: Time,
    /// Why it was not undone.
    pub why: String,
    /// Whether nothing else is done on top of it: the gate refused to undo it. What a person called off is his.
    pub bars: bool,
    /// The targets on which it stays as it is: a person has said so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<Name>,
}

impl Run {
    /// The steps that were done, or may have been, and could be undone still, once the run is over.
    pub fn left_half_done(&self) -> Vec<u32> {
        match (self.half_done.is_some() && self.playbook.rollback, self.has_checkpoint()) {
            (true, true) => self.to_checkpoint(),
            (true, false) => self.to_undo(),
            (false, _) => Vec::new(),
        }
    }

    /// Whether a person has said that what was done in step `index` stays as it is.
    pub fn stays(&self, index: u32) -> bool {
        let left = self.half_done.as_ref().map(|half| &half.left).filter(|left| !left.is_empty());
        left.zip(self.step(index)).is_some_and(|(left, (planned, _))| left.contains(&planned.target))
    }

    /// Whether `target` was left half done.
    fn left_half_done_on(&self, target: &Name) -> bool {
        let on = |index: &u32| self.step(*index).is_some_and(|(planned, _)| planned.target == *target);
        self.left_half_done().iter().any(on)
    }

    /// Whether it is over, and left something half done.
    pub fn is_half_done(&self) -> bool {
        self.half_done.is_some() && !self.left_half_done().is_empty()
    }

    /// Whether nothing else may be done on `target`, which it left half done.
    pub fn bars(&self, target: &Name) -> bool {
        self.half_done.as_ref().is_some_and(|half| half.bars)
            && self.status == Status::Settled
            && self.left_half_done_on(target)
    }

    /// Whether nothing goes on in it by itself: it is only remembered for what it left half done.
    pub fn rests(&self) -> bool {
        self.status == Status::Settled
            && self.half_done.is_some()
            && self.flights().next().is_none()
            && self.steps.iter().all(|progress| progress.revert_at.is_none())
    }

    /// Whether a person has ordered to undo what it left half done.
    pub fn undoes_the_rest(&self) -> bool {
        self.half_done.is_some() && matches!(self.status, Status::RollingBack { .. })
    }
}

impl Work<'_, '_> {
    /// Takes note that `run` is over and leaves half done what was not undone, if anything.
    pub(super) fn note_half_done(&mut self, run: &mut Run, why: &str, bars: bool) {
        run.half_done = Some(HalfDone { since: self.desk.now(), why: why.into(), bars, left: BTreeSet::new() });
        if !run.is_half_done() {
            run.half_done = None;
        }
    }

    /// Says that undoing never began, which is no failure of it. Why it did not.
    pub(super) fn said_not_begun(&mut self, run: &Run) -> String {
        let Status::RollingBack { not_begun: Some(why), .. } = &run.status else { return String::new() };
        let why = format!("undoing never began: {why}");
        let said = Conclusion::RollbackMoved { how: Cow::Borrowed("not begun") };
        self.desk.say_of(run, "remediate.rollback_not_begun", said);
        why
    }

    /// Nothing is left half done where everything it was done to is gone.
    pub(super) fn forget_what_is_gone(&self, run: &mut Run) {
        let topology = &self.desk.knowledge.topology;
        let left = run.left_half_done();
        let mut targets = left.iter().filter_map(|index| run.step(*index)).map(|(planned, _)| &planned.target);
        if !targets.any(|target| topology.component(target).is_some()) {
            run.half_done = None;
        }
    }

    /// Undoes what was left half done, by order, to its end.
    pub(super) fn undo_the_rest(&mut self, run: &mut Run) -> Fate {
        self.answers(run).ok();
        self.hurry(run);
        let Some(mut undone) = self.undo_next(run) else { return Fate::Goes };
        if matches!(run.status, Status::RollingBack { failed: true, .. }) {
            undone = Undone::Failed;
        }
        match undone {
            Undone::Whole => {
                run.half_done = None;
                self.said_undone(run);
            }
            // What failed is frozen, and people are called for that.
            Undone::Failed => run.half_done = None,
            Undone::NotBegun => {
                let why = self.said_not_begun(run);
                if let Some(half) = &mut run.half_done {
                    half.why = why;
                    half.bars = true;
                }
            }
            Undone::Refused => {
                let said = Conclusion::RollbackMoved { how: Cow::Borrowed("refused") };
                self.desk.say_of(run, "remediate.rollback_refused", said);
            }
        }
        Fate::Over
    }

    /// Why what `run` left half done cannot be undone now, if so.
    fn why_not_undone(&mut self, run: &Run) -> Option<String> {
        if let Some(flight) = run.flights().next() {
            return Some(format!("`{}` may be at work still", flight.execution.action));
        }
        let index = *run.left_half_done().last()?;
        let (planned, _) = run.step(index)?;
        let undo = run.restore().or_else(|| undo_of(run, index));
        let action = undo.and_then(|undo| run.actions.get(&undo.action));
        let decision = self.gate(run, Occasion::Rollback, action.map(AsRef::as_ref), Some(index));
        let refusal = decision.refusal()?;
        let why = format!("undoing was refused by {}; needed: {}", refusal.rule, refusal.remedy);
        self.report(run, Occasion::Rollback, Some(&planned.id), &decision);
        Some(why)
    }
}

impl Remediate {
    /// A person orders to undo what the run `id`, which is over, left half done.
    pub(super) fn order_the_rest_undone(&mut self, id: RunId, by: &Principal, desk: &mut Desk<'_>) {
        let Some(mut run) = self.runs.remove(&id) else { return };
        let knowledge = desk.knowledge;
        let kept = run.closed.clone();
        if let Some(known) = knowledge.incidents.get(run.incident).or(kept.as_deref()) {
            let incident = &*run.as_begun(known);
            let mut work = Work { desk, memory: &mut self.memory, others: &self.runs, incident };
            match work.why_not_undone(&run) {
                Some(why) => work.desk.refuse("remediate.rollback_refused", format!("run {id}: {why}")),
                None => {
                    let reason = format!("ordered by {}", by.id);
                    work.roll_back(&mut run, Afterwards { reason, escalate: true });
                }
            }
        }
        self.runs.insert(id, run);
    }

    /// A person says that what was left half done on `component` stays as it is. Whether there was anything.
    pub(super) fn leave_as_is(&mut self, component: &Name, by: &Principal, desk: &mut Desk<'_>) -> bool {
        let about = |run: &&mut Run| run.status == Status::Settled && run.left_half_done_on(component);
        let mut left = false;
        for run in self.runs.values_mut().filter(about) {
            left = true;
            if let Some(half) = &mut run.half_done {
                half.left.insert(component.clone());
            }
            if !run.is_half_done() {
                run.half_done = None;
            }
        }
        if left {
            let (to, detail) = (component.to_string(), by.id.to_string());
            let said = Conclusion::ControlChanged { what: Cow::Borrowed("leave"), to, detail };
            desk.say(desk.fact("remediate.left_as_is", said).component(component));
        }
        left
    }

    /// Forgets the oldest of what was left half done where it is too much, what holds nothing up before what does: of that
    /// the targets stay closed.
    pub(super) fn shed_half_done(&mut self, desk: &mut Desk<'_>) {
        let all = self.runs.values().filter(|run| run.rests());
        if all.clone().count() <= MOST {
            return;
        }
        let order = |run: &&Run| run.half_done.as_ref().map(|half| (half.bars, half.since));
        let Some(oldest) = all.min_by_key(order).map(|run| run.id) else { return };
        let Some(run) = self.runs.remove(&oldest) else { return };
        let by = Freeze::by(&run, desk.now(), "what was left half done there was too much to remember");
        self.memory.freeze(run.plan.targets.keys().filter(|target| run.bars(target)).cloned(), &by);
        let dropped = format!("what run {oldest} of {} left half done", run.playbook.id);
        let said = Conclusion::Overloaded { limit: "half_done".into(), dropped };
        let fact = desk.fact("remediate.half_done_shed", said).component(&run.component);
        desk.say(fact.value("playbook", Value::text(run.playbook.id.as_str())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::context::{Context, Draft};
    use crate::knowledge::fixtures::{fleet, policy, second};
    use crate::policy::actions::{Reversal, Undo};
    use crate::remediate::blast::Grip;
    use crate::remediate::fixtures;
    use crate::remediate::run::Progress;
    use crate::remediate::safety::tests::action;
    use alloc::sync::Arc;

    /// A run that is over and has left something half done on `component`.
    fn left(component: &str, since: i64, bars: bool) -> Run {
        let mut run = Run { status: Status::Settled, ..fixtures::run(component, 1) };
        let undo = Undo { action: "restart".into(), parameters: Default::default(), capture: Vec::new() };
        let action = crate::policy::actions::Action { reversal: Reversal::Reversible(undo), ..action() };
        run.actions = [("restart".into(), Arc::new(action))].into();
        run.plan.targets = [component, "beside"].map(|name| (name.into(), Grip::Gentle)).into();
        run.plan.steps = [fixtures::step("restart", component)].into();
        run.steps = [Progress { started: true, ..Progress::default() }].into();
        run.half_done = Some(HalfDone { since: second(since), why: String::new(), bars, left: BTreeSet::new() });
        run
    }

    /// What is said where these are remembered.
    fn shed(runs: impl Iterator<Item = Run>) -> (Remediate, Vec<Conclusion>) {
        let (knowledge, policy, mut out) = (fleet(&[]), policy(&[]), Draft::default());
        let context = Context::new(second(999), &policy, None, 1);
        let mut remediate = Remediate::default();
        remediate.runs.extend(runs.map(|run| (run.id, run)));
        remediate.shed_half_done(&mut Desk::new(&context, &knowledge, &[], &mut out));
        (remediate, out.facts.into_iter().map(|fact| fact.said).collect())
    }

    fn many(count: usize, bars: bool) -> impl Iterator<Item = Run> {
        (0..count).map(move |n| left(&format!("web-{n:02}"), n as i64, bars))
    }

    #[test]
    fn r8_of_what_is_too_much_the_oldest_is_forgotten_and_its_target_closed() {
        let (all, said) = shed(many(MOST, true));
        assert_eq!((all.runs.len(), said), (MOST, Vec::new()), "as many as the limit");
        let (less, said) = shed(many(MOST + 1, true));
        assert_eq!(less.runs.len(), MOST);
        assert!(matches!(said.as_slice(), [Conclusion::Overloaded { limit, .. }] if limit == "half_done"), "{said:?}");
        let frozen = ["web-00", "web-01", "beside"].map(|name| less.memory.is_frozen(&name.into()));
        assert_eq!(frozen, [true, false, false], "what was left half done, and nothing else");
    }

    #[test]
    fn r8_what_holds_nothing_up_is_forgotten_before_what_does() {
        let (less, _) = shed(many(MOST, true).chain([left("ann", 500, false)]));
        assert!(less.runs.values().all(|run| run.component.as_str() != "ann"));
        assert!(less.memory.frozen.is_empty(), "what a person called off is his");
    }

    #[test]
    fn r8_what_still_goes_on_is_not_forgotten() {
        let busy = many(MOST + 1, true).map(|mut run| {
            run.steps.iter_mut().for_each(|progress| progress.revert_at = Some(second(2_000)));
            run
        });
        assert_eq!(shed(busy).0.runs.len(), MOST + 1);
    }
}
