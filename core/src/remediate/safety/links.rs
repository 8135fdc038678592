//! What each link of the gate chain asks.

use crate::knowledge::evaluate::Truth;
use crate::model::gate::Occasion;
use crate::model::incident::Incident;
use crate::model::severity::Risk;
use crate::model::value::Value;
use crate::policy::actions::{Action, Precondition, Reversal};
use crate::policy::mode::Mode;
use crate::policy::playbook::Playbook;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::asked;
use crate::remediate::safety::approval::Need;
use crate::remediate::safety::breaker::{Scope, State as BreakerState};
use crate::remediate::safety::budget;
use crate::remediate::safety::question::{Answer, Chain, Question, View};
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

fn number(value: u32) -> Value {
    Value::Number(Finite::from(value))
}

fn at(time: Time) -> Value {
    Value::Text(time.ms().to_string().into())
}

impl Chain<'_> {
    fn effective_mode(&self) -> Mode {
        self.view.knowledge.control.mode(self.view.context.policy.mode(), self.question.playbook.safety.mode)
    }

    pub(super) fn need(&self) -> Need {
        let half_open = self.breakers().any(|(_, state)| state == BreakerState::HalfOpen);
        let half_open = half_open && self.safety.breaker.manual_reset && self.question.occasion == Occasion::FirstStep;
        let question = self.question;
        Need::of(question.playbook, question.actions, self.effective_mode(), half_open, self.safety)
    }

    pub(super) fn mode(&self) -> Answer {
        let mode = self.effective_mode();
        let rule = match mode {
            Mode::Off => "mode.off",
            Mode::Observe => "mode.observe",
            Mode::Suggest => "mode.suggest",
            Mode::Approve | Mode::Auto => {
                return Answer::pass("mode.allows").with("mode", Value::text(mode.as_str()));
            }
        };
        let places = self.lowered_by();
        let words: Vec<&str> = places.iter().map(|(_, words)| *words).collect();
        let by = places.iter().map(|(place, _)| Value::text(place)).collect();
        Answer::refuse(rule, format!("mode `approve` or `auto` {}", words.join(" and ")))
            .with("mode", Value::text(mode.as_str()))
            .with("by", Value::List(by))
    }

    /// Where the mode is held below `approve`, with words for it.
    fn lowered_by(&self) -> Vec<(&'static str, &'static str)> {
        let ceiling = self.view.knowledge.control.ceiling;
        let low = |mode: Option<Mode>| mode.is_some_and(|mode| mode < Mode::Approve);
        [
            (Some(self.view.context.policy.mode()), ("policy", "in the policy")),
            (ceiling, ("run_time", "set at run time")),
            (self.question.playbook.safety.mode, ("playbook", "for this playbook")),
        ]
        .into_iter()
        .filter(|(mode, _)| low(*mode))
        .map(|(_, place)| place)
        .collect()
    }

    pub(super) fn kill_switch(&self) -> Answer {
        let undoing = self.question.occasion == Occasion::Rollback && self.safety.kill_allows_rollback;
        let control = &self.view.knowledge.control;
        match control.stopped() {
            Some(_) if undoing && control.fault.is_none() => Answer::pass("kill_switch.allows_rollback"),
            Some(reason) if control.fault.is_some() => {
                Answer::refuse("kill_switch.fault_latch", "a person has to find out what contradicts itself".into())
                    .with("reason", Value::text(&reason))
            }
            Some(reason) => Answer::refuse("kill_switch.engaged", format!("release of the kill switch `{reason}`"))
                .with("reason", Value::text(&reason)),
            None => Answer::pass("kill_switch.released"),
        }
    }

    pub(super) fn budgets(&self) -> Answer {
        let Question { plan, run, occasion, .. } = self.question;
        let View { knowledge, runs, memory, .. } = self.view;
        let Some(broken) = budget::broken(plan, *run, *occasion, knowledge, runs, memory, self.safety) else {
            return Answer::pass("budgets.within");
        };
        let remedy = match broken.rule {
            "budgets.target_frozen" => {
                format!("a person has to look at `{0}`, where undoing failed, and reset `{0}`", broken.group)
            }
            "budgets.target_busy" => format!("the end of the run on `{}`", broken.group),
            "budgets.max_unhealthy" => {
                format!("at most {} of {} unhealthy in `{}`", broken.limit, broken.size, broken.group)
            }
            "budgets.max_in_flight" => format!("the end of another run in `{}`", broken.group),
            _ => format!("{} healthy besides in `{}`", broken.limit, broken.group),
        };
        let answer = Answer::refuse(broken.rule, remedy)
            .with("group", Value::text(broken.group.as_str()))
            .with("would_be", number(broken.would_be))
            .with("limit", number(broken.limit))
            .with("size", number(broken.size));
        let passing = matches!(broken.rule, "budgets.target_busy" | "budgets.max_in_flight");
        if passing { answer.again(self.view.context.now.after(Span::from_secs(5))) } else { answer }
    }

    pub(super) fn preconditions(&self) -> Answer {
        let Question { playbook, actions, action, incident, .. } = self.question;
        let of_actions: Vec<&Precondition> = match action {
            Some(action) => action.preconditions.iter().collect(),
            None => actions.values().flat_map(|action| &action.preconditions).collect(),
        };
        let trigger = playbook.trigger.condition.as_ref().filter(|_| self.question.occasion == Occasion::FirstStep);
        if let Some(condition) = trigger
            && asked::ask(condition, self.view.knowledge, self.view.context, incident).truth != Truth::True
        {
            let remedy = format!("`{condition}`, which it answers, known to hold still");
            return Answer::refuse("preconditions.trigger", remedy);
        }
        for precondition in playbook.preconditions.iter().chain(of_actions) {
            let found = asked::ask(&precondition.condition, self.view.knowledge, self.view.context, incident);
            if found.truth == Truth::True {
                continue;
            }
            let rule = if found.truth == Truth::False { "preconditions.false" } else { "preconditions.unknown" };
            let remedy = format!("`{}` known to be true", precondition.condition);
            return Answer::refuse(rule, remedy).with("precondition", Value::text(precondition.name.as_str()));
        }
        Answer::pass("preconditions.hold")
    }

    /// What cannot be undone runs alone only at low risk: beyond that the approval link has to be passed.
    pub(super) fn reversibility(&self) -> Answer {
        let risky = |action: &&Arc<Action>| action.reversal == Reversal::Irreversible && action.risk > Risk::Low;
        if self.question.occasion == Occasion::Rollback {
            return match self.question.action {
                Some(action) if action.reversal == Reversal::Irreversible && action.risk > Risk::Low => {
                    Answer::refuse("reversibility.undo_is_irreversible", "a person has to undo it".into())
                        .with("action", Value::text(action.name.as_str()))
                }
                _ => Answer::pass("reversibility.undo"),
            };
        }
        match self.question.actions.values().find(risky) {
            Some(action) => {
                Answer::pass("reversibility.needs_approval").with("action", Value::text(action.name.as_str()))
            }
            None => Answer::pass("reversibility.reversible"),
        }
    }

    pub(super) fn rate_limits(&self) -> Answer {
        let Question { incident, playbook, occasion, .. } = self.question;
        let rollback = *occasion == Occasion::Rollback;
        let now = self.view.context.now;
        if let (false, Some(answer)) = (rollback, self.attempts(incident, playbook)) {
            return answer;
        }
        let run = self.question.run;
        match self.view.memory.rates.reached(run, &incident.component, self.safety, now, rollback) {
            Some(reached) => {
                let remedy = match reached.free_at {
                    Time::NEVER => "a higher limit".into(),
                    free_at => format!("waiting {} more", free_at.since(now)),
                };
                Answer::refuse(reached.rule, remedy)
                    .with("used", number(reached.used))
                    .with("limit", number(reached.limit))
                    .with("free_at", at(reached.free_at))
                    .again(reached.free_at)
            }
            None => Answer::pass("rate_limits.within")
                .with("used", number(self.view.memory.rates.used(self.safety, now)))
                .with("limit", number(self.safety.rates.total)),
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

    fn breakers(&self) -> impl Iterator<Item = (Scope, BreakerState)> {
        let scopes = Scope::of(&self.question.playbook.id, &self.question.incident.component);
        scopes.into_iter().map(|scope| {
            let state = self.view.memory.breakers.state(&scope, &self.safety.breaker, self.view.context.now);
            (scope, state)
        })
    }

    pub(super) fn breaker(&self) -> Answer {
        let open: Vec<(Scope, Time)> = self
            .breakers()
            .filter_map(|(scope, state)| match state {
                BreakerState::Open(until) => Some((scope, until)),
                BreakerState::Closed | BreakerState::HalfOpen => None,
            })
            .collect();
        if let Some(((scope, _), others)) = open.split_first() {
            let until = open.iter().map(|(_, until)| *until).fold(Time::ZERO, Time::max);
            let what = if others.is_empty() { "the breaker" } else { "each of its open breakers" };
            let remedy = format!("a reset of {what}, or waiting {} more", until.since(self.view.context.now));
            let failures = self.view.memory.breakers.failures_in_a_row(scope);
            let answer = Answer::refuse("breaker.open", remedy)
                .with("playbook", Value::text(scope.playbook.as_ref().map_or("all", Name::as_str)))
                .with("component", Value::text(scope.component.as_ref().map_or("any", Name::as_str)))
                .with("failures_in_a_row", number(failures))
                .with("until", at(until))
                .again(until);
            if others.is_empty() {
                return answer;
            }
            let also = others.iter().map(|(scope, _)| Value::text(&scope.to_string()));
            return answer.with("also", Value::List(also.collect()));
        }
        let half_open: Vec<Scope> =
            self.breakers().filter(|(_, state)| *state == BreakerState::HalfOpen).map(|(scope, _)| scope).collect();
        let others = || self.view.runs.values().filter(|run| run.id != self.question.run && run.is_active());
        let probed = |scope: &Scope| others().any(|run| scope.covers(&run.playbook.id, &run.component));
        if half_open.iter().any(probed) {
            return Answer::refuse("breaker.half_open", "the end of the one run it lets through".into())
                .again(self.view.context.now.after(Span::from_secs(5)));
        }
        Answer::pass(if !half_open.is_empty() { "breaker.half_open_probe" } else { "breaker.closed" })
    }

    pub(super) fn cooldown(&self) -> Answer {
        let component = &self.question.incident.component;
        let now = self.view.context.now;
        match self.view.memory.cooldowns.until(component, &self.safety.cooldown, now) {
            Some((until, runs)) => Answer::refuse("cooldown.pausing", format!("waiting {} more", until.since(now)))
                .with("runs", number(runs))
                .with("until", at(until))
                .again(until),
            None => Answer::pass("cooldown.over"),
        }
    }

    pub(super) fn approval(&self, need: &Need) -> Answer {
        let now = self.view.context.now;
        if !need.is_needed() {
            return Answer::pass("approval.not_needed");
        }
        let roles = |roles: &alloc::collections::BTreeSet<Name>| {
            Value::List(roles.iter().map(|role| Value::text(role.as_str())).collect())
        };
        let answer = if need.is_covered(self.question.grant, now) {
            Answer::pass("approval.granted")
        } else {
            let plan = self.question.plan.digest.short();
            Answer::refuse("approval.required", format!("an approval of plan {plan} by {}", need.in_words()))
        };
        answer
            .with("because", Value::text(&need.reasons.join(", ")))
            .with("any_of", roles(&need.any_of))
            .with("all_of", roles(&need.all_of))
    }
}
