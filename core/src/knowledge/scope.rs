//! What the names in a condition stand for: the facts about a component and its incident, and metrics.
//!
//! The names and their types are the table `FACTS` of `policy/condition/schema.rs`; every other name is a metric.

use crate::knowledge::Knowledge;
use crate::knowledge::aggregate::standing;
use crate::knowledge::evaluate::{Lookup, Scope};
use crate::model::health::State;
use crate::model::incident::{Incident, Phase};
use crate::model::value::Value;
use crate::policy::components::Component;
use crate::policy::condition::{Extent, Function, Path};
use crate::policy::groups::Aggregate;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::names::Names;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};

/// How old a sample may be to be believed.
pub const STALE_AFTER: Span = Span::from_mins(5);

/// As many recurrences as are counted.
const MOST_RECURRENCES: usize = 100;

/// Everything a condition may ask about one component, and about its incident where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Where it is looked up.
    pub knowledge: &'a Knowledge,
    /// The rules by which groups are as their members are.
    pub groups: &'a BTreeMap<Name, Aggregate>,
    /// The component at hand.
    pub component: &'a Name,
    /// The incident at hand.
    pub incident: Option<&'a Incident>,
    /// The time.
    pub now: Time,
}

impl Scope for Known<'_> {
    fn value(&self, path: &Path) -> Lookup {
        let Some(name) = self.whose(path) else { return self.about_group(path) };
        let own = path.component.is_none();
        let fact = self
            .about_incident(&path.name)
            .filter(|_| own)
            .or_else(|| self.about_component(name, &path.name))
            .or_else(|| self.reported(name, own, &path.name));
        match fact {
            Some(value) => Lookup::Value(value),
            None => self.knowledge.metrics.value(name.as_str(), &path.name, self.now, STALE_AFTER),
        }
    }

    fn window(&self, path: &Path, function: Function, extent: Option<Extent>) -> Lookup {
        match self.whose(path) {
            Some(name) => {
                let series = (name.as_str(), path.name.as_str());
                self.knowledge.metrics.window(series, (function, extent), self.now, STALE_AFTER)
            }
            None => Lookup::Missing,
        }
    }

    fn now(&self) -> Time {
        self.now
    }
}

