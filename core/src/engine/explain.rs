//! One incident, explained (SPEC P6): why it was acted on, why not, what would have decided otherwise, what comes next.

use crate::engine::Engine;
use crate::engine::frozen::FrozenTarget;
use crate::engine::half_done::Unfinished;
use crate::engine::view::Awaiting;
use crate::model::fact::{Conclusion, Fact};
use crate::model::gate::LinkResult;
use crate::model::ids::{EventId, IncidentId, RunId};
use crate::model::incident::Incident;
use crate::model::run::RunEnd;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How many deadlines an explanation names.
const NEXT: usize = 3;

/// One incident: how it came to what is, and what would have changed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// The incident.
    pub incident: Incident,
    /// What was tried, and why.
    pub attempts: Vec<Tried>,
    /// What the gate refused, and the smallest change that would have let it through.
    pub refusals: Vec<Refusal>,
    /// The plans for it that wait for a person.
    pub awaiting: Vec<Awaiting>,
    /// What runs for it, which are over, left half done.
    pub half_done: Vec<Unfinished>,
    /// What nothing may touch until a person has looked: of what runs for it froze, and of its members.
    pub frozen: Vec<FrozenTarget>,
    /// Whether it was left to people: nothing automatic is tried for it any more.
    pub left_to_people: bool,
    /// When something happens next by itself, and why.
    pub next: Vec<Next>,
    /// Every fact from the first signal to the last command.
    pub facts: Vec<Fact>,
}

/// Something that was tried.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tried {
    /// The run.
    pub run: RunId,
    /// The playbook.
    pub playbook: Name,
    /// When it began.
    pub started: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// How it ended.
    pub end: Option<RunEnd>,
    /// The events that led to it, the most direct first.
    pub because: Vec<EventId>,
    /// What each link said that let its plan through with something to spare; `remedy` holds how little would have
    /// stopped it. Links that had nothing to compare are left out.
    pub unless: Vec<LinkResult>,
}

/// Something the gate refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Time,
    /// The playbook.
    pub playbook: Name,
    /// The link that refused, with rule, values and remedy.
    pub link: LinkResult,
    /// The links behind it that refused as well: all remedies together let it through.
    pub also: Vec<LinkResult>,
}

/// Something that happens by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Next {
    /// When.
    pub at: Time,
    /// Why.
    pub reason: String,
}

impl Engine {
    /// One incident, explained.
    pub fn explain(&self, id: IncidentId) -> Option<Explanation> {
        let knowledge = self.knowledge();
        let incident = knowledge.incidents.get(id)?.clone();
        let facts = knowledge.timeline.of(id).to_vec();
        let attempts = knowledge.runs.of(id).iter().map(|attempt| Tried {
            run: attempt.run,
            playbook: attempt.playbook.clone(),
            started: attempt.started,
            ended: attempt.ended.map(|(at, _)| at),
            end: attempt.ended.map(|(_, end)| end),
            because: led_to(attempt.run, &facts),
            unless: unless(attempt.run, &facts),
        });
        let next = self.next_for(id).into_iter().take(NEXT).map(|(at, reason)| Next { at, reason: reason.into() });
        let refusals = facts.iter().filter_map(refusal).collect();
        let awaiting = self.awaiting().into_iter().filter(|plan| plan.incident == id).collect();
        let half_done = self.half_done().into_iter().filter(|left| left.incident == id).collect();
        let frozen = self.frozen().into_iter().filter(|it| concerns(it, &incident)).collect();
        let left_to_people = incident.is_open() && self.remediate.is_left_to_people(id);
        let (attempts, next) = (attempts.collect(), next.collect());
        Some(Explanation { incident, attempts, refusals, awaiting, half_done, frozen, left_to_people, next, facts })
    }
}

/// Whether that it is frozen is a matter of `incident`: it is its doing, or in its way.
fn concerns(frozen: &FrozenTarget, incident: &Incident) -> bool {
    let its_doing = frozen.by.as_ref().is_some_and(|by| by.incident == incident.id);
    its_doing || incident.is_open() && incident.members.contains(&frozen.component)
}

fn refusal(fact: &Fact) -> Option<Refusal> {
    let Conclusion::GateDecided { playbook, links, .. } = &fact.said else { return None };
    let mut refusing = links.iter().filter(|link| !link.allowed).cloned();
    let link = refusing.next()?;
    Some(Refusal { at: fact.at, playbook: playbook.clone(), link, also: refusing.collect() })
}

/// The last time the gate let `run` through, as it stood when the run began.
fn let_through(run: RunId, facts: &[Fact]) -> Option<(&Fact, &[LinkResult])> {
    let about = facts.iter().filter(|fact| fact.run == Some(run));
    let mut last = None;
    for fact in about {
        match &fact.said {
            Conclusion::GateDecided { links, refused: None, trial: false, .. } => last = Some((fact, links.as_slice())),
            Conclusion::RunStarted { .. } => return last,
            _ => {}
        }
    }
    None
}

/// The events because of which the gate was asked, and those that bore the incident out before.
fn led_to(run: RunId, facts: &[Fact]) -> Vec<EventId> {
    let Some((asked, _)) = let_through(run, facts) else { return Vec::new() };
    let opens = |fact: &&Fact| matches!(fact.said, Conclusion::IncidentOpened { .. } | Conclusion::IncidentReopened {});
    let opened = facts.iter().rev().filter(|fact| fact.at <= asked.at).find(opens);
    let mut events: Vec<EventId> = Vec::new();
    for event in asked.because.iter().chain(opened.into_iter().flat_map(|fact| &fact.because)) {
        if !events.contains(event) {
            events.push(event.clone());
        }
    }
    events
}

fn unless(run: RunId, facts: &[Fact]) -> Vec<LinkResult> {
    let links = let_through(run, facts).map_or(&[][..], |(_, links)| links);
    links.iter().filter(|link| !link.remedy.is_empty()).cloned().collect()
}
