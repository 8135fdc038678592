//! Playbooks that only tell people, and whom playbooks tell.

use crate::model::fact::Conclusion;
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::policy::actions::{Action, Adapter, Touches};
use crate::primitives::name::Name;
use crate::remediate::ending::Fate;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::Run;
use crate::remediate::run::step::Work;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

/// Whether none of `actions` does anything to anything: the engine itself tells people, waits and looks.
pub fn only_tells(actions: &BTreeMap<Name, Arc<Action>>) -> bool {
    actions.values().all(|action| tells(action))
}

/// Whether an action does nothing to anything: the engine itself tells people, waits or looks.
pub fn tells(action: &Action) -> bool {
    action.adapter == Adapter::Engine && action.touches == Touches::Nothing
}

impl PlannedStep {
    /// Whom a message goes to, and over what.
    pub(super) fn told(&self) -> String {
        let whom = match self.step.parameters.get("to") {
            Some(to) => to.in_words(),
            None => String::from("whoever is on call"),
        };
        match self.step.parameters.get("channel") {
            Some(channel) => format!("{whom} by {}", channel.in_words()),
            None => whom,
        }
    }
}

impl Run {
    /// Whether nothing of it is done to anything: it tells people, waits and looks.
    pub fn only_tells(&self) -> bool {
        only_tells(&self.actions)
    }
}

impl Work<'_, '_> {
    /// What was only for telling people is over, and is no attempt to remedy: the next rung has its turn.
    pub fn told(&mut self, run: &mut Run, detail: &str) -> Fate {
        self.finish(run, RunEnd::Told, detail);
        self.desk.move_to(run.incident, Phase::Analyzing, "remediate.told", detail);
        Fate::Over
    }

    /// Whom the playbook itself names is told that it did not help; a name that is a channel's, over that channel.
    pub fn tell_named(&mut self, run: &Run, detail: &str) {
        let named: BTreeSet<&Name> = run.playbook.escalation.iter().collect();
        for name in named {
            let channel = self.desk.context.policy.channels().iter().any(|channel| channel.name == *name);
            let text = format!("{} did not help: {detail}", run.playbook.name);
            let (channel, recipient) = (channel.then(|| name.clone()), Some(name.clone()));
            let said = Conclusion::MessageWanted { channel, recipient, text };
            self.desk.say_of(run, "remediate.playbook_failed", said);
        }
    }
}