impl<'a> Known<'a> {
    fn whose(&self, path: &Path) -> Option<&'a Name> {
        match &path.component {
            None => Some(self.component),
            Some(other) => self.knowledge.topology.component(&Name::new(other)).map(|component| &component.name),
        }
    }

    /// What is known of a service, a group or the whole, where no component is called so.
    fn about_group(&self, path: &Path) -> Lookup {
        let group = path.component.as_deref().map(Name::new);
        let topology = &self.knowledge.topology;
        let Some(found) = group.and_then(|group| standing(self.groups, topology, &group)) else {
            return Lookup::Missing;
        };
        if path.name == "instances" {
            let members = u32::try_from(found.counts.members()).unwrap_or(u32::MAX);
            return Lookup::Value(Value::Number(Finite::from(members)));
        }
        health_fact(found.state, &path.name).map_or(Lookup::Missing, Lookup::Value)
    }

    fn about_incident(&self, fact: &str) -> Option<Value> {
        let incident = self.incident?;
        Some(match fact {
            "acknowledged" => Value::Bool(self.acknowledged(incident)),
            "affected_components" => count(incident.members.len()),
            "affected_services" => count(self.services(incident)),
            "duration" => Value::Duration(self.now.since(self.unwell_since(incident))),
            // An incident opens with one component.
            "initial_count" => count(1),
            "issue" => Value::text(incident.issue.as_str()),
            "not_acknowledged" => Value::Bool(!self.acknowledged(incident)),
            "not_resolved" => Value::Bool(!matches!(incident.phase, Phase::Resolved | Phase::Closed)),
            "attempts" | "remediation_attempts" => {
                Value::Number(Finite::from(self.knowledge.runs.started(incident.id, None, None)))
            }
            "rollback_failed" => Value::Bool(self.knowledge.runs.rollback_failed(incident.id)),
            "recurrences" => count(self.recurrences(incident)),
            "severity" => Value::text(incident.severity.as_str()),
            "time_since_detection" => Value::Duration(self.now.since(incident.detected)),
            _ => return None,
        })
    }

    fn about_component(&self, name: &Name, fact: &str) -> Option<Value> {
        let component = self.knowledge.topology.component(name)?;
        let state = self.knowledge.health.of(name, &self.knowledge.topology).state;
        let text = |word: &Option<Name>, otherwise: &str| Value::text(word.as_ref().map_or(otherwise, Name::as_str));
        Some(match fact {
            "class" => text(&component.class, "unclassified"),
            "critical" | "service_is_critical" => Value::Bool(component.critical),
            "environment" => text(&component.environment, "production"),
            "instances" => count(self.knowledge.topology.members(component.service()).len()),
            "revenue_per_hour" => Value::Number(component.revenue_per_hour?),
            "stateful" => Value::Bool(component.stateful),
            "type" => Value::text(component.kind.as_str()),
            "users" => users(component)?,
            fact => return health_fact(state, fact),
        })
    }

    /// Reports about the component; about all members for the incident at hand.
    fn reported(&self, name: &Name, own: bool, fact: &str) -> Option<Value> {
        let members = self.incident.filter(|_| own).map(|incident| &incident.members);
        let reports = |what: &str| -> u32 {
            match members {
                Some(members) => self.knowledge.reports.count_among(members, what, self.now),
                None => self.knowledge.reports.count(name, what, self.now),
            }
        };
        Some(match fact {
            "data_consistency_check" => Value::text(self.consistency(name, members)?),
            "customer_reports" => Value::Number(Finite::from(reports("customer").saturating_add(reports("vip")))),
            "security_alert" => Value::Bool(reports("security") > 0),
            "vip_customer_affected" => Value::Bool(reports("vip") > 0),
            _ => return None,
        })
    }

    /// What the checks of consistency found, where there are any: `failed` if one did, `passed` only where all is known.
    fn consistency(&self, name: &Name, members: Option<&Names>) -> Option<&'static str> {
        let topology = &self.knowledge.topology;
        let among = |one: &&Name| members.map_or(*one == name, |members| members.contains(one));
        let mut asked = topology.checked_for_consistency().filter(among).peekable();
        asked.peek()?;
        let mut found = "passed";
        for member in asked {
            if self.knowledge.reports.is_inconsistent(member) {
                return Some("failed");
            }
            if self.knowledge.health.of(member, topology).state == State::Unknown {
                found = "unknown";
            }
        }
        Some(found)
    }

    /// How often it came back: reopened, or anew after what was closed before.
    fn recurrences(&self, incident: &Incident) -> usize {
        let (mut times, mut before) = (incident.epoch as usize, incident.recurrence_of);
        while let Some(earlier) = before.filter(|_| times < MOST_RECURRENCES) {
            let earlier = self.knowledge.incidents.get(earlier);
            times = times.saturating_add(1).saturating_add(earlier.map_or(0, |earlier| earlier.epoch as usize));
            before = earlier.and_then(|earlier| earlier.recurrence_of);
        }
        times
    }

    /// Since when its component has not been well; a reopened incident does not count the time in between.
    fn unwell_since(&self, incident: &Incident) -> Time {
        self.knowledge.health.of(&incident.component, &self.knowledge.topology).onset.unwrap_or(incident.onset)
    }

    fn acknowledged(&self, incident: &Incident) -> bool {
        incident.acknowledged_until.is_some_and(|until| self.now < until)
    }

    /// How many services its members are of. They are counted as they join, once there is more than one member.
    fn services(&self, incident: &'a Incident) -> usize {
        match incident.services.is_empty() {
            false => incident.services.len(),
            true => {
                let topology = &self.knowledge.topology;
                let service = |member: &'a Name| topology.component(member).map_or(member, |known| known.service());
                incident.members.unordered().map(service).collect::<BTreeSet<_>>().len()
            }
        }
    }
}

/// What follows from a state; nothing of UNKNOWN but its name.
fn health_fact(state: State, fact: &str) -> Option<Value> {
    let when_known = |holds: bool| (state != State::Unknown).then_some(Value::Bool(holds));
    match fact {
        "degraded" => when_known(state == State::Degraded),
        "healthy" => when_known(state == State::Healthy),
        "state" => Some(Value::text(state.as_str())),
        "unhealthy" => when_known(state >= State::Unhealthy),
        _ => None,
    }
}

fn count(n: usize) -> Value {
    Value::Number(Finite::from(u32::try_from(n).unwrap_or(u32::MAX)))
}

