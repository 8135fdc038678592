//! Evidence before action (SPEC I3): before the first thing is done about an incident it is asked what was seen around
//! its onset. The action waits for that for a few seconds and no longer, whatever the incident. What of that time lies
//! ahead is asked for once all of it exists; nothing waits for it. A policy that keeps nothing of it asks for nothing.

use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::evidence::{
    EvidenceAsked, EvidenceFound, EvidenceKind, EvidenceMissed, EvidenceReport, EvidenceRequest, EvidenceWindow, Part,
};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::{EvidenceId, IncidentId};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::room::within;
use crate::remediate::run::step::Work;
use crate::remediate::run::{At, Run};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How long an action waits for evidence.
const PATIENCE: Span = Span::from_secs(5);
/// The most components one request is about: the sick one, then what the plan acts on.
const MOST_COMPONENTS: usize = 10;

/// What was asked about incidents, by the id of the part before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inquiries(BTreeMap<EvidenceId, Inquiry>);

/// What was asked about one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Inquiry {
    incident: IncidentId,
    of: Vec<Name>,
    /// What is looked for lies around this instant.
    onset: Time,
    /// When the first part was asked for: what was there by then is one part, what follows the other.
    asked: Time,
    before: Answer,
    after_id: EvidenceId,
    after: Answer,
}

/// How far one part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// Asked for, and waited for until then.
    Awaited(Time),
    /// It is there.
    Found,
    /// It did not come in time; it may still come.
    Missed,
    /// It will be asked for then.
    Planned(Time),
    /// It is not asked for: there is nothing of it, or none is kept.
    Unasked,
}

impl Inquiries {
    /// When something is due, and why.
    pub fn deadline(&self) -> Option<(Time, &'static str)> {
        self.0.values().flat_map(|it| [it.before, it.after]).filter_map(Answer::due).min()
    }

    /// Whether this pass has something for them.
    pub(super) fn bears(&self, context: &Context<'_>) -> bool {
        matches!(context.event(), Some(Event::EvidenceReported(_)))
            || self.deadline().is_some_and(|(at, _)| at <= context.now)
    }

    /// Requests without an answer, stamped with `epoch`.
    pub fn outstanding(&self, epoch: u64, into: &mut Vec<Command>) {
        let parts = self
            .0
            .iter()
            .flat_map(|(id, it)| [(*id, it, Part::Before, it.before), (it.after_id, it, Part::After, it.after)]);
        for (id, it, part, answer) in parts {
            if let Answer::Awaited(until) = answer {
                into.push(it.request(id, part, until, epoch));
            }
        }
    }

    /// The answers to what was asked about incidents that are over, or forgotten, are of no use for what is decided.
    fn forget(&mut self, knowledge: &Knowledge) {
        let open = |id| knowledge.incidents.get(id).is_some_and(|incident| incident.is_open());
        let kept = |it: &Inquiry| match it.after {
            Answer::Planned(_) | Answer::Awaited(_) => knowledge.incidents.get(it.incident).is_some(),
            Answer::Found | Answer::Missed | Answer::Unasked => open(it.incident),
        };
        self.0.retain(|_, it| kept(it));
    }

    /// Keeps a new one; earlier ones of the same incident, from before it came back, are of no use any more.
    fn keep(&mut self, id: EvidenceId, inquiry: Inquiry, knowledge: &Knowledge) {
        self.forget(knowledge);
        self.0.retain(|_, it| it.incident != inquiry.incident || it.after.due().is_some());
        self.0.insert(id, inquiry);
    }

    /// The inquiry that `id` belongs to, and which part of it.
    fn find(&mut self, id: EvidenceId) -> Option<(&mut Inquiry, Part)> {
        let part = if self.0.contains_key(&id) { Part::Before } else { Part::After };
        let found = match part {
            Part::Before => self.0.get_mut(&id),
            Part::After => self.0.values_mut().find(|it| it.after_id == id),
        };
        found.map(|it| (it, part))
    }
}

