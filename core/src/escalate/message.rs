//! What a step of a run wants people to be told.

use crate::escalate::inbox::Pace;
use crate::escalate::matter::{Matter, Told};
use crate::escalate::{Desk, Escalate, route, text};
use crate::model::fact::{Conclusion, Fact};
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Escalate {
    /// Sends every message that was wanted in this pass: over its channel, and should that fail over the others; over
    /// all of them where it names none. That the incident is forgotten meanwhile keeps no message back.
    pub(super) fn pass_on(&mut self, desk: &mut Desk<'_>, said: &[Fact]) {
        if !said.iter().any(|fact| matches!(fact.said, Conclusion::MessageWanted { .. })) {
            return;
        }
        let all = route::channels(desk.context.policy);
        for fact in said {
            let Conclusion::MessageWanted { channel, recipient, text: wanted } = &fact.said else { continue };
            let recipient = recipient.clone().unwrap_or_else(|| Name::new("on-call"));
            // Counted, as the same words may well be wanted twice in one instant.
            self.messages = self.messages.saturating_add(1);
            let about = fact.incident.map_or_else(|| named(fact), |incident| format!("{incident}"));
            let subject = format!("{about}/{}", self.messages);
            for (first, others) in route::routes(channel.as_slice(), &all) {
                let letter = text::message(fact, wanted, subject.clone(), (&recipient, &first), desk);
                let told = Told { matter: Matter::Message(letter), others, origins: Vec::new() };
                self.mail.tell(told, Pace::AtOnce, (&recipient, &first), desk);
            }
        }
    }
}

/// What a message without an incident is about.
fn named(fact: &Fact) -> String {
    fact.component.as_ref().map_or_else(|| "engine".into(), |name| format!("component/{name}"))
}
