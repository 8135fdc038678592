//! What a policy came to: every default filled in, every ladder resolved, for people to look at before it acts.

use crate::model::health::{State, Tier};
use crate::model::incident::{DEGRADED, is_outage};
use crate::model::probe::Probe;
use crate::model::window::WindowKind;
use crate::policy::Policy;
use crate::policy::authority::Verb;
use crate::policy::components::{Ask, Check, Component};
use crate::policy::detection::DetectionTime;
use crate::policy::escalation::{Chain, Channel};
use crate::policy::groups::Aggregate;
use crate::policy::health::HealthRules;
use crate::policy::limits::Limits;
use crate::policy::mode::Mode;
use crate::policy::notifications::Notifications;
use crate::policy::percentages::Percentage;
use crate::policy::playbook::{Playbook, Trigger};
use crate::policy::safety::Safety;
use crate::policy::windows::Window;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use serde::Serialize;

/// What a policy came to.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// The global ceiling on the mode.
    pub mode: Mode,
    /// Detection within this time is wanted.
    pub detect_within: Span,
    /// Recovery within this time is wanted.
    pub recover_within: Span,
    /// Every component, by name.
    pub components: Vec<ComponentDescription>,
    /// Every playbook in ladder order.
    pub playbooks: Vec<PlaybookDescription>,
    /// The severity rules in the order they are tried.
    pub severity: Vec<RuleDescription>,
    /// The chains in the order they are tried.
    pub chains: Vec<Chain>,
    /// The channels.
    pub channels: Vec<Channel>,
    /// How much people are told at one time.
    pub notifications: Notifications,
    /// Roles by principal.
    pub people: BTreeMap<Name, BTreeSet<Name>>,
    /// Which of them may do what matters most; unset where the policy names nobody, so that it is for the host to say.
    pub may: Option<AuthorityDescription>,
    /// How those groups are as their members are for which it says so; every other is as its worst member.
    pub groups: BTreeMap<Name, Aggregate>,
    /// Flapping, grace and warm-up.
    pub health: HealthRules,
    /// Maintenance and change windows.
    pub windows: Vec<WindowDescription>,
    /// The safety limits in force.
    pub safety: Safety,
    /// What percentages come to in groups of 1 to 10.
    pub percentages: Vec<Percentage>,
    /// The limits on what is kept.
    pub limits: Limits,
}

/// Who may do what matters most.
#[derive(Clone, Debug, Serialize)]
pub struct AuthorityDescription {
    /// Approve plans, but for those of critical risk.
    pub approve: Vec<Name>,
    /// Stop everything automatic.
    pub stop: Vec<Name>,
    /// Let go on what was stopped, and raise a mode that was lowered.
    pub let_go_on: Vec<Name>,
}

/// What one component came to.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentDescription {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Name,
    /// The service it belongs to.
    pub service: Name,
    /// Whether the host starts and keeps it.
    pub supervised: bool,
    /// Whether its loss is a major outage.
    pub critical: bool,
    /// What it needs.
    pub depends_on: Vec<Name>,
    /// Its checks with all defaults.
    pub checks: Vec<CheckDescription>,
    /// How long its quickest check takes to confirm a fault.
    pub detection: Option<DetectionTime>,
    /// The playbooks that can be chosen for it, least invasive first; after the last, a person.
    pub ladder: Vec<Name>,
}

/// What one check came to.
#[derive(Clone, Debug, Serialize)]
pub struct CheckDescription {
    /// Its name.
    pub name: Name,
    /// How deep it looks.
    pub tier: Tier,
    /// What is asked, in a few words.
    pub asks: String,
    /// From one ask to the next.
    pub interval: Span,
    /// How long an answer may take.
    pub timeout: Span,
    /// From one ask to the next after a failure.
    pub recheck_interval: Span,
    /// Failures in a row until DEGRADED, where there is such a step.
    pub degraded_after: Option<u32>,
    /// Failures in a row until the fault is confirmed.
    pub confirmed_after: u32,
    /// What the component is then.
    pub confirmed_as: State,
    /// Passes in a row until HEALTHY.
    pub recovered_after: u32,
    /// How long it takes to confirm a fault.
    pub detection: DetectionTime,
}

/// One window.
#[derive(Clone, Debug, Serialize)]
pub struct WindowDescription {
    /// Its name.
    pub name: Name,
    /// What it does.
    pub kind: WindowKind,
    /// Over what; empty: everything.
    pub over: BTreeSet<Name>,
    /// What it holds back, or allows; empty of a change window: all.
    pub terms: BTreeSet<Name>,
    /// When it is open, in words.
    pub when: String,
}

/// What one playbook came to.
#[derive(Clone, Debug, Serialize)]
pub struct PlaybookDescription {
    /// Its id.
    pub id: Name,
    /// Its name for people.
    pub name: String,
    /// The mode it runs in: its own or the policy's, whichever is less.
    pub mode: Mode,
    /// How many parts its plan has.
    pub parts: u32,
    /// How long all its steps together may take.
    pub timeout: Span,
    /// Whether each of its runs needs an approval, whatever the mode.
    pub require_approval: bool,
    /// The components it can be chosen for.
    pub components: u32,
}

/// One severity rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleDescription {
    /// Its id.
    pub id: Name,
    /// When it applies, as text.
    pub when: String,
    /// What it gives: `SEV1`, `at least SEV1`, `one level up`.
    pub gives: String,
}

