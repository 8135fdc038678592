//! What the loop says: to those who asked, and to those who watch.

use super::account;
use super::desk::Desk;
use super::message::Answer;
use crate::notify::Tone;
use crate::supervise::{Adoption, Found};
use homeostat_core::model::fact::Fact;

impl Desk {
    pub(super) fn reply_all(&mut self, answer: &Answer) {
        for (_, reply) in std::mem::take(&mut self.waiting) {
            // Whoever asked has gone when this cannot be sent.
            let _ = reply.send(answer.clone());
        }
    }

    pub(super) fn reply(&mut self, waiting: Option<u64>, answer: Answer) {
        if let Some(reply) = waiting.and_then(|waiting| self.waiting.remove(&waiting)) {
            let _ = reply.send(answer);
        }
    }

    pub(super) fn tell_fact(&self, fact: &Fact) {
        if let Some(line) = account::line(fact, &self.numbers) {
            // A closed standard output must not stop the healing.
            let _ = self.world.log.say(&line);
        }
    }

    /// Says something about the host itself.
    pub(super) fn say(&self, word: &str, text: &str, tone: Tone) {
        self.world.say(word, text, tone);
    }

    pub(super) fn say_adopted(&self, adopted: &[Adoption]) {
        for Adoption { instance, found } in adopted {
            match found {
                Found::Alive(process) => {
                    self.say("found", &format!("{instance} again, pid {}", process.pid), Tone::Good);
                }
                Found::Gone => self.say("missed", &format!("{instance}, it has ended meanwhile"), Tone::Warning),
                Found::Over => {
                    self.say("missed", &format!("{instance}, the machine has been started anew"), Tone::Neutral);
                }
            }
        }
    }
}
