//! Many fail together (SPEC G8, I1): counted by what they have in common, one incident with its likely root, and nothing
//! is done about each of them by itself until few enough fail for long enough, or a person says that it is over.

use crate::analyze::Analyze;
use crate::analyze::cause::{Cause, diagnose, explains};
use crate::analyze::correlate::STORM;
use crate::analyze::order::close;
use crate::analyze::tally::{Count, Standing, Turn};
use crate::analyze::trigger::Trigger;
use crate::analyze::view::View;
use crate::knowledge::topology::areas;
use crate::model::area::Area;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::{EventId, IncidentId};
use crate::model::incident::{Incident, Phase, is_outage};
use crate::model::severity::Severity;
use crate::model::value::Value;
use crate::policy::safety::Storm;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How long a storm may be without an incident: what is not known fails nowhere, and people must hear of it all the same.
const PAGED_WITHIN: Span = Span::from_mins(1);
/// Events that a fact about a storm names.
const NAMED: usize = 16;

/// One storm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outbreak {
    /// The incident that all of it is part of.
    pub incident: Option<IncidentId>,
    /// What its likely cause is.
    cause: Cause,
    /// Whether it is more than a moment without news: enough were known to fail, or it has an incident.
    pub founded: bool,
    /// When it is over, if few enough fail until then.
    pub calm_at: Option<Time>,
    /// When it gets an incident, if nothing opens one before.
    pub page_at: Option<Time>,
}

