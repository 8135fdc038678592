//! The conditions that playbooks wait for: one that has held for its time is a signal, once until it no longer holds.
//!
//! | the condition is | the signal |
//! |---|---|
//! | true for `hold` | is raised |
//! | false | is over |
//! | unknown | stays as it is: what nobody sees neither begins nor ends |

use crate::detect::Detect;
use crate::detect::concern::{View, concerns};
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::knowledge::evaluate::{Explanation, Sustained, Truth, evaluate};
use crate::knowledge::scope::{Known, STALE_AFTER};
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::EventId;
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::policy::condition::{Condition, FACTS, Path};
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The events named as the cause of a signal, the latest first.
const CAUSES: usize = 4;

/// One condition that has begun to hold for one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Episode {
    sustained: Sustained,
    /// How long it must hold.
    hold: Span,
    /// The issue it is a sign of.
    issue: Name,
    /// Whether that was said.
    raised: bool,
    /// The latest events that bore it out.
    because: Vec<EventId>,
}

impl Episode {
    /// When it will have held long enough. Past that time only another sample can tell.
    pub fn due(&self, now: Time) -> Option<Time> {
        self.completes().filter(|at| *at > now)
    }

    /// When it has held, or will have held, long enough for what was not said yet.
    pub fn completes(&self) -> Option<Time> {
        self.sustained.due(self.hold).filter(|_| !self.raised)
    }
}

impl Detect {
    /// Evaluates every condition that this pass may have changed.
    pub(super) fn watch(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        let view = View { context, knowledge };
        for (component, playbook) in self.touched(&view, said) {
            self.look(&component, playbook, &view, out);
        }
    }

    /// Lets go of components that are gone: nothing holds for them any more.
    pub(super) fn forget_removed(&mut self, context: &Context<'_>, said: &[Fact], out: &mut Draft) {
        let removed = said.iter().filter(|fact| matches!(fact.said, Conclusion::ComponentRemoved {}));
        for component in removed.filter_map(|fact| fact.component.as_ref()) {
            for (playbook, episode) in self.episodes.remove(component).into_iter().flatten() {
                if episode.raised {
                    let said = Conclusion::SignalChanged {
                        issue: episode.issue,
                        playbook: Some(playbook),
                        raised: false,
                        severity: None,
                        detail: String::from("its component was removed"),
                    };
                    let fact = Fact::new(context.now, "detect.component_removed", said).component(component);
                    out.facts.push(fact.because([context.event_id()]));
                }
            }
        }
    }

    /// Lets go of conditions that the policy in force asks no more of a component as it is now: nobody would notice their
    /// end.
    pub(super) fn forget_unasked(&mut self, view: &View<'_>, said: &[Fact], out: &mut Draft) {
        let changes =
            |fact: &Fact| matches!(fact.said, Conclusion::ComponentRegistered {} | Conclusion::PolicyReplaced { .. });
        if !said.iter().any(changes) {
            return;
        }
        let (context, playbooks) = (view.context, view.context.policy.playbooks());
        let asked = |id: &Name, component: &Name| {
            let asks = |one: &&Arc<Playbook>| one.id == *id && one.trigger.condition.is_some();
            playbooks.iter().find(asks).is_some_and(|one| concerns(one, component, view))
        };
        for (component, episodes) in &mut self.episodes {
            let gone: Vec<Name> = episodes.keys().filter(|id| !asked(id, component)).cloned().collect();
            for playbook in gone {
                let Some(episode) = episodes.remove(&playbook).filter(|episode| episode.raised) else { continue };
                if episodes.values().any(|other| other.raised && other.issue == episode.issue) {
                    continue;
                }
                let said = Conclusion::SignalChanged {
                    issue: episode.issue,
                    playbook: Some(playbook),
                    raised: false,
                    severity: None,
                    detail: String::from("the policy asks for it no more"),
                };
                let fact = Fact::new(context.now, "detect.condition_unasked", said).component(component);
                out.facts.push(fact.because([context.event_id()]));
            }
        }
        self.episodes.retain(|_, episodes| !episodes.is_empty());
    }

