//! What the loop does with what is asked of it over the socket, and whom it lets ask.

use super::access::Noted;
use super::desk::{Desk, lies_there};
use super::ledger::Along;
use super::message::{Answer, Asked};
use super::orders::{self, Order, Refused};
use crate::notify::Tone;
use crate::os_error;
use crate::store::StoreError;
use homeostat_core::model::event::{Event, Input};
use homeostat_core::model::ids::EventId;
use homeostat_core::policy::escalation::{Channel, ChannelKind};
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::json;
use homeostat_core::primitives::text::one_line;
use std::time::Instant;

/// Characters that are kept of why an order was refused: part of it can be what was sent.
const REASON: usize = 600;

impl Desk {
    /// Lets those speak to the host whom the policy in force names, and keeps its secrets from what is supervised. What
    /// could not be done is tried again at the next call, and said once.
    pub(super) fn follow_policy(&mut self) {
        let policy = self.ledger.engine.policy();
        if self.followed == Some(*policy.digest()) {
            return;
        }
        let secret = |channel: &Channel| match &channel.kind {
            ChannelKind::Webhook { secret_from, .. } => secret_from.clone(),
            ChannelKind::Custom(_) | ChannelKind::Log => None,
        };
        self.world.supervisor.withhold(policy.channels().iter().filter_map(secret).collect());
        let Err(error) = self.access.follow(policy) else {
            self.followed = Some(*policy.digest());
            self.unfollowed = None;
            return;
        };
        let text = format!(
            "the socket cannot be opened to the people of the policy, or closed again: {}",
            os_error::said(&error)
        );
        if self.unfollowed.as_ref() != Some(&text) {
            self.say("unreached", &text, Tone::Bad);
            self.unfollowed = Some(text);
        }
    }

    pub(super) fn answer(&mut self, asked: Asked) -> Result<(), StoreError> {
        let Asked { peer, order, reply } = asked;
        if let Some(answer) = order.as_ref().ok().and_then(|order| self.shown(order)) {
            let _ = reply.send(answer);
            return Ok(());
        }
        if let Some(trouble) = &self.trouble {
            // Whoever asked has gone when this cannot be sent.
            let _ = reply.send(Answer::refused(format!("not taken: {trouble}")));
            return Ok(());
        }
        let bytes = order.as_ref().map_or_else(|(bytes, _)| Digest::of(bytes), json::digest);
        let made = match order {
            Ok(Order::Resume { .. }) if lies_there(&self.kill_file) => Err(Refused::NotFound(format!(
                "not released: remove `{}` first, it would stop everything again at once",
                self.kill_file.display()
            ))),
            Ok(order) => orders::event(order, &peer, &self.ledger.engine, &self.numbers, self.world.clock.now()),
            Err((_, why)) => Err(Refused::Malformed(why)),
        };
        if self.ledger.deadline.is_some_and(|deadline| deadline.at <= self.world.clock.now()) {
            // What is due by itself is no answer to what was asked.
            self.take(Event::TimeAdvanced)?;
        }
        let now = self.world.clock.now();
        self.asked += 1;
        let waiting = Some(self.asked);
        match made {
            Ok((event, id)) => {
                self.waiting.insert(self.asked, reply);
                let id = id.map(|id| EventId::from_text(&id));
                self.take_along(Input { at: now, id, event }, Along { ends: None, waiting })
            }
            Err(Refused::NotFound(why)) => {
                let _ = reply.send(Answer::refused(why));
                Ok(())
            }
            Err(Refused::Malformed(why)) => {
                let noted = self.access.note_refusal(&peer, Instant::now());
                let reason = one_line(&why, REASON) + &noted.words(&peer);
                if noted == Noted::Unwritten {
                    let _ = reply.send(Answer::refused(reason));
                    return Ok(());
                }
                self.waiting.insert(self.asked, reply);
                let event = Event::EventRefused { source: peer.name, reason, digest: bytes };
                self.take_along(Input::new(now, event), Along { ends: None, waiting })
            }
        }
    }
}
