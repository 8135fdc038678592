//! What is asked of the gate chain, what its links look at, and what each answers.

use crate::knowledge::Knowledge;
use crate::knowledge::context::Context;
use crate::model::event::Principal;
use crate::model::gate::Occasion;
use crate::model::ids::RunId;
use crate::model::incident::Incident;
use crate::model::value::Value;
use crate::policy::actions::Action;
use crate::policy::playbook::Playbook;
use crate::policy::safety::Safety;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::blast::Grip;
use crate::remediate::plan::Plan;
use crate::remediate::run::Grant;
use crate::remediate::safety::Memory;
use crate::remediate::safety::budget::RunTable;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What is asked of the gate.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// For what.
    pub occasion: Occasion,
    /// Whether only a plan is made: the approval is not asked for yet.
    pub planning: bool,
    /// The incident.
    pub incident: &'a Incident,
    /// Who ordered the run; unset: nobody did.
    pub by: Option<&'a Principal>,
    /// The run.
    pub run: RunId,
    /// The playbook, as the run keeps it.
    pub playbook: &'a Playbook,
    /// The actions, as the run keeps them.
    pub actions: &'a BTreeMap<Name, Arc<Action>>,
    /// The limits, as the run keeps them.
    pub pinned: &'a Safety,
    /// The exact plan.
    pub plan: &'a Plan,
    /// The action that would be executed now; unset for the plan as a whole.
    pub action: Option<&'a Action>,
    /// What people approved.
    pub grant: Option<&'a Grant>,
    /// What would be under action now because of the run: of a rollout what its stage holds, else all targets.
    pub acting: &'a BTreeMap<Name, Grip>,
}

/// What the gate looks at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Time and the policy in force.
    pub context: &'a Context<'a>,
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// What runs.
    pub runs: &'a RunTable,
    /// What the links remember.
    pub memory: &'a Memory,
}

/// A question, asked under one set of limits.
pub(super) struct Chain<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) safety: &'a Safety,
}

/// A link's answer, and when a refusal ends by itself.
pub(super) struct Answer {
    pub(super) allowed: bool,
    pub(super) rule: Cow<'static, str>,
    pub(super) values: Vec<(Cow<'static, str>, Value)>,
    /// The smallest change that would have decided otherwise.
    pub(super) remedy: String,
    pub(super) again: Option<Time>,
}

impl Answer {
    pub(super) fn pass(rule: &'static str) -> Answer {
        Answer { allowed: true, rule: Cow::Borrowed(rule), values: Vec::new(), remedy: String::new(), again: None }
    }

    pub(super) fn refuse(rule: &'static str, remedy: String) -> Answer {
        Answer { allowed: false, rule: Cow::Borrowed(rule), values: Vec::new(), remedy, again: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Answer {
        self.values.push((Cow::Borrowed(name), value));
        self
    }

    /// How little would have made it refuse.
    pub(super) fn unless(mut self, change: String) -> Answer {
        self.remedy = change;
        self
    }

    pub(super) fn again(mut self, at: Time) -> Answer {
        self.again = Some(at);
        self
    }
}
