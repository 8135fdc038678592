//! Small worlds for tests of knowledge and of the stages.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::knowledge::health::Health;
use crate::knowledge::warm_up::WarmUp;
use crate::model::event::{Event, Input, Principal};
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::{State, Tier};
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, Phase};
use crate::model::severity::Severity;
use crate::policy::components::{Ask, Check, Component, Place};
use crate::policy::condition::{Condition, Open};
use crate::policy::health::HealthRules;
use crate::policy::limits::Limits;
use crate::policy::mode::Mode;
use crate::policy::playbook::{Playbook, PlaybookSafety, Trigger, Verification};
use crate::policy::safety::{Approval, Cooldown, Safety};
use crate::policy::severity::{Gives, SeverityRule};
use crate::policy::{Objective, Policy};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::format;

pub(crate) fn second(s: i64) -> Time {
    Time::from_ms(s * 1_000)
}

pub(crate) fn component(name: &str, needs: &[&str]) -> Component {
    Component {
        name: name.into(),
        kind: "custom".into(),
        class: None,
        labels: BTreeMap::new(),
        place: Place::default(),
        environment: None,
        groups: BTreeSet::new(),
        critical: false,
        stateful: false,
        users: None,
        revenue_per_hour: None,
        depends_on: needs.iter().map(|need| Name::new(need)).collect(),
        checks: Vec::new(),
        run: None,
        healthy_delay: Span::ZERO,
    }
}

/// A check of `tier` every ten seconds, with the thresholds 2, 3 and 2.
pub(crate) fn check(name: &str, tier: Tier) -> Check {
    Check {
        name: name.into(),
        tier,
        ask: Ask::Heartbeat { within: Span::from_secs(1) },
        interval: Span::from_secs(10),
        timeout: Span::from_secs(1),
        initial_delay: Span::ZERO,
        failure_threshold: 3,
        degraded_threshold: 2,
        success_threshold: 2,
        recheck_interval: Span::from_secs(5),
        consistency: false,
    }
}

/// A policy with nothing but the defaults, and these severity rules.
pub(crate) fn policy(rules: &[(&str, &str, Severity)]) -> Policy {
    let rule = |(id, when, severity): &(&str, &str, Severity)| SeverityRule {
        id: Name::new(id),
        when: Condition::parse(when, &Open).unwrap(),
        gives: Gives::Severity(*severity),
    };
    Policy {
        actions: BTreeMap::new(),
        chains: Vec::new(),
        channels: Vec::new(),
        components: Vec::new(),
        digest: Digest::of(b""),
        groups: BTreeMap::new(),
        health: HealthRules::default(),
        limits: Limits::default(),
        masker: Default::default(),
        mode: Mode::Auto,
        notifications: Default::default(),
        objective: Objective { detect: Span::from_secs(60), recover: Span::from_mins(20) },
        people: BTreeMap::new(),
        playbooks: Vec::new(),
        rotations: BTreeMap::new(),
        safety: Safety {
            cooldown: Cooldown { initial: Span::from_secs(30), cap: Span::from_mins(10) },
            approval: Approval { any_of: ["operator".into()].into(), ..Safety::default().approval },
            ..Safety::default()
        },
        seed: 0,
        severity: rules.iter().map(rule).collect(),
        sources: Vec::new(),
        windows: Vec::new(),
    }
}

/// Components by name with what they need, all healthy.
pub(crate) fn fleet(components: &[(&str, &[&str])]) -> Knowledge {
    let mut knowledge = Knowledge { warm_up: WarmUp::OVER, ..Knowledge::default() };
    for (name, needs) in components {
        let slot = knowledge.topology.register(Arc::new(component(name, needs)));
        knowledge.restore_health(slot, Health { state: State::Healthy, ..Health::default() });
    }
    knowledge
}

/// An event of that name as the id.
pub(crate) fn event(id: &str) -> EventId {
    EventId::from_source("test", id)
}

pub(crate) fn person(id: &str, role: &str) -> Principal {
    Principal { id: id.into(), roles: [Name::new(role)].into() }
}

pub(crate) fn health(at: Time, component: &str, to: State) -> Fact {
    let said = Conclusion::HealthChanged { from: State::Healthy, to, detail: "test".into() };
    Fact::new(at, "monitor.test", said).component(&component.into()).because([event(&format!(
        "{component}-{}-{}",
        to.as_str(),
        at.ms()
    ))])
}

/// Runs one stage as the engine does: facts said before are folded first, its own right after.
pub(crate) fn pass(
    knowledge: &mut Knowledge,
    policy: &Policy,
    now: Time,
    input: Option<Event>,
    before: &[Fact],
    stage: impl FnOnce(&Context<'_>, &Knowledge, &[Fact], &mut Draft),
) -> Draft {
    knowledge.apply(before, &policy.limits);
    let input = input.map(|event| Input::new(now, event));
    let context = Context::new(now, policy, input.as_ref(), 7);
    let mut out = Draft::default();
    stage(&context, knowledge, before, &mut out);
    knowledge.apply(&out.facts, &policy.limits);
    out
}

/// A playbook that waits for `condition` to hold for `hold`, with nothing to do.
pub(crate) fn playbook(id: &str, condition: &str, hold: Span) -> Playbook {
    Playbook {
        id: id.into(),
        name: id.into(),
        version: None,
        category: None,
        severity: Some(Severity::Sev2),
        trigger: Trigger { condition: Some(Condition::parse(condition, &Open).unwrap()), hold, ..Trigger::default() },
        preconditions: Vec::new(),
        steps: Vec::new(),
        verification: Verification {
            settle: Span::ZERO,
            within: Span::from_mins(2),
            condition: None,
            stability: Span::from_mins(5),
            functional: Vec::new(),
            critical: None,
        },
        rollback: true,
        strategy: Default::default(),
        escalation: Vec::new(),
        safety: PlaybookSafety { max_attempts: 3, require_approval: false, blast_radius: None, rung: None, mode: None },
        timeout: Span::from_mins(10),
        workaround: None,
        diagnose_only: false,
        standby: Default::default(),
        metadata: BTreeMap::new(),
    }
}

/// An incident about `issue` of `component`, which people look into.
pub(crate) fn incident(component: &str, issue: &str) -> Incident {
    let (component, issue) = (Name::new(component), Name::new(issue));
    Incident {
        id: IncidentId::derive(&component, &issue, &event("e")),
        members: [component.clone()].into_iter().collect(),
        services: Default::default(),
        component,
        issue,
        phase: Phase::Analyzing,
        severity: Severity::Sev2,
        onset: second(0),
        detected: second(0),
        recovered: None,
        closed: None,
        resolution: None,
        epoch: 0,
        recurrence_of: None,
        escalated: false,
        acknowledged_until: None,
        opened_by: event("e"),
        evidence: None,
    }
}
