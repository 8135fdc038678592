//! Runs in their windows and attempts (SPEC G1). The windows are in `safety/rate.rs`.

use super::{at, more, number};
use crate::model::gate::Occasion;
use crate::model::incident::Incident;
use crate::model::value::Value;
use crate::policy::playbook::Playbook;
use crate::primitives::time::Time;
use crate::remediate::safety::question::{Answer, Chain, Question};
use crate::remediate::safety::rate::Draw;
use crate::remediate::telling::only_tells;
use alloc::format;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn rate_limits(&self) -> Answer {
        // Telling people is no run and no attempt.
        if only_tells(self.question.actions) {
            return Answer::pass("rate_limits.only_tells");
        }
        let Question { incident, playbook, occasion, .. } = self.question;
        let rollback = *occasion == Occasion::Rollback;
        let now = self.view.context.now;
        if let (false, Some(answer)) = (rollback, self.attempts(incident, playbook)) {
            return answer;
        }
        let run = self.question.run;
        let draw = Draw::of(run, &incident.component, self.question.plan, self.question.actions);
        match self.view.memory.rates.reached(&draw, self.safety, now, rollback) {
            Some(reached) => {
                let remedy = match reached.free_at {
                    Time::NEVER => "a higher limit".into(),
                    free_at => format!("waiting {} more", free_at.since(now)),
                };
                let answer = Answer::refuse(reached.rule, remedy)
                    .with("used", number(reached.used))
                    .with("limit", number(reached.limit))
                    .with("free_at", at(reached.free_at))
                    .again(reached.free_at);
                match (&reached.resource, reached.rule) {
                    (Some(resource), _) => answer.with("resource", Value::text(resource.as_str())),
                    (None, "rate_limits.by_risk") => answer.with("risk", Value::text(draw.risk.as_str())),
                    (None, _) => answer,
                }
            }
            None => {
                let (used, limit) = (self.view.memory.rates.used(self.safety, now), self.safety.rates.total);
                let left = limit.saturating_sub(used);
                Answer::pass("rate_limits.within").with("used", number(used)).with("limit", number(limit)).unless(more(
                    left,
                    "run",
                    &format!("within {}", self.safety.rates.window),
                ))
            }
        }
    }

    fn attempts(&self, incident: &Incident, playbook: &Playbook) -> Option<Answer> {
        let runs = &self.view.knowledge.runs;
        let (all, own) = (
            runs.started(incident.id, None, Some(self.question.run)),
            runs.started(incident.id, Some(&playbook.id), Some(self.question.run)),
        );
        let (rule, used, limit) = if all >= self.safety.attempts.per_incident {
            ("rate_limits.attempts_per_incident", all, self.safety.attempts.per_incident)
        } else if own >= playbook.safety.max_attempts {
            ("rate_limits.attempts_of_playbook", own, playbook.safety.max_attempts)
        } else {
            return None;
        };
        let remedy = "a person has to take over: the attempts are used up".into();
        Some(Answer::refuse(rule, remedy).with("used", number(used)).with("limit", number(limit)))
    }
}