impl Analyze {
    /// Counts who turned bad and who is well again; says what began, what its cause is, and what is over.
    pub(super) fn watch_storms(&mut self, view: &mut View<'_>, said: &[Fact]) {
        let settings = view.context.policy.safety().storm.clone();
        self.tally.expire(view.now().before(settings.window));
        let mut touched = Vec::new();
        for fact in said {
            self.count(view, fact, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        for area in touched {
            self.crowd(view, &area, &settings);
        }
        let failing = said.iter().filter(|fact| {
            matches!(fact.said, Conclusion::HealthChanged { to: State::Unhealthy | State::Critical, .. })
        });
        for component in failing.filter_map(|fact| fact.component.as_ref()) {
            self.reconsider(view, component);
        }
        self.release_storms(view, said);
        self.calm_down(view, &settings);
    }

    /// When a storm has something to do by itself.
    pub(super) fn storm_due(&self) -> Option<Time> {
        let due = self.outbreaks.values().flat_map(|outbreak| [outbreak.calm_at, outbreak.page_at]);
        due.flatten().chain(self.weather_over_at).min()
    }

    /// The incident of a storm that the trigger is in the midst of, and how it belongs there.
    pub(super) fn of_storm(&self, view: &View<'_>, trigger: &Trigger) -> Option<(IncidentId, &'static str)> {
        if self.outbreaks.is_empty() || !is_outage(&trigger.issue) {
            return None;
        }
        let over = self.over(view, &trigger.component);
        let (id, cause) = over.iter().find_map(|area| {
            let outbreak = self.outbreaks.get(area)?;
            let id = outbreak.incident.filter(|id| takes_in(view, *id))?;
            Some((id, &outbreak.cause))
        })?;
        let root = cause.root.as_ref() == Some(&trigger.component);
        Some((id, if root { "root" } else { "storm" }))
    }

    /// The incident that was just opened is that of every storm over its component that has none.
    pub(super) fn lend_to_storms(&mut self, view: &mut View<'_>, id: IncidentId, trigger: &Trigger) {
        for area in self.over(view, &trigger.component) {
            let Some(outbreak) = self.outbreaks.get_mut(&area) else { continue };
            let before = outbreak.incident;
            if before == Some(id) || before.is_some_and(|id| takes_in(view, id)) {
                continue;
            }
            outbreak.incident = Some(id);
            outbreak.founded = true;
            outbreak.page_at = None;
            let cause = outbreak.cause.clone();
            self.say_storm(view, "analyze.storm_incident", &area, &cause, trigger.because.clone());
            // It only said that there is a storm; this one says what fails in it.
            if let Some(word) = before.filter(|id| self.is_only_word(view, *id)) {
                self.merge(view, word, id);
            }
        }
    }

    /// The storms that `component` is in the midst of, the nearest first.
    pub(super) fn over(&self, view: &View<'_>, component: &Name) -> Vec<Area> {
        let any_near = self.outbreaks.keys().any(|area| *area != Area::All);
        let near = any_near.then(|| view.knowledge.topology.component(component).map(|component| areas(component)));
        let all = near.flatten().unwrap_or_default().into_iter().chain([Area::All]);
        all.filter(|area| self.outbreaks.contains_key(area)).collect()
    }

    fn count(&mut self, view: &View<'_>, fact: &Fact, touched: &mut Vec<Area>) {
        if matches!(fact.said, Conclusion::WarmUpEnded(_)) {
            return self.count_unheard(view, touched);
        }
        let Some(component) = &fact.component else { return };
        let because = fact.because.first();
        match &fact.said {
            // Nobody listened, or what is listened to is new: who is not heard of when the warm-up ends counts then.
            Conclusion::HealthChanged { to: State::Unknown, .. } if !view.knowledge.warm_up.is_over() => {}
            Conclusion::ComponentRegistered {}
            | Conclusion::ComponentRemoved {}
            | Conclusion::HealthChanged { to: State::Healthy, .. } => self.tally.recovered(component),
            Conclusion::HealthChanged { to: State::Unknown, .. } => {
                self.turn(view, component, Standing::Unheard, because, touched);
            }
            Conclusion::HealthChanged { .. } => self.turn(view, component, Standing::Unwell, because, touched),
            _ => {}
        }
    }

    /// Counts who was known once, and is not heard of since the warm-up began.
    fn count_unheard(&mut self, view: &View<'_>, touched: &mut Vec<Area>) {
        let (health, topology, because) = (&view.knowledge.health, &view.knowledge.topology, view.context.event_id());
        for component in topology.by_name() {
            let now = health.of(&component.name, topology);
            if now.state == State::Unknown && now.since > Time::ZERO {
                self.turn(view, &component.name, Standing::Unheard, Some(&because), touched);
            }
        }
    }

    fn turn(
        &mut self,
        view: &View<'_>,
        component: &Name,
        to: Standing,
        because: Option<&EventId>,
        touched: &mut Vec<Area>,
    ) {
        let places = || view.knowledge.topology.component(component).map(|one| areas(one)).unwrap_or_default();
        let turn = || Turn { at: view.now(), component: component.clone(), because: because.cloned() };
        if self.tally.turned(component, to, turn, &places) {
            touched.extend(places());
            touched.push(Area::All);
        }
    }

    /// One more turned in `area`: a storm begins, or goes on.
    fn crowd(&mut self, view: &mut View<'_>, area: &Area, settings: &Storm) {
        let known = self.outbreaks.contains_key(area);
        if !known && self.outbreaks.contains_key(&Area::All) {
            return; // It is part of a larger one.
        }
        let size = view.knowledge.topology.size(area);
        let (count, limit) = (self.tally.of_area(area), settings.limit(area, size));
        if count.lately < limit {
            return;
        }
        match self.outbreaks.get_mut(area) {
            Some(outbreak) => {
                outbreak.founded |= count.known >= limit;
                outbreak.calm_at = None;
            }
            None => self.begin_storm(view, area, count.known >= limit),
        }
    }

    fn begin_storm(&mut self, view: &mut View<'_>, area: &Area, founded: bool) {
        let cause = diagnose(view, area, &self.tally, &self.changes);
        let members: Vec<Name> = self.tally.of(area).map(|turn| turn.component.clone()).collect();
        let because: Vec<EventId> = self.tally.of(area).filter_map(|turn| turn.because.clone()).take(NAMED).collect();
        let incidents = open_outages(view, &members);
        let of_root = |id: &&IncidentId| view.incident(**id).map(|one| &one.component) == cause.root.as_ref();
        let keeper = incidents.iter().find(of_root).or(incidents.first()).copied();
        let page_at = keeper.is_none().then(|| view.now().after(PAGED_WITHIN));
        let founded = founded || keeper.is_some();
        let outbreak = Outbreak { incident: keeper, cause: cause.clone(), founded, calm_at: None, page_at };
        self.outbreaks.insert(area.clone(), outbreak);
        self.say_storm(view, "analyze.storm_began", area, &cause, because);
        let Some(keeper) = keeper else { return };
        for other in incidents.into_iter().filter(|id| *id != keeper) {
            if is_untouched(view, other) {
                self.merge(view, other, keeper);
            }
        }
    }

    fn merge(&mut self, view: &mut View<'_>, from: IncidentId, into: IncidentId) {
        let Some(case) = self.cases.get(&from) else { return };
        let issues = case.issues().map(|(component, issue, known)| (component.clone(), issue.clone(), known.floor));
        let issues: Vec<_> = issues.collect();
        let because = [view.context.event_id()].to_vec();
        for (component, issue, floor) in issues {
            let trigger = Trigger { component, issue, floor, because: because.clone(), root: None };
            self.join(view, into, &trigger, "analyze.merged", "storm");
        }
        let detail = format!("part of incident {into}: many failed together");
        close(view, from, "analyze.merged", &detail, &view.context.event_id());
        self.cases.remove(&from);
    }

    /// Something failed in a storm: its cause may be seen now, or be another.
    fn reconsider(&mut self, view: &mut View<'_>, component: &Name) {
        let asked = || view.knowledge.topology.has_dependents(component);
        for area in self.over(view, component) {
            let Some(outbreak) = self.outbreaks.get(&area) else { continue };
            let fits = outbreak.cause.root.as_ref().map(|root| explains(view, root, component));
            if fits == Some(true) || (fits.is_none() && !asked()) {
                continue;
            }
            let cause = diagnose(view, &area, &self.tally, &self.changes);
            if cause != outbreak.cause {
                self.outbreaks.entry(area.clone()).and_modify(|outbreak| outbreak.cause = cause.clone());
                let because = [view.context.event_id()].to_vec();
                self.say_storm(view, "analyze.storm_cause", &area, &cause, because);
            }
        }
    }

    /// Nothing of it has an incident, as nothing is known to have failed: it gets one of its own.
    pub(super) fn page_storm(&mut self, view: &mut View<'_>, area: &Area) {
        let unwell = |turn: &&Turn| self.tally.is_unwell(&turn.component);
        let first = self.tally.of(area).find(unwell).map(|turn| (turn.component.clone(), turn.because.clone()));
        let first = first.or_else(|| self.tally.unwell(area).next().map(|component| (component.clone(), None)));
        self.outbreaks.entry(area.clone()).and_modify(|outbreak| (outbreak.page_at, outbreak.founded) = (None, true));
        let Some((component, because)) = first else { return };
        let because = because.into_iter().collect();
        let issue = Name::new(STORM);
        let trigger = Trigger { component, issue, floor: Some(Severity::Sev1), because, root: None };
        self.open(view, &trigger);
    }

    fn say_storm(
        &self,
        view: &mut View<'_>,
        rule: &'static str,
        area: &Area,
        cause: &Cause,
        mut because: Vec<EventId>,
    ) {
        let (count, size) = (self.tally.of_area(area), view.knowledge.topology.size(area));
        let settings = &view.context.policy.safety().storm;
        let limit = settings.limit(area, size);
        let detail = format!("{}; {}", in_words(area, count, size), cause.what);
        because.extend(cause.event.iter().cloned());
        let said = Conclusion::StormChanged { area: area.clone(), active: true, root: cause.root.clone(), detail };
        let number = |n: u32| Value::Number(Finite::from(n));
        let fact = Fact::new(view.now(), rule, said)
            .because(because)
            .value("turned", number(count.lately))
            .value("unwell", number(count.unwell))
            .value("size", number(size))
            .value("limit", number(limit))
            .value("cause", Value::text(&cause.by))
            .value("confidence", Value::text(cause.confidence()));
        let incident = self.outbreaks.get(area).and_then(|outbreak| outbreak.incident);
        let known = incident.and_then(|id| view.incident(id));
        view.say(match known {
            Some(incident) => {
                let (id, component) = (incident.id, incident.component.clone());
                fact.incident(id).component(&component)
            }
            None => fact,
        });
    }
}

/// How many fail, or are not known to.
fn in_words(area: &Area, count: Count, size: u32) -> String {
    let (of, unheard) = (format!("{} of {size} in {}", count.unwell, area.in_words()), count.unheard);
    match unheard {
        0 => format!("{of} fail together"),
        _ if unheard == count.unwell => format!("{of} turned UNKNOWN together"),
        _ => format!("{of} fail together, {unheard} of them UNKNOWN"),
    }
}

/// Whether further failures become part of the incident. One that only waits for its own end takes in nothing, nor does
/// one that only says that there is a storm.
pub(super) fn takes_in(view: &View<'_>, id: IncidentId) -> bool {
    view.incident(id).is_some_and(|incident| {
        incident.is_open() && incident.phase != Phase::Resolved && incident.issue.as_str() != STORM
    })
}

/// The incidents of what failed together, the first one first.
fn open_outages(view: &View<'_>, members: &[Name]) -> Vec<IncidentId> {
    let ids: BTreeSet<IncidentId> = members.iter().flat_map(|member| view.open_with(member)).collect();
    let window = view.context.policy.safety().storm.window;
    let lately = |incident: &&Incident| {
        let recent = view.now().since(incident.detected) <= window;
        recent && is_outage(&incident.issue) && takes_in(view, incident.id)
    };
    let mut found: Vec<&Incident> = ids.iter().filter_map(|id| view.incident(*id)).filter(lately).collect();
    found.sort_by_key(|incident| (incident.detected, incident.id));
    found.into_iter().map(|incident| incident.id).collect()
}

/// Whether nothing was begun for it and nobody has taken it.
fn is_untouched(view: &View<'_>, id: IncidentId) -> bool {
    view.incident(id).is_some_and(|incident| {
        matches!(incident.phase, Phase::Open | Phase::Analyzing | Phase::Escalated)
            && incident.acknowledged_until.is_none_or(|until| until <= view.now())
            && view.knowledge.runs.started(id, None, None) == 0
    })
}
