//! Views: what people ask of the engine. They change nothing.

use crate::engine::Engine;
use crate::engine::at_work::AtWork;
pub use crate::engine::explain::{Explanation, Next, Refusal, Tried};
use crate::engine::fleet::GroupStanding;
use crate::engine::frozen::FrozenTarget;
use crate::engine::half_done::Unfinished;
use crate::engine::history::Past;
use crate::engine::score::Score;
use crate::knowledge::control::{Control, ITSELF};
use crate::model::area::Area;
use crate::model::health::State;
use crate::model::ids::{IncidentId, RunId, SilenceId};
use crate::model::incident::Incident;
use crate::model::silence::Silence;
use crate::model::window::Opening;
use crate::policy::mode::Mode;
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::safety::breaker::State as BreakerState;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case", deny_unknown_fields)]
pub enum Query {
    /// One incident: how it came to what is, and what would have changed it.
    Explain {
        /// Which.
        incident: IncidentId,
    },
    /// How a component was, and for how long.
    History {
        /// Which.
        component: Name,
    },
    /// All incidents that are remembered, the latest first.
    Incidents {},
    /// The whole at a glance.
    Status {},
}

/// What is answered.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    /// One incident.
    Explain(Explanation),
    /// How a component was.
    History(Past),
    /// All incidents.
    Incidents {
        /// The latest first.
        incidents: Vec<Incident>,
    },
    /// There is no such incident or component.
    NotFound {},
    /// The whole at a glance.
    Status(Status),
}

/// The whole at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The engine's time.
    pub now: Time,
    /// The mode in force: the least of the policy's and the one set at run time.
    pub mode: Mode,
    /// What the policy says.
    pub policy_mode: Mode,
    /// What people set at run time; unset where nobody did.
    pub ceiling: Option<Ceiling>,
    /// What nothing exceeds, as trust was lost; unset where it was not.
    pub trusted: Option<Mode>,
    /// Why nothing may be executed; unset when it may.
    pub stopped: Option<String>,
    /// The digest of the policy in force.
    pub policy: Digest,
    /// Each component with its state and since when, by name.
    pub components: Vec<Standing>,
    /// The whole, then each service and group, by name.
    pub groups: Vec<GroupStanding>,
    /// Health scores: of all, then of each class. Nothing is decided by them.
    pub scores: Vec<Score>,
    /// Open incidents, by id.
    pub open: Vec<Incident>,
    /// Plans that wait for a person.
    pub awaiting: Vec<Awaiting>,
    /// Commands that may be at work, whatever was stopped since they were given.
    pub at_work: Vec<AtWork>,
    /// What runs that are over left half done.
    pub half_done: Vec<Unfinished>,
    /// What nothing may touch until a person has looked, by name.
    pub frozen: Vec<FrozenTarget>,
    /// Whether nothing may touch anything, as more is frozen than is remembered by name.
    pub all_frozen: bool,
    /// Circuit breakers that are not closed.
    pub breakers: Vec<Breaker>,
    /// What fails together.
    pub storms: Vec<Storm>,
    /// Windows that are open, by name.
    pub windows: Vec<OpenWindow>,
    /// What is not told for a time.
    pub silences: Vec<StandingSilence>,
}

/// A ceiling on the mode that was set at run time.
#[derive(Clone, Debug, Serialize)]
pub struct Ceiling {
    /// No more than this.
    pub mode: Mode,
    /// Who said so; unset where trust was lost, or an earlier version took it in.
    pub by: Option<String>,
    /// What trust was lost by; unset where a person said so.
    pub lost_by: Option<String>,
}

/// A window that is open.
#[derive(Clone, Debug, Serialize)]
pub struct OpenWindow {
    /// Its name.
    pub window: Name,
    /// What it does, over what, until when.
    #[serde(flatten)]
    pub opening: Opening,
}

/// A silence that holds.
#[derive(Clone, Debug, Serialize)]
pub struct StandingSilence {
    /// Its id.
    pub id: SilenceId,
    /// Whether the policy declares it; else a person ordered it.
    pub declared: bool,
    /// What it says.
    pub silence: Silence,
}

/// Many fail together: but one canary nothing is acted on.
#[derive(Clone, Debug, Serialize)]
pub struct Storm {
    /// What they have in common.
    pub area: Area,
    /// Since when.
    pub began: Time,
    /// The one component that all of them depend on; unset where there is none.
    pub root: Option<Name>,
    /// The run that was begun in it.
    pub canary: Option<RunId>,
}

/// A circuit breaker that is not closed.
#[derive(Clone, Debug, Serialize)]
pub struct Breaker {
    /// The playbook; unset: all of them together.
    pub playbook: Option<Name>,
    /// The component; unset: on any.
    pub component: Option<Name>,
    /// It lets nothing through until then; unset: it lets one run through, on trial.
    pub until: Option<Time>,
}

