//! Escalation as its neighbours see it: facts and time in, messages out.

mod climb;
mod end;
mod group;
mod told;

use super::*;
use crate::knowledge::fixtures::{event, fleet, pass, person, policy, second};
use crate::model::command::Notification;
use crate::model::ids::{NotificationId, RunId};
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::model::severity::Severity;
use crate::policy::Policy;
use crate::policy::escalation::{Chain, ChainLevel, Channel, ChannelKind, LevelCondition};
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use std::string::ToString;

struct World {
    stage: Escalate,
    knowledge: Knowledge,
    policy: Policy,
    /// The last pass.
    facts: Vec<Fact>,
    sent: Vec<Arc<Notification>>,
}

fn level(after_m: i64, condition: LevelCondition, notify: &str, by: &[&str], repeat_m: Option<i64>) -> ChainLevel {
    ChainLevel {
        after: Span::from_mins(after_m),
        condition,
        notify: notify.split(',').map(Name::from).collect(),
        by: by.iter().map(|channel| Name::new(channel)).collect(),
        repeat: repeat_m.map(Span::from_mins),
    }
}

fn world() -> World {
    let mut policy = policy(&[]);
    let chain = |name: &str, applies_to: &[&str], at_least, levels| Chain {
        name: name.into(),
        applies_to: applies_to.iter().map(|group| Name::new(group)).collect(),
        at_least,
        levels,
    };
    let main = [
        level(0, LevelCondition::NotResolved, "ann", &["page"], None),
        level(5, LevelCondition::NotAcknowledged, "lead", &["phone"], None),
        level(15, LevelCondition::NotResolved, "boss", &["page"], Some(60)),
    ];
    let quiet = [level(0, LevelCondition::NotResolved, "team", &["log"], None)];
    policy.chains = [
        chain("databases", &["db"], Severity::Sev1, quiet.to_vec()),
        chain("main", &[], Severity::Sev3, main.to_vec()),
    ]
    .into();
    let channel = |name: &str, kind| Channel { name: name.into(), kind };
    let custom = |name: &str| channel(name, ChannelKind::Custom(name.into()));
    policy.channels = [channel("log", ChannelKind::Log), custom("page"), custom("phone")].into();
    (policy.notifications.group_wait, policy.notifications.group_interval) = (Span::ZERO, Span::ZERO);
    policy.people = [("pat".into(), ["operator".into()].into()), ("vic".into(), ["viewer".into()].into())].into();
    let knowledge = fleet(&[("web", &[]), ("db", &[])]);
    World { stage: Escalate::default(), knowledge, policy, facts: Vec::new(), sent: Vec::new() }
}

fn id(component: &str) -> IncidentId {
    IncidentId::derive(&component.into(), &"down".into(), &event("e"))
}

fn about(component: &str, at: Time, said: Conclusion) -> Fact {
    let rule = "test.rule";
    Fact::new(at, rule, said).incident(id(component)).component(&component.into()).because([event("e")])
}

impl World {
    /// One pass; what is remembered goes through a snapshot before it.
    fn step(&mut self, at: Time, input: Option<Event>, before: &[Fact]) {
        let saved = serde_json::to_string(&self.stage).unwrap();
        self.stage = serde_json::from_str(&saved).unwrap();
        let stage = &mut self.stage;
        let out = pass(&mut self.knowledge, &self.policy, at, input, before, |context, knowledge, said, out| {
            stage.advance(context, knowledge, said, out);
        });
        if let Some(deadline) = self.stage.deadline() {
            assert!(deadline.at > at, "{deadline:?} is not after {at:?}");
        }
        let notify = |command: &Command| match command {
            Command::Notify(notification) => Some(notification.clone()),
            _ => None,
        };
        self.sent = out.commands.iter().filter_map(notify).collect();
        self.facts = out.facts;
    }

    fn open(&mut self, at: i64, component: &str, severity: Severity) {
        let said =
            Conclusion::IncidentOpened { issue: "down".into(), severity, onset: second(at), recurrence_of: None };
        let fact = about(component, second(at), said);
        self.step(second(at), None, &[fact]);
    }

    fn moved(&mut self, at: i64, component: &str, to: Phase) {
        let from = self.knowledge.incidents.get(id(component)).unwrap().phase;
        let fact = about(component, second(at), Conclusion::IncidentMoved { from, to, detail: "test".into() });
        self.step(second(at), None, &[fact]);
    }

    fn say(&mut self, at: i64, component: &str, said: Conclusion) {
        let fact = about(component, second(at), said);
        self.step(second(at), None, &[fact]);
    }

    /// `recipient over channel` of everything sent in the last pass.
    fn told(&self) -> Vec<String> {
        self.sent.iter().map(|one| format!("{} over {}", one.recipient, one.channel)).collect()
    }

    fn rules(&self) -> Vec<String> {
        self.facts.iter().map(|fact| fact.rule.to_string()).collect()
    }

    /// Answers the last notifications.
    fn answer(&mut self, at: i64, delivered: bool) {
        for notification in self.sent.clone() {
            let detail = "503".into();
            let report = Event::DeliveryReported { notification: notification.id, delivered, detail };
            self.step(second(at), Some(report), &[]);
        }
    }

    /// Lets time pass as a host would that only calls at the deadline, and delivers everything; who was told when.
    fn until(&mut self, end: i64) -> Vec<(i64, String)> {
        let mut told = Vec::new();
        while let Some(deadline) = self.stage.deadline().filter(|deadline| deadline.at <= second(end)) {
            self.step(deadline.at, None, &[]);
            told.extend(self.told().into_iter().map(|who| (deadline.at.ms() / 1_000, who)));
            let ms = deadline.at;
            for notification in self.sent.clone() {
                let report =
                    Event::DeliveryReported { notification: notification.id, delivered: true, detail: "".into() };
                self.step(ms, Some(report), &[]);
            }
        }
        told
    }

    fn acknowledge(&mut self, at: i64, component: &str, role: &str) {
        let by = person("ann", role);
        self.step(second(at), Some(Event::Acknowledged { incident: id(component), by }), &[]);
    }
}

fn pairs(told: &[(i64, String)]) -> Vec<(i64, &str)> {
    told.iter().map(|(at, who)| (*at, who.as_str())).collect()
}