    fn look(&mut self, component: &Name, playbook: &Playbook, view: &View<'_>, out: &mut Draft) {
        let Some(condition) = &playbook.trigger.condition else { return };
        let (groups, now) = (view.context.policy.groups(), view.context.now);
        let known = Known { knowledge: view.knowledge, groups, component, incident: None, now };
        let explanation = evaluate(condition.expr(), &known);
        let truth = explanation.truth.and(in_state(playbook, component, view.knowledge));
        let episodes = self.episodes.entry(component.clone()).or_default();
        let episode = episodes.entry(playbook.id.clone()).or_insert_with(|| Episode {
            sustained: Sustained::default(),
            hold: Span::ZERO,
            issue: playbook.trigger.issues.first().unwrap_or(&playbook.id).clone(),
            raised: false,
            because: Vec::new(),
        });
        // The time of the policy in force counts, also for what has begun before.
        episode.hold = playbook.trigger.hold;
        let held = episode.sustained.observe(view.context.now, truth, episode.hold, patience(condition)).holds();
        if truth.holds() {
            episode.because.insert(0, view.context.event_id());
            episode.because.truncate(CAUSES);
        }
        let issue = episode.issue.clone();
        if held && !episode.raised {
            episode.raised = true;
            let detail = match episode.hold {
                Span::ZERO => condition.expr().to_string(),
                hold => format!("{} for {hold}", condition.expr()),
            };
            let because = episode.because.clone();
            let signal = Signal { component, playbook, issue, because, explanation: &explanation };
            out.facts.push(signal.raised(view.context.now, detail));
        } else if truth == Truth::False && episode.raised {
            episode.raised = false;
            // As long as another condition says so, the issue lasts.
            if !episodes.values().any(|other| other.raised && other.issue == issue) {
                let because = [view.context.event_id()].to_vec();
                let signal = Signal { component, playbook, issue, because, explanation: &explanation };
                out.facts.push(signal.over(view.context.now, format!("{} holds no more", condition.expr())));
            }
        }
        episodes.retain(|_, episode| episode.raised || episode.sustained.since().is_some());
        if episodes.is_empty() {
            self.episodes.remove(component);
        }
    }
}

/// What is said of a signal.
struct Signal<'a> {
    component: &'a Name,
    playbook: &'a Playbook,
    issue: Name,
    because: Vec<EventId>,
    explanation: &'a Explanation,
}

impl Signal<'_> {
    fn raised(self, now: Time, detail: String) -> Fact {
        let severity = self.playbook.severity;
        self.fact(now, "detect.condition_held", true, severity, detail)
    }

    fn over(self, now: Time, detail: String) -> Fact {
        self.fact(now, "detect.condition_over", false, None, detail)
    }

    fn fact(self, now: Time, rule: &'static str, raised: bool, severity: Option<Severity>, detail: String) -> Fact {
        let playbook = Some(self.playbook.id.clone());
        let said = Conclusion::SignalChanged { issue: self.issue, playbook, raised, severity, detail };
        let fact = Fact::new(now, rule, said).component(self.component).because(self.because);
        let compared = self.explanation.compared.iter();
        compared.fold(fact, |fact, compared| fact.value("compared", Value::text(&compared.to_string())))
    }
}

/// How far apart two looks may be and still connect. Samples must keep coming; facts stay as they are until they change.
fn patience(condition: &Condition) -> Span {
    let is_fact = |path: &&Path| FACTS.iter().any(|(name, _)| *name == path.name);
    if condition.paths().iter().all(is_fact) { Span::MAX } else { STALE_AFTER }
}

/// Whether the component is as bad as the trigger wants; unknown where its state is.
fn in_state(playbook: &Playbook, component: &Name, knowledge: &Knowledge) -> Truth {
    let Some(wanted) = playbook.trigger.state else { return Truth::True };
    match knowledge.health.of(component, &knowledge.topology).state {
        State::Unknown => Truth::Unknown,
        state => Truth::from(state >= wanted),
    }
}
