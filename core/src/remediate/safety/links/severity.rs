//! What may be done alone about an incident as bad as it can be (SPEC S2): little that can be taken back, from a list.
//! Everything else waits for a person, who approves it or has ordered it.

use crate::model::radius::Level;
use crate::model::severity::{Risk, Severity};
use crate::model::value::Value;
use crate::policy::actions::{Action, Reversal};
use crate::primitives::name::Name;
use crate::remediate::safety::question::{Answer, Chain};
use crate::remediate::telling::{only_tells, tells};
use alloc::format;

/// What keeps a plan from being carried out alone at SEV0.
struct Beyond<'a> {
    why: &'static str,
    action: Option<&'a Name>,
}

/// The rule of what is not done alone at SEV0 and has no approval that holds.
pub(in crate::remediate) const NOT_ALONE: &str = "severity.not_alone";

impl Chain<'_> {
    pub(in crate::remediate::safety) fn severity(&self) -> Answer {
        if self.question.incident.severity != Severity::Sev0 {
            return Answer::pass("severity.milder")
                .with("severity", Value::text(self.question.incident.severity.as_str()));
        }
        let Some(beyond) = self.beyond_sev0() else { return Answer::pass("severity.alone") };
        let covered = || self.need().is_covered(self.question.grant, self.view.context.now);
        let answer = if self.question.by.is_some() {
            Answer::pass("severity.ordered")
        } else if self.question.planning || covered() {
            Answer::pass("severity.with_approval")
        } else {
            let remedy = format!("an approval: at SEV0 nothing is done alone {}", in_words(beyond.why));
            Answer::refuse(NOT_ALONE, remedy)
        };
        let answer = answer.with("because", Value::text(beyond.why));
        match beyond.action {
            Some(action) => answer.with("action", Value::text(action.as_str())),
            None => answer,
        }
    }

    /// Whether a person has to decide because the incident is as bad as it can be.
    pub(super) fn is_beyond_sev0(&self) -> bool {
        self.question.incident.severity == Severity::Sev0 && self.beyond_sev0().is_some()
    }

    fn beyond_sev0(&self) -> Option<Beyond<'_>> {
        let (plan, actions) = (self.question.plan, self.question.actions);
        let mut planned = plan.steps.iter().map(|planned| &planned.step.action);
        if let Some(action) = planned.find(|action| !actions.contains_key(*action)) {
            return Some(Beyond { why: "unknown", action: Some(action) });
        }
        if only_tells(actions) {
            return None;
        }
        let acting = actions.values().filter(|action| !tells(action));
        let found = acting.into_iter().find_map(|action| Some((self.beyond_alone(action)?, &action.name)));
        let found = found.map(|(why, action)| Beyond { why, action: Some(action) });
        let wide = self.case().level > Level::SingleInstance;
        found.or_else(|| wide.then_some(Beyond { why: "level", action: None }))
    }

    /// Why an action is not one that is done alone at SEV0, if it is not.
    fn beyond_alone(&self, action: &Action) -> Option<&'static str> {
        let taken_back = match action.reversal {
            Reversal::NotNeeded => true,
            Reversal::Reversible(_) => self.question.playbook.rollback,
            Reversal::Compensable(_) | Reversal::Irreversible => false,
        };
        if !self.safety.sev0_allow.contains(&action.name) {
            Some("not_listed")
        } else if action.risk > Risk::Low {
            Some("risk")
        } else {
            (!taken_back).then_some("irreversible")
        }
    }
}

fn in_words(why: &str) -> &'static str {
    match why {
        "irreversible" => "that cannot be taken back",
        "level" => "that reaches more than one instance",
        "not_listed" => "that `safety.sev0_allow` does not name",
        "risk" => "that is of more than low risk",
        _ => "whose action nobody knows",
    }
}
