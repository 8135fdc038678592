//! What is asked of the gate for a run, and what is written down of its answer.

use crate::model::fact::Conclusion;
use crate::model::gate::Occasion;
use crate::model::incident::Incident;
use crate::policy::actions::Action;
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::run::Run;
use crate::remediate::run::step::Work;
use crate::remediate::safety::gate::{self, Decision};
use crate::remediate::safety::question::{Question, View};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;

impl Run {
    /// For what the gate is asked before anything of it is done.
    pub fn first(&self) -> Occasion {
        if self.by.is_some() { Occasion::Manual } else { Occasion::FirstStep }
    }

    /// What is asked of the gate for it, about `incident` as it [means it](Run::as_begun).
    pub fn question<'a>(
        &'a self,
        occasion: Occasion,
        incident: &'a Incident,
        action: Option<&'a Action>,
        acting: &'a BTreeMap<Name, Grip>,
    ) -> Question<'a> {
        Question {
            occasion,
            planning: false,
            incident,
            by: self.by.as_ref(),
            run: self.id,
            playbook: &self.playbook,
            actions: &self.actions,
            pinned: &self.safety,
            plan: &self.plan,
            action,
            grant: self.approval.as_ref(),
            acting,
        }
    }

    /// Its incident as it was when the run began: where another root was found since, the run still means its component.
    pub fn as_begun<'a>(&self, known: &'a Incident) -> Cow<'a, Incident> {
        if known.component == self.component {
            return Cow::Borrowed(known);
        }
        Cow::Owned(Incident { component: self.component.clone(), ..known.clone() })
    }
}

impl Work<'_, '_> {
    /// Asks the gate.
    ///
    /// `step` is the one that would be executed; none: the plan as a whole.
    pub fn gate(&self, run: &Run, occasion: Occasion, action: Option<&Action>, step: Option<u32>) -> Decision {
        let acting = match (occasion, step) {
            (Occasion::Rollback, Some(index)) => run.undoing(index),
            (_, None) => run.acting_at_first(),
            (_, step) => run.acting(step),
        };
        let question = run.question(occasion, self.incident, action, &acting);
        let view =
            View { context: self.desk.context, knowledge: self.desk.knowledge, runs: self.others, memory: self.memory };
        gate::ask(&question, &view)
    }

    /// Writes down what the gate said.
    pub fn report(&mut self, run: &Run, occasion: Occasion, step: Option<&Name>, decision: &Decision) {
        let said = Conclusion::GateDecided {
            occasion,
            playbook: run.playbook.id.clone(),
            step: step.cloned(),
            links: decision.links.clone(),
            refused: decision.refusal().map(|refusal| refusal.rule.clone()),
            trial: false,
        };
        let mut fact =
            self.desk.fact("remediate.gate", said).component(&run.component).incident(run.incident).run(run.id);
        fact.because.extend(run.because.iter().cloned());
        self.desk.say(fact);
    }
}