impl Answer {
    fn due(self) -> Option<(Time, &'static str)> {
        match self {
            Answer::Awaited(until) => Some((until, "evidence_missed")),
            Answer::Planned(at) => Some((at, "evidence_after")),
            Answer::Found | Answer::Missed | Answer::Unasked => None,
        }
    }

    fn is_due(self, now: Time) -> bool {
        self.due().is_some_and(|(at, _)| at <= now)
    }
}

impl Inquiry {
    fn request(&self, id: EvidenceId, part: Part, not_after: Time, epoch: u64) -> Command {
        Command::CollectEvidence(Arc::new(EvidenceRequest {
            id,
            incident: self.incident,
            epoch,
            part,
            components: self.of.clone(),
            windows: self.windows(part),
            not_after,
        }))
    }

    /// What is asked for in one part; nothing of a kind whose time lies in the other part.
    fn windows(&self, part: Part) -> Vec<EvidenceWindow> {
        let window = |kind: EvidenceKind| {
            let (begin, end) = (self.onset.before(kind.reach()), self.onset.after(kind.reach()));
            let (from, until) = match part {
                Part::Before => (begin, end.min(self.asked)),
                Part::After => (self.asked, end),
            };
            (from < until).then_some(EvidenceWindow { kind, from, until })
        };
        EvidenceKind::ALL.into_iter().filter_map(window).collect()
    }

    fn fact(&self, rule: &'static str, said: Conclusion, desk: &Desk<'_>) -> Fact {
        let component = desk.knowledge.incidents.get(self.incident).map(|incident| &incident.component);
        let fact = desk.fact(rule, said).incident(self.incident);
        match component.or(self.of.first()) {
            Some(component) => fact.component(component),
            None => fact,
        }
    }

    /// Asks for one part, where any of it would be kept.
    fn ask(&self, id: EvidenceId, part: Part, desk: &mut Desk<'_>) -> Answer {
        if desk.context.policy.limits().evidence_bytes == 0 {
            let said = Conclusion::EvidenceMissed(EvidenceMissed { id, part, waited: Span::ZERO });
            desk.say(self.fact("remediate.evidence_off", said, desk));
            return Answer::Unasked;
        }
        let until = desk.now().after(PATIENCE);
        let (of, windows) = (self.of.clone(), self.windows(part));
        let said = Conclusion::EvidenceAsked(EvidenceAsked { id, part, of, windows, until });
        desk.say(self.fact("remediate.evidence_asked", said, desk));
        desk.out.commands.push(self.request(id, part, until, desk.context.epoch));
        Answer::Awaited(until)
    }

    /// What is due by itself: nobody answered, or the time has come to ask for the rest.
    fn keep_time(&mut self, id: EvidenceId, desk: &mut Desk<'_>) {
        let now = desk.now();
        for (part, id) in [(Part::Before, id), (Part::After, self.after_id)] {
            let answer = *self.part(part);
            if !answer.is_due(now) {
                continue;
            }
            *self.part(part) = match answer {
                Answer::Planned(_) => self.ask(id, part, desk),
                _ => {
                    let said = Conclusion::EvidenceMissed(EvidenceMissed { id, part, waited: PATIENCE });
                    desk.say(self.fact("remediate.evidence_missed", said, desk));
                    Answer::Missed
                }
            };
        }
    }

    fn part(&mut self, part: Part) -> &mut Answer {
        match part {
            Part::Before => &mut self.before,
            Part::After => &mut self.after,
        }
    }
}

impl Remediate {
    /// Takes evidence in, says what did not come, and asks for the rest once that exists.
    pub(super) fn inquire(&mut self, desk: &mut Desk<'_>) {
        let inquiries = &mut self.memory.inquiries;
        if let Some(Event::EvidenceReported(report)) = desk.context.event() {
            inquiries.take(report, desk);
        }
        inquiries.forget(desk.knowledge);
        inquiries.0.iter_mut().for_each(|(id, it)| it.keep_time(*id, desk));
    }
}