/// How a component is.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// The component.
    pub component: Name,
    /// Its state.
    pub state: State,
    /// Since when.
    pub since: Time,
}

/// A plan that waits for a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Awaiting {
    /// The incident.
    pub incident: IncidentId,
    /// The run.
    pub run: RunId,
    /// The playbook.
    pub playbook: Name,
    /// The exact plan.
    pub plan: Digest,
    /// Until when.
    pub expires: Time,
}

impl Engine {
    /// Answers `query`. Changes nothing.
    pub fn view(&self, query: &Query) -> View {
        match query {
            Query::Explain { incident } => self.explain(*incident).map_or(View::NotFound {}, View::Explain),
            Query::History { component } => self.past(component).map_or(View::NotFound {}, View::History),
            Query::Incidents {} => {
                let mut incidents: Vec<Incident> = self.knowledge().incidents.iter().cloned().collect();
                incidents.sort_by_key(|incident| core::cmp::Reverse((incident.detected, incident.id)));
                View::Incidents { incidents }
            }
            Query::Status {} => View::Status(self.status()),
        }
    }

    /// The runs that are not over, each with its incident.
    pub fn runs_under_way(&self) -> impl Iterator<Item = (RunId, IncidentId)> + '_ {
        let under_way = |run: &&crate::remediate::run::Run| run.status != crate::remediate::run::Status::Settled;
        self.remediate.runs().filter(under_way).map(|run| (run.id, run.incident))
    }

    /// The whole at a glance.
    pub fn status(&self) -> Status {
        let knowledge = self.knowledge();
        let standing = |component: &alloc::sync::Arc<crate::policy::components::Component>| {
            let health = knowledge.health.of(&component.name, &knowledge.topology);
            Standing { component: component.name.clone(), state: health.state, since: health.since }
        };
        Status {
            now: self.now(),
            mode: knowledge.control.mode(self.policy().mode(), None),
            policy_mode: self.policy().mode(),
            ceiling: ceiling(&knowledge.control),
            trusted: self.remediate.memory().trust.ceiling(),
            stopped: knowledge.control.stopped(),
            policy: *self.policy().digest(),
            components: knowledge.topology.by_name().into_iter().map(standing).collect(),
            groups: self.groups(),
            scores: self.scores(),
            open: knowledge.incidents.open().cloned().collect(),
            awaiting: self.awaiting(),
            at_work: self.at_work(),
            half_done: self.half_done(),
            frozen: self.frozen(),
            all_frozen: self.remediate.memory().is_all_frozen(),
            breakers: self.breakers(),
            storms: self.storms(),
            windows: self.windows(),
            silences: self.silences(),
        }
    }

    fn windows(&self) -> Vec<OpenWindow> {
        let open = self.knowledge().windows.iter();
        open.map(|(window, opening)| OpenWindow { window: window.clone(), opening: opening.clone() }).collect()
    }

    fn silences(&self) -> Vec<StandingSilence> {
        let now = self.now();
        let ordered = self.knowledge().people.silences(now).map(|(id, silence)| (id, false, silence));
        let declared = self.policy().notifications().silences.iter().filter(|it| it.holds(now));
        let all = ordered.chain(declared.map(|it| (it.id(), true, &it.silence)));
        all.map(|(id, declared, silence)| StandingSilence { id, declared, silence: silence.clone() }).collect()
    }

    fn storms(&self) -> Vec<Storm> {
        let shown = self.knowledge().storms.iter().map(|(area, storm)| Storm {
            area: area.clone(),
            began: storm.began,
            root: storm.root.clone(),
            canary: storm.canary,
        });
        shown.collect()
    }

    fn breakers(&self) -> Vec<Breaker> {
        let open = self.remediate.memory().breakers.open_scopes(&self.policy().safety().breaker, self.now());
        let shown = open.into_iter().map(|(scope, state)| {
            let until = match state {
                BreakerState::Open(until) => Some(until),
                BreakerState::Closed | BreakerState::HalfOpen => None,
            };
            Breaker { playbook: scope.playbook, component: scope.component, until }
        });
        shown.collect()
    }

    pub(super) fn awaiting(&self) -> Vec<Awaiting> {
        let waiting = self.remediate.runs().filter_map(|run| match run.status {
            crate::remediate::run::Status::AwaitingApproval { expires } => Some(Awaiting {
                incident: run.incident,
                run: run.id,
                playbook: run.playbook.id.clone(),
                plan: run.plan.digest,
                expires,
            }),
            _ => None,
        });
        waiting.collect()
    }
}

fn ceiling(control: &Control) -> Option<Ceiling> {
    let mode = control.ceiling?;
    let said = control.ceiling_by.as_deref();
    let lost_by = said.and_then(|said| said.strip_prefix(ITSELF)).map(String::from);
    Some(Ceiling { mode, by: said.filter(|_| lost_by.is_none()).map(String::from), lost_by })
}
