//! Escalate: when and how people are called. A chain is fixed when it starts; it climbs until somebody takes the incident
//! over or it is resolved. No incident ends silent.

mod approval;
mod call;
mod inbox;
mod inhibit;
mod ladder;
mod mail;
mod matter;
mod message;
mod order;

mod quiet;
mod route;
mod rung;
mod silence;
mod text;
mod trigger;
mod watch;

use crate::escalate::call::Call;
use crate::escalate::ladder::Ladder;
use crate::escalate::mail::{Mail, Origin};
use crate::escalate::watch::Watched;
use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft};
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::policy::escalation::ChainLevel;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Calls answered in one pass; the rest follow a millisecond later.
const CALLS_PER_PASS: usize = 64;

/// What this stage remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalate {
    /// Chains that were started, by incident; kept while the incident is, so that one that comes back goes on.
    ladders: BTreeMap<IncidentId, Ladder>,
    /// Open incidents, and by when people must have them.
    watched: BTreeMap<IncidentId, Watched>,
    /// Reasons to call people that wait for their turn.
    calls: BTreeMap<IncidentId, Call>,
    /// Notifications without an answer.
    mail: Mail,
    /// Messages that steps of runs have sent.
    #[serde(default)]
    messages: u64,
    /// When it must look again, and why.
    next: Option<(Time, Why)>,
}

/// Why it must look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    Acknowledgement,
    Calls,
    Delivery,
    Group,
    HandOff,
    Level,
    News,
}

impl Why {
    const fn as_str(self) -> &'static str {
        match self {
            Why::Acknowledgement => "acknowledgement_lapses",
            Why::Calls => "escalation_calls",
            Why::Delivery => "delivery_overdue",
            Why::Group => "messages_go_together",
            Why::HandOff => "hand_off",
            Why::Level => "escalation_level",
            Why::News => "remediation_news",
        }
    }
}

/// What one pass works with.
struct Desk<'a> {
    context: &'a Context<'a>,
    knowledge: &'a Knowledge,
    out: &'a mut Draft,
}

impl Desk<'_> {
    fn now(&self) -> Time {
        self.context.now
    }

    fn say(&mut self, fact: Fact) {
        self.out.facts.push(fact);
    }

    /// Whom a level tells now: of a rotation, whoever is on call; whoever is called `on-call` where it names nobody.
    fn recipients(&self, level: &ChainLevel) -> Vec<Name> {
        let (rotations, people) = (self.context.policy.rotations(), &self.knowledge.people);
        let on_call = |name: &Name| {
            let whose = rotations.get(name)?.on_call(self.now(), people.stand_ins(name));
            whose.cloned()
        };
        let named = if level.notify.is_empty() { &[Name::new("on-call")][..] } else { &level.notify[..] };
        let unique: BTreeSet<Name> = named.iter().map(|name| on_call(name).unwrap_or_else(|| name.clone())).collect();
        unique.into_iter().collect()
    }

    fn refuse(&mut self, rule: &'static str, said: &[Fact], reason: String) {
        let refused = |fact: &Fact| matches!(fact.said, Conclusion::InputRefused { .. });
        if !said.iter().any(refused) {
            let fact = Fact::new(self.now(), rule, Conclusion::InputRefused { reason });
            self.say(fact.because([self.context.event_id()]));
        }
    }
}

impl Escalate {
    /// One pass.
    pub fn advance(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        let asked = context.event().is_some_and(concerns);
        let due = self.next.is_some_and(|(at, _)| at <= context.now);
        if said.is_empty() && !asked && !due {
            return;
        }
        let mut desk = Desk { context, knowledge, out };
        self.take_delivery(&mut desk, said);
        self.carry_out_order(&mut desk, said);
        for lost in self.mail.expire(&mut desk) {
            self.after_loss(&desk, lost);
        }
        self.listen(&mut desk, said);
        let quiet = self.quiet(knowledge);
        self.hand_off(&desk, &quiet);
        self.answer_calls(&mut desk, &quiet);
        self.ask_approvers(&mut desk, said);
        self.pass_on(&mut desk, said);
        let news = said.iter().any(concerns_earlier_stages);
        let inhibited = self.inhibited(&desk, &quiet);
        for (id, ladder) in self.ladders.iter_mut().filter(|(id, _)| !quiet.contains(id)) {
            ladder.climb(*id, inhibited.get(id).copied(), &mut desk, &mut self.mail);
        }
        self.deliver_what_waited(&mut desk);
        self.ladders.retain(|id, _| knowledge.incidents.get(*id).is_some());
        self.next = self.look_again(context.now, news, &quiet);
    }

    /// When it must look again.
    pub fn deadline(&self) -> Option<Deadline> {
        self.next.map(|(at, why)| Deadline { at, reason: why.as_str() })
    }

    /// Notifications that were given and not answered.
    pub fn outstanding(&self, epoch: u64, into: &mut Vec<Command>) {
        for notification in self.mail.outstanding() {
            let mut notification = notification.clone();
            notification.epoch = epoch;
            into.push(Command::Notify(Arc::new(notification)));
        }
    }

