//! What people order about who is called: that they have an incident, that they give it back, who stands in on call.

use crate::escalate::{Desk, Escalate, silence, text};
use crate::knowledge::people::MOST_STAND_INS;
use crate::model::event::{Event, Principal};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::model::on_call::{GivenBack, OnCall};
use crate::policy::authority::Verb;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::format;
use alloc::string::String;

/// How long an acknowledgement holds.
const ACKNOWLEDGED_FOR: Span = Span::from_mins(30);
/// The longest that anybody stands in.
const LONGEST_STAND_IN: Span = Span::from_secs(366 * 86_400);

impl Escalate {
    pub(super) fn carry_out_order(&mut self, desk: &mut Desk<'_>, said: &[Fact]) {
        let context = desk.context;
        let Some(event) = context.event() else { return };
        let done = match event {
            Event::Acknowledged { incident, by } => {
                self.acknowledge(*incident, by, desk).map_err(|why| ("escalate.acknowledgement_refused", why))
            }
            Event::AcknowledgementWithdrawn { incident, by } => {
                self.give_back(*incident, by, desk).map_err(|why| ("escalate.acknowledgement_refused", why))
            }
            Event::OnCallOrdered { rotation, who, until, by } => {
                stand_in(rotation, who, *until, by, desk).map_err(|why| ("escalate.on_call_refused", why))
            }
            Event::SilenceEnded { silence, by } => {
                silence::end(*silence, by, desk).map_err(|why| ("escalate.silence_refused", why))
            }
            Event::SilenceOrdered { silence, by } => {
                silence::begin(silence, by, desk).map_err(|why| ("escalate.silence_refused", why))
            }
            _ => return,
        };
        if let Err((rule, reason)) = done {
            desk.refuse(rule, said, reason);
        }
    }

    fn acknowledge(&mut self, incident: IncidentId, by: &Principal, desk: &mut Desk<'_>) -> Result<(), String> {
        is_open(incident, desk)?;
        Verb::Acknowledge.check(by)?;
        let until = desk.now().after(ACKNOWLEDGED_FOR);
        let said = Conclusion::IncidentAcknowledged { by: by.id.clone(), until };
        let fact = Fact::new(desk.now(), "escalate.acknowledged", said).incident(incident);
        desk.say(fact.because([desk.context.event_id()]));
        self.ladders.entry(incident).and_modify(|ladder| ladder.acknowledge(until));
        Ok(())
    }

    /// Nobody has it any more: the chain goes on where it stands, as when an acknowledgement lapses.
    fn give_back(&mut self, incident: IncidentId, by: &Principal, desk: &mut Desk<'_>) -> Result<(), String> {
        is_open(incident, desk)?;
        Verb::Acknowledge.check(by)?;
        let now = desk.now();
        let held = desk.knowledge.incidents.get(incident).and_then(|incident| incident.acknowledged_until);
        if held.is_none_or(|until| until <= now) {
            return Err(format!("nobody has acknowledged incident `{incident}`"));
        }
        let said = Conclusion::IncidentUnacknowledged(GivenBack { by: by.id.clone() });
        let fact = Fact::new(now, "escalate.given_back", said).incident(incident);
        desk.say(fact.because([desk.context.event_id()]));
        self.ladders.entry(incident).and_modify(|ladder| ladder.acknowledge(now));
        Ok(())
    }
}

fn is_open(incident: IncidentId, desk: &Desk<'_>) -> Result<(), String> {
    match desk.knowledge.incidents.get(incident) {
        None => Err(format!("there is no incident `{incident}`")),
        Some(found) if !found.is_open() => Err(format!("incident `{incident}` is closed already")),
        Some(_) => Ok(()),
    }
}

fn stand_in(rotation: &Name, who: &Name, until: Time, by: &Principal, desk: &mut Desk<'_>) -> Result<(), String> {
    Verb::SetOnCall.check(by)?;
    let now = desk.now();
    let rotations = desk.context.policy.rotations();
    if !rotations.contains_key(rotation) {
        let known = text::listed(rotations.keys());
        return Err(format!("there is no rotation `{rotation}`: expected one of [{known}]"));
    }
    if until <= now || until > now.after(LONGEST_STAND_IN) {
        return Err(String::from("an override ends later than now, and within 366 days"));
    }
    let standing = desk.knowledge.people.stand_ins(rotation).iter().filter(|it| it.until > now);
    if standing.count() >= MOST_STAND_INS {
        return Err(format!("`{rotation}` has {MOST_STAND_INS} overrides already: expected fewer"));
    }
    let order = OnCall { rotation: rotation.clone(), who: who.clone(), until, by: by.id.clone() };
    let fact = Fact::new(now, "escalate.on_call_ordered", Conclusion::OnCallChanged(order));
    desk.say(fact.because([desk.context.event_id()]));
    Ok(())
}
