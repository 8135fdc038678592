//! Circuit breakers (SPEC G2). Their counting is in `safety/breaker.rs`.

use super::{at, more, number};
use crate::model::value::Value;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::safety::breaker::{Scope, State as BreakerState};
use crate::remediate::safety::question::{Answer, Chain};
use crate::remediate::telling::only_tells;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(super) fn breakers(&self) -> impl Iterator<Item = (Scope, BreakerState)> {
        let scopes = Scope::of(&self.question.playbook.id, &self.question.incident.component);
        scopes.into_iter().map(|scope| {
            let state = self.view.memory.breakers.state(&scope, &self.safety.breaker, self.view.context.now);
            (scope, state)
        })
    }

    pub(in crate::remediate::safety) fn breaker(&self) -> Answer {
        if only_tells(self.question.actions) {
            return Answer::pass("breaker.only_tells");
        }
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
            let now = self.view.context.now;
            let remedy = if open.iter().all(|(scope, _)| self.view.memory.breakers.remembers(scope, now)) {
                format!("a reset of {what}, or waiting {} more", until.since(now))
            } else {
                "resets of others: no more breakers can be remembered, and what is not counts as open".into()
            };
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
        if !half_open.is_empty() {
            return Answer::pass("breaker.half_open_probe");
        }
        let breakers = &self.view.memory.breakers;
        let left = self.breakers().map(|(scope, _)| breakers.left(&scope, &self.safety.breaker)).min();
        let left = left.unwrap_or(self.safety.breaker.consecutive);
        Answer::pass("breaker.closed").unless(more(left, "failure", "in a row"))
    }
}