impl Policy {
    /// What this policy came to, for people to look at before it acts.
    pub fn describe(&self) -> Description {
        Description {
            mode: self.mode,
            detect_within: self.objective.detect,
            recover_within: self.objective.recover,
            components: self.components.iter().map(|component| self.describe_component(component)).collect(),
            playbooks: self.playbooks.iter().map(|playbook| self.describe_playbook(playbook)).collect(),
            severity: self
                .severity
                .iter()
                .map(|rule| RuleDescription {
                    id: rule.id.clone(),
                    when: rule.when.to_string(),
                    gives: rule.gives.to_string(),
                })
                .collect(),
            chains: self.chains.clone(),
            channels: self.channels.clone(),
            people: self.people.clone(),
            may: (!self.people.is_empty()).then(|| self.describe_authority()),
            groups: self.groups.clone(),
            health: self.health.clone(),
            notifications: self.notifications.clone(),
            windows: self.windows.iter().map(describe_window).collect(),
            safety: self.safety.clone(),
            percentages: self.percentages(),
            limits: self.limits.clone(),
        }
    }

    /// The playbooks that can be chosen for `component`, in ladder order.
    pub fn ladder<'p>(&'p self, component: &'p Component) -> impl Iterator<Item = &'p Arc<Playbook>> {
        self.playbooks.iter().filter(|playbook| playbook.trigger.concerns(component))
    }

    fn describe_authority(&self) -> AuthorityDescription {
        let who = |may: &dyn Fn(&Name) -> bool| -> Vec<Name> {
            let able = self.people.iter().filter(|(_, roles)| roles.iter().any(may));
            able.map(|(person, _)| person.clone()).collect()
        };
        let verb = |verb: Verb| who(&|role| verb.roles().contains(&role.as_str()));
        AuthorityDescription {
            approve: who(&|role| self.safety.approval.any_of.contains(role)),
            stop: verb(Verb::Kill),
            let_go_on: verb(Verb::Resume),
        }
    }

    fn describe_component(&self, component: &Component) -> ComponentDescription {
        let is_component = |name: &&Name| self.components.binary_search_by(|known| known.name.cmp(name)).is_ok();
        ComponentDescription {
            name: component.name.clone(),
            kind: component.kind.clone(),
            service: component.service().clone(),
            supervised: component.run.is_some(),
            critical: component.critical,
            depends_on: component.depends_on.iter().filter(is_component).cloned().collect(),
            checks: component.checks.iter().map(|check| describe_check(check)).collect(),
            detection: component.detection(),
            ladder: self.ladder(component).map(|playbook| playbook.id.clone()).collect(),
        }
    }

    fn describe_playbook(&self, playbook: &Playbook) -> PlaybookDescription {
        let concerned = self.components.iter().filter(|component| playbook.trigger.concerns(component)).count();
        PlaybookDescription {
            id: playbook.id.clone(),
            name: playbook.name.clone(),
            mode: playbook.safety.mode.map_or(self.mode, |mode| mode.min(self.mode)),
            parts: count(playbook.steps.len()),
            timeout: playbook.timeout,
            require_approval: playbook.safety.require_approval,
            components: count(concerned),
        }
    }
}

impl Trigger {
    /// Whether this trigger can ever name `component`, whatever happens: its name or service, its type, its keeper.
    pub fn concerns(&self, component: &Component) -> bool {
        let named = self.components.is_empty()
            || self.components.contains(&component.name)
            || self.components.contains(component.service());
        let kind = self.kinds.is_empty() || self.kinds.contains(&component.kind);
        named && kind && (!self.supervised || component.run.is_some())
    }

    /// Whether bad health alone is enough for it.
    pub fn answers_health(&self) -> bool {
        let outage = |issue: &Name| is_outage(issue) && issue.as_str() != DEGRADED;
        self.condition.is_none() && (self.issues.is_empty() || self.issues.iter().any(outage))
    }

    /// Whether it is for `issue`, of all that health says.
    pub fn answers(&self, issue: &str) -> bool {
        let named = || self.issues.iter().any(|one| one.as_str() == issue);
        self.condition.is_none() && (self.issues.is_empty() || named())
    }
}

fn describe_window(window: &Window) -> WindowDescription {
    WindowDescription {
        name: window.name.clone(),
        kind: window.kind,
        over: window.over.clone(),
        terms: window.terms.clone(),
        when: window.when.to_string(),
    }
}

fn describe_check(check: &Check) -> CheckDescription {
    CheckDescription {
        name: check.name.clone(),
        tier: check.tier,
        asks: check.ask.to_string(),
        interval: check.interval,
        timeout: check.timeout,
        recheck_interval: check.recheck_interval,
        degraded_after: (check.degraded_threshold < check.failure_threshold).then_some(check.degraded_threshold),
        confirmed_after: check.failure_threshold,
        confirmed_as: if check.tier == Tier::Comprehensive { State::Critical } else { State::Unhealthy },
        recovered_after: check.success_threshold,
        detection: check.detection(),
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Heartbeat { within } => write!(f, "a heartbeat every {within}"),
            Ask::Metric(condition) => write!(f, "metric {condition}"),
            Ask::Probe(probe) => match &**probe {
                Probe::Custom { kind, .. } => write!(f, "{kind}"),
                Probe::Exec { argv, .. } => write!(f, "exec {}", argv.join(" ")),
                Probe::Http { url, method, .. } if method == "GET" => write!(f, "http {url}"),
                Probe::Http { url, method, .. } => write!(f, "http {method} {url}"),
                Probe::Process { pid_file: Some(file), .. } => write!(f, "process in {file}"),
                Probe::Process { program: Some(program), .. } => write!(f, "process {program}"),
                Probe::Process { .. } => f.write_str("the supervised process"),
                Probe::Tcp { host, port } if host.contains(':') => write!(f, "tcp [{host}]:{port}"),
                Probe::Tcp { host, port } => write!(f, "tcp {host}:{port}"),
            },
        }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