    fn take_delivery(&mut self, desk: &mut Desk<'_>, said: &[Fact]) {
        let context = desk.context;
        let Some(Event::DeliveryReported { notification, delivered, detail }) = context.event() else { return };
        if !self.mail.knows(*notification) {
            let reason = format!("no notification `{notification}` waits for an answer");
            desk.refuse("escalate.delivery_refused", said, reason);
        } else if *delivered {
            for origin in self.mail.arrived(*notification) {
                if let Origin::Level { incident, level } = origin {
                    self.ladders.entry(incident).and_modify(|ladder| ladder.arrived(level));
                }
            }
        } else {
            let lost = self.mail.failed(*notification, detail, desk);
            lost.into_iter().for_each(|origin| self.after_loss(desk, origin));
        }
    }

    /// What waited for others goes. It is repeated from then on, together, too.
    fn deliver_what_waited(&mut self, desk: &mut Desk<'_>) {
        for origin in self.mail.flush(desk) {
            if let Origin::Level { incident, level } = origin {
                self.ladders.entry(incident).and_modify(|ladder| ladder.told(level, desk.now()));
            }
        }
    }

    /// Nobody could be reached over any channel: whoever comes next is called at once.
    fn after_loss(&mut self, desk: &Desk<'_>, lost: Origin) {
        match lost {
            Origin::Approval { incident } => {
                let reason = String::from("no approver could be reached");
                let because = [desk.context.event_id()].to_vec();
                let call = Call { rule: "escalate.approver_unreached".into(), reason, because, up: false };
                self.calls.entry(incident).or_insert(call);
            }
            Origin::Level { incident, level } => {
                let waits = self.mail.waits_for(incident, level);
                let ladder = self.ladders.get_mut(&incident).filter(|_| !waits);
                ladder.into_iter().for_each(|ladder| ladder.unreached(level, desk.now()));
            }
            Origin::Notice => {}
        }
    }

    /// When people are called next for `incident`, and why.
    pub fn next_for(&self, incident: IncidentId) -> Option<(Time, &'static str)> {
        self.ladders.get(&incident).and_then(Ladder::due).map(|(at, why)| (at, why.as_str()))
    }

    fn answer_calls(&mut self, desk: &mut Desk<'_>, quiet: &BTreeSet<IncidentId>) {
        let waiting = self.calls.keys().copied().filter(|id| !quiet.contains(id));
        let ids: Vec<IncidentId> = waiting.take(CALLS_PER_PASS).collect();
        for id in ids {
            let Some(call) = self.calls.remove(&id) else { continue };
            let Some(incident) = desk.knowledge.incidents.get(id).filter(|incident| incident.is_open()) else {
                continue;
            };
            match self.ladders.get_mut(&id) {
                Some(ladder) => ladder.hear(incident, &call, desk),
                None => {
                    self.ladders.insert(id, Ladder::start(incident, &call, desk));
                }
            }
        }
    }

    fn look_again(&self, now: Time, news: bool, quiet: &BTreeSet<IncidentId>) -> Option<(Time, Why)> {
        let soon = now.after(Span::from_ms(1));
        let calls = self.calls.keys().any(|id| !quiet.contains(id)).then_some((soon, Why::Calls));
        let news = news.then_some((soon, Why::News));
        let delivery = self.mail.due().map(|at| (at, Why::Delivery));
        let group = self.mail.flush_at().map(|at| (at, Why::Group));
        let hand_off = self
            .watched
            .iter()
            .filter(|(id, _)| !quiet.contains(id) && !self.is_called(**id))
            .filter_map(|(_, watched)| watched.due());
        let hand_off = hand_off.min().map(|at| (at, Why::HandOff));
        let levels = self.ladders.iter().filter(|(id, _)| !quiet.contains(id)).filter_map(|(_, ladder)| ladder.due());
        let all = [calls, news, delivery, group, hand_off].into_iter().flatten().chain(levels);
        all.min().map(|(at, why)| (at.max(soon), why))
    }

    /// Whether people have been called for the incident and the chain goes on.
    fn is_called(&self, id: IncidentId) -> bool {
        self.ladders.get(&id).is_some_and(|ladder| !ladder.is_over())
    }
}

fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::Acknowledged { .. }
            | Event::AcknowledgementWithdrawn { .. }
            | Event::DeliveryReported { .. }
            | Event::OnCallOrdered { .. }
            | Event::SilenceEnded { .. }
            | Event::SilenceOrdered { .. }
    )
}

/// What remediation concludes comes after the stages that raise severity and open incidents: they see it a pass later.
fn concerns_earlier_stages(fact: &Fact) -> bool {
    use crate::model::incident::Phase::{Closed, Resolved};
    match &fact.said {
        Conclusion::IncidentMoved { to, .. } => matches!(to, Closed | Resolved),
        Conclusion::RollbackMoved { how } => how == "failed",
        _ => false,
    }
}

#[cfg(test)]
mod tests;
