//! What is seen around an incident, and how the host answers when it is asked for that.

use crate::phrase::clock;
use homeostat_core::model::event::Event;
use homeostat_core::model::evidence::{EvidenceItem, EvidenceKind, EvidenceReport, EvidenceRequest, EvidenceWindow};
use homeostat_core::model::ids::EvidenceId;
use homeostat_core::policy::duration;
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};

/// What a sentence about evidence says.
#[derive(Clone, Debug)]
pub enum Testimony {
    /// From now on it comes so much later, so often, and of this epoch.
    Comes { after: Option<Span>, times: u32, epoch: Option<u64> },
    /// From now on this is among what was seen.
    Seen(EvidenceItem),
    /// Now, without being asked.
    Unasked,
}

/// What was seen, and how it is told.
#[derive(Clone, Debug)]
pub struct Witness {
    seen: Vec<EvidenceItem>,
    after: Option<Span>,
    times: u32,
    epoch: Option<u64>,
}

impl Default for Witness {
    /// It answers at once that it has seen nothing.
    fn default() -> Witness {
        Witness { seen: Vec::new(), after: Some(Span::ZERO), times: 1, epoch: None }
    }
}

impl Witness {
    /// Takes note of what a sentence says.
    pub fn hear(&mut self, testimony: &Testimony) {
        match testimony {
            Testimony::Comes { after, times, epoch } => {
                (self.after, self.times, self.epoch) = (*after, *times, *epoch);
            }
            Testimony::Seen(item) => self.seen.push(item.clone()),
            Testimony::Unasked => {}
        }
    }

    /// The answers to `request`, and how much later they come.
    pub fn answers(&self, request: &EvidenceRequest) -> Vec<(Span, Event)> {
        let Some(after) = self.after else { return Vec::new() };
        let epoch = self.epoch.unwrap_or(request.epoch);
        let report = EvidenceReport { id: request.id, epoch, items: self.seen.clone() };
        (0..self.times).map(|_| (after, Event::EvidenceReported(report.clone()))).collect()
    }
}

/// Evidence that nobody asked for.
pub fn unasked(epoch: u64) -> Event {
    let id = EvidenceId(Digest::of(b"nobody asked").short());
    Event::EvidenceReported(EvidenceReport { id, epoch, items: Vec::new() })
}

/// Understands a sentence about evidence, its first word left out.
pub fn parse(words: &[&str]) -> Option<Testimony> {
    let comes = |after, times, epoch| Testimony::Comes { after, times, epoch };
    Some(match words {
        ["never", "comes"] => comes(None, 1, None),
        ["comes", "at", "once"] => comes(Some(Span::ZERO), 1, None),
        ["comes", "twice"] => comes(Some(Span::ZERO), 2, None),
        ["comes", "after", span] => comes(duration::parse(span).ok(), 1, None),
        ["comes", "in", "epoch", epoch] => comes(Some(Span::ZERO), 1, Some(epoch.parse().ok()?)),
        ["comes", "unasked"] => Testimony::Unasked,
        [kind, component, text] => {
            let kind = EvidenceKind::ALL.into_iter().find(|known| known.as_str() == *kind)?;
            let text = text.strip_prefix('"')?.to_owned();
            Testimony::Seen(EvidenceItem { kind, component: Name::new(component), at: None, text })
        }
        _ => return None,
    })
}

/// What is asked for, in words.
pub fn asked(windows: &[EvidenceWindow]) -> String {
    let begin = |at: Time| if at < Time::ZERO { "the first".to_owned() } else { clock(at) };
    let one = |it: &EvidenceWindow| format!("{} of {} to {}", it.kind.as_str(), begin(it.from), clock(it.until));
    windows.iter().map(one).collect::<Vec<String>>().join(", ")
}

/// What is kept of it, in words.
pub fn told(items: &[EvidenceItem]) -> String {
    let one = |item: &EvidenceItem| format!("{} of {} \"{}\"", item.kind.as_str(), item.component, item.text);
    let all: Vec<String> = items.iter().map(one).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