impl Inquiries {
    /// An answer; late is better than never, twice is once, and one that nobody asked for is refused.
    fn take(&mut self, report: &EvidenceReport, desk: &mut Desk<'_>) {
        let id = report.id;
        if report.epoch != desk.context.epoch {
            let reason = format!("evidence of epoch {}, now is {}", report.epoch, desk.context.epoch);
            return desk.refuse("remediate.evidence_stale", reason);
        }
        let unexpected = || format!("no request {id} is waiting for evidence");
        let Some((it, part)) = self.find(id) else {
            return desk.refuse("remediate.evidence_unexpected", unexpected());
        };
        let rule = match *it.part(part) {
            Answer::Awaited(until) if desk.now() < until => "remediate.evidence_found",
            Answer::Awaited(_) | Answer::Missed => "remediate.evidence_late",
            Answer::Found | Answer::Planned(_) | Answer::Unasked => {
                return desk.refuse("remediate.evidence_unexpected", unexpected());
            }
        };
        *it.part(part) = Answer::Found;
        let most = desk.context.policy.limits().evidence_bytes;
        let (items, left_out) = within(&report.items, &it.of, most);
        let said = Conclusion::EvidenceFound(EvidenceFound { id, part, items, left_out });
        desk.say(it.fact(rule, said, desk));
    }
}

impl Work<'_, '_> {
    /// Whether step `index`, the first of anything done about this incident, waits for evidence. Asks for it, once.
    pub(super) fn waits_for_evidence(&mut self, run: &mut Run, index: u32) -> bool {
        let id = EvidenceId::derive(run.incident, self.incident.epoch, Part::Before);
        let now = self.desk.now();
        let answer = match self.memory.inquiries.0.get(&id) {
            Some(it) => it.before,
            None => {
                let inquiry = self.inquiry(run, id);
                let answer = inquiry.before;
                self.memory.inquiries.keep(id, inquiry, self.desk.knowledge);
                answer
            }
        };
        let Answer::Awaited(until) = answer else { return false };
        if let Some(progress) = run.progress(index) {
            progress.at = At::Held { since: now, until };
        }
        true
    }

    /// Asks for the part before, and plans to ask for the rest where that does not end before now.
    fn inquiry(&mut self, run: &Run, id: EvidenceId) -> Inquiry {
        let (now, incident) = (self.desk.now(), run.incident);
        let onset = self.onset().min(now);
        let after_id = EvidenceId::derive(incident, self.incident.epoch, Part::After);
        let ends = EvidenceKind::ALL.into_iter().map(|kind| onset.after(kind.reach())).max();
        let mut it = Inquiry {
            incident,
            of: concerned(run),
            onset,
            asked: now,
            before: Answer::Unasked,
            after_id,
            after: Answer::Unasked,
        };
        it.before = it.ask(id, Part::Before, self.desk);
        if let (Answer::Awaited(_), Some(ends)) = (it.before, ends.filter(|ends| *ends > now)) {
            it.after = Answer::Planned(ends);
        }
        it
    }

    /// When the trouble began: the onset of the incident, or of its coming back. Where nothing tells when that was it is
    /// now, which is soon after.
    fn onset(&self) -> Time {
        if self.incident.epoch == 0 {
            return self.incident.onset;
        }
        let health = self.desk.knowledge.health.of(&self.incident.component, &self.desk.knowledge.topology);
        health.onset.unwrap_or(self.desk.now())
    }

    /// Whether what `run` waited for has come in just now.
    pub(super) fn evidence_came(&self, run: &Run) -> bool {
        let about = |fact: &Fact| fact.incident == Some(run.incident);
        let before = |fact: &Fact| matches!(&fact.said, Conclusion::EvidenceFound(it) if it.part == Part::Before);
        self.desk.out.facts.iter().any(|fact| about(fact) && before(fact))
    }
}

/// The component that is sick, then what the plan acts on.
fn concerned(run: &Run) -> Vec<Name> {
    let targets = run.plan.targets.keys().filter(|target| **target != run.component);
    core::iter::once(&run.component).chain(targets).take(MOST_COMPONENTS).cloned().collect()
}