fn users(component: &Component) -> Option<Value> {
    Some(Value::Number(Finite::from(u32::try_from(component.users?).unwrap_or(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::evaluate::{Truth, evaluate};
    use crate::knowledge::fixtures::{component, fleet, health, second};
    use crate::model::fact::{Conclusion, Fact};
    use crate::model::ids::{EventId, IncidentId};
    use crate::model::severity::Severity;
    use crate::policy::condition::{Condition, FACTS, Open};
    use crate::policy::limits::Limits;
    use alloc::sync::Arc;

    fn world() -> (Knowledge, IncidentId) {
        let limits = Limits::default();
        let mut knowledge = fleet(&[("db", &[]), ("web", &["db"])]);
        knowledge.topology.register(Arc::new(Component {
            critical: true,
            users: Some(500),
            revenue_per_hour: Some(Finite::from(9)),
            ..component("db", &[])
        }));
        let id = IncidentId::derive(&"db".into(), &"down".into(), &EventId::from_text("e"));
        let (issue, severity, onset) = ("down".into(), Severity::Sev2, second(40));
        let opened = Conclusion::IncidentOpened { issue, severity, onset, recurrence_of: None };
        let joined = Conclusion::IncidentJoined { issue: "down".into(), relation: "dependency".into() };
        let facts = [
            health(second(50), "db", State::Unhealthy),
            Fact::new(second(50), "analyze.opened", opened).incident(id).component(&"db".into()),
            Fact::new(second(55), "analyze.dependency", joined).incident(id).component(&"web".into()),
            Fact::new(second(56), "detect.report", Conclusion::ReportReceived { what: "vip".into() })
                .component(&"web".into()),
        ];
        knowledge.apply(&facts, &limits);
        let sample = (Finite::from(91), None);
        knowledge.observe((&"db".into(), &"cpu_usage".into()), sample, second(60), &limits).unwrap();
        (knowledge, id)
    }

    fn truth(text: &str, with_incident: bool, now: Time) -> Truth {
        let (knowledge, id) = world();
        let condition = Condition::parse(text, &Open).unwrap();
        let incident = knowledge.incidents.get(id).filter(|_| with_incident);
        let groups = &BTreeMap::new();
        let known = Known { knowledge: &knowledge, groups, component: &"db".into(), incident, now };
        evaluate(condition.expr(), &known).truth
    }

    #[test]
    fn a_condition_sees_component_incident_reports_and_metrics() {
        for (text, truth_with, truth_without) in [
            ("state == unhealthy AND critical", Truth::True, Truth::True),
            ("environment == \"production\" AND users >= 500", Truth::True, Truth::True),
            ("cpu_usage > 90%", Truth::True, Truth::True),
            ("web.state == healthy", Truth::True, Truth::True),
            ("affected_services > initial_count", Truth::True, Truth::Unknown),
            ("time_since_detection >= 10s AND duration < 11s", Truth::True, Truth::Unknown),
            ("severity at_least SEV1", Truth::False, Truth::Unknown),
            ("not_acknowledged AND not_resolved", Truth::True, Truth::Unknown),
            ("vip_customer_affected", Truth::True, Truth::False),
            ("disk_usage > 1%", Truth::Unknown, Truth::Unknown),
        ] {
            assert_eq!(truth(text, true, second(60)), truth_with, "{text}");
            assert_eq!(truth(text, false, second(60)), truth_without, "{text}");
        }
    }

    #[test]
    fn a_stale_sample_is_unknown() {
        assert_eq!(truth("cpu_usage > 90%", true, second(360)), Truth::True);
        assert_eq!(truth("cpu_usage > 90%", true, second(361)), Truth::Unknown);
    }

    #[test]
    fn every_fact_has_an_answer_or_is_asked_of_the_host() {
        let (knowledge, id) = world();
        let incident = knowledge.incidents.get(id);
        let groups = &BTreeMap::new();
        let known = Known { knowledge: &knowledge, groups, component: &"db".into(), incident, now: second(60) };
        let asked: alloc::vec::Vec<&str> = FACTS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !matches!(known.value(&Path::own(name)), Lookup::Value(_)))
            .collect();
        let host = ["consecutive_failures", "data_consistency_check", "error_rate_increase", "health_check_failures"];
        assert_eq!(asked, host);
    }
}
